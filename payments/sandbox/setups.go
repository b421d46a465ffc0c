package sandbox

// setupIntent keeps a payment method for later without charging it.
type setupIntent struct {
	header
	CancellationReason opt               `json:"cancellation_reason"`
	ClientSecret       string            `json:"client_secret"`
	Customer           opt               `json:"customer"`
	Description        opt               `json:"description"`
	LastSetupError     *apiError         `json:"last_setup_error"`
	Livemode           bool              `json:"livemode"`
	Metadata           map[string]string `json:"metadata"`
	NextAction         map[string]any    `json:"next_action"`
	PaymentMethod      opt               `json:"payment_method"`
	PaymentMethodTypes []string          `json:"payment_method_types"`
	Status             string            `json:"status"`
	Usage              string            `json:"usage"`
}

var setupEndpoints = []endpoint{
	{"POST /v1/setup_intents", []string{"customer", "payment_method", "payment_method_types[]", "confirm", "usage", "description",
		"metadata[*]", "automatic_payment_methods[*]", "return_url", "mandate_data[*]", "payment_method_options[*]"}, createSetup},
	{"GET /v1/setup_intents/{id}", []string{"client_secret"}, func(c *call) (any, *apiError) { return c.setup(c.id) }},
	{"GET /v1/setup_intents", withList("customer", "payment_method"), func(c *call) (any, *apiError) {
		return list(c, &c.acct.Setups, "setup_intent", func(x *setupIntent) bool {
			return c.is("customer", x.Customer) && c.is("payment_method", x.PaymentMethod)
		})
	}},
}

func (c *call) setup(id string) (*setupIntent, *apiError) {
	si, ok := c.acct.Setups.get(id)
	if !ok {
		return nil, notFound("setupintent", id, "intent")
	}
	return si, nil
}

func createSetup(c *call) (any, *apiError) {
	si := &setupIntent{Customer: opt(c.p.str("customer")), Description: opt(c.p.str("description")), Metadata: c.p.metadata("metadata", nil),
		PaymentMethodTypes: c.p.list("payment_method_types"), Usage: c.p.oneOf("usage", "off_session", "on_session")}
	confirm := c.p.flag("confirm")
	if c.p.err != nil {
		return nil, c.p.err
	}
	if si.Customer != "" {
		if _, bad := c.customer(string(si.Customer), "customer"); bad != nil {
			return nil, bad
		}
	}
	var pm *paymentMethod
	if id := c.p.str("payment_method"); id != "" {
		var bad *apiError
		if pm, bad = c.method(id, "payment_method"); bad != nil {
			return nil, bad
		}
		if pm.Customer != "" && pm.Customer != si.Customer {
			return nil, invalid("", "payment_method", "The PaymentMethod %s does not belong to the Customer you supplied.", id)
		}
	} else if confirm {
		return nil, invalid("", "", "You cannot confirm this SetupIntent because it's missing a payment method.")
	}
	c.addSetup(si)
	if pm != nil {
		si.PaymentMethod, si.Status = opt(pm.ID), needsConfirm
	}
	if !confirm {
		return si, nil
	}
	return si, c.keepMethod(si, pm, false)
}

func (c *call) addSetup(si *setupIntent) {
	si.header = header{ID: c.srv.state.id("seti_1", 23), Object: "setup_intent", Created: c.srv.now()}
	si.Status, si.ClientSecret = needsMethod, c.srv.state.id(si.ID+"_secret_", 25)
	if si.Usage == "" {
		si.Usage = "off_session"
	}
	if si.PaymentMethodTypes == nil {
		si.PaymentMethodTypes = []string{"card", "sepa_debit"}
	}
	c.acct.Setups.add(si)
	c.emit("setup_intent.created", si)
}

// keepMethod tries to save a method.
func (c *call) keepMethod(si *setupIntent, pm *paymentMethod, authenticated bool) *apiError {
	si.PaymentMethod, si.NextAction, si.LastSetupError = opt(pm.ID), nil, nil
	verdict := pm.judge(false, authenticated)
	if verdict == asksAlways {
		si.Status = needsAction
		si.NextAction = map[string]any{"type": "use_stripe_sdk", "use_stripe_sdk": map[string]any{}}
		c.emit("setup_intent.requires_action", si)
		return nil
	}
	if why := verdict.declined(); why != nil {
		c.failSetup(si, pm, why)
		shown := *why
		shown.SetupIntent = public(si)
		return &shown
	}
	pm.Proven = pm.Proven || authenticated
	si.Status = succeeded
	if si.Customer != "" {
		c.attach(pm, string(si.Customer))
	}
	c.emit("setup_intent.succeeded", si)
	return nil
}

func (c *call) failSetup(si *setupIntent, pm *paymentMethod, why *apiError) {
	why.PaymentMethod = public(pm)
	si.Status, si.PaymentMethod, si.NextAction, si.LastSetupError = needsMethod, "", nil, why
	c.emit("setup_intent.setup_failed", si)
}
