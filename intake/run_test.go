package intake_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/intake"
	"github.com/acuerdo/acuerdo/ledger"
)

const ledgerLines = `SELECT source, leg, code, debit, credit, amount_minor, CAST(effective_on AS TEXT) FROM ledger_entries
	WHERE creditor_id = @creditor ORDER BY posted_at, source, leg`

// portalPays posts money that a debtor paid through the portal on the only invoice.
func (b bundle) portalPays(minor int64) {
	b.t.Helper()
	err := b.db.Update(context.Background(), db.Of(b.creditor), func(tx *db.Tx) error {
		var i struct{ ID, CaseID db.ID }
		if err := tx.Raw("SELECT id, case_id FROM invoices WHERE creditor_id = ?", b.creditor).Scan(&i).Error; err != nil {
			return err
		}
		_, err := ledger.Post(tx, ledger.Transaction{CreditorID: b.creditor, CaseID: i.CaseID, Source: "stripe:" + db.NewID().String(), Currency: "EUR",
			EffectiveOn: clock.MustDate("2013-02-01"), PostedAt: now, Moves: []ledger.Move{{Code: ledger.PaymentReceived, Debit: ledger.Stripe,
				Credit: ledger.Principal, AmountMinor: minor, InvoiceID: &i.ID}}})
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// owed is what the creditor's only case owes, and its state.
func (b bundle) owed() string {
	b.t.Helper()
	return b.one(`SELECT SUM(CASE WHEN e.debit LIKE 'receivable:%' THEN e.amount_minor ELSE 0 END) - SUM(CASE WHEN e.credit LIKE 'receivable:%' THEN e.amount_minor ELSE 0 END), c.state
		FROM ledger_entries e JOIN cases c ON c.id = e.case_id WHERE e.creditor_id = @creditor GROUP BY c.id, c.state`)
}

// onBoth runs a test on both databases with a creditor of its own.
func onBoth(t *testing.T, test func(t *testing.T, b bundle)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(t, setup(t, d)) })
}

func TestAnInvoiceThatIsSettledLaterIsPaidOnTheDayTheFileSays(t *testing.T) {
	onBoth(t, func(t *testing.T, b bundle) {
		m, f := plain("settled_on"), file("settled_on", "C,N,2013-01-02,2013-02-01,55.94,2013-03-10")
		b.mustImport(m, f, "2013-03-09")
		if got := b.owed(); got != "5594 | open" {
			t.Errorf("before: %s", got)
		}
		if got := b.one("SELECT settled_on IS NULL FROM invoices WHERE creditor_id = @creditor"); got != "true" && got != "1" {
			t.Error("the day it will be settled on is in the database already")
		}
		report := b.mustImport(m, f, "2013-03-10")
		if got := b.owed(); got != "0 | closed" || report.Counts.Settled != 1 {
			t.Errorf("after: %s, %+v", got, report.Counts)
		}
		want := []string{"import-settled:N | 0 | payment_received | cash:elsewhere | receivable:principal | 5594 | 2013-03-10",
			"invoice:N | 0 | invoice_issued | receivable:principal | income:sales | 5594 | 2013-01-02"}
		if diff := cmp.Diff(want, b.lines(ledgerLines)); diff != "" {
			t.Error(diff)
		}
		if got := b.lines("SELECT kind, actor, channel, data FROM timeline_events WHERE creditor_id = @creditor ORDER BY id"); !cmp.Equal(got, []string{
			`imported | system | import | {"new":1,"changed":0,"settled":0}`, `imported | system | import | {"new":0,"changed":0,"settled":1}`}) {
			t.Errorf("the timeline says %s", got)
		}
	})
}

func TestMoneyFromThePortalIsNotSettledTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, b bundle) {
		m := plain("settled_on")
		b.mustImport(m, file("settled_on", "C,N,2013-01-02,2013-02-01,100,"), "2013-01-31")
		b.portalPays(3000)
		b.mustImport(m, file("settled_on", "C,N,2013-01-02,2013-02-01,100,"), "2013-02-28")
		if got := b.owed(); got != "7000 | open" {
			t.Errorf("the file says it is open, and now the case owes %s", got)
		}
		b.mustImport(m, file("settled_on", "C,N,2013-01-02,2013-02-01,100,2013-03-01"), "2013-03-31")
		if got := b.owed(); got != "0 | closed" {
			t.Errorf("the file says it is settled, and the case owes %s", got)
		}
		if got := b.one("SELECT amount_minor FROM ledger_entries WHERE creditor_id = @creditor AND source = 'import-settled:N'"); got != "7000" {
			t.Errorf("the import settled %s, want what was open", got)
		}
	})
}

func TestAnotherAmountIsACorrectionEachTime(t *testing.T) {
	onBoth(t, func(t *testing.T, b bundle) {
		for i, c := range []struct{ amount, owed string }{{"100", "10000 | open"}, {"120", "12000 | open"}, {"90", "9000 | open"}, {"90", "9000 | open"}} {
			b.mustImport(plain(), file("", "C,N,2013-01-02,2013-02-01,"+c.amount), "2013-01-31")
			if got := b.owed(); got != c.owed {
				t.Errorf("import %d: owes %s, want %s", i, got, c.owed)
			}
		}
		want := []string{"invoice-corrected#1:N | 0 | invoice_corrected | receivable:principal | income:sales | 2000 | 2013-01-31",
			"invoice-corrected#2:N | 0 | invoice_corrected | income:sales | receivable:principal | 3000 | 2013-01-31",
			"invoice:N | 0 | invoice_issued | receivable:principal | income:sales | 10000 | 2013-01-02"}
		if diff := cmp.Diff(want, b.lines(ledgerLines)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestACorrectionBelowWhatWasPaidLeavesACredit(t *testing.T) {
	onBoth(t, func(t *testing.T, b bundle) {
		b.mustImport(plain(), file("", "C,N,2013-01-02,2013-02-01,100"), "2013-01-31")
		b.portalPays(8000)
		b.mustImport(plain(), file("", "C,N,2013-01-02,2013-02-01,60"), "2013-02-28")
		if got := b.owed(); got != "0 | closed" {
			t.Errorf("owes %s", got)
		}
		if got := b.one("SELECT amount_minor, source FROM ledger_entries WHERE creditor_id = @creditor AND credit = 'liability:credit'"); got != "2000 | invoice-corrected#1:N" {
			t.Errorf("the credit is %s", got)
		}
	})
}

func TestAFileThatTakesASettlementBackIsFollowed(t *testing.T) {
	onBoth(t, func(t *testing.T, b bundle) {
		for i, c := range []struct{ asOf, amount, settled, owed string }{
			{"2013-02-10", "100", "2013-02-01", "0 | closed"}, {"2013-02-11", "100", "", "10000 | open"}, {"2013-02-12", "100", "2013-02-12", "0 | closed"},
			{"2013-02-13", "100", "2013-02-05", "0 | closed"}, {"2013-02-14", "130", "2013-02-05", "0 | closed"}, {"2013-02-15", "130", "", "13000 | open"},
		} {
			f := file("settled_on", "C,N,2013-01-02,2013-02-01,"+c.amount+","+c.settled)
			b.mustImport(plain("settled_on"), f, c.asOf)
			before := b.lines(ledgerLines)
			b.mustImport(plain("settled_on"), f, c.asOf)
			if got := b.owed(); got != c.owed {
				t.Errorf("import %d: owes %s, want %s", i, got, c.owed)
			}
			if diff := cmp.Diff(before, b.lines(ledgerLines)); diff != "" {
				t.Errorf("import %d: again, it changed\n%s", i, diff)
			}
		}
	})
}

func TestOneCustomerWithTwoCurrenciesHasTwoCases(t *testing.T) {
	onBoth(t, func(t *testing.T, b bundle) {
		b.mustImport(plain("currency"), file("currency", "C,N1,2013-01-02,2013-02-01,100,EUR", "C,N2,2013-01-02,2013-02-01,1000,clp", "C,N3,2013-01-02,2013-02-01,7,"), "2013-01-31")
		got := b.lines("SELECT c.currency, COUNT(*), SUM(i.amount_minor) FROM invoices i JOIN cases c ON c.id = i.case_id WHERE i.creditor_id = @creditor GROUP BY 1 ORDER BY 1")
		if !cmp.Equal(got, []string{"CLP | 1 | 1000", "EUR | 2 | 10700"}) {
			t.Errorf("got %v", got)
		}
		if n := b.one("SELECT COUNT(*) FROM debtors WHERE creditor_id = @creditor"); n != "1" {
			t.Errorf("%s customers", n)
		}
		if refs := b.lines("SELECT DISTINCT ref FROM cases WHERE creditor_id = @creditor"); len(refs) != 2 || len(refs[0]) != 9 {
			t.Errorf("the references are %v", refs)
		}
	})
}

func TestACustomersDataFollowsTheNewestInvoiceAndIsNeverErased(t *testing.T) {
	onBoth(t, func(t *testing.T, b bundle) {
		m, fields := plain("name", "email"), "name,email"
		debtor := func() string {
			return b.one("SELECT name, email, kind, country, language, time_zone FROM debtors WHERE creditor_id = @creditor")
		}
		b.mustImport(m, file(fields, "C,N2,2013-01-09,2013-02-01,1,Ana María,", "C,N1,2013-01-02,2013-02-01,1,Ana,ana@example.com"), "2013-01-31")
		if got, want := debtor(), "Ana María | ana@example.com | consumer | ES | es | Europe/Madrid"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		report := b.mustImport(m, file(fields, "C,N3,2013-01-19,2013-02-01,1,,am@example.com"), "2013-01-31")
		if got, want := debtor(), "Ana María | am@example.com | consumer | ES | es | Europe/Madrid"; got != want || report.Counts.ChangedCustomers != 1 {
			t.Errorf("got %s, want %s, %+v", got, want, report.Counts)
		}
	})
}

func TestADryRunCountsAndChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, b bundle) {
		report, err := intake.Run(context.Background(), b.db, intake.Request{Creditor: b.creditor, Mapping: mustMapping(t, plain()), DryRun: true,
			AsOf: clock.MustDate("2013-01-31"), Reader: strings.NewReader(file("", "C,N,2013-01-02,2013-02-01,1")), Now: now})
		if err != nil || report.Counts.New != 1 || len(report.Open) != 1 {
			t.Errorf("%v: %+v", err, report)
		}
		if left := books(t, b.db, b.creditor); len(left) != 0 || b.one("SELECT COUNT(*) FROM import_runs WHERE creditor_id = @creditor") != "0" {
			t.Errorf("it left %v", left)
		}
	})
}

func TestTheBooksAreNotTakenBackToAnEarlierDay(t *testing.T) {
	onBoth(t, func(t *testing.T, b bundle) {
		f := file("", "C,N,2013-01-02,2013-02-01,1")
		b.mustImport(plain(), f, "2013-01-31")
		_, err := b.try(plain(), f, "2013-01-30")
		var wrong *intake.FileError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "import as of 2013-01-31 or later") {
			t.Errorf("got %v", err)
		}
	})
}

func TestWithoutADateTheFileIsReadAsOfTodayAtTheCreditors(t *testing.T) {
	b := setup(t, dbtest.SQLite(t))
	report, err := intake.Run(context.Background(), b.db, intake.Request{Creditor: b.creditor, Mapping: mustMapping(t, plain()),
		Reader: strings.NewReader(file("", "C,N,2013-01-02,2013-02-01,1")), Now: time.Date(2013, 6, 29, 23, 30, 0, 0, time.UTC)})
	if err != nil || report.AsOf != clock.MustDate("2013-06-30") {
		t.Errorf("%v: as of %s, want 30 June: in Madrid it is half past one", err, report.AsOf)
	}
}

func TestTwoImportsAtOnceAreAsOneAfterTheOther(t *testing.T) {
	onBoth(t, func(t *testing.T, b bundle) {
		var both errgroup.Group
		for range 2 {
			both.Go(func() error {
				_, err := intake.Run(context.Background(), b.db, killRequest(b.creditor))
				return err
			})
		}
		if err := both.Wait(); err != nil {
			t.Fatal(err)
		}
		alone := addCreditor(t, b.db)
		if _, err := intake.Run(context.Background(), b.db, killRequest(alone)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(books(t, b.db, alone), books(t, b.db, b.creditor)); diff != "" {
			t.Error(diff)
		}
	})
}
