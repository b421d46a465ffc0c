package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
)

// A1.
func TestAScannerChangesNothingAndThePersonStillGetsIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		before := dump(t, d)
		for range 50 {
			if _, err := b.ResolveLink(ctx, b.token); err != nil {
				t.Fatal(err)
			}
			err := d.View(ctx, db.Of(b.creditor), func(tx *db.Tx) error { _, err := access.FactFor(tx, b.target); return err })
			if err != nil {
				t.Fatal(err)
			}
		}
		if dump(t, d) != before {
			t.Fatal("opening a link changed a row")
		}
		b.signIn()
		if dump(t, d) == before {
			t.Fatal("the dump sees no change at all")
		}
	})
}

// A2, as far as it is decided here: one error, no other trace.
func TestLinksThatOpenNothingLookAlike(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		revoked, target := b.link()
		b.update(db.Of(b.creditor), func(tx *db.Tx) error { return b.RevokeLink(tx, b.creditor, target.LinkID) })
		unknown := strings.Repeat("A", 43)
		_, first := b.ResolveLink(ctx, unknown)
		for _, token := range []string{revoked, "", "x", strings.Repeat("long", 5000), "' OR 1=1 --", b.token + "A", strings.ToLower(b.token)} {
			_, err := b.ResolveLink(ctx, token)
			want(t, err, fault.NotFound, "not_found")
			if err.Error() != first.Error() {
				t.Errorf("%.20q: %v differs from an unknown link's %v", token, err, first)
			}
		}
		if _, err := b.ResolveLink(ctx, b.token); err != nil {
			t.Errorf("another link of the case: %v", err)
		}
	})
}

func TestALinkOutlivesItsCaseLongEnoughForTheReceipt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.update(db.Of(b.creditor), func(tx *db.Tx) error {
			return tx.Model(&cases.Case{}).Where("creditor_id = ? AND id = ?", b.creditor, b.caseID).
				Updates(map[string]any{"state": cases.Closed, "closed_at": start}).Error
		})
		b.clock.Advance(access.LinkAfterClosing - time.Minute)
		target, err := b.ResolveLink(ctx, b.token)
		if err != nil || target.CaseState != cases.Closed {
			t.Fatalf("%+v, %v", target, err)
		}
		b.clock.Advance(2 * time.Minute)
		_, err = b.ResolveLink(ctx, b.token)
		want(t, err, fault.NotFound, "not_found")
	})
}

func TestALinkIsStoredHashedAndTellsItsCase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		if len(b.token) != 43 {
			t.Errorf("the token has %d characters, want 43 for 256 bits", len(b.token))
		}
		if n := b.count("SELECT count(*) FROM links WHERE token_hash = ? OR token_hash LIKE ?", b.token, "%"+b.token+"%"); n != 0 {
			t.Error("the token is in the table")
		}
		if b.target.CaseID != b.caseID || b.target.CreditorID != b.creditor || b.target.Language != "es" || b.target.DebtorID == (db.ID{}) {
			t.Errorf("%+v", b.target)
		}
	})
}

func TestRevokingALinkEndsItsSessionsAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session := b.signIn()
		token := b.mustToken(session)
		code := b.code(session, "{}")
		_, second := b.link()
		elsewhere, err := b.Verify(ctx, second, "0042", "", "")
		if err != nil {
			t.Fatal(err)
		}
		b.update(db.Of(b.creditor), func(tx *db.Tx) error { return b.RevokeLink(tx, b.creditor, b.target.LinkID) })
		_, err = b.Session(ctx, token)
		want(t, err, fault.Unauthorized, "session_ended")
		_, _, err = b.VerifyCode(ctx, session, code)
		want(t, err, fault.Unauthorized, "session_ended")
		_, err = b.Verify(ctx, b.target, "0042", "", "")
		want(t, err, fault.NotFound, "not_found")
		if _, err := b.Session(ctx, b.mustToken(elsewhere)); err != nil {
			t.Errorf("the other link's session: %v", err)
		}
		b.update(db.Of(b.creditor), func(tx *db.Tx) error { return b.RevokeLinksOfCase(tx, b.creditor, b.caseID) })
		_, err = b.Session(ctx, b.mustToken(elsewhere))
		want(t, err, fault.Unauthorized, "session_ended")
	})
}

func TestEndingALinksSessionsKeepsTheLink(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		session := b.signIn()
		b.update(db.Of(b.creditor), func(tx *db.Tx) error { return b.EndAllOfLink(tx, b.creditor, b.target.LinkID) })
		_, err := b.Session(ctx, b.mustToken(session))
		want(t, err, fault.Unauthorized, "session_ended")
		b.signIn()
	})
}

func TestAnotherCreditorCantRevokeALink(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, stranger := setup(t, d), setup(t, d)
		err := d.Update(ctx, db.Of(stranger.creditor), func(tx *db.Tx) error { return b.RevokeLink(tx, stranger.creditor, b.target.LinkID) })
		want(t, err, fault.NotFound, "not_found")
		b.signIn()
	})
}
