package access

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// Fact is something the debtor knows and a stranger with their mail does not.
type Fact string

// The facts a creditor may choose from, in Creditor.KnownFacts.
const (
	InvoiceLast4 Fact = "invoice_last4"
	TaxIDLast4   Fact = "tax_id_last4"
	PostalCode   Fact = "postal_code"
	DateOfBirth  Fact = "date_of_birth"
)

// Facts is every fact, for settings pages and checks.
var Facts = []Fact{InvoiceLast4, TaxIDLast4, PostalCode, DateOfBirth}

// newestInvoices bounds how many invoice numbers are right answers: each more
// one helps a guesser as much as the debtor.
const newestInvoices = 24

// known is what the case file holds to compare an answer with.
type known struct {
	creditor cases.Creditor
	debtor   cases.Debtor
	invoices []string // numbers: the open ones, or the newest where none is
}

// FactFor picks the fact to ask: the first of the creditor's choice that this
// debtor has data for, an invoice number where none of them is. Without even
// that it is Conflict "fact_unavailable".
func FactFor(tx *db.Tx, target LinkTarget) (Fact, error) {
	k, err := readKnown(tx, target)
	if err != nil {
		return "", err
	}
	return k.choose()
}

func readKnown(tx *db.Tx, target LinkTarget) (k known, err error) {
	if k.creditor, err = cases.GetCreditor(tx, target.CreditorID); err != nil {
		return k, err
	}
	if k.debtor, err = cases.GetDebtor(tx, target.CreditorID, target.DebtorID); err != nil {
		return k, err
	}
	err = tx.Model(&cases.Invoice{}).Where("creditor_id = ? AND case_id = ?", target.CreditorID, target.CaseID).
		Order("CASE WHEN settled_on IS NULL THEN 0 ELSE 1 END, issued_on DESC, id DESC").Limit(newestInvoices).
		Pluck("number", &k.invoices).Error
	return k, err
}

func (k known) choose() (Fact, error) {
	for _, name := range append(k.creditor.KnownFacts, string(InvoiceLast4)) {
		if fact := Fact(name); len(k.answers(fact)) > 0 {
			return fact, nil
		}
	}
	return "", fault.New(fault.Conflict, "fact_unavailable")
}

// answers is every right answer to a fact in its normal form, none when there is no data.
func (k known) answers(fact Fact) []string {
	var out []string
	switch fact {
	case InvoiceLast4:
		for _, number := range k.invoices {
			out = append(out, lastFour(number)...)
		}
	case TaxIDLast4:
		if n := lastFour(k.debtor.TaxID); len(n) > 0 && len(n[0]) >= 4 {
			out = n
		}
	case PostalCode:
		if n := postalCode(k.debtor.PostalCode, k.debtor.Country); n != "" {
			out = []string{n}
		}
	case DateOfBirth:
		if !k.debtor.DateOfBirth.IsZero() {
			out = []string{k.debtor.DateOfBirth.String()}
		}
	}
	return out
}

// right compares an answer with every right one, always all of them, so that
// the time doesn't tell which matched.
func (k known) right(fact Fact, normal string) bool {
	found := false
	for _, answer := range k.answers(fact) {
		found = same(answer, normal) || found
	}
	return found
}

// normalise brings what was typed into the form that answers have. Nothing
// usable is Invalid on the field "fact": "fact_missing", "fact_not_a_date".
func (k known) normalise(fact Fact, typed string) (string, error) {
	normal := ""
	switch fact {
	case PostalCode:
		normal = postalCode(typed, k.debtor.Country)
	case DateOfBirth:
		if strings.TrimSpace(typed) == "" {
			break
		}
		date, ok := parseDate(typed, k.debtor.Country)
		if !ok {
			return "", fault.Field("fact", "fact_not_a_date", nil)
		}
		normal = date.String()
	case InvoiceLast4, TaxIDLast4:
		normal = plain(typed)
	}
	if normal == "" {
		return "", fault.Field("fact", "fact_missing", nil)
	}
	return normal, nil
}

// plain keeps letters and digits only, in upper case and in their common form.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, norm.NFKC.String(s))
}

// lastFour is the last four characters of a number, and all of it: who types
// the whole number knows its end. A shorter number is its own end.
func lastFour(number string) []string {
	whole := plain(number)
	if whole == "" {
		return nil
	}
	runes := []rune(whole)
	if len(runes) <= 4 {
		return []string{whole}
	}
	return []string{string(runes[len(runes)-4:]), whole}
}

// postalCode is a postal code in its normal form. Spreadsheets eat the first
// zero of a five-digit code, and the last four of a US one are seldom known.
func postalCode(s, country string) string {
	code := plain(s)
	switch strings.ToUpper(country) {
	case "US":
		if len(code) == 9 {
			code = code[:5]
		}
		return padFive(code)
	case "ES", "DE", "FR", "IT", "MX":
		return padFive(code)
	}
	return code
}

func padFive(code string) string {
	if len(code) == 4 {
		return "0" + code
	}
	return code
}

// parseDate reads a date as people of a country write it: year first anywhere,
// else the month first in the United States and the day first elsewhere, with
// any separator or none. Where only one order gives a date, it is that one.
func parseDate(s, country string) (clock.Date, bool) {
	s = norm.NFKC.String(s)
	groups := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if len(groups) == 1 && len(groups[0]) == 8 {
		g := groups[0]
		if d, ok := partsOf(g[:2], g[2:4], g[4:], country); ok {
			return d, true
		}
		return dateOf(g[:4], g[4:6], g[6:])
	}
	if len(groups) != 3 || strings.ContainsFunc(s, unicode.IsLetter) {
		return clock.Date{}, false
	}
	if len(groups[0]) == 4 {
		return dateOf(groups[0], groups[1], groups[2])
	}
	return partsOf(groups[0], groups[1], groups[2], country)
}

// partsOf reads two parts whose order depends on the country, and a year.
func partsOf(first, second, year, country string) (clock.Date, bool) {
	day, month := first, second
	if strings.EqualFold(country, "US") {
		day, month = second, first
	}
	if d, ok := dateOf(year, month, day); ok {
		return d, true
	}
	return dateOf(year, day, month)
}

func dateOf(year, month, day string) (clock.Date, bool) {
	if len(year) != 4 || len(month) > 2 || len(day) > 2 {
		return clock.Date{}, false
	}
	pad := func(s string) string { return strings.Repeat("0", 2-len(s)) + s }
	d, err := clock.ParseDate(year + "-" + pad(month) + "-" + pad(day))
	// A year before 1800 is nobody's birth: it is a date read in the wrong order.
	return d, err == nil && d.Year >= 1800
}
