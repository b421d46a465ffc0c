package intake_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/intake"
)

func mustGuess(t *testing.T, text, country string) (intake.Mapping, string) {
	t.Helper()
	m, notes, err := intake.GuessFile(strings.NewReader(text), country)
	if err != nil {
		t.Fatal(err)
	}
	return m, strings.Join(notes, "\n")
}

func TestTheShippedMappingsAreGuessedAndRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, want := range map[string]intake.Totals{
			"es": {Currency: "EUR", Invoices: 2, Customers: 2, OpenMinor: 132440, Disputed: 1, PastDue: 2, PastDueMinor: 132440},
			"en": {Currency: "USD", Invoices: 2, Customers: 2, OpenMinor: 133995, Disputed: 1, PastDue: 2, PastDueMinor: 133995},
			"pt": {Currency: "BRL", Invoices: 1, Customers: 1, OpenMinor: 150000, PastDue: 1, PastDueMinor: 150000},
		} {
			text, err := os.ReadFile(filepath.Join("testdata", name+".csv"))
			if err != nil {
				t.Fatal(err)
			}
			mapping, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			guess, notes := mustGuess(t, string(text), "")
			shipped := mustMapping(t, string(mapping))
			if diff := cmp.Diff(shipped.Columns, guess.Columns); diff != "" || guess.Dates != shipped.Dates || guess.Numbers != shipped.Numbers {
				t.Errorf("%s: guessed %s (%s)\n%s", name, guess.YAML(), notes, diff)
			}
			for _, m := range []string{string(mapping), guess.YAML()} {
				report := setup(t, d).mustImport(m, string(text), "2026-03-01")
				if diff := cmp.Diff([]intake.Totals{want}, report.Open); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
			}
		}
	})
}

func TestWindowsLettersArriveAsTheyWere(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.SQLite(t))
	text, err := os.ReadFile("testdata/es.csv")
	if err != nil {
		t.Fatal(err)
	}
	m, _ := mustGuess(t, string(text), "ES")
	b.mustImport(m.YAML(), string(text), "2026-03-01")
	if got := b.lines("SELECT name, city, country FROM debtors WHERE creditor_id = @creditor ORDER BY name"); !slices.Equal(got, []string{"Ana Muñoz | Sevilla | ES", "Panadería Núñez, S.L. | Madrid | ES"}) {
		t.Errorf("got %v", got)
	}
}

func TestUTF16IsRead(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.SQLite(t))
	var text bytes.Buffer
	text.WriteString("\xFF\xFE")
	for _, r := range file("name", "C,N,2013-01-02,2013-02-01,1,Núñez") {
		text.Write([]byte{byte(r), byte(r >> 8)})
	}
	m, _ := mustGuess(t, text.String(), "ES")
	b.mustImport(m.YAML(), text.String(), "2013-01-31")
	if got := b.one("SELECT name FROM debtors WHERE creditor_id = @creditor"); got != "Núñez" {
		t.Errorf("got %q", got)
	}
}

func TestTheIBMHeaderIsGuessed(t *testing.T) {
	t.Parallel()
	mapping, text := ibm(t)
	shipped := mustMapping(t, mapping)
	guess, notes := mustGuess(t, text, "ES")
	if diff := cmp.Diff(shipped.Columns, guess.Columns); diff != "" || guess.Dates != "M/D/YYYY" || guess.Numbers.Decimal != "." {
		t.Errorf("%s\n%s", guess.YAML(), diff)
	}
	if !strings.Contains(notes, `"391"`) {
		t.Errorf("the country codes are not asked about: %s", notes)
	}
}

func TestAnAmbiguousDateIsReadAsTheCreditorsCountryDoesAndSaid(t *testing.T) {
	t.Parallel()
	const header = "Customer,Invoice,Invoice date,Due date,Amount\n"
	for _, c := range []struct{ dates, country, format, note string }{
		{"1/2/2013,3/4/2013", "US", "M/D/YYYY", "could be read day first too"},
		{"1/2/2013,3/4/2013", "ES", "D/M/YYYY", "could be read month first too"},
		{"1/2/2013,3/4/2013", "", "D/M/YYYY", "most countries write so"},
		{"01/02/2013,04/03/2013", "US", "MM/DD/YYYY", "check it"},
		{"01/13/2013,04/03/2013", "ES", "MM/DD/YYYY", ""},
		{"13/01/2013,03/04/2013", "US", "DD/MM/YYYY", ""},
		{"13.1.13,3.4.13", "US", "D.M.YY", ""},
		{"2013-01-02,2013-03-04", "US", "YYYY-MM-DD", ""},
		{"2013-01-02 00:00:00,2013-03-04 00:00:00", "US", "YYYY-MM-DD", ""},
		{"20130102,20130304", "US", "YYYYMMDD", ""},
		{"January,March", "US", "YYYY-MM-DD", "no date format reads"},
	} {
		m, notes := mustGuess(t, header+"1,2,"+c.dates+",5.00\n", c.country)
		if m.Dates != c.format || (notes == "") != (c.note == "") || !strings.Contains(notes, c.note) {
			t.Errorf("%s in %s: %s, %q", c.dates, c.country, m.Dates, notes)
		}
	}
}

func TestTheDecimalSeparatorIsSeenOrSaidToBeUncertain(t *testing.T) {
	t.Parallel()
	const header = "Customer;Invoice;Invoice date;Due date;Amount\n"
	for _, c := range []struct {
		amount, country, decimal, group string
		sure                            bool
	}{
		{"1.234,50", "US", ",", ".", true}, {"1,234.50", "ES", ".", ",", true}, {"12,5", "US", ",", ".", true}, {"12.50", "ES", ".", ",", true},
		{"1.234.567", "US", ",", ".", true}, {"1 234,50", "ES", ",", " ", true}, {"1'234.50", "CH", ".", "'", true},
		{"1.234", "CL", ",", ".", false}, {"1,234", "US", ".", ",", false}, {"1234", "ES", ",", ".", true},
	} {
		m, notes := mustGuess(t, header+"1;2;2013-01-02;2013-01-02;"+c.amount+"\n", c.country)
		if m.Numbers != (intake.Numbers{Decimal: c.decimal, Group: c.group}) || (notes == "") != c.sure {
			t.Errorf("%s in %s: %+v, %q", c.amount, c.country, m.Numbers, notes)
		}
	}
}

func TestAmountsAreReadAsTheyWereWritten(t *testing.T) {
	b := setup(t, dbtest.SQLite(t))
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(1, 1e12).Draw(t, "minor")
		n := rapid.SampledFrom([]intake.Numbers{{Decimal: ",", Group: "."}, {Decimal: ".", Group: ","}, {Decimal: ",", Group: " "}, {Decimal: ".", Group: "'"}, {Decimal: "."}}).Draw(t, "notation")
		whole := fmt.Sprint(minor / 100)
		for i := len(whole) - 3; i > 0 && n.Group != ""; i -= 3 {
			whole = whole[:i] + n.Group + whole[i:]
		}
		cell := rapid.SampledFrom([]string{"", "€ ", "EUR"}).Draw(t, "sign") + whole + n.Decimal + fmt.Sprintf("%02d", minor%100)
		seen++
		number := fmt.Sprint("N", seen)
		m := strings.Replace(plain(), `numbers: {decimal: "."}`, fmt.Sprintf("delimiter: \";\"\nnumbers: {decimal: %q, group: %q}", n.Decimal, n.Group), 1)
		text := strings.ReplaceAll(file(""), ",", ";") + "C;" + number + ";2013-01-02;2013-02-01;" + cell + "\n"
		b.mustImport(m, text, "2013-01-31")
		if got := b.one("SELECT amount_minor FROM invoices WHERE creditor_id = @creditor AND number = '" + number + "'"); got != fmt.Sprint(minor) {
			t.Fatalf("%s was read as %s", cell, got)
		}
	})
}

func TestAMappingThatCantWorkSaysWhy(t *testing.T) {
	t.Parallel()
	good := plain()
	for _, c := range []struct{ mapping, want string }{
		{strings.Replace(good, "YYYY-MM-DD", "yyyy-mm-dd", 1), "write for example M/D/YYYY"},
		{strings.Replace(good, "YYYY-MM-DD", "DD/MM", 1), "write for example M/D/YYYY"},
		{strings.Replace(good, `"."`, `";"`, 1), `decimal is ";"`},
		{strings.Replace(good, "  amount: amount\n", "", 1), "names no column for amount"},
		{good + "  colour: red\n", `columns has "colour", which is no field; the fields are customer_id`},
		{good + "delimiter: \";;\"\n", "write one character"},
		{good + "encoding: ebcdic\n", "write utf-8, windows-1252"},
		{good + "values: {country: {\"391\": Spanish}}\n", `country "391" is said to mean "Spanish", which is no country`},
		{good + "values: {disputed: {\"J\": maybe}}\n", "says neither yes nor no"},
		{good + "defaults: {amount: \"5\"}\n", "amount can't have a default"},
		{good + "defaults: {kind: alien}\n", `the default of kind is "alien"`},
		{good + "column: {}\n", "field column not found"},
		{"", "can't be read"},
	} {
		_, err := intake.ReadMapping(strings.NewReader(c.mapping))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", c.mapping, err, c.want)
		}
	}
	json := `{"dates": "YYYY-MM-DD", "numbers": {"decimal": "."}, "columns": {"customer_id": "a", "invoice_number": "b", "issued_on": "c", "due_on": "d", "amount": "e"}}`
	if m, err := intake.ReadMapping(strings.NewReader(json)); err != nil || m.Columns[intake.Amount] != "e" {
		t.Errorf("JSON: %v", err)
	}
}
