package storybook

import (
	"time"

	"github.com/acuerdo/acuerdo/frontend"
)

func (s set) staff() []Story {
	signIn := frontend.SignInView{Page: s.entry(), Next: "/console"}
	wrong := signIn
	wrong.Page, wrong.Email = with(s.entry(), "password", "sign_in_wrong", nil), s.debtor
	policy := s.policy()
	badPolicy := policy
	badPolicy.Page = with(s.console(), "plan.max_count", "policy_too_large", map[string]any{"max": 60})
	readOnly := policy
	readOnly.CanEdit = false
	demo := s.console()
	demo.User, demo.Brand = nil, frontend.Brand{}
	message := frontend.InboxRow{URL: "/inbox/1", Channel: "email", From: "cobros@talleresvega.example", To: "nuria@example.com", Subject: s.concept, Preview: s.debtor, At: s.now}
	return []Story{
		{"sign-in", frontend.SignInPage(signIn)}, {"sign-in-wrong", frontend.SignInPage(wrong)},
		{"queue", frontend.QueuePage(s.queue("new"))}, {"queue-cases", frontend.QueuePage(s.queue("cases"))},
		{"queue-empty", frontend.QueuePage(frontend.QueueView{Page: s.console(), Today: s.today, Tab: "new"})},
		{"case-file", frontend.CaseFilePage(s.caseFile())},
		{"policy", frontend.PolicyPage(policy)}, {"policy-wrong", frontend.PolicyPage(badPolicy)}, {"policy-read", frontend.PolicyPage(readOnly)},
		{"inbox", frontend.InboxPage(frontend.InboxView{Page: demo, Messages: []frontend.InboxRow{message, {URL: "/inbox/2", Channel: "sms", To: "+34 600 000 000", Preview: s.debtor, At: s.now}}})},
		{"message", frontend.MessagePage(frontend.MessageView{Page: demo, InboxRow: message, HTMLURL: "/inbox/1.html", Text: s.debtor + "\n\nhttps://pay.example/l/abc", Links: []string{"https://pay.example/l/abc"}})},
		{"demo", frontend.DemoHomePage(s.demoHome(demo))},
	}
}

func (s set) queue(tab string) frontend.QueueView {
	return frontend.QueueView{
		Page: s.console(), Today: s.today, Tab: tab, NewCount: 3, Query: s.debtor, PageNo: 2, HasNext: true, Total: 61,
		New: []frontend.QueueItem{
			{CaseURL: "/console/cases/TV-1042", CaseRef: "TV-1042", Debtor: s.debtor, Kind: "commitment_made", Amount: s.m(123456), At: s.now, Params: map[string]any{"kind": "plan", "total_minor": float64(123456), "instalments": float64(6)}},
			{CaseURL: "/console/cases/TV-1042", CaseRef: "TV-1042", Debtor: s.debtor, Kind: "payment_received", Amount: s.m(20576), At: s.now, Params: map[string]any{"amount_minor": float64(20576), "balance_minor": float64(102880)}},
			{CaseURL: "/console/cases/TV-1007", CaseRef: "TV-1007", Debtor: "Cafetería Sol, S. L.", Kind: "payment_failed", Amount: s.m(9900), At: s.now.Add(-time.Hour), Params: map[string]any{"amount_minor": float64(9900), "reason": "card_declined"}},
		},
		Cases: []frontend.CaseRow{
			{URL: "/console/cases/TV-1042", Ref: "TV-1042", Debtor: s.debtor, DebtorKind: "consumer", Balance: s.m(102880), DaysLate: 41, State: frontend.CaseAgreed, LastEvent: s.now},
			{URL: "/console/cases/TV-1007", Ref: "TV-1007", Debtor: "Cafetería Sol, S. L.", DebtorKind: "company", Balance: s.m(9900), State: frontend.CaseOpen, LastEvent: s.now.Add(-time.Hour)},
		},
	}
}

func (s set) caseFile() frontend.CaseFileView {
	a := s.agreement()
	st := s.statement()
	entry := func(minutes int, actor, channel, kind string, params map[string]any) frontend.TimelineEntry {
		return frontend.TimelineEntry{At: s.now.Add(time.Duration(minutes) * time.Minute), Actor: actor, Channel: channel, Kind: kind, Params: params}
	}
	v := frontend.CaseFileView{
		Page: s.console(), Ref: "TV-1042", State: frontend.CaseAgreed, AsOf: s.today, Balance: s.m(102880), Late: s.m(83456), Disputed: s.m(12000), DaysLate: 41,
		Debtor:   frontend.DebtorView{Name: s.debtor, Kind: "consumer", TaxID: "12345678Z", Email: "nuria@example.com", Phone: "+34 600 000 000", Address: s.concept, Language: "es", Country: "ES", ExternalID: "C-88"},
		Invoices: st.Invoices, OpenedAt: s.now.AddDate(0, -2, 0),
		Commitments: []frontend.CommitmentView{{
			ID: a.ID, Kind: a.Kind, State: a.State, AcceptedAt: s.now, Total: a.Total, Paid: a.Paid, Left: a.Left, NextDue: a.NextDue, Autopay: true,
			Schedule: a.Schedule, PDFURL: "/console/agreements/1.pdf", Evidence: &a.Evidence,
		}},
		Payments: []frontend.PaymentRow{
			{Reference: "PAY-7F3K", Amount: s.m(20576), State: frontend.PaymentPaid, At: s.now, Method: "Visa •••• 4242"},
			{Reference: "PAY-7F2J", Amount: s.m(20576), State: frontend.PaymentFailed, At: s.now, Failure: "card_declined"},
		},
		Messages: []frontend.MessageRow{
			{URL: "/inbox/1", Channel: "email", To: "nuria@example.com", Subject: s.concept, State: "sent", At: s.now},
			{Channel: "sms", To: "+34 600 000 000", Subject: "SMS", State: "failed", At: s.now},
		},
		Timeline: []frontend.TimelineEntry{
			entry(2, "stripe", "stripe", "payment_received", map[string]any{"amount_minor": float64(20576), "balance_minor": float64(102880)}),
			entry(0, "debtor", "portal", "commitment_made", map[string]any{"kind": "plan", "total_minor": float64(123456), "instalments": float64(6)}),
			entry(-1, "system", "email", "code_sent", map[string]any{"code_channel": "email"}),
			entry(-9, "debtor", "portal", "link_verified", map[string]any{"fact": "invoice_last4"}),
			entry(-99, "system", "email", "reminder_sent", nil),
			entry(-9000, "staff", "import", "imported", map[string]any{"new": float64(2), "changed": float64(0), "settled": float64(1)}),
		},
	}
	v.Timeline[1].Detail = "203.0.113.7 · " + s.debtor
	v.Timeline[5].Name = "Lucía Vega"
	return v
}

func (s set) policy() frontend.PolicyView {
	f := func(name string, kind frontend.PolicyFieldType, value string) frontend.PolicyField {
		return frontend.PolicyField{Name: name, Type: kind, Value: value}
	}
	autopay := f("plan.autopay", frontend.PolicySelect, "encouraged")
	autopay.Options = []string{"off", "encouraged", "required"}
	freq := f("plan.frequencies", frontend.PolicyCheckboxes, "")
	freq.Options, freq.Selected = []string{"weekly", "fortnightly", "monthly"}, []string{"monthly"}
	unset := f("keeping.grace_days", frontend.PolicyDays, "")
	unset.Unset = "5"
	return frontend.PolicyView{
		Page: s.console(), Version: 3, Since: s.now.AddDate(0, -1, 0), By: "Lucía Vega", CanEdit: true, Draft: true,
		Groups: []frontend.PolicyGroup{
			{Key: "early_payment", Rungs: [][]frontend.PolicyField{{
				f("early_payment.ladder.0.within_days", frontend.PolicyDays, "10"), f("early_payment.ladder.0.principal_bp", frontend.PolicyPercent, "10"),
			}}, Fields: []frontend.PolicyField{f("early_payment.cap_bp", frontend.PolicyPercent, s.debtor)}},
			{Key: "plan", Fields: []frontend.PolicyField{
				f("plan.min_count", frontend.PolicyInt, "2"), f("plan.max_count", frontend.PolicyInt, "12"),
				f("plan.min_instalment_minor."+string(s.cur), frontend.PolicyMoney, "40,00"), freq, autopay,
			}},
			{Key: "keeping", Fields: []frontend.PolicyField{unset}},
		},
		Versions: []frontend.PolicyVersion{
			{Version: 3, State: "published", Since: s.now.AddDate(0, -1, 0), By: "Lucía Vega", InForce: true},
			{Version: 2, State: "retired", Since: s.now.AddDate(0, -4, 0), By: "Lucía Vega"},
		},
	}
}

func (s set) demoHome(p frontend.Page) frontend.DemoHomeView {
	return frontend.DemoHomeView{
		Page: p, ConsoleURL: "/console", InboxURL: "/inbox", StripeURL: "http://127.0.0.1:9/", DocsURL: "/api/openapi.json",
		Users: []frontend.DemoUser{{Creditor: "Talleres Vega", Role: "admin", Email: "lucia@talleresvega.example", Password: "demo-demo"}},
		Cases: []frontend.DemoCase{{Ref: "TV-1042", Creditor: "Talleres Vega", Debtor: s.debtor, Kind: "consumer", Language: "es", Balance: s.m(123456), URL: "/l/abc", Fact: frontend.FactInvoiceLast4, KnownFact: "0417"}},
		Cards: []frontend.DemoCard{{Number: "4242 4242 4242 4242", Outcome: "succeed"}, {Number: "4000 0000 0000 0002", Outcome: "decline"}, {Number: "4000 0025 0000 3155", Outcome: "authenticate"}},
	}
}
