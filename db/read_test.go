package db_test

import (
	"context"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
)

// debtorRow has a column of most kinds.
type debtorRow struct {
	ID          db.ID
	CreditorID  db.ID
	ExternalID  string
	DateOfBirth clock.Date
	OptedOut    bool
	Tags        []string `gorm:"serializer:json"`
	CreatedAt   time.Time
}

func (debtorRow) TableName() string { return "debtors" }

type anyDebtor struct{ ExternalID string }

func (anyDebtor) TableName() string { return "debtors" }

var (
	debtorsOf  = db.From[debtorRow]("WHERE creditor_id = ? ORDER BY external_id")
	anyDebtors = db.From[anyDebtor]("ORDER BY external_id")
)

func addDebtor(t *testing.T, d *db.DB, creditor db.ID, number string) {
	t.Helper()
	err := d.Update(context.Background(), db.Of(creditor), func(tx *db.Tx) error {
		return tx.Exec(`INSERT INTO debtors (id, creditor_id, external_id, kind, country, language, time_zone, date_of_birth, opted_out, tags, created_at)
			VALUES (?, ?, ?, 'consumer', 'ES', 'es', 'Europe/Madrid', '1980-02-29', TRUE, '["a","b"]', ?)`,
			db.NewID(), creditor, number, time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)).Error
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsReadTogetherIsWhatOneByOneWouldFind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, creditor := context.Background(), addCreditor(t, d, "one")
		addDebtor(t, d, creditor, "1")
		addDebtor(t, d, creditor, "2")
		var want []debtorRow
		err := d.View(ctx, db.Of(creditor), func(tx *db.Tx) error {
			return tx.Where("creditor_id = ?", creditor).Order("external_id").Find(&want).Error
		})
		if err != nil || len(want) != 2 {
			t.Fatal(want, err)
		}
		var r db.Reads
		alone, none := debtorsOf.In(&r, creditor), debtorsOf.In(&r, db.NewID())
		if err := d.Read(ctx, db.Of(creditor), &r); err != nil {
			t.Fatal(err)
		}
		var inside db.Reads
		within := debtorsOf.In(&inside, creditor)
		if err := d.View(ctx, db.Of(creditor), func(tx *db.Tx) error { return tx.Read(&inside) }); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			a, w := alone.All()[i], within.All()[i]
			if a.ID != want[i].ID || a.DateOfBirth != want[i].DateOfBirth || !a.OptedOut || len(a.Tags) != 2 || !a.CreatedAt.Equal(want[i].CreatedAt) ||
				w.ID != a.ID || w.CreatedAt != a.CreatedAt {
				t.Errorf("one by one %+v, alone %+v, in a transaction %+v", want[i], a, w)
			}
		}
		if _, err := none.One(); !fault.Is(err, fault.NotFound) {
			t.Errorf("nothing was found as %v", err)
		}
	})
}

func TestReadsKeepToTheirCreditor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, one, other := context.Background(), addCreditor(t, d, "one"), addCreditor(t, d, "other")
		addDebtor(t, d, one, "mine")
		addDebtor(t, d, other, "theirs")
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a query without its creditor ran for one creditor")
				}
			}()
			var r db.Reads
			anyDebtors.In(&r)
			_ = d.Read(ctx, db.Of(one), &r)
		}()
		var all db.Reads
		found := anyDebtors.In(&all)
		if err := d.Read(ctx, db.Everyone("test"), &all); err != nil || len(found.All()) != 2 {
			t.Errorf("for everyone: %v, %v", found.All(), err)
		}
		if d.Kind() != db.Postgres {
			return
		}
		var foreign db.Reads
		stolen := debtorsOf.In(&foreign, other) // the query lies; the database does not believe it
		if err := d.Read(ctx, db.Of(one), &foreign); err != nil || len(stolen.All()) != 0 {
			t.Errorf("row-level security let through %v, %v", stolen.All(), err)
		}
	})
}

func TestTheScopeOfReadsEndsWithThem(t *testing.T) {
	t.Parallel()
	d, ctx := dbtest.Postgres(t), context.Background()
	creditor := addCreditor(t, d, "one")
	addDebtor(t, d, creditor, "mine")
	for range 3 { // on the same connection, as nobody else is here
		var r db.Reads
		debtorsOf.In(&r, creditor)
		if err := d.Read(ctx, db.Of(creditor), &r); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, db.Of(db.NewID()), "SELECT count(*) FROM debtors"); n != 0 {
			t.Fatalf("the scope before let through %d rows", n)
		}
		addDebtor(t, d, creditor, db.NewID().String()) // and the connection can write again
	}
}

func BenchmarkRead(b *testing.B) {
	d, ctx := dbtest.Postgres(b), context.Background()
	creditor := db.NewID()
	b.ReportAllocs()
	for b.Loop() {
		var r db.Reads
		for range 7 {
			debtorsOf.In(&r, creditor)
		}
		if err := d.Read(ctx, db.Of(creditor), &r); err != nil {
			b.Fatal(err)
		}
	}
}
