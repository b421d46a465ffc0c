package cases

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/money"
)

// State of a case: open while something is owed.
type State string

// The states of a case.
const (
	Open   State = "open"
	Closed State = "closed"
)

// Case is what one debtor owes one creditor in one currency.
type Case struct {
	ID         db.ID
	CreditorID db.ID
	DebtorID   db.ID
	Ref        string
	Currency   money.Currency
	State      State
	OpenedAt   time.Time
	ClosedAt   *time.Time
	NewsAt     *time.Time // when something last happened that a collector should see
}

// refAlphabet is Crockford's base 32: no letter is mistaken for a digit on the phone.
const refAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewRef makes a case reference such as "7KQX-3M9P": 40 random bits, easy to read aloud.
func NewRef() string {
	var raw [8]byte
	_, _ = rand.Read(raw[:])
	b := make([]byte, 0, 9)
	for i, r := range raw {
		if i == 4 {
			b = append(b, '-')
		}
		b = append(b, refAlphabet[r%32])
	}
	return string(b)
}

// Get reads one case of a creditor.
func Get(tx *db.Tx, creditor, id db.ID) (Case, error) {
	var c Case
	err := tx.Where("creditor_id = ? AND id = ?", creditor, id).Take(&c).Error
	return c, err
}

// ByRef finds a creditor's case by its reference.
func ByRef(tx *db.Tx, creditor db.ID, ref string) (Case, error) {
	var c Case
	err := tx.Where("creditor_id = ? AND ref = ?", creditor, strings.ToUpper(strings.TrimSpace(ref))).Take(&c).Error
	return c, err
}

// ByRefAmong finds a case of one of several creditors.
func ByRefAmong(tx *db.Tx, creditors []db.ID, ref string) (Case, error) {
	var c Case
	err := tx.Where("creditor_id IN ? AND ref = ?", creditors, strings.ToUpper(strings.TrimSpace(ref))).Take(&c).Error
	return c, err
}

// ByRefAnywhere finds a case by its reference in a transaction over all
// creditors; commands use it, because a reference is unique.
func ByRefAnywhere(tx *db.Tx, ref string) (Case, error) {
	var c Case
	err := tx.Where("ref = ?", strings.ToUpper(strings.TrimSpace(ref))).Take(&c).Error
	return c, err
}

// Lock reads a case and holds it until the transaction ends: every change of a
// case takes it first, so changes of one case happen one after the other.
func Lock(tx *db.Tx, creditor, id db.ID) (Case, error) {
	var c Case
	err := tx.ForUpdate().Where("creditor_id = ? AND id = ?", creditor, id).Take(&c).Error
	return c, err
}

// close ends a case with nothing left to pay; reopen undoes it. Both are no-ops
// in the state they lead to.
func (c Case) close(tx *db.Tx, at time.Time) error {
	if c.State == Closed {
		return nil
	}
	return db.CompareAndSet(tx.Model(&Case{}).Where("creditor_id = ? AND id = ? AND state = ?", c.CreditorID, c.ID, Open).
		Updates(map[string]any{"state": Closed, "closed_at": at}))
}

// MustBeOpen refuses what can only be done while something is owed.
func (c Case) MustBeOpen() error {
	if c.State != Open {
		return fault.New(fault.Conflict, "case_not_open")
	}
	return nil
}
