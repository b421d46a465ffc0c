package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v79"
	"github.com/stripe/stripe-go/v79/webhook"

	"github.com/acuerdo/acuerdo/payments"
)

// tolerance is how far a webhook's timestamp may lie from now, either way.
const tolerance = 300 * time.Second

// VerifyWebhook checks the signature over the raw body with each secret, the
// API version, and the age: stripe-go takes any timestamp in the future, and
// its past is measured by the machine's clock, so both bounds are ours.
func (g *Gateway) VerifyWebhook(payload []byte, signature string) (payments.StripeEvent, error) {
	if len(g.secrets) == 0 {
		return payments.StripeEvent{}, errors.New("stripe: no webhook secret is set")
	}
	at, err := signedAt(signature)
	if err != nil {
		return payments.StripeEvent{}, err
	}
	if age := g.now().Sub(at); age > tolerance || age < -tolerance {
		return payments.StripeEvent{}, fmt.Errorf("stripe: the webhook was signed %s from now", age.Abs().Round(time.Second))
	}
	for _, secret := range g.secrets {
		_, err = webhook.ConstructEventWithOptions(payload, signature, secret, webhook.ConstructEventOptions{IgnoreTolerance: true})
		if err == nil {
			return payments.ParseEvent(payload)
		}
		if !errors.Is(err, webhook.ErrNoValidSignature) {
			break
		}
	}
	return payments.StripeEvent{}, fmt.Errorf("stripe: webhook not accepted: %w", err)
}

// signedAt reads the timestamp of a Stripe-Signature header; a second one makes it unusable.
func signedAt(signature string) (time.Time, error) {
	var at time.Time
	for _, part := range strings.Split(signature, ",") {
		value, ok := strings.CutPrefix(strings.TrimSpace(part), "t=")
		if !ok {
			continue
		}
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || !at.IsZero() {
			return at, webhook.ErrInvalidHeader
		}
		at = time.Unix(seconds, 0)
	}
	if at.IsZero() {
		return at, webhook.ErrNotSigned
	}
	return at, nil
}

// Events lists what an account's events say since an instant, oldest first.
func (g *Gateway) Events(ctx context.Context, account string, since time.Time) ([]payments.StripeEvent, error) {
	p := &stripe.EventListParams{
		ListParams: listParams(ctx, account), CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()},
	}
	var newestFirst []payments.StripeEvent
	it := g.api.Events.List(p)
	for it.Next() {
		e, err := asWebhook(it.Event(), account)
		if err != nil {
			return nil, err
		}
		newestFirst = append(newestFirst, e)
	}
	events := make([]payments.StripeEvent, 0, len(newestFirst))
	for i := len(newestFirst) - 1; i >= 0; i-- {
		events = append(events, newestFirst[i])
	}
	return events, translate(it.Err())
}

// asWebhook writes a listed event as a webhook would have brought it. Listed
// with a connected account's header, an event may leave out its account.
func asWebhook(e *stripe.Event, account string) (payments.StripeEvent, error) {
	if e.Account == "" {
		e.Account = account
	}
	var object json.RawMessage
	if e.Data != nil {
		object = e.Data.Raw
	}
	payload, err := json.Marshal(map[string]any{
		"id": e.ID, "object": "event", "account": e.Account, "api_version": e.APIVersion, "type": e.Type,
		"livemode": e.Livemode, "created": e.Created, "data": map[string]any{"object": object},
	})
	if err != nil {
		return payments.StripeEvent{}, err
	}
	return payments.ParseEvent(payload)
}
