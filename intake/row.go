package intake

import (
	"fmt"
	"hash/fnv"
	"strings"
	"unicode/utf8"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/money"
)

// BadRow is a cell that can't be imported. Line is the line of the file, from
// 1, that its record starts on. Column is the file's header, "" where the whole
// record is meant. The reason completes "the value …".
type BadRow struct {
	Line   int    `json:"line"`
	Column string `json:"column"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
}

func (b BadRow) String() string {
	if b.Column == "" {
		return fmt.Sprintf("line %d: the row %s", b.Line, b.Reason)
	}
	return fmt.Sprintf("line %d, column %q, value %q: %s", b.Line, b.Column, b.Value, b.Reason)
}

// row is one invoice as the file has it, read as of a date.
type row struct {
	line        int
	number      string
	customer    string
	currency    money.Currency
	minor       int64
	issued, due clock.Date
	settled     clock.Date // zero where the file says so, or says later than as of
	future      bool       // issued after as of
	disputed    bool
	description string
	debtor      [14]string // by debtorFields
}

// rank orders rows by how much their customer data is to be trusted: the
// newest invoice knows best. Its length is rankLength; the number's hash keeps
// the data of one of several invoices of a day together.
func (r *row) rank(b []byte) []byte {
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.number))
	return fmt.Appendf(appendDate(b, r.issued), "%08x", h.Sum32())
}

const rankLength = len("2006-01-02") + 8

// longest is how many characters a field may have; others may have 500.
var longest = map[Field]int{CustomerID: 100, InvoiceNumber: 100, Description: 2000, PostalCode: 20, Phone: 50, RiskGrade: 50, TaxID: 50}

// parser turns records into rows.
type parser struct {
	m        Mapping
	header   []string
	at       map[Field]int
	debtorAt [14]int // column of each debtor field, -1 without
	dates    *dateFormat
	amounts  amountReader
	asOf     clock.Date
	currency money.Currency
	creditor cases.Creditor
	unknown  map[Field]map[string]int // words that fell back to the default, by how often
	known    map[Field]map[string]string
}

func newParser(m Mapping, header []string, creditor cases.Creditor, currency money.Currency, asOf clock.Date) (*parser, error) {
	p := &parser{m: m, header: header, at: map[Field]int{}, asOf: asOf, creditor: creditor,
		unknown: map[Field]map[string]int{}, known: map[Field]map[string]string{}}
	var err error
	for _, f := range sortedKeys(m.Columns) {
		if m.Columns[f] == "" {
			continue
		}
		if p.at[f], err = index(header, m.Columns[f]); err != nil {
			return nil, wrong("%s is said to be in the column %q, but %v", f, m.Columns[f], err)
		}
	}
	for i, f := range debtorFields {
		p.debtorAt[i] = -1
		if at, ok := p.at[f]; ok {
			p.debtorAt[i] = at
		}
	}
	if p.dates, err = parseDateFormat(m.Dates); err != nil {
		return nil, err
	}
	if p.amounts, err = m.Numbers.reader(); err != nil {
		return nil, err
	}
	p.currency = creditor.Currency
	if d := m.Defaults[Currency]; d != "" {
		p.currency = money.Currency(strings.ToUpper(d))
	}
	if currency != "" {
		p.currency = currency
	}
	return p, nil
}

// reader collects what is wrong with one record; the first fault is kept.
type reader struct {
	*parser
	record []string
	bad    *BadRow
}

func (r *reader) fail(f Field, value, reason string) {
	if r.bad == nil {
		r.bad = &BadRow{Column: r.header[r.at[f]], Value: cut(value, 80), Reason: reason}
	}
}

// text is a trimmed cell, "" without a column.
func (r *reader) text(f Field) string {
	i, ok := r.at[f]
	if !ok {
		return ""
	}
	s := strings.TrimSpace(r.record[i])
	if s == "" {
		return ""
	}
	if !utf8.ValidString(s) {
		r.fail(f, strings.ToValidUTF8(s, "?"), "is not UTF-8: write encoding: windows-1252 in the mapping, or export the file as UTF-8")
		return ""
	}
	if len(s) > 500 || longest[f] != 0 {
		most := max(longest[f], 500*btoi(longest[f] == 0))
		if utf8.RuneCountInString(s) > most {
			r.fail(f, s, fmt.Sprintf("is longer than %d characters", most))
			return ""
		}
	}
	return strings.Map(plain, s)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// plain makes a space of a line break or other control character.
func plain(c rune) rune {
	if c < ' ' || c == 0x7f {
		return ' '
	}
	return c
}

// required is a cell that must hold something.
func (r *reader) required(f Field) string {
	s := r.text(f)
	if s == "" {
		r.fail(f, "", "is empty")
	}
	return s
}

// word is what a cell of a closed set means, translated by the mapping first.
// An unknown country, language or time zone counts as empty and is noted.
func (r *reader) word(f Field) string {
	cell := r.text(f)
	if cell == "" {
		return ""
	}
	if v, ok := r.known[f][cell]; ok {
		if v == "" {
			r.note(f, cell)
		}
		return v
	}
	v, reason := meaning(f, r.translate(f, cell))
	soft := f == Country || f == Language || f == TimeZone
	if reason != "" && !soft {
		r.fail(f, cell, reason)
		return ""
	}
	if r.known[f] == nil {
		r.known[f] = map[string]string{}
	}
	if len(r.known[f]) < 1000 {
		r.known[f][cell] = v
	}
	if v == "" {
		r.note(f, cell)
	}
	return v
}

func (p *parser) translate(f Field, cell string) string {
	if to, ok := p.m.Values[f][cell]; ok {
		return to
	}
	for from, to := range p.m.Values[f] {
		if strings.EqualFold(strings.TrimSpace(from), cell) {
			return to
		}
	}
	return cell
}

func (p *parser) note(f Field, cell string) {
	if p.unknown[f] == nil {
		p.unknown[f] = map[string]int{}
	}
	if _, ok := p.unknown[f][cell]; ok || len(p.unknown[f]) < 100 {
		p.unknown[f][cell]++
	}
}

func (r *reader) date(f Field, must bool) clock.Date {
	s := r.text(f)
	if s == "" {
		if must {
			r.fail(f, "", "is empty")
		}
		return clock.Date{}
	}
	d, ok := r.dates.parse(s)
	if !ok {
		r.fail(f, s, "is not a date, expected "+r.m.Dates)
	}
	return d
}

// parse reads a record. With a bad row, the row is of no use. A record's number
// and dates are judged wherever they lie, also after as of.
func (p *parser) parse(record []string, line int) (row, *BadRow) {
	r := &reader{parser: p, record: record}
	out := row{line: line}
	if len(record) != len(p.header) {
		return out, &BadRow{Line: line, Value: cut(strings.Join(record, " | "), 80),
			Reason: fmt.Sprintf("has %d cells, the header has %d; a cell that holds the delimiter must be quoted", len(record), len(p.header))}
	}
	out.customer, out.number = r.required(CustomerID), r.required(InvoiceNumber)
	out.issued, out.due = r.date(IssuedOn, true), r.date(DueOn, true)
	if r.bad == nil && out.due.Before(out.issued) {
		r.fail(DueOn, r.text(DueOn), "is before the invoice's date, "+out.issued.String())
	}
	out.currency = p.currency
	if p.m.has(Currency) && r.text(Currency) != "" {
		out.currency = money.Currency(r.word(Currency))
	}
	if amount := r.required(Amount); amount != "" && r.bad == nil {
		minor, reason := p.amounts.parse(amount, out.currency)
		if reason != "" {
			r.fail(Amount, amount, reason)
		}
		out.minor = minor
	}
	if p.m.has(Disputed) {
		out.disputed = r.word(Disputed) == "yes"
	}
	if settled := r.date(SettledOn, false); !settled.After(p.asOf) {
		out.settled = settled
	}
	out.description = r.text(Description)
	out.future = out.issued.After(p.asOf)
	r.fillDebtor(&out)
	if r.bad != nil {
		r.bad.Line = line
	}
	return out, r.bad
}

// fillDebtor reads the customer's data.
func (r *reader) fillDebtor(out *row) {
	for i, f := range debtorFields {
		if r.debtorAt[i] < 0 {
			continue
		}
		switch f {
		case Kind, Country, Language, TimeZone:
			out.debtor[i] = r.word(f)
		case DateOfBirth:
			if d := r.date(f, false); !d.IsZero() {
				out.debtor[i] = d.String()
			}
		case Email:
			s := r.text(f)
			if s != "" && !isEmail(s) {
				r.fail(f, s, "is not one e-mail address")
			}
			out.debtor[i] = s
		default:
			out.debtor[i] = r.text(f)
		}
	}
}

func isEmail(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && strings.Contains(host, ".") && !strings.ContainsAny(s, " ,;<>\"") && !strings.Contains(host, "@") &&
		!strings.HasPrefix(host, ".") && !strings.HasSuffix(host, ".")
}
