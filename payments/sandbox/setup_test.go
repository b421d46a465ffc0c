package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v79"
	"github.com/stripe/stripe-go/v79/client"
	"github.com/stripe/stripe-go/v79/webhook"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/payments/sandbox"
)

const (
	secretKey     = "sk_test_sandbox"
	webhookSecret = "whsec_sandbox"
)

// bundle is one sandbox with the real client pointed at it and a receiver of
// its webhooks that checks every signature.
type bundle struct {
	t      *testing.T
	clock  *clock.Moved
	server *sandbox.Server
	web    *httptest.Server // mounted under /stripe
	stripe *client.API
	inbox  *inbox
	state  string
}

func setup(t *testing.T) *bundle {
	t.Parallel()
	b := &bundle{t: t, clock: clock.Frozen(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)), state: filepath.Join(t.TempDir(), "stripe.json")}
	b.inbox = &inbox{t: t}
	hook := httptest.NewServer(b.inbox)
	t.Cleanup(hook.Close)
	b.start(hook.URL)
	return b
}

// start opens a sandbox on the bundle's state file.
func (b *bundle) start(webhookURL string) {
	b.t.Helper()
	s, err := sandbox.New(sandbox.Options{Clock: b.clock, SecretKey: secretKey, WebhookSecret: webhookSecret,
		WebhookURL: webhookURL, MerchantName: "Taller Norte", StatePath: b.state})
	must(b.t, err)
	mux := http.NewServeMux()
	mux.Handle("/stripe/", http.StripPrefix("/stripe", s.Handler()))
	b.web = httptest.NewServer(mux)
	s.SetBaseURL(b.web.URL + "/stripe")
	b.server = s
	b.stripe = newClient(b.web.URL, secretKey)
	b.t.Cleanup(func() { b.web.Close(); _ = s.Close() })
}

func newClient(web, key string) *client.API {
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(web + "/stripe"), MaxNetworkRetries: stripe.Int64(0), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}})
	return client.New(key, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
}

func (b *bundle) drain() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	must(b.t, b.server.Drain(ctx))
}

// checkout makes a session of 12.34 EUR; change edits what is asked.
func (b *bundle) checkout(change func(*stripe.CheckoutSessionParams)) *stripe.CheckoutSession {
	b.t.Helper()
	p := &stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), Locale: stripe.String("es"), ClientReferenceID: stripe.String("case-1"),
		SuccessURL: stripe.String("https://acuerdo.test/back?session={CHECKOUT_SESSION_ID}"), CancelURL: stripe.String("https://acuerdo.test/cancel"),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(1), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency: stripe.String("EUR"), UnitAmount: stripe.Int64(1234),
			ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("Factura F-2026-7")}}}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: map[string]string{"attempt": "a1"}},
	}
	if change != nil {
		change(p)
	}
	s, err := b.stripe.CheckoutSessions.New(p)
	must(b.t, err)
	return s
}

// page is one answer of the hosted page, redirects not followed.
type page struct {
	status   int
	body     string
	location string
}

func (b *bundle) visit(pageURL string) page { return b.send(http.MethodGet, pageURL, nil) }

// post submits a form: b.post(url, "number", "4242424242424242").
func (b *bundle) post(pageURL string, pairs ...string) page {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.send(http.MethodPost, pageURL, form)
}

func (b *bundle) send(method, pageURL string, form url.Values) page {
	b.t.Helper()
	req, err := http.NewRequest(method, pageURL, strings.NewReader(form.Encode()))
	must(b.t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(req)
	must(b.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(b.t, err)
	out := page{status: resp.StatusCode, body: string(body), location: resp.Header.Get("Location")}
	if out.location != "" {
		next, err := resp.Location()
		must(b.t, err)
		out.location = next.String()
	}
	return out
}

// payer saves a card for later and answers the customer and the method.
func (b *bundle) payer(token string) (customer, method string) {
	b.t.Helper()
	cus, err := b.stripe.Customers.New(&stripe.CustomerParams{Name: stripe.String("Ana"), Email: stripe.String("ana@example.com")})
	must(b.t, err)
	pm, err := b.stripe.PaymentMethods.Attach(token, &stripe.PaymentMethodAttachParams{Customer: stripe.String(cus.ID)})
	must(b.t, err)
	return cus.ID, pm.ID
}

func offSession(customer, method string, amount int64, key string) *stripe.PaymentIntentParams {
	p := &stripe.PaymentIntentParams{Amount: stripe.Int64(amount), Currency: stripe.String("eur"), Customer: stripe.String(customer),
		PaymentMethod: stripe.String(method), Confirm: stripe.Bool(true), OffSession: stripe.Bool(true)}
	p.SetIdempotencyKey(key)
	return p
}

// inbox receives webhooks and keeps the ones whose signature holds.
type inbox struct {
	t       *testing.T
	mu      sync.Mutex
	events  []stripe.Event
	refuse  int // how many deliveries to answer with 500
	refused int
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	e, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), webhookSecret)
	if err != nil {
		i.t.Errorf("webhook refused by stripe-go: %v", err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.refuse > 0 {
		i.refuse--
		i.refused++
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	i.events = append(i.events, e)
}

func (i *inbox) types() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var out []string
	for _, e := range i.events {
		out = append(out, string(e.Type))
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func has(t *testing.T, what, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%s: no %q in %.2000s", what, part, text)
	}
}

// refusal is the Stripe error that a call must end with.
func refusal(t *testing.T, err error) *stripe.Error {
	t.Helper()
	var e *stripe.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a Stripe error", err)
	}
	return e
}
