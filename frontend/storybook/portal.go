package storybook

import (
	"time"

	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/locale"
)

func (s set) portal() []Story {
	link := frontend.LinkView{Page: s.entry(), Action: "/l/abc", Fact: frontend.FactInvoiceLast4}
	wrong := link
	wrong.Page, wrong.Value = with(s.entry(), "fact", "fact_wrong", map[string]any{"left": 3}), "0418"
	locked := link
	locked.LockedUntil = s.now.Add(15 * time.Minute)
	born := link
	born.Fact = frontend.FactDateOfBirth
	code := frontend.CodeView{Page: s.page(), SentTo: "n•••@example.com", Channel: "email", ValidUntil: s.now.Add(10 * time.Minute), BackURL: "/portal/offers/1"}
	badCode := code
	badCode.Page, badCode.Value, badCode.Resent = with(s.page(), "code", "code_wrong", map[string]any{"left": 4}), "12", true
	noAddress := code
	noAddress.AskAddress, noAddress.Address = true, s.debtor
	stop := frontend.StopView{Page: s.entry(), Action: "/l/abc/stop"}
	stopped := stop
	stopped.Done = true
	lockedCode := code
	lockedCode.LockedUntil = s.now.Add(15 * time.Minute)
	return []Story{
		{"link", frontend.LinkPage(link)}, {"link-wrong", frontend.LinkPage(wrong)}, {"link-locked", frontend.LinkPage(locked)},
		{"link-birth", frontend.LinkPage(born)}, {"link-gone", frontend.LinkGonePage(frontend.LinkGoneView{Page: frontend.Page{Locale: s.locale}})},
		{"code", frontend.CodePage(code)}, {"code-wrong", frontend.CodePage(badCode)}, {"code-locked", frontend.CodePage(lockedCode)},
		{"code-address", frontend.CodePage(noAddress)}, {"stop", frontend.StopPage(stop)}, {"stopped", frontend.StopPage(stopped)},
		{"signed-out", frontend.SignedOutPage(frontend.SignedOutView{Page: s.entry()})},
		{"session-ended", frontend.SessionEndedPage(frontend.SessionEndedView{Page: s.entry()})},
		{"error-not-found", frontend.ErrorPage(frontend.ErrorView{Page: frontend.Page{Locale: s.locale, RequestID: "01JX3Q"}, Code: "not_found"})},
		{"error-internal", frontend.ErrorPage(frontend.ErrorView{Page: s.page(), Code: "internal", HomeURL: "/portal"})},
		{"error-console", frontend.ErrorPage(frontend.ErrorView{Page: s.console(), Code: "forbidden", HomeURL: "/console"})},
		{"overview", frontend.OverviewPage(s.overview())}, {"overview-agreed", frontend.OverviewPage(s.overviewAgreed())},
		{"overview-settled", frontend.OverviewPage(frontend.OverviewView{Page: s.page(), Debtor: s.debtor, CaseRef: "TV-1042", AsOf: s.today, Balance: s.m(0)})},
		{"statement", frontend.StatementPage(s.statement())},
	}
}

func (s set) overview() frontend.OverviewView {
	return frontend.OverviewView{
		Page: s.page(), Debtor: s.debtor, CaseRef: "TV-1042", AsOf: s.today, Balance: s.m(123456), Since: s.today.AddDays(-41),
		DaysLate: 41, Late: s.m(83456), Disputed: s.m(12000), CanOffers: true,
		Discount: &frontend.DiscountHint{URL: "/portal/offers/d1", Pay: s.m(111110), Saving: s.m(12346), Until: s.today.AddDays(10)},
		Invoices: []frontend.OverviewInvoice{
			{Number: "F-2026-0417", Concept: s.concept, Issued: s.today.AddDays(-71), Due: s.today.AddDays(-41), DaysLate: 41, Balance: s.m(83456)},
			{Number: "F-2026-0455", Issued: s.today.AddDays(-20), Due: s.today.AddDays(10), Balance: s.m(28000)},
			{Number: "F-2026-0398", Concept: s.concept, Issued: s.today.AddDays(-90), Due: s.today.AddDays(-60), DaysLate: 60, Disputed: true, Balance: s.m(12000)},
		},
	}
}

func (s set) overviewAgreed() frontend.OverviewView {
	v := s.overview()
	v.CanOffers, v.Discount = false, nil
	v.Agreement = &frontend.AgreementSummary{
		URL: "/portal/agreements/1", Kind: frontend.OfferPlan, State: frontend.AgreementActive, Total: s.m(123456), Paid: s.m(41152),
		Left: s.m(82304), NextDue: s.today.AddDays(20), NextAmount: s.m(20576), NextLate: true,
	}
	v.Processing = &frontend.PaymentSummary{URL: "/portal/payments/1", Amount: s.m(20576), State: frontend.PaymentProcessing}
	v.Flash = &frontend.Message{Key: "already_agreed"}
	return v
}

// statement is the canned statement, also for the PDF.
func (s set) statement() frontend.StatementView {
	m := s.m
	return frontend.StatementView{
		Page: s.page(), AsOf: s.today, Debtor: s.debtor, TaxID: "•••••678Z", CaseRef: "TV-1042", PDFURL: "/portal/statement.pdf", CanOffers: true,
		Invoices: []frontend.StatementInvoice{
			{
				Number: "F-2026-0417", Concept: s.concept, Issued: s.today.AddDays(-71), Due: s.today.AddDays(-41), DaysLate: 41,
				Lines: []frontend.InvoiceLine{
					{Description: s.concept, Quantity: "1", Amount: m(60000)}, {Description: "Azulejo 20 × 20, m²", Quantity: "12.5", Amount: m(25000)},
				},
				Original: m(85000), Interest: m(456), Fees: m(4000), Discount: m(1000), Paid: m(5000), Balance: m(83456), CopyURL: "/portal/invoices/1/copy",
			},
			{
				Number: "F-2026-0455", Issued: s.today.AddDays(-20), Due: s.today.AddDays(10), Disputed: true,
				Lines:    []frontend.InvoiceLine{{Description: s.concept, Amount: m(40000)}},
				Original: m(40000), Interest: m(0), Fees: m(0), Discount: m(0), Paid: m(0), Balance: m(40000),
			},
		},
		Movements: []frontend.Movement{
			{On: s.today.AddDays(-71), Kind: frontend.MovementInvoice, Invoice: "F-2026-0417", Amount: m(85000), Balance: m(85000)},
			{On: s.today.AddDays(-30), Kind: frontend.MovementFee, Invoice: "F-2026-0417", Note: s.concept, Amount: m(4000), Balance: m(89000)},
			{On: s.today.AddDays(-29), Kind: frontend.MovementPayment, Invoice: "F-2026-0417", Amount: m(-5000), Balance: m(84000)},
			{On: s.today.AddDays(-20), Kind: frontend.MovementInvoice, Invoice: "F-2026-0455", Amount: m(40000), Balance: m(124000)},
			{On: s.today.AddDays(-2), Kind: frontend.MovementDiscount, Invoice: "F-2026-0417", Amount: m(-1000), Balance: m(123000)},
			{On: s.today, Kind: frontend.MovementInterest, Invoice: "F-2026-0417", Amount: m(456), Balance: m(123456)},
		},
		Totals: frontend.StatementTotals{
			Original: m(125000), Interest: m(456), Fees: m(4000), Discount: m(1000), Paid: m(5000), Balance: m(123456), Late: m(83456), Disputed: m(40000),
		},
	}
}

// Statement, Agreement and Receipt are the canned views that PDFs are made of.
func Statement(lang locale.Language, supplied string) frontend.StatementView {
	return newSet(lang, supplied).statement()
}

// Agreement is the canned agreement.
func Agreement(lang locale.Language, supplied string) frontend.AgreementView {
	return newSet(lang, supplied).agreement()
}

// Receipt is the canned receipt.
func Receipt(lang locale.Language, supplied string) frontend.ReceiptView {
	return newSet(lang, supplied).receipt()
}

// Terms are the canned terms of a plan.
func Terms(lang locale.Language, supplied string) frontend.TermsView {
	return newSet(lang, supplied).terms()
}
