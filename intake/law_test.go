package intake_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/intake"
)

const lawFields = "name,email,country,currency,disputed,settled_on,description"

// anyRows are rows of a few customers, in two currencies, over four months.
func anyRows(t *rapid.T) []string {
	var rows []string
	start := clock.MustDate("2013-01-01")
	day := rapid.IntRange(0, 120)
	for i := range rapid.IntRange(1, 25).Draw(t, "rows") {
		customer := rapid.IntRange(1, 4).Draw(t, "customer")
		issued := start.AddDays(day.Draw(t, "issued"))
		settled := ""
		if rapid.Bool().Draw(t, "is settled") {
			settled = start.AddDays(day.Draw(t, "settled")).String()
		}
		rows = append(rows, fmt.Sprintf("C%d,N%d,%s,%s,%d,%s,%s,%s,%s,%v,%s,%s", customer, i, issued, issued.AddDays(rapid.IntRange(0, 40).Draw(t, "terms")),
			rapid.IntRange(1, 900).Draw(t, "amount"), rapid.SampledFrom([]string{"", "Ana", "Ana María"}).Draw(t, "name"),
			rapid.SampledFrom([]string{"", "a@example.com", "b@example.com"}).Draw(t, "email"), []string{"", "ES", "BR", "US"}[customer-1],
			rapid.SampledFrom([]string{"EUR", "CLP"}).Draw(t, "currency"), rapid.Bool().Draw(t, "disputed"), settled,
			rapid.SampledFrom([]string{"", "water"}).Draw(t, "description")))
	}
	return rows
}

// lawCheck runs a property on both databases; each round has creditors of its own.
func lawCheck(t *testing.T, law func(t *rapid.T, d *db.DB)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		rapid.Check(t, func(t *rapid.T) { law(t, d) })
	})
}

func importRows(t *rapid.T, d *db.DB, creditor db.ID, rows []string, asOf clock.Date) (intake.Report, error) {
	return intake.Run(context.Background(), d, intake.Request{Creditor: creditor, AsOf: asOf, Now: now,
		Mapping: mustMapping(t, plain(strings.Split(lawFields, ",")...)), Reader: strings.NewReader(file(lawFields, rows...))})
}

func mustImportRows(t *rapid.T, d *db.DB, creditor db.ID, rows []string, asOf clock.Date) intake.Report {
	t.Helper()
	report, err := importRows(t, d, creditor, rows, asOf)
	if err != nil {
		t.Fatalf("%v: %v", err, report.Bad)
	}
	return report
}

func anyDay(t *rapid.T, name string) clock.Date {
	return clock.MustDate("2013-01-01").AddDays(rapid.IntRange(0, 130).Draw(t, name))
}

func TestLawAgainChangesNothingAndTheOrderOfRowsDoesNotMatter(t *testing.T) {
	lawCheck(t, func(t *rapid.T, d *db.DB) {
		rows, asOf := anyRows(t), anyDay(t, "as of")
		one, two := addCreditor(t, d), addCreditor(t, d)
		mustImportRows(t, d, one, rows, asOf)
		mustImportRows(t, d, two, rapid.Permutation(rows).Draw(t, "order"), asOf)
		first := books(t, d, one)
		if diff := cmp.Diff(first, books(t, d, two)); diff != "" {
			t.Fatalf("another order, other books:\n%s", diff)
		}
		told := events(t, d, one)
		again := mustImportRows(t, d, one, rapid.Permutation(rows).Draw(t, "order again"), asOf)
		if diff := cmp.Diff(first, books(t, d, one)); diff != "" {
			t.Fatalf("again, the books changed:\n%s", diff)
		}
		c := again.Counts
		if c.New+c.Changed+c.Settled+c.NewCases+c.NewCustomers+c.ChangedCustomers != 0 || events(t, d, one) != told {
			t.Fatalf("again, it counted %+v", c)
		}
	})
}

func TestLawAdvancingStepByStepLeadsWhereOneStepLeads(t *testing.T) {
	lawCheck(t, func(t *rapid.T, d *db.DB) {
		rows := anyRows(t)
		days := []clock.Date{anyDay(t, "first"), anyDay(t, "second"), anyDay(t, "third")}
		slices.SortFunc(days, clock.Date.Compare)
		steps, direct := addCreditor(t, d), addCreditor(t, d)
		for _, day := range days {
			mustImportRows(t, d, steps, rows, day)
		}
		mustImportRows(t, d, direct, rows, days[2])
		if diff := cmp.Diff(books(t, d, direct), books(t, d, steps)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestLawOneBadRowAndNothingChanges(t *testing.T) {
	lawCheck(t, func(t *rapid.T, d *db.DB) {
		rows, asOf := anyRows(t), anyDay(t, "as of")
		creditor := addCreditor(t, d)
		if rapid.Bool().Draw(t, "had books") {
			mustImportRows(t, d, creditor, rows[:len(rows)/2], asOf)
		}
		before := books(t, d, creditor)
		at := rapid.IntRange(0, len(rows)-1).Draw(t, "bad row")
		cells := strings.Split(rows[at], ",")
		cells[rapid.SampledFrom([]int{0, 1, 2, 3, 4}).Draw(t, "bad cell")] = rapid.SampledFrom([]string{"", " "}).Draw(t, "nothing")
		bad := slices.Clone(rows)
		bad[at] = strings.Join(cells, ",")
		report, err := importRows(t, d, creditor, bad, asOf)
		if !errors.Is(err, intake.ErrBadRows) || report.BadTotal != 1 || report.Bad[0].Line != at+2 {
			t.Fatalf("%v: %+v", err, report)
		}
		if diff := cmp.Diff(before, books(t, d, creditor)); diff != "" {
			t.Fatal(diff)
		}
	})
}
