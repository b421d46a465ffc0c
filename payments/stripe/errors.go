package stripe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

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
		Kind: kindOf(e), Status: e.HTTPStatusCode, Code: string(e.Code), DeclineCode: string(e.DeclineCode),
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

// scrub leaves of a transport error what went wrong, not what was sent or
// answered: stripe-go quotes bodies that it can't read.
func scrub(err error) error {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, known) {
			return fmt.Errorf("no answer: %w", known)
		}
	}
	var network *net.OpError
	if errors.As(err, &network) {
		return fmt.Errorf("no answer: %s: %w", network.Op, network.Err)
	}
	return fmt.Errorf("no answer that can be read: %T", err)
}
