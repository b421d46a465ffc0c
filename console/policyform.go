package console

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/offers"
)

// setting is one number of the policy. Its name is the one that offers.Problem
// uses; exactly one of the getters is set.
type setting struct {
	name  string
	kind  frontend.PolicyFieldType
	count func(*offers.Policy) **int
	share func(*offers.Policy) **int64 // basis points
}

// settings are the numbers of a policy, in the groups and the order of the form.
var settings = map[string][]setting{
	"early_payment": {
		{name: "early_payment.cap_bp", kind: frontend.PolicyPercent, share: func(p *offers.Policy) **int64 { return &p.EarlyPayment.CapBP }},
	},
	"settlement": {
		{name: "settlement.published_bp", kind: frontend.PolicyPercent, share: func(p *offers.Policy) **int64 { return &p.Settlement.PublishedBP }},
		{name: "settlement.payments", kind: frontend.PolicyInt, count: func(p *offers.Policy) **int { return &p.Settlement.Payments }},
		{name: "settlement.last_days", kind: frontend.PolicyDays, count: func(p *offers.Policy) **int { return &p.Settlement.LastDays }},
	},
	"plan": {
		{name: "plan.min_count", kind: frontend.PolicyInt, count: func(p *offers.Policy) **int { return &p.Plan.MinCount }},
		{name: "plan.max_count", kind: frontend.PolicyInt, count: func(p *offers.Policy) **int { return &p.Plan.MaxCount }},
		{name: "plan.min_upfront_bp", kind: frontend.PolicyPercent, share: func(p *offers.Policy) **int64 { return &p.Plan.MinUpfrontBP }},
		{name: "plan.days_to_first", kind: frontend.PolicyDays, count: func(p *offers.Policy) **int { return &p.Plan.DaysToFirst }},
		{name: "plan.max_days", kind: frontend.PolicyDays, count: func(p *offers.Policy) **int { return &p.Plan.MaxDays }},
	},
	"bargaining": {
		{name: "bargaining.offer_valid_days", kind: frontend.PolicyDays, count: func(p *offers.Policy) **int { return &p.Bargaining.OfferValidDays }},
	},
	"keeping": {
		{name: "keeping.grace_days", kind: frontend.PolicyDays, count: func(p *offers.Policy) **int { return &p.Keeping.GraceDays }},
	},
}

// The fields that are not plain numbers.
const (
	frequenciesField = "plan.frequencies"
	payDaysField     = "plan.pay_days"
	autopayField     = "plan.autopay"
	minimumField     = "plan.min_instalment_minor."
	ladderField      = "early_payment.ladder."

	ladderRows = 12 // no policy has more rungs
	blankRungs = 2  // shown after the last one, to add to
)

var (
	frequencies = []offers.Frequency{offers.Weekly, offers.Fortnightly, offers.Monthly}
	autopays    = []offers.Autopay{offers.AutopayOff, offers.AutopayEncouraged, offers.AutopayRequired}
	rungFields  = []string{"within_days", "principal_bp", "interest_bp", "fees_bp"}
)

// policyForm writes and reads a policy as a person of a country types it.
type policyForm struct {
	locale   locale.Locale
	currency money.Currency // the creditor's
}

// values is what the inputs show of a policy; what it leaves unset is empty.
func (f policyForm) values(p offers.Policy) url.Values {
	v := url.Values{}
	for _, group := range settings {
		for _, s := range group {
			v.Set(s.name, f.text(s, &p))
		}
	}
	for i, step := range p.EarlyPayment.Ladder {
		at := fmt.Sprintf("%s%d.", ladderField, i)
		v.Set(at+"within_days", strconv.Itoa(step.WithinDays))
		v.Set(at+"principal_bp", f.percent(step.PrincipalBP))
		v.Set(at+"interest_bp", f.percent(step.InterestBP))
		v.Set(at+"fees_bp", f.percent(step.FeesBP))
	}
	for c, minor := range p.Plan.MinInstalmentMinor {
		v.Set(minimumField+string(c), f.locale.Amount(minor, c))
	}
	base := p.Over(offers.DefaultPolicy(f.currency))
	for _, fr := range base.Plan.Frequencies {
		v.Add(frequenciesField, string(fr))
	}
	v.Set(autopayField, string(base.Plan.Autopay))
	days := make([]string, len(p.Plan.PayDays))
	for i, d := range p.Plan.PayDays {
		days[i] = strconv.Itoa(d)
	}
	v.Set(payDaysField, strings.Join(days, ", "))
	return v
}

func (f policyForm) text(s setting, p *offers.Policy) string {
	if s.count != nil {
		if n := *s.count(p); n != nil {
			return strconv.Itoa(*n)
		}
		return ""
	}
	if bp := *s.share(p); bp != nil {
		return f.percent(*bp)
	}
	return ""
}

// hundredths has two decimals, as a percentage in basis points has: its amounts
// are read and written by the same rules as money.
const hundredths = money.Currency("EUR")

func (f policyForm) percent(bp int64) string {
	text := f.locale.Amount(bp, hundredths)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".,")
}

// reading collects what can't be read, beside its field.
type reading struct {
	policyForm
	typed  url.Values
	errors map[string]frontend.Message
}

func (r *reading) wrong(field, key string) { r.errors[field] = frontend.Message{Key: key} }

func (r *reading) get(field string) string { return strings.TrimSpace(r.typed.Get(field)) }

// number reads a whole number; empty is nil.
func (r *reading) number(field string) *int {
	text := r.get(field)
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || len(text) > 9 {
		r.wrong(field, "policy_not_a_number")
		return nil
	}
	return &n
}

// share reads a percentage as basis points; empty is nil.
func (r *reading) share(field string) *int64 {
	text := strings.TrimSpace(strings.TrimSuffix(r.get(field), "%"))
	if text == "" {
		return nil
	}
	if strings.ContainsFunc(text, func(c rune) bool { return !strings.ContainsRune("0123456789., -\u2212\u00a0", c) }) {
		r.wrong(field, "policy_not_a_percentage")
		return nil
	}
	bp, err := r.locale.ParseMoney(text, hundredths)
	switch {
	case errors.Is(err, locale.ErrNegative):
		r.wrong(field, "policy_negative")
	case errors.Is(err, locale.ErrTooLarge):
		r.wrong(field, "policy_above_whole")
	case err != nil:
		r.wrong(field, "policy_not_a_percentage")
	default:
		return &bp
	}
	return nil
}

// read makes a policy of what was typed. What a field leaves empty inherits;
// what can't be read is told beside its field. The order of frequencies, which
// ticked boxes don't have, is kept from the policy that was edited.
func (f policyForm) read(typed url.Values, edited offers.Policy) (offers.Policy, map[string]frontend.Message) {
	r := &reading{f, typed, map[string]frontend.Message{}}
	var p offers.Policy
	for _, group := range settings {
		for _, s := range group {
			if s.count != nil {
				*s.count(&p) = r.number(s.name)
			} else {
				*s.share(&p) = r.share(s.name)
			}
		}
	}
	p.EarlyPayment.Ladder = r.ladder()
	p.Plan.MinInstalmentMinor = r.minimums()
	p.Plan.Frequencies = r.frequencies(edited.Over(offers.DefaultPolicy(f.currency)).Plan.Frequencies)
	p.Plan.PayDays = r.payDays()
	p.Plan.Autopay = offers.Autopay(r.get(autopayField))
	return p, r.errors
}

// rungs are the places in the form whose rung was filled in, in its order: rung
// i of the policy was typed at place rungs[i].
func rungs(typed url.Values) []int {
	var filled []int
	for place := range ladderRows {
		for _, field := range rungFields {
			if strings.TrimSpace(typed.Get(fmt.Sprintf("%s%d.%s", ladderField, place, field))) != "" {
				filled = append(filled, place)
				break
			}
		}
	}
	return filled
}

func (r *reading) ladder() []offers.Step {
	steps := []offers.Step{}
	for _, place := range rungs(r.typed) {
		at := fmt.Sprintf("%s%d.", ladderField, place)
		var step offers.Step
		if days := r.number(at + "within_days"); days != nil {
			step.WithinDays = *days
		} else if r.get(at+"within_days") == "" {
			r.wrong(at+"within_days", "policy_days_missing")
		}
		for field, into := range map[string]*int64{"principal_bp": &step.PrincipalBP, "interest_bp": &step.InterestBP, "fees_bp": &step.FeesBP} {
			if bp := r.share(at + field); bp != nil {
				*into = *bp
			}
		}
		steps = append(steps, step)
	}
	return steps
}

func (r *reading) minimums() map[money.Currency]int64 {
	out := map[money.Currency]int64{}
	for _, field := range slices.Sorted(maps.Keys(r.typed)) {
		code, ok := strings.CutPrefix(field, minimumField)
		if !ok || r.get(field) == "" {
			continue
		}
		c, err := money.ParseCurrency(code)
		if err != nil || string(c) != code {
			continue // no form of ours has that field
		}
		minor, err := r.locale.ParseMoney(r.get(field), c)
		if err != nil {
			r.wrong(field, fault.As(frontend.AmountFault(field, err)).Key)
			continue
		}
		out[c] = minor
	}
	return out
}

func (r *reading) frequencies(order []offers.Frequency) []offers.Frequency {
	ticked := r.typed[frequenciesField]
	out := []offers.Frequency{}
	for _, f := range slices.Concat(order, frequencies) {
		if slices.Contains(ticked, string(f)) && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

func (r *reading) payDays() []int {
	fields := strings.FieldsFunc(r.get(payDaysField), func(c rune) bool { return strings.ContainsRune(" ,;\t\u00a0", c) })
	days := []int{}
	for _, text := range fields {
		d, err := strconv.Atoi(text)
		if err != nil {
			r.wrong(payDaysField, "policy_pay_day_unknown")
			return nil
		}
		days = append(days, d)
	}
	if len(days) == 0 {
		return nil
	}
	return days
}
