package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is Stripe's error object with the status it travels under.
type apiError struct {
	Status        int    `json:"-"`
	Type          string `json:"type"`
	Code          string `json:"code,omitempty"`
	DeclineCode   string `json:"decline_code,omitempty"`
	Message       string `json:"message"`
	Param         string `json:"param,omitempty"`
	Charge        string `json:"charge,omitempty"`
	PaymentIntent any    `json:"payment_intent,omitempty"`
	PaymentMethod any    `json:"payment_method,omitempty"`
	SetupIntent   any    `json:"setup_intent,omitempty"`
}

func (e *apiError) Error() string { return e.Message }

func invalid(code, param, format string, args ...any) *apiError {
	return &apiError{Status: http.StatusBadRequest, Type: "invalid_request_error", Code: code, Param: param, Message: fmt.Sprintf(format, args...)}
}

func missing(param string) *apiError {
	return invalid("parameter_missing", param, "Missing required param: %s.", param)
}

func notFound(kind, id, param string) *apiError {
	e := invalid("resource_missing", param, "No such %s: '%s'", kind, id)
	e.Status = http.StatusNotFound
	return e
}

func unexpectedState(pi *paymentIntent, verb string) *apiError {
	e := invalid("payment_intent_unexpected_state", "", "You cannot %s this PaymentIntent because it has a status of %s.", verb, pi.Status)
	e.PaymentIntent = public(pi)
	return e
}

// answer is one HTTP answer, kept for replay under its idempotency key.
type answer struct {
	Status   int             `json:"status"`
	Body     json.RawMessage `json:"body"`
	Print    string          `json:"print"` // what was asked, to refuse another question under the same key
	Endpoint string          `json:"endpoint"`
	Request  string          `json:"request"` // id of the request that made it
	At       int64           `json:"at"`
	inFlight bool
}

func errorAnswer(e *apiError) *answer {
	body, err := json.Marshal(map[string]any{"error": e})
	if err != nil {
		panic(err) // only maps and strings are in there
	}
	return &answer{Status: e.Status, Body: body}
}
