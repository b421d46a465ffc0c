package payments_test

import (
	"context"
	"fmt"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/ledger"
	"github.com/acuerdo/acuerdo/payments"
)

// memory is what earlier steps saw, for the invariants that compare two moments.
type memory struct {
	entries map[db.ID]ledger.Entry
	states  map[db.ID]payments.State
}

// invariants checks what must hold at any moment; the numbers are those of the
// money rules. 6 and 7 have a test of their own, 5 holds at rest.
func (w *world) invariants() {
	w.t.Helper()
	f := w.file()
	w.booksBalance(f.Entries, f.BalanceMinor())
	var all []payments.Payment
	w.view(func(tx *db.Tx) (err error) { all, err = payments.OfCase(tx, w.creditor, w.caseID); return err })
	w.attempts(all)
	for _, c := range f.Commitments { // 11
		var sum int64
		for _, in := range c.Schedule {
			sum += in.AmountMinor
		}
		equal(w.t, "11: instalments add up", sum, c.TotalMinor)
		equal(w.t, "11: total and discount", c.TotalMinor+c.DiscountMinor(), c.BalanceMinor)
	}
}

// booksBalance is 1 and 2, from the raw entries.
func (w *world) booksBalance(entries []ledger.Entry, balance int64) {
	w.t.Helper()
	accounts := map[ledger.Account]int64{}
	byCode := map[ledger.Code]int64{}
	now := map[db.ID]ledger.Entry{}
	for _, e := range entries {
		if e.AmountMinor <= 0 || e.Debit == e.Credit || e.Currency != w.currency {
			w.t.Errorf("1: a malformed entry %+v", e)
		}
		accounts[e.Debit] += e.AmountMinor
		accounts[e.Credit] -= e.AmountMinor
		byCode[e.Code] += e.AmountMinor
		now[e.ID] = e
	}
	var sum int64
	for _, n := range accounts {
		sum += n
	}
	equal(w.t, "1: debits equal credits", sum, 0)
	for id, old := range w.seen.entries {
		if got, ok := now[id]; !ok || fmt.Sprint(got.AmountMinor, got.Debit, got.Credit, got.Source, got.Code, got.Leg) !=
			fmt.Sprint(old.AmountMinor, old.Debit, old.Credit, old.Source, old.Code, old.Leg) {
			w.t.Errorf("1: entry %s was changed or removed", id)
		}
	}
	w.seen.entries = now
	equal(w.t, "2: balance", balance, byCode[ledger.InvoiceIssued]+byCode[ledger.InterestAccrued]+byCode[ledger.FeeCharged]+
		byCode[ledger.RefundPaid]-byCode[ledger.PaymentReceived]-byCode[ledger.DiscountGranted]-byCode[ledger.WrittenOff])
	if balance < 0 {
		w.t.Errorf("2: the balance is %d; what is overpaid is a credit", balance)
	}
	w.view(func(tx *db.Tx) error {
		sql, err := ledger.CaseBalance(tx, w.creditor, w.caseID)
		equal(w.t, "2: balance by the database", sql, balance)
		return err
	})
}

// attempts is 3, 4, 8, 9 and 12.
func (w *world) attempts(all []payments.Payment) {
	w.t.Helper()
	living := 0
	keys := map[string]bool{}
	succeeded := map[db.ID]int{}
	states := map[db.ID]payments.State{}
	for _, p := range all {
		if p.State.Live() {
			living++
		}
		if p.IdempotencyKey == "" || keys[p.IdempotencyKey] {
			w.t.Errorf("8: the key of %s is missing or shared", p.ID)
		}
		keys[p.IdempotencyKey] = true
		if p.State == payments.Succeeded && p.InstalmentID != nil {
			succeeded[*p.InstalmentID]++
		}
		states[p.ID] = p.State
		switch old := w.seen.states[p.ID]; {
		case old == payments.Succeeded && p.State != old,
			(old == payments.Failed || old == payments.Abandoned) && p.State != old && p.State != payments.Succeeded,
			old == payments.Processing && (p.State == payments.Created || p.State == payments.Open):
			w.t.Errorf("9: %s went from %s to %s", p.ID, old, p.State)
		}
		if p.State == payments.Succeeded {
			w.agreesWithStripe(p)
		}
	}
	w.seen.states = states
	if living > 1 {
		w.t.Errorf("4: %d live attempts", living)
	}
	for id, n := range succeeded {
		if n > 1 {
			w.t.Errorf("3: %d charges for instalment %s", n, id)
		}
	}
	sessionsOf := map[string]int{}
	open := 0
	for _, s := range w.list(sessions) {
		sessionsOf[s.ClientReferenceID]++
		if s.Status == "open" {
			open++
		}
	}
	if open > 1 {
		w.t.Errorf("4: %d pages are open at Stripe", open)
	}
	for id, n := range sessionsOf {
		if n > 1 {
			w.t.Errorf("8: payment %s has %d sessions", id, n)
		}
	}
}

// agreesWithStripe is 12, asked of Stripe.
func (w *world) agreesWithStripe(p payments.Payment) {
	w.t.Helper()
	in, err := w.gw.PaymentIntent(context.Background(), p.StripeAccount, p.PaymentIntentID)
	w.must(err)
	if in.AmountReceived != p.AmountMinor || in.Currency != p.Currency || in.Livemode != p.Livemode || in.ChargeID != p.ChargeID {
		w.t.Errorf("12: payment %+v differs from %+v", p, in)
	}
}

// quiescent is 5: every charge at Stripe is posted once, and every posting has its charge.
func (w *world) quiescent() {
	w.t.Helper()
	posted := map[string]int64{}
	for _, e := range w.file().Entries {
		if charge, ok := stripeSource(e); ok && e.Debit == ledger.Stripe {
			posted[charge] += e.AmountMinor
		}
	}
	for _, ch := range succeededCharges(w.list("/v1/charges")) {
		equal(w.t, "5: posted of charge "+ch.ID, posted[ch.ID], ch.Amount)
		delete(posted, ch.ID)
	}
	if len(posted) > 0 {
		w.t.Errorf("5: posted without a charge: %v", posted)
	}
}

// receiveElsewhere books a bank transfer, counting towards the running agreement.
func receiveElsewhere(tx *db.Tx, w *world, n int, amount int64) error {
	f, err := cases.Load(tx, w.creditor, w.caseID, w.clock.Now())
	if err != nil {
		return err
	}
	r := cases.Receipt{CreditorID: w.creditor, CaseID: w.caseID, Source: fmt.Sprintf("transfer:%s:%d", w.caseID, n), Cash: ledger.Elsewhere,
		AmountMinor: amount, At: w.clock.Now(), Event: cases.Event{Actor: cases.ByStaff, Channel: "console"}}
	if c := f.ActiveCommitment(); c != nil {
		r.CommitmentID = &c.ID
	}
	_, err = cases.Receive(tx, r)
	return err
}
