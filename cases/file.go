package cases

import (
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/ledger"
)

// InvoiceFile is an invoice with its lines and what the ledger leaves open of it.
type InvoiceFile struct {
	Invoice
	Lines []Line
	Open  ledger.Components
}

// File is a case with all that a statement, an offer or a collector needs.
type File struct {
	Creditor    Creditor
	Debtor      Debtor
	Case        Case
	Invoices    []InvoiceFile    // oldest due date first, settled ones too
	Entries     []ledger.Entry   // oldest first
	Commitments []CommitmentFile // newest first
	Today       clock.Date       // in the debtor's zone
}

// Load reads a case's file as of an instant.
func Load(tx *db.Tx, creditor, caseID db.ID, now time.Time) (File, error) {
	var f File
	var err error
	if f.Case, err = Get(tx, creditor, caseID); err != nil {
		return f, err
	}
	if f.Creditor, err = GetCreditor(tx, creditor); err != nil {
		return f, err
	}
	if f.Debtor, err = GetDebtor(tx, creditor, f.Case.DebtorID); err != nil {
		return f, err
	}
	f.Today = f.Debtor.Today(now)
	if f.Entries, err = ledger.OfCase(tx, creditor, caseID); err != nil {
		return f, err
	}
	if f.Invoices, err = invoicesOf(tx, creditor, caseID, f.Entries); err != nil {
		return f, err
	}
	f.Commitments, err = commitmentsOf(tx, creditor, caseID, f.Entries, f.Today)
	return f, err
}

func invoicesOf(tx *db.Tx, creditor, caseID db.ID, entries []ledger.Entry) ([]InvoiceFile, error) {
	var invoices []Invoice
	err := tx.Where("creditor_id = ? AND case_id = ?", creditor, caseID).Order("due_on, number").Find(&invoices).Error
	if err != nil {
		return nil, err
	}
	var lines []Line
	err = tx.Where("creditor_id = ? AND invoice_id IN (SELECT id FROM invoices WHERE creditor_id = ? AND case_id = ?)",
		creditor, creditor, caseID).Order("position").Find(&lines).Error
	if err != nil {
		return nil, err
	}
	byInvoice := map[db.ID][]Line{}
	for _, l := range lines {
		byInvoice[l.InvoiceID] = append(byInvoice[l.InvoiceID], l)
	}
	open := ledger.ByInvoice(entries)
	files := make([]InvoiceFile, len(invoices))
	for i, inv := range invoices {
		files[i] = InvoiceFile{Invoice: inv, Lines: byInvoice[inv.ID], Open: open[inv.ID]}
	}
	return files, nil
}

// BalanceMinor is what is owed, in minor units.
func (f File) BalanceMinor() int64 { return ledger.Balance(f.Entries) }

// OpenInvoices are those with something left to pay.
func (f File) OpenInvoices() []InvoiceFile {
	var open []InvoiceFile
	for _, i := range f.Invoices {
		if i.Open.Total() > 0 {
			open = append(open, i)
		}
	}
	return open
}

// PayableInvoices are open and not disputed: the only ones money is asked for.
func (f File) PayableInvoices() []InvoiceFile {
	var payable []InvoiceFile
	for _, i := range f.OpenInvoices() {
		if !i.Disputed {
			payable = append(payable, i)
		}
	}
	return payable
}

// Payable is what can be paid now, by component: open and not disputed.
func (f File) Payable() ledger.Components {
	var c ledger.Components
	for _, i := range f.PayableInvoices() {
		c.PrincipalMinor += i.Open.PrincipalMinor
		c.InterestMinor += i.Open.InterestMinor
		c.FeesMinor += i.Open.FeesMinor
	}
	return c
}

// OldestDue is the due date of the oldest payable invoice, zero when there is none.
func (f File) OldestDue() clock.Date {
	if p := f.PayableInvoices(); len(p) > 0 {
		return p[0].DueOn
	}
	return clock.Date{}
}

// ActiveCommitment is the agreement that runs, nil when none does.
func (f File) ActiveCommitment() *CommitmentFile {
	for i := range f.Commitments {
		if f.Commitments[i].State == Active {
			return &f.Commitments[i]
		}
	}
	return nil
}

// Commitment finds one of the case's agreements.
func (f File) Commitment(id db.ID) (*CommitmentFile, error) {
	for i := range f.Commitments {
		if f.Commitments[i].ID == id {
			return &f.Commitments[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "not_found")
}

// BrokenCommitments counts agreements that were not kept.
func (f File) BrokenCommitments() int {
	n := 0
	for _, c := range f.Commitments {
		if c.State == Broken {
			n++
		}
	}
	return n
}
