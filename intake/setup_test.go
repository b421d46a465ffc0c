package intake_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/intake"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		importAsChild()
		return
	}
	if err := flag.Set("rapid.checks", "40"); err != nil { // each round is several imports; -rapid.checks=N asks for more
		panic(err)
	}
	dbtest.Main(m)
}

var now = time.Date(2013, 12, 31, 12, 0, 0, 0, time.UTC)

// bundle is a creditor in a fresh database and what the tests do with it.
type bundle struct {
	t        testing.TB
	db       *db.DB
	creditor db.ID
}

// fataler is what a test and a property's round have in common.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func setup(t testing.TB, d *db.DB) bundle {
	t.Helper()
	return bundle{t, d, addCreditor(t, d)}
}

// addCreditor adds one more creditor, in Spain.
func addCreditor(t fataler, d *db.DB) db.ID {
	t.Helper()
	c := cases.Creditor{ID: db.NewID(), Name: "Aguas", LegalName: "Aguas SA", Country: "ES", Language: "es", TimeZone: "Europe/Madrid",
		Currency: "EUR", KnownFacts: []string{}, CreatedAt: now}
	c.Slug = c.ID.String()
	if err := d.Update(context.Background(), db.Everyone("test"), func(tx *db.Tx) error { return tx.Create(&c).Error }); err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func mustMapping(t fataler, yaml string) intake.Mapping {
	t.Helper()
	m, err := intake.ReadMapping(strings.NewReader(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// plain is a mapping whose columns are called as their fields are.
func plain(fields ...string) string {
	s := "dates: YYYY-MM-DD\nnumbers: {decimal: \".\"}\ncolumns:\n"
	for _, f := range append([]string{"customer_id", "invoice_number", "issued_on", "due_on", "amount"}, fields...) {
		s += "  " + f + ": " + f + "\n"
	}
	return s
}

// header and rows of a file that plain() describes.
func file(fields string, rows ...string) string {
	header := "customer_id,invoice_number,issued_on,due_on,amount"
	if fields != "" {
		header += "," + fields
	}
	return header + "\n" + strings.Join(rows, "\n") + "\n"
}

// try imports a text as of a date.
func (b bundle) try(mapping, text, asOf string) (intake.Report, error) {
	b.t.Helper()
	return intake.Run(context.Background(), b.db, intake.Request{Creditor: b.creditor, Mapping: mustMapping(b.t, mapping),
		AsOf: clock.MustDate(asOf), Reader: strings.NewReader(text), Filename: "file.csv", Now: now})
}

func (b bundle) mustImport(mapping, text, asOf string) intake.Report {
	b.t.Helper()
	report, err := b.try(mapping, text, asOf)
	if err != nil {
		b.t.Fatalf("%v: %v", err, report.Bad)
	}
	return report
}

// lines is what a query gives, one text for each row; it may name @creditor.
func (b bundle) lines(query string) []string { return linesOf(b.t, b.db, b.creditor, query) }

func linesOf(t fataler, d *db.DB, creditor db.ID, query string) []string {
	t.Helper()
	var out []string
	err := d.View(context.Background(), db.Of(creditor), func(tx *db.Tx) error {
		rows, err := tx.Raw(query, map[string]any{"creditor": creditor}).Rows()
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		for rows.Next() {
			cells, at := make([]any, len(columns)), make([]any, len(columns))
			for i := range cells {
				at[i] = &cells[i]
			}
			if err := rows.Scan(at...); err != nil {
				return err
			}
			line := make([]string, len(cells))
			for i, c := range cells {
				if v, ok := c.(time.Time); ok {
					c = v.Format(time.DateOnly)
				}
				if v, ok := c.([]byte); ok {
					c = string(v)
				}
				line[i] = fmt.Sprint(c)
			}
			out = append(out, strings.Join(line, " | "))
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (b bundle) one(query string) string {
	b.t.Helper()
	l := b.lines(query)
	if len(l) != 1 {
		b.t.Fatalf("%d rows, want one: %v", len(l), l)
	}
	return l[0]
}

// books is everything an import may change, without ids, references and
// instants, so that two databases with the same story have the same books.
func books(t fataler, d *db.DB, creditor db.ID) []string {
	t.Helper()
	const of = " JOIN cases c ON c.id = x.case_id JOIN debtors b ON b.id = c.debtor_id WHERE x.creditor_id = @creditor "
	var all []string
	for _, query := range []string{
		"SELECT 'debtor', external_id, kind, name, tax_id, date_of_birth, postal_code, city, country, language, time_zone, email FROM debtors WHERE creditor_id = @creditor ORDER BY external_id",
		"SELECT 'case', b.external_id, c.currency, c.state, c.closed_at IS NULL FROM cases c JOIN debtors b ON b.id = c.debtor_id WHERE c.creditor_id = @creditor ORDER BY 2, 3",
		"SELECT 'invoice', b.external_id, x.number, x.issued_on, x.due_on, x.amount_minor, x.currency, x.disputed, x.settled_on, x.description FROM invoices x" + of + "ORDER BY x.number",
		"SELECT 'entry', b.external_id, x.source, x.leg, x.code, x.debit, x.credit, x.amount_minor, x.currency, x.effective_on FROM ledger_entries x" + of + "ORDER BY x.source, x.leg",
	} {
		all = append(all, linesOf(t, d, creditor, query)...)
	}
	return all
}

// events counts the timeline, which tells of runs and so is no part of the books.
func events(t fataler, d *db.DB, creditor db.ID) string {
	t.Helper()
	return linesOf(t, d, creditor, "SELECT count(*) FROM timeline_events WHERE creditor_id = @creditor")[0]
}
