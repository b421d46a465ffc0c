package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/acuerdo/acuerdo/fault"
)

// Reads are queries that don't need each other's answers, so that they can go
// to PostgreSQL together: a page whose seven queries travel one by one mostly
// waits. SQLite, which is no journey away, runs them in turn.
//
//	var r db.Reads
//	entries := entriesOfCase.In(&r, creditor, caseID)
//	err := tx.Read(&r)
//	… entries.All()
type Reads struct{ queries []queued }

type queued struct {
	*statement
	args []any
	scan func(rows rows, targets targetsOf) error
}

// Select is a query for rows of T's table. Make it once, when the program
// starts; its columns are T's fields.
type Select[T any] struct{ build func() *statement }

// statement is a query's text and how its columns land in T's fields.
type statement struct {
	table    string
	sqlite   string // with ? for its arguments
	postgres string // with $1, $2
	scoped   bool   // names a creditor
	fields   []field
}

type field struct {
	index []int
	id    bool // db.ID
	json  bool // kept as JSON text
}

// From makes a query of what follows the table's name: "WHERE creditor_id = ? …".
func From[T any](rest string) Select[T] {
	return Select[T]{build: sync.OnceValue(func() *statement {
		s := schemaOf(new(T))
		return newStatement(s, "FROM "+s.Table+" "+rest)
	})}
}

// Join makes a query on several tables of what begins with "FROM". T embeds a
// struct for each, with the table's alias and two underscores as its prefix:
// `gorm:"embedded;embeddedPrefix:k__"` is for the columns of k.
func Join[T any](from string) Select[T] {
	return Select[T]{build: sync.OnceValue(func() *statement { return newStatement(schemaOf(new(T)), from) })}
}

// schemas keeps what gorm knows of each struct.
var schemas sync.Map

func schemaOf(model any) *schema.Schema {
	s, err := schema.Parse(model, &schemas, schema.NamingStrategy{})
	if err != nil {
		panic(fmt.Sprintf("db: %T is no table: %v", model, err))
	}
	return s
}

func newStatement(s *schema.Schema, from string) *statement {
	st := &statement{table: s.Table, scoped: strings.Contains(from, "creditor_id")}
	columns := make([]string, len(s.DBNames))
	for i, name := range s.DBNames {
		f := s.FieldsByDBName[name]
		_, isJSON := f.Serializer.(schema.JSONSerializer)
		st.fields = append(st.fields, field{index: f.StructField.Index, id: f.FieldType == reflect.TypeFor[ID](), json: isJSON})
		columns[i] = strings.Replace(name, "__", ".", 1)
	}
	st.sqlite = "SELECT " + strings.Join(columns, ", ") + " " + from
	for i, part := range strings.Split(st.sqlite, "?") {
		if i > 0 {
			st.postgres += "$" + strconv.Itoa(i)
		}
		st.postgres += part
	}
	return st
}

// Found is what a query found, once its Reads have run.
type Found[T any] struct{ rows []T }

// All is every row, in the query's order.
func (f *Found[T]) All() []T { return f.rows }

// One is the only row, or not found.
func (f *Found[T]) One() (T, error) {
	if len(f.rows) == 0 {
		var none T
		return none, fault.Wrap(gorm.ErrRecordNotFound, fault.NotFound, "not_found")
	}
	return f.rows[0], nil
}

// In adds the query to r.
func (s Select[T]) In(r *Reads, args ...any) *Found[T] {
	found := &Found[T]{}
	r.queries = append(r.queries, queued{s.build(), args, func(rows rows, targets targetsOf) error {
		for rows.Next() {
			var row T
			found.rows = append(found.rows, row)
			if err := rows.Scan(targets(reflect.ValueOf(&found.rows[len(found.rows)-1]).Elem())...); err != nil {
				return err
			}
		}
		return rows.Err()
	}})
	return found
}

// rows is what pgx and database/sql both have.
type rows interface {
	Next() bool
	Scan(into ...any) error
	Err() error
}

// targetsOf gives where a row's columns go, as one of the drivers wants it.
type targetsOf func(row reflect.Value) []any

// targets reuses one slice for all rows of a query.
func (s *statement) targets(byteIDs bool) targetsOf {
	into := make([]any, len(s.fields))
	return func(row reflect.Value) []any {
		for i, f := range s.fields {
			at := row.FieldByIndex(f.index).Addr().Interface()
			switch {
			case f.json:
				at = jsonColumn{at}
			case f.id && byteIDs:
				at = (*[16]byte)(at.(*ID)) // pgx reads bytes directly, and any other type by way of its text
			}
			into[i] = at
		}
		return into
	}
}

type jsonColumn struct{ into any }

// Scan reads JSON text.
func (c jsonColumn) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), c.into)
	case []byte:
		return json.Unmarshal(v, c.into)
	default:
		return fmt.Errorf("db: JSON in a %T", src)
	}
}

// check holds queries to their creditor, as GuardTenants does in tests.
func (r *Reads) check(scope string) {
	for _, q := range r.queries {
		if scope != "*" && !q.scoped && !shared[q.table] {
			panic(fmt.Sprintf("db: a query on %s without its creditor: %s", q.table, q.sqlite))
		}
	}
}

// Read is a View of queries alone: one read-only transaction that is, on
// PostgreSQL, a single round trip.
func (d *DB) Read(ctx context.Context, scope Scope, r *Reads) error {
	if d.kind != Postgres {
		return d.View(ctx, scope, func(tx *Tx) error { return tx.Read(r) })
	}
	mustEnter(ctx, scope)
	r.check(scope.creditor)
	conn, err := d.readConn.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	batch := &pgx.Batch{}
	// Queries sent together are one transaction; this is its scope, and gone with it.
	batch.Queue("SELECT set_config('acuerdo.creditor', $1, true), set_config('transaction_read_only', 'on', true)", scope.creditor)
	return r.send(ctx, conn, batch)
}

// Read runs the queries inside the transaction.
func (tx *Tx) Read(r *Reads) error {
	if scope, ok := tx.Context().Value(insideKey{}).(string); ok {
		r.check(scope)
	}
	if tx.kind == Postgres {
		return r.send(tx.Context(), tx.conn, &pgx.Batch{})
	}
	for _, q := range r.queries {
		if err := q.runOn(tx.Context(), tx.Statement.ConnPool); err != nil {
			return err
		}
	}
	return nil
}

func (q queued) runOn(ctx context.Context, pool gorm.ConnPool) error {
	rows, err := pool.QueryContext(ctx, q.sqlite, q.args...) //nolint:rowserrcheck // scan returns it
	if err != nil {
		return err
	}
	return errors.Join(q.scan(rows, q.targets(false)), rows.Close())
}

// send puts the queries behind what the batch holds already and reads all answers.
func (r *Reads) send(ctx context.Context, conn *sql.Conn, batch *pgx.Batch) error {
	before := batch.Len()
	for _, q := range r.queries {
		args := make([]any, len(q.args))
		for i, a := range q.args {
			args[i] = a
			if id, ok := a.(uuid.UUID); ok {
				args[i] = [16]byte(id)
			}
		}
		batch.Queue(q.postgres, args...)
	}
	return conn.Raw(func(driver any) error {
		pg, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("db: PostgreSQL's driver is a %T", driver)
		}
		answers := pg.Conn().SendBatch(ctx, batch)
		return errors.Join(r.receive(answers, before), answers.Close())
	})
}

func (r *Reads) receive(answers pgx.BatchResults, before int) error {
	for range before {
		if _, err := answers.Exec(); err != nil {
			return err
		}
	}
	for _, q := range r.queries {
		rows, err := answers.Query()
		if err != nil {
			return err
		}
		err = q.scan(rows, q.targets(true))
		rows.Close()
		if err := errors.Join(err, rows.Err()); err != nil {
			return err
		}
	}
	return nil
}
