package frontend

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/money"
)

// Render writes a page to memory, so that a failure can still become an error
// page with its own status.
func Render(ctx context.Context, page templ.Component) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(16 << 10)
	if err := page.Render(ctx, &b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// T is a text for this page's reader; pairs are placeholder names and values.
func (p Page) T(key string, pairs ...any) string {
	return Text(p.Locale, p.Zone, key, params(pairs))
}

// TN is T for a count.
func (p Page) TN(key string, count int64, pairs ...any) string {
	return textN(p.Locale, p.Zone, key, count, params(pairs))
}

// Tx is the text prefix+name of a closed set (a state, a kind); a name without
// a text is shown as it is, underscores as spaces.
func (p Page) Tx(prefix, name string) string {
	if !Has(prefix + name) {
		return strings.ReplaceAll(name, "_", " ")
	}
	return Text(p.Locale, p.Zone, prefix+name, nil)
}

func params(pairs []any) map[string]any {
	if len(pairs) == 0 {
		return nil
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		m[name] = pairs[i+1]
	}
	return m
}

// M writes an amount.
func (p Page) M(m Money) string { return p.Locale.Money(m.Minor, m.Currency) }

// D writes a date in full, S short for tables, At an instant in the reader's zone.
func (p Page) D(d clock.Date) string { return p.Locale.Date(d) }

// S writes a date for tables.
func (p Page) S(d clock.Date) string { return p.Locale.ShortDate(d) }

// At writes an instant in the reader's zone.
func (p Page) At(t time.Time) string { return p.Locale.DateTime(t, p.Zone) }

// Moment writes an instant for tables: short date and time of day.
func (p Page) Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	zone := p.Zone
	if zone == nil {
		zone = time.UTC
	}
	return p.Locale.ShortDate(clock.DateIn(t, zone)) + ", " + p.Locale.Time(t, zone)
}

// FormErrors turns a fault into the Errors of a page: the error stands beside
// its field, or on top of the form.
func FormErrors(err error) map[string]Message {
	if err == nil {
		return nil
	}
	f := fault.As(err)
	return map[string]Message{f.Field: {Key: faultKey(f), Params: f.Params}}
}

// FaultText is what a reader is told about an error: the text of its key, or of
// its code when the key has none.
func FaultText(l locale.Locale, err error) string {
	f := fault.As(err)
	return Text(l, nil, "fault."+faultKey(f), Page{Locale: l}.readable(f.Params))
}

func faultKey(f *fault.Error) string {
	if Has("fault." + f.Key) {
		return f.Key
	}
	return string(f.Code)
}

// AmountFault is the error for what locale.ParseMoney refused, beside a field.
func AmountFault(field string, err error) error {
	switch {
	case errors.Is(err, locale.ErrNegative):
		return fault.Field(field, "amount_negative", nil)
	case errors.Is(err, locale.ErrDecimals):
		return fault.Field(field, "amount_decimals", nil)
	case errors.Is(err, locale.ErrTooLarge):
		return fault.Field(field, "amount_too_large", nil)
	default:
		return fault.Field(field, "amount_not_a_number", nil)
	}
}

// ErrorPageFor is the view of an error, ready for ErrorPage.
func ErrorPageFor(p Page, err error) ErrorView {
	f := fault.As(err)
	return ErrorView{Page: p, Code: string(f.Code), Message: Message{Key: f.Key, Params: f.Params}}
}

// ErrorText is the message of a field, "" when it has no error.
func (p Page) ErrorText(field string) string {
	m, ok := p.Errors[field]
	if !ok {
		return ""
	}
	key := m.Key
	if !Has("fault." + key) {
		key = string(fault.Invalid)
	}
	return Text(p.Locale, p.Zone, "fault."+key, p.readable(m.Params))
}

// FlashText is the message on top of the page.
func (p Page) FlashText() string {
	if p.Flash == nil || !Has("flash."+p.Flash.Key) {
		return ""
	}
	return Text(p.Locale, p.Zone, "flash."+p.Flash.Key, p.readable(p.Flash.Params))
}

// readable turns the params of a fault into placeholders.
func (p Page) readable(params map[string]any) map[string]any {
	c := p.Currency
	if named, ok := params["currency"].(string); ok {
		c = money.Currency(named)
	}
	return eventParams(p, c, params)
}

// IsSettled tells whether an amount is exactly nothing.
func (m Money) IsSettled() bool { return m.Minor == 0 }

// Minus takes an amount off; the currency is the receiver's.
func (m Money) Minus(n Money) Money { return Money{Minor: m.Minor - n.Minor, Currency: m.Currency} }

// Of makes an amount of minor units.
func Of(minor int64, c money.Currency) Money { return Money{Minor: minor, Currency: c} }
