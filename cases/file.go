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
// Each costs PostgreSQL about as much as the rows it finds, so they are few.
var (
	headOfCase = db.Join[head](`FROM cases k JOIN creditors c ON c.id = k.creditor_id JOIN debtors d ON d.creditor_id = k.creditor_id AND d.id = k.debtor_id,
		(SELECT EXISTS (SELECT 1 FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id WHERE i.creditor_id = ? AND i.case_id = ? AND l.creditor_id = ?) AS lines,
			EXISTS (SELECT 1 FROM commitments WHERE creditor_id = ? AND case_id = ?) AS agreements) has
		WHERE k.creditor_id = ? AND k.id = ?`)
	invoicesOfCase = db.From[Invoice]("WHERE creditor_id = ? AND case_id = ? ORDER BY due_on, number")
	linesOfCase    = db.From[Line]("WHERE creditor_id = ? AND invoice_id IN (SELECT id FROM invoices WHERE creditor_id = ? AND case_id = ?) ORDER BY position")
)

// head is a case with its parties, and what more there is to read.
type head struct {
	Case     Case                             `gorm:"embedded;embeddedPrefix:k__"`
	Creditor Creditor                         `gorm:"embedded;embeddedPrefix:c__"`
	Debtor   Debtor                           `gorm:"embedded;embeddedPrefix:d__"`
	Has      struct{ Lines, Agreements bool } `gorm:"embedded;embeddedPrefix:has__"`
}

// Reading is a case's file on its way from the database.
type Reading struct {
	creditor db.ID
	caseID   db.ID
	head     *db.Found[head]
	invoices *db.Found[Invoice]
	entries  *db.Found[ledger.Entry]
}

// Read asks for a case's file together with whatever else r holds.
func Read(r *db.Reads, creditor, caseID db.ID) *Reading {
	return &Reading{
		creditor: creditor, caseID: caseID,
		head:     headOfCase.In(r, creditor, caseID, creditor, creditor, caseID, creditor, caseID),
		invoices: invoicesOfCase.In(r, creditor, caseID),
		entries:  ledger.ReadCase(r, creditor, caseID),
	}
}

// File puts the answers together as of an instant. Where a case has lines or
// agreements, it asks once more by read.
func (q *Reading) File(now time.Time, read func(*db.Reads) error) (File, error) {
	h, err := q.head.One()
	if err != nil {
		return File{}, err
	}
	f := File{Creditor: h.Creditor, Debtor: h.Debtor, Case: h.Case, Entries: q.entries.All(), Today: h.Debtor.Today(now)}
	var r db.Reads
	lines, parts := &db.Found[Line]{}, commitmentParts{}
	if h.Has.Lines {
		lines = linesOfCase.In(&r, q.creditor, q.creditor, q.caseID)
	}
	if h.Has.Agreements {
		parts = readCommitments(&r, q.creditor, q.caseID)
	}
	if h.Has.Lines || h.Has.Agreements {
		if err := read(&r); err != nil {
			return f, err
		}
	}
	f.Invoices = invoiceFiles(q.invoices.All(), lines.All(), f.Entries)
	if h.Has.Agreements {
		f.Commitments = parts.files(f.Entries, f.Today)
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
