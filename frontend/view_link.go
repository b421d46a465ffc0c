package frontend

import (
	"time"

	"github.com/acuerdo/acuerdo/clock"
)

// FactKind is the fact a debtor proves who they are with.
type FactKind string

// The facts a creditor may choose from.
const (
	FactInvoiceLast4 FactKind = "invoice_last4"
	FactTaxIDLast4   FactKind = "tax_id_last4"
	FactPostalCode   FactKind = "postal_code"
	FactDateOfBirth  FactKind = "date_of_birth"
)

// LinkView is GET|POST /l/{token}: who is asking, how to check it, and the
// fact form. It says nothing about the debt or the debtor.
type LinkView struct {
	Page
	Action      string // the form's target, "/l/{token}"
	Fact        FactKind
	Value       string // what was typed, kept on 422
	TriesLeft   int    // 0: not mentioned
	LockedUntil time.Time
}

// LinkGoneView is every link that opens nothing: unknown, expired, revoked.
type LinkGoneView struct{ Page }

// CodeView is GET|POST /portal/code.
type CodeView struct {
	Page
	SentTo      string // masked: "m•••@example.com"
	Channel     string // email, sms
	Value       string
	Resent      bool
	ValidUntil  time.Time
	LockedUntil time.Time
	AskAddress  bool   // no address is on file: the field "email" asks for one
	Address     string // what was typed there, kept on 422
	BackURL     string // what the code is for, "" for nothing
}

// StopView is GET|POST /l/{token}/stop: no more reminders.
type StopView struct {
	Page
	Action string
	Done   bool
}

// SignedOutView is shown after POST /portal/sign-out.
type SignedOutView struct{ Page }

// SessionEndedView asks the debtor to open the link in their message again.
type SessionEndedView struct{ Page }

// ErrorView is any failure with a code of fault; Key "" shows the code's own text.
type ErrorView struct {
	Page
	Code    string // a fault.Code
	Message Message
	HomeURL string // "" for no way back
}

// OverviewView is GET /portal.
type OverviewView struct {
	Page
	Debtor     string
	CaseRef    string
	AsOf       clock.Date
	Balance    Money
	Since      clock.Date // earliest due date still open
	DaysLate   int        // of that date; ≤ 0 when nothing is late
	Late       Money      // the part past due
	Disputed   Money      // the part that is not asked for meanwhile
	Invoices   []OverviewInvoice
	Agreement  *AgreementSummary // the active one, or the last one kept
	CanOffers  bool              // options are open (no active agreement, not closed)
	Discount   *DiscountHint
	Processing *PaymentSummary // a payment on its way
}

// OverviewInvoice is one open invoice in short.
type OverviewInvoice struct {
	Number   string
	Concept  string // what it was for, as the creditor wrote it
	Issued   clock.Date
	Due      clock.Date
	DaysLate int
	Disputed bool
	Balance  Money
}

// AgreementSummary is an agreement in three lines.
type AgreementSummary struct {
	URL        string // /portal/agreements/{id}
	Kind       OfferKind
	State      AgreementState
	Total      Money
	Paid       Money
	Left       Money
	NextDue    clock.Date // zero when nothing is left
	NextAmount Money
	NextLate   bool
}

// DiscountHint tells the best early-payment discount in one line.
type DiscountHint struct {
	URL    string
	Pay    Money
	Saving Money
	Until  clock.Date
}

// PaymentSummary is a payment in one line.
type PaymentSummary struct {
	URL    string
	Amount Money
	State  PaymentState
}
