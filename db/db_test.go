package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

type pingJob struct {
	N int `json:"n"`
}

func (pingJob) Kind() string { return "ping" }

func addCreditor(t *testing.T, d *db.DB, slug string) db.ID {
	t.Helper()
	id := db.NewID()
	err := d.Update(context.Background(), db.Everyone("test"), func(tx *db.Tx) error {
		return tx.Exec(`INSERT INTO creditors (id, slug, name, legal_name, country, language, time_zone, currency, known_facts, created_at)
			VALUES (?, ?, 'C', 'C', 'ES', 'es', 'Europe/Madrid', 'EUR', '[]', ?)`, id, slug, time.Now().UTC()).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func count(t *testing.T, d *db.DB, scope db.Scope, query string) (n int) {
	t.Helper()
	if err := d.View(context.Background(), scope, func(tx *db.Tx) error { return tx.Raw(query).Scan(&n).Error }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAJobExistsIfAndOnlyIfItsTransactionCommits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, boom := context.Background(), errors.New("boom")
		err := d.Update(ctx, db.Everyone("test"), func(tx *db.Tx) error {
			if err := tx.Enqueue(pingJob{1}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatalf("got %v", err)
		}
		if n := count(t, d, db.Everyone("test"), "SELECT count(*) FROM river_job"); n != 0 {
			t.Fatalf("%d jobs survived the rollback", n)
		}
		if err := d.Update(ctx, db.Everyone("test"), func(tx *db.Tx) error { return tx.Enqueue(pingJob{2}) }); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, db.Everyone("test"), "SELECT count(*) FROM river_job"); n != 1 {
			t.Fatalf("%d jobs after the commit", n)
		}
	})
}

func TestMigratingTwiceChangesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if n, err := d.Migrate(context.Background()); err != nil || n != 0 {
			t.Fatalf("%d steps, %v", n, err)
		}
		if err := d.Ready(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestATransactionSeesOneCreditorOnly(t *testing.T) {
	d := dbtest.Postgres(t)
	one, two := addCreditor(t, d, "one"), addCreditor(t, d, "two")
	ctx := context.Background()
	err := d.Update(ctx, db.Of(one), func(tx *db.Tx) error {
		return tx.Exec("INSERT INTO tasks (id, creditor_id, case_id, kind, due_at, created_at) VALUES (?, ?, ?, 'x', now(), now())",
			db.NewID(), two, db.NewID()).Error
	})
	if err == nil {
		t.Fatal("a row of another creditor was written")
	}
	insert := `INSERT INTO reminder_settings (creditor_id, document) VALUES (?, '{}')`
	for _, id := range []db.ID{one, two} {
		if err := d.Update(ctx, db.Of(id), func(tx *db.Tx) error { return tx.Exec(insert, id).Error }); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, d, db.Of(one), "SELECT count(*) FROM reminder_settings"); n != 1 {
		t.Errorf("one creditor's transaction sees %d rows, want its own", n)
	}
	if n := count(t, d, db.Everyone("test"), "SELECT count(*) FROM reminder_settings"); n != 2 {
		t.Errorf("everyone's transaction sees %d rows, want both", n)
	}
}

func TestAQueryWithoutItsCreditorPanics(t *testing.T) {
	d := dbtest.SQLite(t)
	id := addCreditor(t, d, "one")
	defer func() {
		if recover() == nil {
			t.Fatal("no panic")
		}
	}()
	_ = d.View(context.Background(), db.Of(id), func(tx *db.Tx) error {
		var n int64
		return tx.Table("tasks").Count(&n).Error
	})
}

func TestATransactionInsideATransactionPanics(t *testing.T) {
	d := dbtest.SQLite(t)
	defer func() {
		if recover() == nil {
			t.Fatal("no panic")
		}
	}()
	_ = d.View(context.Background(), db.Everyone("test"), func(tx *db.Tx) error {
		return d.View(tx.Context(), db.Everyone("test"), func(*db.Tx) error { return nil })
	})
}

func TestCompareAndSetRefusesALostRace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		addCreditor(t, d, "one")
		set := func(from, to string) error {
			return d.Update(context.Background(), db.Everyone("test"), func(tx *db.Tx) error {
				return db.CompareAndSet(tx.Exec("UPDATE creditors SET name = ? WHERE name = ?", to, from))
			})
		}
		if err := set("C", "D"); err != nil {
			t.Fatal(err)
		}
		if err := set("C", "E"); !fault.Is(err, fault.Conflict) {
			t.Fatalf("want a conflict, got %v", err)
		}
	})
}
