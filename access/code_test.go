package access_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
)

func TestACodeRaisesTheSessionUnderANewID(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		old := b.signIn()
		oldToken := b.mustToken(old)
		const pending = `{"accept":"offer-1"}`
		code := b.code(old, pending)
		if len(code) != 6 {
			t.Fatalf("code %q", code)
		}
		if n := b.count("SELECT count(*) FROM one_time_codes WHERE code_hash LIKE ?", "%"+code+"%"); n != 0 {
			t.Error("the code is in the table")
		}
		b.clock.Advance(time.Minute)
		raised, got, err := b.VerifyCode(ctx, old, " "+code[:3]+" "+code[3:])
		if err != nil {
			t.Fatal(err)
		}
		if got != pending || raised.ID == old.ID || raised.Tier != access.TierCode || raised.CodeChannel != "email" || raised.VerifiedBy() != "invoice_last4+code:email" {
			t.Errorf("%+v, pending %q", raised, got)
		}
		_, err = b.Session(ctx, oldToken)
		want(t, err, fault.Unauthorized, "session_ended")
		session, err := b.Session(ctx, b.mustToken(raised))
		if err != nil || session.Tier != access.TierCode || session.Pending != "" {
			t.Fatalf("%+v, %v", session, err)
		}
		for _, c := range []struct {
			after time.Duration
			fresh bool
		}{{0, true}, {10 * time.Minute, true}, {10*time.Minute + time.Microsecond, false}, {-time.Second, false}} {
			if got := session.FreshCode(b.clock.Now().Add(c.after)); got != c.fresh {
				t.Errorf("fresh after %s: %v", c.after, got)
			}
		}
		if old.FreshCode(b.clock.Now()) {
			t.Error("a session without a code has a fresh one")
		}
	})
}

// A3.
func TestACodeIsUsedOnceUnderAHundredPosts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session := b.signIn()
		code := b.code(session, "{}")
		replicas := []*access.Service{b.Service, service(d, b.clock)}
		var raised atomic.Int32
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				_, _, err := replicas[i%2].VerifyCode(ctx, session, code)
				switch {
				case err == nil:
					raised.Add(1)
				case fault.As(err).Key != "code_used_up":
					t.Errorf("a loser got %v", err)
				}
			})
		}
		wg.Wait()
		if raised.Load() != 1 {
			t.Errorf("used %d times", raised.Load())
		}
		if n := b.count("SELECT count(*) FROM debtor_sessions WHERE tier = 2"); n != 1 {
			t.Errorf("%d tier 2 sessions", n)
		}
	})
}

func TestGuessesArriveTogetherAndFiveAreCompared(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session := b.signIn()
		wrong := other(b.code(session, "{}"))
		var counted atomic.Int32
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				_, _, err := b.VerifyCode(ctx, session, wrong)
				if err == nil {
					t.Error("a wrong code raised the session")
				}
				if fault.As(err).Key == "code_wrong" {
					counted.Add(1)
				}
			})
		}
		wg.Wait()
		if counted.Load() != 4 {
			t.Errorf("%d were told they have tries left, want 4", counted.Load())
		}
		if n := b.count("SELECT tries FROM one_time_codes"); n != 5 {
			t.Errorf("%d tries", n)
		}
	})
}

func TestAResentCodeKillsTheOldOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session := b.signIn()
		first, second := b.code(session, `"a"`), b.code(session, `"b"`)
		if first != second { // one in a million
			_, _, err := b.VerifyCode(ctx, session, first)
			want(t, err, fault.Invalid, "code_wrong")
		}
		_, pending, err := b.VerifyCode(ctx, session, second)
		if err != nil || pending != `"b"` {
			t.Fatalf("%q, %v", pending, err)
		}
	})
}

func TestACodeEndsAfterFiveWrongTriesOrTenMinutes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session := b.signIn()
		_, _, err := b.VerifyCode(ctx, session, "123456")
		want(t, err, fault.Invalid, "code_used_up") // none was ever asked for
		code := b.code(session, "")
		for _, bad := range []string{"", "12345", "1234567", "12a456"} {
			_, _, err := b.VerifyCode(ctx, session, bad)
			want(t, err, fault.Invalid, "code_malformed") // does not count
		}
		for left := 4; left > 0; left-- {
			_, _, err := b.VerifyCode(ctx, session, other(code))
			e := want(t, err, fault.Invalid, "code_wrong")
			if e.Params["left"] != left || e.Field != "code" {
				t.Errorf("%+v, want %d left", e, left)
			}
		}
		_, _, err = b.VerifyCode(ctx, session, other(code))
		want(t, err, fault.Invalid, "code_used_up")
		_, _, err = b.VerifyCode(ctx, session, code)
		want(t, err, fault.Invalid, "code_used_up")

		code = b.code(session, "")
		b.clock.Advance(access.CodeTTL)
		_, _, err = b.VerifyCode(ctx, session, code)
		want(t, err, fault.Invalid, "code_expired")
	})
}

func TestACodeBelongsToTheSessionAndRequestThatAskedForIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		one, two := b.signIn(), b.signIn()
		code := b.code(one, `"a"`)
		if foreign := b.code(two, `"a"`); foreign != code {
			_, _, err := b.VerifyCode(ctx, two, code)
			want(t, err, fault.Invalid, "code_wrong")
		}
		b.update(db.Of(b.creditor), func(tx *db.Tx) error {
			return tx.Model(&access.Session{}).Where("creditor_id = ? AND id = ?", b.creditor, one.ID).Update("pending", `"b"`).Error
		})
		_, _, err := b.VerifyCode(ctx, one, code)
		want(t, err, fault.Invalid, "code_wrong")
	})
}

func TestCodesAreAskedForFiveTimesInFifteenMinutes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session, again := b.signIn(), b.signIn()
		for range 5 {
			b.code(session, "")
		}
		none := func(*db.Tx, string) error { t.Error("a message was queued"); return nil }
		err := b.IssueCode(ctx, again, access.BySMS, "", none)
		if p := want(t, err, fault.RateLimited, "codes_too_many").Params; p["minutes"] != 15 {
			t.Errorf("%v", p)
		}
		b.clock.Advance(15 * time.Minute)
		b.code(again, "")
	})
}

func TestNoCodeWithoutItsMessage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session := b.signIn()
		first := b.code(session, `"a"`)
		before := dump(t, d)
		boom := errors.New("boom")
		if err := b.IssueCode(ctx, session, access.ByEmail, `"b"`, func(*db.Tx, string) error { return boom }); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if dump(t, d) != before {
			t.Error("a code was left without a message")
		}
		if _, pending, err := b.VerifyCode(ctx, session, first); err != nil || pending != `"a"` {
			t.Errorf("the code before: %q, %v", pending, err)
		}
	})
}

func TestAnEndedSessionGetsNoCode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session, idle := b.signIn(), b.signIn()
		code := b.code(session, "")
		if err := b.End(ctx, session); err != nil {
			t.Fatal(err)
		}
		_, _, err := b.VerifyCode(ctx, session, code)
		want(t, err, fault.Unauthorized, "session_ended")
		none := func(*db.Tx, string) error { t.Error("a message was queued"); return nil }
		want(t, b.IssueCode(ctx, session, access.ByEmail, "", none), fault.Unauthorized, "session_ended")
		b.clock.Advance(access.MaxSessionIdle + time.Second)
		want(t, b.IssueCode(ctx, idle, access.ByEmail, "", none), fault.Unauthorized, "session_ended")
	})
}

func TestGuessingOnThroughManyCodesIsLocked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session := b.signIn()
		for range 3 {
			code := b.code(session, "")
			for range 5 {
				if _, _, err := b.VerifyCode(ctx, session, other(code)); err == nil {
					t.Fatal("raised")
				}
			}
		}
		_, _, err := b.VerifyCode(ctx, session, b.code(session, ""))
		want(t, err, fault.RateLimited, "code_locked")
	})
}

func TestRememberingSomethingElseKillsTheCode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session := b.signIn()
		code := b.code(session, `"a"`)
		if err := b.Remember(ctx, session, `"b"`); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Session(ctx, b.mustToken(session)); err != nil || got.Pending != `"b"` {
			t.Fatalf("%+v, %v", got, err)
		}
		_, _, err := b.VerifyCode(ctx, session, code)
		want(t, err, fault.Invalid, "code_used_up")
		if err := b.End(ctx, session); err != nil {
			t.Fatal(err)
		}
		want(t, b.Remember(ctx, session, ""), fault.Unauthorized, "session_ended")
	})
}
