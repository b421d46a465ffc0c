package access_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	ctx   = context.Background()
	start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	cheap = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
)

// bundle is a service with one creditor, debtor, case and link. The right
// answer is "0042".
type bundle struct {
	*access.Service
	t        *testing.T
	clock    *clock.Moved
	creditor db.ID
	caseID   db.ID
	token    string
	target   access.LinkTarget
}

// setup makes a fresh bundle; change adjusts the creditor and debtor before they are stored.
func setup(t *testing.T, d *db.DB, change ...func(*cases.Creditor, *cases.Debtor)) *bundle {
	t.Helper()
	now := clock.Frozen(start)
	b := &bundle{t: t, clock: now, Service: service(d, now)}
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	c := cases.Creditor{ID: db.NewID(), Slug: "c" + db.NewID().String(), Name: "C", LegalName: "C SL", Country: "ES", Language: "es",
		TimeZone: "Europe/Madrid", Currency: "EUR", KnownFacts: []string{"invoice_last4"}, RequiredTier: 1, CreatedAt: start}
	debtor := cases.Debtor{ID: db.NewID(), CreditorID: c.ID, ExternalID: "1", Kind: cases.Consumer, Country: "ES", Language: "es",
		TimeZone: "Europe/Madrid", CreatedAt: start}
	for _, f := range change {
		f(&c, &debtor)
	}
	kase := cases.Case{ID: db.NewID(), CreditorID: c.ID, DebtorID: debtor.ID, Ref: cases.NewRef(), Currency: "EUR", State: cases.Open, OpenedAt: start}
	invoice := cases.Invoice{ID: db.NewID(), CreditorID: c.ID, CaseID: kase.ID, Number: "F-2026/0042", IssuedOn: clock.MustDate("2026-09-01"),
		DueOn: clock.MustDate("2026-10-01"), AmountMinor: 1000, Currency: "EUR", CreatedAt: start}
	b.creditor, b.caseID = c.ID, kase.ID
	b.update(db.Everyone("test"), func(tx *db.Tx) error {
		return errors.Join(tx.Create(&c).Error, tx.Create(&debtor).Error, tx.Create(&kase).Error, tx.Create(&invoice).Error)
	})
	b.token, b.target = b.link()
	return b
}

func service(d *db.DB, now clock.Clock) *access.Service {
	return &access.Service{DB: d, Clock: now, Secret: []byte(strings.Repeat("p", 32)), Passwords: cheap, Keys: access.KeyRing{
		Current: "k2", Keys: map[string][]byte{"k1": []byte(strings.Repeat("1", 32)), "k2": []byte(strings.Repeat("2", 32))},
	}}
}

func (b *bundle) update(scope db.Scope, fn func(*db.Tx) error) {
	b.t.Helper()
	if err := b.DB.Update(ctx, scope, fn); err != nil {
		b.t.Fatal(err)
	}
}

// link makes another link of the case.
func (b *bundle) link() (token string, target access.LinkTarget) {
	b.t.Helper()
	b.update(db.Of(b.creditor), func(tx *db.Tx) (err error) {
		token, err = b.NewLink(tx, b.creditor, b.caseID)
		return err
	})
	target, err := b.ResolveLink(ctx, token)
	if err != nil {
		b.t.Fatal(err)
	}
	return token, target
}

func (b *bundle) signIn() access.Session {
	b.t.Helper()
	session, err := b.Verify(ctx, b.target, "0042", "198.51.100.7", "en")
	if err != nil {
		b.t.Fatal(err)
	}
	return session
}

// code asks for a code and answers its digits.
func (b *bundle) code(session access.Session, pending string) (code string) {
	b.t.Helper()
	err := b.IssueCode(ctx, session, access.ByEmail, pending, func(_ *db.Tx, c string) error { code = c; return nil })
	if err != nil {
		b.t.Fatal(err)
	}
	return code
}

// other is six digits that are not the code.
func other(code string) string {
	last := (code[5]-'0'+1)%10 + '0'
	return code[:5] + string(last)
}

func (b *bundle) mustToken(session access.Session) string {
	b.t.Helper()
	token, err := b.Token(session)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

func (b *bundle) count(query string, args ...any) (n int) {
	b.t.Helper()
	err := b.DB.View(ctx, db.Everyone("test"), func(tx *db.Tx) error { return tx.Raw(query, args...).Scan(&n).Error })
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// want checks an error's code and key.
func want(t *testing.T, err error, code fault.Code, key string) *fault.Error {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s: %s", code, key)
	}
	got := fault.As(err)
	if got.Code != code || got.Key != key {
		t.Fatalf("got %v, want %s: %s", err, code, key)
	}
	return got
}

// dump is a digest of every row of every table.
func dump(t *testing.T, d *db.DB) string {
	t.Helper()
	tables := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
	if d.Kind() == db.Postgres {
		tables = `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`
	}
	h := sha256.New()
	err := d.View(ctx, db.Everyone("test"), func(tx *db.Tx) error {
		var names []string
		if err := tx.Raw(tables).Scan(&names).Error; err != nil {
			return err
		}
		if len(names) < 20 {
			return fmt.Errorf("only %d tables", len(names))
		}
		for _, name := range names {
			var rows []map[string]any
			if err := tx.Raw(`SELECT * FROM "` + name + `" ORDER BY 1, 2`).Scan(&rows).Error; err != nil {
				return err
			}
			fmt.Fprintf(h, "%s %v\n", name, rows)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}
