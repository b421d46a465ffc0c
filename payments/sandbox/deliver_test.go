package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v79"
)

func TestDeliveryIsRepeatedUntilAcknowledged(t *testing.T) {
	b := setup(t)
	b.inbox.refuse = 3
	b.payer("pm_card_visa")
	b.drain()
	equal(t, "refused", b.inbox.refused, 3)
	got := b.inbox.types()
	slices.Sort(got) // a repeated event lets the others pass
	equal(t, "events", strings.Join(got, " "), "customer.created payment_method.attached")
	for it := b.stripe.Events.List(nil); it.Next(); {
		equal(t, "pending", it.Event().PendingWebhooks, 0)
	}
}

func TestEventsCanComeTwiceAndOutOfOrder(t *testing.T) {
	b := setup(t)
	b.server.Faults().DuplicateEvents(true)
	b.server.Faults().ReorderEvents(7)
	s := b.checkout(nil)
	b.post(s.URL, "number", "4242424242424242")
	b.drain()
	got := b.inbox.types()
	equal(t, "deliveries", len(got), 8)
	ids := map[string]int{}
	for _, e := range b.inbox.events {
		ids[e.ID]++
	}
	equal(t, "events", len(ids), 4)
	if slices.IndexFunc(got, func(s string) bool { return s == "payment_intent.created" }) == 0 &&
		slices.Index(got, "checkout.session.completed") >= 6 {
		t.Errorf("not shuffled: %v", got)
	}
}

func TestDrainGivesUpWithItsContext(t *testing.T) {
	b := setup(t)
	b.inbox.refuse = 1000
	b.payer("pm_card_visa")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := b.server.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestARestartForgetsNothing(t *testing.T) {
	b := setup(t)
	b.inbox.refuse = 1 << 30 // the first process delivers nothing
	cus, method := b.payer("pm_card_visa")
	pi, err := b.stripe.PaymentIntents.New(offSession(cus, method, 900, "k1"))
	must(t, err)
	s := b.checkout(func(p *stripe.CheckoutSessionParams) { p.CustomerEmail = stripe.String("ana@example.com") })
	b.web.Close()
	must(t, b.server.Close())

	next := &inbox{t: t}
	hook := httptest.NewServer(next)
	t.Cleanup(hook.Close)
	b.start(hook.URL)
	again, err := b.stripe.PaymentIntents.New(offSession(cus, method, 900, "k1"))
	must(t, err)
	equal(t, "the key is remembered", again.ID, pi.ID)
	old, err := b.stripe.CheckoutSessions.Get(s.ID, nil)
	must(t, err)
	equal(t, "session", old.Status, stripe.CheckoutSessionStatusOpen)
	equal(t, "pays", b.post(b.web.URL+"/stripe/c/pay/"+s.ID, "number", "4242424242424242").status, 303)
	b.drain()
	for _, kind := range []string{"customer.created", "charge.succeeded", "checkout.session.completed"} {
		has(t, "events after the restart", strings.Join(next.types(), " "), kind)
	}
}

func TestWebhookEndpointsMadeOverTheAPI(t *testing.T) {
	b := setup(t)
	b.server.SetWebhookURL("")
	got := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Stripe-Signature")
	}))
	t.Cleanup(hook.Close)
	w, err := b.stripe.WebhookEndpoints.New(&stripe.WebhookEndpointParams{URL: stripe.String(hook.URL),
		EnabledEvents: []*string{stripe.String("customer.created")}, APIVersion: stripe.String(stripe.APIVersion)})
	must(t, err)
	has(t, "secret", w.Secret, "whsec_")
	b.payer("pm_card_visa")
	b.drain()
	equal(t, "only what was asked for", len(got), 1)
}

func TestTheOverviewShowsAndSettles(t *testing.T) {
	b := setup(t)
	s := b.checkout(nil)
	b.post(s.URL, "method", "sepa_debit", "iban", "DE89370400440532013000")
	shown := b.visit(b.web.URL + "/stripe/")
	equal(t, "status", shown.status, 200)
	has(t, "page", shown.body, s.ID)
	has(t, "page", shown.body, "_test/settle/")
	if strings.Contains(shown.body, "<script") {
		t.Error("the page needs no script")
	}
	equal(t, "unknown session", b.visit(b.web.URL+"/stripe/c/pay/cs_x").status, 404)
}
