package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v79"
)

func TestTheKeyIsDemanded(t *testing.T) {
	b := setup(t)
	_, err := newClient(b.web.URL, "sk_test_other").Customers.New(&stripe.CustomerParams{})
	equal(t, "status", refusal(t, err).HTTPStatusCode, 401)
}

func TestRefusalsNameTheParameter(t *testing.T) {
	b := setup(t)
	cus, method := b.payer("pm_card_visa")
	for name, c := range map[string]struct {
		change func(*stripe.PaymentIntentParams)
		status int
		code   stripe.ErrorCode
		param  string
	}{
		"unknown":             {func(p *stripe.PaymentIntentParams) { p.AddExtra("colour", "red") }, 400, "parameter_unknown", "colour"},
		"no amount":           {func(p *stripe.PaymentIntentParams) { p.Amount = nil }, 400, "parameter_missing", "amount"},
		"nothing":             {func(p *stripe.PaymentIntentParams) { p.Amount = stripe.Int64(0) }, 400, "parameter_invalid_integer", "amount"},
		"too little":          {func(p *stripe.PaymentIntentParams) { p.Amount = stripe.Int64(49) }, 400, "amount_too_small", "amount"},
		"nobody":              {func(p *stripe.PaymentIntentParams) { p.Customer = stripe.String("cus_x") }, 404, "resource_missing", "customer"},
		"no such method":      {func(p *stripe.PaymentIntentParams) { p.PaymentMethod = stripe.String("pm_x") }, 404, "resource_missing", "payment_method"},
		"someone else's":      {func(p *stripe.PaymentIntentParams) { p.Customer = nil }, 400, "", "payment_method"},
		"off without confirm": {func(p *stripe.PaymentIntentParams) { p.Confirm = nil }, 400, "", "off_session"},
	} {
		p := offSession(cus, method, 900, "refusal "+name)
		c.change(p)
		_, err := b.stripe.PaymentIntents.New(p)
		got := refusal(t, err)
		equal(t, name+" status", got.HTTPStatusCode, c.status)
		equal(t, name+" code", got.Code, c.code)
		equal(t, name+" param", got.Param, c.param)
	}
	_, err := b.stripe.CheckoutSessions.New(&stripe.CheckoutSessionParams{Mode: stripe.String("payment")})
	equal(t, "session", refusal(t, err).Param, "success_url")
	_, err = b.stripe.PaymentIntents.Get("pi_x", nil)
	equal(t, "unknown id", refusal(t, err).Code, stripe.ErrorCodeResourceMissing)
	for it := b.stripe.PaymentIntents.List(nil); it.Next(); {
		t.Error("a refused request left a payment intent behind")
	}
}

func TestOneKeyIsOnePayment(t *testing.T) {
	b := setup(t)
	cus, method := b.payer("pm_card_visa")
	first, err := b.stripe.PaymentIntents.New(offSession(cus, method, 900, "k1"))
	must(t, err)
	again, err := b.stripe.PaymentIntents.New(offSession(cus, method, 900, "k1"))
	must(t, err)
	equal(t, "same intent", again.ID, first.ID)
	equal(t, "replayed", again.LastResponse.Header.Get("Idempotent-Replayed"), "true")
	equal(t, "first was not", first.LastResponse.Header.Get("Idempotent-Replayed"), "")
	if string(again.LastResponse.RawJSON) != string(first.LastResponse.RawJSON) {
		t.Error("the replayed answer differs")
	}
	_, err = b.stripe.PaymentIntents.New(offSession(cus, method, 901, "k1"))
	equal(t, "other amount", refusal(t, err).Type, stripe.ErrorTypeIdempotency)
	equal(t, "other amount", refusal(t, err).HTTPStatusCode, 400)

	p := offSession(cus, method, 900, "k1")
	p.SetStripeAccount("acct_other")
	_, err = b.stripe.PaymentIntents.New(p)
	equal(t, "keys belong to an account", refusal(t, err).Code, stripe.ErrorCodeResourceMissing)
	b.clock.Advance(25 * 3600e9)
	later, err := b.stripe.PaymentIntents.New(offSession(cus, method, 900, "k1"))
	must(t, err)
	if later.ID == first.ID {
		t.Error("a key is forgotten after a day, as at Stripe")
	}
}

func TestAKeyInFlightIsRefused(t *testing.T) {
	b := setup(t)
	cus, method := b.payer("pm_card_visa")
	arrived, release := b.server.Faults().Hold("/v1/payment_intents")
	done := make(chan error, 1)
	go func() {
		_, err := b.stripe.PaymentIntents.New(offSession(cus, method, 900, "k1"))
		done <- err
	}()
	<-arrived
	_, err := b.stripe.PaymentIntents.New(offSession(cus, method, 900, "k1"))
	equal(t, "second", refusal(t, err).HTTPStatusCode, http.StatusConflict)
	release()
	must(t, <-done)
}

func TestOffSessionRefusalsCarryTheIntent(t *testing.T) {
	b := setup(t)
	for token, want := range map[string][2]string{
		"pm_card_chargeCustomerFail":     {"card_declined", "generic_decline"},
		"pm_card_authenticationRequired": {"authentication_required", "authentication_required"},
		"pm_card_threeDSecureOptional":   {"authentication_required", "authentication_required"},
	} {
		cus, method := b.payer(token)
		_, err := b.stripe.PaymentIntents.New(offSession(cus, method, 900, token))
		e := refusal(t, err)
		equal(t, "status", e.HTTPStatusCode, 402)
		equal(t, "code", string(e.Code), want[0])
		equal(t, "decline code", string(e.DeclineCode), want[1])
		equal(t, "intent", e.PaymentIntent.Status, stripe.PaymentIntentStatusRequiresPaymentMethod)
		ch, err := b.stripe.Charges.Get(e.PaymentIntent.LatestCharge.ID, nil)
		must(t, err)
		equal(t, "charge", ch.Status, stripe.ChargeStatusFailed)
		_, err = b.stripe.PaymentIntents.New(offSession(cus, method, 900, token))
		equal(t, "replay", refusal(t, err).PaymentIntent.ID, e.PaymentIntent.ID)
		_, err = b.stripe.PaymentIntents.Cancel(e.PaymentIntent.ID, nil)
		must(t, err)
	}
	b.drain()
	has(t, "events", strings.Join(b.inbox.types(), " "), "payment_intent.created charge.failed payment_intent.payment_failed")
}

func TestADetachedMethodPaysNoMore(t *testing.T) {
	b := setup(t)
	cus, method := b.payer("pm_card_visa")
	_, err := b.stripe.PaymentMethods.Detach(method, nil)
	must(t, err)
	_, err = b.stripe.PaymentIntents.New(offSession(cus, method, 900, "k"))
	equal(t, "status", refusal(t, err).HTTPStatusCode, 400)
}

func TestConfirmLater(t *testing.T) {
	b := setup(t)
	pi, err := b.stripe.PaymentIntents.New(&stripe.PaymentIntentParams{Amount: stripe.Int64(1000), Currency: stripe.String("clp")})
	must(t, err)
	equal(t, "pesos have no cents", pi.Amount, 1000)
	_, err = b.stripe.PaymentIntents.Confirm(pi.ID, nil)
	equal(t, "without a method", refusal(t, err).HTTPStatusCode, 400)
	pi, err = b.stripe.PaymentIntents.Confirm(pi.ID, &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String("pm_card_visa")})
	must(t, err)
	equal(t, "status", pi.Status, stripe.PaymentIntentStatusSucceeded)
	_, err = b.stripe.PaymentIntents.Cancel(pi.ID, nil)
	equal(t, "cancel", refusal(t, err).Code, stripe.ErrorCodePaymentIntentUnexpectedState)
}

func TestRefundsNeverExceedTheCharge(t *testing.T) {
	b := setup(t)
	cus, method := b.payer("pm_card_visa")
	pi, err := b.stripe.PaymentIntents.New(offSession(cus, method, 1000, "k"))
	must(t, err)
	part := func(amount int64) (*stripe.Refund, error) {
		return b.stripe.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(pi.ID), Amount: stripe.Int64(amount)})
	}
	_, err = part(400)
	must(t, err)
	_, err = part(601)
	equal(t, "too much", refusal(t, err).Param, "amount")
	rest, err := b.stripe.Refunds.New(&stripe.RefundParams{Charge: stripe.String(pi.LatestCharge.ID)})
	must(t, err)
	equal(t, "the rest", rest.Amount, 600)
	_, err = part(1)
	equal(t, "again", refusal(t, err).Code, stripe.ErrorCodeChargeAlreadyRefunded)
	p := &stripe.ChargeParams{}
	p.AddExpand("refunds")
	ch, err := b.stripe.Charges.Get(pi.LatestCharge.ID, p)
	must(t, err)
	equal(t, "refunded", ch.AmountRefunded, 1000)
	equal(t, "flag", ch.Refunded, true)
	equal(t, "list", len(ch.Refunds.Data), 2)

	equal(t, "bank refuses", b.post(b.web.URL+"/stripe/_test/fail_refund/"+rest.ID).status, 200)
	ch, err = b.stripe.Charges.Get(pi.LatestCharge.ID, nil)
	must(t, err)
	equal(t, "refunded after that", ch.AmountRefunded, 400)

	var net int64
	for it := b.stripe.BalanceTransactions.List(nil); it.Next(); {
		net += it.BalanceTransaction().Amount
	}
	equal(t, "balance", net, 600)
}

func TestDisputesWithdrawAndReinstate(t *testing.T) {
	b := setup(t)
	s := b.checkout(nil)
	equal(t, "paid", b.post(s.URL, "number", "4000000000000259").status, 303)
	it := b.stripe.Disputes.List(&stripe.DisputeListParams{})
	if !it.Next() {
		t.Fatal("no dispute")
	}
	d := it.Dispute()
	equal(t, "amount", d.Amount, 1234)
	_, err := b.stripe.Refunds.New(&stripe.RefundParams{Charge: stripe.String(d.Charge.ID)})
	equal(t, "refund", refusal(t, err).Code, "charge_disputed")
	equal(t, "close", b.post(b.web.URL+"/stripe/_test/close_dispute/"+d.ID, "outcome", "won").status, 200)
	b.drain()
	all := strings.Join(b.inbox.types(), " ")
	has(t, "events", all, "charge.dispute.created charge.dispute.funds_withdrawn")
	has(t, "events", all, "charge.dispute.funds_reinstated charge.dispute.closed")
}

func TestListsTurnPages(t *testing.T) {
	b := setup(t)
	cus, method := b.payer("pm_card_visa")
	var ids []string
	for i := range 7 {
		pi, err := b.stripe.PaymentIntents.New(offSession(cus, method, int64(900+i), "k"+string(rune('0'+i))))
		must(t, err)
		ids = append([]string{pi.ID}, ids...)
		b.clock.Advance(1e9)
	}
	p := &stripe.PaymentIntentListParams{Customer: stripe.String(cus)}
	p.Limit = stripe.Int64(2)
	p.AddExpand("data.latest_charge")
	var seen []string
	for it := b.stripe.PaymentIntents.List(p); it.Next(); {
		seen = append(seen, it.PaymentIntent().ID)
		equal(t, "expanded", it.PaymentIntent().LatestCharge.Paid, true)
	}
	equal(t, "all, newest first", strings.Join(seen, " "), strings.Join(ids, " "))

	back := &stripe.PaymentIntentListParams{}
	back.EndingBefore, back.Limit, back.Single = stripe.String(ids[4]), stripe.Int64(2), true
	var prev []string
	it := b.stripe.PaymentIntents.List(back)
	for _, pi := range it.PaymentIntentList().Data {
		prev = append(prev, pi.ID)
	}
	equal(t, "the page before", strings.Join(prev, " "), strings.Join(ids[2:4], " "))
	equal(t, "has_more", it.PaymentIntentList().HasMore, true)

	events := &stripe.EventListParams{Type: stripe.String("charge.succeeded"),
		CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: b.clock.Now().Unix() - 3}}
	n := 0
	for it := b.stripe.Events.List(events); it.Next(); n++ {
	}
	equal(t, "events of the last seconds", n, 3)
}

func TestConnectedAccountsAreApart(t *testing.T) {
	b := setup(t)
	p := &stripe.CustomerParams{Name: stripe.String("Ana")}
	p.SetStripeAccount("acct_one")
	cus, err := b.stripe.Customers.New(p)
	must(t, err)
	_, err = b.stripe.Customers.Get(cus.ID, nil)
	equal(t, "from the platform", refusal(t, err).HTTPStatusCode, 404)
	get := &stripe.CustomerParams{}
	get.SetStripeAccount("acct_one")
	_, err = b.stripe.Customers.Get(cus.ID, get)
	must(t, err)
	b.drain()
	equal(t, "event's account", b.inbox.events[0].Account, "acct_one")
}

func TestUnknownExpandIsRefused(t *testing.T) {
	b := setup(t)
	s := b.checkout(nil)
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("colour")
	_, err := b.stripe.CheckoutSessions.Get(s.ID, p)
	equal(t, "status", refusal(t, err).HTTPStatusCode, 400)
}

func TestLostAnswersAndServerErrors(t *testing.T) {
	b := setup(t)
	cus, method := b.payer("pm_card_visa")
	pay := func(key string) (*stripe.PaymentIntent, error) {
		return b.stripe.PaymentIntents.New(offSession(cus, method, 900, key))
	}
	var charges = func() (n int) {
		for it := b.stripe.Charges.List(nil); it.Next(); n++ {
		}
		return n
	}
	b.server.Faults().LoseAnswerAfterSuccess("/v1/payment_intents", 1)
	_, err := pay("lost")
	var e *stripe.Error
	if err == nil || errors.As(err, &e) {
		t.Fatalf("got %v, want a broken connection", err)
	}
	equal(t, "the effect stands", charges(), 1)
	_, err = pay("lost")
	must(t, err)
	equal(t, "asked again", charges(), 1)

	b.server.Faults().FailBefore("/v1/payment_intents", 1)
	_, err = pay("before")
	equal(t, "before", refusal(t, err).HTTPStatusCode, 500)
	equal(t, "no effect", charges(), 1)
	_, err = pay("before")
	must(t, err)

	b.server.Faults().FailAfter("/v1/payment_intents", 1)
	for range 2 { // the 500 is replayed
		_, err = pay("after")
		equal(t, "after", refusal(t, err).HTTPStatusCode, 500)
	}
	equal(t, "effect", charges(), 3)
}

func TestASlowAnswerLosesOnlyTheWaiting(t *testing.T) {
	b := setup(t)
	cus, method := b.payer("pm_card_visa")
	b.server.Faults().SlowAnswers("/v1/payment_intents", 1, time.Minute)
	p := offSession(cus, method, 900, "slow")
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	p.Context = ctx
	_, err := b.stripe.PaymentIntents.New(p)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want the deadline", err)
	}
	pi, err := b.stripe.PaymentIntents.New(offSession(cus, method, 900, "slow"))
	must(t, err)
	equal(t, "replayed", pi.LastResponse.Header.Get("Idempotent-Replayed"), "true")
}

func TestRawAnswersLookLikeStripes(t *testing.T) {
	b := setup(t)
	for _, path := range []string{"/v1/nothing", "/v1/charges/ch_x"} {
		req, err := http.NewRequest(http.MethodGet, b.web.URL+"/stripe"+path, nil)
		must(t, err)
		req.SetBasicAuth(secretKey, "")
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		_ = resp.Body.Close()
		equal(t, path, resp.StatusCode, 404)
		equal(t, "type", resp.Header.Get("Content-Type"), "application/json")
		if resp.Header.Get("Request-Id") == "" {
			t.Errorf("%s: no Request-Id", path)
		}
	}
}
