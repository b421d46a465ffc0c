package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
)

const (
	password = "correct horse battery"
	here     = "198.51.100.7"
)

// staff adds a user with a role at the bundle's creditor.
func (b *bundle) staff(email string, role access.RoleName) (user access.User) {
	b.t.Helper()
	b.update(db.Everyone("test"), func(tx *db.Tx) (err error) {
		if user, err = b.CreateUser(tx, email, "Ana", password, "es"); err != nil {
			return err
		}
		return b.Grant(tx, user.ID, b.creditor, role)
	})
	return user
}

func (b *bundle) staffIn(email string) (access.StaffSession, string) {
	b.t.Helper()
	session, token, err := b.SignIn(ctx, email, password, here, "Firefox")
	if err != nil {
		b.t.Fatal(err)
	}
	return session, token
}

func TestStaffSignInAndRoles(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, stranger := setup(t, d), setup(t, d)
		user := b.staff("Ana@Example.com ", access.Collector)
		session, token := b.staffIn(" ana@example.COM")
		if session.User.ID != user.ID || session.User.PasswordHash != "" || session.UserAgent != "Firefox" || len(token) != 43 {
			t.Errorf("%+v", session)
		}
		got, err := b.Staff(ctx, token)
		if err != nil || got.ID != session.ID || len(got.Creditors()) != 1 || got.RoleFor(b.creditor) != access.Collector {
			t.Fatalf("%+v, %v", got, err)
		}
		if !got.Can(b.creditor, access.ReadCases) || got.Can(b.creditor, access.EditPolicy) || got.Can(stranger.creditor, access.ReadCases) {
			t.Error("a collector reads the own creditor's cases and no more")
		}
		b.update(db.Of(b.creditor), func(tx *db.Tx) error { return b.Grant(tx, user.ID, b.creditor, access.Admin) })
		if got, err = b.Staff(ctx, token); err != nil || !got.Can(b.creditor, access.EditPolicy) || len(got.Roles) != 1 {
			t.Errorf("a new role holds at once: %+v, %v", got, err)
		}
		if n := b.count("SELECT count(*) FROM staff_sessions WHERE token_hash = ?", token); n != 0 {
			t.Error("the token is stored")
		}
		for _, bad := range []string{"", "x", strings.Repeat("A", 43)} {
			_, err := b.Staff(ctx, bad)
			want(t, err, fault.Unauthorized, "staff_session_ended")
		}
	})
}

func TestWhatIsWrongWithANewUser(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.staff("ana@example.com", access.Admin)
		for _, c := range []struct{ email, password, key string }{
			{"ANA@example.com", password, "email_taken"}, {"ana", password, "email_invalid"},
			{"Ana <ana2@example.com>", password, "email_invalid"}, {"ana@example.com\r\nBcc: x@y", password, "email_invalid"},
			{"b@example.com", "short", "password_too_short"}, {"b@example.com", strings.Repeat("x", 201), "password_too_long"},
		} {
			err := d.Update(ctx, db.Everyone("test"), func(tx *db.Tx) error {
				_, err := b.CreateUser(tx, c.email, "Ana", c.password, "es")
				return err
			})
			want(t, err, fault.Invalid, c.key)
		}
		err := d.Update(ctx, db.Everyone("test"), func(tx *db.Tx) error { return b.Grant(tx, db.NewID(), b.creditor, "owner") })
		want(t, err, fault.Invalid, "role_unknown")
	})
}

func TestStaffSessionsEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		user := b.staff("ana@example.com", access.Admin)
		ended := func(name, token string) {
			t.Helper()
			if _, err := b.Staff(ctx, token); fault.As(err).Key != "staff_session_ended" {
				t.Errorf("%s: %v", name, err)
			}
		}
		session, one := b.staffIn("ana@example.com")
		_, two := b.staffIn("ana@example.com")
		if err := b.SignOut(ctx, session); err != nil {
			t.Fatal(err)
		}
		ended("signed out", one)
		_, three := b.staffIn("ana@example.com")
		if list, err := b.StaffSessions(ctx, user.ID); err != nil || len(list) != 2 {
			t.Errorf("%d sessions are listed, want 2 (%v)", len(list), err)
		}
		if err := b.SignOutEverywhere(ctx, user.ID); err != nil {
			t.Fatal(err)
		}
		ended("everywhere", two)
		ended("everywhere", three)

		_, idle := b.staffIn("ana@example.com")
		b.clock.Advance(access.MaxStaffIdle + time.Second)
		ended("idle", idle)

		_, busy := b.staffIn("ana@example.com")
		for range 14 {
			b.clock.Advance(access.MaxStaffIdle)
			if _, err := b.Staff(ctx, busy); err != nil {
				t.Fatal(err)
			}
		}
		b.clock.Advance(time.Second)
		ended("seven days", busy)

		_, disabled := b.staffIn("ana@example.com")
		b.update(db.Everyone("test"), func(tx *db.Tx) error { return b.Disable(tx, user.ID) })
		ended("disabled", disabled)
		_, _, err := b.SignIn(ctx, "ana@example.com", password, here, "")
		want(t, err, fault.Invalid, "sign_in_wrong")
	})
}

func TestFiveWrongPasswordsLockTheAccountForThatAddress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.staff("ana@example.com", access.Admin)
		replicas := []*access.Service{b.Service, service(d, b.clock)}
		for i := range 5 {
			_, _, err := replicas[i%2].SignIn(ctx, "ana@example.com", "wrong", here, "")
			want(t, err, fault.Invalid, "sign_in_wrong")
		}
		for _, r := range replicas {
			_, _, err := r.SignIn(ctx, "Ana@example.com", password, here, "")
			if p := want(t, err, fault.RateLimited, "sign_in_locked").Params; p["minutes"] != 15 {
				t.Errorf("%v", p)
			}
		}
		if _, _, err := b.SignIn(ctx, "ana@example.com", password, "203.0.113.1", ""); err != nil {
			t.Errorf("from her own address: %v", err)
		}
		b.clock.Advance(15 * time.Minute)
		b.staffIn("ana@example.com")
		for range 60 {
			b.staffIn("ana@example.com") // right ones don't count
		}
	})
}

func TestAnUnknownAccountLooksLikeAWrongPassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.staff("ana@example.com", access.Admin)
		for i := range 6 {
			_, _, known := b.SignIn(ctx, "ana@example.com", "wrong", here, "")
			_, _, unknown := b.SignIn(ctx, "nobody@example.com", "wrong", "203.0.113.1", "")
			if known == nil || unknown == nil || known.Error() != unknown.Error() {
				t.Errorf("try %d: %v and %v", i, known, unknown)
			}
		}
	})
}

// The same time is the same hash: what can be tested without a stopwatch is
// that an unknown account pays for one too.
func TestAnUnknownAccountCostsAHash(t *testing.T) {
	b := setup(t, dbtest.SQLite(t))
	b.Passwords = &argon2id.Params{Memory: 32 * 1024, Iterations: 4, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	b.staff("ana@example.com", access.Admin)
	took := func(email string) (shortest time.Duration) { // of three: a busy machine only adds time
		for i := range 3 {
			began := time.Now()
			_, _, _ = b.SignIn(ctx, email, "wrong", here, "")
			if d := time.Since(began); i == 0 || d < shortest {
				shortest = d
			}
		}
		return shortest
	}
	took("warm@example.com")
	if known, unknown := took("ana@example.com"), took("nobody@example.com"); unknown < known/4 {
		t.Errorf("an unknown account is refused in %s, a known one in %s", unknown, known)
	}
}
