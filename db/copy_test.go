package db_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
)

func TestCopiedRowsBelongToTheirTransaction(t *testing.T) {
	d := dbtest.Postgres(t)
	id, boom := addCreditor(t, d, "one"), errors.New("boom")
	copyTwo := func(tx *db.Tx, copyRows db.CopyFunc) error {
		if err := tx.Exec("CREATE TEMP TABLE staged (document TEXT) ON COMMIT DROP").Error; err != nil {
			return err
		}
		if n, err := copyRows("staged", "document", strings.NewReader("{}\n\\N\n")); err != nil || n != 2 {
			t.Errorf("copied %d rows, %v", n, err)
		}
		return tx.Exec(`INSERT INTO reminder_settings (creditor_id, document)
			SELECT ?, document FROM staged WHERE document IS NOT NULL`, id).Error
	}
	err := d.BulkUpdate(context.Background(), db.Of(id), func(tx *db.Tx, c db.CopyFunc) error {
		return errors.Join(copyTwo(tx, c), boom)
	})
	if !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	if n := count(t, d, db.Of(id), "SELECT count(*) FROM reminder_settings"); n != 0 {
		t.Errorf("%d rows survived the rollback", n)
	}
	if err := d.BulkUpdate(context.Background(), db.Of(id), copyTwo); err != nil {
		t.Fatal(err)
	}
	if n := count(t, d, db.Of(id), "SELECT count(*) FROM reminder_settings"); n != 1 {
		t.Errorf("%d rows after the commit, want 1", n)
	}
}

func TestABulkUpdateIsScopedAndCantBeNested(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		id := addCreditor(t, d, "one")
		defer func() {
			if recover() == nil {
				t.Error("a transaction inside a transaction did not panic")
			}
		}()
		_ = d.BulkUpdate(context.Background(), db.Of(id), func(tx *db.Tx, copyRows db.CopyFunc) error {
			_, err := copyRows("t", "c", strings.NewReader(""))
			if want := tx.Kind() == db.SQLite; errors.Is(err, db.ErrNoCopy) != want {
				t.Errorf("COPY answered %v", err)
			}
			return d.Update(tx.Context(), db.Of(id), func(*db.Tx) error { return nil })
		})
	})
}
