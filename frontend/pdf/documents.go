package pdf

import (
	"strconv"
	"time"

	"github.com/acuerdo/acuerdo/frontend"
)

// Statement is the account as of a day.
func Statement(v frontend.StatementView) ([]byte, error) {
	s := newSheet(v.Page, v.T("statement.title"), v.AsOf.Start(time.UTC))
	s.note(v.T("statement.as_of", "Date", v.AsOf))
	s.note(v.T("overview.who", "Debtor", v.Debtor, "Ref", v.CaseRef))
	if v.TaxID != "" {
		s.note(v.T("statement.tax_id", "ID", v.TaxID))
	}
	s.amount(v.T("statement.balance"), v.M(v.Totals.Balance))
	for _, i := range v.Invoices {
		invoice(s, v.Page, i)
	}
	s.heading(v.T("statement.totals"))
	sums(s, v.Page, v.Totals.Original, v.Totals.Interest, v.Totals.Fees, v.Totals.Discount, v.Totals.Paid)
	s.sum(v.T("statement.balance"), v.M(v.Totals.Balance), true)
	if v.Totals.Late.Positive() {
		s.sum(v.T("statement.late_part"), v.M(v.Totals.Late), false)
	}
	if v.Totals.Disputed.Positive() {
		s.sum(v.T("statement.disputed_part"), v.M(v.Totals.Disputed), false)
	}
	movements(s, v)
	return s.bytes()
}

func invoice(s *sheet, p frontend.Page, i frontend.StatementInvoice) {
	title := p.T("statement.invoice", "Number", i.Number)
	if i.Concept != "" {
		title += " · " + i.Concept
	}
	s.heading(title)
	state := p.T("statement.issued") + ": " + p.D(i.Issued) + " · " + p.T("statement.due") + ": " + p.D(i.Due)
	switch {
	case !i.SettledOn.IsZero():
		state += " · " + p.T("statement.settled", "Date", i.SettledOn)
	case i.DaysLate > 0:
		state += " · " + p.TN("common.days_late", int64(i.DaysLate))
	}
	if i.Disputed {
		state += " · " + p.T("common.disputed")
	}
	s.note(state)
	if len(i.Lines) > 0 {
		columns := []column{{7, false}, {2, true}, {3, true}}
		s.row(columns, []string{p.T("statement.description"), p.T("statement.quantity"), p.T("schedule.amount")}, true)
		for _, l := range i.Lines {
			s.row(columns, []string{l.Description, p.Locale.Decimal(l.Quantity), p.M(l.Amount)}, false)
		}
	}
	sums(s, p, i.Original, i.Interest, i.Fees, i.Discount, i.Paid)
	s.sum(p.T("statement.left"), p.M(i.Balance), true)
}

func sums(s *sheet, p frontend.Page, original, interest, fees, discount, paid frontend.Money) {
	s.sum(p.T("statement.original"), p.M(original), false)
	for _, part := range []struct {
		key    string
		amount frontend.Money
	}{
		{p.T("statement.interest"), interest}, {p.T("statement.fees"), fees},
		{p.T("statement.discount"), frontend.Of(-discount.Minor, discount.Currency)}, {p.T("statement.paid"), frontend.Of(-paid.Minor, paid.Currency)},
	} {
		if !part.amount.IsSettled() {
			s.sum(part.key, p.M(part.amount), false)
		}
	}
}

func movements(s *sheet, v frontend.StatementView) {
	if len(v.Movements) == 0 {
		return
	}
	s.heading(v.T("statement.movements"))
	columns := []column{{2, false}, {4, false}, {3, true}, {3, true}}
	s.row(columns, []string{v.T("schedule.date"), v.T("statement.movement"), v.T("schedule.amount"), v.T("statement.running")}, true)
	for _, m := range v.Movements {
		what := v.Tx("movement.", string(m.Kind)) + " " + m.Invoice
		if m.Note != "" {
			what += " · " + m.Note
		}
		s.row(columns, []string{v.S(m.On), what, v.M(m.Amount), v.M(m.Balance)}, false)
	}
}

// Agreement is the terms as accepted, with their evidence and how it goes.
func Agreement(v frontend.AgreementView) ([]byte, error) {
	s := newSheet(v.Page, v.T("agreement.title"), v.Evidence.AcceptedAt)
	s.note(v.T("agreement.ref", "ID", v.ID) + " · " + v.Tx("agreement.state.", string(v.State)))
	s.note(v.T("overview.who", "Debtor", v.Debtor, "Ref", v.CaseRef))
	s.amount(v.T("agreement.total"), v.M(v.Total))
	s.sum(v.T("agreement.paid"), v.M(v.Paid), false)
	s.sum(v.T("agreement.left"), v.M(v.Left), false)
	if v.Saving.Positive() {
		s.sum(v.T("offer.saving"), v.M(v.Saving), false)
	}
	s.heading(v.T("schedule.caption"))
	columns := []column{{2, false}, {4, false}, {3, true}, {3, true}}
	s.row(columns, []string{v.T("schedule.number"), v.T("schedule.date"), v.T("schedule.amount"), v.T("schedule.state")}, true)
	for _, r := range v.Schedule {
		s.row(columns, []string{strconv.Itoa(r.Number), v.D(r.Due), v.M(r.Amount), v.Tx("instalment.", string(r.State))}, false)
	}
	s.heading(v.T("agreement.terms"))
	for _, b := range frontend.TermsBlocks(v.Terms) {
		switch {
		case b.Heading() != "":
			s.heading(b.Heading())
		case b.IsList():
			for _, l := range b.Lines() {
				s.item(l)
			}
		default:
			for _, l := range b.Lines() {
				s.para(l)
			}
		}
	}
	evidence(s, v)
	return s.bytes()
}

func evidence(s *sheet, v frontend.AgreementView) {
	s.heading(v.T("evidence.title"))
	s.note(v.T("evidence.lead"))
	for _, f := range frontend.EvidenceFacts(v.Page, v.Evidence) {
		s.fact(f.Label, f.Value)
	}
}

// Receipt says that a payment arrived.
func Receipt(v frontend.ReceiptView) ([]byte, error) {
	s := newSheet(v.Page, v.T("receipt.title"), v.PaidAt)
	s.para(v.T("receipt.received", "Creditor", v.Brand.Name, "Debtor", v.Debtor))
	s.amount(v.T("schedule.amount"), v.M(v.Amount))
	s.fact(v.T("payment.when"), v.At(v.PaidAt))
	s.fact(v.T("payment.reference"), v.Reference)
	s.fact(v.T("case.ref"), v.CaseRef)
	s.fact(v.T("payment.card"), v.Card)
	if len(v.Allocations) > 0 {
		s.heading(v.T("receipt.for"))
		for _, a := range v.Allocations {
			s.sum(v.T("statement.invoice", "Number", a.Invoice), v.M(a.Amount), false)
		}
	}
	s.sum(v.T("payment.balance_after"), v.M(v.BalanceAfter), true)
	return s.bytes()
}
