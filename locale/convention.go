package locale

import (
	"strings"

	"github.com/acuerdo/acuerdo/money"
)

// nbsp keeps an amount and its symbol on one line.
const nbsp = "\u00a0"

// convention is how a country writes amounts, after CLDR 44. Two choices differ
// from it: four-digit amounts are grouped everywhere (CLDR leaves "1234,56 €"
// in es_ES and pt_PT, and a debt should read alike in a column), and the minus
// always comes first.
type convention struct {
	decimal string
	group   string
	prefix  bool   // symbol before the digits
	space   string // between symbol and digits
	own     money.Currency
	symbol  string // of own
}

var (
	euroAfter = convention{",", ".", false, nbsp, "EUR", "€"}
	euroSpace = convention{",", nbsp, false, nbsp, "EUR", "€"}
)

func dollarPoint(own money.Currency, symbol string) convention {
	return convention{".", ",", true, "", own, symbol}
}

func pesoComma(own money.Currency, symbol, space string) convention {
	return convention{",", ".", true, space, own, symbol}
}

var conventions = map[string]convention{
	"ES": euroAfter, "DE": euroAfter, "IT": euroAfter, "GR": euroAfter, "AD": euroAfter,
	"PT": euroSpace, "FR": euroSpace,
	"IE": dollarPoint("EUR", "€"), "MT": dollarPoint("EUR", "€"),
	"US": dollarPoint("USD", "$"), "PR": dollarPoint("USD", "$"), "SV": dollarPoint("USD", "$"), "PA": dollarPoint("USD", "$"),
	"GB": dollarPoint("GBP", "£"), "CA": dollarPoint("CAD", "$"), "AU": dollarPoint("AUD", "$"), "NZ": dollarPoint("NZD", "$"),
	"MX": dollarPoint("MXN", "$"), "DO": dollarPoint("DOP", "RD$"), "GT": dollarPoint("GTQ", "Q"), "HN": dollarPoint("HNL", "L"),
	"PE": {".", ",", true, nbsp, "PEN", "S/"},
	"CL": pesoComma("CLP", "$", ""), "EC": pesoComma("USD", "$", ""), "BO": pesoComma("BOB", "Bs", ""), "VE": pesoComma("VES", "Bs.", ""),
	"AR": pesoComma("ARS", "$", nbsp), "CO": pesoComma("COP", "$", nbsp), "UY": pesoComma("UYU", "$", nbsp),
	"PY": pesoComma("PYG", "₲", nbsp), "BR": pesoComma("BRL", "R$", nbsp),
	"CR": {",", nbsp, true, "", "CRC", "₡"},
}

// foreign symbols are those that mean one currency wherever they are read.
var foreign = map[money.Currency]string{
	"EUR": "€", "GBP": "£", "USD": "US$", "BRL": "R$", "CAD": "CA$", "AUD": "AU$", "MXN": "MX$", "JPY": "JP¥",
}

// defaultCountry stands in for a country that is not known.
var defaultCountry = map[Language]string{Spanish: "ES", English: "US", Portuguese: "BR"}

func (l Locale) convention() convention {
	if c, ok := conventions[strings.ToUpper(l.Country)]; ok {
		return c
	}
	if c, ok := conventions[defaultCountry[l.Language]]; ok {
		return c
	}
	return euroAfter
}

// symbolFor is the sign of a currency in this country, and whether it is the
// bare code, which always stands apart from the digits.
func (c convention) symbolFor(cur money.Currency) (symbol string, isCode bool) {
	if cur == c.own {
		return c.symbol, false
	}
	if s, ok := foreign[cur]; ok {
		return s, false
	}
	return string(cur), true
}
