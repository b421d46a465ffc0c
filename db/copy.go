package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/stdlib"
)

// CopyFunc streams rows in COPY's text format (tab-separated, \N for NULL) into
// columns of a table, inside the transaction it came with, and returns how many.
// PostgreSQL refuses it for a table with row-level security: stage in a
// temporary one.
type CopyFunc func(table, columns string, rows io.Reader) (int64, error)

// ErrNoCopy: SQLite has no COPY.
var ErrNoCopy = errors.New("db: only PostgreSQL has COPY")

// BulkUpdate is Update with PostgreSQL's COPY beside it; on SQLite the CopyFunc
// answers ErrNoCopy.
func (d *DB) BulkUpdate(ctx context.Context, scope Scope, fn func(*Tx, CopyFunc) error) error {
	return d.Update(ctx, scope, func(tx *Tx) error {
		return fn(tx, func(table, columns string, rows io.Reader) (int64, error) {
			if d.kind != Postgres {
				return 0, ErrNoCopy
			}
			return copyOn(tx.Context(), tx.conn, table, columns, rows)
		})
	})
}

func copyOn(ctx context.Context, conn *sql.Conn, table, columns string, rows io.Reader) (n int64, err error) {
	err = conn.Raw(func(driver any) error {
		pg, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("db: PostgreSQL's driver is a %T", driver)
		}
		tag, err := pg.Conn().PgConn().CopyFrom(ctx, rows, "COPY "+table+" ("+columns+") FROM STDIN")
		n = tag.RowsAffected()
		return err
	})
	return n, err
}
