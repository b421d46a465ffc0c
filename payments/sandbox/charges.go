package sandbox

// charge is one try to take the money of an intent.
type charge struct {
	header
	Amount               int64             `json:"amount"`
	AmountCaptured       int64             `json:"amount_captured"`
	AmountRefunded       int64             `json:"amount_refunded"`
	BalanceTransaction   opt               `json:"balance_transaction"`
	BillingDetails       billingDetails    `json:"billing_details"`
	Captured             bool              `json:"captured"`
	Currency             string            `json:"currency"`
	Customer             opt               `json:"customer"`
	Description          opt               `json:"description"`
	Disputed             bool              `json:"disputed"`
	FailureCode          opt               `json:"failure_code"`
	FailureMessage       opt               `json:"failure_message"`
	Livemode             bool              `json:"livemode"`
	Metadata             map[string]string `json:"metadata"`
	Outcome              *outcome          `json:"outcome"`
	Paid                 bool              `json:"paid"`
	PaymentIntent        opt               `json:"payment_intent"`
	PaymentMethod        opt               `json:"payment_method"`
	PaymentMethodDetails map[string]any    `json:"payment_method_details"`
	ReceiptEmail         opt               `json:"receipt_email"`
	ReceiptURL           opt               `json:"receipt_url"`
	Refunded             bool              `json:"refunded"`
	Status               string            `json:"status"`
}

type outcome struct {
	NetworkStatus string `json:"network_status"`
	Reason        opt    `json:"reason"`
	RiskLevel     string `json:"risk_level"`
	SellerMessage string `json:"seller_message"`
	Type          string `json:"type"`
}

var chargeEndpoints = []endpoint{
	{"GET /v1/charges/{id}", nil, func(c *call) (any, *apiError) { return c.charge(c.id, "id") }},
	{"GET /v1/charges", withList("customer", "payment_intent"), func(c *call) (any, *apiError) {
		return list(c, &c.acct.Charges, "charge", func(x *charge) bool {
			return c.is("customer", x.Customer) && c.is("payment_intent", x.PaymentIntent)
		})
	}},
}

func (c *call) charge(id, param string) (*charge, *apiError) {
	ch, ok := c.acct.Charges.get(id)
	if !ok {
		return nil, notFound("charge", id, param)
	}
	return ch, nil
}

// addCharge opens a charge. A pending one tells so at once; the end of the
// others is told by settle and fail.
func (c *call) addCharge(pi *paymentIntent, pm *paymentMethod, status string) *charge {
	prefix, details := "ch_3", map[string]any{"type": pm.Type}
	if pm.Type == "card" {
		details["card"] = pm.Card
	} else {
		prefix = "py_3"
		details[pm.Type] = pm.SEPA
	}
	ch := &charge{
		header: header{ID: c.srv.state.id(prefix, 23), Object: "charge", Created: c.srv.now()},
		Amount: pi.Amount, Currency: pi.Currency, Customer: pi.Customer, Description: pi.Description,
		Metadata: pi.Metadata, PaymentIntent: opt(pi.ID), PaymentMethod: opt(pm.ID), BillingDetails: pm.BillingDetails,
		PaymentMethodDetails: details, ReceiptEmail: pi.ReceiptEmail, Status: status,
	}
	c.acct.Charges.add(ch)
	pi.LatestCharge = opt(ch.ID)
	if status == "pending" {
		ch.Captured, ch.AmountCaptured = true, ch.Amount
		c.emit("charge.pending", ch)
	}
	return ch
}
