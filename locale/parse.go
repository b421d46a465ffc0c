package locale

import (
	"errors"
	"strconv"
	"strings"

	"github.com/acuerdo/acuerdo/money"
)

// What can be wrong with a typed amount.
var (
	ErrNotAmount = errors.New("not an amount")
	ErrNegative  = errors.New("a negative amount")
	ErrDecimals  = errors.New("more decimals than the currency has")
	ErrTooLarge  = errors.New("an amount above the limit")
)

// MaxMinor is the largest amount ParseMoney accepts, in minor units.
const MaxMinor int64 = 1_000_000_000_000_000

// ParseMoney reads an amount as people of this country type it, with or
// without the currency's sign: "1.234,56", "1,234.56", "$ 50", "50". Where a
// single separator could mean either ("1.234"), the country decides; when it
// then has too many decimals it is refused rather than guessed.
func (l Locale) ParseMoney(s string, c money.Currency) (int64, error) {
	conv := l.convention()
	s = strings.TrimSpace(normaliseSpaces(s))
	s = trimSymbol(s, conv, c)
	if strings.HasPrefix(s, "-") || strings.HasSuffix(s, "-") || strings.HasPrefix(s, "\u2212") {
		return 0, ErrNegative
	}
	whole, frac, err := splitDecimal(s, conv.decimal[0])
	if err != nil {
		return 0, err
	}
	if len(frac) > c.Decimals() {
		return 0, ErrDecimals
	}
	digits := strings.TrimLeft(whole+frac+strings.Repeat("0", c.Decimals()-len(frac)), "0")
	if len(digits) > 16 {
		return 0, ErrTooLarge
	}
	if digits == "" {
		return 0, nil
	}
	minor, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, ErrNotAmount
	}
	if minor > MaxMinor {
		return 0, ErrTooLarge
	}
	return minor, nil
}

func normaliseSpaces(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '\u00a0', '\u202f', '\u2009', '\t':
			return ' '
		}
		return r
	}, s)
}

// trimSymbol takes the currency's sign or code off either end. The country's
// own sign is also accepted for a currency it is shared with ("$").
func trimSymbol(s string, conv convention, c money.Currency) string {
	symbol, _ := conv.symbolFor(c)
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for _, sign := range []string{symbol, foreign[c], string(c), shared(symbol)} {
		if sign == "" {
			continue
		}
		if len(s) >= len(sign) && strings.EqualFold(s[:len(sign)], sign) {
			s = s[len(sign):]
			break
		}
		if len(s) >= len(sign) && strings.EqualFold(s[len(s)-len(sign):], sign) {
			s = s[:len(s)-len(sign)]
			break
		}
	}
	s = strings.TrimSpace(s)
	if negative {
		return "-" + s
	}
	return s
}

func shared(symbol string) string {
	if strings.HasSuffix(symbol, "$") {
		return "$"
	}
	return ""
}

// splitDecimal separates whole and fractional digits and checks the grouping.
func splitDecimal(s string, countryDecimal byte) (whole, frac string, err error) {
	for i := 0; i < len(s); i++ {
		if (s[i] < '0' || s[i] > '9') && s[i] != '.' && s[i] != ',' && s[i] != ' ' {
			return "", "", ErrNotAmount
		}
	}
	at := decimalAt(s, countryDecimal)
	whole = s
	if at >= 0 {
		whole, frac = s[:at], s[at+1:]
		if !allDigits(frac) {
			return "", "", ErrNotAmount
		}
	}
	whole, ok := ungroup(whole)
	if !ok {
		return "", "", ErrNotAmount
	}
	return whole, frac, nil
}

// decimalAt is the place of the decimal sign, -1 when there is none.
func decimalAt(s string, countryDecimal byte) int {
	last := strings.LastIndexAny(s, ".,")
	if last < 0 {
		return -1
	}
	sign := s[last : last+1]
	other := "."
	if sign == "." {
		other = ","
	}
	switch {
	case strings.Contains(s, other): // both: the last one is the decimal sign
		return last
	case strings.Count(s, sign) > 1: // 1.234.567
		return -1
	case len(s)-last-1 == 3 && s[last] != countryDecimal: // 1.234 where decimals take a comma
		return -1
	}
	return last
}

// ungroup joins groups of three that are separated by one and the same sign.
func ungroup(s string) (string, bool) {
	if allDigits(s) {
		return s, true
	}
	i := strings.IndexAny(s, "., ")
	if i < 0 {
		return "", false
	}
	parts := strings.Split(s, s[i:i+1])
	for n, p := range parts {
		if !allDigits(p) || (n == 0 && len(p) > 3) || (n > 0 && len(p) != 3) {
			return "", false
		}
	}
	return strings.Join(parts, ""), true
}
