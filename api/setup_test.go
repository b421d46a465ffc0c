package api_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/api"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/ledger"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/offers"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/payments/stripe"
	"github.com/acuerdo/acuerdo/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const webhookSecret = "whsec_api"

// world is two creditors with a case and a key each, and the door before them.
type world struct {
	t      *testing.T
	d      *db.DB
	clock  *clock.Moved
	access *access.Service
	offers offers.Service
	door   *api.Door
	server *httptest.Server
	es, cl tenant
}

type tenant struct {
	creditor cases.Creditor
	file     cases.Case
	key      string
}

func setup(t *testing.T, d *db.DB) *world {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond) // webhooks are signed by the machine's clock
	w := &world{t: t, d: d, clock: clock.Frozen(now)}
	w.access = &access.Service{DB: d, Clock: w.clock, Keys: access.KeyRing{Current: "1", Keys: map[string][]byte{"1": []byte(strings.Repeat("k", 32))}}, Secret: []byte(strings.Repeat("s", 32))}
	w.offers = offers.Service{DB: d, Clock: w.clock}
	gateway, err := stripe.New(stripe.Config{Key: "sk_test_api", BaseURL: "http://127.0.0.1:1", WebhookSecrets: []string{webhookSecret}})
	if err != nil {
		t.Fatal(err)
	}
	w.door = &api.Door{DB: d, Clock: w.clock, Access: w.access, Metrics: api.NewMetrics(),
		Events: &payments.Service{DB: d, Clock: w.clock, Gateway: gateway}}
	w.es = w.tenant("alfa", "ES", "Europe/Madrid", "EUR")
	w.cl = w.tenant("beta", "CL", "America/Santiago", "CLP")
	engine := web.New(web.Config{Logger: slog.New(slog.DiscardHandler), Unsigned: []string{api.WebhookPrefix, "/api/"}})
	w.door.Mount(engine)
	engine.GET("/panic", func(*gin.Context) { panic("a secret") })
	w.server = httptest.NewServer(engine)
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) update(creditor db.ID, fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.d.Update(context.Background(), db.Of(creditor), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tenant(slug, country, zone string, currency money.Currency) tenant {
	w.t.Helper()
	now := w.clock.Now()
	n := tenant{creditor: cases.Creditor{ID: db.NewID(), Slug: slug, Name: slug, LegalName: slug, Country: country, Language: "es", TimeZone: zone,
		Currency: currency, KnownFacts: []string{"invoice_last4"}, RequiredTier: 1, CreatedAt: now}}
	today := clock.DateIn(now, n.creditor.Zone())
	w.update(n.creditor.ID, func(tx *db.Tx) (err error) {
		debtor := cases.Debtor{ID: db.NewID(), CreditorID: n.creditor.ID, ExternalID: "C-" + slug, Kind: cases.Company, Name: "Deudor " + slug,
			Country: country, Language: "es", TimeZone: zone, Email: "x@correo.example", CreatedAt: now}
		n.file = cases.Case{ID: db.NewID(), CreditorID: n.creditor.ID, DebtorID: debtor.ID, Ref: cases.NewRef(), Currency: currency, State: cases.Open, OpenedAt: now}
		for _, row := range []any{&n.creditor, &debtor, &n.file} {
			if err := tx.Create(row).Error; err != nil {
				return err
			}
		}
		for i, inv := range []cases.Invoice{
			{Number: slug + "-1", DueOn: today.AddDays(-20), AmountMinor: 600 * currency.Unit()},
			{Number: slug + "-2", DueOn: today.AddDays(-10), AmountMinor: 100 * currency.Unit(), Disputed: true},
			{Number: slug + "-3", DueOn: today.AddDays(-90), AmountMinor: 50 * currency.Unit(), SettledOn: today.AddDays(-80)},
		} {
			inv.ID, inv.CreditorID, inv.CaseID, inv.Currency, inv.IssuedOn, inv.CreatedAt = db.NewID(), n.creditor.ID, n.file.ID, currency, inv.DueOn.AddDays(-30), now
			if err := w.invoice(tx, inv, i == 2); err != nil {
				return err
			}
		}
		n.key, err = w.access.NewAPIKey(tx, n.creditor.ID, "ERP", []string{api.ScopeReadCases})
		return err
	})
	return n
}

func (w *world) invoice(tx *db.Tx, inv cases.Invoice, settled bool) error {
	if err := tx.Create(&inv).Error; err != nil {
		return err
	}
	line := cases.Line{ID: db.NewID(), CreditorID: inv.CreditorID, InvoiceID: inv.ID, Description: "Mano de obra", Quantity: "2", AmountMinor: inv.AmountMinor}
	if err := tx.Create(&line).Error; err != nil {
		return err
	}
	t := ledger.Transaction{CreditorID: inv.CreditorID, CaseID: inv.CaseID, Source: "invoice:" + inv.Number, Currency: inv.Currency,
		EffectiveOn: inv.IssuedOn, PostedAt: w.clock.Now(), Moves: []ledger.Move{{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: inv.AmountMinor, InvoiceID: &inv.ID}}}
	if _, err := ledger.Post(tx, t); err != nil || !settled {
		return err
	}
	t.Source, t.Moves = "settled:"+inv.Number, []ledger.Move{{Code: ledger.PaymentReceived, Debit: ledger.Elsewhere, Credit: ledger.Principal, AmountMinor: inv.AmountMinor, InvoiceID: &inv.ID}}
	_, err := ledger.Post(tx, t)
	return err
}

// agreeAndPay accepts the first offer, books a payment for it and keeps one that failed.
func (w *world) agreeAndPay(n tenant) cases.Commitment {
	w.t.Helper()
	ctx := context.Background()
	view, err := w.offers.Show(ctx, n.creditor.ID, n.file.ID)
	if err != nil || len(view.Offers) == 0 {
		w.t.Fatalf("no offers: %v", err)
	}
	c, err := w.offers.Accept(ctx, offers.Acceptance{CreditorID: n.creditor.ID, CaseID: n.file.ID, OfferID: view.Offers[0].ID,
		TermsText: "Terms\n", Language: "es", IP: "192.0.2.7", UserAgent: "test", VerifiedBy: "invoice_last4+code:email", Autopay: true})
	if err != nil {
		w.t.Fatal(err)
	}
	w.update(n.creditor.ID, func(tx *db.Tx) error {
		_, err := cases.Receive(tx, cases.Receipt{CreditorID: n.creditor.ID, CaseID: n.file.ID, CommitmentID: &c.ID, Source: "transfer:1",
			Cash: ledger.Elsewhere, AmountMinor: 50, At: w.clock.Now(), Event: cases.Event{Actor: cases.ByStaff, ActorName: "Cobros", Channel: "console"}})
		if err != nil {
			return err
		}
		ended := w.clock.Now()
		return tx.Create(&payments.Payment{ID: db.NewID(), CreditorID: n.creditor.ID, CaseID: n.file.ID, State: payments.Failed, AmountMinor: 70,
			Currency: n.file.Currency, IdempotencyKey: db.NewID().String(), FailureCode: payments.CardDeclined, Language: "es", CreatedAt: ended, ExpiresAt: ended, EndedAt: &ended}).Error
	})
	return c
}

type answer struct {
	status int
	header http.Header
	body   string
}

// value is the body as JSON.
func (a answer) value(t *testing.T) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(a.body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %.500s", err, a.body)
	}
	return v
}

func (w *world) do(method, path string, body []byte, header ...string) answer {
	w.t.Helper()
	r, err := http.NewRequest(method, w.server.URL+path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(raw)}
}

// get asks with a creditor's key.
func (w *world) get(path, key string) answer {
	w.t.Helper()
	return w.do(http.MethodGet, path, nil, "Authorization", "Bearer "+key)
}

// sign is a Stripe-Signature header.
func sign(payload []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), payload)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
