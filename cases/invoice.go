package cases

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/money"
)

// Invoice is what was billed. AmountMinor is its total when issued; what is
// still open is derived from the ledger.
type Invoice struct {
	ID          db.ID
	CreditorID  db.ID
	CaseID      db.ID
	Number      string
	Description string
	IssuedOn    clock.Date
	DueOn       clock.Date
	AmountMinor int64
	Currency    money.Currency
	Disputed    bool
	SettledOn   clock.Date // by the creditor's books; zero while open
	DocumentID  *db.ID     // the copy the creditor supplied
	CreatedAt   time.Time
}

// DaysLate is how long an invoice has been due, 0 while it isn't.
func (i Invoice) DaysLate(today clock.Date) int { return max(0, today.DaysSince(i.DueOn)) }

// Line is one line of an invoice.
type Line struct {
	ID          db.ID
	CreditorID  db.ID
	InvoiceID   db.ID
	Position    int
	Description string
	Quantity    string
	AmountMinor int64
}

// TableName is invoice_lines.
func (Line) TableName() string { return "invoice_lines" }

// Document is a file kept with a case; its SHA-256 tells whether it is still the same.
type Document struct {
	ID         db.ID
	CreditorID db.ID
	CaseID     *db.ID
	Kind       string // invoice_copy, agreement, receipt
	Filename   string
	MediaType  string
	SHA256     string `gorm:"column:sha256"`
	Content    []byte
	CreatedAt  time.Time
}

// AddDocument stores a file.
func AddDocument(tx *db.Tx, d Document) (Document, error) {
	sum := sha256.Sum256(d.Content)
	d.ID, d.SHA256 = db.NewID(), hex.EncodeToString(sum[:])
	return d, tx.Create(&d).Error
}

// GetDocument reads a file of one case.
func GetDocument(tx *db.Tx, creditor, caseID, id db.ID) (Document, error) {
	var d Document
	err := tx.Where("creditor_id = ? AND case_id = ? AND id = ?", creditor, caseID, id).Take(&d).Error
	return d, err
}
