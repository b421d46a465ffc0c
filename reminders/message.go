// Package reminders writes to debtors: reminders before and after a due date,
// codes, agreements, receipts and what an agreement's life brings. It decides
// what falls due, respects caps, quiet hours and opt-outs, and keeps every
// message with its case. Sending is a job's work; a Sender does it.
package reminders

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
)

// Kind says what a message is for; each has a text in every language.
type Kind string

// The kinds of message.
const (
	Reminder         Kind = "reminder"          // an invoice is about to fall due, or has
	Code             Kind = "code"              // six digits that show who is asking
	Agreement        Kind = "agreement"         // what was agreed
	Receipt          Kind = "receipt"           // money arrived
	PaymentFailed    Kind = "payment_failed"    // a payment that was on its way did not arrive
	InstalmentAsked  Kind = "instalment_asked"  // an agreed payment falls due
	InstalmentMissed Kind = "instalment_missed" // it was not paid; the agreement can still be kept
	AgreementBroken  Kind = "agreement_broken"  // its grace ran out
	AgreementKept    Kind = "agreement_kept"    // everything agreed was paid
)

// Kinds lists every kind.
var Kinds = []Kind{Reminder, Code, Agreement, Receipt, PaymentFailed, InstalmentAsked, InstalmentMissed, AgreementBroken, AgreementKept}

// pressing are the messages that we begin, rather than the debtor: caps count them.
var pressing = []Kind{Reminder, InstalmentAsked, InstalmentMissed, AgreementBroken}

// Channel is the way a message travels.
type Channel string

// The channels.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// State of a message.
type State string

// A message is queued, then sent or failed. A skipped one was never written,
// because there is no address or the debtor wants no reminders: Failure says
// which, and it is not in the table.
const (
	Queued  State = "queued"
	Sent    State = "sent"
	Failed  State = "failed"
	Skipped State = "skipped"
)

// Why a message was skipped or failed. A sender adds its own reasons.
const (
	NoAddress  = "no_address"
	OptedOut   = "opted_out"
	CaseClosed = "case_closed"
	Expired    = "expired"
	GivenUp    = "given_up"
)

// Message is one message to a debtor: written once, sent at least once, one
// dedupe key for each fact.
type Message struct {
	ID         db.ID
	CreditorID db.ID
	CaseID     db.ID
	Kind       Kind
	Channel    Channel
	Recipient  string
	Language   string
	Subject    string
	TextBody   string
	HTMLBody   string `gorm:"column:html_body"`
	DocumentID *db.ID
	DedupeKey  string
	State      State
	Failure    string
	CreatedAt  time.Time
	SentAt     *time.Time
}

var anyURL = regexp.MustCompile(`https?://[^\s<>"]+`)

// Links are the addresses in the text, in their order.
func (m Message) Links() []string {
	links := []string{}
	for _, link := range anyURL.FindAllString(m.TextBody, -1) {
		links = append(links, strings.TrimRight(link, ".,;:)")) // the sentence's, not the address's
	}
	return links
}

// secrets are what opens something: the token of a link and a one-time code.
// A colour such as #123456 is no code.
var (
	linkToken   = regexp.MustCompile(`(/l/)[A-Za-z0-9_.~-]+`)
	codeDigits  = regexp.MustCompile(`([^#\w]|^)\d{6}\b`)
	redactedURL = "${1}…"
	redacted    = "${1}••••••"
)

// redact takes out what opens something, so that a stolen table doesn't.
func (m Message) redact() Message {
	for _, body := range []*string{&m.TextBody, &m.HTMLBody} {
		*body = linkToken.ReplaceAllString(*body, redactedURL)
		if m.Kind == Code {
			*body = codeDigits.ReplaceAllString(*body, redacted)
		}
	}
	return m
}

// SendArgs is the job that sends one message.
type SendArgs struct {
	MessageID db.ID `json:"message_id"`
}

// Kind names the job.
func (SendArgs) Kind() string { return "send_message" }

// Attachment is a file that goes with a message.
type Attachment struct {
	Filename  string
	MediaType string
	Content   []byte
}

// Letter is a message with what its envelope needs.
type Letter struct {
	Message
	FromName    string // the creditor
	ReplyTo     string // the creditor's own address, "" where there is none
	OptOutURL   string // reminders only
	Attachments []Attachment
}

// Sender delivers a letter. It may be asked twice for the same message, because
// a process can end between sending and writing that down; the message's id
// lets a receiver recognise it. An error is tried again, except a *PermanentError.
type Sender interface {
	Send(ctx context.Context, l Letter) error
}

// PermanentError is a failure that trying again won't mend. Reason is a short
// code without personal data.
type PermanentError struct {
	Reason string
	Err    error
}

func (e *PermanentError) Error() string { return "the message can't be delivered: " + e.Reason }

func (e *PermanentError) Unwrap() error { return e.Err }

// InboxSender delivers to the demo's inbox, which shows the table itself.
type InboxSender struct{}

// Send has nothing to do: the message is where the inbox reads it.
func (InboxSender) Send(context.Context, Letter) error { return nil }

// Inbox is the newest messages of all debtors, for the demo: give it a
// transaction over everyone.
func Inbox(tx *db.Tx, limit int) ([]Message, error) {
	var messages []Message
	err := tx.Order("created_at DESC, id DESC").Limit(limit).Find(&messages).Error
	return messages, err
}

// OfCase is what was written to a case's debtor, newest first.
func OfCase(tx *db.Tx, creditor, caseID db.ID) ([]Message, error) {
	var messages []Message
	err := tx.Where("creditor_id = ? AND case_id = ?", creditor, caseID).Order("created_at DESC, id DESC").Find(&messages).Error
	return messages, err
}

// Stop opts a debtor out of reminders; Resume undoes it. Codes, receipts and
// what concerns an agreement still go out.
func Stop(tx *db.Tx, creditor, debtor db.ID) error { return setOptedOut(tx, creditor, debtor, true) }

// Resume lets reminders go out again.
func Resume(tx *db.Tx, creditor, debtor db.ID) error { return setOptedOut(tx, creditor, debtor, false) }

func setOptedOut(tx *db.Tx, creditor, debtor db.ID, out bool) error {
	return db.CompareAndSet(tx.Model(&cases.Debtor{}).Where("creditor_id = ? AND id = ?", creditor, debtor).Update("opted_out", out))
}
