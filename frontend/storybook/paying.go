package storybook

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/acuerdo/acuerdo/frontend"
)

func (s set) terms() frontend.TermsView {
	return frontend.TermsView{
		Page: s.page(), Kind: frontend.OfferPlan, Debtor: s.debtor, CaseRef: "TV-1042", Date: s.today, ValidUntil: s.today.AddDays(10),
		Balance: s.m(123456), Total: s.m(123456), Frequency: frontend.Monthly, Schedule: s.schedule(6, 20576, 0), AutopayOffered: true,
		GraceDays: 5, BreaksAfter: 1, PolicyVersion: 3, Saving: s.m(0), Interest: s.m(0),
		Invoices: []frontend.TermsInvoice{
			{Number: "F-2026-0417", Due: s.today.AddDays(-41), Amount: s.m(83456)}, {Number: "F-2026-0455", Due: s.today.AddDays(10), Amount: s.m(40000)},
		},
	}
}

func (s set) plan(n int, each int64) frontend.OfferOption {
	rows := s.schedule(n, each, 0)
	return frontend.OfferOption{
		URL: "/portal/offers/p", Kind: frontend.OfferPlan, Total: s.m(123456), Count: n, Each: s.m(each), Frequency: frontend.Monthly,
		Upfront: rows[0].Amount, First: rows[0].Due, Last: rows[n-1].Due, Schedule: rows, Saving: s.m(0),
	}
}

func (s set) offers() frontend.OffersView {
	late := s.plan(12, 10288)
	late.Upfront, late.Frequency = s.m(0), frontend.Fortnightly
	return frontend.OffersView{
		Page: s.page(), AsOf: s.today, Balance: s.m(123456), PayAll: true, PayAmount: true, MinAmount: s.m(1000), ValidUntil: s.today.AddDays(10),
		Discounts: []frontend.OfferOption{{URL: "/portal/offers/d", Kind: frontend.OfferDiscount, Total: s.m(111110), Saving: s.m(12346), Until: s.today.AddDays(10)}},
		Plans:     []frontend.OfferOption{s.plan(3, 41152), s.plan(6, 20576), late}, Disputed: s.m(12000),
	}
}

func (s set) paying() []Story {
	bad := s.offers()
	bad.Page, bad.Amount = with(s.page(), "amount", "amount_not_a_number", nil), s.debtor
	offer := frontend.OfferView{Page: s.page(), Terms: s.terms(), AcceptURL: "/portal/offers/p/accept", DueNow: s.m(20576), NeedsCode: true, Autopay: true}
	noConsent := offer
	noConsent.Page = with(s.page(), "consent", "consent_missing", nil)
	discount := offer
	discount.Terms.Kind, discount.Terms.Total, discount.Terms.Saving = frontend.OfferDiscount, s.m(111110), s.m(12346)
	discount.Terms.Schedule, discount.Terms.AutopayOffered = s.schedule(1, 111110, 0), false
	gone := offer
	gone.Unavailable = frontend.UnavailableExpired
	stories := []Story{
		{"offers", frontend.OffersPage(s.offers())}, {"offers-wrong", frontend.OffersPage(bad)},
		{"offer-plan", frontend.OfferPage(offer)}, {"offer-no-consent", frontend.OfferPage(noConsent)},
		{"offer-discount", frontend.OfferPage(discount)}, {"offer-gone", frontend.OfferPage(gone)},
		{"agreement", frontend.AgreementPage(s.agreement())},
	}
	for _, state := range []frontend.PaymentState{
		frontend.PaymentWaiting, frontend.PaymentProcessing, frontend.PaymentPaid, frontend.PaymentFailed, frontend.PaymentCancelled, frontend.PaymentRefunded,
	} {
		stories = append(stories, Story{"payment-" + string(state), frontend.PaymentPage(frontend.PaymentView{
			Page: s.page(), Reference: "PAY-7F3K", State: state, Amount: s.m(20576), At: s.now, Card: "Visa •••• 4242", Failure: "insufficient_funds",
			CheckoutURL: "https://checkout.example/cs_1", RetryAmount: "205,76", BalanceAfter: s.m(102880), AgreementURL: "/portal/agreements/1",
			ReceiptURL: "/portal/payments/1.pdf", ReceiptTo: "n•••@example.com",
		})})
	}
	return stories
}

func (s set) agreement() frontend.AgreementView {
	text := frontend.TermsText(s.terms())
	sum := sha256.Sum256([]byte(text))
	return frontend.AgreementView{
		Page: s.page(), ID: "7F3K2Q", Kind: frontend.OfferPlan, State: frontend.AgreementActive, Debtor: s.debtor, CaseRef: "TV-1042", Terms: text,
		Total: s.m(123456), Paid: s.m(41152), Left: s.m(82304), Saving: s.m(0), NextDue: s.today, NextAmount: s.m(20576), Schedule: s.schedule(6, 20576, 2),
		Autopay: true, Card: "Visa •••• 4242", PDFURL: "/portal/agreements/1.pdf",
		Evidence: frontend.Evidence{
			TextSHA256: hex.EncodeToString(sum[:]), Language: string(s.locale.Language), PolicyVersion: 3, ShownAt: s.now.Add(-4 * time.Minute),
			AcceptedAt: s.now, IP: "203.0.113.7", UserAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) " + s.debtor,
			Verified: []frontend.Verification{
				{How: "invoice_last4", At: s.now.Add(-9 * time.Minute)}, {How: "email_code", To: "n•••@example.com", At: s.now.Add(-time.Minute)},
			},
		},
	}
}

func (s set) receipt() frontend.ReceiptView {
	return frontend.ReceiptView{
		Page: s.page(), Reference: "PAY-7F3K", Debtor: s.debtor, CaseRef: "TV-1042", PaidAt: s.now, On: s.today, Amount: s.m(20576),
		Card: "Visa •••• 4242", Allocations: []frontend.ReceiptLine{{Invoice: "F-2026-0417", Amount: s.m(20576)}}, BalanceAfter: s.m(102880),
	}
}
