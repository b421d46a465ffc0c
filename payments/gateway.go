package payments

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/money"
)

// Gateway is what payments need of Stripe. Account is a connected account, ""
// for the platform's own. Errors are *GatewayError.
type Gateway interface {
	// CreateCheckout opens a hosted page; the same key and request answer the same session.
	CreateCheckout(ctx context.Context, r CheckoutRequest) (Checkout, error)
	// Checkout reads a session with its payment intent, charge and method as they are now.
	Checkout(ctx context.Context, account, sessionID string) (CheckoutState, error)
	// FindCheckout looks for the session of a payment whose answer was lost, among
	// those made since an instant; it tells whether there is one.
	FindCheckout(ctx context.Context, account, paymentID string, since time.Time) (sessionID string, found bool, err error)
	// ExpireCheckout closes an open session; one that is not open is Invalid.
	ExpireCheckout(ctx context.Context, account, sessionID, key string) error
	// PaymentIntent reads an intent with its charge and method as they are now.
	PaymentIntent(ctx context.Context, account, id string) (IntentState, error)
	// CreateCustomer makes the customer that a saved card belongs to.
	CreateCustomer(ctx context.Context, r CustomerRequest) (id string, err error)
	// Events lists what Stripe has told, or meant to, since an instant.
	Events(ctx context.Context, account string, since time.Time) ([]StripeEvent, error)
	// VerifyWebhook checks the signature over the raw body and its age, 300 s either way.
	VerifyWebhook(payload []byte, signature string) (StripeEvent, error)
}

// CheckoutRequest asks for a hosted page for one payment.
type CheckoutRequest struct {
	Account     string
	Key         string // idempotency key
	PaymentID   string
	CaseRef     string
	AmountMinor int64
	Currency    money.Currency
	Description string // what the page says is paid
	Language    string
	Email       string    // fills in the form; not used with Customer
	Customer    string    // "" for a guest
	SaveCard    bool      // for later charges without the debtor; needs Customer
	ExpiresAt   time.Time // zero leaves it to Stripe: 24 hours
	SuccessURL  string
	CancelURL   string
}

// Checkout is a hosted page that waits.
type Checkout struct {
	SessionID       string
	URL             string
	ExpiresAt       time.Time
	PaymentIntentID string // "" until the debtor first tries to pay
}

// The words of a session and an intent that payments look at.
const (
	SessionIsOpen     = "open"
	SessionIsComplete = "complete"
	SessionIsExpired  = "expired"

	IntentNeedsMethod = "requires_payment_method"
	IntentProcessing  = "processing"
	IntentSucceeded   = "succeeded"
	IntentCanceled    = "canceled"
)

// CheckoutState is a session as it is now.
type CheckoutState struct {
	Checkout
	Status      string // open, complete, expired
	Paid        bool   // payment_status is paid
	AmountMinor int64
	Currency    money.Currency
	Livemode    bool
	Reference   string // client_reference_id
	Metadata    map[string]string
	Intent      *IntentState // nil until the debtor first tries to pay
}

// IntentState is a payment intent as it is now.
type IntentState struct {
	ID             string
	Status         string
	AmountMinor    int64
	AmountReceived int64 // minor units
	Currency       money.Currency
	Livemode       bool
	ChargeID       string    // the latest charge
	ChargedAt      time.Time // when that charge was made
	FailureCode    string    // of the last try, Stripe's word
	DeclineCode    string    // of the last try, the bank's word
	PaymentMethod  PaymentMethod
	Customer       string
	Metadata       map[string]string
}

// PaymentMethod is a card or bank account, as far as it may be shown.
type PaymentMethod struct {
	ID    string
	Brand string // of a card; else the type, for example sepa_debit
	Last4 string
}

// CustomerRequest asks for a customer. Only what Stripe needs goes there.
type CustomerRequest struct {
	Account  string
	Key      string
	Email    string
	Language string
	CaseRef  string
}

// StripeEvent is a hint that something changed.
type StripeEvent struct {
	ID              string
	Account         string // "" for the platform's own
	Type            string
	Livemode        bool
	Created         time.Time
	ObjectID        string
	SessionID       string // when the object is a Checkout Session
	PaymentIntentID string // when the object is, or belongs to, a payment intent
	PaymentID       string // what the object's metadata claims
	Payload         []byte // as Stripe sent it
}

// ParseEvent reads an event's JSON, as far as payments look at it.
func ParseEvent(payload []byte) (StripeEvent, error) {
	var raw struct {
		ID       string
		Account  string
		Type     string
		Livemode bool
		Created  int64
		Data     struct {
			Object struct {
				ID            string
				Object        string
				PaymentIntent json.RawMessage `json:"payment_intent"`
				Metadata      map[string]string
			}
		}
	}
	if err := json.Unmarshal(payload, &raw); err != nil {
		return StripeEvent{}, err
	}
	if raw.ID == "" || raw.Type == "" {
		return StripeEvent{}, errors.New("payments: an event without id or type")
	}
	o := raw.Data.Object
	e := StripeEvent{
		ID: raw.ID, Account: raw.Account, Type: raw.Type, Livemode: raw.Livemode, Created: time.Unix(raw.Created, 0).UTC(),
		ObjectID: o.ID, PaymentID: o.Metadata[metaPaymentID], Payload: payload,
	}
	switch o.Object {
	case "checkout.session":
		e.SessionID = o.ID
	case "payment_intent":
		e.PaymentIntentID = o.ID
	}
	var intent string
	if e.PaymentIntentID == "" && json.Unmarshal(o.PaymentIntent, &intent) == nil {
		e.PaymentIntentID = intent
	}
	return e, nil
}

// The metadata that sessions and intents carry.
const (
	metaPaymentID = "payment_id"
	metaCaseRef   = "case_ref"
)

// Metadata is what Stripe keeps with the session and the intent of a request.
func (r CheckoutRequest) Metadata() map[string]string {
	return map[string]string{metaPaymentID: r.PaymentID, metaCaseRef: r.CaseRef}
}

// ErrorKind says what is known after a call that did not go well.
type ErrorKind string

// The kinds. Only Unknown, InFlight and RateLimited are worth the same call again.
const (
	Declined    ErrorKind = "declined"     // the bank said no; see DeclineCode
	Invalid     ErrorKind = "invalid"      // Stripe refused the request; nothing happened
	Missing     ErrorKind = "missing"      // there is no such object
	Auth        ErrorKind = "auth"         // the key or account is not accepted; nothing happened
	KeyReused   ErrorKind = "key_reused"   // the idempotency key was used with other parameters
	InFlight    ErrorKind = "in_flight"    // the same key is being worked on
	RateLimited ErrorKind = "rate_limited" // nothing happened
	Unknown     ErrorKind = "unknown"      // no answer, or a 5xx: it may have happened or not
)

// GatewayError is what a Gateway's errors are. Its text holds no personal data.
type GatewayError struct {
	Kind        ErrorKind
	Status      int // of HTTP; 0 when there was no answer
	Code        string
	DeclineCode string
	Err         error
}

func (e *GatewayError) Error() string {
	s := "stripe: " + string(e.Kind)
	if e.Code != "" {
		s += " " + e.Code
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *GatewayError) Unwrap() error { return e.Err }

// kindOf is the kind of a gateway's error; anything else is Unknown.
func kindOf(err error) ErrorKind {
	var e *GatewayError
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unknown
}

// answered tells whether Stripe said something, be it only that it failed. It
// keeps such an answer with the key, and says the same for as long as it knows the key.
func answered(err error) bool {
	var e *GatewayError
	return errors.As(err, &e) && e.Status != 0
}

func (k ErrorKind) passes() bool { return k == Unknown || k == InFlight || k == RateLimited }

// unavailable is what the debtor is told while Stripe does not answer.
func unavailable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "payment_provider_unavailable")
}
