package console_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/alexedwards/argon2id"
	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/console"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/ledger"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/offers"
	"github.com/acuerdo/acuerdo/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// noon is the test's present: the same civil day in Madrid and in Santiago.
var noon = time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)

const password = "correct horse battery"

// world is two creditors with a case each, their staff, and the console before them.
type world struct {
	t      *testing.T
	d      *db.DB
	clock  *clock.Moved
	access *access.Service
	offers *offers.Service
	door   *console.Door
	server *httptest.Server
	es, cl tenant
}

// tenant is a creditor with one debtor whose case has a late, a disputed and a
// settled invoice.
type tenant struct {
	creditor  cases.Creditor
	debtor    cases.Debtor
	file      cases.Case
	late      cases.Invoice
	admin     string // e-mail
	collector string
}

func setup(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, d: d, clock: clock.Frozen(noon)}
	w.access = &access.Service{
		DB: d, Clock: w.clock, Keys: access.KeyRing{Current: "1", Keys: map[string][]byte{"1": []byte(strings.Repeat("k", 32))}},
		Secret: []byte(strings.Repeat("s", 32)), Passwords: &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	}
	w.offers = &offers.Service{DB: d, Clock: w.clock}
	w.es = w.tenant("alfa", "ES", "es", "Europe/Madrid", "EUR", "María Soler")
	w.cl = w.tenant("beta", "CL", "es", "America/Santiago", "CLP", "Camila Rojas")
	w.user("both@example.com", "Both Creditors", "en", map[db.ID]access.RoleName{w.es.creditor.ID: access.Admin, w.cl.creditor.ID: access.Collector})
	w.door = &console.Door{DB: d, Clock: w.clock, Access: w.access, Offers: w.offers}
	engine := web.New(web.Config{Logger: slog.New(slog.DiscardHandler), Unsigned: []string{"/webhooks/"}})
	w.door.Mount(engine)
	engine.GET("/panic", func(*gin.Context) { panic("a secret: 4242 4242") })
	w.server = httptest.NewServer(engine)
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) update(scope db.Scope, fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.d.Update(context.Background(), scope, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tenant(slug, country, language, zone string, currency money.Currency, debtor string) tenant {
	n := tenant{admin: "admin@" + slug + ".example", collector: "cobros@" + slug + ".example"}
	n.creditor = cases.Creditor{
		ID: db.NewID(), Slug: slug, Name: "Acreedor " + slug, LegalName: slug, Country: country, Language: language, TimeZone: zone,
		Currency: currency, Colour: "#0b5d5b", KnownFacts: []string{"invoice_last4"}, RequiredTier: 1, CreatedAt: noon,
	}
	n.debtor, n.file, n.late = w.seed(n.creditor, true, debtor, "C-"+slug)
	w.user(n.admin, "Ada de "+slug, language, map[db.ID]access.RoleName{n.creditor.ID: access.Admin})
	w.user(n.collector, "Carlos de "+slug, language, map[db.ID]access.RoleName{n.creditor.ID: access.Collector})
	return n
}

// seed writes a debtor with a case; the first one writes the creditor too.
func (w *world) seed(cr cases.Creditor, first bool, name, external string) (debtor cases.Debtor, k cases.Case, late cases.Invoice) {
	w.t.Helper()
	debtor = cases.Debtor{
		ID: db.NewID(), CreditorID: cr.ID, ExternalID: external, Kind: cases.Consumer, Name: name, TaxID: "12345678Z", PostalCode: "46001",
		Address: "Calle Mayor 1", City: "Valencia", Country: cr.Country, Language: cr.Language, TimeZone: cr.TimeZone,
		Email: "debtor-" + strings.ToLower(external) + "@correo.example", CreatedAt: noon,
	}
	k = cases.Case{ID: db.NewID(), CreditorID: cr.ID, DebtorID: debtor.ID, Ref: cases.NewRef(), Currency: cr.Currency, State: cases.Open, OpenedAt: noon.AddDate(0, -2, 0)}
	today := clock.DateIn(noon, cr.Zone())
	w.update(db.Of(cr.ID), func(tx *db.Tx) error {
		if first {
			if err := tx.Create(&cr).Error; err != nil {
				return err
			}
		}
		if err := tx.Create(&debtor).Error; err != nil {
			return err
		}
		if err := tx.Create(&k).Error; err != nil {
			return err
		}
		var err error
		if late, err = invoice(tx, k, external+"-0001", today.AddDays(-20), 600*cr.Currency.Unit(), false); err != nil {
			return err
		}
		_, err = invoice(tx, k, external+"-0002", today.AddDays(-40), 100*cr.Currency.Unit(), true)
		return err
	})
	return debtor, k, late
}

func invoice(tx *db.Tx, k cases.Case, number string, due clock.Date, minor int64, disputed bool) (cases.Invoice, error) {
	inv := cases.Invoice{
		ID: db.NewID(), CreditorID: k.CreditorID, CaseID: k.ID, Number: number, Description: "Revisión <b>anual</b>", IssuedOn: due.AddDays(-30),
		DueOn: due, AmountMinor: minor, Currency: k.Currency, Disputed: disputed, CreatedAt: noon.AddDate(0, -2, 0),
	}
	if err := tx.Create(&inv).Error; err != nil {
		return inv, err
	}
	_, err := ledger.Post(tx, ledger.Transaction{
		CreditorID: k.CreditorID, CaseID: k.ID, Source: "invoice:" + number, Currency: k.Currency, EffectiveOn: inv.IssuedOn, PostedAt: inv.CreatedAt,
		Moves: []ledger.Move{{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: minor, InvoiceID: &inv.ID}},
	})
	return inv, err
}

func (w *world) user(email, name, language string, roles map[db.ID]access.RoleName) {
	w.t.Helper()
	w.update(db.Everyone("a test's staff"), func(tx *db.Tx) error {
		u, err := w.access.CreateUser(tx, email, name, password, language)
		if err != nil {
			return err
		}
		for creditor, role := range roles {
			if err := w.access.Grant(tx, u.ID, creditor, role); err != nil {
				return err
			}
		}
		return nil
	})
}

// agree accepts the first offer of a case, as the portal does.
func (w *world) agree(n tenant) cases.Commitment {
	w.t.Helper()
	ctx := context.Background()
	view, err := w.offers.Show(ctx, n.creditor.ID, n.file.ID)
	if err != nil || len(view.Offers) == 0 {
		w.t.Fatalf("no offers: %v", err)
	}
	c, err := w.offers.Accept(ctx, offers.Acceptance{
		CreditorID: n.creditor.ID, CaseID: n.file.ID, OfferID: view.Offers[0].ID, TermsText: "The terms, as they were shown.\n", Language: "es",
		IP: "192.0.2.7", UserAgent: "Browser <script>", VerifiedBy: "invoice_last4+code:email", Autopay: true,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// receive books money for a case.
func (w *world) receive(n tenant, minor int64, source string) {
	w.t.Helper()
	w.update(db.Of(n.creditor.ID), func(tx *db.Tx) error {
		_, err := cases.Receive(tx, cases.Receipt{
			CreditorID: n.creditor.ID, CaseID: n.file.ID, Source: source, Cash: ledger.Elsewhere, AmountMinor: minor, At: w.clock.Now(),
			Event: cases.Event{Actor: cases.ByStaff, ActorName: "Cobros", Channel: "console"},
		})
		return err
	})
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
	if err != nil {
		w.t.Fatal(err)
	}
	return browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signedIn is a browser in which somebody signed in.
func (w *world) signedIn(email string) browser {
	w.t.Helper()
	b := w.browser()
	if a := b.post("/console/sign-in", url.Values{"email": {email}, "password": {password}}); a.status != http.StatusSeeOther {
		w.t.Fatalf("signing in as %s: %d %s", email, a.status, a.Find(".errors").Text())
	}
	return b
}

func (b browser) do(method, path string, form url.Values, header map[string]string) answer {
	b.w.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, b.w.server.URL+path, body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(raw)))
	if err != nil {
		b.w.t.Fatal(err)
	}
	return answer{doc, res.StatusCode, res.Header, string(raw)}
}

func (b browser) get(path string) answer {
	b.w.t.Helper()
	return b.do(http.MethodGet, path, nil, nil)
}

func (b browser) post(path string, form url.Values) answer {
	b.w.t.Helper()
	return b.do(http.MethodPost, path, form, nil)
}

func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("got %d, want %d: %.2000s", a.status, status, a.body)
	}
	return a
}

// text is a selection's text with single spaces.
func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
