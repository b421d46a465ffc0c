package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/ledger"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/offers"
)

// seeder writes one creditor's data; the same seed writes the same people,
// invoices and amounts.
type seeder struct {
	tx     *db.Tx
	random *rand.Rand
	house  house
	today  clock.Date
	now    time.Time
	count  int
}

// Seed fills an empty database with three creditors. Users are left to the
// caller; empty leaves out the debtors.
func (d *Demo) Seed(ctx context.Context, seed uint64, empty bool) error {
	for i, h := range houses() {
		h.creditor.ID, h.creditor.CreatedAt = db.NewID(), d.Clock.Now().AddDate(-2, 0, 0)
		err := d.DB.Update(ctx, db.Of(h.creditor.ID), func(tx *db.Tx) error {
			s := &seeder{tx: tx, random: rand.New(rand.NewPCG(seed, uint64(i))), house: h, now: d.Clock.Now()}
			s.today = clock.DateIn(s.now, h.creditor.Zone())
			return s.all(d, empty)
		})
		if err != nil {
			return fmt.Errorf("writing the data of %s: %w", h.creditor.Name, err)
		}
	}
	return nil
}

func (s *seeder) all(d *Demo, empty bool) error {
	c := s.house.creditor
	if err := s.tx.Create(&c).Error; err != nil {
		return err
	}
	policy, err := policyOf(c.Slug)
	if err != nil {
		return err
	}
	if _, err := offers.Publish(s.tx, offers.PolicyEdit{CreditorID: c.ID, Policy: policy, Author: "Acuerdo", At: c.CreatedAt}); err != nil {
		return err
	}
	if err := d.staff(s.tx, c); err != nil {
		return err
	}
	if empty {
		return nil
	}
	for i, p := range s.house.people {
		if err := s.person(i, p); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func (s *seeder) between(from, to int64) int64 { return from + s.random.Int64N(to-from+1) }

func (s *seeder) person(i int, p person) error {
	c := s.house.creditor
	debtor := cases.Debtor{
		ID: db.NewID(), CreditorID: c.ID, ExternalID: fmt.Sprintf("C%04d", 1001+i*7), Kind: p.kind, Name: p.name,
		TaxID: s.taxID(p), PostalCode: s.postalCode(p), Address: fmt.Sprintf("%s %d", streets[p.language][s.random.IntN(len(streets[p.language]))], s.between(1, 180)),
		City: cities[p.country], Country: p.country, Language: p.language, TimeZone: p.zone, Email: address(p.name), CreatedAt: c.CreatedAt,
	}
	if p.kind == cases.Consumer {
		debtor.DateOfBirth = clock.On(int(s.between(1955, 2002)), time.Month(s.between(1, 12)), int(s.between(1, 28)))
	}
	if p.story == noAddress {
		debtor.Email = ""
	}
	if err := s.tx.Create(&debtor).Error; err != nil {
		return err
	}
	k := cases.Case{ID: db.NewID(), CreditorID: c.ID, DebtorID: debtor.ID, Ref: s.ref(), Currency: c.Currency, State: cases.Open, OpenedAt: s.now.AddDate(0, -2, 0)}
	if err := s.tx.Create(&k).Error; err != nil {
		return err
	}
	if err := s.history(debtor, k); err != nil {
		return err
	}
	return s.tell(p, debtor, k)
}

// ref is cases.NewRef's form from the seed, so that the same demo has the same references.
func (s *seeder) ref() string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	b := make([]byte, 9)
	for i := range b {
		b[i] = alphabet[s.random.IntN(len(alphabet))]
	}
	b[4] = '-'
	return string(b)
}

// tell writes the invoices of a story. Due days are relative to today.
func (s *seeder) tell(p person, debtor cases.Debtor, k cases.Case) error {
	due := func(from, to int64) clock.Date { return s.today.AddDays(int(-s.between(from, to))) }
	switch p.story {
	case onTime:
		_, err := s.invoice(debtor, k, s.today.AddDays(int(s.between(6, 20))), false)
		return err
	case veryLate:
		_, err := s.invoice(debtor, k, due(70, 130), false)
		return err
	case disputed:
		if _, err := s.invoice(debtor, k, due(25, 50), true); err != nil {
			return err
		}
		_, err := s.invoice(debtor, k, due(8, 20), false)
		return err
	case several:
		return s.invoices(debtor, k, 3, 12)
	case many:
		return s.invoices(debtor, k, 9, 8)
	case partPaid:
		inv, err := s.invoice(debtor, k, due(20, 45), false)
		if err != nil {
			return err
		}
		return s.receive(k, nil, roundTo(inv.AmountMinor*s.between(25, 60)/100, k.Currency), s.today.AddDays(-6), "part-"+inv.Number)
	case settled:
		inv, err := s.invoice(debtor, k, due(20, 45), false)
		if err != nil {
			return err
		}
		owed, err := ledger.CaseBalance(s.tx, k.CreditorID, k.ID)
		if err != nil {
			return err
		}
		return s.receive(k, nil, owed, s.today.AddDays(-3), "full-"+inv.Number)
	case onPlan:
		if _, err := s.invoice(debtor, k, due(60, 80), false); err != nil {
			return err
		}
		return s.plan(debtor, k)
	default:
		_, err := s.invoice(debtor, k, due(9, 40), false)
		return err
	}
}

func (s *seeder) invoices(debtor cases.Debtor, k cases.Case, n, everyDays int) error {
	for i := range n {
		if _, err := s.invoice(debtor, k, s.today.AddDays(5-(n-i)*everyDays), false); err != nil {
			return err
		}
	}
	return nil
}

// invoice writes an invoice with lines, its ledger entries and, for some, the
// copy a creditor supplies.
func (s *seeder) invoice(debtor cases.Debtor, k cases.Case, due clock.Date, contested bool) (cases.Invoice, error) {
	s.count++
	inv := cases.Invoice{
		ID: db.NewID(), CreditorID: k.CreditorID, CaseID: k.ID, Number: fmt.Sprintf(s.house.numbers, due.Year, 1200+s.count*13),
		IssuedOn: due.AddDays(-30), DueOn: due, Currency: k.Currency, Disputed: contested,
	}
	inv.CreatedAt = inv.IssuedOn.At(9, 0, s.house.creditor.Zone())
	lines := s.lines(debtor, &inv)
	if s.count%3 == 1 {
		content, err := InvoiceCopy(s.house.creditor, debtor, inv, lines)
		if err != nil {
			return inv, err
		}
		doc, err := cases.AddDocument(s.tx, cases.Document{CreditorID: k.CreditorID, CaseID: &k.ID, Kind: "invoice_copy",
			Filename: inv.Number + ".pdf", MediaType: "application/pdf", Content: content, CreatedAt: inv.CreatedAt})
		if err != nil {
			return inv, err
		}
		inv.DocumentID = &doc.ID
	}
	if err := s.tx.Create(&inv).Error; err != nil {
		return inv, err
	}
	if err := s.tx.Create(&lines).Error; err != nil {
		return inv, err
	}
	return inv, s.post(inv, debtor)
}

func (s *seeder) lines(debtor cases.Debtor, inv *cases.Invoice) []cases.Line {
	var lines []cases.Line
	goods := s.house.goods
	first := s.random.IntN(len(goods))
	for i := range int(s.between(1, 3)) {
		g := goods[(first+i)%len(goods)]
		amount := roundTo(s.between(g.from, g.to), inv.Currency)
		lines = append(lines, cases.Line{ID: db.NewID(), CreditorID: inv.CreditorID, InvoiceID: inv.ID, Position: i,
			Description: g.text[debtor.Language], Quantity: "1", AmountMinor: amount})
		inv.AmountMinor += amount
	}
	inv.Description = lines[0].Description
	return lines
}

// post books the invoice and, once it is late, the fee and interest its terms provide for.
func (s *seeder) post(inv cases.Invoice, debtor cases.Debtor) error {
	t := ledger.Transaction{CreditorID: inv.CreditorID, CaseID: inv.CaseID, Source: "invoice:" + inv.Number, Currency: inv.Currency,
		EffectiveOn: inv.IssuedOn, PostedAt: inv.CreatedAt, Moves: []ledger.Move{
			{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: inv.AmountMinor, InvoiceID: &inv.ID}}}
	if _, err := ledger.Post(s.tx, t); err != nil {
		return err
	}
	if days := inv.DaysLate(s.today); days < 14 || debtor.Kind == cases.Consumer || inv.Disputed {
		return nil
	}
	t.Source, t.EffectiveOn, t.Moves = "late:"+inv.Number, s.today.AddDays(-1), nil
	t.PostedAt = t.EffectiveOn.At(6, 0, time.UTC)
	if s.house.lateFee > 0 {
		t.Moves = append(t.Moves, ledger.Move{Code: ledger.FeeCharged, Debit: ledger.Fees, Credit: ledger.FeeIncome, AmountMinor: s.house.lateFee, InvoiceID: &inv.ID})
	}
	if interest := money.BasisPoints(inv.AmountMinor*int64(inv.DaysLate(s.today)), s.house.interest) / 365; interest > 0 {
		t.Moves = append(t.Moves, ledger.Move{Code: ledger.InterestAccrued, Debit: ledger.Interest, Credit: ledger.InterestIncome, AmountMinor: interest, InvoiceID: &inv.ID})
	}
	if len(t.Moves) == 0 {
		return nil
	}
	_, err := ledger.Post(s.tx, t)
	return err
}

// history is what was settled long ago: it tells how this customer pays.
func (s *seeder) history(debtor cases.Debtor, k cases.Case) error {
	for i := range int(s.between(0, 3)) {
		s.count++
		due := s.today.AddDays(-200 - i*60)
		inv := cases.Invoice{ID: db.NewID(), CreditorID: k.CreditorID, CaseID: k.ID, Number: fmt.Sprintf(s.house.numbers, due.Year, 100+s.count*13),
			IssuedOn: due.AddDays(-30), DueOn: due, Currency: k.Currency, SettledOn: due.AddDays(int(s.between(-5, 25)))}
		inv.CreatedAt = inv.IssuedOn.At(9, 0, s.house.creditor.Zone())
		lines := s.lines(debtor, &inv)
		if err := s.tx.Create(&inv).Error; err != nil {
			return err
		}
		if err := s.tx.Create(&lines).Error; err != nil {
			return err
		}
		for _, t := range []ledger.Transaction{
			{Source: "invoice:" + inv.Number, EffectiveOn: inv.IssuedOn, Moves: []ledger.Move{
				{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: inv.AmountMinor, InvoiceID: &inv.ID}}},
			{Source: "import-settled:" + inv.Number, EffectiveOn: inv.SettledOn, Moves: []ledger.Move{
				{Code: ledger.PaymentReceived, Debit: ledger.Elsewhere, Credit: ledger.Principal, AmountMinor: inv.AmountMinor, InvoiceID: &inv.ID}}},
		} {
			t.CreditorID, t.CaseID, t.Currency, t.PostedAt = k.CreditorID, k.ID, k.Currency, t.EffectiveOn.At(9, 0, time.UTC)
			if _, err := ledger.Post(s.tx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *seeder) receive(k cases.Case, commitment *db.ID, amount int64, on clock.Date, source string) error {
	_, err := cases.Receive(s.tx, cases.Receipt{CreditorID: k.CreditorID, CaseID: k.ID, CommitmentID: commitment, Source: "transfer:" + source,
		Cash: ledger.Elsewhere, AmountMinor: amount, At: on.At(11, 30, s.house.creditor.Zone()),
		Event: cases.Event{Actor: cases.ByStaff, ActorName: "Cobros", Channel: "console"}})
	return err
}

// plan is an agreement made some weeks ago, with its first payments in.
func (s *seeder) plan(debtor cases.Debtor, k cases.Case) error {
	owed, err := ledger.CaseBalance(s.tx, k.CreditorID, k.ID)
	if err != nil {
		return err
	}
	accepted := s.today.AddDays(-40)
	f, err := cases.Load(s.tx, k.CreditorID, k.ID, s.now)
	if err != nil {
		return err
	}
	c := cases.Commitment{CreditorID: k.CreditorID, CaseID: k.ID, Kind: cases.Plan, PolicyVersion: 1, BalanceMinor: owed, TotalMinor: owed,
		Currency: k.Currency, TermsText: fmt.Sprintf("%s · %s %s · 6", k.Ref, k.Currency.Plain(owed), k.Currency), Language: debtor.Language,
		AcceptedAt: accepted.At(18, 12, debtor.Zone()), ShownAt: accepted.At(18, 5, debtor.Zone()), IP: "192.0.2.44",
		UserAgent: "Mozilla/5.0 (Linux; Android 13)", VerifiedBy: s.house.creditor.KnownFacts[0] + "+code:email", GraceDays: 5}
	var schedule []cases.Instalment
	for i, part := range money.Split(owed, 6) {
		schedule = append(schedule, cases.Instalment{Position: i, DueOn: accepted.AddMonths(i), AmountMinor: part})
	}
	var covered []db.ID
	for _, inv := range f.PayableInvoices() {
		covered = append(covered, inv.ID)
	}
	if c, err = cases.Agree(s.tx, c, schedule, covered); err != nil {
		return err
	}
	for i := range 2 {
		if err := s.receive(k, &c.ID, schedule[i].AmountMinor, schedule[i].DueOn, fmt.Sprintf("plan-%s-%d", k.Ref, i)); err != nil {
			return err
		}
	}
	return nil
}

var (
	streets = map[string][]string{
		"es": {"Calle Mayor", "Avenida del Puerto", "Calle San Roque", "Paseo de la Alameda"},
		"en": {"Maple Street", "Congress Street", "Elm Avenue", "Dock Lane"},
		"pt": {"Rua das Flores", "Avenida da Liberdade", "Rua do Comércio", "Travessa Nova"},
	}
	cities = map[string]string{"ES": "Valencia", "PT": "Lisboa", "CL": "Santiago", "US": "Portland", "BR": "São Paulo"}
)

func (s *seeder) taxID(p person) string {
	switch p.country {
	case "CL", "BR":
		return fmt.Sprintf("%d.%03d.%03d-%d", s.between(7, 26), s.between(0, 999), s.between(0, 999), s.between(0, 9))
	case "US":
		return fmt.Sprintf("00-%07d", s.between(1, 9999999))
	default:
		return fmt.Sprintf("%08d%c", s.between(10000000, 79999999), "TRWAGMYFPDXBNJZSQVHLCKE"[s.random.IntN(23)])
	}
}

func (s *seeder) postalCode(p person) string {
	switch p.country {
	case "PT":
		return fmt.Sprintf("%04d-%03d", s.between(1000, 4999), s.between(1, 999))
	case "CL":
		return fmt.Sprintf("%07d", s.between(7500000, 7999999))
	case "BR":
		return fmt.Sprintf("%05d-%03d", s.between(1000, 5999), s.between(1, 999))
	case "US":
		return fmt.Sprintf("%05d", s.between(4101, 4124))
	default:
		return fmt.Sprintf("46%03d", s.between(1, 35))
	}
}

// address makes maria.soler@correo.example of "María Soler Ibáñez".
func address(name string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), name)
	if err != nil {
		plain = name
	}
	words := strings.FieldsFunc(strings.ToLower(plain), func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) })
	return strings.Join(words[:min(2, len(words))], ".") + "@correo.example"
}

// KnownFact is what a debtor of the demo would type to open their link.
func KnownFact(f cases.File) (access.Fact, string) {
	for _, name := range f.Creditor.KnownFacts {
		switch fact := access.Fact(name); fact {
		case access.PostalCode:
			if f.Debtor.PostalCode != "" {
				return fact, f.Debtor.PostalCode
			}
		case access.TaxIDLast4:
			if tail := lastFour(f.Debtor.TaxID); tail != "" {
				return fact, tail
			}
		case access.InvoiceLast4:
			if len(f.Invoices) > 0 {
				return fact, lastFour(f.Invoices[len(f.Invoices)-1].Number)
			}
		}
	}
	return "", ""
}

// lastFour is the last four letters or digits.
func lastFour(s string) string {
	var keep []rune
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			keep = append(keep, r)
		}
	}
	if len(keep) < 4 {
		return ""
	}
	return string(keep[len(keep)-4:])
}
