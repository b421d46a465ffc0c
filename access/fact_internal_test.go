package access

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
)

func TestAnswersAreReadAsPeopleTypeThem(t *testing.T) {
	debtor := func(country, taxID, postal, born string) known {
		k := known{debtor: cases.Debtor{Country: country, TaxID: taxID, PostalCode: postal}}
		if born != "" {
			k.debtor.DateOfBirth = clock.MustDate(born)
		}
		return k
	}
	invoices := func(numbers ...string) known { return known{invoices: numbers} }
	for _, c := range []struct {
		name  string
		known known
		fact  Fact
		typed string
		right bool
	}{
		{"last four", invoices("F-2026/0042"), InvoiceLast4, "0042", true},
		{"with spaces and a hyphen", invoices("F-2026/0042"), InvoiceLast4, " 00-42 ", true},
		{"the whole number", invoices("F-2026/0042"), InvoiceLast4, "f 2026 0042", true},
		{"too few", invoices("F-2026/0042"), InvoiceLast4, "042", false},
		{"a longer end is neither", invoices("F-2026/0042"), InvoiceLast4, "60042", false},
		{"another invoice of the case", invoices("F-2026/0042", "A-77"), InvoiceLast4, "a77", true},
		{"letters in the end", invoices("2026-12ab"), InvoiceLast4, "12AB", true},
		{"a short number is its own end", invoices("7"), InvoiceLast4, "7", true},
		{"the separators don't count", invoices("0042-"), InvoiceLast4, "0042", true},
		{"full-width digits", invoices("F-2026/0042"), InvoiceLast4, "００４２", true},
		{"no invoice has no answer", invoices(), InvoiceLast4, "0042", false},
		{"an empty number is no answer", invoices("--"), InvoiceLast4, "--x", false},

		{"Spanish tax id", debtor("ES", "12345678-Z", "", ""), TaxIDLast4, "678z", true},
		{"Chilean tax id", debtor("CL", "12.345.678-5", "", ""), TaxIDLast4, "678-5", true},
		{"American tax id", debtor("US", "12-3456789", "", ""), TaxIDLast4, "6789", true},
		{"masked as on a letter", debtor("US", "12-3456789", "", ""), TaxIDLast4, "***-**-6789", true},
		{"a wrong tax id", debtor("ES", "12345678-Z", "", ""), TaxIDLast4, "5678", false},
		{"three characters are no tax id", debtor("ES", "12Z", "", ""), TaxIDLast4, "12Z", false},

		{"postal code", debtor("ES", "", "28013", ""), PostalCode, "28 013", true},
		{"its zero lost in a spreadsheet", debtor("ES", "", "8001", ""), PostalCode, "08001", true},
		{"its zero not typed", debtor("ES", "", "08001", ""), PostalCode, "8001", true},
		{"American with four more on file", debtor("US", "", "02139-4307", ""), PostalCode, "02139", true},
		{"American with four more typed", debtor("US", "", "02139", ""), PostalCode, "02139-4307", true},
		{"British, small letters", debtor("GB", "", "SW1A 1AA", ""), PostalCode, "sw1a1aa", true},
		{"Portuguese", debtor("PT", "", "1000-205", ""), PostalCode, "1000 205", true},
		{"Portuguese, half of it", debtor("PT", "", "1000-205", ""), PostalCode, "1000", false},

		{"day first", debtor("ES", "", "", "1980-02-01"), DateOfBirth, "01/02/1980", true},
		{"day first, other separators", debtor("CL", "", "", "1980-02-01"), DateOfBirth, "1.2.1980", true},
		{"month first in the United States", debtor("US", "", "", "1980-02-01"), DateOfBirth, "02/01/1980", true},
		{"day first is wrong there", debtor("US", "", "", "1980-02-01"), DateOfBirth, "01/02/1980", false},
		{"unless it can only be that", debtor("US", "", "", "1980-02-28"), DateOfBirth, "28/02/1980", true},
		{"year first anywhere", debtor("US", "", "", "1980-02-01"), DateOfBirth, "1980-02-01", true},
		{"no separators", debtor("ES", "", "", "1980-12-31"), DateOfBirth, "31121980", true},
		{"no separators, year first", debtor("ES", "", "", "1980-12-31"), DateOfBirth, "19801231", true},
		{"a wrong date", debtor("ES", "", "", "1980-12-31"), DateOfBirth, "30/12/1980", false},
	} {
		normal, err := c.known.normalise(c.fact, c.typed)
		if got := err == nil && c.known.right(c.fact, normal); got != c.right {
			t.Errorf("%s: %q is right: %v, want %v (%q, %v)", c.name, c.typed, got, c.right, normal, err)
		}
	}
}

func TestWhatCantBeAnAnswerIsSaidSo(t *testing.T) {
	for _, c := range []struct {
		fact  Fact
		typed string
		key   string
	}{
		{InvoiceLast4, "", "fact_missing"}, {TaxIDLast4, " - ", "fact_missing"}, {PostalCode, "", "fact_missing"},
		{DateOfBirth, " ", "fact_missing"}, {DateOfBirth, "31/02/1980", "fact_not_a_date"}, {DateOfBirth, "1/2/80", "fact_not_a_date"},
		{DateOfBirth, "yesterday", "fact_not_a_date"}, {DateOfBirth, "1 Feb 1980", "fact_not_a_date"}, {DateOfBirth, "1980", "fact_not_a_date"},
	} {
		if _, err := (known{}).normalise(c.fact, c.typed); err == nil || !strings.Contains(err.Error(), c.key) {
			t.Errorf("%s %q: %v, want %s", c.fact, c.typed, err, c.key)
		}
	}
}

func TestEveryWayToWriteADateIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		born := clock.MustDate("1900-01-01").AddDays(rapid.IntRange(0, 45000).Draw(t, "days"))
		at := time.Date(born.Year, born.Month, born.Day, 0, 0, 0, 0, time.UTC)
		country := rapid.SampledFrom([]string{"ES", "CL", "US", "PT"}).Draw(t, "country")
		layouts := []string{"02/01/2006", "2-1-2006", "02 01 2006", "02.01.2006", "02012006"}
		if country == "US" {
			layouts = []string{"01/02/2006", "1-2-2006", "01 02 2006", "01022006"}
		}
		layout := rapid.SampledFrom(append(layouts, "2006-01-02", "2006/1/2")).Draw(t, "layout")
		if got, ok := parseDate(at.Format(layout), country); !ok || got != born {
			t.Fatalf("%s in %s became %s", at.Format(layout), country, got)
		}
	})
}

func TestRubbishNeverMatchesNorPanics(t *testing.T) {
	k := known{invoices: []string{"F-2026/0042"}, debtor: cases.Debtor{Country: "ES", TaxID: "12345678Z", PostalCode: "28013", DateOfBirth: clock.MustDate("1980-02-01")}}
	rapid.Check(t, func(t *rapid.T) {
		fact := rapid.SampledFrom(Facts).Draw(t, "fact")
		typed := rapid.String().Draw(t, "typed")
		normal, err := k.normalise(fact, typed)
		if err != nil {
			return
		}
		if k.right(fact, normal) && fact != DateOfBirth && !strings.Contains("F20260042 12345678Z 28013", normal) {
			t.Fatalf("%s: %q is taken for right", fact, typed)
		}
	})
}

func TestSeparatorsAndCaseNeverMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`[A-Z0-9]{4,12}`).Draw(t, "number")
		noisy := strings.Builder{}
		for _, r := range strings.ToLower(number[len(number)-4:]) {
			noisy.WriteString(rapid.SampledFrom([]string{"", " ", "-", "/", ".", "\u00a0"}).Draw(t, "noise"))
			noisy.WriteRune(r)
		}
		k := known{invoices: []string{number}}
		normal, err := k.normalise(InvoiceLast4, noisy.String())
		if err != nil || !k.right(InvoiceLast4, normal) {
			t.Fatalf("%q is not the end of %q (%v)", noisy.String(), number, err)
		}
	})
}

func TestTheFactAskedIsTheFirstThatThereIsDataFor(t *testing.T) {
	for _, c := range []struct {
		name string
		k    known
		want Fact
	}{
		{"the creditor's first choice", known{creditor: cases.Creditor{KnownFacts: []string{"postal_code", "invoice_last4"}},
			debtor: cases.Debtor{PostalCode: "28013"}, invoices: []string{"1"}}, PostalCode},
		{"the second where the first is not on file", known{creditor: cases.Creditor{KnownFacts: []string{"date_of_birth", "tax_id_last4"}},
			debtor: cases.Debtor{TaxID: "12345678Z"}, invoices: []string{"1"}}, TaxIDLast4},
		{"an invoice where none is", known{creditor: cases.Creditor{KnownFacts: []string{"date_of_birth"}}, invoices: []string{"1"}}, InvoiceLast4},
		{"an unknown fact is passed over", known{creditor: cases.Creditor{KnownFacts: []string{"shoe_size"}}, invoices: []string{"1"}}, InvoiceLast4},
		{"nothing to ask", known{}, ""},
	} {
		if got, err := c.k.choose(); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

func TestAddressesOfOneHouseholdShareACounter(t *testing.T) {
	s := &Service{Secret: []byte(strings.Repeat("p", 32))}
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"198.51.100.7", "198.51.100.7", true}, {"198.51.100.7", "198.51.100.8", false}, {"198.51.100.7", "::ffff:198.51.100.7", true},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true}, {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
	} {
		if got := s.ipKey(c.a) == s.ipKey(c.b); got != c.same {
			t.Errorf("%s and %s share: %v", c.a, c.b, got)
		}
	}
	if strings.Contains(s.ipKey("198.51.100.7"), "198.51") {
		t.Error("the address itself is in the key")
	}
}
