package present

import (
	"strings"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/payments"
)

// PaymentSummary is a payment in one line.
func PaymentSummary(p payments.Payment) frontend.PaymentSummary {
	return frontend.PaymentSummary{
		URL: "/portal/payments/" + p.ID.String(), Amount: frontend.Of(p.AmountMinor, p.Currency), State: frontend.PaymentState(p.Public()),
	}
}

// Card is a saved card as people know it, "" for none.
func Card(card *payments.SavedCard) string {
	if card == nil || card.Last4 == "" {
		return ""
	}
	brand := strings.ToUpper(card.Brand[:min(1, len(card.Brand))]) + card.Brand[min(1, len(card.Brand)):]
	return strings.TrimSpace(brand + " •••• " + card.Last4)
}

// Payment is a payment's page: the truth, and what to do next.
func Payment(page frontend.Page, f cases.File, p payments.Payment, card *payments.SavedCard) frontend.PaymentView {
	view := frontend.PaymentView{
		Page: page, Reference: ShortID(p.ID), State: frontend.PaymentState(p.Public()), Amount: frontend.Of(p.AmountMinor, p.Currency),
		At: p.CreatedAt, Failure: string(p.FailureCode), BalanceAfter: frontend.Of(f.BalanceMinor(), p.Currency),
	}
	if p.EndedAt != nil {
		view.At = *p.EndedAt
	}
	if p.SaveCard {
		view.Card = Card(card)
	}
	if p.State == payments.Open {
		view.CheckoutURL = p.SessionURL
	}
	if p.CommitmentID != nil {
		view.AgreementURL = "/portal/agreements/" + p.CommitmentID.String()
	}
	if p.Public() == payments.StatusPaid {
		view.ReceiptTo = MaskEmail(f.Debtor.Email)
	}
	if p.Public() == payments.StatusFailed || p.Public() == payments.StatusCancelled {
		view.RetryAmount = p.Currency.Plain(p.AmountMinor)
		if p.InstalmentID != nil && f.ActiveCommitment() != nil {
			view.RetryInstalment = p.InstalmentID.String()
		}
	}
	return view
}
