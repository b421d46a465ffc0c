package sandbox_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v79"
)

func TestCheckoutPaysAndTellsInStripesOrder(t *testing.T) {
	b := setup(t)
	s := b.checkout(nil)
	equal(t, "url", s.URL, b.web.URL+"/stripe/c/pay/"+s.ID)
	equal(t, "status", s.Status, stripe.CheckoutSessionStatusOpen)

	shown := b.visit(s.URL)
	equal(t, "page", shown.status, 200)
	for _, part := range []string{`lang="es"`, "Factura F-2026-7", "Pagar 12,34\u00a0EUR", "no se mueve dinero real", `href="https://acuerdo.test/cancel"`, "Taller Norte"} {
		has(t, "page", shown.body, part)
	}
	paid := b.post(s.URL, "number", "4242424242424242")
	equal(t, "status", paid.status, 303)
	equal(t, "redirect", paid.location, "https://acuerdo.test/back?session="+s.ID)

	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("payment_intent.latest_charge.balance_transaction")
	p.AddExpand("line_items")
	got, err := b.stripe.CheckoutSessions.Get(s.ID, p)
	must(t, err)
	equal(t, "payment_status", got.PaymentStatus, stripe.CheckoutSessionPaymentStatusPaid)
	equal(t, "intent metadata", got.PaymentIntent.Metadata["attempt"], "a1")
	equal(t, "fee", got.PaymentIntent.LatestCharge.BalanceTransaction.Fee, 66)
	equal(t, "line", got.LineItems.Data[0].AmountTotal, 1234)
	equal(t, "currency", got.Currency, "eur")

	b.drain()
	want := "payment_intent.created charge.succeeded payment_intent.succeeded checkout.session.completed"
	equal(t, "events", strings.Join(b.inbox.types(), " "), want)
}

func TestDeclinedCardKeepsTheSessionOpenForAnother(t *testing.T) {
	b := setup(t)
	for number, code := range map[string]string{
		"4000000000000002": "generic_decline", "4000000000009995": "insufficient_funds",
	} {
		s := b.checkout(nil)
		no := b.post(s.URL, "number", number)
		equal(t, "status", no.status, 422)
		has(t, "page", no.body, number)
		has(t, "page", no.body, `role="alert"`)
		p := &stripe.CheckoutSessionParams{}
		p.AddExpand("payment_intent")
		got, err := b.stripe.CheckoutSessions.Get(s.ID, p)
		must(t, err)
		equal(t, "session", got.Status, stripe.CheckoutSessionStatusOpen)
		equal(t, "decline", string(got.PaymentIntent.LastPaymentError.DeclineCode), code)
		first := got.PaymentIntent.ID

		equal(t, "second card", b.post(s.URL, "number", "5555 5555 5555 4444").status, 303)
		got, err = b.stripe.CheckoutSessions.Get(s.ID, p)
		must(t, err)
		equal(t, "same intent", got.PaymentIntent.ID, first)
		equal(t, "intent", got.PaymentIntent.Status, stripe.PaymentIntentStatusSucceeded)
	}
}

func TestTypingMistakesNeverReachTheBank(t *testing.T) {
	b := setup(t)
	s := b.checkout(nil)
	for _, typed := range [][]string{
		{"number", "4242424242424241"}, {"number", ""}, {"number", "hello"}, {"number", "4242424242424242", "expiry", "13/30"},
		{"number", "4242424242424242", "expiry", "01/20"}, {"number", "4242424242424242", "cvc", "1"},
		{"method", "sepa_debit", "iban", "DE00370400440532013000"}, {"method", "bitcoin"},
	} {
		equal(t, strings.Join(typed, " "), b.post(s.URL, typed...).status, 422)
	}
	got, err := b.stripe.CheckoutSessions.Get(s.ID, nil)
	must(t, err)
	if got.PaymentIntent != nil {
		t.Error("a payment intent was made")
	}
}

func TestTwoSubmitsPayOnce(t *testing.T) {
	b := setup(t)
	s := b.checkout(nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { equal(t, "status", b.post(s.URL, "number", "4242424242424242").status, 303) })
	}
	all.Wait()
	n := 0
	for it := b.stripe.Charges.List(nil); it.Next(); n++ {
	}
	equal(t, "charges", n, 1)
	has(t, "page afterwards", b.visit(s.URL).body, "Este pago está completo")
}

func TestThreeDSecure(t *testing.T) {
	b := setup(t)
	s := b.checkout(nil)
	ask := b.post(s.URL, "number", "4000002760003184")
	equal(t, "redirect", ask.location, s.URL+"/authenticate")
	has(t, "page", b.visit(ask.location).body, `value="fail"`)
	back := b.post(ask.location, "result", "fail")
	equal(t, "back to the page", back.location, s.URL)
	has(t, "page", b.visit(back.location).body, "no confirmó")

	ask = b.post(s.URL, "number", "4000002500003155")
	equal(t, "paid", b.post(ask.location, "result", "complete").location, "https://acuerdo.test/back?session="+s.ID)
	got, err := b.stripe.CheckoutSessions.Get(s.ID, nil)
	must(t, err)
	equal(t, "payment_status", got.PaymentStatus, stripe.CheckoutSessionPaymentStatusPaid)
}

func TestSEPADebitIsSettledLater(t *testing.T) {
	b := setup(t)
	for outcome, want := range map[string]string{
		"succeeded": "charge.succeeded payment_intent.succeeded checkout.session.async_payment_succeeded",
		"failed":    "charge.failed payment_intent.payment_failed checkout.session.async_payment_failed",
	} {
		s := b.checkout(nil)
		equal(t, "status", b.post(s.URL, "method", "sepa_debit", "iban", "DE89 3704 0044 0532 0130 00").status, 303)
		p := &stripe.CheckoutSessionParams{}
		p.AddExpand("payment_intent")
		got, err := b.stripe.CheckoutSessions.Get(s.ID, p)
		must(t, err)
		equal(t, "session", got.Status, stripe.CheckoutSessionStatusComplete)
		equal(t, "payment_status", got.PaymentStatus, stripe.CheckoutSessionPaymentStatusUnpaid)
		equal(t, "intent", got.PaymentIntent.Status, stripe.PaymentIntentStatusProcessing)
		equal(t, "settle", b.post(b.web.URL+"/stripe/_test/settle/"+got.PaymentIntent.ID, "outcome", outcome).status, 200)
		equal(t, "settle twice", b.post(b.web.URL+"/stripe/_test/settle/"+got.PaymentIntent.ID, "outcome", outcome).status, 400)
		b.drain()
		types := b.inbox.types()
		equal(t, "events", strings.Join(types[len(types)-3:], " "), want)
	}
}

func TestSessionsExpireByTheClock(t *testing.T) {
	b := setup(t)
	s := b.checkout(func(p *stripe.CheckoutSessionParams) {
		p.ExpiresAt = stripe.Int64(b.clock.Now().Add(30 * time.Minute).Unix())
	})
	b.post(s.URL, "number", "4000000000000002")
	b.clock.Advance(30 * time.Minute)
	late := b.post(s.URL, "number", "4242424242424242")
	equal(t, "page", late.status, 410)
	has(t, "page", late.body, "https://acuerdo.test/cancel")
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("payment_intent")
	got, err := b.stripe.CheckoutSessions.Get(s.ID, p)
	must(t, err)
	equal(t, "status", got.Status, stripe.CheckoutSessionStatusExpired)
	equal(t, "intent", got.PaymentIntent.Status, stripe.PaymentIntentStatusCanceled)
	_, err = b.stripe.CheckoutSessions.Expire(s.ID, nil)
	equal(t, "expire again", refusal(t, err).HTTPStatusCode, 400)

	other := b.checkout(nil)
	other, err = b.stripe.CheckoutSessions.Expire(other.ID, nil)
	must(t, err)
	equal(t, "by request", other.Status, stripe.CheckoutSessionStatusExpired)
	b.drain()
	equal(t, "events", strings.Count(strings.Join(b.inbox.types(), " "), "checkout.session.expired"), 2)
}

func TestSetupSavesACardThatPaysLater(t *testing.T) {
	b := setup(t)
	cus, err := b.stripe.Customers.New(&stripe.CustomerParams{Email: stripe.String("ana@example.com")})
	must(t, err)
	s, err := b.stripe.CheckoutSessions.New(&stripe.CheckoutSessionParams{Mode: stripe.String("setup"), Customer: stripe.String(cus.ID),
		Currency: stripe.String("eur"), SuccessURL: stripe.String("https://acuerdo.test/back")})
	must(t, err)
	ask := b.post(s.URL, "number", "4000002500003155")
	equal(t, "done", b.post(ask.location, "result", "complete").location, "https://acuerdo.test/back")
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("setup_intent")
	got, err := b.stripe.CheckoutSessions.Get(s.ID, p)
	must(t, err)
	equal(t, "payment_status", got.PaymentStatus, stripe.CheckoutSessionPaymentStatusNoPaymentRequired)
	pi, err := b.stripe.PaymentIntents.New(offSession(cus.ID, got.SetupIntent.PaymentMethod.ID, 900, "later-1"))
	must(t, err)
	equal(t, "intent", pi.Status, stripe.PaymentIntentStatusSucceeded)
}

func TestFirstPaymentKeepsTheCardForInstalments(t *testing.T) {
	b := setup(t)
	s := b.checkout(func(p *stripe.CheckoutSessionParams) {
		p.PaymentIntentData.SetupFutureUsage = stripe.String("off_session")
		p.CustomerEmail = stripe.String("ana@example.com")
	})
	equal(t, "first", b.post(s.URL, "number", "4000000000000341").status, 303)
	got, err := b.stripe.CheckoutSessions.Get(s.ID, nil)
	must(t, err)
	it := b.stripe.Customers.ListPaymentMethods(&stripe.CustomerListPaymentMethodsParams{Customer: stripe.String(got.Customer.ID)})
	if !it.Next() {
		t.Fatal("no method was kept")
	}
	_, err = b.stripe.PaymentIntents.New(offSession(got.Customer.ID, it.PaymentMethod().ID, 900, "second"))
	equal(t, "second", refusal(t, err).Code, stripe.ErrorCodeCardDeclined)
}
