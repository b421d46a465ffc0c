package main

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/acuerdo/acuerdo/api"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
)

const realLedger = "../../../shared/data/ibm-accounts-receivable.csv"

// someCase finds, past the program, a case whose only open invoice is due, not
// disputed and large enough for a plan.
func someCase(t *testing.T, database string) (ref, number string) {
	t.Helper()
	d, err := db.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var found struct{ Ref, Number string }
	err = d.View(t.Context(), db.Everyone("a test looks for a debtor"), func(tx *db.Tx) error {
		return tx.Raw(`SELECT c.ref, i.number FROM cases c JOIN invoices i ON i.case_id = c.id JOIN debtors d ON d.id = c.debtor_id
			WHERE i.settled_on IS NULL AND NOT i.disputed AND d.email = '' AND i.amount_minor > 5000
			AND (SELECT COUNT(*) FROM invoices o WHERE o.case_id = c.id AND o.settled_on IS NULL) = 1 ORDER BY i.due_on, c.ref LIMIT 1`).Scan(&found).Error
	})
	if err != nil || found.Ref == "" {
		t.Fatalf("the file has no such debtor: %v", err)
	}
	return found.Ref, found.Number
}

// inLedger is the amount of an invoice of the file, as it stands there.
func inLedger(t *testing.T, number string) string {
	t.Helper()
	f, err := os.Open(realLedger)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row[3] == number {
			return row[6]
		}
	}
	t.Fatalf("no invoice %s in the file", number)
	return ""
}

// TestADebtorOfTheRealLedgerAgreesAndPays takes the creditor's real export
// through the whole story, while the demo is up.
func TestADebtorOfTheRealLedgerAgreesAndPays(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(realLedger); err != nil {
		dbtest.Missing(t, "shared", err.Error())
	}
	d := startDemo(t, DemoCmd{Today: "2013-06-30", Empty: true})
	if len(d.Cases) != 0 || len(d.inbox()) != 0 || d.Today != "2013-06-30" {
		t.Fatalf("an empty demo has %d cases on %s", len(d.Cases), d.Today)
	}
	file := []string{"--database", d.DatabaseURL, "--creditor", "harbor-street", "--mapping", "../../intake/testdata/ibm.yaml", realLedger} // as of the demo's today
	out, err := importing{t: t}.run(file...)
	const figures = "84 invoices of 52 customers, 5119.85 in total; 27 disputed; 12 past due with 835.56"
	if err != nil || !strings.Contains(out, figures) {
		t.Fatalf("%v: no %q in\n%s", err, figures, out)
	}
	if out, err = (importing{t: t}).run(file...); err != nil || !strings.Contains(out, "0 new (0 of them settled already), 0 changed, 0 settled") {
		t.Errorf("again: %v\n%s", err, out)
	}
	ref, number := someCase(t, d.DatabaseURL)
	listed := works(t, nil, "cases", "--database", d.DatabaseURL, "--creditor", "harbor-street", "--open")
	if lines := strings.Split(strings.TrimSpace(listed), "\n"); len(lines) != 52 || !strings.Contains(listed, ref) {
		t.Errorf("%d open cases are listed, want the 52 customers', %s among them:\n%s", len(lines), ref, listed)
	}
	v := newVisitor(t, d.BaseURL)
	v.enters(linkOf(t, d, ref), number[len(number)-4:])
	v.get("/portal").want(http.StatusOK).says(ref)
	v.get("/portal/statement").want(http.StatusOK).says(number, inLedger(t, number))
	v.get("/portal/statement.pdf").want(http.StatusOK)

	agreed := acceptsWithNewAddress(t, d, v, "who.owes@correo.example")
	v.paid(v.paysAt(agreed))
	d.newest("agreement", "who.owes@correo.example")
	d.newest("receipt", "who.owes@correo.example")
	var told api.Case
	if status := d.api("/cases/"+ref, &told); status != http.StatusOK {
		t.Fatalf("the API answers %d", status)
	}
	if len(told.Commitments) != 1 || len(told.Payments) != 1 || told.Payments[0].State != "paid" || told.Commitments[0].PaidMinor != told.Payments[0].AmountMinor {
		t.Errorf("the API tells %+v %+v", told.Commitments, told.Payments)
	}
	for _, i := range told.Invoices {
		if i.Number == number && i.Disputed {
			t.Error("the invoice became disputed")
		}
	}
	if status := d.api("/cases/0000-0000", nil); status != http.StatusNotFound {
		t.Errorf("a case that doesn't exist: %d", status)
	}
	d.advance("7d")
	for _, m := range d.inbox() {
		if m.To != "who.owes@correo.example" {
			t.Errorf("a customer without an address got a message at %q", m.To)
		}
	}
	again := newVisitor(t, d.BaseURL)
	again.enters(linkOf(t, d, ref), number)
	if again.get("/portal").want(http.StatusOK).Find(`main a[href^="/portal/agreements/"]`).Length() == 0 {
		t.Error("a week later the agreement isn't there")
	}
}

// linkOf runs `acuerdo link` beside the demo.
func linkOf(t *testing.T, d *liveDemo, ref string) string {
	t.Helper()
	link := works(t, nil, "link", "--database", d.DatabaseURL, "--case", strings.ToLower(ref))
	if !strings.HasPrefix(link, d.BaseURL+"/l/") {
		t.Fatalf("the link is %q", link)
	}
	return link
}

// acceptsWithNewAddress accepts the first offer; as no address is on file, the
// debtor gives one, and the code goes there. It answers where to pay.
func acceptsWithNewAddress(t *testing.T, d *liveDemo, v *visitor, address string) string {
	t.Helper()
	offer, ok := v.get("/portal/offers").want(http.StatusOK).Find(`main a[href^="/portal/offers/"]`).Attr("href")
	if !ok {
		t.Fatal("no offer is shown")
	}
	v.get(offer).want(http.StatusOK)
	if p := v.post(offer+"/accept", url.Values{"consent": {"on"}, "autopay": {"on"}}).want(http.StatusSeeOther); p.location != "/portal/code" {
		t.Fatalf("led to %s", p.location)
	}
	if p := v.get("/portal/code").want(http.StatusOK); p.Find("input[name=email]").Length() != 1 {
		t.Fatal("no address is on file, and none is asked for")
	}
	v.post("/portal/code", url.Values{"email": {address}}).want(http.StatusSeeOther)
	p := v.post("/portal/code", url.Values{"code": {d.codeFor(address)}}).want(http.StatusSeeOther)
	if strings.Contains(p.location, "/c/pay/") {
		return p.location
	}
	form := v.get(p.location).want(http.StatusOK).Find(`form[action="/portal/payments"]`).First()
	instalment, _ := form.Find("input[name=instalment]").Attr("value")
	return v.post("/portal/payments", url.Values{"instalment": {instalment}}).want(http.StatusSeeOther).location
}
