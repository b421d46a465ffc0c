package sandbox

type customer struct {
	header
	Address          any               `json:"address"`
	Balance          int64             `json:"balance"`
	Currency         opt               `json:"currency"`
	DefaultSource    opt               `json:"default_source"`
	Delinquent       bool              `json:"delinquent"`
	Description      opt               `json:"description"`
	Email            opt               `json:"email"`
	InvoiceSettings  invoiceSettings   `json:"invoice_settings"`
	Livemode         bool              `json:"livemode"`
	Metadata         map[string]string `json:"metadata"`
	Name             opt               `json:"name"`
	Phone            opt               `json:"phone"`
	PreferredLocales []string          `json:"preferred_locales"`
	TaxExempt        string            `json:"tax_exempt"`
}

type invoiceSettings struct {
	DefaultPaymentMethod opt `json:"default_payment_method"`
}

var customerParams = []string{"name", "email", "phone", "description", "metadata", "metadata[*]", "preferred_locales[]",
	"address[*]", "invoice_settings[default_payment_method]"}

var customerEndpoints = []endpoint{
	{"POST /v1/customers", append([]string{"payment_method"}, customerParams...), createCustomer},
	{"GET /v1/customers/{id}", nil, func(c *call) (any, *apiError) { return c.customer(c.id, "id") }},
	{"POST /v1/customers/{id}", customerParams, updateCustomer},
	{"GET /v1/customers", withList("email"), func(c *call) (any, *apiError) {
		return list(c, &c.acct.Customers, "customer", func(x *customer) bool { return c.is("email", x.Email) })
	}},
	{"GET /v1/customers/{id}/payment_methods", withList("type"), func(c *call) (any, *apiError) {
		if _, bad := c.customer(c.id, "customer"); bad != nil {
			return nil, bad
		}
		return list(c, &c.acct.Methods, "payment_method", func(m *paymentMethod) bool {
			return string(m.Customer) == c.id && c.is("type", opt(m.Type))
		})
	}},
	{"GET /v1/account", nil, showAccount},
	{"GET /v1/accounts/{id}", nil, showAccount},
}

func createCustomer(c *call) (any, *apiError) {
	x := &customer{PreferredLocales: []string{}, TaxExempt: "none"}
	if bad := c.fill(x); bad != nil {
		return nil, bad
	}
	var pm *paymentMethod
	if id := c.p.str("payment_method"); id != "" {
		var bad *apiError
		if pm, bad = c.method(id, "payment_method"); bad != nil {
			return nil, bad
		}
	}
	c.addCustomer(x)
	if pm != nil {
		c.attach(pm, x.ID)
	}
	return x, nil
}

func (c *call) addCustomer(x *customer) {
	x.header = header{ID: c.srv.state.id("cus_", 14), Object: "customer", Created: c.srv.now()}
	c.acct.Customers.add(x)
	c.emit("customer.created", x)
}

func updateCustomer(c *call) (any, *apiError) {
	x, bad := c.customer(c.id, "id")
	if bad == nil {
		bad = c.fill(x)
	}
	if bad != nil {
		return nil, bad
	}
	c.emit("customer.updated", x)
	return x, nil
}

// fill sets what the request names, all or nothing.
func (c *call) fill(x *customer) *apiError {
	next := *x
	for name, field := range map[string]*opt{"name": &next.Name, "email": &next.Email, "phone": &next.Phone, "description": &next.Description} {
		if c.p.has(name) {
			*field = opt(c.p.str(name))
		}
	}
	if langs := c.p.list("preferred_locales"); langs != nil {
		next.PreferredLocales = langs
	}
	if id := c.p.str("invoice_settings[default_payment_method]"); id != "" {
		pm, ok := c.acct.Methods.get(id)
		if !ok || string(pm.Customer) != x.ID {
			return notFound("payment_method", id, "invoice_settings[default_payment_method]")
		}
		next.InvoiceSettings.DefaultPaymentMethod = opt(id)
	}
	next.Metadata = c.p.metadata("metadata", x.Metadata)
	if c.p.err != nil {
		return c.p.err
	}
	*x = next
	return nil
}

// customer finds one, naming the parameter that asked for it.
func (c *call) customer(id, param string) (*customer, *apiError) {
	x, ok := c.acct.Customers.get(id)
	if !ok {
		return nil, notFound("customer", id, param)
	}
	return x, nil
}

func showAccount(c *call) (any, *apiError) {
	if c.id != "" && c.id != c.acct.ID {
		if _, ok := c.srv.state.Accounts[c.id]; !ok || c.acct.ID != platformAccount {
			return nil, notFound("account", c.id, "account")
		}
		c.acct = c.srv.state.account(c.id)
	}
	return map[string]any{"id": c.acct.ID, "object": "account", "charges_enabled": true, "payouts_enabled": true,
		"details_submitted": true, "country": "ES", "default_currency": "eur", "type": "standard",
		"business_profile": map[string]any{"name": c.srv.opts.MerchantName}, "metadata": map[string]string{}}, nil
}
