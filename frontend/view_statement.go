package frontend

import "github.com/acuerdo/acuerdo/clock"

// StatementView is GET /portal/statement and its PDF.
type StatementView struct {
	Page
	AsOf      clock.Date
	Debtor    string
	TaxID     string // masked, or ""
	CaseRef   string
	Invoices  []StatementInvoice
	Movements []Movement // oldest first
	Totals    StatementTotals
	PDFURL    string // "" hides the link
	CanOffers bool
}

// StatementInvoice is one invoice and all that happened to it. All amounts are
// positive; Balance = Original + Interest + Fees − Discount − Paid.
type StatementInvoice struct {
	Number    string
	Concept   string
	Issued    clock.Date
	Due       clock.Date
	DaysLate  int
	Disputed  bool
	SettledOn clock.Date // zero while open
	Lines     []InvoiceLine
	Original  Money
	Interest  Money
	Fees      Money
	Discount  Money
	Paid      Money
	Balance   Money
	CopyURL   string // the creditor's copy, "" when none was supplied
}

// InvoiceLine is one line as the creditor wrote it.
type InvoiceLine struct {
	Description string
	Quantity    string // plain decimal, "2" or "2.5"; "" when unknown
	Amount      Money
}

// MovementKind names a line of the account.
type MovementKind string

// The kinds of movement.
const (
	MovementInvoice  MovementKind = "invoice"
	MovementInterest MovementKind = "interest"
	MovementFee      MovementKind = "fee"
	MovementPayment  MovementKind = "payment"
	MovementDiscount MovementKind = "discount"
	MovementCredit   MovementKind = "credit" // credit note
	MovementRefund   MovementKind = "refund"
	MovementReversal MovementKind = "reversal"
	MovementWriteOff MovementKind = "write_off"
)

// Movement is one change of the balance: Amount is signed (a payment is
// negative), Balance is what was owed after it.
type Movement struct {
	On      clock.Date
	Kind    MovementKind
	Invoice string // its number, or ""
	Note    string // as the creditor wrote it, or ""
	Amount  Money
	Balance Money
}

// StatementTotals are the sums over all invoices.
type StatementTotals struct {
	Original Money
	Interest Money
	Fees     Money
	Discount Money
	Paid     Money
	Balance  Money
	Late     Money
	Disputed Money
}
