package stripe

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v79"

	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/payments"
)

// locales of ours that Stripe's page speaks; for any other it asks the browser.
var locales = []string{"es", "es-419", "en", "en-GB", "pt", "pt-BR"}

func locale(language string) string {
	if slices.Contains(locales, language) {
		return language
	}
	if short, _, _ := strings.Cut(language, "-"); slices.Contains(locales, short) {
		return short
	}
	return "auto"
}

// CreateCheckout opens a hosted page in mode payment with one line.
func (g *Gateway) CreateCheckout(ctx context.Context, r payments.CheckoutRequest) (payments.Checkout, error) {
	p := &stripe.CheckoutSessionParams{
		Params:            params(ctx, r.Account, r.Key),
		Mode:              stripe.String(string(stripe.CheckoutSessionModePayment)),
		ClientReferenceID: stripe.String(r.PaymentID),
		Locale:            stripe.String(locale(r.Language)),
		SubmitType:        stripe.String(string(stripe.CheckoutSessionSubmitTypePay)),
		SuccessURL:        stripe.String(r.SuccessURL),
		CancelURL:         stripe.String(r.CancelURL),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency:    stripe.String(strings.ToLower(string(r.Currency))),
				UnitAmount:  stripe.Int64(r.AmountMinor),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(r.Description)},
			},
		}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: r.Metadata()},
	}
	p.Metadata = r.Metadata()
	if !r.ExpiresAt.IsZero() {
		p.ExpiresAt = stripe.Int64(r.ExpiresAt.Unix())
	}
	switch {
	case r.Customer != "":
		p.Customer = stripe.String(r.Customer)
	case r.Email != "":
		p.CustomerEmail = stripe.String(r.Email)
	}
	if r.SaveCard {
		p.PaymentIntentData.SetupFutureUsage = stripe.String(string(stripe.PaymentIntentSetupFutureUsageOffSession))
	}
	s, err := g.api.CheckoutSessions.New(p)
	if err != nil {
		return payments.Checkout{}, translate(err)
	}
	return checkout(s), nil
}

// Checkout reads a session in one answer with all that hangs on it, so that its
// parts are of one instant.
func (g *Gateway) Checkout(ctx context.Context, account, sessionID string) (payments.CheckoutState, error) {
	p := &stripe.CheckoutSessionParams{Params: params(ctx, account, "")}
	p.AddExpand("payment_intent.latest_charge")
	p.AddExpand("payment_intent.payment_method")
	s, err := g.api.CheckoutSessions.Get(sessionID, p)
	if err != nil {
		return payments.CheckoutState{}, translate(err)
	}
	state := payments.CheckoutState{
		Checkout: checkout(s), Status: string(s.Status), Paid: s.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid,
		AmountMinor: s.AmountTotal, Currency: currency(s.Currency), Livemode: s.Livemode, Reference: s.ClientReferenceID, Metadata: s.Metadata,
	}
	if s.PaymentIntent != nil {
		in := intent(s.PaymentIntent)
		state.Intent = &in
	}
	return state, nil
}

// FindCheckout walks the sessions made since; Stripe can't filter by our id.
// Five minutes of grace cover clocks that differ.
func (g *Gateway) FindCheckout(ctx context.Context, account, paymentID string, since time.Time) (string, bool, error) {
	p := &stripe.CheckoutSessionListParams{
		ListParams:   listParams(ctx, account),
		CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Add(-5 * time.Minute).Unix()},
	}
	it := g.api.CheckoutSessions.List(p)
	for it.Next() {
		if s := it.CheckoutSession(); s.ClientReferenceID == paymentID {
			return s.ID, true, nil
		}
	}
	return "", false, translate(it.Err())
}

// ExpireCheckout closes an open session.
func (g *Gateway) ExpireCheckout(ctx context.Context, account, sessionID, key string) error {
	_, err := g.api.CheckoutSessions.Expire(sessionID, &stripe.CheckoutSessionExpireParams{Params: params(ctx, account, key)})
	return translate(err)
}

func checkout(s *stripe.CheckoutSession) payments.Checkout {
	c := payments.Checkout{SessionID: s.ID, URL: s.URL, ExpiresAt: time.Unix(s.ExpiresAt, 0).UTC()}
	if s.PaymentIntent != nil {
		c.PaymentIntentID = s.PaymentIntent.ID
	}
	return c
}

func currency(c stripe.Currency) money.Currency { return money.Currency(strings.ToUpper(string(c))) }
