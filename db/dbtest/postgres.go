package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acuerdo/acuerdo/db"
)

// cluster is a private PostgreSQL server, or the one ACUERDO_TEST_POSTGRES names.
type cluster struct {
	base     *url.URL
	template string
	stop     func()
}

var (
	startOnce sync.Once
	server    *cluster
	startErr  error
)

var errNoPostgres = errors.New("no PostgreSQL: install its server, or set ACUERDO_TEST_POSTGRES to a server's URL")

// Main runs a package's tests and then stops the server they started:
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
func Main(m *testing.M) {
	code := m.Run()
	if server != nil && server.stop != nil {
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
	if errors.Is(startErr, errNoPostgres) {
		Missing(t, "postgres", startErr.Error())
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

func (c *cluster) urlOf(name string) string {
	u := *c.base
	u.Path = "/" + name
	return u.String()
}

// createLock: PostgreSQL copies a template only while nobody else does.
var createLock sync.Mutex

func (c *cluster) admin(statement string) error {
	createLock.Lock()
	defer createLock.Unlock()
	conn, err := sql.Open("pgx", c.urlOf("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Exec(statement)
	return err
}

func start() (*cluster, error) {
	c := &cluster{template: "acuerdo_template_" + uuid.NewString()[:8]}
	if given := os.Getenv("ACUERDO_TEST_POSTGRES"); given != "" {
		base, err := url.Parse(given)
		if err != nil {
			return nil, fmt.Errorf("ACUERDO_TEST_POSTGRES: %w", err)
		}
		c.base = base
		c.stop = func() { _ = c.admin("DROP DATABASE IF EXISTS \"" + c.template + "\" WITH (FORCE)") }
	} else if err := c.startPrivate(); err != nil {
		return nil, err
	}
	if err := c.admin("CREATE DATABASE \"" + c.template + "\""); err != nil {
		return nil, err
	}
	d, err := db.Open(context.Background(), c.urlOf(c.template))
	if err != nil {
		return nil, err
	}
	_, err = d.Migrate(context.Background())
	return c, errors.Join(err, d.Close())
}

// startPrivate makes a cluster in a temporary folder, reached by its socket
// only. PostgreSQL refuses to run as root, so root hands it to another user.
func (c *cluster) startPrivate() error {
	bin, err := serverBinaries()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("/tmp", "acuerdo-pg-")
	if err != nil {
		return err
	}
	attr := &syscall.SysProcAttr{}
	if os.Geteuid() == 0 {
		uid, gid, err := unprivileged()
		if err != nil {
			return err
		}
		attr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	// The tests' role is no superuser, or row-level security would not bind it.
	run := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=400",
		"-c", "timezone=UTC", "-c", "shared_buffers=64MB")
	run.SysProcAttr = &syscall.SysProcAttr{Credential: attr.Credential, Pdeathsig: syscall.SIGQUIT}
	run.Dir = dir
	if err := startBound(run); err != nil {
		return err
	}
	c.stop = func() {
		_ = run.Process.Signal(syscall.SIGQUIT)
		_ = run.Wait()
		_ = os.RemoveAll(dir)
	}
	super := &url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: "host=" + url.QueryEscape(dir)}
	if err := prepareRole(super.String()); err != nil {
		c.stop()
		return err
	}
	c.base = &url.URL{Scheme: "postgres", User: url.User("acuerdo"), RawQuery: super.RawQuery}
	return nil
}

// startBound starts the server from a thread that lives as long as the process,
// because the kernel ends it with the thread that started it.
func startBound(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		started <- cmd.Start()
		select {}
	}()
	return <-started
}

func prepareRole(superURL string) error {
	conn, err := sql.Open("pgx", superURL)
	if err != nil {
		return err
	}
	defer conn.Close()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for err = conn.Ping(); err != nil; err = conn.Ping() {
		if time.Now().After(deadline) {
			return fmt.Errorf("the private PostgreSQL does not answer: %w", err)
		}
		<-tick.C
	}
	_, err = conn.Exec("CREATE ROLE acuerdo LOGIN CREATEDB")
	return err
}

func serverBinaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", errNoPostgres
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func unprivileged() (uid, gid uint32, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, lookupErr := user.Lookup(name)
		if lookupErr != nil {
			err = lookupErr
			continue
		}
		id, _ := strconv.ParseUint(u.Uid, 10, 32)
		group, _ := strconv.ParseUint(u.Gid, 10, 32)
		return uint32(id), uint32(group), nil
	}
	return 0, 0, err
}
