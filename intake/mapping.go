// Package intake reads a receivables export, a CSV file as any accounting
// program writes it, into the creditor's cases: streaming, all or nothing, and
// so that the same file read again changes nothing.
package intake

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Field is something a column can tell about an invoice or its customer.
type Field string

// The fields. CustomerID, InvoiceNumber, IssuedOn, DueOn and Amount are needed,
// the others are welcome.
const (
	CustomerID    Field = "customer_id"
	InvoiceNumber Field = "invoice_number"
	Description   Field = "description"
	IssuedOn      Field = "issued_on"
	DueOn         Field = "due_on"
	Amount        Field = "amount"   // the invoice's total, above zero
	Currency      Field = "currency" // ISO 4217
	Disputed      Field = "disputed"
	SettledOn     Field = "settled_on"

	Name        Field = "name"
	Kind        Field = "kind" // consumer, sole_trader, company, public_body
	TaxID       Field = "tax_id"
	DateOfBirth Field = "date_of_birth"
	PostalCode  Field = "postal_code"
	Address     Field = "address"
	City        Field = "city"
	Country     Field = "country"  // ISO 3166-1 alpha-2
	Language    Field = "language" // es, en, pt
	TimeZone    Field = "time_zone"
	Email       Field = "email"
	Phone       Field = "phone"
	RiskGrade   Field = "risk_grade"
	Tags        Field = "tags" // separated by spaces
)

var needed = []Field{CustomerID, InvoiceNumber, IssuedOn, DueOn, Amount}

// debtorFields are columns of the debtors table, in the order they are staged.
var debtorFields = []Field{Name, Kind, TaxID, DateOfBirth, PostalCode, Address, City, Country, Language, TimeZone,
	Email, Phone, RiskGrade, Tags}

var allFields = append([]Field{CustomerID, InvoiceNumber, Description, IssuedOn, DueOn, Amount, Currency, Disputed, SettledOn}, debtorFields...)

// Mapping says how to read one creditor's export. It is kept as YAML (JSON is
// YAML too), by the command as a file and by the console in a form.
//
//	encoding: windows-1252
//	delimiter: ";"
//	dates: DD/MM/YYYY
//	numbers: {decimal: ",", group: "."}
//	columns:
//	  customer_id: Cód. cliente
//	  invoice_number: Nº factura
//	values:
//	  disputed: {"S": "yes", "N": "no"}
//	  country: {"724": ES}
//	defaults:
//	  kind: company
type Mapping struct {
	Encoding  string           `yaml:"encoding,omitempty"`   // utf-8 (the default, a byte order mark is skipped), windows-1252, iso-8859-1, utf-16
	Delimiter string           `yaml:"delimiter,omitempty"`  // one character; a comma by default; "tab" is understood
	SkipLines int              `yaml:"skip_lines,omitempty"` // lines above the header
	Dates     string           `yaml:"dates"`                // D, DD, M, MM, YY, YYYY and what is between them: M/D/YYYY, DD.MM.YYYY, YYYY-MM-DD
	Numbers   Numbers          `yaml:"numbers"`
	Columns   map[Field]string `yaml:"columns"` // the header of the column that holds a field
	// Values translates what a column holds into what it means. Fields that have
	// a closed set of meanings (disputed, kind, country, language, currency) know
	// the usual words already. A country that nothing knows is the default one.
	Values map[Field]map[string]string `yaml:"values,omitempty"`
	// Defaults are what a new customer gets where no cell tells; currency too may
	// have one. Without one, country and currency are the creditor's, language and
	// time zone those of the customer's country where it tells them and else the
	// creditor's, and kind is consumer, the most protected.
	Defaults map[Field]string `yaml:"defaults,omitempty"`
}

// Numbers is how amounts are written. Group may be empty; a space also stands
// for the narrow and the no-break one.
type Numbers struct {
	Decimal string `yaml:"decimal"`
	Group   string `yaml:"group,omitempty"`
}

// MappingError says what is wrong with a mapping and what to write instead.
type MappingError struct{ Reason string }

func (e *MappingError) Error() string { return "the mapping: " + e.Reason }

func wrong(format string, args ...any) error { return &MappingError{fmt.Sprintf(format, args...)} }

// ReadMapping reads YAML or JSON and checks it. The error is a *MappingError.
func ReadMapping(r io.Reader) (Mapping, error) {
	var m Mapping
	data, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return m, err
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		return m, wrong("it can't be read: %v", err)
	}
	return m, m.Check()
}

// YAML writes the mapping as ReadMapping reads it.
func (m Mapping) YAML() string {
	out, err := yaml.Marshal(m)
	if err != nil {
		panic(err) // strings and maps of strings always marshal
	}
	return string(out)
}

// Check tells what is wrong with a mapping, before a file is at hand.
func (m Mapping) Check() error {
	if _, err := m.delimiter(); err != nil {
		return err
	}
	if _, err := decoderOf(m.Encoding); err != nil {
		return err
	}
	if _, err := parseDateFormat(m.Dates); err != nil {
		return err
	}
	if _, err := m.Numbers.reader(); err != nil {
		return err
	}
	for _, f := range needed {
		if m.Columns[f] == "" {
			return wrong("it names no column for %s; %s are needed", f, list(needed))
		}
	}
	if m.SkipLines < 0 || m.SkipLines > 1000 {
		return wrong("skip_lines is %d, write a number from 0 to 1000", m.SkipLines)
	}
	for where, fields := range map[string][]Field{"columns": sortedKeys(m.Columns), "values": sortedKeys(m.Values), "defaults": sortedKeys(m.Defaults)} {
		for _, f := range fields {
			if !slices.Contains(allFields, f) {
				return wrong("%s has %q, which is no field; the fields are %s", where, f, list(allFields))
			}
		}
	}
	return m.checkMeanings()
}

// checkMeanings: what values and defaults translate into must itself be known.
func (m Mapping) checkMeanings() error {
	for f, value := range m.Defaults {
		if f != Currency && !slices.Contains(debtorFields, f) || f == DateOfBirth {
			return wrong("%s can't have a default", f)
		}
		if _, reason := meaning(f, value); reason != "" {
			return wrong("the default of %s is %q, which %s", f, value, reason)
		}
	}
	for f, values := range m.Values {
		for from, to := range values {
			if _, reason := meaning(f, to); reason != "" {
				return wrong("%s %q is said to mean %q, which %s", f, from, to, reason)
			}
		}
	}
	return nil
}

func (m Mapping) delimiter() (rune, error) {
	switch d := []rune(m.Delimiter); {
	case len(d) == 0:
		return ',', nil
	case strings.EqualFold(m.Delimiter, "tab") || m.Delimiter == `\t`:
		return '\t', nil
	case len(d) == 1 && !strings.ContainsRune("\"\r\n\uFFFD", d[0]):
		return d[0], nil
	default:
		return 0, wrong(`the delimiter is %q, write one character: ",", ";", "|" or "tab"`, m.Delimiter)
	}
}

// has tells whether a column was named for a field.
func (m Mapping) has(f Field) bool { return m.Columns[f] != "" }

func sortedKeys[V any](m map[Field]V) []Field { return slices.Sorted(maps.Keys(m)) }

func list[T ~string](names []T) string {
	s := make([]string, len(names))
	for i, n := range names {
		s[i] = string(n)
	}
	return strings.Join(s, ", ")
}
