package frontend

import (
	"time"

	"github.com/acuerdo/acuerdo/clock"
)

// SignInView is GET|POST /console/sign-in (fields email, password, hidden next).
type SignInView struct {
	Page
	Email string
	Next  string
}

// QueueView is GET /console: what is new today, and all cases
// (?tab=cases&q=&page=) to search.
type QueueView struct {
	Page
	Today    clock.Date
	Tab      string // "new" or "cases"
	New      []QueueItem
	Cases    []CaseRow
	Query    string
	PageNo   int // from 1
	HasNext  bool
	Total    int64 // cases found
	NewCount int
}

// QueueItem is one thing that happened today; accepted commitments come first.
type QueueItem struct {
	CaseURL string // /console/cases/{ref}
	CaseRef string
	Debtor  string
	Kind    string         // a timeline kind: commitment_made, payment_received, …
	Params  map[string]any // as of a TimelineEntry, in Amount's currency
	Amount  Money          // 0: none shown, but the currency is still needed
	At      time.Time
}

// CaseRow is a case in the list.
type CaseRow struct {
	URL        string
	Ref        string
	Debtor     string
	DebtorKind string // consumer, sole_trader, company, public_body
	Balance    Money
	DaysLate   int
	State      CaseState
	LastEvent  time.Time
}

// CaseState is where a case stands.
type CaseState string

// The states of a case.
const (
	CaseOpen     CaseState = "open"
	CaseAgreed   CaseState = "agreed"
	CaseDisputed CaseState = "disputed"
	CaseOnHold   CaseState = "on_hold"
	CaseSettled  CaseState = "settled"
	CaseClosed   CaseState = "closed"
)

// CaseFileView is GET /console/cases/{ref}.
type CaseFileView struct {
	Page
	Ref         string
	State       CaseState
	AsOf        clock.Date
	Debtor      DebtorView
	Balance     Money
	Late        Money
	Disputed    Money
	DaysLate    int
	Invoices    []StatementInvoice
	Commitments []CommitmentView
	Payments    []PaymentRow
	Messages    []MessageRow
	Timeline    []TimelineEntry // newest first
	OpenedAt    time.Time
}

// DebtorView is who owes. The fields may hold anything a debtor typed.
type DebtorView struct {
	Name       string
	Kind       string
	TaxID      string
	Email      string
	Phone      string
	Address    string
	Language   string
	Country    string
	ExternalID string
}

// CommitmentView is an agreement on the case file.
type CommitmentView struct {
	ID         string
	Kind       OfferKind
	State      AgreementState
	AcceptedAt time.Time
	Total      Money
	Paid       Money
	Left       Money
	NextDue    clock.Date
	Autopay    bool
	Schedule   []ScheduleRow
	PDFURL     string
	Evidence   *Evidence
}

// PaymentRow is a payment on the case file.
type PaymentRow struct {
	Reference string
	Amount    Money
	State     PaymentState
	At        time.Time
	Method    string // "Visa •••• 4242"
	Failure   string
}

// MessageRow is a message that was sent, or was to be.
type MessageRow struct {
	URL     string // "" when it can't be opened
	Channel string // email, sms, whatsapp
	To      string
	Subject string
	State   string // queued, sent, delivered, failed, suppressed
	At      time.Time
}

// TimelineEntry is one thing that happened. Kind picks the sentence
// timeline.<kind>; Params are the event's data as stored: *_minor is money in
// the currency of the case file's Balance, *_on a date, position counts from 0.
type TimelineEntry struct {
	At      time.Time
	Actor   string // debtor, staff, creditor, system, gateway
	Name    string // whose name, for staff; "" otherwise
	Channel string // portal, console, email, api, import, webhook, job, …; "" hides it
	Kind    string
	Params  map[string]any
	Detail  string // IP, browser, provider's reference: plain text, shown small
}

// PolicyView is GET|POST /console/policy.
type PolicyView struct {
	Page
	Version  int // in force
	Since    time.Time
	By       string
	Draft    bool          // the form shows something not in force
	Hidden   []PolicyField // based_on, creditor: sent along with the form
	Groups   []PolicyGroup
	Versions []PolicyVersion
	CanEdit  bool
	Warnings []Message
}

// PolicyGroup is a fieldset; Key picks policy.<key>.
type PolicyGroup struct {
	Key    string          // early_payment, plan, promise, keeping, …
	Rungs  [][]PolicyField // of a ladder, one row each, before the fields
	Fields []PolicyField
}

// PolicyField is one setting; Name is the form field and picks the label
// policy.<name>. Places in a list, currencies and the endings _bp and _minor are
// dropped first: "early_payment.ladder.0.principal_bp" is
// policy.early_payment.ladder.principal, "plan.min_instalment_minor.EUR" is
// policy.plan.min_instalment with the currency behind it.
type PolicyField struct {
	Name     string
	Type     PolicyFieldType
	Value    string   // as to be shown in the input
	Options  []string // for select and checkboxes; policy.option.<option>
	Selected []string // for checkboxes
	Label    string   // overrides the translation
	Unset    string   // the value that applies when left empty, or ""
}

// PolicyFieldType picks the control.
type PolicyFieldType string

// The controls.
const (
	PolicyInt        PolicyFieldType = "int"
	PolicyDays       PolicyFieldType = "days"
	PolicyPercent    PolicyFieldType = "percent"
	PolicyMoney      PolicyFieldType = "money"
	PolicyBool       PolicyFieldType = "bool" // Value "on" or ""
	PolicySelect     PolicyFieldType = "select"
	PolicyCheckboxes PolicyFieldType = "checkboxes"
	PolicyText       PolicyFieldType = "text"
	PolicyHidden     PolicyFieldType = "hidden" // nothing to see: what the form is based on
)

// PolicyVersion is a line of the history.
type PolicyVersion struct {
	Version int
	State   string // draft, published, retired
	Since   time.Time
	By      string
	InForce bool
}
