package cases

import (
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// DebtorKind is what sort of party owes: the law and good manners differ by it.
type DebtorKind string

// The kinds of debtor.
const (
	Consumer   DebtorKind = "consumer"
	SoleTrader DebtorKind = "sole_trader"
	Company    DebtorKind = "company"
	PublicBody DebtorKind = "public_body"
)

// Debtor is a customer of a creditor who owes, or once owed.
type Debtor struct {
	ID          db.ID
	CreditorID  db.ID
	ExternalID  string // the creditor's customer number
	Kind        DebtorKind
	Name        string
	TaxID       string
	DateOfBirth clock.Date
	PostalCode  string
	Address     string
	City        string
	Country     string
	Language    string
	TimeZone    string
	Email       string
	Phone       string
	RiskGrade   string
	Tags        string // separated by spaces
	OptedOut    bool   // of reminders
	CreatedAt   time.Time
}

// Zone is the debtor's time zone: deadlines end at their midnight.
func (d Debtor) Zone() *time.Location { return zone(d.TimeZone) }

// Today is the debtor's civil date at an instant.
func (d Debtor) Today(now time.Time) clock.Date { return clock.DateIn(now, d.Zone()) }

// GetDebtor reads one debtor of a creditor.
func GetDebtor(tx *db.Tx, creditor, id db.ID) (Debtor, error) {
	var d Debtor
	err := tx.Where("creditor_id = ? AND id = ?", creditor, id).Take(&d).Error
	return d, err
}

// LearnEmail keeps an address that a debtor gave and proved by a code, where
// none was on file. An address that is there stays.
func LearnEmail(tx *db.Tx, creditor, debtor, caseID db.ID, email string, at time.Time) error {
	learnt := tx.Model(&Debtor{}).Where("creditor_id = ? AND id = ? AND email = ''", creditor, debtor).Update("email", email)
	if learnt.Error != nil || learnt.RowsAffected == 0 {
		return learnt.Error
	}
	return Record(tx, Event{CreditorID: creditor, CaseID: caseID, Kind: EventContactLearnt, Actor: ByDebtor, Channel: "portal", At: at,
		Data: map[string]any{"contact": "email"}})
}
