package sandbox

// dispute is a payer's objection at their bank; the money is withdrawn at once.
type dispute struct {
	header
	Amount              int64             `json:"amount"`
	BalanceTransactions []map[string]any  `json:"balance_transactions"`
	Charge              opt               `json:"charge"`
	Currency            string            `json:"currency"`
	Evidence            map[string]any    `json:"evidence"`
	EvidenceDetails     map[string]any    `json:"evidence_details"`
	IsChargeRefundable  bool              `json:"is_charge_refundable"`
	Livemode            bool              `json:"livemode"`
	Metadata            map[string]string `json:"metadata"`
	PaymentIntent       opt               `json:"payment_intent"`
	Reason              string            `json:"reason"`
	Status              string            `json:"status"`
}

// disputeFee is kept by Stripe whatever the outcome, in minor units.
const disputeFee = 1500

var disputeEndpoints = []endpoint{
	{"GET /v1/disputes/{id}", nil, func(c *call) (any, *apiError) {
		d, ok := c.acct.Disputes.get(c.id)
		if !ok {
			return nil, notFound("dispute", c.id, "id")
		}
		return d, nil
	}},
	{"GET /v1/disputes", withList("charge", "payment_intent"), func(c *call) (any, *apiError) {
		return list(c, &c.acct.Disputes, "dispute", func(d *dispute) bool {
			return c.is("charge", d.Charge) && c.is("payment_intent", d.PaymentIntent)
		})
	}},
}

func (c *call) openDispute(ch *charge) {
	d := &dispute{header: header{ID: c.srv.state.id("dp_1", 23), Object: "dispute", Created: c.srv.now()},
		Amount: ch.Amount - ch.AmountRefunded, Charge: opt(ch.ID), Currency: ch.Currency, PaymentIntent: ch.PaymentIntent,
		Evidence: map[string]any{}, Metadata: map[string]string{}, Reason: "fraudulent", Status: "needs_response",
		EvidenceDetails: map[string]any{"due_by": c.srv.now() + payoutDelay, "has_evidence": false, "past_due": false, "submission_count": 0}}
	d.BalanceTransactions = []map[string]any{}
	c.acct.Disputes.add(d)
	ch.Disputed = true
	c.emit("charge.dispute.created", d)
	c.move(d, -d.Amount, disputeFee)
	c.emit("charge.dispute.funds_withdrawn", d)
}

func (c *call) move(d *dispute, amount, fee int64) {
	id := c.book("adjustment", d.ID, amount, fee, d.Currency)
	d.BalanceTransactions = append(d.BalanceTransactions, public(c.acct.Balance.Rows[id]))
}

// closeDispute is the bank's decision: won or lost.
func (c *call) closeDispute(d *dispute, status string) *apiError {
	if d.Status == "won" || d.Status == "lost" {
		return invalid("", "", "This dispute is already closed.")
	}
	d.Status = status
	if status == "won" {
		c.move(d, d.Amount, 0)
		c.emit("charge.dispute.funds_reinstated", d)
	}
	c.emit("charge.dispute.closed", d)
	return nil
}

func (c *call) wonDispute(ch *charge) bool {
	for d := range c.acct.Disputes.newest {
		if string(d.Charge) == ch.ID {
			return d.Status == "won"
		}
	}
	return false
}
