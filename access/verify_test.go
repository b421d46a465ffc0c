package access_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
)

func TestARightAnswerOpensASessionAndTheTimelineSaysSo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		_, err := b.Verify(ctx, b.target, "9999", "", "")
		if left := want(t, err, fault.Invalid, "fact_wrong").Params["left"]; left != 4 {
			t.Errorf("%v tries left, want 4", left)
		}
		session := b.signIn()
		if session.Tier != access.TierFact || session.Fact != access.InvoiceLast4 || session.Language != "en" || session.VerifiedBy() != "invoice_last4" {
			t.Errorf("%+v", session)
		}
		var events []cases.Event
		b.update(db.Of(b.creditor), func(tx *db.Tx) (err error) { events, err = cases.Timeline(tx, b.creditor, b.caseID); return err })
		if len(events) != 2 || events[0].Kind != cases.EventLinkVerified || events[1].Kind != cases.EventLinkRefused {
			t.Fatalf("timeline: %+v", events)
		}
		if b.count("SELECT count(*) FROM timeline_events WHERE data LIKE '%9999%' OR data LIKE '%0042%'") != 0 {
			t.Error("an answer is on the timeline")
		}
	})
}

func TestTheAskedFactIsTheCreditorsChoice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, func(c *cases.Creditor, debtor *cases.Debtor) {
			c.KnownFacts, debtor.DateOfBirth = []string{"postal_code", "date_of_birth"}, clock.MustDate("1980-02-01")
		})
		var fact access.Fact
		b.update(db.Of(b.creditor), func(tx *db.Tx) (err error) { fact, err = access.FactFor(tx, b.target); return err })
		if fact != access.DateOfBirth {
			t.Fatalf("asks %s", fact)
		}
		_, err := b.Verify(ctx, b.target, "0042", "", "")
		want(t, err, fault.Invalid, "fact_not_a_date")
		session, err := b.Verify(ctx, b.target, "1/2/1980", "", "")
		if err != nil || session.Fact != access.DateOfBirth || session.Language != "es" {
			t.Fatalf("%+v, %v", session, err)
		}
	})
}

// Two services on one database are two replicas.
func TestFiveWrongAnswersLockTheCaseOnEveryReplica(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		replicas := []*access.Service{b.Service, service(d, b.clock)}
		for i := range 4 {
			_, err := replicas[i%2].Verify(ctx, b.target, "9999", fmt.Sprintf("203.0.113.%d", i), "")
			if left := want(t, err, fault.Invalid, "fact_wrong").Params["left"]; left != 4-i {
				t.Errorf("%v left after %d", left, i+1)
			}
			_, err = replicas[i%2].Verify(ctx, b.target, " ", "", "")
			want(t, err, fault.Invalid, "fact_missing") // does not count
		}
		_, err := replicas[0].Verify(ctx, b.target, "9999", "", "")
		want(t, err, fault.RateLimited, "fact_locked")
		for _, r := range replicas {
			_, err := r.Verify(ctx, b.target, "0042", "192.0.2.1", "")
			if p := want(t, err, fault.RateLimited, "fact_locked").Params; p["minutes"] != 15 || !p["until"].(time.Time).Equal(start.Add(15*time.Minute)) {
				t.Errorf("the right answer passes by the lock: %v", p)
			}
		}
		_, other := b.link()
		_, err = b.Verify(ctx, other, "0042", "", "")
		want(t, err, fault.RateLimited, "fact_locked") // another link of the same case is no way round
		b.clock.Advance(14*time.Minute + 30*time.Second)
		_, err = b.Verify(ctx, b.target, "0042", "", "")
		if p := want(t, err, fault.RateLimited, "fact_locked").Params; p["minutes"] != 1 {
			t.Errorf("%v", p)
		}
		b.clock.Advance(30 * time.Second)
		b.signIn()
		if n := b.count("SELECT count(*) FROM timeline_events WHERE kind = 'link_refused'"); n != 5 {
			t.Errorf("%d refusals on the timeline, want the 5 that were compared", n)
		}
	})
}

func TestRightAnswersDontCountAndEndTheCount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		for range 8 {
			for range 4 {
				_, err := b.Verify(ctx, b.target, "9999", "", "")
				want(t, err, fault.Invalid, "fact_wrong")
				if b.count("SELECT count(*) FROM timeline_events WHERE kind = 'link_refused'") == 24 {
					b.clock.Advance(25 * time.Hour) // the day's cap is another test's
				}
			}
			b.signIn()
		}
		for range 40 {
			b.signIn()
		}
	})
}

func TestWrongAnswersArriveTogetherAndFiveAreCompared(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		replicas := []*access.Service{b.Service, service(d, b.clock)}
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				if _, err := replicas[i%2].Verify(ctx, b.target, fmt.Sprintf("9%03d", i), "", ""); err == nil {
					t.Error("a wrong answer opened a session")
				}
			})
		}
		wg.Wait()
		if n := b.count("SELECT count(*) FROM timeline_events WHERE kind = 'link_refused'"); n != 5 {
			t.Errorf("%d answers were compared, want 5", n)
		}
	})
}

func TestAnAddressIsLockedOverManyCases(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const ip = "203.0.113.9"
		wrong := 0
		for wrong < 20 {
			b := setup(t, d)
			for range 4 {
				_, err := b.Verify(ctx, b.target, "9999", ip, "")
				if wrong++; wrong < 20 {
					want(t, err, fault.Invalid, "fact_wrong")
				} else {
					want(t, err, fault.RateLimited, "fact_locked")
				}
			}
		}
		b := setup(t, d)
		_, err := b.Verify(ctx, b.target, "0042", ip, "")
		if p := want(t, err, fault.RateLimited, "fact_locked").Params; p["minutes"] != 30 {
			t.Errorf("%v", p)
		}
		if _, err := b.Verify(ctx, b.target, "0042", "203.0.113.10", ""); err != nil {
			t.Errorf("the neighbour: %v", err)
		}
		if n := b.count("SELECT count(*) FROM rate_counters WHERE key LIKE '%203.0.113%'"); n != 0 {
			t.Error("an address is stored in a counter")
		}
	})
}

func TestAPatientGuesserMeetsTheDaysCap(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		for range 5 {
			for range 5 {
				if _, err := b.Verify(ctx, b.target, "9999", "", ""); err == nil {
					t.Fatal("opened")
				}
			}
			b.clock.Advance(15 * time.Minute)
		}
		_, err := b.Verify(ctx, b.target, "0042", "", "")
		want(t, err, fault.RateLimited, "fact_locked")
		b.clock.Advance(12 * time.Hour)
		b.signIn()
	})
}
