package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/acuerdo/acuerdo/fault"
)

// Scope says whose rows a transaction may touch. PostgreSQL enforces it with
// row-level security; queries still carry the creditor, so both must agree.
type Scope struct{ creditor string }

// Of limits a transaction to one creditor's rows.
func Of(creditor ID) Scope { return Scope{creditor.String()} }

// Everyone opens a transaction to all creditors: sweeps, and look-ups by a
// secret or reference that itself tells whose it is. The reason is for readers.
func Everyone(reason string) Scope {
	if reason == "" {
		panic("db: a transaction over all creditors needs its reason")
	}
	return Scope{"*"}
}

// Tx is an open transaction. It is valid only inside the function it was given to.
type Tx struct {
	*gorm.DB
	kind Kind
	conn *sql.Conn // what the transaction is on, for what gorm can't do
	jobs *river.Client[*sql.Tx]
}

type insideKey struct{}

// View runs fn in a read-only transaction.
func (d *DB) View(ctx context.Context, scope Scope, fn func(*Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: d.kind == Postgres, Isolation: sql.LevelDefault}
	return d.run(ctx, d.read, scope, opts, fn)
}

// Update runs fn in a transaction that commits when fn returns nil. Make no
// network call inside it; enqueue a job instead.
func (d *DB) Update(ctx context.Context, scope Scope, fn func(*Tx) error) error {
	return d.run(ctx, d.write, scope, &sql.TxOptions{}, fn)
}

func mustEnter(ctx context.Context, scope Scope) {
	if ctx.Value(insideKey{}) != nil {
		panic("db: a transaction inside a transaction; pass the *db.Tx instead")
	}
	if scope.creditor == "" {
		panic("db: a transaction without a scope")
	}
}

func (d *DB) run(ctx context.Context, g *gorm.DB, scope Scope, opts *sql.TxOptions, fn func(*Tx) error) error {
	mustEnter(ctx, scope)
	inside := context.WithValue(ctx, insideKey{}, scope.creditor)
	err := g.WithContext(inside).Connection(func(g *gorm.DB) error {
		conn, ok := g.Statement.ConnPool.(*sql.Conn)
		if !ok {
			return fmt.Errorf("db: the connection is a %T", g.Statement.ConnPool)
		}
		return g.Transaction(func(tx *gorm.DB) error {
			if d.kind == Postgres {
				const enter = "SELECT set_config('acuerdo.creditor', $1, true)"
				if _, err := tx.Statement.ConnPool.ExecContext(inside, enter, scope.creditor); err != nil {
					return err
				}
			}
			return fn(&Tx{DB: tx, kind: d.kind, conn: conn, jobs: d.jobs})
		}, opts)
	})
	return translate(err)
}

// translate keeps our own errors and gives the driver's a code.
func translate(err error) error {
	var own *fault.Error
	switch {
	case err == nil, errors.As(err, &own):
		return err
	case errors.Is(err, gorm.ErrRecordNotFound):
		return fault.Wrap(err, fault.NotFound, "not_found")
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return fault.Wrap(err, fault.Conflict, "changed_meanwhile")
	default:
		return err
	}
}

// Kind tells which database the transaction is on.
func (tx *Tx) Kind() Kind { return tx.kind }

// Context is the transaction's context.
func (tx *Tx) Context() context.Context { return tx.Statement.Context }

// ForUpdate locks the rows it reads until the transaction ends. SQLite has one
// writer, so there the whole transaction already is that lock.
func (tx *Tx) ForUpdate() *gorm.DB {
	if tx.kind == Postgres {
		return tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	return tx.DB
}

// JobArgs is a job's kind and, as JSON, its arguments.
type JobArgs interface{ Kind() string }

// Enqueue adds a job that exists if and only if this transaction commits.
func (tx *Tx) Enqueue(args JobArgs) error { return tx.insert(args, nil) }

// EnqueueAt adds a job that starts at an instant of the machine's clock.
func (tx *Tx) EnqueueAt(args JobArgs, at time.Time) error {
	return tx.insert(args, &river.InsertOpts{ScheduledAt: at})
}

func (tx *Tx) insert(args JobArgs, opts *river.InsertOpts) error {
	conn, ok := tx.Statement.ConnPool.(*sql.Tx)
	if !ok {
		return fmt.Errorf("db: the transaction is a %T", tx.Statement.ConnPool)
	}
	_, err := tx.jobs.InsertTx(tx.Context(), conn, args, opts)
	return err
}

// CompareAndSet turns the result of an UPDATE … WHERE id AND state into an
// error unless exactly one row changed.
func CompareAndSet(result *gorm.DB) error {
	if result.Error != nil {
		return result.Error
	}
	if result.RowsAffected != 1 {
		return fault.New(fault.Conflict, "changed_meanwhile")
	}
	return nil
}

// ParseID reads an id from a path or form; rubbish is simply not found.
func ParseID(s string) (ID, error) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		return ID{}, fault.New(fault.NotFound, "not_found")
	}
	return id, nil
}
