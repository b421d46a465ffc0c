package sandbox

import "github.com/acuerdo/acuerdo/money"

// manner is how a payment is tried.
type manner struct {
	offSession    bool // the payer is away
	authenticated bool // the payer has just passed 3-D Secure
	noAction      bool // the caller can't ask the payer for anything
}

// pay tries to move the money. A refusal is recorded on the intent and returned
// as the 402 that the API answers with.
func (c *call) pay(pi *paymentIntent, pm *paymentMethod, how manner) *apiError {
	pi.PaymentMethod, pi.NextAction, pi.LastPaymentError = opt(pm.ID), nil, nil
	switch verdict := pm.judge(how.offSession, how.authenticated); verdict {
	case pays, isDisputed:
		c.save(pi, pm, how)
		ch := c.addCharge(pi, pm, succeeded)
		c.settle(pi, ch)
		if verdict == isDisputed {
			c.openDispute(ch)
		}
		return nil
	case debitPays, debitBounces:
		c.save(pi, pm, how)
		c.addCharge(pi, pm, "pending")
		pi.Status = processing
		c.emit("payment_intent.processing", pi)
		return nil
	case asksAlways:
		if how.offSession || how.noAction {
			return c.refuse(pi, pm, askedForProof.declined())
		}
		pi.Status = needsAction
		pi.NextAction = map[string]any{"type": "redirect_to_url", "redirect_to_url": map[string]any{
			"url": c.srv.base + "/_test/authenticate/" + pi.ID, "return_url": nil}}
		c.emit("payment_intent.requires_action", pi)
		return nil
	default:
		return c.refuse(pi, pm, verdict.declined())
	}
}

// save keeps the method for later payments when the intent says so; a method
// that was used without a customer can't be used again.
func (c *call) save(pi *paymentIntent, pm *paymentMethod, how manner) {
	switch {
	case pi.SetupFutureUsage != "" && pi.Customer != "":
		pm.Proven = pm.Proven || how.authenticated
		c.attach(pm, string(pi.Customer))
	case pm.Customer == "":
		pm.Spent = true
	}
}

// settle ends an intent whose charge was paid.
func (c *call) settle(pi *paymentIntent, ch *charge) {
	ch.Status, ch.Paid, ch.Captured, ch.AmountCaptured = succeeded, true, true, ch.Amount
	fee := money.BasisPoints(ch.Amount, 290) + 30
	ch.BalanceTransaction = opt(c.book("charge", ch.ID, ch.Amount, fee, ch.Currency))
	ch.Outcome = &outcome{NetworkStatus: "approved_by_network", RiskLevel: "normal", SellerMessage: "Payment complete.", Type: "authorized"}
	pi.Status, pi.AmountReceived = succeeded, pi.Amount
	c.emit("charge.succeeded", ch)
	c.emit("payment_intent.succeeded", pi)
}

// refuse records a declined charge and gives the intent back for another try.
func (c *call) refuse(pi *paymentIntent, pm *paymentMethod, why *apiError) *apiError {
	ch := c.addCharge(pi, pm, "failed")
	c.fail(pi, ch, pm, why)
	shown := *why
	shown.PaymentIntent = public(pi)
	return &shown
}

// fail ends a charge badly; ch is nil when it never came to one.
func (c *call) fail(pi *paymentIntent, ch *charge, pm *paymentMethod, why *apiError) {
	why.PaymentMethod = public(pm)
	if ch != nil {
		why.Charge = ch.ID
		ch.Status, ch.FailureCode, ch.FailureMessage = "failed", opt(why.Code), opt(why.Message)
		ch.Outcome = &outcome{NetworkStatus: "declined_by_network", Reason: opt(why.DeclineCode), RiskLevel: "normal", SellerMessage: "The bank returned the decline code `" + why.DeclineCode + "`.", Type: "issuer_declined"}
		c.emit("charge.failed", ch)
	}
	pi.Status, pi.PaymentMethod, pi.NextAction, pi.LastPaymentError = needsMethod, "", nil, why
	c.emit("payment_intent.payment_failed", pi)
}

// authenticate is the payer's answer to 3-D Secure.
func (c *call) authenticate(pi *paymentIntent, passed bool) *apiError {
	pm := c.acct.Methods.Rows[string(pi.PaymentMethod)]
	if passed {
		return c.pay(pi, pm, manner{authenticated: true})
	}
	why := &apiError{Status: 402, Type: "card_error", Code: "payment_intent_authentication_failure",
		Message: "We are unable to authenticate your payment method. Please choose a different payment method and try again."}
	c.fail(pi, nil, pm, why)
	return why
}
