package ledger

import (
	"slices"

	"github.com/acuerdo/acuerdo/db"
)

// IsReceivable tells whether an account is part of what a debtor owes.
func (a Account) IsReceivable() bool { return slices.Contains(Receivables, a) }

// Owed is how an entry changes what the debtor owes, in minor units.
func (e Entry) Owed() int64 {
	var n int64
	if e.Debit.IsReceivable() {
		n += e.AmountMinor
	}
	if e.Credit.IsReceivable() {
		n -= e.AmountMinor
	}
	return n
}

// Balance is what a set of entries leaves owed, in minor units.
func Balance(entries []Entry) int64 {
	var n int64
	for _, e := range entries {
		n += e.Owed()
	}
	return n
}

// Components splits what is owed by kind, in minor units.
type Components struct{ PrincipalMinor, InterestMinor, FeesMinor int64 }

// Total is the sum of the components.
func (c Components) Total() int64 { return c.PrincipalMinor + c.InterestMinor + c.FeesMinor }

func (c *Components) of(a Account) *int64 {
	switch a {
	case Interest:
		return &c.InterestMinor
	case Fees:
		return &c.FeesMinor
	default:
		return &c.PrincipalMinor
	}
}

// ByInvoice is what is open of each invoice, by component. Entries without an
// invoice are under the zero id.
func ByInvoice(entries []Entry) map[db.ID]Components {
	open := map[db.ID]Components{}
	for _, e := range entries {
		var id db.ID
		if e.InvoiceID != nil {
			id = *e.InvoiceID
		}
		c := open[id]
		if e.Debit.IsReceivable() {
			*c.of(e.Debit) += e.AmountMinor
		}
		if e.Credit.IsReceivable() {
			*c.of(e.Credit) -= e.AmountMinor
		}
		open[id] = c
	}
	return open
}

// CaseBalance is what a case owes now, summed by the database, in minor units.
func CaseBalance(tx *db.Tx, creditor, caseID db.ID) (int64, error) {
	var minor int64
	err := tx.Model(&Entry{}).
		Select("COALESCE(SUM(CASE WHEN debit LIKE 'receivable:%' THEN amount_minor ELSE 0 END), 0) - "+
			"COALESCE(SUM(CASE WHEN credit LIKE 'receivable:%' THEN amount_minor ELSE 0 END), 0)").
		Where("creditor_id = ? AND case_id = ?", creditor, caseID).Scan(&minor).Error
	return minor, err
}

// PaidTowards is the cash that counts towards an agreement, refunds taken off, in minor units.
func PaidTowards(entries []Entry, commitment db.ID) int64 {
	var n int64
	for _, e := range entries {
		if e.CommitmentID == nil || *e.CommitmentID != commitment {
			continue
		}
		if e.Debit.isCash() {
			n += e.AmountMinor
		}
		if e.Credit.isCash() {
			n -= e.AmountMinor
		}
	}
	return n
}

func (a Account) isCash() bool { return a == Stripe || a == Elsewhere }
