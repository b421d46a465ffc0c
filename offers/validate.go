package offers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/money"
)

// Problem is one reason why a policy can't be published: the field's name in the
// document ("plan.min_count", "early_payment.ladder.0.within_days"), a message
// key and what fills its placeholders.
type Problem struct {
	Field  string
	Key    string
	Params map[string]any
}

// ProblemsError is every problem of a policy that was refused.
type ProblemsError []Problem

func (p ProblemsError) Error() string {
	parts := make([]string, len(p))
	for i, x := range p {
		parts[i] = x.Field + ": " + x.Key
	}
	return "offers: the policy contradicts itself: " + strings.Join(parts, ", ")
}

// refusal is the problems as an error that names the first field.
func refusal(problems []Problem) error {
	first := problems[0]
	return &fault.Error{Code: fault.Invalid, Key: first.Key, Field: first.Field, Params: first.Params, Err: ProblemsError(problems)}
}

// ProblemsIn finds the problems in the error that Publish returned.
func ProblemsIn(err error) []Problem {
	var p ProblemsError
	errors.As(err, &p)
	return p
}

// The largest values that aren't a typing error.
const (
	maxRungs        = 12
	maxPeriods      = 260 // five years of weeks
	maxTermDays     = 3660
	maxValidDays    = 90
	maxGraceDays    = 60
	maxDaysToFirst  = 92
	maxInstalmentIn = 1_000_000_000 // whole units of the currency
)

// Validate finds what a policy contradicts itself in, with unset fields taken
// from the default for the creditor's currency. None means it can be published.
func Validate(policy Policy, currency money.Currency) []Problem {
	v := validator{}
	p := policy.Over(DefaultPolicy(currency))
	v.earlyPayment(p.EarlyPayment)
	v.settlement(p.Settlement)
	v.plan(p.Plan)
	v.between("bargaining.offer_valid_days", *p.Bargaining.OfferValidDays, 0, maxValidDays)
	v.between("keeping.grace_days", *p.Keeping.GraceDays, 0, maxGraceDays)
	return v.found
}

type validator struct{ found []Problem }

func (v *validator) add(field, key string, params map[string]any) {
	v.found = append(v.found, Problem{field, key, params})
}

// between refuses a value outside its range, and tells whether it was inside.
func (v *validator) between(field string, n, least, most int) bool {
	switch {
	case n < 0:
		v.add(field, "policy_negative", nil)
	case n < least:
		v.add(field, "policy_too_small", map[string]any{"min": least})
	case n > most:
		v.add(field, "policy_too_large", map[string]any{"max": most})
	default:
		return true
	}
	return false
}

func (v *validator) share(field string, bp int64) bool {
	switch {
	case bp < 0:
		v.add(field, "policy_negative", nil)
	case bp > WholeBP:
		v.add(field, "policy_above_whole", nil)
	default:
		return true
	}
	return false
}

func (v *validator) earlyPayment(e EarlyPayment) {
	capFits := v.share("early_payment.cap_bp", *e.CapBP)
	if len(e.Ladder) > maxRungs {
		v.add("early_payment.ladder", "policy_too_many", map[string]any{"max": maxRungs})
	}
	for i, s := range e.Ladder {
		field := fmt.Sprintf("early_payment.ladder.%d.", i)
		v.between(field+"within_days", s.WithinDays, 0, maxTermDays)
		fits := v.share(field+"principal_bp", s.PrincipalBP)
		v.share(field+"interest_bp", s.InterestBP)
		v.share(field+"fees_bp", s.FeesBP)
		if fits && capFits && s.PrincipalBP > *e.CapBP {
			v.add(field+"principal_bp", "policy_discount_above_cap", map[string]any{"discount_bp": s.PrincipalBP, "cap_bp": *e.CapBP})
		}
		if s.PrincipalBP >= WholeBP && s.InterestBP >= WholeBP && s.FeesBP >= WholeBP {
			v.add(field+"principal_bp", "policy_nothing_to_pay", nil)
		}
		if s.PrincipalBP == 0 && s.InterestBP == 0 && s.FeesBP == 0 {
			v.add(field+"principal_bp", "policy_step_gives_nothing", nil)
		}
		if i == 0 {
			continue
		}
		before := e.Ladder[i-1]
		if s.WithinDays <= before.WithinDays {
			v.add(field+"within_days", "policy_ladder_not_ordered", map[string]any{"days": before.WithinDays})
		}
		for _, c := range []struct {
			name      string
			now, then int64
		}{{"principal_bp", s.PrincipalBP, before.PrincipalBP}, {"interest_bp", s.InterestBP, before.InterestBP}, {"fees_bp", s.FeesBP, before.FeesBP}} {
			if c.now > c.then {
				v.add(field+c.name, "policy_ladder_rewards_waiting", map[string]any{"discount_bp": c.then})
			}
		}
	}
}

func (v *validator) settlement(s Settlement) {
	if v.share("settlement.published_bp", *s.PublishedBP) && *s.PublishedBP == WholeBP {
		v.add("settlement.published_bp", "policy_nothing_to_pay", nil)
	}
	payments := v.between("settlement.payments", *s.Payments, 1, maxPeriods)
	days := v.between("settlement.last_days", *s.LastDays, 1, maxTermDays)
	if payments && days && *s.Payments > *s.LastDays {
		v.add("settlement.last_days", "policy_settlement_no_time", map[string]any{"payments": *s.Payments})
	}
}

func (v *validator) plan(p Plan) {
	least := v.between("plan.min_count", *p.MinCount, 1, maxPeriods)
	most := v.between("plan.max_count", *p.MaxCount, 0, maxPeriods)
	if least && most && *p.MaxCount > 0 && *p.MinCount > *p.MaxCount {
		v.add("plan.min_count", "policy_count_order", map[string]any{"min": *p.MinCount, "max": *p.MaxCount})
	}
	for _, c := range slices.Sorted(maps.Keys(p.MinInstalmentMinor)) {
		v.minInstalment(c, p.MinInstalmentMinor[c])
	}
	upfront := v.share("plan.min_upfront_bp", *p.MinUpfrontBP)
	if upfront && *p.MinUpfrontBP == WholeBP {
		v.add("plan.min_upfront_bp", "policy_nothing_to_spread", nil)
	}
	if most && *p.MaxCount == 1 && *p.MinUpfrontBP == 0 {
		v.add("plan.max_count", "policy_one_payment_is_no_plan", nil)
	}
	toFirst := v.between("plan.days_to_first", *p.DaysToFirst, 0, maxDaysToFirst)
	days := v.between("plan.max_days", *p.MaxDays, 0, maxTermDays)
	for i, d := range p.PayDays {
		if (d < 1 || d > 28) && d != LastDay {
			v.add("plan.pay_days", "policy_pay_day_unknown", map[string]any{"value": d})
		} else if slices.Contains(p.PayDays[:i], d) {
			v.add("plan.pay_days", "policy_named_twice", map[string]any{"value": d})
		}
	}
	switch p.Autopay {
	case AutopayOff, AutopayEncouraged, AutopayRequired:
	default:
		v.add("plan.autopay", "policy_autopay_unknown", map[string]any{"value": string(p.Autopay)})
	}
	if v.frequencies(p.Frequencies) && least && most && upfront && toFirst && days && *p.MaxCount > 0 {
		v.duration(p)
	}
}

func (v *validator) minInstalment(c money.Currency, minor int64) {
	field := "plan.min_instalment_minor." + string(c)
	if known, err := money.ParseCurrency(string(c)); err != nil || known != c {
		v.add(field, "policy_currency_unknown", map[string]any{"value": string(c)})
		return
	}
	switch most := maxInstalmentIn * c.Unit(); {
	case minor < 0:
		v.add(field, "policy_negative", nil)
	case minor > most:
		v.add(field, "policy_money_too_large", map[string]any{"max_minor": most, "currency": string(c)})
	}
}

func (v *validator) frequencies(all []Frequency) bool {
	ok := len(all) > 0
	for i, f := range all {
		switch f {
		case Weekly, Fortnightly, Monthly:
			if slices.Contains(all[:i], f) {
				v.add("plan.frequencies", "policy_named_twice", map[string]any{"value": string(f)})
			}
		default:
			v.add("plan.frequencies", "policy_frequency_unknown", map[string]any{"value": string(f)})
			ok = false
		}
	}
	return ok
}

// duration refuses a longest duration that even the shortest plan overruns, at
// the quickest frequency offered and at the kindest time of the year.
func (v *validator) duration(p Plan) {
	quickest := 28
	for _, f := range p.Frequencies {
		switch f {
		case Weekly:
			quickest = min(quickest, 7)
		case Fortnightly:
			quickest = min(quickest, 14)
		}
	}
	gaps := max(*p.MinCount, 1) - 1
	if *p.MinUpfrontBP == 0 {
		gaps = max(gaps, 1)
	} else if *p.DaysToFirst == 0 {
		gaps++
	}
	if need := *p.DaysToFirst + gaps*quickest; need > *p.MaxDays {
		v.add("plan.max_days", "policy_duration_too_short", map[string]any{"days": need})
	}
}
