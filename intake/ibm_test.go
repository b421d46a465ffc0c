package intake_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/intake"
	"github.com/acuerdo/acuerdo/money"
)

// ibm is the real ledger and the mapping that is shipped for it.
func ibm(t *testing.T) (mapping, text string) {
	t.Helper()
	data, err := os.ReadFile("../../shared/data/ibm-accounts-receivable.csv")
	if err != nil {
		dbtest.Missing(t, "shared", err.Error())
	}
	m, err := os.ReadFile("testdata/ibm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(m), string(data)
}

// expected reads the file the slow and obvious way.
type expected struct {
	totals  intake.Totals
	history []string // "customer number settled amount" of what was settled
	open    []string // "customer number due amount disputed"
	future  int64
}

func bruteForce(t *testing.T, text string, asOf clock.Date) (e expected) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	day := func(s string) clock.Date {
		v, err := time.Parse("1/2/2006", s)
		if err != nil {
			t.Fatal(err)
		}
		return clock.DateIn(v, time.UTC)
	}
	customers := map[string]bool{}
	for _, r := range records[1:] {
		customer, number, issued, due, settled := r[1], r[3], day(r[4]), day(r[5]), day(r[8])
		whole, fraction, _ := strings.Cut(r[6], ".")
		var minor int64
		if _, err := fmt.Sscan(whole+(fraction + "00")[:2], &minor); err != nil {
			t.Fatal(err)
		}
		switch {
		case issued.After(asOf):
			e.future++
		case settled.After(asOf):
			e.open = append(e.open, fmt.Sprint(customer, " | ", number, " | ", due, " | ", minor, " | ", r[7] == "Yes"))
			customers[customer] = true
			e.totals.Invoices++
			e.totals.OpenMinor += minor
			if r[7] == "Yes" {
				e.totals.Disputed++
			}
			if due.Before(asOf) {
				e.totals.PastDue++
				e.totals.PastDueMinor += minor
			}
		default:
			e.history = append(e.history, fmt.Sprint(customer, " | ", number, " | ", settled, " | ", minor))
		}
	}
	e.totals.Customers, e.totals.Currency = int64(len(customers)), "EUR"
	slices.Sort(e.open)
	slices.Sort(e.history)
	return e
}

// inDatabase reads the same from the ledger.
func inDatabase(b bundle) (open, history []string) {
	open = b.lines(`SELECT b.external_id, i.number, CAST(i.due_on AS TEXT), SUM(CASE WHEN e.debit LIKE 'receivable:%' THEN e.amount_minor ELSE -e.amount_minor END),
			CASE WHEN i.disputed THEN 'true' ELSE 'false' END
		FROM invoices i JOIN ledger_entries e ON e.invoice_id = i.id JOIN cases c ON c.id = i.case_id JOIN debtors b ON b.id = c.debtor_id
		WHERE i.creditor_id = @creditor AND i.settled_on IS NULL GROUP BY 1, 2, 3, 5
		HAVING SUM(CASE WHEN e.debit LIKE 'receivable:%' THEN e.amount_minor ELSE -e.amount_minor END) > 0`)
	history = b.lines(`SELECT b.external_id, i.number, CAST(e.effective_on AS TEXT), e.amount_minor
		FROM invoices i JOIN ledger_entries e ON e.invoice_id = i.id JOIN cases c ON c.id = i.case_id JOIN debtors b ON b.id = c.debtor_id
		WHERE i.creditor_id = @creditor AND e.debit = 'cash:elsewhere' AND i.settled_on = e.effective_on`)
	slices.Sort(open)
	slices.Sort(history)
	return open, history
}

func TestTheRealLedgerAsOfTheEndOfJune2013(t *testing.T) {
	t.Parallel()
	mapping, text := ibm(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		report := b.mustImport(mapping, text, "2013-06-30")
		want := intake.Totals{Currency: "EUR", Invoices: 84, Customers: 52, OpenMinor: 511985, Disputed: 27, PastDue: 12, PastDueMinor: 83556}
		if diff := cmp.Diff([]intake.Totals{want}, report.Open); diff != "" {
			t.Error(diff)
		}
		got := b.one(`SELECT COUNT(DISTINCT i.id), COUNT(DISTINCT i.case_id), SUM(CASE WHEN e.debit LIKE 'receivable:%' THEN e.amount_minor ELSE -e.amount_minor END)
			FROM invoices i JOIN ledger_entries e ON e.invoice_id = i.id WHERE i.creditor_id = @creditor AND i.settled_on IS NULL`)
		if got != "84 | 52 | 511985" {
			t.Errorf("the ledger has %s", got)
		}
		if n := b.one("SELECT COUNT(*) FROM cases WHERE creditor_id = @creditor AND state = 'open' AND closed_at IS NULL"); n != "52" {
			t.Errorf("%s open cases", n)
		}
	})
}

func TestTheRealLedgerAsOfAnyDate(t *testing.T) {
	t.Parallel()
	mapping, text := ibm(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, date := range []string{"2011-12-31", "2012-01-03", "2012-06-15", "2013-01-31", "2013-06-30", "2013-12-02", "2014-06-01"} {
			b := setup(t, d)
			report := b.mustImport(mapping, text, date)
			want := bruteForce(t, text, clock.MustDate(date))
			if want.totals.Invoices == 0 && len(report.Open) != 0 || want.totals.Invoices > 0 && !cmp.Equal([]intake.Totals{want.totals}, report.Open) {
				t.Errorf("%s: open %+v, want %+v", date, report.Open, want.totals)
			}
			open, history := inDatabase(b)
			if diff := cmp.Diff(want.open, open); diff != "" {
				t.Errorf("%s: open invoices (-want +got)\n%s", date, diff)
			}
			if diff := cmp.Diff(want.history, history); diff != "" {
				t.Errorf("%s: settled invoices (-want +got)\n%s", date, diff)
			}
			if report.Counts.NotYetIssued != want.future || report.Counts.New != int64(len(open)+len(history)) {
				t.Errorf("%s: %+v", date, report.Counts)
			}
			if leaked := b.one("SELECT COUNT(*) FROM invoices WHERE creditor_id = @creditor AND (settled_on > '" + date + "' OR issued_on > '" + date + "')"); leaked != "0" {
				t.Errorf("%s: %s invoices tell of the future", date, leaked)
			}
		}
	})
}

func TestImportingTheRealLedgerAgainChangesNothing(t *testing.T) {
	t.Parallel()
	mapping, text := ibm(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		first := b.mustImport(mapping, text, "2013-06-30")
		before, told := books(t, d, b.creditor), events(t, d, b.creditor)
		again := b.mustImport(mapping, text, "2013-06-30")
		if diff := cmp.Diff(before, books(t, d, b.creditor)); diff != "" {
			t.Error(diff)
		}
		if now := events(t, d, b.creditor); now != told {
			t.Errorf("%s events became %s", told, now)
		}
		want := intake.Counts{Rows: 2466, Unchanged: first.Counts.New, NotYetIssued: first.Counts.NotYetIssued}
		if diff := cmp.Diff(want, again.Counts); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMonthByMonthLeadsWhereTheLastDateLeads(t *testing.T) {
	t.Parallel()
	mapping, text := ibm(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		steps, direct := setup(t, d), setup(t, d)
		last := clock.MustDate("2013-12-31")
		for day := clock.MustDate("2012-02-29"); !day.After(last); day = clock.On(day.Year, day.Month+2, 0) {
			steps.mustImport(mapping, text, day.String())
		}
		direct.mustImport(mapping, text, last.String())
		if diff := cmp.Diff(books(t, d, direct.creditor), books(t, d, steps.creditor)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheRealLedgersCountryCodesMayBeNamed(t *testing.T) {
	t.Parallel()
	mapping, text := ibm(t)
	b := setup(t, dbtest.SQLite(t))
	report := b.mustImport(strings.Replace(mapping, "values:", "values:\n  country: {\"391\": US, \"406\": BR}", 1), text, "2013-06-30")
	got := strings.Join(b.lines("SELECT country, language, time_zone FROM debtors WHERE creditor_id = @creditor GROUP BY 1, 2, 3 ORDER BY 1"), "; ")
	if want := "BR | pt | America/Sao_Paulo; ES | es | Europe/Madrid; US | en | America/New_York"; got != want {
		t.Errorf("got %s", got)
	}
	if notes := strings.Join(report.Notes, "\n"); !strings.Contains(notes, `country "770" is not known`) || strings.Contains(notes, "391") {
		t.Errorf("the notes are %s", notes)
	}
	if money.Currency("EUR").Plain(report.Open[0].OpenMinor) != "5119.85" {
		t.Errorf("got %+v", report.Open)
	}
}
