// Package payments is the life of a payment: from the intent that is stored
// first, over the attempt at Stripe, to the one ledger entry it ends in. What
// Stripe's objects say now is the only truth; events are hints to look again.
package payments

import (
	"time"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/states"
)

// State is where an attempt to pay stands.
type State string

// Event is what changes it.
type Event string

// States and events of a payment. The intent is stored as created before
// Stripe is asked; it is open once a Checkout Session exists.
const (
	Created    State = "created"
	Open       State = "open"
	Processing State = "processing" // the debtor did their part; the bank takes days
	Succeeded  State = "succeeded"
	Failed     State = "failed"
	Abandoned  State = "abandoned" // the session expired, or was expired for another

	SessionOpened  Event = "session_opened"
	Submitted      Event = "submitted"
	Paid           Event = "paid"
	Refused        Event = "refused"
	SessionExpired Event = "session_expired"
)

// States is the life of a payment. Nothing leads out of success. Money that
// arrives after a failure or an expiry arrived all the same, so those two still
// lead to success, and to nothing else.
var States = states.Table[State, Event]{
	{From: Created, Event: SessionOpened, To: Open},
	{From: Created, Event: Submitted, To: Processing},
	{From: Created, Event: Paid, To: Succeeded},
	{From: Created, Event: Refused, To: Failed},
	{From: Created, Event: SessionExpired, To: Abandoned},
	{From: Open, Event: Submitted, To: Processing},
	{From: Open, Event: Paid, To: Succeeded},
	{From: Open, Event: Refused, To: Failed},
	{From: Open, Event: SessionExpired, To: Abandoned},
	{From: Processing, Event: Paid, To: Succeeded},
	{From: Processing, Event: Refused, To: Failed},
	{From: Failed, Event: Paid, To: Succeeded},
	{From: Abandoned, Event: Paid, To: Succeeded},
}

// live are the states in which money may still be on its way; the database
// allows one such payment for a case.
var live = []State{Created, Open, Processing}

// Live tells whether money may still be on its way.
func (s State) Live() bool { return s == Created || s == Open || s == Processing }

// Status is what debtors and API clients are told: fewer words than State has.
type Status string

// The public vocabulary.
const (
	StatusWaiting    Status = "waiting"    // for the debtor, on Stripe's page
	StatusProcessing Status = "processing" // nothing more to do
	StatusPaid       Status = "paid"
	StatusFailed     Status = "failed"
	StatusCancelled  Status = "cancelled"
)

var public = map[State]Status{
	Created: StatusWaiting, Open: StatusWaiting, Processing: StatusProcessing,
	Succeeded: StatusPaid, Failed: StatusFailed, Abandoned: StatusCancelled,
}

// Payment is one attempt to pay. AmountMinor is in minor units of Currency.
type Payment struct {
	ID               db.ID
	CreditorID       db.ID
	CaseID           db.ID
	CommitmentID     *db.ID // the agreement the money counts towards
	InstalmentID     *db.ID // set when it pays exactly what is open of one instalment
	State            State
	AmountMinor      int64
	Currency         money.Currency
	SaveCard         bool
	IdempotencyKey   string // stored before the call, reused until its outcome is known, never after
	StripeAccount    string // "" is the platform's own
	Livemode         bool
	SessionID        string
	SessionURL       string // where the debtor pays, while it is open
	PaymentIntentID  string
	ChargeID         string
	FailureCode      FailureCode // why the last try failed; also while open, where another try is possible
	QuarantineReason QuarantineReason
	Language         string
	CreatedAt        time.Time
	ExpiresAt        time.Time
	EndedAt          *time.Time
}

// Public is what the debtor is told. A quarantined payment is being looked at:
// nothing is left for the debtor to do, and above all not to pay again.
func (p Payment) Public() Status {
	if p.QuarantineReason != "" && p.State != Succeeded {
		return StatusProcessing
	}
	return public[p.State]
}

// QuarantineReason names what differs between Stripe's objects and ours, "" for nothing.
type QuarantineReason string

// The closed set of differences.
const (
	AmountDiffers   QuarantineReason = "amount_differs"
	CurrencyDiffers QuarantineReason = "currency_differs"
	AccountDiffers  QuarantineReason = "account_differs"
	LivemodeDiffers QuarantineReason = "livemode_differs"
	MetadataDiffers QuarantineReason = "metadata_differs" // the ids that Stripe keeps for us are another payment's
	SessionDiffers  QuarantineReason = "session_differs"  // a second session claims this payment
)

// SavedCard is a debtor's customer at Stripe and the card kept for instalments.
type SavedCard struct {
	ID              db.ID
	CreditorID      db.ID
	CaseID          db.ID
	CustomerID      string
	PaymentMethodID string // "" until a payment saved one
	Brand           string
	Last4           string
	CreatedAt       time.Time
}

// Get reads one payment of a case.
func Get(tx *db.Tx, creditor, caseID, id db.ID) (Payment, error) {
	var p Payment
	err := tx.Where("creditor_id = ? AND case_id = ? AND id = ?", creditor, caseID, id).Take(&p).Error
	return p, err
}

// OfCase is every payment of a case, newest first.
func OfCase(tx *db.Tx, creditor, caseID db.ID) ([]Payment, error) {
	var all []Payment
	err := tx.Where("creditor_id = ? AND case_id = ?", creditor, caseID).Order("created_at DESC, id DESC").Find(&all).Error
	return all, err
}

// Quarantined is every payment of a creditor that somebody must look at, oldest first.
func Quarantined(tx *db.Tx, creditor db.ID) ([]Payment, error) {
	var all []Payment
	err := tx.Where("creditor_id = ? AND quarantine_reason <> ''", creditor).Order("created_at, id").Find(&all).Error
	return all, err
}

// CardOf is the card saved for a case, nil when there is none.
func CardOf(tx *db.Tx, creditor, caseID db.ID) (*SavedCard, error) {
	card, err := savedCard(tx, creditor, caseID)
	if err != nil || card == nil || card.PaymentMethodID == "" {
		return nil, err
	}
	return card, nil
}

// savedCard may still be only a customer, nil when there is not even that.
func savedCard(tx *db.Tx, creditor, caseID db.ID) (*SavedCard, error) {
	var found []SavedCard
	err := tx.Where("creditor_id = ? AND case_id = ?", creditor, caseID).Limit(1).Find(&found).Error
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// liveOf is the payment of a case that may still bring money, nil when none.
func liveOf(tx *db.Tx, creditor, caseID db.ID) (*Payment, error) {
	var found []Payment
	err := tx.Where("creditor_id = ? AND case_id = ? AND state IN ?", creditor, caseID, live).Limit(1).Find(&found).Error
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}
