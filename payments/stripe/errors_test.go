package stripe_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/payments/stripe"
)

func TestErrorsSayWhatIsKnownAndNoMore(t *testing.T) {
	const canary = "ana@example.com"
	for _, c := range []struct {
		status        int
		body          string
		kind          payments.ErrorKind
		code, decline string
	}{
		{402, `{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds"}`, payments.Declined, "card_declined", "insufficient_funds"},
		{402, `{"type":"card_error","code":"authentication_required"}`, payments.Declined, "authentication_required", ""},
		{400, `{"type":"invalid_request_error","code":"parameter_unknown","message":"no ` + canary + `"}`, payments.Invalid, "parameter_unknown", ""},
		{400, `{"type":"idempotency_error","message":"` + canary + `"}`, payments.KeyReused, "", ""},
		{409, `{"type":"idempotency_error","code":"idempotency_key_in_use"}`, payments.InFlight, "idempotency_key_in_use", ""},
		{404, `{"type":"invalid_request_error","code":"resource_missing"}`, payments.Missing, "resource_missing", ""},
		{401, `{"type":"invalid_request_error","message":"Invalid API Key provided: sk_test_****"}`, payments.Auth, "", ""},
		{403, `{"type":"invalid_request_error","code":"account_invalid"}`, payments.Auth, "account_invalid", ""},
		{429, `{"type":"invalid_request_error","code":"rate_limit"}`, payments.RateLimited, "rate_limit", ""},
		{500, `{"type":"api_error"}`, payments.Unknown, "", ""},
		{503, `{"type":"api_error"}`, payments.Unknown, "", ""},
		{502, "", payments.Unknown, "", ""}, // not even JSON
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(c.status)
			if c.body == "" {
				_, _ = w.Write([]byte("<html>bad gateway " + canary))
				return
			}
			_, _ = w.Write([]byte(`{"error":` + c.body + `}`))
		}))
		g, err := stripe.New(stripe.Config{Key: "sk_test_123", BaseURL: srv.URL})
		if err != nil {
			t.Fatal(err)
		}
		_, err = g.Checkout(context.Background(), "", "cs_1")
		srv.Close()
		var e *payments.GatewayError
		if !errors.As(err, &e) || e.Kind != c.kind || e.Code != c.code || e.DeclineCode != c.decline {
			t.Errorf("%d %s: got %v, want %s %s %s", c.status, c.body, err, c.kind, c.code, c.decline)
		}
		if err != nil && (strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "sk_test")) {
			t.Errorf("%d: the error repeats what was sent: %v", c.status, err)
		}
	}
}

func TestNoAnswerIsAnUnknownOutcome(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer srv.Close()
	asked := 0
	g, err := stripe.New(stripe.Config{Key: "sk_test_123", BaseURL: srv.URL, HTTPClient: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		asked++
		return http.DefaultTransport.RoundTrip(r)
	})}})
	if err != nil {
		t.Fatal(err)
	}
	err = g.ExpireCheckout(context.Background(), "", "cs_1", "key")
	var e *payments.GatewayError
	if !errors.As(err, &e) || e.Kind != payments.Unknown || strings.Contains(err.Error(), "cs_1") {
		t.Errorf("got %v", err)
	}
	if asked != 1 {
		t.Errorf("stripe-go asked %d times: repeating is for payments", asked)
	}

	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err := g.Checkout(ctx, "", "cs_1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTheKeyIsRequired(t *testing.T) {
	if _, err := stripe.New(stripe.Config{}); err == nil {
		t.Error("a gateway without a key")
	}
}
