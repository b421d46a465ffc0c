package sandbox

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/acuerdo/acuerdo/money"
)

// params are the form fields of one request. Getters keep the first mistake,
// so that a handler reads everything and then asks once.
type params struct {
	values url.Values
	err    *apiError
}

var index = regexp.MustCompile(`\[\d*\]`)

// check refuses fields that the endpoint does not know. Patterns write any list
// index as [], and end in [*] where any deeper field is allowed.
func (p *params) check(patterns []string) *apiError {
	for _, key := range slices.Sorted(maps.Keys(p.values)) {
		plain := index.ReplaceAllString(key, "[]")
		if plain == "expand[]" || slices.ContainsFunc(patterns, func(pattern string) bool {
			prefix, open := strings.CutSuffix(pattern, "[*]")
			return plain == pattern || open && strings.HasPrefix(plain, prefix+"[")
		}) {
			continue
		}
		return invalid("parameter_unknown", key, "Received unknown parameter: %s", key)
	}
	return nil
}

func (p *params) fail(e *apiError) {
	if p.err == nil {
		p.err = e
	}
}

func (p *params) has(name string) bool   { _, ok := p.values[name]; return ok }
func (p *params) str(name string) string { return p.values.Get(name) }

func (p *params) required(name string) string {
	v := p.str(name)
	if v == "" {
		p.fail(missing(name))
	}
	return v
}

func (p *params) oneOf(name string, allowed ...string) string {
	v := p.str(name)
	if v != "" && !slices.Contains(allowed, v) {
		p.fail(invalid("", name, "Invalid %s: must be one of %s", name, strings.Join(allowed, ", ")))
	}
	return v
}

func (p *params) flag(name string) bool { return p.oneOf(name, "true", "false") == "true" }

func (p *params) integer(name string) int64 {
	v := p.str(name)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		p.fail(invalid("parameter_invalid_integer", name, "Invalid integer: %s", v))
	}
	return n
}

// amount is a positive count of minor units, at most eight digits as at Stripe.
func (p *params) amount(name string) int64 {
	p.required(name)
	n := p.integer(name)
	switch {
	case p.err != nil:
	case n < 1:
		p.fail(invalid("parameter_invalid_integer", name, "This value must be greater than or equal to 1."))
	case n > 99_999_999:
		p.fail(invalid("amount_too_large", name, "Amount must be no more than 99999999"))
	}
	return n
}

// currency is answered in lower case, however it was written.
func (p *params) currency(name string) string {
	v := p.required(name)
	c, err := money.ParseCurrency(v)
	if err != nil && p.err == nil {
		p.fail(invalid("", name, "Invalid currency: %s.", v))
	}
	return strings.ToLower(string(c))
}

// list reads name[0], name[1]… and name[].
func (p *params) list(name string) []string {
	out := slices.Clone(p.values[name+"[]"])
	for i := 0; p.has(name + "[" + strconv.Itoa(i) + "]"); i++ {
		out = append(out, p.str(name+"["+strconv.Itoa(i)+"]"))
	}
	return out
}

// metadata merges what was sent into what is kept; an empty value removes a key.
func (p *params) metadata(name string, old map[string]string) map[string]string {
	merged := maps.Clone(old)
	if merged == nil || p.has(name) && p.str(name) == "" {
		merged = map[string]string{}
	}
	for key, v := range p.values {
		k, ok := strings.CutPrefix(key, name+"[")
		if k, ok = cutTail(k, ok); !ok {
			continue
		}
		switch {
		case v[0] == "":
			delete(merged, k)
		case len(k) > 40 || len(v[0]) > 500:
			p.fail(invalid("", key, "Metadata keys hold up to 40 characters, values up to 500."))
		default:
			merged[k] = v[0]
		}
	}
	if len(merged) > 50 {
		p.fail(invalid("", name, "Metadata can hold up to 50 keys."))
	}
	return merged
}

func cutTail(k string, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	return strings.CutSuffix(k, "]")
}

// smallest charges that Stripe takes, in minor units, where it names one.
var smallest = map[string]int64{"eur": 50, "usd": 50, "brl": 50, "gbp": 30, "mxn": 1000, "jpy": 50, "chf": 50, "cad": 50, "aud": 50}

func (p *params) chargeable(amount int64, currency, param string) {
	if least := smallest[currency]; amount < least {
		p.fail(invalid("amount_too_small", param, "Amount must be at least %s %s",
			money.Currency(strings.ToUpper(currency)).Plain(least), currency))
	}
}
