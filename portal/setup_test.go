package portal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/ledger"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/offers"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/payments/sandbox"
	"github.com/acuerdo/acuerdo/payments/stripe"
	"github.com/acuerdo/acuerdo/portal"
	"github.com/acuerdo/acuerdo/reminders"
	"github.com/acuerdo/acuerdo/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// noon is the test's present: the same civil day in Madrid and in Santiago.
var noon = time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)

// world is two creditors, one of them with two debtors, and the portal before them.
type world struct {
	t         *testing.T
	d         *db.DB
	clock     *clock.Moved
	access    *access.Service
	offers    *offers.Service
	payments  *payments.Service
	reminders *reminders.Service
	server    *httptest.Server
	log       *logbook
	ana, ben  debtor // of one creditor
	carla     debtor // of another
}

// debtor is somebody with one late invoice, whose number ends in fact.
type debtor struct {
	creditor cases.Creditor
	debtor   cases.Debtor
	file     cases.Case
	document db.ID
	fact     string
	token    string
}

func setup(t *testing.T, d *db.DB) *world { return setupOn(t, d, d) }

// setupOn lets the door use a handle of its own on the database.
func setupOn(t *testing.T, d, doors *db.DB) *world {
	t.Helper()
	w := &world{t: t, d: d, clock: clock.Frozen(noon), log: &logbook{}}
	box, err := sandbox.New(sandbox.Options{Clock: w.clock, SecretKey: "sk_test_portal"})
	w.must(err)
	stripeServer := httptest.NewServer(box.Handler())
	t.Cleanup(func() { stripeServer.Close(); w.must(box.Close()) })
	box.SetBaseURL(stripeServer.URL)
	gateway, err := stripe.New(stripe.Config{Key: "sk_test_portal", BaseURL: stripeServer.URL, WebhookSecrets: []string{"whsec_portal"}})
	w.must(err)
	w.access = &access.Service{DB: doors, Clock: w.clock, Keys: access.KeyRing{Current: "1", Keys: map[string][]byte{"1": []byte(strings.Repeat("k", 32))}}, Secret: []byte(strings.Repeat("s", 32))}
	w.offers = &offers.Service{DB: doors, Clock: w.clock}
	w.payments = &payments.Service{DB: doors, Clock: w.clock, Gateway: gateway, ReturnURL: func(id db.ID) (string, string) {
		return "https://pay.example/portal/payments/" + id.String(), "https://pay.example/portal/payments/" + id.String()
	}}
	w.reminders = &reminders.Service{DB: doors, Clock: w.clock, PublicURL: "https://pay.example", NewLink: w.access.NewLink, KeepSecrets: true}
	door := &portal.Door{DB: doors, Clock: w.clock, Access: w.access, Offers: w.offers, Payments: w.payments, Reminders: w.reminders}
	engine := web.New(web.Config{Logger: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), FormAction: []string{stripeServer.URL}})
	door.Mount(engine)
	w.server = httptest.NewServer(engine)
	t.Cleanup(w.server.Close)
	alfa := w.creditor("alfa", "ES", "Europe/Madrid", "EUR")
	w.ana, w.ben = w.debtor(alfa, "Ana Soler", "A-1001"), w.debtor(alfa, "Ben Marín", "A-2002")
	w.carla = w.debtor(w.creditor("beta", "CL", "America/Santiago", "CLP"), "Carla Rojas", "B-3003")
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) update(scope db.Scope, fn func(tx *db.Tx) error) {
	w.t.Helper()
	w.must(w.d.Update(context.Background(), scope, fn))
}

func (w *world) creditor(slug, country, zone string, currency money.Currency) cases.Creditor {
	w.t.Helper()
	c := cases.Creditor{
		ID: db.NewID(), Slug: slug, Name: "Acreedor " + slug, LegalName: slug, Country: country, Language: "es", TimeZone: zone, Currency: currency,
		Colour: "#0b5d5b", Phone: "+34 960 00 00 10", KnownFacts: []string{"invoice_last4"}, RequiredTier: 1, CreatedAt: noon.AddDate(-1, 0, 0),
	}
	w.update(db.Of(c.ID), func(tx *db.Tx) error { return tx.Create(&c).Error })
	return c
}

func (w *world) debtor(c cases.Creditor, name, number string) debtor {
	w.t.Helper()
	n := debtor{creditor: c, fact: number[len(number)-4:]}
	n.debtor = cases.Debtor{
		ID: db.NewID(), CreditorID: c.ID, ExternalID: "C" + number, Kind: cases.Consumer, Name: name, TaxID: "12345678Z", Country: c.Country,
		Language: "es", TimeZone: c.TimeZone, Email: strings.ToLower(strings.Fields(name)[0]) + "@correo.example", CreatedAt: noon,
	}
	n.file = cases.Case{ID: db.NewID(), CreditorID: c.ID, DebtorID: n.debtor.ID, Ref: cases.NewRef(), Currency: c.Currency, State: cases.Open, OpenedAt: noon.AddDate(0, -2, 0)}
	due := clock.DateIn(noon, c.Zone()).AddDays(-20)
	owed := map[money.Currency]int64{"EUR": 600_00, "CLP": 600_000}[c.Currency]
	inv := cases.Invoice{
		ID: db.NewID(), CreditorID: c.ID, CaseID: n.file.ID, Number: number, Description: "Revisión anual", IssuedOn: due.AddDays(-30), DueOn: due,
		AmountMinor: owed, Currency: c.Currency, CreatedAt: noon.AddDate(0, -2, 0),
	}
	w.update(db.Of(c.ID), func(tx *db.Tx) (err error) {
		for _, row := range []any{&n.debtor, &n.file} {
			if err := tx.Create(row).Error; err != nil {
				return err
			}
		}
		doc, err := cases.AddDocument(tx, cases.Document{CreditorID: c.ID, CaseID: &n.file.ID, Kind: "invoice_copy", Filename: "factura " + number + ".pdf", MediaType: "application/pdf", Content: []byte("%PDF-1.4"), CreatedAt: noon})
		if err != nil {
			return err
		}
		n.document, inv.DocumentID = doc.ID, &doc.ID
		if err := tx.Create(&inv).Error; err != nil {
			return err
		}
		if _, err = ledger.Post(tx, ledger.Transaction{
			CreditorID: c.ID, CaseID: n.file.ID, Source: "invoice:" + number, Currency: c.Currency, EffectiveOn: inv.IssuedOn, PostedAt: inv.CreatedAt,
			Moves: []ledger.Move{{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: inv.AmountMinor, InvoiceID: &inv.ID}},
		}); err != nil {
			return err
		}
		n.token, err = w.access.NewLink(tx, c.ID, n.file.ID)
		return err
	})
	return n
}

// everything is each row of each table, as text.
func (w *world) everything() []string {
	w.t.Helper()
	tables := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if w.d.Kind() == db.Postgres {
		tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	}
	var all []string
	w.must(w.d.View(context.Background(), db.Everyone("a test compares every row"), func(tx *db.Tx) error {
		var names []string
		if err := tx.Raw(tables).Scan(&names).Error; err != nil {
			return err
		}
		for _, name := range names {
			var rows []map[string]any
			if err := tx.Raw("SELECT * FROM " + name).Scan(&rows).Error; err != nil {
				return err
			}
			for _, row := range rows {
				text, err := json.Marshal(row)
				if err != nil {
					return err
				}
				all = append(all, name+" "+string(text))
			}
		}
		return nil
	}))
	slices.Sort(all)
	return all
}

func (w *world) count(table string) (n int64) {
	w.t.Helper()
	w.must(w.d.View(context.Background(), db.Everyone("a test counts"), func(tx *db.Tx) error { return tx.Table(table).Count(&n).Error }))
	return n
}

// codes are those that were sent, oldest first.
func (w *world) codes() []string {
	w.t.Helper()
	var texts, codes []string
	w.must(w.d.View(context.Background(), db.Everyone("a test reads messages"), func(tx *db.Tx) error {
		return tx.Model(&reminders.Message{}).Where("kind = ?", reminders.Code).Order("id").Pluck("text_body", &texts).Error
	}))
	for _, text := range texts {
		m := regexp.MustCompile(`\b(\d{3}) ?(\d{3})\b`).FindStringSubmatch(text)
		if m == nil {
			w.t.Fatalf("no code in %s", text)
		}
		codes = append(codes, m[1]+m[2])
	}
	return codes
}

// logbook keeps what was logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// answer is a response that was read.
type answer struct {
	*goquery.Document
	status int
	header http.Header
	body   string
}

// browser is a client with cookies that doesn't follow redirects.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() browser {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// entered is a browser in which the debtor gave the fact.
func (w *world) entered(n debtor) browser {
	w.t.Helper()
	b := w.browser()
	b.post("/l/"+n.token, url.Values{"fact": {n.fact}}).want(w.t, http.StatusSeeOther)
	return b
}

// offer is the path of the first offer of a kind that the debtor is shown.
func (b browser) offer() string {
	b.w.t.Helper()
	path, ok := b.get("/portal/offers").want(b.w.t, http.StatusOK).Find(`main a[href^="/portal/offers/"]`).Attr("href")
	if !ok {
		b.w.t.Fatal("no offer is shown")
	}
	return path
}

func (b browser) do(method, path string, form url.Values, header ...string) answer {
	b.w.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, b.w.server.URL+path, body)
	b.w.must(err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := b.client.Do(r)
	b.w.must(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	b.w.must(err)
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(raw))
	b.w.must(err)
	return answer{doc, res.StatusCode, res.Header, string(raw)}
}

func (b browser) get(path string) answer {
	b.w.t.Helper()
	return b.do(http.MethodGet, path, nil)
}

func (b browser) post(path string, form url.Values) answer {
	b.w.t.Helper()
	return b.do(http.MethodPost, path, form)
}

func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("got %d %s, want %d: %.1500s", a.status, a.header.Get("Location"), status, a.body)
	}
	return a
}

// shown is a status, headers and body without what differs on every request:
// its id and the time.
func (a answer) shown() string {
	h := a.header.Clone()
	id := h.Get("X-Request-Id")
	h.Del("X-Request-Id")
	h.Del("Date")
	return strings.ReplaceAll(fmt.Sprintf("%d\n%v\n%s", a.status, h, a.body), id, "ID")
}
