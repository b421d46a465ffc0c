package cases_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/ledger"
	"github.com/acuerdo/acuerdo/money"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// bundle is one creditor, debtor and case, made fresh for each test.
type bundle struct {
	d        *db.DB
	creditor db.ID
	caseID   db.ID
}

func setup(t testing.TB, d *db.DB) bundle {
	t.Helper()
	b := bundle{d, db.NewID(), db.NewID()}
	debtor := db.NewID()
	b.update(t, func(tx *db.Tx) error {
		return errors.Join(
			tx.Create(&cases.Creditor{ID: b.creditor, Slug: b.creditor.String(), Name: "C", LegalName: "C", Country: "ES", Language: "es",
				TimeZone: "Europe/Madrid", Currency: "EUR", KnownFacts: []string{"invoice_last4"}, CreatedAt: noon}).Error,
			tx.Create(&cases.Debtor{ID: debtor, CreditorID: b.creditor, ExternalID: "1", Kind: cases.Consumer, Name: "D", Country: "ES",
				Language: "es", TimeZone: "Europe/Madrid", CreatedAt: noon}).Error,
			tx.Create(&cases.Case{ID: b.caseID, CreditorID: b.creditor, DebtorID: debtor, Ref: cases.NewRef(), Currency: "EUR",
				State: cases.Open, OpenedAt: noon}).Error,
		)
	})
	return b
}

func (b bundle) update(t fataler, fn func(*db.Tx) error) {
	t.Helper()
	if err := b.d.Update(context.Background(), db.Of(b.creditor), fn); err != nil {
		t.Fatal(err)
	}
}

type fataler interface {
	Helper()
	Fatal(...any)
}

// bill adds an invoice with its ledger entries and returns its id.
func (b bundle) bill(t fataler, number string, c ledger.Components, disputed bool) db.ID {
	t.Helper()
	inv := cases.Invoice{ID: db.NewID(), CreditorID: b.creditor, CaseID: b.caseID, Number: number, IssuedOn: clock.MustDate("2026-10-01"),
		DueOn: clock.MustDate("2026-11-01"), AmountMinor: c.PrincipalMinor, Currency: "EUR", Disputed: disputed, CreatedAt: noon}
	moves := []ledger.Move{{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: c.PrincipalMinor, InvoiceID: &inv.ID}}
	if c.InterestMinor > 0 {
		moves = append(moves, ledger.Move{Code: ledger.InterestAccrued, Debit: ledger.Interest, Credit: ledger.InterestIncome,
			AmountMinor: c.InterestMinor, InvoiceID: &inv.ID})
	}
	if c.FeesMinor > 0 {
		moves = append(moves, ledger.Move{Code: ledger.FeeCharged, Debit: ledger.Fees, Credit: ledger.FeeIncome, AmountMinor: c.FeesMinor, InvoiceID: &inv.ID})
	}
	b.update(t, func(tx *db.Tx) error {
		if err := tx.Create(&inv).Error; err != nil {
			return err
		}
		_, err := ledger.Post(tx, ledger.Transaction{CreditorID: b.creditor, CaseID: b.caseID, Source: "invoice:" + number, Currency: "EUR",
			EffectiveOn: inv.IssuedOn, PostedAt: noon, Moves: moves})
		return err
	})
	return inv.ID
}

func (b bundle) file(t fataler) cases.File {
	t.Helper()
	var f cases.File
	err := b.d.View(context.Background(), db.Of(b.creditor), func(tx *db.Tx) (err error) {
		f, err = cases.Load(tx, b.creditor, b.caseID, noon)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (b bundle) agree(t fataler, f cases.File, total int64, count int) cases.Commitment {
	t.Helper()
	owed := f.Payable()
	c := cases.Commitment{CreditorID: b.creditor, CaseID: b.caseID, Kind: cases.Plan, BalanceMinor: owed.Total(), TotalMinor: total, Currency: "EUR",
		TermsText: "terms", Language: "es", ShownAt: noon, AcceptedAt: noon, VerifiedBy: "test"}
	c.DiscountInterestMinor = min(owed.InterestMinor, owed.Total()-total)
	c.DiscountPrincipalMinor = owed.Total() - total - c.DiscountInterestMinor
	var schedule []cases.Instalment
	for i, part := range money.Split(total, count) {
		schedule = append(schedule, cases.Instalment{Position: i, DueOn: f.Today.AddMonths(i), AmountMinor: part})
	}
	var covered []db.ID
	for _, inv := range f.PayableInvoices() {
		covered = append(covered, inv.ID)
	}
	b.update(t, func(tx *db.Tx) (err error) { c, err = cases.Agree(tx, c, schedule, covered); return err })
	return c
}

func (b bundle) receive(t fataler, source string, amount int64, commitment *db.ID) (posted bool) {
	t.Helper()
	b.update(t, func(tx *db.Tx) (err error) {
		posted, err = cases.Receive(tx, cases.Receipt{CreditorID: b.creditor, CaseID: b.caseID, CommitmentID: commitment, Source: source,
			Cash: ledger.Stripe, AmountMinor: amount, At: noon, Event: cases.Event{Actor: cases.ByDebtor, Channel: "portal"}})
		return err
	})
	return posted
}

// TestMoneyReceivedIsNeverLostOrCountedTwice draws invoices, an agreement and
// payments, some of them twice, and holds the ledger against a plain sum.
func TestMoneyReceivedIsNeverLostOrCountedTwice(t *testing.T) {
	d := dbtest.SQLite(t)
	rapid.Check(t, func(r *rapid.T) {
		b := setup(t, d)
		var billed, disputed int64
		for i := range rapid.IntRange(1, 4).Draw(r, "invoices") {
			c := ledger.Components{
				PrincipalMinor: rapid.Int64Range(1, 500_00).Draw(r, "principal"),
				InterestMinor:  rapid.Int64Range(0, 20_00).Draw(r, "interest"), FeesMinor: rapid.Int64Range(0, 40_00).Draw(r, "fees"),
			}
			contested := rapid.IntRange(0, 4).Draw(r, "disputed") == 0
			b.bill(r, fmt.Sprintf("%s-%d", b.caseID, i), c, contested)
			billed += c.Total()
			if contested {
				disputed += c.Total()
			}
		}
		f := b.file(r)
		var agreed *cases.Commitment
		if payable := f.Payable().Total(); payable > 10 {
			total := payable - rapid.Int64Range(0, payable/3).Draw(r, "discount")
			c := b.agree(r, f, total, rapid.IntRange(1, 6).Draw(r, "count"))
			agreed = &c
		}
		var received int64
		for i := range rapid.IntRange(1, 6).Draw(r, "payments") {
			var towards *db.ID
			if agreed != nil {
				towards = &agreed.ID
			}
			amount, source := rapid.Int64Range(1, 300_00).Draw(r, "amount"), fmt.Sprintf("pay:%s:%d", b.caseID, i)
			if !b.receive(r, source, amount, towards) {
				r.Fatal("new money was taken for known")
			}
			received += amount
			if rapid.Bool().Draw(r, "again") && b.receive(r, source, amount, towards) {
				r.Fatal("the same money was received twice")
			}
		}
		checkBooks(r, b, agreed, billed, disputed, received)
	})
}

func checkBooks(r *rapid.T, b bundle, agreed *cases.Commitment, billed, disputed, received int64) {
	f := b.file(r)
	var cash, discounts, credit int64
	for _, e := range f.Entries {
		if e.AmountMinor <= 0 || e.Debit == e.Credit {
			r.Fatalf("entry %+v does not balance", e)
		}
		switch {
		case e.Debit == ledger.Stripe:
			cash += e.AmountMinor
			if e.Credit == ledger.CreditBalance {
				credit += e.AmountMinor
			}
		case e.Debit == ledger.Discounts:
			discounts += e.AmountMinor
		}
	}
	if cash != received {
		r.Fatalf("%d was received, the ledger has %d", received, cash)
	}
	if want := billed - received - discounts + credit; f.BalanceMinor() != want {
		r.Fatalf("balance %d, want billed %d - received %d - discounts %d + credit %d", f.BalanceMinor(), billed, received, discounts, credit)
	}
	var contested int64
	for _, inv := range f.Invoices {
		if o := inv.Open; o.PrincipalMinor < 0 || o.InterestMinor < 0 || o.FeesMinor < 0 {
			r.Fatalf("invoice %s is over-paid: %+v", inv.Number, o)
		}
		if inv.Disputed {
			contested += inv.Open.Total()
		}
	}
	if contested != disputed {
		r.Fatalf("disputed invoices took money: %d of %d left", contested, disputed)
	}
	if agreed != nil {
		kept := received >= agreed.TotalMinor
		c, err := f.Commitment(agreed.ID)
		if err != nil {
			r.Fatal(err)
		}
		if (c.State == cases.Kept) != kept {
			r.Fatalf("paid %d of %d, state %s", received, agreed.TotalMinor, c.State)
		}
		if want := map[bool]int64{true: agreed.DiscountMinor(), false: 0}[kept]; discounts != want {
			r.Fatalf("discount %d, want %d", discounts, want)
		}
	}
	if closed := f.Case.State == cases.Closed; closed != (f.BalanceMinor() == 0) {
		r.Fatalf("balance %d but the case is %s", f.BalanceMinor(), f.Case.State)
	}
}

func TestAnInvoiceIsInOneRunningAgreementOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.bill(t, "A-1", ledger.Components{PrincipalMinor: 100_00}, false)
		f := b.file(t)
		b.agree(t, f, 100_00, 3)
		err := d.Update(context.Background(), db.Of(b.creditor), func(tx *db.Tx) error {
			_, err := cases.Agree(tx, cases.Commitment{CreditorID: b.creditor, CaseID: b.caseID, Kind: cases.Plan, BalanceMinor: 100_00,
				TotalMinor: 100_00, Currency: "EUR", AcceptedAt: noon, ShownAt: noon},
				[]cases.Instalment{{DueOn: f.Today, AmountMinor: 100_00}}, []db.ID{f.Invoices[0].ID})
			return err
		})
		if err == nil {
			t.Fatal("a second agreement took the same invoice")
		}
	})
}

func TestABrokenAgreementOwesTheFullBalanceAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.bill(t, "A-1", ledger.Components{PrincipalMinor: 100_00}, false)
		c := b.agree(t, b.file(t), 80_00, 1)
		b.receive(t, "pay:1", 30_00, &c.ID)
		f := b.file(t)
		if over := f.Commitments[0].OverdueOn(f.Today); over != nil {
			t.Fatal("due today is not overdue today")
		}
		over := f.Commitments[0].OverdueOn(f.Today.AddDays(1))
		if over == nil || over.OpenMinor != 50_00 {
			t.Fatalf("the day after, 50.00 is overdue: %+v", over)
		}
		b.update(t, func(tx *db.Tx) error { return cases.Break(tx, f.Commitments[0], *over, noon) })
		f = b.file(t)
		if f.BalanceMinor() != 70_00 || f.ActiveCommitment() != nil {
			t.Fatalf("balance %d", f.BalanceMinor())
		}
		b.agree(t, f, 70_00, 2) // its invoices are free for another agreement
		b.update(t, func(tx *db.Tx) error {
			tasks, err := cases.OpenTasks(tx, b.creditor, b.caseID)
			if err == nil && len(tasks) != 1 {
				return fmt.Errorf("%d tasks, want one for the collector", len(tasks))
			}
			return err
		})
	})
}

func TestProgressFillsInstalmentsInOrder(t *testing.T) {
	day := clock.MustDate("2026-11-22")
	schedule := []cases.Instalment{
		{Position: 0, DueOn: day.AddDays(-30), AmountMinor: 100}, {Position: 1, DueOn: day.AddDays(-1), AmountMinor: 100},
		{Position: 2, DueOn: day.AddDays(30), AmountMinor: 100}, {Position: 3, DueOn: day.AddDays(60), AmountMinor: 100},
	}
	for _, c := range []struct {
		paid int64
		want string
		due  int64
	}{
		{0, "late late upcoming upcoming", 200}, {150, "paid late upcoming upcoming", 50}, {200, "paid paid due upcoming", 0}, {400, "paid paid paid paid", 0},
	} {
		var got string
		p := cases.Progress(schedule, c.paid, day)
		for i, in := range p {
			if i > 0 {
				got += " "
			}
			got += string(in.State)
		}
		if got != c.want {
			t.Errorf("paid %d: %s, want %s", c.paid, got, c.want)
		}
		if due := cases.DueMinor(p, day); due != c.due {
			t.Errorf("paid %d: %d due, want %d", c.paid, due, c.due)
		}
	}
}
