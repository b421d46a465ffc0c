package payments

import (
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/money"
)

// minimums are the least that Stripe charges, in minor units, rounded up where
// Stripe converts to the account's currency (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
var minimums = map[money.Currency]int64{
	"EUR": 50, "USD": 50, "GBP": 30, "CAD": 50, "AUD": 50, "NZD": 50, "CHF": 50, "BRL": 50, "INR": 50,
	"CLP": 500, "JPY": 50, "KRW": 1000, "MXN": 1000, "COP": 300000, "ARS": 100000, "PEN": 200, "UYU": 3000,
	"PYG": 5000, "VND": 20000, "CZK": 1500, "DKK": 250, "HUF": 17500, "NOK": 300, "PLN": 200, "RON": 200, "SEK": 300,
	"DOP": 5000, "CRC": 40000, "GTQ": 500, "HNL": 1500, "NIO": 2000, "BOB": 400, "PAB": 50, "ZAR": 1000, "CNY": 400,
}

// maximum is the largest amount that Stripe charges at once, in minor units.
const maximum = 99_999_999

// MinimumMinor is the least that can be paid at once, in minor units.
func MinimumMinor(c money.Currency) int64 {
	if m, ok := minimums[c]; ok {
		return m
	}
	return 2 * c.Unit()
}

// MaximumMinor is the most that can be paid now: what is open and not
// disputed, less the discount that the running agreement grants at its end.
func MaximumMinor(f cases.File) int64 {
	return min(maximum, payable(f, f.ActiveCommitment(), true))
}

// payable is what can be paid towards an agreement, and where beyond is true
// also on invoices that it doesn't cover; agreement may be nil.
func payable(f cases.File, agreement *cases.CommitmentFile, beyond bool) int64 {
	all := f.Payable()
	if agreement == nil {
		return all.Total()
	}
	covered := map[db.ID]bool{}
	for _, id := range agreement.Invoices {
		covered[id] = true
	}
	var inside, outside int64
	for _, i := range f.PayableInvoices() {
		if covered[i.ID] {
			inside += i.Open.Total()
		} else {
			outside += i.Open.Total()
		}
	}
	inside = min(inside, agreement.LeftMinor())
	if beyond {
		return inside + outside
	}
	return inside
}

// purpose is what a payment is for.
type purpose struct {
	commitment *db.ID
	instalment *db.ID
}

// judge checks a request against the case file: the amount that a browser sends
// is a wish. The case is locked.
func judge(f cases.File, r StartRequest) (purpose, error) {
	var to purpose
	if err := f.Case.MustBeOpen(); err != nil {
		return to, err
	}
	agreement := f.ActiveCommitment()
	if r.CommitmentID != nil {
		wanted, err := f.Commitment(*r.CommitmentID)
		if err != nil {
			return to, err
		}
		if wanted.State != cases.Active {
			return to, fault.New(fault.Conflict, "agreement_not_active")
		}
		agreement = wanted
	}
	most := payable(f, agreement, r.CommitmentID == nil)
	if agreement != nil {
		to.commitment = &agreement.ID
		instalment, err := instalmentFor(agreement, r)
		if err != nil {
			return to, err
		}
		to.instalment = instalment
	} else if r.InstalmentID != nil {
		return to, fault.New(fault.NotFound, "not_found")
	}
	return to, checkAmount(f.Case.Currency, r.AmountMinor, most)
}

// instalmentFor is the instalment that an amount pays exactly, nil for any other amount.
func instalmentFor(agreement *cases.CommitmentFile, r StartRequest) (*db.ID, error) {
	next := agreement.Next()
	if r.InstalmentID == nil {
		if next != nil && next.OpenMinor == r.AmountMinor {
			return &next.ID, nil
		}
		return nil, nil
	}
	for i, in := range agreement.Schedule {
		if in.ID != *r.InstalmentID {
			continue
		}
		switch {
		case in.OpenMinor == 0:
			return nil, fault.New(fault.Conflict, "instalment_already_paid")
		case next == nil || next.ID != in.ID:
			return nil, fault.New(fault.Conflict, "instalment_not_next")
		case in.OpenMinor != r.AmountMinor:
			return nil, fault.Field("amount", "amount_not_the_instalment", map[string]any{"amount_minor": in.OpenMinor})
		}
		return &agreement.Schedule[i].ID, nil
	}
	return nil, fault.New(fault.NotFound, "not_found")
}

// checkAmount refuses what Stripe can't charge, what nobody owes, and what
// would leave a rest too small to be paid.
func checkAmount(c money.Currency, amount, most int64) error {
	least := MinimumMinor(c)
	params := map[string]any{"minimum_minor": least, "maximum_minor": min(most, maximum)}
	switch {
	case most <= 0:
		return fault.New(fault.Conflict, "nothing_to_pay")
	case most < least:
		return &fault.Error{Code: fault.Conflict, Key: "balance_below_minimum", Params: params}
	case amount < least:
		return fault.Field("amount", "amount_below_minimum", params)
	case amount > most:
		return fault.Field("amount", "amount_above_balance", params)
	case amount > maximum:
		return fault.Field("amount", "amount_above_maximum", params)
	case amount < most && most-amount < least:
		return fault.Field("amount", "amount_leaves_too_little", params)
	}
	return nil
}
