package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/ledger"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// book is one case of one creditor.
type book struct {
	t              *testing.T
	d              *db.DB
	creditor, file db.ID
	on             clock.Date
	at             time.Time
}

func setup(t *testing.T, d *db.DB) book {
	t.Helper()
	b := book{t, d, db.NewID(), db.NewID(), clock.MustDate("2026-11-20"), time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	debtor := db.NewID()
	b.update(func(tx *db.Tx) error {
		for _, row := range []any{
			&cases.Creditor{ID: b.creditor, Slug: b.creditor.String(), Name: "A", Country: "ES", Language: "es", TimeZone: "Europe/Madrid", Currency: "EUR", KnownFacts: []string{}, RequiredTier: 1, CreatedAt: b.at},
			&cases.Debtor{ID: debtor, CreditorID: b.creditor, ExternalID: "1", Kind: cases.Company, Name: "D", Country: "ES", Language: "es", TimeZone: "Europe/Madrid", CreatedAt: b.at},
			&cases.Case{ID: b.file, CreditorID: b.creditor, DebtorID: debtor, Ref: cases.NewRef(), Currency: "EUR", State: cases.Open, OpenedAt: b.at},
		} {
			if err := tx.Create(row).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return b
}

func (b book) update(fn func(tx *db.Tx) error) {
	b.t.Helper()
	if err := b.d.Update(context.Background(), db.Of(b.creditor), fn); err != nil {
		b.t.Fatal(err)
	}
}

func (b book) transaction(source string, moves ...ledger.Move) ledger.Transaction {
	return ledger.Transaction{CreditorID: b.creditor, CaseID: b.file, Source: source, Currency: "EUR", EffectiveOn: b.on, PostedAt: b.at, Moves: moves}
}

func (b book) post(t ledger.Transaction) (posted bool, err error) {
	err = b.d.Update(context.Background(), db.Of(b.creditor), func(tx *db.Tx) (err error) {
		posted, err = ledger.Post(tx, t)
		return err
	})
	return posted, err
}

// balance is what the database and the entries both say.
func (b book) balance() int64 {
	b.t.Helper()
	var sum int64
	var entries []ledger.Entry
	b.update(func(tx *db.Tx) (err error) {
		if sum, err = ledger.CaseBalance(tx, b.creditor, b.file); err != nil {
			return err
		}
		entries, err = ledger.OfCase(tx, b.creditor, b.file)
		return err
	})
	if got := ledger.Balance(entries); got != sum {
		b.t.Errorf("the entries leave %d, the database says %d", got, sum)
	}
	return sum
}

func TestAnEventIsBookedOnceAndNeverChangesItsMind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		sold := b.transaction("invoice:1", ledger.Move{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: 600_00},
			ledger.Move{Code: ledger.FeeCharged, Debit: ledger.Fees, Credit: ledger.FeeIncome, AmountMinor: 40_00})
		for i := range 3 {
			if posted, err := b.post(sold); err != nil || posted != (i == 0) {
				t.Errorf("time %d: %v %v", i+1, posted, err)
			}
		}
		sold.Moves[0].AmountMinor++
		if _, err := b.post(sold); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same event with another amount: %v", err)
		}
		if _, err := b.post(b.transaction("nothing")); err == nil {
			t.Error("an event without moves was booked")
		}
		if got := b.balance(); got != 640_00 {
			t.Errorf("balance %d", got)
		}
		for _, wrong := range []int64{0, -1} {
			if _, err := b.post(b.transaction("wrong", ledger.Move{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: wrong})); err == nil {
				t.Errorf("an entry of %d was booked", wrong)
			}
		}
	})
}

func TestCorrectingIsReversing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		if _, err := b.post(b.transaction("invoice:1", ledger.Move{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: 600_00})); err != nil {
			t.Fatal(err)
		}
		if _, err := b.post(b.transaction("payment:1", ledger.Move{Code: ledger.PaymentReceived, Debit: ledger.Stripe, Credit: ledger.Principal, AmountMinor: 250_00})); err != nil {
			t.Fatal(err)
		}
		if got := b.balance(); got != 350_00 {
			t.Errorf("balance %d", got)
		}
		for range 2 {
			b.update(func(tx *db.Tx) error { return ledger.Reverse(tx, b.creditor, "payment:1", "reversal:1", b.on, b.at) })
		}
		if got := b.balance(); got != 600_00 {
			t.Errorf("after the reversal %d", got)
		}
		var entries []ledger.Entry
		b.update(func(tx *db.Tx) (err error) { entries, err = ledger.OfCase(tx, b.creditor, b.file); return err })
		last := entries[len(entries)-1]
		if len(entries) != 3 || last.ReversesID == nil || last.Code != ledger.Reversal || last.Debit != ledger.Principal || last.Credit != ledger.Stripe {
			t.Errorf("%d entries, the last is %+v", len(entries), last)
		}
		err := b.d.Update(context.Background(), db.Of(b.creditor), func(tx *db.Tx) error {
			return ledger.Reverse(tx, b.creditor, "payment:2", "reversal:2", b.on, b.at)
		})
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("reversing what never was: %v", err)
		}
	})
}
