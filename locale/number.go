package locale

import (
	"strconv"
	"strings"

	"github.com/acuerdo/acuerdo/money"
)

// Money writes minor units as the country does: "1.234,56 €", "$1.000",
// "$1,234.56", "R$ 1.234,56". Digits come from the integer, so every int64 is
// exact. Spaces are no-break spaces.
func (l Locale) Money(minor int64, c money.Currency) string {
	conv := l.convention()
	sign := ""
	plain := c.Plain(minor)
	if strings.HasPrefix(plain, "-") {
		sign, plain = "-", plain[1:]
	}
	whole, frac, hasFrac := strings.Cut(plain, ".")
	digits := grouped(whole, conv.group)
	if hasFrac {
		digits += conv.decimal + frac
	}
	symbol, isCode := conv.symbolFor(c)
	space := conv.space
	if isCode {
		space = nbsp
	}
	if conv.prefix {
		return sign + symbol + space + digits
	}
	return sign + digits + space + symbol
}

// Amount writes minor units without the currency and without grouping, as the
// value of a form field: "1234,56". ParseMoney reads it back.
func (l Locale) Amount(minor int64, c money.Currency) string {
	return strings.Replace(c.Plain(minor), ".", l.convention().decimal, 1)
}

// Int writes a whole number with the country's grouping.
func (l Locale) Int(n int64) string {
	s := strconv.FormatInt(n, 10)
	if strings.HasPrefix(s, "-") {
		return "-" + grouped(s[1:], l.convention().group)
	}
	return grouped(s, l.convention().group)
}

// Decimal rewrites a plain decimal ("2.5", "1200") with the country's signs;
// anything else comes back unchanged.
func (l Locale) Decimal(plain string) string {
	sign, s := "", plain
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, frac, hasFrac := strings.Cut(s, ".")
	if !allDigits(whole) || (hasFrac && !allDigits(frac)) {
		return plain
	}
	conv := l.convention()
	out := sign + grouped(whole, conv.group)
	if hasFrac {
		out += conv.decimal + frac
	}
	return out
}

// Percent writes hundredths of a percent: 1000 is "10 %" in Spanish, 250 is
// "2.5%" in English for the US.
func (l Locale) Percent(basisPoints int64) string {
	sign := ""
	if basisPoints < 0 {
		sign, basisPoints = "-", -basisPoints
	}
	out := sign + strconv.FormatInt(basisPoints/100, 10)
	if rest := basisPoints % 100; rest != 0 {
		frac := strconv.FormatInt(100+rest, 10)[1:]
		out += l.convention().decimal + strings.TrimRight(frac, "0")
	}
	if l.Language == Spanish {
		return out + nbsp + "%"
	}
	return out + "%"
}

func grouped(digits, sep string) string {
	if len(digits) <= 3 {
		return digits
	}
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(r)
	}
	return b.String()
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
