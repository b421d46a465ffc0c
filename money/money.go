// Package money holds amounts as int64 minor units of an ISO 4217 currency.
// Nothing here is a float, and splitting gives every remainder a home.
package money

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Currency is an ISO 4217 code in capitals, for example "EUR".
type Currency string

// decimals lists the currencies that can be used and how many digits follow
// their decimal point (ISO 4217, list one). Stripe charges in these units too.
var decimals = map[Currency]int{
	"ARS": 2, "AUD": 2, "BOB": 2, "BRL": 2, "CAD": 2, "CHF": 2, "CLP": 0, "CNY": 2,
	"COP": 2, "CRC": 2, "CZK": 2, "DKK": 2, "DOP": 2, "EUR": 2, "GBP": 2, "GTQ": 2,
	"HNL": 2, "HUF": 2, "INR": 2, "JPY": 0, "KRW": 0, "KWD": 3, "MXN": 2, "NIO": 2,
	"NOK": 2, "NZD": 2, "PAB": 2, "PEN": 2, "PLN": 2, "PYG": 0, "RON": 2, "SEK": 2,
	"TND": 3, "USD": 2, "UYU": 2, "VND": 0, "ZAR": 2,
}

// ParseCurrency accepts a code in any case.
func ParseCurrency(s string) (Currency, error) {
	c := Currency(strings.ToUpper(strings.TrimSpace(s)))
	if _, ok := decimals[c]; !ok {
		return "", fmt.Errorf("%q is not a currency code that can be used, write for example EUR", s)
	}
	return c, nil
}

// Decimals is the number of digits after the decimal point: 2 for EUR, 0 for CLP.
func (c Currency) Decimals() int {
	if d, ok := decimals[c]; ok {
		return d
	}
	return 2
}

// Unit is how many minor units make one major unit: 100 for EUR, 1 for CLP.
func (c Currency) Unit() int64 {
	u := int64(1)
	for range c.Decimals() {
		u *= 10
	}
	return u
}

// Plain writes minor units with a point and no grouping ("1234.50"), for files and logs.
func (c Currency) Plain(minor int64) string {
	d := c.Decimals()
	if d == 0 {
		return strconv.FormatInt(minor, 10)
	}
	sign := ""
	u := uint64(minor)
	if minor < 0 {
		sign, u = "-", -u
	}
	digits := strconv.FormatUint(u, 10)
	digits = strings.Repeat("0", max(0, d+1-len(digits))) + digits
	point := len(digits) - d
	return sign + digits[:point] + "." + digits[point:]
}

// Split divides total into n parts that add up to it exactly and differ by at
// most one minor unit; the larger parts come first, so that the last payment is
// never the surprise. It panics when n < 1 or total < 0.
func Split(total int64, n int) []int64 {
	if n < 1 || total < 0 {
		panic(fmt.Sprintf("money: can't split %d into %d parts", total, n))
	}
	parts := make([]int64, n)
	each, rest := total/int64(n), total%int64(n)
	for i := range parts {
		parts[i] = each
		if int64(i) < rest {
			parts[i]++
		}
	}
	return parts
}

// BasisPoints takes bp hundredths of a percent of a non-negative amount, rounded
// half up to the minor unit: BasisPoints(1999, 1000) is 200.
func BasisPoints(minor, bp int64) int64 {
	if minor < 0 || bp < 0 {
		panic(fmt.Sprintf("money: negative share %d of %d", bp, minor))
	}
	hi, lo := bits.Mul64(uint64(minor), uint64(bp))
	lo, carry := bits.Add64(lo, 5000, 0)
	q, _ := bits.Div64(hi+carry, lo, 10000)
	return int64(min(q, math.MaxInt64))
}
