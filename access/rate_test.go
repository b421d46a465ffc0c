package access_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
)

func TestRequestsAreCountedOnAllReplicasTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		replicas := []*access.Service{b.Service, service(d, b.clock)}
		var passed atomic.Int32
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				if err := replicas[i%2].Allow(ctx, "posts", 10, time.Minute); err == nil {
					passed.Add(1)
				} else if fault.As(err).Key != "too_many_requests" {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if passed.Load() != 10 {
			t.Errorf("%d passed, want 10", passed.Load())
		}
		if err := b.Allow(ctx, "others", 10, time.Minute); err != nil {
			t.Errorf("another key: %v", err)
		}
		b.clock.Advance(time.Minute)
		if err := b.Allow(ctx, "posts", 10, time.Minute); err != nil {
			t.Errorf("the next window: %v", err)
		}
	})
}

// The lock behaves as a plain model of it does, whatever the order of right and
// wrong answers and of waiting.
func TestTheLockFollowsItsModel(t *testing.T) {
	d := dbtest.SQLite(t)
	rapid.Check(t, func(r *rapid.T) {
		b := setup(t, d)
		wrong, day := 0, 0
		var end, dayEnd time.Time
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			now := b.clock.Now()
			if !end.After(now) {
				wrong = 0
			}
			if !dayEnd.After(now) {
				day = 0
			}
			answer := rapid.SampledFrom([]string{"0042", "9999", "9999", ""}).Draw(r, "answer")
			_, err := b.Verify(ctx, b.target, answer, "", "")
			key := ""
			if err != nil {
				key = fault.As(err).Key
			}
			expected := ""
			switch {
			case wrong >= 5 || day >= 25:
				expected = "fact_locked"
			case answer == "":
				expected = "fact_missing"
			case answer == "0042":
				wrong, end = 0, time.Time{}
				if !dayEnd.After(now) || day+1 == 25 {
					dayEnd = now.Add(24 * time.Hour)
				}
			default:
				if wrong, day = wrong+1, day+1; wrong == 1 {
					end = now.Add(15 * time.Minute)
				}
				if !dayEnd.After(now) {
					dayEnd = now.Add(24 * time.Hour)
				}
				expected = "fact_wrong"
				if wrong == 5 {
					end, expected = now.Add(15*time.Minute), "fact_locked"
				}
				if day == 25 {
					dayEnd, expected = now.Add(12*time.Hour), "fact_locked"
				}
			}
			if key != expected {
				r.Fatalf("at %s, %q: %q, want %q", now, answer, key, expected)
			}
			b.clock.Advance(time.Duration(rapid.IntRange(0, 20).Draw(r, "minutes")) * time.Minute)
		}
	})
}

func TestPruningKeepsWhatStillCounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		prune := func() {
			t.Helper()
			if err := b.PruneCounters(ctx); err != nil {
				t.Fatal(err)
			}
			if err := b.PruneExpired(ctx); err != nil {
				t.Fatal(err)
			}
		}
		session := b.signIn()
		b.code(session, "")
		b.staff("ana@example.com", access.Admin)
		b.staffIn("ana@example.com")
		for range 5 {
			_, _ = b.Verify(ctx, b.target, "9999", here, "")
		}
		if err := b.Allow(ctx, "posts", 1, time.Minute); err != nil {
			t.Fatal(err)
		}
		prune()
		_, err := b.Verify(ctx, b.target, "0042", "", "")
		want(t, err, fault.RateLimited, "fact_locked")
		want(t, b.Allow(ctx, "posts", 1, time.Minute), fault.RateLimited, "too_many_requests")
		if _, err := b.Session(ctx, b.mustToken(session)); err != nil {
			t.Error(err)
		}
		b.clock.Advance(31 * 24 * time.Hour)
		prune()
		for _, table := range []string{"rate_counters", "one_time_codes", "debtor_sessions", "staff_sessions"} {
			if n := b.count("SELECT count(*) FROM " + table); n != 0 {
				t.Errorf("%s still has %d rows", table, n)
			}
		}
		b.signIn()
	})
}
