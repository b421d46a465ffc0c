package frontend

import (
	"time"

	"github.com/acuerdo/acuerdo/clock"
)

// OfferKind is the kind of terms.
type OfferKind string

// The kinds of terms.
const (
	OfferPayAll     OfferKind = "pay_all"
	OfferDiscount   OfferKind = "early_payment" // less, in one payment, by a day
	OfferSettlement OfferKind = "settlement"    // less, in a few payments
	OfferPlan       OfferKind = "plan"
)

// OffersView is GET /portal/offers.
type OffersView struct {
	Page
	AsOf       clock.Date
	Balance    Money
	PayAll     bool          // paying everything now is open
	Discounts  []OfferOption // with a deadline and a saving; settlements go with Plans
	Plans      []OfferOption // at most three
	PayAmount  bool          // paying a part is open
	Amount     string        // what was typed in the field "amount", kept on 422
	MinAmount  Money         // 0: no minimum
	Disputed   Money         // left out of the offers
	ValidUntil clock.Date    // zero: not mentioned
	Agreement  *AgreementSummary
}

// OfferOption is one offer in the list; its page has the full terms.
type OfferOption struct {
	URL       string // /portal/offers/{id}
	Kind      OfferKind
	Total     Money
	Saving    Money
	Until     clock.Date // a discount's deadline
	Count     int        // payments
	Each      Money      // the usual instalment
	Frequency Frequency
	Upfront   Money // due now; 0: nothing
	First     clock.Date
	Last      clock.Date
	Schedule  []ScheduleRow
}

// Frequency is how often an instalment comes due.
type Frequency string

// The frequencies.
const (
	Weekly      Frequency = "weekly"
	Fortnightly Frequency = "fortnightly"
	Monthly     Frequency = "monthly"
)

// TermsView is what an agreement says. TermsText writes it; the offer page
// shows exactly that text. Every date and amount the text needs is in here, so
// the same view gives the same bytes.
type TermsView struct {
	Page
	Kind            OfferKind
	Debtor          string
	CaseRef         string
	Date            clock.Date // when the terms were made
	ValidUntil      clock.Date // until when they can be accepted
	Balance         Money      // owed on that date
	Total           Money      // to be paid under these terms
	Saving          Money
	Interest        Money // charged by the plan itself; 0 is said in words
	Invoices        []TermsInvoice
	Frequency       Frequency
	Schedule        []ScheduleRow // one row for pay_all and discount
	AutopayOffered  bool          // a box to tick
	AutopayRequired bool          // no box: the terms say so, and autopay=on is sent
	GraceDays       int
	BreaksAfter     int // missed payments in a row that end the plan; 0: not said
	PolicyVersion   int
}

// TermsInvoice is an invoice that the terms cover.
type TermsInvoice struct {
	Number string
	Due    clock.Date
	Amount Money
}

// OfferView is GET /portal/offers/{id} and the 422 of its accept.
type OfferView struct {
	Page
	Terms        TermsView
	AcceptURL    string // POST /portal/offers/{id}/accept
	DueNow       Money  // asked for right after accepting; 0: nothing
	NeedsCode    bool   // a code will be asked for first
	Consent      bool   // ticked, kept on 422
	Autopay      bool
	Unavailable  Unavailable // not "": the terms can't be accepted any more
	AgreementURL string      // when Unavailable is "accepted"
}

// Unavailable says why an offer can't be accepted.
type Unavailable string

// The reasons.
const (
	UnavailableExpired  Unavailable = "expired"
	UnavailableChanged  Unavailable = "changed"  // the balance or the policy moved
	UnavailableAccepted Unavailable = "accepted" // this or another one was accepted
	UnavailableClosed   Unavailable = "closed"
)

// InstalmentState is where one payment of a schedule stands.
type InstalmentState string

// The states of an instalment.
const (
	InstalmentUpcoming   InstalmentState = "upcoming"
	InstalmentNext       InstalmentState = "next"
	InstalmentDue        InstalmentState = "due" // today, or within the days of grace
	InstalmentLate       InstalmentState = "late"
	InstalmentPaid       InstalmentState = "paid"
	InstalmentPart       InstalmentState = "part_paid"
	InstalmentProcessing InstalmentState = "processing"
	InstalmentCancelled  InstalmentState = "cancelled"
)

// ScheduleRow is one payment of a schedule. ID, State, Paid and PaidOn are only
// for agreements.
type ScheduleRow struct {
	ID     string // what the pay-now button sends as "instalment"
	Number int    // from 1
	Due    clock.Date
	Amount Money
	State  InstalmentState
	Paid   Money
	PaidOn clock.Date
	PayNow bool // a button to pay it is shown
}

// AgreementState is where an agreement stands.
type AgreementState string

// The states of an agreement.
const (
	AgreementOffered    AgreementState = "offered"
	AgreementActive     AgreementState = "active"
	AgreementKept       AgreementState = "kept"
	AgreementBroken     AgreementState = "broken"
	AgreementCancelled  AgreementState = "cancelled"
	AgreementSuperseded AgreementState = "superseded"
)

// AgreementView is GET /portal/agreements/{id} and its PDF.
type AgreementView struct {
	Page
	ID         string // short reference shown to people
	Kind       OfferKind
	State      AgreementState
	Debtor     string
	CaseRef    string
	Terms      string // the text as accepted, byte for byte
	Total      Money
	Paid       Money
	Left       Money
	Saving     Money
	NextDue    clock.Date
	NextAmount Money
	Schedule   []ScheduleRow
	Autopay    bool
	Card       string // "Visa •••• 4242", or ""
	PDFURL     string
	Evidence   Evidence
	Processing *PaymentSummary
}

// Evidence is how the acceptance can be proved.
type Evidence struct {
	TextSHA256    string // hex
	Language      string
	PolicyVersion int
	ShownAt       time.Time
	AcceptedAt    time.Time
	IP            string
	UserAgent     string
	Verified      []Verification
}

// Verification is one way the debtor's identity was checked.
type Verification struct {
	How string // a FactKind, or "email_code", "sms_code", "link"
	To  string // masked address of a code, or ""
	At  time.Time
}
