package offers

import "github.com/acuerdo/acuerdo/money"

// rules are a policy with every field filled for one currency: what the engine reads.
type rules struct {
	ladder         []Step
	capBP          int64
	settleBP       int64
	settlePayments int
	settleDays     int
	minCount       int
	maxCount       int
	minInstalment  int64
	frequencies    []Frequency
	minUpfrontBP   int64
	daysToFirst    int
	payDays        []int
	maxDays        int
	autopay        Autopay
	validDays      int
	graceDays      int
}

var monthlyOnly = []Frequency{Monthly}

// resolve is Over(DefaultPolicy) without building either policy; a test holds
// the two together.
func resolve(p Policy, currency money.Currency) rules {
	r := rules{
		ladder: p.EarlyPayment.Ladder, capBP: or(p.EarlyPayment.CapBP, WholeBP),
		settleBP: or(p.Settlement.PublishedBP, 0), settlePayments: or(p.Settlement.Payments, 1), settleDays: or(p.Settlement.LastDays, 30),
		minCount: or(p.Plan.MinCount, 2), maxCount: or(p.Plan.MaxCount, 6), frequencies: p.Plan.Frequencies,
		minUpfrontBP: or(p.Plan.MinUpfrontBP, 0), daysToFirst: or(p.Plan.DaysToFirst, 0), payDays: p.Plan.PayDays,
		maxDays: or(p.Plan.MaxDays, 366), autopay: p.Plan.Autopay,
		validDays: or(p.Bargaining.OfferValidDays, 10), graceDays: or(p.Keeping.GraceDays, 5),
	}
	least, ok := p.Plan.MinInstalmentMinor[currency]
	if !ok {
		least = defaultMinInstalment(currency)
	}
	r.minInstalment = max(1, least)
	if r.frequencies == nil {
		r.frequencies = monthlyOnly
	}
	if r.autopay == "" {
		r.autopay = AutopayEncouraged
	}
	return r
}

func or[T any](field *T, base T) T {
	if field == nil {
		return base
	}
	return *field
}
