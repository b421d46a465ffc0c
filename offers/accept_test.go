package offers_test

import (
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
	"github.com/acuerdo/acuerdo/offers"
)

type agreed struct{}

func (agreed) Kind() string { return "agreed" }

func TestAcceptingStoresTheAgreementWithItsEvidence(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.OnAgreed = func(tx *db.Tx, _ offers.Agreement) error { return tx.Enqueue(agreed{}) }
		shown := b.show()
		plan := shown.Offers[2]
		b.now.Advance(50 * time.Hour)
		var drawn offers.Agreement
		made, err := b.Accept(b.ctx, offers.Acceptance{
			CreditorID: b.creditor.ID, CaseID: b.file.ID, OfferID: plan.ID, TermsText: "Pagaré.", Language: "es", IP: "192.0.2.1",
			UserAgent: "test", VerifiedBy: "invoice_last4+code:email", Autopay: true, AsOf: clock.MustDate("2026-11-24"),
			AgreementPDF: func(a offers.Agreement) ([]byte, error) { drawn = a; return []byte("%PDF"), nil },
		})
		b.must(err)
		if drawn.Commitment.ID != made.ID || drawn.Commitment.TermsSHA256 != made.TermsSHA256 || drawn.File.Case.ID != b.file.ID {
			t.Errorf("the document was drawn for %+v", drawn.Commitment)
		}
		v, err := b.Get(b.ctx, b.creditor.ID, b.file.ID, plan.ID)
		b.must(err)
		c := v.Commitment
		if v.Offer.State != offers.Accepted || c == nil || c.ID != made.ID || c.State != cases.Active || !c.ShownAt.Equal(plan.ShownAt) || !c.Autopay {
			t.Fatalf("stored %+v", v.Offer)
		}
		if len(c.Invoices) != 2 || c.TotalMinor != 30_000 || c.BalanceMinor != 30_000 || c.GraceDays != 3 {
			t.Errorf("covers %d invoices, total %d", len(c.Invoices), c.TotalMinor)
		}
		if on := c.Schedule[0].DueOn; on != clock.MustDate("2026-11-24") || c.Schedule[0].AmountMinor != 3_000 {
			t.Errorf("upfront on %s", on)
		}
		if on := c.Schedule[1].DueOn; on != plan.Terms.Instalments[1].DueOn {
			t.Errorf("the first instalment moved to %s", on)
		}
		b.must(d.View(b.ctx, db.Of(b.creditor.ID), func(tx *db.Tx) error {
			doc, err := cases.GetDocument(tx, b.creditor.ID, b.file.ID, *c.DocumentID)
			if string(doc.Content) != "%PDF" || doc.Kind != "agreement" {
				t.Errorf("document %s %q", doc.Kind, doc.Content)
			}
			return err
		}))
		for i, o := range shown.Offers {
			if s := b.state(o.ID); i != 2 && s != offers.Withdrawn {
				t.Errorf("offer %d is %s", i, s)
			}
		}
		if n := b.count("SELECT count(*) FROM offers WHERE state = 'withdrawn'"); n != 4 {
			t.Errorf("%d stored as withdrawn", n)
		}
		again, err := b.accept(plan.ID)
		if b.must(err); again.ID != made.ID {
			t.Error("accepting again made another agreement")
		}
		_, err = b.accept(shown.Offers[0].ID)
		refused(t, err, fault.Conflict, "agreement_exists")
		if v := b.show(); len(v.Offers) != 0 {
			t.Errorf("offered beside a running agreement: %v", kinds(v.Offers))
		}
		if n := b.count("SELECT count(*) FROM river_job WHERE kind = 'agreed'"); n != 1 {
			t.Errorf("%d jobs", n)
		}
	})
}

func TestAnAgreementIsStoredWholeOrNotAtAll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		o := b.show().Offers[0]
		boom := errors.New("boom")
		b.OnAgreed = func(*db.Tx, offers.Agreement) error { return boom }
		if _, err := b.accept(o.ID); !errors.Is(err, boom) {
			t.Fatalf("got %v", err)
		}
		if n := b.count("SELECT count(*) FROM commitments"); n != 0 || b.state(o.ID) != offers.Shown {
			t.Errorf("%d agreements, offer %s", n, b.state(o.ID))
		}
	})
}

func TestWhatCanNotBeAccepted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		all := b.show().Offers
		_, err := b.accept(db.NewID())
		refused(t, err, fault.NotFound, "not_found")
		_, err = b.Accept(b.ctx, offers.Acceptance{CreditorID: db.NewID(), CaseID: b.file.ID, OfferID: all[0].ID, TermsText: "x"})
		refused(t, err, fault.NotFound, "not_found")
		_, err = b.Accept(b.ctx, offers.Acceptance{CreditorID: b.creditor.ID, CaseID: b.file.ID, OfferID: all[0].ID})
		refused(t, err, fault.Internal, "internal")
		plan := offers.Acceptance{CreditorID: b.creditor.ID, CaseID: b.file.ID, OfferID: all[2].ID, TermsText: "x"}
		_, err = b.Accept(b.ctx, plan)
		refused(t, err, fault.Invalid, "autopay_required")
		plan.Autopay, plan.AsOf = true, clock.MustDate("2026-11-21")
		_, err = b.Accept(b.ctx, plan)
		refused(t, err, fault.Conflict, "terms_redated")
		other := b.addCase("2", "Europe/Madrid", "EUR", 100)
		_, err = b.Get(b.ctx, b.creditor.ID, other.ID, all[0].ID)
		refused(t, err, fault.NotFound, "not_found")
		b.now.Set(all[0].ValidUntil)
		_, err = b.accept(all[0].ID)
		refused(t, err, fault.Conflict, "offer_expired")
		if n := b.count("SELECT count(*) FROM commitments"); n != 0 {
			t.Errorf("%d agreements", n)
		}
	})
}

func TestFiftyAcceptancesMakeOneAgreement(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		all := b.show().Offers
		var wg sync.WaitGroup
		var mu sync.Mutex
		made, keys := map[db.ID]int{}, map[string]int{}
		for i := range 50 {
			wg.Go(func() {
				c, err := b.accept(all[i%len(all)].ID)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made[c.ID]++
				} else {
					keys[fault.As(err).Key]++
				}
			})
		}
		wg.Wait()
		if len(made) != 1 || keys["agreement_exists"] != 40 {
			t.Errorf("agreements %v, refusals %v", made, keys)
		}
		if n := b.count("SELECT count(*) FROM commitments"); n != 1 {
			t.Errorf("%d agreements", n)
		}
	})
}

// Each acceptance races the sweep at the very instant: it either came first or
// was refused, and offer and agreement say the same.
func TestAcceptanceRacesTheExpiry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		all := b.show().Offers
		b.now.Set(all[1].ValidUntil.Add(-time.Microsecond))
		var wg sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			wg.Go(func() { _, errs[i] = b.accept(all[1].ID) })
		}
		wg.Go(func() { b.now.Set(all[1].ValidUntil) })
		for range 5 {
			wg.Go(func() {
				if _, err := b.ExpireDue(b.ctx); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		yes := 0
		for _, err := range errs {
			if err == nil {
				yes++
			} else if k := fault.As(err).Key; k != "offer_expired" {
				t.Errorf("refused with %v", err)
			}
		}
		want := offers.Expired
		if yes > 0 {
			want = offers.Accepted
		}
		if n := b.count("SELECT count(*) FROM commitments"); n != min(yes, 1) || b.state(all[1].ID) != want {
			t.Errorf("%d said yes, %d agreements, the offer is %s", yes, n, b.state(all[1].ID))
		}
	})
}

func TestExpireDueEndsWhatIsOver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		all := b.show().Offers
		for _, step := range []struct {
			at   time.Time
			want int
		}{{all[0].ValidUntil.Add(-time.Microsecond), 0}, {all[0].ValidUntil, 1}, {all[0].ValidUntil, 0}, {all[1].ValidUntil, 4}} {
			b.now.Set(step.at)
			n, err := b.ExpireDue(b.ctx)
			if b.must(err); n != step.want {
				t.Fatalf("%s: %d expired, want %d", step.at, n, step.want)
			}
		}
	})
}

func TestADayEndsAtTheDebtorsMidnightEvenWhereThereIsNone(t *testing.T) {
	d := dbtest.SQLite(t)
	b := setup(t, d)
	// In Chile clocks go forward at midnight into 6 September 2026: 00:00 does not exist.
	b.now.Set(time.Date(2026, 8, 31, 15, 0, 0, 0, time.UTC))
	o := b.show().Offers[0]
	if o.Terms.ValidThrough != clock.MustDate("2026-09-05") {
		t.Fatalf("valid through %s", o.Terms.ValidThrough)
	}
	if diff := cmp.Diff(time.Date(2026, 9, 6, 4, 0, 0, 0, time.UTC), o.ValidUntil); diff != "" {
		t.Error(diff)
	}
}
