package console

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/offers"
)

// policyView is the editor: the version in force, its history, and the form
// with what is given, which may be what somebody typed.
func policyView(v visit, p offers.PolicyView, typed url.Values) frontend.PolicyView {
	view := frontend.PolicyView{
		Page: v.page, Version: p.InForce.Version, Since: since(p.InForce), By: p.InForce.Author, Draft: p.Draft != nil, Hidden: editing(v, p),
	}
	f := policyForm{v.page.Locale, p.Creditor.Currency}
	base := offers.DefaultPolicy(p.Creditor.Currency)
	for _, key := range []string{"early_payment", "settlement", "plan", "bargaining", "keeping"} {
		group := frontend.PolicyGroup{Key: key}
		if key == "early_payment" {
			group.Rungs = f.ladder(v.page, typed)
		}
		for _, s := range settings[key] {
			group.Fields = append(group.Fields, frontend.PolicyField{Name: s.name, Type: s.kind, Value: typed.Get(s.name), Unset: f.unset(s, base)})
		}
		if key == "plan" {
			group.Fields = append(group.Fields, f.planFields(typed, base)...)
		}
		view.Groups = append(view.Groups, group)
	}
	for _, ver := range p.Versions {
		view.Versions = append(view.Versions, frontend.PolicyVersion{
			Version: ver.Version, State: string(ver.State), Since: since(ver), By: ver.Author, InForce: ver.ID == p.InForce.ID && ver.State == offers.Published,
		})
	}
	return view
}

// editing says whose policy is edited and on which version the form is based,
// so that of two admins the second is told what the first did.
func editing(v visit, p offers.PolicyView) []frontend.PolicyField {
	hidden := []frontend.PolicyField{{Name: "based_on", Type: frontend.PolicyHidden, Value: strconv.Itoa(p.InForce.Version)}}
	if len(v.creditors) > 1 {
		hidden = append(hidden, frontend.PolicyField{Name: "creditor", Type: frontend.PolicyHidden, Value: p.Creditor.Slug})
	}
	return hidden
}

func (f policyForm) unset(s setting, base offers.Policy) string {
	if s.share != nil && *s.share(&base) != nil {
		return f.locale.Percent(**s.share(&base))
	}
	return f.text(s, &base)
}

// ladder is the rungs that are filled in and some blank ones. Their labels
// are numbered, so that no two inputs are called the same.
func (f policyForm) ladder(page frontend.Page, typed url.Values) [][]frontend.PolicyField {
	places := blankRungs
	if filled := rungs(typed); len(filled) > 0 {
		places = filled[len(filled)-1] + 1 + blankRungs
	}
	var ladder [][]frontend.PolicyField
	for place := range min(places, ladderRows) {
		var rung []frontend.PolicyField
		for _, name := range rungFields {
			field := frontend.PolicyField{Name: fmt.Sprintf("%s%d.%s", ladderField, place, name), Type: frontend.PolicyPercent}
			if name == "within_days" {
				field.Type = frontend.PolicyDays
			}
			field.Value = typed.Get(field.Name)
			field.Label = strconv.Itoa(place+1) + ". " + page.Tx("policy.early_payment.ladder.", strings.TrimSuffix(name, "_bp"))
			rung = append(rung, field)
		}
		ladder = append(ladder, rung)
	}
	return ladder
}

func (f policyForm) planFields(typed url.Values, base offers.Policy) []frontend.PolicyField {
	currencies := map[money.Currency]bool{f.currency: true}
	for name := range typed {
		if code, ok := strings.CutPrefix(name, minimumField); ok {
			if c, err := money.ParseCurrency(code); err == nil && string(c) == code {
				currencies[c] = true
			}
		}
	}
	var fields []frontend.PolicyField
	for _, c := range slices.Sorted(maps.Keys(currencies)) {
		name := minimumField + string(c)
		fields = append(fields, frontend.PolicyField{
			Name: name, Type: frontend.PolicyMoney, Value: typed.Get(name),
			Unset: f.locale.Money(offers.DefaultPolicy(c).Plan.MinInstalmentMinor[c], c),
		})
	}
	return append(fields,
		frontend.PolicyField{Name: frequenciesField, Type: frontend.PolicyCheckboxes, Options: texts(frequencies), Selected: typed[frequenciesField]},
		frontend.PolicyField{Name: payDaysField, Type: frontend.PolicyText, Value: typed.Get(payDaysField)},
		frontend.PolicyField{Name: autopayField, Type: frontend.PolicySelect, Options: texts(autopays), Value: orText(typed.Get(autopayField), string(base.Plan.Autopay))},
	)
}

func orText(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = string(t)
	}
	return out
}
