package stripe

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v79"

	"github.com/acuerdo/acuerdo/payments"
)

// PaymentIntent reads an intent with its charge and method.
func (g *Gateway) PaymentIntent(ctx context.Context, account, id string) (payments.IntentState, error) {
	p := &stripe.PaymentIntentParams{Params: params(ctx, account, "")}
	p.AddExpand("latest_charge")
	p.AddExpand("payment_method")
	in, err := g.api.PaymentIntents.Get(id, p)
	if err != nil {
		return payments.IntentState{}, translate(err)
	}
	return intent(in), nil
}

// CreateCustomer makes a customer with no more than an address for its receipts.
func (g *Gateway) CreateCustomer(ctx context.Context, r payments.CustomerRequest) (string, error) {
	p := &stripe.CustomerParams{Params: params(ctx, r.Account, r.Key)}
	if r.Email != "" {
		p.Email = stripe.String(r.Email)
	}
	if l := locale(r.Language); l != "auto" {
		p.PreferredLocales = []*string{stripe.String(l)}
	}
	p.Metadata = map[string]string{"case_ref": r.CaseRef}
	c, err := g.api.Customers.New(p)
	if err != nil {
		return "", translate(err)
	}
	return c.ID, nil
}

func intent(in *stripe.PaymentIntent) payments.IntentState {
	s := payments.IntentState{
		ID: in.ID, Status: string(in.Status), AmountMinor: in.Amount, AmountReceived: in.AmountReceived,
		Currency: currency(in.Currency), Livemode: in.Livemode, Metadata: in.Metadata,
	}
	if in.Customer != nil {
		s.Customer = in.Customer.ID
	}
	if ch := in.LatestCharge; ch != nil {
		s.ChargeID, s.ChargedAt = ch.ID, time.Unix(ch.Created, 0).UTC()
	}
	if e := in.LastPaymentError; e != nil {
		s.FailureCode, s.DeclineCode = string(e.Code), string(e.DeclineCode)
	}
	if pm := in.PaymentMethod; pm != nil {
		s.PaymentMethod = payments.PaymentMethod{ID: pm.ID, Brand: string(pm.Type)}
		switch {
		case pm.Card != nil:
			s.PaymentMethod.Brand, s.PaymentMethod.Last4 = string(pm.Card.Brand), pm.Card.Last4
		case pm.SEPADebit != nil:
			s.PaymentMethod.Last4 = pm.SEPADebit.Last4
		}
	}
	return s
}
