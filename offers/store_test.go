package offers_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/ledger"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/offers"
)

// bundle is a creditor with one case of 300.00 euros in three invoices, one of
// them of 50.00 more and disputed, and the agency's policy in force.
type bundle struct {
	offers.Service
	t        *testing.T
	ctx      context.Context
	now      *clock.Moved
	creditor cases.Creditor
	file     cases.Case
}

func setup(t *testing.T, d *db.DB) *bundle {
	t.Helper()
	now := clock.Frozen(time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC))
	b := &bundle{Service: offers.Service{DB: d, Clock: now}, t: t, ctx: context.Background(), now: now}
	b.creditor = cases.Creditor{
		ID: db.NewID(), Slug: "agencia", Name: "Agencia", LegalName: "Agencia SA", Country: "CL", Language: "es",
		TimeZone: "Europe/Madrid", Currency: "EUR", KnownFacts: []string{}, CreatedAt: now.Now(),
	}
	b.must(d.Update(b.ctx, db.Everyone("test"), func(tx *db.Tx) error { return tx.Create(&b.creditor).Error }))
	b.file = b.addCase("1", "America/Santiago", "EUR", 10_000, 20_000)
	b.addInvoice(b.file, 5_000, true)
	policy, err := offers.Example("agency")
	b.must(err)
	b.publish(policy)
	return b
}

func (b *bundle) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) update(fn func(tx *db.Tx) error) {
	b.t.Helper()
	b.must(b.DB.Update(b.ctx, db.Of(b.creditor.ID), fn))
}

func (b *bundle) addCase(external, zone string, currency money.Currency, invoices ...int64) cases.Case {
	b.t.Helper()
	debtor := cases.Debtor{ID: db.NewID(), CreditorID: b.creditor.ID, ExternalID: external, Kind: cases.Consumer, Country: "CL",
		Language: "es", TimeZone: zone, CreatedAt: b.now.Now()}
	c := cases.Case{ID: db.NewID(), CreditorID: b.creditor.ID, DebtorID: debtor.ID, Ref: cases.NewRef(), Currency: currency,
		State: cases.Open, OpenedAt: b.now.Now()}
	b.update(func(tx *db.Tx) error { return errors.Join(tx.Create(&debtor).Error, tx.Create(&c).Error) })
	for _, amount := range invoices {
		b.addInvoice(c, amount, false)
	}
	return c
}

func (b *bundle) addInvoice(c cases.Case, amount int64, disputed bool) {
	b.t.Helper()
	id := db.NewID()
	inv := cases.Invoice{ID: id, CreditorID: b.creditor.ID, CaseID: c.ID, Number: id.String(), IssuedOn: clock.MustDate("2026-09-01"),
		DueOn: clock.MustDate("2026-10-01"), AmountMinor: amount, Currency: c.Currency, Disputed: disputed, CreatedAt: b.now.Now()}
	b.update(func(tx *db.Tx) error {
		if err := tx.Create(&inv).Error; err != nil {
			return err
		}
		_, err := ledger.Post(tx, ledger.Transaction{
			CreditorID: b.creditor.ID, CaseID: c.ID, Source: "invoice:" + id.String(), Currency: c.Currency, EffectiveOn: inv.IssuedOn, PostedAt: b.now.Now(),
			Moves: []ledger.Move{{Code: ledger.InvoiceIssued, Debit: ledger.Principal, Credit: ledger.Sales, AmountMinor: amount, InvoiceID: &id}},
		})
		return err
	})
}

func (b *bundle) pay(amount int64) {
	b.t.Helper()
	b.update(func(tx *db.Tx) error {
		_, err := cases.Receive(tx, cases.Receipt{CreditorID: b.creditor.ID, CaseID: b.file.ID, Source: "test:" + db.NewID().String(),
			Cash: ledger.Elsewhere, AmountMinor: amount, At: b.now.Now(), Event: cases.Event{Actor: cases.BySystem}})
		return err
	})
}

func (b *bundle) publish(p offers.Policy) offers.PolicyVersion {
	b.t.Helper()
	v, err := b.Policy(b.ctx, b.creditor.ID)
	b.must(err)
	made, err := b.Publish(b.ctx, offers.PolicyEdit{CreditorID: b.creditor.ID, BasedOn: v.InForce.Version, Policy: p, Author: "ana@example.com"})
	b.must(err)
	return made
}

func (b *bundle) show() offers.View {
	b.t.Helper()
	v, err := b.Show(b.ctx, b.creditor.ID, b.file.ID)
	b.must(err)
	return v
}

func (b *bundle) accept(offer db.ID) (cases.Commitment, error) {
	return b.Accept(b.ctx, offers.Acceptance{CreditorID: b.creditor.ID, CaseID: b.file.ID, OfferID: offer, TermsText: "Pagaré.", Language: "es",
		IP: "192.0.2.1", UserAgent: "test", VerifiedBy: "invoice_last4+code:email", Autopay: true})
}

func (b *bundle) count(query string) (n int) {
	b.t.Helper()
	b.must(b.DB.View(b.ctx, db.Everyone("test"), func(tx *db.Tx) error { return tx.Raw(query).Scan(&n).Error }))
	return n
}

func (b *bundle) state(offer db.ID) offers.OfferState {
	b.t.Helper()
	v, err := b.Get(b.ctx, b.creditor.ID, b.file.ID, offer)
	b.must(err)
	return v.Offer.State
}

func ids(all []offers.Offer) (out []db.ID) {
	for _, o := range all {
		out = append(out, o.ID)
	}
	return out
}

func kinds(all []offers.Offer) (out []cases.CommitmentKind) {
	for _, o := range all {
		out = append(out, o.Kind)
	}
	return out
}

func refused(t *testing.T, err error, code fault.Code, key string) {
	t.Helper()
	if f := fault.As(err); err == nil || f.Code != code || f.Key != key {
		t.Fatalf("got %v, want %s %s", err, code, key)
	}
}

func TestOpeningAgainShowsTheSameOffersAndWritesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		first := b.show()
		want := []cases.CommitmentKind{cases.EarlyPayment, cases.Settlement, cases.Plan, cases.Plan, cases.Plan}
		if diff := cmp.Diff(want, kinds(first.Offers)); diff != "" {
			t.Fatal(diff)
		}
		if first.Offers[0].BalanceMinor != 30_000 || first.PolicyVersion != 1 {
			t.Fatalf("balance %d without the disputed invoice, policy %d", first.Offers[0].BalanceMinor, first.PolicyVersion)
		}
		for range 3 {
			b.now.Advance(26 * time.Hour)
			again := b.show()
			if diff := cmp.Diff(ids(first.Offers), ids(again.Offers)); diff != "" {
				t.Fatal(diff)
			}
			if again.Offers[0].Terms.Deadline != first.Offers[0].Terms.Deadline {
				t.Fatal("the deadline moved with the visit")
			}
			if on := again.Offers[2].Terms.FirstOn(); on != again.File.Today {
				t.Errorf("what is due on acceptance is due on %s, want %s", on, again.File.Today)
			}
		}
		if n := b.count("SELECT count(*) FROM timeline_events WHERE kind = 'offers_shown'"); n != 1 {
			t.Errorf("%d entries on the timeline", n)
		}
		if n := b.count("SELECT count(*) FROM offers"); n != 5 {
			t.Errorf("%d offers stored", n)
		}
	})
}

func TestStoredOffersReplayToTheSameBytes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.now.Advance(time.Hour)
		b.show()
		b.now.Advance(6 * 24 * time.Hour) // the first rung lapses, the second joins
		b.show()
		policies, err := b.Policy(b.ctx, b.creditor.ID)
		b.must(err)
		var stored []offers.Offer
		b.must(d.View(b.ctx, db.Of(b.creditor.ID), func(tx *db.Tx) error {
			return tx.Where("creditor_id = ?", b.creditor.ID).Find(&stored).Error
		}))
		if len(stored) != 6 {
			t.Fatalf("%d offers stored, want 5 and the next rung", len(stored))
		}
		for _, o := range stored {
			want, err := json.Marshal(o.Terms)
			b.must(err)
			got, err := json.Marshal(offers.Menu(policies.InForce.Document, o.PolicyVersion, o.Facts)[o.Position])
			b.must(err)
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestTheLadderIsClimbedDownOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		first := b.show()
		zone, err := time.LoadLocation("America/Santiago")
		b.must(err)
		midnight := time.Date(2026, 11, 28, 0, 0, 0, 0, zone) // five days from the 22nd have passed
		b.now.Set(midnight.Add(-time.Microsecond))
		if o := b.show().Offers[0]; o.ID != first.Offers[0].ID || o.Terms.SavingMinor() != 4_500 {
			t.Fatalf("a microsecond before midnight in Santiago: saves %d", o.Terms.SavingMinor())
		}
		b.now.Set(midnight)
		second := b.show()
		if s := b.state(first.Offers[0].ID); s != offers.Expired {
			t.Fatalf("at midnight the discount is %s", s)
		}
		if diff := cmp.Diff(ids(first.Offers[1:]), ids(second.Offers[1:])); diff != "" {
			t.Fatal(diff)
		}
		if o := second.Offers[0]; o.Terms.SavingMinor() != 3_000 || o.Terms.Deadline != clock.MustDate("2026-12-07") ||
			!o.ValidUntil.Equal(second.Offers[1].ValidUntil) {
			t.Fatalf("the second rung saves %d by %s, valid until %s", o.Terms.SavingMinor(), o.Terms.Deadline, o.ValidUntil)
		}
		b.now.Set(time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC))
		if k := kinds(b.show().Offers); k[0] != cases.Settlement || len(k) != 4 {
			t.Fatalf("after the ladder: %v", k)
		}
		b.pay(30_000) // that debt is paid; a new one has a ladder of its own
		b.now.Advance(time.Hour)
		b.addInvoice(b.file, 8_000, false)
		if o := b.show().Offers[0]; o.Kind != cases.EarlyPayment || o.Terms.SavingMinor() != 1_200 {
			t.Fatalf("a new debt is offered %s saving %d", o.Kind, o.Terms.SavingMinor())
		}
	})
}

func TestANewPolicyIsForTheNextDebtor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		other := b.addCase("2", "Europe/Madrid", "EUR", 30_000)
		before := b.show()
		b.publish(offers.Policy{Plan: offers.Plan{MaxCount: new(2)}})
		again := b.show()
		if diff := cmp.Diff(ids(before.Offers), ids(again.Offers)); diff != "" || again.PolicyVersion != 1 {
			t.Fatal(again.PolicyVersion, diff)
		}
		next, err := b.Show(b.ctx, b.creditor.ID, other.ID)
		b.must(err)
		if diff := cmp.Diff([]cases.CommitmentKind{cases.Plan}, kinds(next.Offers)); diff != "" || next.PolicyVersion != 2 {
			t.Fatal(next.PolicyVersion, diff)
		}
		made, err := b.accept(before.Offers[2].ID)
		if b.must(err); made.PolicyVersion != 1 {
			t.Errorf("agreed under version %d", made.PolicyVersion)
		}
	})
}

func TestOffersAfterTheirTimeComeFromThePolicyInForce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.show()
		b.publish(offers.Policy{Plan: offers.Plan{MaxCount: new(2)}})
		b.now.Advance(12 * 24 * time.Hour)
		if v := b.show(); v.PolicyVersion != 2 || len(v.Offers) != 1 {
			t.Fatalf("policy %d, %v", v.PolicyVersion, kinds(v.Offers))
		}
		if n := b.count("SELECT count(*) FROM offers WHERE state = 'expired'"); n != 5 {
			t.Errorf("%d expired", n)
		}
	})
}

func TestAChangedBalanceWithdrawsWhatWasShown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		old := b.show()
		b.pay(1_000)
		if s := b.state(old.Offers[0].ID); s != offers.Withdrawn {
			t.Fatalf("read as %s", s)
		}
		_, err := b.accept(old.Offers[0].ID)
		refused(t, err, fault.Conflict, "offer_withdrawn")
		now := b.show()
		if now.Offers[0].BalanceMinor != 29_000 || now.Offers[0].Terms.Deadline != old.Offers[0].Terms.Deadline {
			t.Fatalf("balance %d, deadline %s", now.Offers[0].BalanceMinor, now.Offers[0].Terms.Deadline)
		}
		if n := b.count("SELECT count(*) FROM offers WHERE state = 'withdrawn'"); n != 5 {
			t.Errorf("%d withdrawn", n)
		}
		b.pay(29_000)
		b.update(func(tx *db.Tx) error { // the disputed invoice is called off: nothing is owed
			return tx.Model(&cases.Case{}).Where("creditor_id = ? AND id = ?", b.creditor.ID, b.file.ID).Update("state", cases.Closed).Error
		})
		if v := b.show(); len(v.Offers) != 0 {
			t.Errorf("a closed case is offered %v", kinds(v.Offers))
		}
		_, err = b.accept(now.Offers[0].ID)
		refused(t, err, fault.Conflict, "case_not_open")
	})
}

func TestTwoTabsShowOneSet(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		var wg sync.WaitGroup
		views, errs := make([]offers.View, 10), make([]error, 10)
		for i := range views {
			wg.Go(func() { views[i], errs[i] = b.Show(b.ctx, b.creditor.ID, b.file.ID) })
		}
		wg.Wait()
		b.must(errors.Join(errs...))
		for _, v := range views {
			if diff := cmp.Diff(ids(views[0].Offers), ids(v.Offers)); diff != "" || len(v.Offers) != 5 {
				t.Fatal(diff)
			}
		}
		if n := b.count("SELECT count(*) FROM offers"); n != 5 {
			t.Errorf("%d offers stored", n)
		}
	})
}
