package offers

import (
	"slices"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/money"
)

// Facts are what the engine knows about a case on one day. They are stored with
// every offer, so that the offer can be computed again.
type Facts struct {
	Kind             cases.DebtorKind `json:"kind"`
	Currency         money.Currency   `json:"currency"`
	PrincipalMinor   int64            `json:"principal_minor"` // payable: open and not disputed
	InterestMinor    int64            `json:"interest_minor"`
	FeesMinor        int64            `json:"fees_minor"`
	Invoices         int              `json:"invoices"`      // payable ones
	DaysPastDue      int              `json:"days_past_due"` // of the oldest of them, 0 while it isn't due
	BrokenAgreements int              `json:"broken_agreements"`
	Open             bool             `json:"open"`             // the case is
	AgreementActive  bool             `json:"agreement_active"` // one runs: nothing is offered
	Today            clock.Date       `json:"today"`            // in the debtor's zone
	// DiscountFrom is the day on which an early-payment discount was first shown
	// for this debt, zero while none was: the ladder's days count from it, so that
	// a deadline that lapsed does not come back with the next visit.
	DiscountFrom clock.Date `json:"discount_from,omitzero"`
	// OffersUntil is the last day of the offers that still stand, zero where none
	// does: what is added to them lapses with them.
	OffersUntil clock.Date `json:"offers_until,omitzero"`
}

// BalanceMinor is what can be bargained about, in minor units.
func (f Facts) BalanceMinor() int64 { return f.PrincipalMinor + f.InterestMinor + f.FeesMinor }

// sameDebt tells whether offers made for f still fit g.
func (f Facts) sameDebt(g Facts) bool {
	return f.Currency == g.Currency && f.PrincipalMinor == g.PrincipalMinor && f.InterestMinor == g.InterestMinor &&
		f.FeesMinor == g.FeesMinor && f.Invoices == g.Invoices
}

// FactsOf reads the facts from a case's file. DiscountFrom and OffersUntil are
// left to the store, which knows what was shown.
func FactsOf(f cases.File) Facts {
	payable := f.Payable()
	facts := Facts{
		Kind: f.Debtor.Kind, Currency: f.Case.Currency,
		PrincipalMinor: payable.PrincipalMinor, InterestMinor: payable.InterestMinor, FeesMinor: payable.FeesMinor,
		Invoices: len(f.PayableInvoices()), BrokenAgreements: f.BrokenCommitments(),
		Open: f.Case.State == cases.Open, AgreementActive: f.ActiveCommitment() != nil, Today: f.Today,
	}
	if due := f.OldestDue(); !due.IsZero() {
		facts.DaysPastDue = max(0, f.Today.DaysSince(due))
	}
	return facts
}

// Instalment is one payment of some terms.
type Instalment struct {
	DueOn       clock.Date `json:"due_on"`
	AmountMinor int64      `json:"amount_minor"`
}

// Terms are what can be agreed, complete: every date and amount, in minor units
// of Currency. The balance less the discounts is the total, and the instalments
// add up to it.
type Terms struct {
	Kind                   cases.CommitmentKind `json:"kind"`
	PolicyVersion          int                  `json:"policy_version"`
	Currency               money.Currency       `json:"currency"`
	BalanceMinor           int64                `json:"balance_minor"`
	DiscountPrincipalMinor int64                `json:"discount_principal_minor"`
	DiscountInterestMinor  int64                `json:"discount_interest_minor"`
	DiscountFeesMinor      int64                `json:"discount_fees_minor"`
	TotalMinor             int64                `json:"total_minor"`
	// Instalments are every payment in order, an upfront payment first.
	Instalments []Instalment `json:"instalments"`
	// UpfrontMinor is the first of them where it is an upfront payment, else 0.
	UpfrontMinor int64 `json:"upfront_minor"`
	// AtOnce: the first payment is due on the day of acceptance.
	AtOnce       bool       `json:"at_once"`
	Frequency    Frequency  `json:"frequency,omitzero"` // plans only
	Deadline     clock.Date `json:"deadline,omitzero"`  // early payment only: the last day to pay
	Autopay      Autopay    `json:"autopay"`
	GraceDays    int        `json:"grace_days"`
	ValidThrough clock.Date `json:"valid_through"` // the last day to accept, in the debtor's zone
}

// SavingMinor is what falls away when the terms are kept, in minor units.
func (t Terms) SavingMinor() int64 {
	return t.DiscountPrincipalMinor + t.DiscountInterestMinor + t.DiscountFeesMinor
}

// Count is the number of instalments, an upfront payment not counted.
func (t Terms) Count() int { return len(t.regular()) }

// regular are the instalments without the upfront payment.
func (t Terms) regular() []Instalment {
	if t.UpfrontMinor > 0 {
		return t.Instalments[1:]
	}
	return t.Instalments
}

// EachMinor is the usual instalment: the first after any upfront payment. The
// later ones are the same or one minor unit less.
func (t Terms) EachMinor() int64 {
	if r := t.regular(); len(r) > 0 {
		return r[0].AmountMinor
	}
	return 0
}

// FirstOn and LastOn are the days of the first and the last payment.
func (t Terms) FirstOn() clock.Date { return t.Instalments[0].DueOn }

// LastOn is the day of the last payment.
func (t Terms) LastOn() clock.Date { return t.Instalments[len(t.Instalments)-1].DueOn }

// DueNowMinor is what is asked for right after accepting on a day: what is due
// by then. An early payment may wait for its deadline.
func (t Terms) DueNowMinor(today clock.Date) int64 {
	var n int64
	for _, in := range t.On(today).Instalments {
		if !in.DueOn.After(today) {
			n += in.AmountMinor
		}
	}
	return n
}

// On are the terms as they stand on a day on which they can be accepted: a first
// payment that is due on acceptance is due that day, and nothing else moves.
func (t Terms) On(today clock.Date) Terms {
	if !t.AtOnce || !t.FirstOn().Before(today) {
		return t
	}
	t.Instalments = slices.Clone(t.Instalments)
	t.Instalments[0].DueOn = today
	return t
}
