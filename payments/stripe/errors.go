package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/stripe/stripe-go/v79"

	"github.com/acuerdo/acuerdo/payments"
)

// translate gives an error its kind. Stripe's messages can repeat what was
// sent, so only codes and the request's id are kept.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var e *stripe.Error
	if !errors.As(err, &e) {
		return &payments.GatewayError{Kind: payments.Unknown, Err: scrub(err)}
	}
	return &payments.GatewayError{
		Kind: kindOf(e), Code: string(e.Code), DeclineCode: string(e.DeclineCode),
		Err: fmt.Errorf("status %d, type %q, parameter %q, request %q", e.HTTPStatusCode, e.Type, e.Param, e.RequestID),
	}
}

func kindOf(e *stripe.Error) payments.ErrorKind {
	switch {
	case e.HTTPStatusCode >= 500:
		return payments.Unknown
	case e.HTTPStatusCode == http.StatusConflict:
		return payments.InFlight
	case e.Type == stripe.ErrorTypeIdempotency:
		return payments.KeyReused
	case e.HTTPStatusCode == http.StatusTooManyRequests:
		return payments.RateLimited
	case e.HTTPStatusCode == http.StatusUnauthorized, e.HTTPStatusCode == http.StatusForbidden:
		return payments.Auth
	case e.Type == stripe.ErrorTypeCard, e.HTTPStatusCode == http.StatusPaymentRequired:
		return payments.Declined
	case e.HTTPStatusCode == http.StatusNotFound, e.Code == stripe.ErrorCodeResourceMissing:
		return payments.Missing
	case e.HTTPStatusCode >= 400:
		return payments.Invalid
	}
	return payments.Unknown
}

// scrub leaves of a transport error what went wrong, not where it was sent.
func scrub(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("no answer: %w", err)
}
