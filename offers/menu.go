package offers

import (
	"math/bits"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
)

// Menu is what a policy offers for a case on a day, in the order it is shown: the
// best early-payment discount, the settlement, then up to three plans from the
// shortest that the case can be expected to bear to the longest allowed. It is
// empty where the policy allows nothing, nothing is owed, or an agreement runs.
func Menu(policy Policy, version int, facts Facts) []Terms {
	if !facts.Open || facts.AgreementActive || !bargainable(facts) {
		return nil
	}
	r := resolve(policy, facts.Currency)
	base := Terms{PolicyVersion: version, Currency: facts.Currency, BalanceMinor: facts.BalanceMinor()}
	menu := make([]Terms, 0, 5)
	if t, ok := earlyPayment(r, facts, base); ok {
		menu = append(menu, t)
	}
	if t, ok := settlement(r, facts, base); ok {
		menu = append(menu, t)
	}
	menu = appendPlans(menu, r, facts, base)
	together(menu, r, facts)
	return menu
}

// together makes settlement and plans lapse on one day, so that a debtor never
// finds half a menu. A discount may lapse sooner, then its next rung joins them.
func together(menu []Terms, r rules, f Facts) {
	until := f.Today.AddDays(r.validDays)
	if !f.OffersUntil.IsZero() {
		until = earlier(until, f.OffersUntil)
	}
	for _, t := range menu {
		if t.Kind != cases.EarlyPayment {
			until = earlier(until, t.ValidThrough)
		}
	}
	for i := range menu {
		menu[i].ValidThrough = earlier(menu[i].ValidThrough, until)
	}
}

// bargainable tells whether the balance can be split by component at all: a
// credit larger than what is open of a component leaves nothing sensible to offer.
func bargainable(f Facts) bool {
	return f.PrincipalMinor >= 0 && f.InterestMinor >= 0 && f.FeesMinor >= 0 && f.BalanceMinor() > 0
}

// discounted fills in a discount by component and what is left to pay. It is not
// an offer where nothing is saved or nothing is left.
func (t Terms) discounted(principal, interest, fees int64) (Terms, bool) {
	t.DiscountPrincipalMinor, t.DiscountInterestMinor, t.DiscountFeesMinor = principal, interest, fees
	t.TotalMinor = t.BalanceMinor - t.SavingMinor()
	return t, t.SavingMinor() > 0 && t.TotalMinor > 0
}

// earlyPayment is the rung of the ladder that saves most among those whose
// deadline hasn't passed; of equal ones the later.
func earlyPayment(r rules, f Facts, base Terms) (Terms, bool) {
	from := f.DiscountFrom
	if from.IsZero() {
		from = f.Today
	}
	limit := floorBP(base.BalanceMinor, r.capBP)
	var best Terms
	for _, step := range r.ladder {
		deadline := from.AddDays(step.WithinDays)
		if deadline.Before(f.Today) {
			continue
		}
		left := limit
		take := func(open, bp int64) int64 {
			d := min(floorBP(open, bp), left)
			left -= d
			return d
		}
		fees := take(f.FeesMinor, step.FeesBP)
		interest := take(f.InterestMinor, step.InterestBP)
		t, ok := base.discounted(take(f.PrincipalMinor, step.PrincipalBP), interest, fees)
		if ok && t.SavingMinor() >= best.SavingMinor() {
			best, best.Deadline = t, deadline
		}
	}
	if best.Deadline.IsZero() {
		return best, false
	}
	best.Kind, best.Autopay = cases.EarlyPayment, AutopayOff
	best.Instalments = []Instalment{{DueOn: best.Deadline, AmountMinor: best.TotalMinor}}
	best.ValidThrough = best.Deadline
	return best, true
}

// settlement is the published one, in as many payments as it allows, evenly
// spaced up to its last day.
func settlement(r rules, f Facts, base Terms) (Terms, bool) {
	left := floorBP(base.BalanceMinor, r.settleBP)
	take := func(open int64) int64 {
		d := min(open, left)
		left -= d
		return d
	}
	fees := take(f.FeesMinor)
	interest := take(f.InterestMinor)
	t, ok := base.discounted(take(f.PrincipalMinor), interest, fees)
	n := int(min(int64(r.settlePayments), t.TotalMinor))
	if !ok || n < 1 || r.settleDays < n {
		return t, false
	}
	t.Kind, t.Autopay, t.GraceDays = cases.Settlement, AutopayOff, r.graceDays
	t.Instalments = make([]Instalment, n)
	for i := range t.Instalments {
		t.Instalments[i] = Instalment{
			DueOn: f.Today.AddDays(r.settleDays * (i + 1) / n), AmountMinor: part(t.TotalMinor, n, i),
		}
	}
	t.ValidThrough = t.FirstOn()
	return t, true
}

// part is the i-th of n parts of a total, as money.Split makes them, without a slice.
func part(total int64, n, i int) int64 {
	p := total / int64(n)
	if int64(i) < total%int64(n) {
		p++
	}
	return p
}

func earlier(a, b clock.Date) clock.Date {
	if b.Before(a) {
		return b
	}
	return a
}

// floorBP takes a share of an amount and drops what is less than a minor unit: a
// discount is never more than the policy says. ceilBP rounds up: an upfront
// payment is never less.
func floorBP(minor, bp int64) int64 {
	if minor <= 0 || bp <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(minor), uint64(bp))
	q, _ := bits.Div64(hi, lo, WholeBP)
	return int64(q)
}

func ceilBP(minor, bp int64) int64 {
	if minor <= 0 || bp <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(minor), uint64(bp))
	q, rest := bits.Div64(hi, lo, WholeBP)
	if rest > 0 {
		q++
	}
	return int64(q)
}
