// Package ledger keeps what moved: balanced, append-only entries from which
// every balance is derived. An entry moves one amount from the credited to the
// debited account of one case, so it balances by itself; correcting is reversing.
package ledger

import (
	"fmt"
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/money"
)

// Account is a place money is or comes from, within one case.
type Account string

// The chart of accounts. What a debtor owes is the sum of the three receivables.
const (
	Principal      Account = "receivable:principal"
	Interest       Account = "receivable:interest"
	Fees           Account = "receivable:fees"
	Stripe         Account = "cash:stripe"    // received through Stripe
	Elsewhere      Account = "cash:elsewhere" // received by transfer, cash or before the import
	Sales          Account = "income:sales"
	InterestIncome Account = "income:interest"
	FeeIncome      Account = "income:fees"
	Discounts      Account = "expense:discounts"
	WriteOffs      Account = "expense:write_offs"
	CreditBalance  Account = "liability:credit" // paid beyond what was owed
)

// Receivables are the accounts whose sum is a balance.
var Receivables = []Account{Principal, Interest, Fees}

// Code says why an entry was made.
type Code string

// The reasons an entry is made for.
const (
	InvoiceIssued    Code = "invoice_issued"
	InvoiceCorrected Code = "invoice_corrected" // the creditor's file now says another amount
	InterestAccrued  Code = "interest_accrued"
	FeeCharged       Code = "fee_charged"
	PaymentReceived  Code = "payment_received"
	Overpaid         Code = "overpaid"
	DiscountGranted  Code = "discount_granted"
	RefundPaid       Code = "refund_paid"
	WrittenOff       Code = "written_off"
	Reversal         Code = "reversal"
)

// Entry is one movement. AmountMinor is positive, in minor units of Currency.
type Entry struct {
	ID            db.ID
	CreditorID    db.ID
	CaseID        db.ID
	InvoiceID     *db.ID
	CommitmentID  *db.ID
	TransactionID db.ID
	Source        string
	Leg           int
	Code          Code
	Debit         Account
	Credit        Account
	AmountMinor   int64
	Currency      money.Currency
	EffectiveOn   clock.Date
	PostedAt      time.Time
	ReversesID    *db.ID
}

// TableName is ledger_entries.
func (Entry) TableName() string { return "ledger_entries" }

// Transaction is the entries of one event. Source names the event: posting the
// same source again changes nothing, so any retry is safe.
type Transaction struct {
	CreditorID  db.ID
	CaseID      db.ID
	Source      string
	Currency    money.Currency
	EffectiveOn clock.Date
	PostedAt    time.Time
	Moves       []Move
}

// Move is one entry of a transaction.
type Move struct {
	Code         Code
	Debit        Account
	Credit       Account
	AmountMinor  int64
	InvoiceID    *db.ID
	CommitmentID *db.ID
}

// Post appends a transaction and tells whether it was new. A source that is
// known with other amounts is a conflict: an event never changes its mind.
func Post(tx *db.Tx, t Transaction) (posted bool, err error) {
	if len(t.Moves) == 0 {
		return false, fmt.Errorf("ledger: %s has no moves", t.Source)
	}
	known, err := bySource(tx, t.CreditorID, t.Source)
	if err != nil {
		return false, err
	}
	if len(known) > 0 {
		if !same(known, t) {
			return false, fault.Newf(fault.Conflict, "changed_meanwhile", "ledger: %s was posted with other amounts", t.Source)
		}
		return false, nil
	}
	entries := make([]Entry, len(t.Moves))
	id := db.NewID()
	for i, m := range t.Moves {
		entries[i] = Entry{
			ID: db.NewID(), CreditorID: t.CreditorID, CaseID: t.CaseID, InvoiceID: m.InvoiceID, CommitmentID: m.CommitmentID,
			TransactionID: id, Source: t.Source, Leg: i, Code: m.Code, Debit: m.Debit, Credit: m.Credit,
			AmountMinor: m.AmountMinor, Currency: t.Currency, EffectiveOn: t.EffectiveOn, PostedAt: t.PostedAt,
		}
	}
	return true, tx.Create(&entries).Error
}

// Posted tells whether an event is in the ledger.
func Posted(tx *db.Tx, creditor db.ID, source string) (bool, error) {
	known, err := bySource(tx, creditor, source)
	return len(known) > 0, err
}

func bySource(tx *db.Tx, creditor db.ID, source string) ([]Entry, error) {
	var known []Entry
	err := tx.Where("creditor_id = ? AND source = ?", creditor, source).Order("leg").Find(&known).Error
	return known, err
}

func same(known []Entry, t Transaction) bool {
	if len(known) != len(t.Moves) || known[0].CaseID != t.CaseID || known[0].Currency != t.Currency {
		return false
	}
	for i, m := range t.Moves {
		k := known[i]
		if k.Code != m.Code || k.Debit != m.Debit || k.Credit != m.Credit || k.AmountMinor != m.AmountMinor {
			return false
		}
	}
	return true
}

// Reverse undoes a transaction by posting its mirror under a source of its own.
func Reverse(tx *db.Tx, creditor db.ID, source, reversalSource string, on clock.Date, at time.Time) error {
	known, err := bySource(tx, creditor, source)
	if err != nil {
		return err
	}
	if len(known) == 0 {
		return fault.Newf(fault.NotFound, "not_found", "ledger: nothing was posted as %s", source)
	}
	if done, err := Posted(tx, creditor, reversalSource); err != nil || done {
		return err
	}
	id := db.NewID()
	mirror := make([]Entry, len(known))
	for i, k := range known {
		mirror[i] = k
		mirror[i].ID, mirror[i].TransactionID, mirror[i].Source = db.NewID(), id, reversalSource
		mirror[i].Code, mirror[i].Debit, mirror[i].Credit = Reversal, k.Credit, k.Debit
		mirror[i].EffectiveOn, mirror[i].PostedAt, mirror[i].ReversesID = on, at, &known[i].ID
	}
	return tx.Create(&mirror).Error
}

var entriesOfCase = db.From[Entry]("WHERE creditor_id = ? AND case_id = ? ORDER BY effective_on, posted_at, transaction_id, leg")

// ReadCase asks for every entry of a case, oldest first.
func ReadCase(r *db.Reads, creditor, caseID db.ID) *db.Found[Entry] {
	return entriesOfCase.In(r, creditor, caseID)
}

// OfCase is every entry of a case, oldest first.
func OfCase(tx *db.Tx, creditor, caseID db.ID) ([]Entry, error) {
	var r db.Reads
	entries := ReadCase(&r, creditor, caseID)
	err := tx.Read(&r)
	return entries.All(), err
}
