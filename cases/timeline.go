package cases

import (
	"time"

	"github.com/acuerdo/acuerdo/db"
)

// EventKind says what happened; the pages have a sentence for each.
type EventKind string

// The closed set of things that happen to a case. The comment names the data
// keys: *_minor amounts are in the case's currency.
const (
	EventImported           EventKind = "imported"            // new, changed, settled
	EventReminderSent       EventKind = "reminder_sent"       // step, message_id
	EventMessageSent        EventKind = "message_sent"        // message, message_id
	EventLinkVerified       EventKind = "link_verified"       // fact
	EventLinkRefused        EventKind = "link_refused"        // fact
	EventOffersShown        EventKind = "offers_shown"        // count, policy_version
	EventCodeSent           EventKind = "code_sent"           // code_channel
	EventContactLearnt      EventKind = "contact_learnt"      // contact: email
	EventCommitmentMade     EventKind = "commitment_made"     // commitment_id, kind, total_minor, discount_minor, instalments, policy_version, verified_by
	EventCommitmentKept     EventKind = "commitment_kept"     // commitment_id, kind
	EventCommitmentBroken   EventKind = "commitment_broken"   // commitment_id, kind, missed_minor, due_on
	EventInstalmentAsked    EventKind = "instalment_asked"    // commitment_id, position, amount_minor, due_on
	EventInstalmentMissed   EventKind = "instalment_missed"   // commitment_id, position, amount_minor, due_on
	EventDiscountGranted    EventKind = "discount_granted"    // commitment_id, amount_minor
	EventPaymentStarted     EventKind = "payment_started"     // payment_id, amount_minor
	EventPaymentProcessing  EventKind = "payment_processing"  // payment_id, amount_minor
	EventPaymentReceived    EventKind = "payment_received"    // payment_id, amount_minor, balance_minor
	EventPaymentFailed      EventKind = "payment_failed"      // payment_id, amount_minor, reason
	EventPaymentAbandoned   EventKind = "payment_abandoned"   // payment_id, amount_minor
	EventPaymentQuarantined EventKind = "payment_quarantined" // payment_id, reason
	EventCaseClosed         EventKind = "case_closed"         // no data
)

// news is what moves a case up in the collector's queue.
var news = map[EventKind]bool{
	EventCommitmentMade: true, EventCommitmentKept: true, EventCommitmentBroken: true, EventInstalmentMissed: true,
	EventPaymentReceived: true, EventPaymentFailed: true, EventPaymentQuarantined: true, EventCaseClosed: true,
}

// Actor is who did it.
type Actor string

// The actors.
const (
	ByDebtor Actor = "debtor"
	ByStaff  Actor = "staff"
	BySystem Actor = "system"
	ByStripe Actor = "stripe"
)

// Event is one entry of a case's timeline: what, who, when and how.
type Event struct {
	ID         db.ID
	CreditorID db.ID
	CaseID     db.ID
	Kind       EventKind
	Actor      Actor
	ActorName  string
	Channel    string         // portal, email, sms, console, import, api, stripe
	Data       map[string]any `gorm:"serializer:json"`
	At         time.Time
}

// TableName is timeline_events.
func (Event) TableName() string { return "timeline_events" }

// Record appends to the timeline, in the transaction that makes it true.
func Record(tx *db.Tx, e Event) error {
	e.ID = db.NewID()
	if e.Data == nil {
		e.Data = map[string]any{}
	}
	if err := tx.Create(&e).Error; err != nil {
		return err
	}
	if !news[e.Kind] {
		return nil
	}
	return tx.Model(&Case{}).Where("creditor_id = ? AND id = ?", e.CreditorID, e.CaseID).Update("news_at", e.At).Error
}

// Timeline is everything that happened to a case, newest first.
func Timeline(tx *db.Tx, creditor, caseID db.ID) ([]Event, error) {
	var events []Event
	err := tx.Where("creditor_id = ? AND case_id = ?", creditor, caseID).Order("at DESC, id DESC").Find(&events).Error
	return events, err
}

// Task is something a person at the creditor should do.
type Task struct {
	ID         db.ID
	CreditorID db.ID
	CaseID     db.ID
	Kind       string         // agreement_broken, payment_quarantined
	Data       map[string]any `gorm:"serializer:json"`
	DueAt      time.Time
	DoneAt     *time.Time
	CreatedAt  time.Time
}

// AddTask puts something on the collectors' list.
func AddTask(tx *db.Tx, t Task) error {
	t.ID = db.NewID()
	if t.Data == nil {
		t.Data = map[string]any{}
	}
	return tx.Create(&t).Error
}

// OpenTasks is what waits on one case, oldest first.
func OpenTasks(tx *db.Tx, creditor, caseID db.ID) ([]Task, error) {
	var tasks []Task
	err := tx.Where("creditor_id = ? AND case_id = ? AND done_at IS NULL", creditor, caseID).Order("due_at, id").Find(&tasks).Error
	return tasks, err
}
