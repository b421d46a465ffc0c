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

// What a file is read from. None needs another's answer, so they go together.
var (
	caseByID       = db.From[Case]("WHERE creditor_id = ? AND id = ?")
	creditorByID   = db.From[Creditor]("WHERE id = ?")
	debtorOfCase   = db.From[Debtor]("WHERE creditor_id = ? AND id = (SELECT debtor_id FROM cases WHERE creditor_id = ? AND id = ?)")
	invoicesOfCase = db.From[Invoice]("WHERE creditor_id = ? AND case_id = ? ORDER BY due_on, number")
	linesOfCase    = db.From[Line]("WHERE creditor_id = ? AND invoice_id IN (SELECT id FROM invoices WHERE creditor_id = ? AND case_id = ?) ORDER BY position")
)

// Reading is a case's file on its way from the database.
type Reading struct {
	creditorID  db.ID
	caseID      db.ID
	kase        *db.Found[Case]
	creditor    *db.Found[Creditor]
	debtor      *db.Found[Debtor]
	invoices    *db.Found[Invoice]
	lines       *db.Found[Line]
	entries     *db.Found[ledger.Entry]
	commitments *db.Found[Commitment]
}

// Read asks for a case's file together with whatever else r holds.
func Read(r *db.Reads, creditor, caseID db.ID) *Reading {
	return &Reading{
		creditorID: creditor, caseID: caseID,
		kase:        caseByID.In(r, creditor, caseID),
		creditor:    creditorByID.In(r, creditor),
		debtor:      debtorOfCase.In(r, creditor, creditor, caseID),
		invoices:    invoicesOfCase.In(r, creditor, caseID),
		lines:       linesOfCase.In(r, creditor, creditor, caseID),
		entries:     ledger.ReadCase(r, creditor, caseID),
		commitments: commitmentsOfCase.In(r, creditor, caseID),
	}
}

// File puts the answers together as of an instant. Most cases have no agreement;
// read asks for the parts of those that there are.
func (q *Reading) File(now time.Time, read func(*db.Reads) error) (File, error) {
	var f File
	var err error
	if f.Case, err = q.kase.One(); err != nil {
		return f, err
	}
	if f.Creditor, err = q.creditor.One(); err != nil {
		return f, err
	}
	if f.Debtor, err = q.debtor.One(); err != nil {
		return f, err
	}
	f.Today = f.Debtor.Today(now)
	f.Entries = q.entries.All()
	f.Invoices = invoiceFiles(q.invoices.All(), q.lines.All(), f.Entries)
	if made := q.commitments.All(); len(made) > 0 {
		var parts db.Reads
		instalments := instalmentsOfCase.In(&parts, q.creditorID, q.creditorID, q.caseID)
		covered := coveredByCase.In(&parts, q.creditorID, q.creditorID, q.caseID)
		if err := read(&parts); err != nil {
			return f, err
		}
		f.Commitments = commitmentFiles(made, instalments.All(), covered.All(), f.Entries, f.Today)
	}
	return f, nil
}

// Load reads a case's file as of an instant.
func Load(tx *db.Tx, creditor, caseID db.ID, now time.Time) (File, error) {
	var r db.Reads
	reading := Read(&r, creditor, caseID)
	if err := tx.Read(&r); err != nil {
		return File{}, err
	}
	return reading.File(now, tx.Read)
}

func invoiceFiles(invoices []Invoice, lines []Line, entries []ledger.Entry) []InvoiceFile {
	byInvoice := map[db.ID][]Line{}
	for _, l := range lines {
		byInvoice[l.InvoiceID] = append(byInvoice[l.InvoiceID], l)
	}
	open := ledger.ByInvoice(entries)
	files := make([]InvoiceFile, len(invoices))
	for i, inv := range invoices {
		files[i] = InvoiceFile{Invoice: inv, Lines: byInvoice[inv.ID], Open: open[inv.ID]}
	}
	return files
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
