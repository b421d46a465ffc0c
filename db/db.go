// Package db opens SQLite or PostgreSQL and is the one door to data: View and
// Update run a function inside a transaction, and the handle itself has no query
// method, so a write outside a transaction does not compile.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // registers "sqlite", pure Go
)

// Kind is which database is behind the door.
type Kind string

// The two kinds; the same tests run on both.
const (
	SQLite   Kind = "sqlite"
	Postgres Kind = "postgres"
)

// ID identifies a row: a UUIDv7, so that ids made together lie together.
type ID = uuid.UUID

// NewID makes an id that no other replica makes.
func NewID() ID { return uuid.Must(uuid.NewV7()) }

// DB is an open database. Close it when the last transaction has ended.
type DB struct {
	kind      Kind
	url       string
	write     *gorm.DB
	read      *gorm.DB
	writeConn *sql.DB
	readConn  *sql.DB
	jobs      *river.Client[*sql.Tx]
}

// Option changes how a database is opened.
type Option func(*gorm.DB) error

// Open connects to "sqlite:PATH" or "postgres://…" and checks that it answers.
// It does not migrate.
func Open(ctx context.Context, rawURL string, options ...Option) (*DB, error) {
	d := &DB{url: rawURL}
	var err error
	switch {
	case strings.HasPrefix(rawURL, "sqlite:"):
		err = d.openSQLite(strings.TrimPrefix(strings.TrimPrefix(rawURL, "sqlite:"), "//"))
	case strings.HasPrefix(rawURL, "postgres://"), strings.HasPrefix(rawURL, "postgresql://"):
		err = d.openPostgres(rawURL)
	default:
		return nil, fmt.Errorf("the database URL must start with sqlite: or postgres://, for example sqlite:acuerdo.db or postgres://acuerdo@localhost/acuerdo")
	}
	if err != nil {
		return nil, err
	}
	for _, g := range []*gorm.DB{d.write, d.read} {
		for _, option := range options {
			if err := option(g); err != nil {
				return nil, errors.Join(err, d.Close())
			}
		}
	}
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the database does not answer: %w", err), d.Close())
	}
	d.jobs, err = river.NewClient(d.riverDriver(), &river.Config{})
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func gormConfig() *gorm.Config {
	return &gorm.Config{
		Logger:                 logger.Discard, // errors are returned; values must never reach a log
		SkipDefaultTransaction: true,           // View and Update are the transactions
		TranslateError:         true,
		NowFunc:                func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) },
	}
}

// openSQLite keeps one writer connection, because SQLite has one writer, and
// readers that can't write.
func (d *DB) openSQLite(path string) error {
	d.kind = SQLite
	if path == "" || path == ":memory:" {
		return errors.New("SQLite needs a file: sqlite:acuerdo.db")
	}
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("can't use the folder of the database: %w", err)
		}
	}
	dsn := func(extra string) string {
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_time_format=sqlite&_pragma=busy_timeout(15000)" +
			"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)" + extra
	}
	var err error
	if d.writeConn, err = sql.Open("sqlite", dsn("&_txlock=immediate")); err != nil {
		return err
	}
	d.writeConn.SetMaxOpenConns(1)
	if d.readConn, err = sql.Open("sqlite", dsn("&_pragma=query_only(ON)")); err != nil {
		return err
	}
	d.readConn.SetMaxOpenConns(8)
	dialect := func(conn *sql.DB) gorm.Dialector {
		return sqlite.New(sqlite.Config{DriverName: "sqlite", Conn: conn})
	}
	if d.write, err = gorm.Open(dialect(d.writeConn), gormConfig()); err != nil {
		return sqliteOpenError(path, err)
	}
	d.read, err = gorm.Open(dialect(d.readConn), gormConfig())
	return sqliteOpenError(path, err)
}

func sqliteOpenError(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("can't open the SQLite file %s, check that its folder exists and can be written: %w", path, err)
}

func (d *DB) openPostgres(rawURL string) error {
	d.kind = Postgres
	conn, err := sql.Open("pgx", rawURL)
	if err != nil {
		return fmt.Errorf("the PostgreSQL URL can't be read: %w", err)
	}
	conn.SetMaxOpenConns(24)
	conn.SetMaxIdleConns(24)
	conn.SetConnMaxIdleTime(5 * time.Minute)
	d.writeConn, d.readConn = conn, conn
	if d.write, err = gorm.Open(postgres.New(postgres.Config{Conn: conn}), gormConfig()); err != nil {
		return fmt.Errorf("can't connect to PostgreSQL: %w", err)
	}
	d.read = d.write
	return nil
}

func (d *DB) riverDriver() riverdriver.Driver[*sql.Tx] {
	if d.kind == SQLite {
		return riversqlite.New(d.writeConn)
	}
	return riverdatabasesql.New(d.writeConn)
}

// River makes a job client on this database; only the jobs room starts one.
func (d *DB) River(config *river.Config) (*river.Client[*sql.Tx], error) {
	return river.NewClient(d.riverDriver(), config)
}

// Kind tells which database it is.
func (d *DB) Kind() Kind { return d.kind }

// URL is what it was opened with.
func (d *DB) URL() string { return d.url }

// Ping checks that the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.readConn.PingContext(ctx) }

// Close closes every connection.
func (d *DB) Close() error {
	var errs []error
	if d.readConn != nil && d.readConn != d.writeConn {
		errs = append(errs, d.readConn.Close())
	}
	if d.writeConn != nil {
		errs = append(errs, d.writeConn.Close())
	}
	return errors.Join(errs...)
}
