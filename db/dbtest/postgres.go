package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/cluster"
)

// postgres is a private server, or the one ACUERDO_TEST_POSTGRES names.
type postgres struct {
	urlOf    func(database string) string
	template string
	stop     func()
}

var (
	startOnce sync.Once
	server    *postgres
	startErr  error
)

// Main runs a package's tests and then stops the server they started:
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
func Main(m *testing.M) {
	code := m.Run()
	if server != nil {
		server.stop()
	}
	os.Exit(code)
}

// Postgres is a fresh database on the process's private server.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	return open(t, PostgresURL(t))
}

// PostgresURL is the URL of a fresh, migrated database, for tests that start the program itself.
func PostgresURL(t testing.TB) string {
	t.Helper()
	startOnce.Do(func() { server, startErr = start() })
	if errors.Is(startErr, cluster.ErrNone) {
		Missing(t, "postgres", startErr.Error()+": install one, or set ACUERDO_TEST_POSTGRES to a server's URL")
	}
	if startErr != nil {
		t.Fatal(startErr)
	}
	name := "t" + uuid.NewString()[:18]
	if err := server.admin("CREATE DATABASE \"" + name + "\" TEMPLATE \"" + server.template + "\""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.admin("DROP DATABASE IF EXISTS \"" + name + "\" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return server.urlOf(name)
}

// createLock: PostgreSQL copies a template only while nobody else does.
var createLock sync.Mutex

func (p *postgres) admin(statement string) error {
	createLock.Lock()
	defer createLock.Unlock()
	conn, err := sql.Open("pgx", p.urlOf("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Exec(statement)
	return err
}

func start() (*postgres, error) {
	p := &postgres{template: "acuerdo_template_" + uuid.NewString()[:8]}
	if given := os.Getenv("ACUERDO_TEST_POSTGRES"); given != "" {
		base, err := url.Parse(given)
		if err != nil {
			return nil, fmt.Errorf("ACUERDO_TEST_POSTGRES: %w", err)
		}
		p.urlOf = func(database string) string {
			u := *base
			u.Path = "/" + database
			return u.String()
		}
		p.stop = func() { _ = p.admin("DROP DATABASE IF EXISTS \"" + p.template + "\" WITH (FORCE)") }
	} else {
		private, err := cluster.Start()
		if err != nil {
			return nil, err
		}
		p.urlOf, p.stop = private.URL, private.Stop
	}
	if err := p.makeTemplate(); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *postgres) makeTemplate() error {
	if err := p.admin("CREATE DATABASE \"" + p.template + "\""); err != nil {
		return err
	}
	d, err := db.Open(context.Background(), p.urlOf(p.template))
	if err != nil {
		return err
	}
	_, err = d.Migrate(context.Background())
	return errors.Join(err, d.Close())
}
