package sandbox

import "net/http"

type refund struct {
	header
	Amount             int64             `json:"amount"`
	BalanceTransaction opt               `json:"balance_transaction"`
	Charge             opt               `json:"charge"`
	Currency           string            `json:"currency"`
	FailureReason      string            `json:"failure_reason,omitempty"`
	Metadata           map[string]string `json:"metadata"`
	PaymentIntent      opt               `json:"payment_intent"`
	Reason             opt               `json:"reason"`
	ReceiptNumber      opt               `json:"receipt_number"`
	Status             string            `json:"status"`
}

var refundEndpoints = []endpoint{
	{"POST /v1/refunds", []string{"charge", "payment_intent", "amount", "reason", "metadata", "metadata[*]", "currency"}, createRefund},
	{"GET /v1/refunds/{id}", nil, func(c *call) (any, *apiError) { return c.refund(c.id) }},
	{"POST /v1/refunds/{id}", []string{"metadata", "metadata[*]"}, updateRefund},
	{"GET /v1/refunds", withList("charge", "payment_intent"), func(c *call) (any, *apiError) {
		return list(c, &c.acct.Refunds, "refund", func(x *refund) bool {
			return c.is("charge", x.Charge) && c.is("payment_intent", x.PaymentIntent)
		})
	}},
}

func (c *call) refund(id string) (*refund, *apiError) {
	r, ok := c.acct.Refunds.get(id)
	if !ok {
		return nil, notFound("refund", id, "id")
	}
	return r, nil
}

func createRefund(c *call) (any, *apiError) {
	ch, bad := c.refundable()
	if bad != nil {
		return nil, bad
	}
	left := ch.Amount - ch.AmountRefunded
	amount := left
	if c.p.has("amount") {
		amount = c.p.amount("amount")
	}
	reason := c.p.oneOf("reason", "duplicate", "fraudulent", "requested_by_customer")
	meta := c.p.metadata("metadata", nil)
	switch {
	case c.p.err != nil:
		return nil, c.p.err
	case left == 0:
		return nil, invalid("charge_already_refunded", "", "Charge %s has already been refunded.", ch.ID)
	case amount > left:
		return nil, invalid("", "amount", "Refund amount (%d) is greater than unrefunded amount on charge (%d)", amount, left)
	}
	r := &refund{header: header{ID: c.srv.state.id("re_3", 23), Object: "refund", Created: c.srv.now()},
		Amount: amount, Charge: opt(ch.ID), Currency: ch.Currency, Metadata: meta,
		PaymentIntent: ch.PaymentIntent, Reason: opt(reason), Status: succeeded}
	r.BalanceTransaction = opt(c.book("refund", r.ID, -amount, 0, ch.Currency))
	c.acct.Refunds.add(r)
	ch.AmountRefunded += amount
	ch.Refunded = ch.AmountRefunded == ch.Amount
	c.emit("charge.refunded", ch)
	c.emit("refund.created", r)
	return r, nil
}

// refundable is the paid charge that the request names, itself or by its intent.
func (c *call) refundable() (*charge, *apiError) {
	id, param := c.p.str("charge"), "charge"
	if in := c.p.str("payment_intent"); in != "" {
		pi, bad := c.intent(in, "payment_intent")
		if bad != nil {
			return nil, bad
		}
		if pi.Status != succeeded {
			return nil, invalid("", "payment_intent", "This PaymentIntent (%s) does not have a successful charge to refund.", in)
		}
		id, param = string(pi.LatestCharge), "payment_intent"
	}
	if id == "" {
		return nil, invalid("parameter_missing", "", "One of the following params should be provided for this request: payment_intent or charge.")
	}
	ch, bad := c.charge(id, param)
	switch {
	case bad != nil:
		return nil, bad
	case !ch.Paid:
		return nil, invalid("", param, "Charge %s is not paid and can't be refunded.", ch.ID)
	case ch.Disputed && !c.wonDispute(ch):
		return nil, invalid("charge_disputed", "", "Charge %s has been charged back; cannot issue a refund.", ch.ID)
	}
	return ch, nil
}

func updateRefund(c *call) (any, *apiError) {
	r, bad := c.refund(c.id)
	if bad != nil {
		return nil, bad
	}
	meta := c.p.metadata("metadata", r.Metadata)
	if c.p.err != nil {
		return nil, c.p.err
	}
	r.Metadata = meta
	c.refundChanged(r)
	return r, nil
}

func (c *call) refundChanged(r *refund) {
	c.emit("charge.refund.updated", r)
	c.emit("refund.updated", r)
}

// bounce is a refund that the payer's bank would not take: the money returns.
func (c *call) bounce(r *refund) *apiError {
	if r.Status != succeeded {
		e := invalid("", "", "This refund is %s.", r.Status)
		e.Status = http.StatusConflict
		return e
	}
	ch := c.acct.Charges.Rows[string(r.Charge)]
	r.Status, r.FailureReason = "failed", "expired_or_canceled_card"
	c.book("refund", r.ID, r.Amount, 0, r.Currency)
	ch.AmountRefunded -= r.Amount
	ch.Refunded = false
	c.refundChanged(r)
	return nil
}

func (c *call) refundsOf(ch *charge) map[string]any {
	data := []map[string]any{}
	for r := range c.acct.Refunds.newest {
		if string(r.Charge) == ch.ID {
			data = append(data, public(r))
		}
	}
	return map[string]any{"object": "list", "data": data, "has_more": false, "url": "/v1/charges/" + ch.ID + "/refunds"}
}
