package cases

import (
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/ledger"
)

// Receipt is money that arrived for a case. Source names it once and for ever,
// for example "stripe:ch_123"; receiving it again changes nothing.
type Receipt struct {
	CreditorID   db.ID
	CaseID       db.ID
	CommitmentID *db.ID
	Source       string
	Cash         ledger.Account
	AmountMinor  int64
	At           time.Time
	Event        Event // what the timeline says; ids, kind and amounts are filled in
}

// Receive posts money to the ledger, oldest invoice first and never to a
// disputed one, counts it towards the running agreement it was paid for, grants
// that agreement's discount when it is fulfilled, and closes a case with nothing
// left. It tells whether the money was new. The caller holds the case's lock.
func Receive(tx *db.Tx, r Receipt) (posted bool, err error) {
	if known, err := ledger.Posted(tx, r.CreditorID, r.Source); err != nil || known {
		return false, err
	}
	f, err := Load(tx, r.CreditorID, r.CaseID, r.At)
	if err != nil {
		return false, err
	}
	var agreement *CommitmentFile
	if r.CommitmentID != nil {
		if agreement, err = f.Commitment(*r.CommitmentID); err != nil {
			return false, err
		}
	}
	invoices := f.PayableInvoices()
	running := agreement != nil && agreement.State == Active
	if running {
		invoices = coveredFirst(invoices, agreement.Invoices)
	}
	fulfilled := running && agreement.PaidMinor+r.AmountMinor >= agreement.TotalMinor
	t := ledger.Transaction{
		CreditorID: r.CreditorID, CaseID: r.CaseID, Source: r.Source, Currency: f.Case.Currency, EffectiveOn: f.Today, PostedAt: r.At,
	}
	if fulfilled && agreement.DiscountMinor() > 0 {
		discount := t
		discount.Source = "discount:" + agreement.ID.String()
		discount.Moves, invoices = discountMoves(agreement, invoices)
		if _, err := ledger.Post(tx, discount); err != nil {
			return false, err
		}
	}
	t.Moves = allocate(invoices, r.AmountMinor, r.Cash, r.CommitmentID)
	if _, err := ledger.Post(tx, t); err != nil {
		return false, err
	}
	return true, afterReceipt(tx, r, f, agreement, fulfilled)
}

// afterReceipt writes down what the money brought about.
func afterReceipt(tx *db.Tx, r Receipt, f File, agreement *CommitmentFile, fulfilled bool) error {
	balance, err := ledger.CaseBalance(tx, r.CreditorID, r.CaseID)
	if err != nil {
		return err
	}
	e := r.Event
	e.CreditorID, e.CaseID, e.Kind, e.At = r.CreditorID, r.CaseID, EventPaymentReceived, r.At
	if e.Data == nil {
		e.Data = map[string]any{}
	}
	e.Data["amount_minor"], e.Data["balance_minor"] = r.AmountMinor, balance
	if err := Record(tx, e); err != nil {
		return err
	}
	system := Event{CreditorID: r.CreditorID, CaseID: r.CaseID, Actor: BySystem, At: r.At}
	if fulfilled {
		if err := agreement.end(tx, PaidInFull, r.At, ""); err != nil {
			return err
		}
		if d := agreement.DiscountMinor(); d > 0 {
			system.Kind, system.Data = EventDiscountGranted, map[string]any{"commitment_id": agreement.ID, "amount_minor": d}
			if err := Record(tx, system); err != nil {
				return err
			}
		}
		system.Kind, system.Data = EventCommitmentKept, map[string]any{"commitment_id": agreement.ID, "kind": agreement.Kind}
		if err := Record(tx, system); err != nil {
			return err
		}
	}
	if balance > 0 || f.Case.State == Closed {
		return nil
	}
	if err := f.Case.close(tx, r.At); err != nil {
		return err
	}
	system.Kind, system.Data = EventCaseClosed, nil
	return Record(tx, system)
}

// coveredFirst puts an agreement's invoices before the others.
func coveredFirst(invoices []InvoiceFile, covered []db.ID) []InvoiceFile {
	in := map[db.ID]bool{}
	for _, id := range covered {
		in[id] = true
	}
	var first, others []InvoiceFile
	for _, i := range invoices {
		if in[i.ID] {
			first = append(first, i)
		} else {
			others = append(others, i)
		}
	}
	return append(first, others...)
}

// componentOrder is how money pays one invoice: interest and fees before
// principal, as civil codes have it where nothing else was agreed (for example
// the Spanish Código Civil, article 1173).
var componentOrder = []struct {
	account ledger.Account
	of      func(*ledger.Components) *int64
}{
	{ledger.Interest, func(c *ledger.Components) *int64 { return &c.InterestMinor }},
	{ledger.Fees, func(c *ledger.Components) *int64 { return &c.FeesMinor }},
	{ledger.Principal, func(c *ledger.Components) *int64 { return &c.PrincipalMinor }},
}

// allocate spreads money over invoices in their order; what nobody owes becomes credit.
func allocate(invoices []InvoiceFile, amount int64, cash ledger.Account, commitment *db.ID) []ledger.Move {
	var moves []ledger.Move
	for _, inv := range invoices {
		open := inv.Open
		id := inv.ID
		for _, c := range componentOrder {
			if part := min(amount, *c.of(&open)); part > 0 {
				moves = append(moves, ledger.Move{Code: ledger.PaymentReceived, Debit: cash, Credit: c.account,
					AmountMinor: part, InvoiceID: &id, CommitmentID: commitment})
				amount -= part
			}
		}
	}
	if amount > 0 {
		moves = append(moves, ledger.Move{Code: ledger.Overpaid, Debit: cash, Credit: ledger.CreditBalance,
			AmountMinor: amount, CommitmentID: commitment})
	}
	return moves
}

// discountMoves grants an agreement's discount on the newest invoices it
// covers, component by component as the terms say, and returns what is then
// left open. Where earlier payments already paid a component, the rest of its
// discount goes to what is open.
func discountMoves(c *CommitmentFile, invoices []InvoiceFile) ([]ledger.Move, []InvoiceFile) {
	rest := append([]InvoiceFile(nil), invoices...)
	wanted := ledger.Components{PrincipalMinor: c.DiscountPrincipalMinor, InterestMinor: c.DiscountInterestMinor, FeesMinor: c.DiscountFeesMinor}
	var moves []ledger.Move
	take := func(i int, account ledger.Account, open, want *int64) {
		part := min(*open, *want)
		if part <= 0 {
			return
		}
		id := rest[i].ID
		moves = append(moves, ledger.Move{Code: ledger.DiscountGranted, Debit: ledger.Discounts, Credit: account,
			AmountMinor: part, InvoiceID: &id, CommitmentID: &c.ID})
		*open -= part
		*want -= part
	}
	for i := len(rest) - 1; i >= 0; i-- {
		for _, part := range componentOrder {
			take(i, part.account, part.of(&rest[i].Open), part.of(&wanted))
		}
	}
	left := wanted.Total()
	for i := len(rest) - 1; i >= 0; i-- {
		for _, part := range componentOrder {
			take(i, part.account, part.of(&rest[i].Open), &left)
		}
	}
	return merge(moves), rest
}

// merge adds up moves of the same component of the same invoice.
func merge(moves []ledger.Move) []ledger.Move {
	type key struct {
		invoice db.ID
		credit  ledger.Account
	}
	at := map[key]int{}
	var out []ledger.Move
	for _, m := range moves {
		k := key{*m.InvoiceID, m.Credit}
		if i, ok := at[k]; ok {
			out[i].AmountMinor += m.AmountMinor
			continue
		}
		at[k] = len(out)
		out = append(out, m)
	}
	return out
}

// Break ends an agreement whose grace has run out: the discount was never
// posted, so the full balance is owed again by itself. The caller holds the
// case's lock.
func Break(tx *db.Tx, c CommitmentFile, late InstalmentProgress, at time.Time) error {
	if err := c.end(tx, GraceRanOut, at, "instalment_missed"); err != nil {
		return err
	}
	data := map[string]any{"commitment_id": c.ID, "kind": c.Kind, "missed_minor": late.OpenMinor, "due_on": late.DueOn}
	if err := Record(tx, Event{CreditorID: c.CreditorID, CaseID: c.CaseID, Kind: EventCommitmentBroken, Actor: BySystem, Data: data, At: at}); err != nil {
		return err
	}
	return AddTask(tx, Task{CreditorID: c.CreditorID, CaseID: c.CaseID, Kind: "agreement_broken", Data: data, DueAt: at, CreatedAt: at})
}

// SettledElsewhere ends the agreement of a case that was paid past it, by what
// the creditor's own books say: it was paid, and nothing of it is owed or broken.
// The caller holds the case's lock.
func SettledElsewhere(tx *db.Tx, c CommitmentFile, at time.Time) error {
	if err := c.end(tx, PaidInFull, at, "settled_elsewhere"); err != nil {
		return err
	}
	return Record(tx, Event{CreditorID: c.CreditorID, CaseID: c.CaseID, Kind: EventCommitmentKept, Actor: BySystem, At: at,
		Data: map[string]any{"commitment_id": c.ID, "kind": c.Kind}})
}

// OverdueOn is the first instalment that was due and not paid when its grace
// ended before a day, nil while the agreement stands.
func (c CommitmentFile) OverdueOn(day clock.Date) *InstalmentProgress {
	for i := range c.Schedule {
		p := &c.Schedule[i]
		if p.OpenMinor > 0 && p.DueOn.AddDays(c.GraceDays).Before(day) {
			return p
		}
	}
	return nil
}
