package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// checkoutSession is one visit to the hosted page.
type checkoutSession struct {
	header
	AmountSubtotal     *int64            `json:"amount_subtotal"`
	AmountTotal        *int64            `json:"amount_total"`
	CancelURL          opt               `json:"cancel_url"`
	ClientReferenceID  opt               `json:"client_reference_id"`
	Currency           opt               `json:"currency"`
	Customer           opt               `json:"customer"`
	CustomerCreation   opt               `json:"customer_creation"`
	CustomerDetails    map[string]any    `json:"customer_details"`
	CustomerEmail      opt               `json:"customer_email"`
	ExpiresAt          int64             `json:"expires_at"`
	Livemode           bool              `json:"livemode"`
	Locale             opt               `json:"locale"`
	Metadata           map[string]string `json:"metadata"`
	Mode               string            `json:"mode"`
	PaymentIntent      opt               `json:"payment_intent"`
	PaymentMethodTypes []string          `json:"payment_method_types"`
	PaymentStatus      string            `json:"payment_status"`
	SetupIntent        opt               `json:"setup_intent"`
	Status             string            `json:"status"`
	SubmitType         opt               `json:"submit_type"`
	SuccessURL         string            `json:"success_url"`
	URL                opt               `json:"url"`
	Lines              []line            `json:"_lines"`
	Later              later             `json:"_later"`
}

// line is one line item with inline price data.
type line struct {
	ID, Name, Description, Currency string
	UnitAmount, Quantity            int64
}

// later is what the payment will be told when it is made.
type later struct {
	Description, FutureUsage, ReceiptEmail string
	Metadata                               map[string]string
}

const (
	shortestSession = 30 * time.Minute
	longestSession  = 24 * time.Hour
)

var sessionEndpoints = []endpoint{
	{"POST /v1/checkout/sessions", []string{"mode", "success_url", "cancel_url", "client_reference_id", "customer", "customer_email",
		"customer_creation", "currency", "metadata", "metadata[*]", "expires_at", "locale", "submit_type", "payment_method_types[]",
		"payment_intent_data[metadata][*]", "payment_intent_data[setup_future_usage]", "payment_intent_data[description]",
		"payment_intent_data[receipt_email]", "payment_intent_data[statement_descriptor]", "payment_intent_data[statement_descriptor_suffix]",
		"payment_intent_data[capture_method]", "setup_intent_data[metadata][*]", "setup_intent_data[description]", "payment_method_options[*]",
		"billing_address_collection", "phone_number_collection[*]", "custom_text[*]", "invoice_creation[*]", "consent_collection[*]",
		"allow_promotion_codes", "ui_mode", "saved_payment_method_options[*]",
		"line_items[][quantity]", "line_items[][price_data][currency]", "line_items[][price_data][unit_amount]",
		"line_items[][price_data][product_data][name]", "line_items[][price_data][product_data][description]",
		"line_items[][price_data][product_data][metadata][*]", "line_items[][price_data][tax_behavior]"}, createSession},
	{"GET /v1/checkout/sessions/{id}", nil, func(c *call) (any, *apiError) { return c.session(c.id) }},
	{"GET /v1/checkout/sessions/{id}/line_items", withList(), func(c *call) (any, *apiError) {
		s, bad := c.session(c.id)
		if bad != nil {
			return nil, bad
		}
		return s.lineItems(), nil
	}},
	{"POST /v1/checkout/sessions/{id}/expire", nil, expireSession},
	{"GET /v1/checkout/sessions", withList("customer", "customer_details[email]", "payment_intent", "status"), func(c *call) (any, *apiError) {
		return list(c, &c.acct.Sessions, "checkout.session", func(s *checkoutSession) bool {
			return c.is("customer", s.Customer) && c.is("payment_intent", s.PaymentIntent) && c.is("status", opt(s.Status)) &&
				c.is("customer_details[email]", opt(fmt.Sprint(s.CustomerDetails["email"])))
		})
	}},
}

func (c *call) session(id string) (*checkoutSession, *apiError) {
	s, ok := c.acct.Sessions.get(id)
	if !ok {
		return nil, notFound("checkout.session", id, "session")
	}
	return s, nil
}

func (c *call) sessionIsOpen(id string) bool {
	s, ok := c.acct.Sessions.get(id)
	return ok && s.Status == "open"
}

func createSession(c *call) (any, *apiError) {
	s := &checkoutSession{Mode: c.p.required("mode"), SuccessURL: c.returnURL("success_url"), CancelURL: opt(c.p.str("cancel_url")),
		ClientReferenceID: opt(c.p.str("client_reference_id")), Customer: opt(c.p.str("customer")), CustomerEmail: opt(c.p.str("customer_email")),
		CustomerCreation: opt(c.p.oneOf("customer_creation", "always", "if_required")), Locale: opt(c.p.str("locale")),
		SubmitType:         opt(c.p.oneOf("submit_type", "auto", "book", "donate", "pay")),
		PaymentMethodTypes: c.p.list("payment_method_types"), Metadata: c.p.metadata("metadata", nil), PaymentStatus: "unpaid", Status: "open"}
	c.p.required("success_url")
	if s.CancelURL != "" {
		c.returnURL("cancel_url")
	}
	if ui := c.p.str("ui_mode"); ui != "" && ui != "hosted" {
		c.p.fail(invalid("", "ui_mode", "This sandbox has only the hosted page."))
	}
	if len(s.ClientReferenceID) > 200 {
		c.p.fail(invalid("", "client_reference_id", "client_reference_id can be up to 200 characters."))
	}
	c.sessionPayer(s)
	c.sessionEnd(s)
	switch s.Mode {
	case "payment":
		c.sessionLines(s)
	case "setup":
		s.PaymentStatus = "no_payment_required"
		s.Later = later{Description: c.p.str("setup_intent_data[description]"), Metadata: c.p.metadata("setup_intent_data[metadata]", nil)}
		if cur := c.p.str("currency"); cur != "" {
			s.Currency = opt(c.p.currency("currency"))
		} else if len(s.PaymentMethodTypes) == 0 {
			c.p.fail(missing("currency"))
		}
	default:
		c.p.fail(invalid("", "mode", "Invalid mode: must be one of payment, setup in this sandbox"))
	}
	if c.p.err == nil {
		c.sessionTypes(s)
	}
	if c.p.err != nil {
		return nil, c.p.err
	}
	s.header.ID = c.srv.state.id("cs_test_a1", 56)
	s.URL = opt(c.srv.base + "/c/pay/" + s.ID)
	c.acct.Sessions.add(s)
	c.acct.OpenByTime[s.ID] = s.ExpiresAt
	if s.Mode == "setup" {
		si := &setupIntent{Customer: s.Customer, Description: opt(s.Later.Description), Metadata: s.Later.Metadata, PaymentMethodTypes: s.PaymentMethodTypes}
		c.addSetup(si)
		s.SetupIntent = opt(si.ID)
	}
	return s, nil
}

func (c *call) returnURL(name string) string {
	v := c.p.str(name)
	u, err := url.Parse(strings.ReplaceAll(v, "{CHECKOUT_SESSION_ID}", "cs"))
	if v != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		c.p.fail(invalid("url_invalid", name, "Not a valid URL"))
	}
	return v
}

func (c *call) sessionPayer(s *checkoutSession) {
	if s.Customer == "" {
		if s.CustomerEmail != "" {
			s.CustomerDetails = map[string]any{"email": s.CustomerEmail, "name": nil, "phone": nil, "address": nil, "tax_exempt": "none", "tax_ids": nil}
		}
		return
	}
	x, bad := c.customer(string(s.Customer), "customer")
	switch {
	case bad != nil:
		c.p.fail(bad)
	case s.CustomerEmail != "":
		c.p.fail(invalid("", "customer_email", "You may only specify one of these parameters: customer, customer_email."))
	case s.CustomerCreation != "":
		c.p.fail(invalid("", "customer_creation", "`customer_creation` can't be used together with `customer`."))
	default:
		s.CustomerDetails = detailsOf(x)
	}
}

func detailsOf(x *customer) map[string]any {
	return map[string]any{"email": x.Email, "name": x.Name, "phone": x.Phone, "address": x.Address, "tax_exempt": "none", "tax_ids": nil}
}

// sessionEnd checks expires_at: from 30 minutes to 24 hours on, 24 hours unless told.
func (c *call) sessionEnd(s *checkoutSession) {
	s.header = header{Object: "checkout.session", Created: c.srv.now()}
	s.ExpiresAt = s.Created + int64(longestSession.Seconds())
	if !c.p.has("expires_at") {
		return
	}
	s.ExpiresAt = c.p.integer("expires_at")
	if s.ExpiresAt < s.Created+int64(shortestSession.Seconds()) {
		c.p.fail(invalid("", "expires_at", "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."))
	}
	if s.ExpiresAt > s.Created+int64(longestSession.Seconds()) {
		c.p.fail(invalid("", "expires_at", "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."))
	}
}

func (c *call) sessionLines(s *checkoutSession) {
	var total int64
	for i := 0; ; i++ {
		at := fmt.Sprintf("line_items[%d]", i)
		if !c.p.has(at+"[quantity]") && !c.p.has(at+"[price_data][currency]") {
			break
		}
		l := line{ID: c.srv.state.id("li_1", 23), Currency: c.p.currency(at + "[price_data][currency]"),
			UnitAmount: c.p.amount(at + "[price_data][unit_amount]"), Quantity: c.p.amount(at + "[quantity]"),
			Name: c.p.required(at + "[price_data][product_data][name]"), Description: c.p.str(at + "[price_data][product_data][description]")}
		if s.Currency != "" && string(s.Currency) != l.Currency {
			c.p.fail(invalid("", at+"[price_data][currency]", "All line items must have the same currency."))
		}
		s.Currency = opt(l.Currency)
		if c.p.err != nil {
			return
		}
		total += l.UnitAmount * l.Quantity
		s.Lines = append(s.Lines, l)
	}
	if len(s.Lines) == 0 {
		c.p.fail(missing("line_items"))
		return
	}
	s.AmountTotal, s.AmountSubtotal = &total, &total
	if total > 99_999_999 {
		c.p.fail(invalid("amount_too_large", "line_items", "Amount must be no more than 99999999"))
	}
	c.p.chargeable(total, string(s.Currency), "line_items")
	if c.p.str("payment_intent_data[capture_method]") == "manual" {
		c.p.fail(invalid("", "payment_intent_data[capture_method]", "This sandbox captures at once."))
	}
	s.Later = later{Description: c.p.str("payment_intent_data[description]"), ReceiptEmail: c.p.str("payment_intent_data[receipt_email]"),
		FutureUsage: c.p.oneOf("payment_intent_data[setup_future_usage]", "off_session", "on_session"),
		Metadata:    c.p.metadata("payment_intent_data[metadata]", nil)}
	if s.Customer == "" && s.CustomerCreation == "" {
		s.CustomerCreation = "if_required"
	}
}

func (c *call) sessionTypes(s *checkoutSession) {
	if len(s.PaymentMethodTypes) == 0 {
		s.PaymentMethodTypes = defaultTypes(string(s.Currency))
	}
	for _, t := range s.PaymentMethodTypes {
		switch {
		case t != "card" && t != "sepa_debit":
			c.p.fail(invalid("", "payment_method_types", "This sandbox knows the payment method types card and sepa_debit, not %s.", t))
		case t == "sepa_debit" && s.Mode == "payment" && s.Currency != "eur":
			c.p.fail(invalid("", "payment_method_types", "The payment method `sepa_debit` cannot be used with %s; use eur.", s.Currency))
		}
	}
}

func expireSession(c *call) (any, *apiError) {
	s, bad := c.session(c.id)
	if bad != nil {
		return nil, bad
	}
	if s.Status != "open" {
		return nil, invalid("", "", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `%s`.", s.Status)
	}
	c.expire(s)
	return s, nil
}

// expire closes a session for good; its unpaid intent goes with it.
func (c *call) expire(s *checkoutSession) {
	s.Status, s.URL = "expired", ""
	delete(c.acct.OpenByTime, s.ID)
	if pi, ok := c.acct.Intents.get(string(s.PaymentIntent)); ok && pi.Status != canceled {
		c.cancel(pi, "abandoned")
	}
	c.emit("checkout.session.expired", s)
}

// expireSessions notices the sessions whose time has come, in a fixed order.
func (c *call) expireSessions() {
	var over []string
	for id, at := range c.acct.OpenByTime {
		if at <= c.srv.now() {
			over = append(over, id)
		}
	}
	slices.Sort(over)
	for _, id := range over {
		c.expire(c.acct.Sessions.Rows[id])
	}
}

func (s *checkoutSession) lineItems() map[string]any {
	data := []map[string]any{}
	for _, l := range s.Lines {
		total := l.UnitAmount * l.Quantity
		data = append(data, map[string]any{"id": l.ID, "object": "item", "description": l.Name, "quantity": l.Quantity, "currency": l.Currency,
			"amount_subtotal": total, "amount_total": total, "amount_discount": 0, "amount_tax": 0,
			"price": map[string]any{"id": "price_" + l.ID, "object": "price", "currency": l.Currency, "unit_amount": l.UnitAmount, "type": "one_time", "active": false}})
	}
	return map[string]any{"object": "list", "data": data, "has_more": false, "url": "/v1/checkout/sessions/" + s.ID + "/line_items"}
}
