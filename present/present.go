// Package present turns aggregates into the view structs of the pages, for
// every door that shows a case: one place where a ledger becomes a statement.
package present

import (
	"strings"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/ledger"
	"github.com/acuerdo/acuerdo/locale"
)

// Brand is the creditor as a debtor sees it.
func Brand(c cases.Creditor) frontend.Brand {
	b := frontend.Brand{
		Slug: c.Slug, Name: c.Name, Colour: c.Colour, Phone: c.Phone, Email: c.Email, Website: c.Website, Address: c.Address,
	}
	if c.LogoSVG != "" {
		b.LogoURL = "/portal/brand/" + c.Slug + "/logo"
	}
	return b
}

// LocaleOf writes money and dates as the debtor's country does, in a language
// the reader chose.
func LocaleOf(d cases.Debtor, language locale.Language) locale.Locale {
	return locale.Locale{Language: language, Country: d.Country}
}

// Language reads a stored language, Spanish where it is none of ours.
func Language(s string) locale.Language {
	if l, ok := locale.ParseLanguage(s); ok {
		return l
	}
	return locale.Spanish
}

// StatementInvoices is every invoice with what happened to it. Settled ones are
// left out unless history is asked for.
func StatementInvoices(f cases.File, history bool) []frontend.StatementInvoice {
	sums := sumsByInvoice(f.Entries)
	var out []frontend.StatementInvoice
	for _, inv := range f.Invoices {
		if inv.Open.Total() == 0 && !history {
			continue
		}
		out = append(out, statementInvoice(f, inv, sums[inv.ID]))
	}
	return out
}

func statementInvoice(f cases.File, inv cases.InvoiceFile, s sums) frontend.StatementInvoice {
	m := func(minor int64) frontend.Money { return frontend.Of(minor, inv.Currency) }
	v := frontend.StatementInvoice{
		Number: inv.Number, Concept: inv.Description, Issued: inv.IssuedOn, Due: inv.DueOn, Disputed: inv.Disputed,
		SettledOn: inv.SettledOn, Original: m(s.original), Interest: m(s.interest), Fees: m(s.fees), Discount: m(s.discount),
		Paid: m(s.paid), Balance: m(inv.Open.Total()),
	}
	if inv.Open.Total() > 0 {
		v.DaysLate = inv.DaysLate(f.Today)
	}
	if inv.DocumentID != nil {
		v.CopyURL = "/portal/documents/" + inv.DocumentID.String()
	}
	for _, l := range inv.Lines {
		v.Lines = append(v.Lines, frontend.InvoiceLine{Description: l.Description, Quantity: l.Quantity, Amount: m(l.AmountMinor)})
	}
	return v
}

// sums is what happened to one invoice, in minor units.
type sums struct{ original, interest, fees, discount, paid int64 }

func sumsByInvoice(entries []ledger.Entry) map[db.ID]sums {
	out := map[db.ID]sums{}
	for _, e := range entries {
		if e.InvoiceID == nil {
			continue
		}
		s := out[*e.InvoiceID]
		switch owed := e.Owed(); movementKind(e) {
		case frontend.MovementInterest:
			s.interest += owed
		case frontend.MovementFee:
			s.fees += owed
		case frontend.MovementDiscount, frontend.MovementWriteOff:
			s.discount -= owed
		case frontend.MovementPayment, frontend.MovementRefund:
			s.paid -= owed
		default:
			s.original += owed
		}
		out[*e.InvoiceID] = s
	}
	return out
}

// movementKind is what an entry is to a debtor; a reversal is of the kind it reverses.
func movementKind(e ledger.Entry) frontend.MovementKind {
	other := e.Credit
	if e.Credit.IsReceivable() {
		other = e.Debit
	}
	switch other {
	case ledger.InterestIncome:
		return frontend.MovementInterest
	case ledger.FeeIncome:
		return frontend.MovementFee
	case ledger.Discounts:
		return frontend.MovementDiscount
	case ledger.WriteOffs:
		return frontend.MovementWriteOff
	case ledger.Stripe, ledger.Elsewhere, ledger.CreditBalance:
		if e.Owed() > 0 {
			return frontend.MovementRefund
		}
		return frontend.MovementPayment
	default:
		if e.Owed() < 0 {
			return frontend.MovementCredit
		}
		return frontend.MovementInvoice
	}
}

// Movements is the account as a debtor reads it: a line for each thing that
// happened to an invoice, with what was owed after it. Invoices settled before
// anything that is still open was issued are history and left out with their money.
func Movements(f cases.File) []frontend.Movement {
	number := map[db.ID]string{}
	shown := map[db.ID]bool{}
	for _, inv := range f.Invoices {
		number[inv.ID] = inv.Number
		shown[inv.ID] = !settledBeforeImport(inv, f.Entries)
	}
	var out []frontend.Movement
	var balance int64
	var last db.ID
	for _, e := range f.Entries {
		if e.Owed() == 0 || (e.InvoiceID != nil && !shown[*e.InvoiceID]) {
			continue
		}
		balance += e.Owed()
		m := frontend.Movement{On: e.EffectiveOn, Kind: movementKind(e), Amount: frontend.Of(e.Owed(), e.Currency), Balance: frontend.Of(balance, e.Currency)}
		if e.InvoiceID != nil {
			m.Invoice = number[*e.InvoiceID]
		}
		// One payment over several invoices or components is one line.
		if n := len(out); n > 0 && e.TransactionID == last && out[n-1].Kind == m.Kind && (m.Kind == frontend.MovementPayment || m.Kind == frontend.MovementDiscount) {
			m.Amount.Minor += out[n-1].Amount.Minor
			if out[n-1].Invoice != m.Invoice {
				m.Invoice = ""
			}
			out[n-1] = m
			continue
		}
		last = e.TransactionID
		out = append(out, m)
	}
	return out
}

// settledBeforeImport tells history from what this statement is about: settled
// by the creditor's own books, with no money through the portal.
func settledBeforeImport(inv cases.InvoiceFile, entries []ledger.Entry) bool {
	if inv.Open.Total() != 0 || inv.SettledOn.IsZero() {
		return false
	}
	for _, e := range entries {
		if e.InvoiceID != nil && *e.InvoiceID == inv.ID && (e.Debit == ledger.Stripe || e.CommitmentID != nil) {
			return false
		}
	}
	return true
}

// Totals adds up the invoices of a statement.
func Totals(f cases.File, invoices []frontend.StatementInvoice) frontend.StatementTotals {
	zero := frontend.Of(0, f.Case.Currency)
	t := frontend.StatementTotals{Original: zero, Interest: zero, Fees: zero, Discount: zero, Paid: zero, Balance: zero, Late: zero, Disputed: zero}
	for _, i := range invoices {
		t.Original.Minor += i.Original.Minor
		t.Interest.Minor += i.Interest.Minor
		t.Fees.Minor += i.Fees.Minor
		t.Discount.Minor += i.Discount.Minor
		t.Paid.Minor += i.Paid.Minor
		t.Balance.Minor += i.Balance.Minor
		switch {
		case i.Disputed:
			t.Disputed.Minor += i.Balance.Minor
		case i.DaysLate > 0:
			t.Late.Minor += i.Balance.Minor
		}
	}
	return t
}

// Statement is the whole account on a day.
func Statement(page frontend.Page, f cases.File) frontend.StatementView {
	movements := Movements(f)
	invoices := StatementInvoices(f, false)
	return frontend.StatementView{
		Page: page, AsOf: f.Today, Debtor: f.Debtor.Name, TaxID: MaskTail(f.Debtor.TaxID), CaseRef: f.Case.Ref, Invoices: invoices,
		Movements: movements, Totals: Totals(f, invoices), PDFURL: "/portal/statement.pdf",
		CanOffers: f.Case.State == cases.Open && f.ActiveCommitment() == nil,
	}
}

// MaskTail hides all but the last three characters of an identifier.
func MaskTail(s string) string {
	r := []rune(s)
	if len(r) <= 3 {
		return ""
	}
	return strings.Repeat("•", len(r)-3) + string(r[len(r)-3:])
}

// MaskEmail hides all but the first letter and the domain: "m•••@example.com".
func MaskEmail(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 1 {
		return ""
	}
	return string([]rune(s[:at])[0]) + "•••" + s[at:]
}

// Overview is the first page: what is owed, to whom, for what, since when.
func Overview(page frontend.Page, f cases.File) frontend.OverviewView {
	invoices := StatementInvoices(f, false)
	totals := Totals(f, invoices)
	v := frontend.OverviewView{
		Page: page, Debtor: f.Debtor.Name, CaseRef: f.Case.Ref, AsOf: f.Today, Balance: frontend.Of(f.BalanceMinor(), f.Case.Currency),
		Since: f.OldestDue(), Late: totals.Late, Disputed: totals.Disputed,
	}
	if !v.Since.IsZero() {
		v.DaysLate = f.Today.DaysSince(v.Since)
	}
	for _, i := range invoices {
		v.Invoices = append(v.Invoices, frontend.OverviewInvoice{
			Number: i.Number, Concept: i.Concept, Issued: i.Issued, Due: i.Due, DaysLate: i.DaysLate, Disputed: i.Disputed, Balance: i.Balance,
		})
	}
	if a := Shown(f); a != nil {
		s := AgreementSummary(f, *a)
		v.Agreement = &s
	}
	v.CanOffers = f.Case.State == cases.Open && f.ActiveCommitment() == nil && f.Payable().Total() > 0
	return v
}

// Shown is the agreement a debtor cares about: the running one, else the last.
func Shown(f cases.File) *cases.CommitmentFile {
	if a := f.ActiveCommitment(); a != nil {
		return a
	}
	if len(f.Commitments) > 0 {
		return &f.Commitments[0]
	}
	return nil
}

var offerKinds = map[cases.CommitmentKind]frontend.OfferKind{
	cases.EarlyPayment: frontend.OfferDiscount, cases.Settlement: frontend.OfferSettlement, cases.Plan: frontend.OfferPlan,
}

// OfferKind is the word the pages use for a kind of terms.
func OfferKind(k cases.CommitmentKind) frontend.OfferKind { return offerKinds[k] }

// AgreementSummary is an agreement in three lines.
func AgreementSummary(f cases.File, c cases.CommitmentFile) frontend.AgreementSummary {
	m := func(minor int64) frontend.Money { return frontend.Of(minor, c.Currency) }
	s := frontend.AgreementSummary{
		URL: "/portal/agreements/" + c.ID.String(), Kind: OfferKind(c.Kind), State: frontend.AgreementState(c.State),
		Total: m(c.TotalMinor), Paid: m(c.PaidMinor), Left: m(c.LeftMinor()), NextAmount: m(0),
	}
	if next := c.Next(); next != nil && c.State == cases.Active {
		s.NextDue, s.NextAmount, s.NextLate = next.DueOn, m(next.OpenMinor), next.State == cases.InstalmentLate
	}
	return s
}

var instalmentStates = map[cases.InstalmentState]frontend.InstalmentState{
	cases.InstalmentPaid: frontend.InstalmentPaid, cases.InstalmentDue: frontend.InstalmentNext,
	cases.InstalmentLate: frontend.InstalmentLate, cases.InstalmentUpcoming: frontend.InstalmentUpcoming,
}

// Schedule is an agreement's payments as a debtor reads them.
func Schedule(f cases.File, c cases.CommitmentFile) []frontend.ScheduleRow {
	rows := make([]frontend.ScheduleRow, len(c.Schedule))
	next := c.Next()
	for i, p := range c.Schedule {
		row := frontend.ScheduleRow{
			ID: p.ID.String(), Number: p.Position + 1, Due: p.DueOn, Amount: frontend.Of(p.AmountMinor, c.Currency),
			State: instalmentStates[p.State], Paid: frontend.Of(p.PaidMinor, c.Currency),
		}
		switch {
		case c.State != cases.Active && p.OpenMinor > 0:
			row.State = frontend.InstalmentCancelled
		case p.State == cases.InstalmentDue && p.DueOn == f.Today:
			row.State = frontend.InstalmentDue
		}
		if p.PaidMinor > 0 && p.OpenMinor > 0 && row.State != frontend.InstalmentCancelled && row.State != frontend.InstalmentLate {
			row.State = frontend.InstalmentPart
		}
		row.PayNow = c.State == cases.Active && next != nil && p.ID == next.ID
		rows[i] = row
	}
	return rows
}

// GivenAddress marks in a commitment's VerifiedBy that the code went to an
// address that the debtor gave then, as none was on file.
const GivenAddress = ":given"

// Evidence is how the acceptance can be proved.
func Evidence(c cases.Commitment, debtorEmail string) frontend.Evidence {
	e := frontend.Evidence{
		TextSHA256: c.TermsSHA256, Language: c.Language, PolicyVersion: c.PolicyVersion, ShownAt: c.ShownAt, AcceptedAt: c.AcceptedAt,
		IP: c.IP, UserAgent: c.UserAgent,
	}
	for _, how := range strings.Split(c.VerifiedBy, "+") {
		how, given := strings.CutSuffix(how, GivenAddress)
		kind, channel, coded := strings.Cut(how, ":")
		v := frontend.Verification{How: kind, At: c.AcceptedAt}
		if coded {
			v.How = channel + "_code"
			if given {
				v.How = "given_" + v.How
			}
			if channel == "email" {
				v.To = MaskEmail(debtorEmail)
			}
		}
		e.Verified = append(e.Verified, v)
	}
	return e
}

// Agreement is an agreement's page and PDF.
func Agreement(page frontend.Page, f cases.File, c cases.CommitmentFile) frontend.AgreementView {
	s := AgreementSummary(f, c)
	return frontend.AgreementView{
		Page: page, ID: ShortID(c.ID), Kind: s.Kind, State: s.State, Debtor: f.Debtor.Name, CaseRef: f.Case.Ref, Terms: c.TermsText,
		Total: s.Total, Paid: s.Paid, Left: s.Left, Saving: frontend.Of(c.DiscountMinor(), c.Currency), NextDue: s.NextDue,
		NextAmount: s.NextAmount, Schedule: Schedule(f, c), Autopay: c.Autopay, PDFURL: s.URL + ".pdf",
		Evidence: Evidence(c.Commitment, f.Debtor.Email),
	}
}

// ShortID is the part of an id that people read to each other: its random tail.
func ShortID(id db.ID) string { return strings.ToUpper(id.String()[28:]) }
