package payments_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/ledger"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/payments/sandbox"
	"github.com/acuerdo/acuerdo/payments/stripe"
)

func TestMain(m *testing.M) {
	helperMain()                       // does not come back in a helper process
	_ = flag.Set("rapid.checks", "25") // the default here; the command line still wins
	dbtest.Main(m)
}

const (
	secretKey     = "sk_test_payments"
	webhookSecret = "whsec_payments"

	goodCard  = "4242424242424242"
	poorCard  = "4000000000009995"
	proofCard = "4000002760003184"
)

// tester is what *testing.T and *rapid.T share.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// world is one creditor with one case, the real gateway and a sandbox of its own.
type world struct {
	t     tester
	db    *db.DB
	clock *clock.Moved
	box   *sandbox.Server
	web   *httptest.Server
	gw    *stripe.Gateway // the test's own view of Stripe
	ours  *stripe.Gateway // the program's, over a wire that can be cut
	wire  *wire
	svc   *payments.Service

	creditor, caseID db.ID
	invoices         []db.ID
	currency         money.Currency
	paid, failed     []db.ID // what the hooks were told
	seen             memory
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// setup makes a world in which the debtor owes 100.00 and 250.00 EUR. Call the answer to end it.
func setup(t tester, d *db.DB) (*world, func()) {
	t.Helper()
	w := &world{t: t, db: d, clock: clock.Frozen(noon), currency: "EUR"}
	var err error
	w.box, err = sandbox.New(sandbox.Options{Clock: w.clock, SecretKey: secretKey, WebhookSecret: webhookSecret})
	w.must(err)
	w.web = httptest.NewServer(w.box.Handler())
	w.box.SetBaseURL(w.web.URL)
	w.gw, err = stripe.New(stripe.Config{Key: secretKey, BaseURL: w.web.URL, WebhookSecrets: []string{webhookSecret}})
	w.must(err)
	w.wire = &wire{RoundTripper: http.DefaultTransport}
	w.ours, err = stripe.New(stripe.Config{Key: secretKey, BaseURL: w.web.URL, WebhookSecrets: []string{webhookSecret}, HTTPClient: &http.Client{Transport: w.wire}})
	w.must(err)
	w.svc = w.service(w.ours)
	w.owe(10000, 25000)
	return w, func() { w.web.Close(); _ = w.box.Close() }
}

func begin(t *testing.T, d *db.DB) *world {
	t.Helper()
	w, end := setup(t, d)
	t.Cleanup(end)
	return w
}

// service is one process of ours; tests start several.
func (w *world) service(g payments.Gateway) *payments.Service {
	return &payments.Service{
		DB: w.db, Clock: w.clock, Gateway: g,
		ReturnURL: func(id db.ID) (string, string) {
			return "https://pay.example/back/" + id.String(), "https://pay.example/cancel/" + id.String()
		},
		OnPaid:   func(_ *db.Tx, p payments.Payment) error { w.paid = append(w.paid, p.ID); return nil },
		OnFailed: func(_ *db.Tx, p payments.Payment) error { w.failed = append(w.failed, p.ID); return nil },
	}
}

// owe opens a creditor's case with invoices of these amounts, due in their order.
func (w *world) owe(amounts ...int64) {
	w.t.Helper()
	w.creditor, w.caseID, w.invoices = db.NewID(), db.NewID(), nil
	now := w.clock.Now()
	w.update(func(tx *db.Tx) error {
		debtor := cases.Debtor{ID: db.NewID(), CreditorID: w.creditor, ExternalID: "7", Kind: cases.Consumer, Name: "Ana", Country: "ES",
			Language: "es", TimeZone: "Europe/Madrid", Email: "ana@example.com", CreatedAt: now}
		for _, row := range []any{
			&cases.Creditor{ID: w.creditor, Slug: w.creditor.String(), Name: "Taller Norte", LegalName: "Taller Norte SL", Country: "ES",
				Language: "es", TimeZone: "Europe/Madrid", Currency: w.currency, KnownFacts: []string{"invoice_last4"}, RequiredTier: 1, CreatedAt: now},
			&debtor,
			&cases.Case{ID: w.caseID, CreditorID: w.creditor, DebtorID: debtor.ID, Ref: cases.NewRef(), Currency: w.currency, State: cases.Open, OpenedAt: now},
		} {
			if err := tx.Create(row).Error; err != nil {
				return err
			}
		}
		for i, amount := range amounts {
			id := db.NewID()
			w.invoices = append(w.invoices, id)
			due := clock.MustDate("2026-01-10").AddDays(i)
			err := tx.Create(&cases.Invoice{ID: id, CreditorID: w.creditor, CaseID: w.caseID, Number: fmt.Sprintf("F-%d", i), IssuedOn: due.AddDays(-30),
				DueOn: due, AmountMinor: amount, Currency: w.currency, CreatedAt: now}).Error
			if err != nil {
				return err
			}
			_, err = ledger.Post(tx, ledger.Transaction{CreditorID: w.creditor, CaseID: w.caseID, Source: "invoice:" + id.String(), Currency: w.currency,
				EffectiveOn: due, PostedAt: now, Moves: []ledger.Move{{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: amount, InvoiceID: &id}}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// agree makes an agreement over all that is payable, less a discount, in equal parts 30 days apart.
func (w *world) agree(kind cases.CommitmentKind, discount int64, parts int) cases.Commitment {
	w.t.Helper()
	var c cases.Commitment
	w.update(func(tx *db.Tx) error {
		if _, err := cases.Lock(tx, w.creditor, w.caseID); err != nil {
			return err
		}
		f, err := cases.Load(tx, w.creditor, w.caseID, w.clock.Now())
		if err != nil {
			return err
		}
		var covered []db.ID
		for _, i := range f.PayableInvoices() {
			covered = append(covered, i.ID)
		}
		owed := f.Payable().Total()
		var schedule []cases.Instalment
		for i, amount := range money.Split(owed-discount, parts) {
			schedule = append(schedule, cases.Instalment{Position: i, DueOn: f.Today.AddDays(30 * i), AmountMinor: amount})
		}
		c, err = cases.Agree(tx, cases.Commitment{CreditorID: w.creditor, CaseID: w.caseID, Kind: kind, PolicyVersion: 1, BalanceMinor: owed,
			DiscountPrincipalMinor: discount, TotalMinor: owed - discount, Currency: w.currency, TermsText: "…", Language: "es",
			ShownAt: w.clock.Now(), AcceptedAt: w.clock.Now(), VerifiedBy: "test"}, schedule, covered)
		return err
	})
	return c
}

func (w *world) update(fn func(*db.Tx) error) {
	w.t.Helper()
	w.must(w.db.Update(context.Background(), db.Of(w.creditor), fn))
}

func (w *world) view(fn func(*db.Tx) error) {
	w.t.Helper()
	w.must(w.db.View(context.Background(), db.Of(w.creditor), fn))
}

func (w *world) viewAll(fn func(*db.Tx) error) {
	w.t.Helper()
	w.must(w.db.View(context.Background(), db.Everyone("a test looks at the installation's tables"), fn))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%v", err)
	}
}

func (w *world) file() cases.File {
	w.t.Helper()
	var f cases.File
	w.view(func(tx *db.Tx) (err error) {
		f, err = cases.Load(tx, w.creditor, w.caseID, w.clock.Now())
		return err
	})
	return f
}

func (w *world) request(amount int64) payments.StartRequest {
	return payments.StartRequest{CreditorID: w.creditor, CaseID: w.caseID, AmountMinor: amount, Language: "es"}
}

func (w *world) start(amount int64) payments.Payment {
	w.t.Helper()
	p, err := w.svc.Start(context.Background(), w.request(amount))
	w.must(err)
	if p.State != payments.Open || p.SessionURL == "" {
		w.t.Fatalf("a payment must be open with a page, got %s %q", p.State, p.SessionURL)
	}
	return p
}

func (w *world) get(id db.ID) payments.Payment {
	w.t.Helper()
	p, err := w.svc.Get(context.Background(), w.creditor, w.caseID, id)
	w.must(err)
	return p
}

func (w *world) expect(id db.ID, state payments.State, code payments.FailureCode) payments.Payment {
	w.t.Helper()
	p := w.get(id)
	if p.State != state || p.FailureCode != code {
		w.t.Fatalf("payment is %s %q, want %s %q", p.State, p.FailureCode, state, code)
	}
	return p
}

// timeline counts what happened to the case, by kind.
func (w *world) timeline() map[cases.EventKind]int {
	w.t.Helper()
	count := map[cases.EventKind]int{}
	w.view(func(tx *db.Tx) error {
		events, err := cases.Timeline(tx, w.creditor, w.caseID)
		for _, e := range events {
			count[e.Kind]++
		}
		return err
	})
	return count
}

// visit posts a form to a hosted page and answers status and where it leads.
func (w *world) visit(page string, pairs ...string) (int, string) {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.PostForm(page, form)
	w.must(err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	w.must(err)
	next, err := resp.Location()
	if err != nil {
		return resp.StatusCode, ""
	}
	return resp.StatusCode, next.String()
}

func (w *world) pay(p payments.Payment, card string) {
	w.t.Helper()
	if status, _ := w.visit(p.SessionURL, "number", card); status != http.StatusSeeOther {
		w.t.Fatalf("the card was not taken: %d", status)
	}
}

// object is one object as the sandbox's API shows it.
type object struct {
	ID                string
	Amount            int64
	Status            string
	Paid              bool
	PaymentIntent     string `json:"payment_intent"`
	ClientReferenceID string `json:"client_reference_id"`
}

// list reads every object of a kind from the sandbox, past our own gateway.
func (w *world) list(path string) []object {
	w.t.Helper()
	var all []object
	for after := ""; ; {
		target := w.web.URL + path + "?limit=100"
		if after != "" {
			target += "&starting_after=" + after
		}
		req, err := http.NewRequest(http.MethodGet, target, nil)
		w.must(err)
		req.Header.Set("Authorization", "Bearer "+secretKey)
		resp, err := http.DefaultClient.Do(req)
		w.must(err)
		var page struct {
			HasMore bool `json:"has_more"`
			Data    []object
		}
		err = json.NewDecoder(resp.Body).Decode(&page)
		resp.Body.Close()
		w.must(err)
		all = append(all, page.Data...)
		if !page.HasMore {
			return all
		}
		after = page.Data[len(page.Data)-1].ID
	}
}

// events are what Stripe would tell, oldest first.
func (w *world) events() []payments.StripeEvent {
	w.t.Helper()
	events, err := w.gw.Events(context.Background(), "", noon.Add(-time.Hour))
	w.must(err)
	return events
}

// deliver receives and processes events in their order.
func (w *world) deliver(events ...payments.StripeEvent) {
	w.t.Helper()
	for _, e := range events {
		w.must(w.svc.ReceiveEvent(context.Background(), e.Payload, sign(e.Payload, time.Now(), webhookSecret), ""))
		w.must(w.svc.ProcessEvent(context.Background(), e.ID))
	}
}

func (w *world) outcome(id string) string {
	w.t.Helper()
	var outcome string
	w.view(func(tx *db.Tx) error {
		return tx.Table("stripe_events").Where("id = ?", id).Pluck("outcome", &outcome).Error
	})
	return outcome
}

// sign makes a Stripe-Signature header.
func sign(payload []byte, at time.Time, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), payload)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

func equal[T comparable](t tester, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// refused checks that an error carries a message key.
func refused(t tester, err error, key string) {
	t.Helper()
	if err == nil || fault.As(err).Key != key {
		t.Errorf("got error %v, want %s", err, key)
	}
}

func succeededCharges(all []object) []object {
	var paid []object
	for _, ch := range all {
		if ch.Paid && ch.Status == "succeeded" {
			paid = append(paid, ch)
		}
	}
	return paid
}

func stripeSource(e ledger.Entry) (string, bool) { return strings.CutPrefix(e.Source, "stripe:") }
