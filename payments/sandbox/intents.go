package sandbox

import "slices"

// paymentIntent is one amount that somebody means to pay, over all its tries.
type paymentIntent struct {
	header
	Amount             int64             `json:"amount"`
	AmountCapturable   int64             `json:"amount_capturable"`
	AmountReceived     int64             `json:"amount_received"`
	AutomaticMethods   any               `json:"automatic_payment_methods"`
	CanceledAt         *int64            `json:"canceled_at"`
	CancellationReason opt               `json:"cancellation_reason"`
	CaptureMethod      string            `json:"capture_method"`
	ClientSecret       string            `json:"client_secret"`
	ConfirmationMethod string            `json:"confirmation_method"`
	Currency           string            `json:"currency"`
	Customer           opt               `json:"customer"`
	Description        opt               `json:"description"`
	LastPaymentError   *apiError         `json:"last_payment_error"`
	LatestCharge       opt               `json:"latest_charge"`
	Livemode           bool              `json:"livemode"`
	Metadata           map[string]string `json:"metadata"`
	NextAction         map[string]any    `json:"next_action"`
	PaymentMethod      opt               `json:"payment_method"`
	PaymentMethodTypes []string          `json:"payment_method_types"`
	ReceiptEmail       opt               `json:"receipt_email"`
	SetupFutureUsage   opt               `json:"setup_future_usage"`
	Status             string            `json:"status"`
	StatementSuffix    opt               `json:"statement_descriptor_suffix"`
	StatementText      opt               `json:"statement_descriptor"`
	Session            string            `json:"_session"` // the Checkout Session that owns it
}

// The states of a payment intent that the sandbox knows.
const (
	needsMethod  = "requires_payment_method"
	needsConfirm = "requires_confirmation"
	needsAction  = "requires_action"
	processing   = "processing"
	succeeded    = "succeeded"
	canceled     = "canceled"
)

var describeParams = []string{"customer", "description", "metadata", "metadata[*]", "receipt_email", "setup_future_usage",
	"statement_descriptor", "statement_descriptor_suffix"}

var confirmParams = []string{"payment_method", "off_session", "return_url", "error_on_requires_action", "receipt_email",
	"setup_future_usage", "mandate", "mandate_data[*]", "payment_method_options[*]", "payment_method_types[]"}

var intentEndpoints = []endpoint{
	{"POST /v1/payment_intents", append(append([]string{"amount", "currency", "confirm", "automatic_payment_methods[*]",
		"capture_method", "confirmation_method"}, confirmParams...), describeParams...), createIntent},
	{"GET /v1/payment_intents/{id}", []string{"client_secret"}, func(c *call) (any, *apiError) { return c.intent(c.id, "intent") }},
	{"POST /v1/payment_intents/{id}", append([]string{"amount", "currency", "payment_method"}, describeParams...), updateIntent},
	{"POST /v1/payment_intents/{id}/confirm", confirmParams, confirmIntent},
	{"POST /v1/payment_intents/{id}/cancel", []string{"cancellation_reason"}, cancelIntent},
	{"GET /v1/payment_intents", withList("customer"), func(c *call) (any, *apiError) {
		return list(c, &c.acct.Intents, "payment_intent", func(x *paymentIntent) bool { return c.is("customer", x.Customer) })
	}},
}

func (c *call) intent(id, param string) (*paymentIntent, *apiError) {
	pi, ok := c.acct.Intents.get(id)
	if !ok {
		return nil, notFound("payment_intent", id, param)
	}
	return pi, nil
}

func createIntent(c *call) (any, *apiError) {
	pi := &paymentIntent{Amount: c.p.amount("amount"), Currency: c.p.currency("currency"), PaymentMethodTypes: c.p.list("payment_method_types")}
	if pi.PaymentMethodTypes == nil {
		pi.PaymentMethodTypes = defaultTypes(pi.Currency)
		pi.AutomaticMethods = map[string]any{"enabled": true, "allow_redirects": "always"}
	}
	c.p.chargeable(pi.Amount, pi.Currency, "amount")
	if c.p.oneOf("capture_method", "automatic", "automatic_async", "manual") == "manual" {
		c.p.fail(invalid("", "capture_method", "This sandbox captures at once."))
	}
	confirm := c.p.flag("confirm")
	if !confirm && (c.p.has("off_session") || c.p.has("error_on_requires_action")) {
		c.p.fail(invalid("", "off_session", "You can only set off_session and error_on_requires_action together with confirm=true."))
	}
	if bad := c.describe(pi); bad != nil {
		return nil, bad
	}
	pm, bad := c.chosen(pi, confirm)
	if bad != nil {
		return nil, bad
	}
	c.addIntent(pi)
	if pm != nil {
		pi.PaymentMethod, pi.Status = opt(pm.ID), needsConfirm
	}
	if !confirm {
		return pi, nil
	}
	return pi, c.pay(pi, pm, c.how())
}

// describe sets what can be said about an intent at any time, all or nothing.
func (c *call) describe(pi *paymentIntent) *apiError {
	next := *pi
	for name, field := range map[string]*opt{"description": &next.Description, "receipt_email": &next.ReceiptEmail,
		"statement_descriptor": &next.StatementText, "statement_descriptor_suffix": &next.StatementSuffix} {
		if c.p.has(name) {
			*field = opt(c.p.str(name))
		}
	}
	if use := c.p.oneOf("setup_future_usage", "off_session", "on_session"); use != "" {
		next.SetupFutureUsage = opt(use)
	}
	next.Metadata = c.p.metadata("metadata", pi.Metadata)
	if id := c.p.str("customer"); id != "" {
		if _, bad := c.customer(id, "customer"); bad != nil {
			return bad
		}
		next.Customer = opt(id)
	}
	if c.p.err != nil {
		return c.p.err
	}
	*pi = next
	return nil
}

// chosen is the payment method that the request names, checked against the payer.
func (c *call) chosen(pi *paymentIntent, needed bool) (*paymentMethod, *apiError) {
	id := c.p.str("payment_method")
	if id == "" {
		id = string(pi.PaymentMethod)
	}
	if id == "" {
		if needed {
			return nil, invalid("", "", "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.")
		}
		return nil, nil
	}
	pm, bad := c.method(id, "payment_method")
	switch {
	case bad != nil:
		return nil, bad
	case pm.Customer != "" && pi.Customer == "":
		return nil, invalid("", "payment_method", "The PaymentMethod %s belongs to the Customer %s. Please include the Customer in the `customer` parameter on the PaymentIntent.", pm.ID, pm.Customer)
	case pm.Customer != "" && pm.Customer != pi.Customer:
		return nil, invalid("", "payment_method", "The PaymentMethod %s does not belong to the Customer you supplied %s. Please use this PaymentMethod with the Customer that it belongs to instead.", pm.ID, pi.Customer)
	case !slices.Contains(pi.PaymentMethodTypes, pm.Type):
		return nil, invalid("", "payment_method", "The PaymentMethod provided (%s) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: %v.", pm.Type, pi.PaymentMethodTypes)
	}
	return pm, nil
}

func (c *call) addIntent(pi *paymentIntent) {
	pi.header = header{ID: c.srv.state.id("pi_3", 23), Object: "payment_intent", Created: c.srv.now()}
	pi.Status, pi.CaptureMethod, pi.ConfirmationMethod = needsMethod, "automatic_async", "automatic"
	pi.ClientSecret = c.srv.state.id(pi.ID+"_secret_", 25)
	c.acct.Intents.add(pi)
	c.emit("payment_intent.created", pi)
}

func (c *call) how() manner {
	return manner{offSession: c.p.flag("off_session"), noAction: c.p.flag("error_on_requires_action")}
}

func updateIntent(c *call) (any, *apiError) {
	pi, bad := c.intent(c.id, "intent")
	if bad != nil {
		return nil, bad
	}
	open := pi.Status == needsMethod || pi.Status == needsConfirm || pi.Status == needsAction
	if (c.p.has("amount") || c.p.has("currency") || c.p.has("payment_method")) && (!open || pi.Session != "") {
		return nil, unexpectedState(pi, "update the amount, currency or payment method of")
	}
	next := *pi
	if c.p.has("amount") {
		next.Amount = c.p.amount("amount")
	}
	if c.p.has("currency") {
		next.Currency = c.p.currency("currency")
	}
	c.p.chargeable(next.Amount, next.Currency, "amount")
	if bad := c.describe(&next); bad != nil {
		return nil, bad
	}
	if pm, bad := c.chosen(&next, false); bad != nil {
		return nil, bad
	} else if pm != nil && c.p.has("payment_method") {
		next.PaymentMethod, next.Status = opt(pm.ID), needsConfirm
	}
	*pi = next
	return pi, nil
}

func confirmIntent(c *call) (any, *apiError) {
	pi, bad := c.intent(c.id, "intent")
	switch {
	case bad != nil:
		return nil, bad
	case pi.Session != "":
		return nil, invalid("", "", "You cannot confirm this PaymentIntent: it belongs to the Checkout Session %s.", pi.Session)
	case pi.Status != needsMethod && pi.Status != needsConfirm && pi.Status != needsAction:
		return nil, unexpectedState(pi, "confirm")
	}
	next := *pi
	if bad := c.describe(&next); bad != nil {
		return nil, bad
	}
	pm, bad := c.chosen(&next, true)
	if bad != nil {
		return nil, bad
	}
	how := c.how()
	if c.p.err != nil {
		return nil, c.p.err
	}
	*pi = next
	return pi, c.pay(pi, pm, how)
}

func cancelIntent(c *call) (any, *apiError) {
	pi, bad := c.intent(c.id, "intent")
	reason := c.p.oneOf("cancellation_reason", "duplicate", "fraudulent", "requested_by_customer", "abandoned")
	switch {
	case bad != nil:
		return nil, bad
	case c.p.err != nil:
		return nil, c.p.err
	case pi.Session != "" && pi.Status != canceled && c.sessionIsOpen(pi.Session):
		return nil, invalid("", "", "You cannot cancel this PaymentIntent because it was created by a Checkout Session. Expire the Checkout Session %s instead.", pi.Session)
	case pi.Status == processing || pi.Status == succeeded || pi.Status == canceled:
		return nil, unexpectedState(pi, "cancel")
	}
	c.cancel(pi, reason)
	return pi, nil
}

func (c *call) cancel(pi *paymentIntent, reason string) {
	now := c.srv.now()
	pi.Status, pi.CanceledAt, pi.CancellationReason, pi.NextAction = canceled, &now, opt(reason), nil
	c.emit("payment_intent.canceled", pi)
}

// defaultTypes are the methods that the merchant has switched on.
func defaultTypes(currency string) []string {
	if currency == "eur" {
		return []string{"card", "sepa_debit"}
	}
	return []string{"card"}
}
