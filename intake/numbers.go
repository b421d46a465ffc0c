package intake

import (
	"fmt"
	"strings"

	"github.com/acuerdo/acuerdo/money"
)

// maxMinor keeps a sum of many invoices far from the end of an int64.
const maxMinor = 1e15

// amountReader reads amounts in one notation.
type amountReader struct{ decimal, group byte }

func (n Numbers) reader() (amountReader, error) {
	if len(n.Decimal) != 1 || !strings.Contains(".,", n.Decimal) {
		return amountReader{}, wrong(`numbers: decimal is %q, write "." or ","`, n.Decimal)
	}
	if n.Group == "" {
		return amountReader{decimal: n.Decimal[0]}, nil
	}
	if len(n.Group) != 1 || !strings.Contains("., '", n.Group) || n.Group == n.Decimal {
		return amountReader{}, wrong(`numbers: group is %q, write ",", ".", " ", "'" or nothing, and not the decimal`, n.Group)
	}
	return amountReader{decimal: n.Decimal[0], group: n.Group[0]}, nil
}

func (r amountReader) example() string {
	if r.group == 0 {
		return "1234" + string(r.decimal) + "50"
	}
	return "1" + string(r.group) + "234" + string(r.decimal) + "50"
}

var spaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "\u2019", "'")

// bare takes off the currency's sign or code, in front or behind.
func bare(s string, c money.Currency) string {
	s = strings.TrimSpace(spaces.Replace(s))
	for _, sign := range []string{string(c), "US$", "R$", "S/", "$", "€", "£", "¥"} {
		s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, sign), sign))
	}
	return s
}

// parse reads an amount into minor units of a currency; the reason, where it
// can't, completes "the value …". Nothing is rounded.
func (r amountReader) parse(cell string, c money.Currency) (minor int64, reason string) {
	s := bare(cell, c)
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "(") || strings.HasSuffix(s, "-") {
		return 0, "is below zero; credit notes are not imported, give the invoice what is left of it"
	}
	isNo := fmt.Sprintf("is not an amount, expected it written as %s", r.example())
	whole, fraction, hasPoint := strings.Cut(s, string(r.decimal))
	whole, ok := r.ungroup(whole)
	if !ok || hasPoint && (fraction == "" || !onlyDigits(fraction)) {
		return 0, isNo
	}
	trimmed := strings.TrimRight(fraction, "0")
	d := c.Decimals()
	if len(trimmed) > d {
		return 0, fmt.Sprintf("has %d decimals, %s has %d", len(trimmed), c, d)
	}
	if len(whole) > 16 {
		return 0, "is too large"
	}
	for _, digit := range whole + trimmed + strings.Repeat("0", d-len(trimmed)) {
		minor = minor*10 + int64(digit-'0')
	}
	switch {
	case minor == 0:
		return 0, "is zero; an invoice of nothing can't be owed"
	case minor > maxMinor:
		return 0, "is too large"
	}
	return minor, ""
}

// ungroup takes the separators out; they must stand where groups of three end.
func (r amountReader) ungroup(s string) (string, bool) {
	if r.group == 0 || strings.IndexByte(s, r.group) < 0 {
		return s, onlyDigits(s)
	}
	groups := strings.Split(s, string(r.group))
	for i, g := range groups {
		if !onlyDigits(g) || i > 0 && len(g) != 3 || len(g) > 3 {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
