package payments

// FailureCode says why a try failed; the pages have a sentence for each. It is
// a closed set: banks' own codes are many, and some must not be told to whoever
// holds the card.
type FailureCode string

// The closed set of failures.
const (
	CardDeclined         FailureCode = "card_declined" // the bank gives no reason, or one that is not to be told
	InsufficientFunds    FailureCode = "insufficient_funds"
	ExpiredCard          FailureCode = "expired_card"
	IncorrectCVC         FailureCode = "incorrect_cvc"
	IncorrectNumber      FailureCode = "incorrect_number"
	AuthenticationFailed FailureCode = "authentication_failed" // 3-D Secure was not passed
	LimitExceeded        FailureCode = "limit_exceeded"        // of the card, for amount or number of payments
	NotSupported         FailureCode = "not_supported"         // this card can't pay this way or in this currency
	ProcessingError      FailureCode = "processing_error"      // try again later
	DebitRefused         FailureCode = "debit_refused"         // the bank returned a direct debit
	ProviderRefused      FailureCode = "provider_refused"      // Stripe refused the request itself: ours to repair
)

// FailureCodes is the closed set, for translators and tests.
var FailureCodes = []FailureCode{
	CardDeclined, InsufficientFunds, ExpiredCard, IncorrectCVC, IncorrectNumber, AuthenticationFailed, LimitExceeded,
	NotSupported, ProcessingError, DebitRefused, ProviderRefused,
}

// stripeCodes maps Stripe's decline and error codes. What is not here is a
// plain decline: Stripe asks that a lost, stolen or fraudulent card be told no more.
var stripeCodes = map[string]FailureCode{
	"insufficient_funds": InsufficientFunds,

	"expired_card": ExpiredCard, "invalid_expiry_month": ExpiredCard, "invalid_expiry_year": ExpiredCard,

	"incorrect_cvc": IncorrectCVC, "invalid_cvc": IncorrectCVC,

	"incorrect_number": IncorrectNumber, "invalid_number": IncorrectNumber, "invalid_account": IncorrectNumber,

	"authentication_required": AuthenticationFailed, "payment_intent_authentication_failure": AuthenticationFailed,
	"authentication_not_handled": AuthenticationFailed, "incorrect_pin": AuthenticationFailed,
	"offline_pin_required": AuthenticationFailed, "online_or_offline_pin_required": AuthenticationFailed,

	"card_velocity_exceeded": LimitExceeded, "withdrawal_count_limit_exceeded": LimitExceeded,
	"card_decline_rate_limit_exceeded": LimitExceeded, "charge_exceeds_source_limit": LimitExceeded,
	"charge_exceeds_weekly_limit": LimitExceeded, "pin_try_exceeded": LimitExceeded,

	"card_not_supported": NotSupported, "currency_not_supported": NotSupported, "transaction_not_allowed": NotSupported,
	"service_not_allowed": NotSupported, "not_permitted": NotSupported, "invalid_amount": NotSupported,

	"processing_error": ProcessingError, "issuer_not_available": ProcessingError, "try_again_later": ProcessingError,
	"reenter_transaction": ProcessingError, "approve_with_id": ProcessingError, "payment_intent_payment_attempt_expired": ProcessingError,

	"debit_not_authorized": DebitRefused, "account_closed": DebitRefused, "no_account": DebitRefused,
	"bank_account_restricted": DebitRefused, "bank_account_declined": DebitRefused, "bank_ownership_changed": DebitRefused,
	"bank_account_unusable": DebitRefused, "recipient_deceased": DebitRefused, "refer_to_customer": DebitRefused,
	"generic_could_not_process": DebitRefused, "payment_method_bank_account_blocked": DebitRefused,
}

// failureOf translates Stripe's decline code, or where there is none its error
// code; "" when there was no failure.
func failureOf(code, declineCode string) FailureCode {
	if code == "" && declineCode == "" {
		return ""
	}
	if f, ok := stripeCodes[declineCode]; ok {
		return f
	}
	if f, ok := stripeCodes[code]; ok {
		return f
	}
	return CardDeclined
}
