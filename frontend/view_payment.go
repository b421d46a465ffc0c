package frontend

import (
	"time"

	"github.com/acuerdo/acuerdo/clock"
)

// PaymentState is what a debtor is told about a payment.
type PaymentState string

// The states a debtor sees.
const (
	PaymentWaiting    PaymentState = "waiting"    // checkout opened, not finished
	PaymentProcessing PaymentState = "processing" // the bank has not said yet
	PaymentPaid       PaymentState = "paid"
	PaymentFailed     PaymentState = "failed"
	PaymentCancelled  PaymentState = "cancelled" // left checkout, or it expired
	PaymentRefunded   PaymentState = "refunded"
)

// PaymentView is GET /portal/payments/{id}.
type PaymentView struct {
	Page
	Reference       string
	State           PaymentState
	Amount          Money
	At              time.Time // when it reached this state
	Card            string    // "Visa •••• 4242", or ""
	Failure         string    // for failed: card_declined, insufficient_funds, expired_card, authentication_failed, processing_error; others read as declined
	CheckoutURL     string    // waiting: go on paying there
	RetryAmount     string    // failed/cancelled: sent again in "amount" (as Locale.Amount writes it)
	RetryInstalment string    // or in "instalment"
	BalanceAfter    Money
	AgreementURL    string
	ReceiptURL      string // PDF, or ""
	ReceiptTo       string // masked address the receipt went to, or ""
	Refresh         int    // seconds until the page asks again; 0 means 5 while waiting or processing
}

// ReceiptView is the PDF receipt of a payment.
type ReceiptView struct {
	Page
	Reference    string
	Debtor       string
	CaseRef      string
	PaidAt       time.Time
	On           clock.Date
	Amount       Money
	Card         string
	Allocations  []ReceiptLine
	BalanceAfter Money
}

// ReceiptLine says what a part of the payment was for.
type ReceiptLine struct {
	Invoice string
	Amount  Money
}
