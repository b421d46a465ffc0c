package sandbox

// paymentMethod is a card or an account to debit. It keeps no number, only how
// the number behaves.
type paymentMethod struct {
	header
	AllowRedisplay string            `json:"allow_redisplay"`
	BillingDetails billingDetails    `json:"billing_details"`
	Card           *cardDetails      `json:"card,omitempty"`
	SEPA           *sepaDetails      `json:"sepa_debit,omitempty"`
	Customer       opt               `json:"customer"`
	Livemode       bool              `json:"livemode"`
	Metadata       map[string]string `json:"metadata"`
	Type           string            `json:"type"`
	Does           behaviour         `json:"_does"`
	Proven         bool              `json:"_proven"` // authenticated while it was saved for later
	Spent          bool              `json:"_spent"`  // detached, or used once without a customer
}

type billingDetails struct {
	Address any `json:"address"`
	Email   opt `json:"email"`
	Name    opt `json:"name"`
	Phone   opt `json:"phone"`
}

type cardDetails struct {
	Brand       string `json:"brand"`
	Country     string `json:"country"`
	ExpMonth    int    `json:"exp_month"`
	ExpYear     int    `json:"exp_year"`
	Fingerprint string `json:"fingerprint"`
	Funding     string `json:"funding"`
	Last4       string `json:"last4"`
}

type sepaDetails struct {
	BankCode    string `json:"bank_code"`
	Country     string `json:"country"`
	Fingerprint string `json:"fingerprint"`
	Last4       string `json:"last4"`
	Mandate     string `json:"mandate,omitempty"`
}

var methodEndpoints = []endpoint{
	{"POST /v1/payment_methods", []string{"type", "card[number]", "card[exp_month]", "card[exp_year]", "card[cvc]", "card[token]",
		"sepa_debit[iban]", "billing_details[name]", "billing_details[email]", "billing_details[phone]", "billing_details[address][*]",
		"metadata[*]", "allow_redisplay"}, createMethod},
	{"GET /v1/payment_methods/{id}", nil, func(c *call) (any, *apiError) {
		m, ok := c.acct.Methods.get(c.id)
		if !ok {
			return nil, notFound("PaymentMethod", c.id, "id")
		}
		return m, nil
	}},
	{"GET /v1/payment_methods", withList("customer", "type"), func(c *call) (any, *apiError) {
		return list(c, &c.acct.Methods, "payment_method", func(m *paymentMethod) bool {
			return m.Customer != "" && c.is("customer", m.Customer) && c.is("type", opt(m.Type))
		})
	}},
	{"POST /v1/payment_methods/{id}/attach", []string{"customer"}, attachMethod},
	{"POST /v1/payment_methods/{id}/detach", nil, detachMethod},
}

func createMethod(c *call) (any, *apiError) {
	var m *paymentMethod
	var code string
	kind := c.p.required("type")
	switch kind {
	case "card":
		expiry := ""
		if y := c.p.str("card[exp_year]"); y != "" {
			expiry = twoDigits(c.p.str("card[exp_month]")) + "/" + y
		}
		m, code = readCard(c.p.str("card[number]"), expiry, c.p.str("card[cvc]"), c.srv.opts.Clock.Now())
	case "sepa_debit":
		m, code = readIBAN(c.p.str("sepa_debit[iban]"))
	default:
		c.p.fail(invalid("", "type", "Invalid type: must be one of card or sepa_debit in this sandbox"))
	}
	if c.p.err != nil {
		return nil, c.p.err
	}
	if code != "" {
		return nil, &apiError{Status: 402, Type: "card_error", Code: code, Param: kind, Message: "Your payment details are invalid (" + code + ")."}
	}
	m.Metadata = c.p.metadata("metadata", nil)
	m.BillingDetails = billingDetails{Name: opt(c.p.str("billing_details[name]")), Email: opt(c.p.str("billing_details[email]")), Phone: opt(c.p.str("billing_details[phone]"))}
	if c.p.err != nil {
		return nil, c.p.err
	}
	return c.addMethod(m), nil
}

func twoDigits(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

func (c *call) addMethod(m *paymentMethod) *paymentMethod {
	m.header = header{ID: c.srv.state.id("pm_1", 23), Object: "payment_method", Created: c.srv.now()}
	m.AllowRedisplay = "unspecified"
	if m.Metadata == nil {
		m.Metadata = map[string]string{}
	}
	c.acct.Methods.add(m)
	return m
}

// method finds a usable method; the test tokens such as pm_card_visa make a new one.
func (c *call) method(id, param string) (*paymentMethod, *apiError) {
	for _, known := range testCards {
		if known.Token == id {
			m, _ := readCard(known.Number, "", "", c.srv.opts.Clock.Now())
			return c.addMethod(m), nil
		}
	}
	m, ok := c.acct.Methods.get(id)
	if !ok {
		return nil, notFound("PaymentMethod", id, param)
	}
	if m.Spent {
		return nil, invalid("", param, "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.")
	}
	return m, nil
}

func attachMethod(c *call) (any, *apiError) {
	who := c.p.required("customer")
	if c.p.err != nil {
		return nil, c.p.err
	}
	if _, bad := c.customer(who, "customer"); bad != nil {
		return nil, bad
	}
	m, bad := c.method(c.id, "payment_method")
	switch {
	case bad != nil:
		return nil, bad
	case m.Customer != "" && string(m.Customer) != who:
		return nil, invalid("", "", "The payment method you provided has already been attached to a customer.")
	case m.Does.declined() != nil: // Stripe validates a card when it is attached
		e := m.Does.declined()
		e.PaymentMethod = public(m)
		return nil, e
	}
	c.attach(m, who)
	return m, nil
}

func (c *call) attach(m *paymentMethod, who string) {
	if m.Customer == "" {
		m.Customer = opt(who)
		c.emit("payment_method.attached", m)
	}
}

func detachMethod(c *call) (any, *apiError) {
	m, bad := c.method(c.id, "payment_method")
	if bad != nil {
		return nil, bad
	}
	if m.Customer == "" {
		return nil, invalid("", "", "The payment method you provided is not attached to a customer so detachment is impossible.")
	}
	if x, ok := c.acct.Customers.get(string(m.Customer)); ok && string(x.InvoiceSettings.DefaultPaymentMethod) == m.ID {
		x.InvoiceSettings.DefaultPaymentMethod = ""
	}
	m.Customer, m.Spent = "", true
	c.emit("payment_method.detached", m)
	return m, nil
}
