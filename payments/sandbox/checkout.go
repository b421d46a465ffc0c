package sandbox

import "strings"

// submit pays an open session, or saves a method for it, with what the payer
// typed. It answers the refusal to show; the session then stays open.
func (c *call) submit(s *checkoutSession, typed *paymentMethod) *apiError {
	typed.BillingDetails.Email = s.email()
	pm := c.addMethod(typed)
	if s.Mode == "setup" {
		si := c.acct.Setups.Rows[string(s.SetupIntent)]
		if bad := c.keepMethod(si, pm, false); bad != nil {
			return bad
		}
		c.finish(s)
		return nil
	}
	pi := c.intentOf(s)
	c.knowPayer(s, pi, pm)
	if bad := c.pay(pi, pm, manner{}); bad != nil {
		return bad
	}
	c.finish(s)
	return nil
}

// prove is the payer's answer to 3-D Secure on the hosted page.
func (c *call) prove(s *checkoutSession, passed bool) *apiError {
	defer c.finish(s)
	if s.Mode == "payment" {
		return c.authenticate(c.acct.Intents.Rows[string(s.PaymentIntent)], passed)
	}
	si := c.acct.Setups.Rows[string(s.SetupIntent)]
	pm := c.acct.Methods.Rows[string(si.PaymentMethod)]
	if passed {
		return c.keepMethod(si, pm, true)
	}
	why := &apiError{Status: 402, Type: "card_error", Code: "setup_intent_authentication_failure",
		Message: "We are unable to authenticate your payment method. Please choose a different payment method and try again."}
	c.failSetup(si, pm, why)
	return why
}

// intentOf is the session's intent; as at Stripe it is made when the payer first pays.
func (c *call) intentOf(s *checkoutSession) *paymentIntent {
	if pi, ok := c.acct.Intents.get(string(s.PaymentIntent)); ok {
		return pi
	}
	pi := &paymentIntent{Amount: *s.AmountTotal, Currency: string(s.Currency), Customer: s.Customer, Description: opt(s.Later.Description),
		Metadata: s.Later.Metadata, PaymentMethodTypes: s.PaymentMethodTypes, ReceiptEmail: opt(s.Later.ReceiptEmail),
		SetupFutureUsage: opt(s.Later.FutureUsage), Session: s.ID}
	c.addIntent(pi)
	s.PaymentIntent = opt(pi.ID)
	return pi
}

// knowPayer makes the customer that keeps the method, before money moves.
func (c *call) knowPayer(s *checkoutSession, pi *paymentIntent, pm *paymentMethod) {
	if pi.Customer != "" || s.CustomerCreation != "always" && pi.SetupFutureUsage == "" || pm.Does.declined() != nil {
		return
	}
	x := &customer{Email: s.email(), PreferredLocales: []string{}, TaxExempt: "none", Metadata: map[string]string{}}
	c.addCustomer(x)
	s.Customer, pi.Customer = opt(x.ID), opt(x.ID)
	s.CustomerDetails = detailsOf(x)
}

// finish closes a session whose payment came through, or is on its way.
func (c *call) finish(s *checkoutSession) {
	status := s.PaymentStatus
	if s.Mode == "setup" {
		if si := c.acct.Setups.Rows[string(s.SetupIntent)]; si.Status != succeeded {
			return
		}
	} else {
		switch c.acct.Intents.Rows[string(s.PaymentIntent)].Status {
		case succeeded:
			status = "paid"
		case processing:
			status = "unpaid"
		default:
			return
		}
	}
	s.Status, s.PaymentStatus, s.URL = "complete", status, ""
	delete(c.acct.OpenByTime, s.ID)
	if s.CustomerDetails == nil {
		s.CustomerDetails = map[string]any{"email": "sandbox@example.com", "name": nil, "phone": nil, "address": nil, "tax_exempt": "none", "tax_ids": nil}
	}
	c.emit("checkout.session.completed", s)
}

// settleDebit is the bank's word on a pending debit.
func (c *call) settleDebit(pi *paymentIntent, paid bool) *apiError {
	if pi.Status != processing {
		return unexpectedState(pi, "settle")
	}
	ch, pm := c.acct.Charges.Rows[string(pi.LatestCharge)], c.acct.Methods.Rows[string(pi.PaymentMethod)]
	s, hosted := c.acct.Sessions.get(pi.Session)
	if paid {
		c.settle(pi, ch)
		if hosted {
			s.PaymentStatus = "paid"
			c.emit("checkout.session.async_payment_succeeded", s)
		}
		return nil
	}
	c.fail(pi, ch, pm, &apiError{Status: 402, Type: "card_error", Code: "insufficient_funds", DeclineCode: "insufficient_funds",
		Message: "The customer's account has insufficient funds to cover this payment."})
	if hosted {
		c.emit("checkout.session.async_payment_failed", s)
	}
	return nil
}

func (s *checkoutSession) email() opt {
	switch e := s.CustomerDetails["email"].(type) {
	case opt:
		return e
	case string: // after a restart it was read from JSON
		return opt(e)
	}
	return ""
}

// returnTo is where the payer goes after paying.
func (s *checkoutSession) returnTo() string {
	return strings.ReplaceAll(s.SuccessURL, "{CHECKOUT_SESSION_ID}", s.ID)
}

// waitsForProof tells whether 3-D Secure is open.
func (c *call) waitsForProof(s *checkoutSession) bool {
	if s.Mode == "setup" {
		return c.acct.Setups.Rows[string(s.SetupIntent)].Status == needsAction
	}
	pi, ok := c.acct.Intents.get(string(s.PaymentIntent))
	return ok && pi.Status == needsAction
}
