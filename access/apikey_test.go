package access_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
)

// T3.
func TestAPIKeysAreHashedScopedAndRotated(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		issue := func(scopes ...string) (key string) {
			b.update(db.Of(b.creditor), func(tx *db.Tx) (err error) {
				key, err = b.NewAPIKey(tx, b.creditor, "ERP", scopes)
				return err
			})
			return key
		}
		old, next := issue("cases:read"), issue("cases:read", "cases:write")
		if !regexp.MustCompile(`^ak_[a-z2-7]{8}_[A-Za-z0-9_-]{43}$`).MatchString(old) {
			t.Errorf("key %q", old)
		}
		info, err := b.APIKey(ctx, old)
		if err != nil || info.CreditorID != b.creditor || !info.Allows("cases:read") || info.Allows("cases:write") || info.Name != "ERP" {
			t.Fatalf("%+v, %v", info, err)
		}
		if got, err := b.APIKey(ctx, next); err != nil || !got.Allows("cases:write") {
			t.Fatalf("the second key during rotation: %+v, %v", got, err)
		}
		if n := b.count("SELECT count(*) FROM api_keys WHERE key_hash LIKE ?", "%"+old[12:]+"%"); n != 0 {
			t.Error("a key is stored")
		}
		b.update(db.Of(b.creditor), func(tx *db.Tx) error { return b.RevokeAPIKey(tx, b.creditor, info.ID) })
		swapped := next[:3] + old[3:11] + next[11:]
		for _, bad := range []string{old, "", "ak_", "ak__", "ak_" + next[3:11], swapped, next + "x", strings.ToUpper(next), "xx" + next[2:], "ak_________" + next[11:]} {
			_, err := b.APIKey(ctx, bad)
			want(t, err, fault.Unauthorized, "api_key_unknown")
		}
		var all []access.APIKeyInfo
		b.update(db.Of(b.creditor), func(tx *db.Tx) (err error) { all, err = b.APIKeys(tx, b.creditor); return err })
		if len(all) != 2 || (all[0].RevokedAt == nil) == (all[1].RevokedAt == nil) {
			t.Errorf("listed: %+v", all)
		}
	})
}

func TestAnotherCreditorCantRevokeAKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, stranger := setup(t, d), setup(t, d)
		var key string
		b.update(db.Of(b.creditor), func(tx *db.Tx) (err error) { key, err = b.NewAPIKey(tx, b.creditor, "ERP", nil); return err })
		info, err := b.APIKey(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		b.update(db.Of(stranger.creditor), func(tx *db.Tx) error { return b.RevokeAPIKey(tx, stranger.creditor, info.ID) })
		if _, err := b.APIKey(ctx, key); err != nil {
			t.Error(err)
		}
	})
}
