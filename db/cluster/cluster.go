// Package cluster starts a private, throw-away PostgreSQL server, for tests and
// measurements on a machine that has its binaries. Nothing in it outlives the
// process, and it gives up safety against power cuts for speed: never keep data
// in it.
package cluster

import (
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
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
)

// ErrNone: this machine has no PostgreSQL server to start.
var ErrNone = errors.New("no PostgreSQL server is installed")

// Server is a running private PostgreSQL. Stop it.
type Server struct {
	dir  string
	base *url.URL
	cmd  *exec.Cmd
}

// Start makes a cluster in a temporary folder, reached by its socket only.
// PostgreSQL refuses to run as root, so root hands it to another user.
func Start() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "acuerdo-pg-") // the path of a socket must be short
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	if err := s.start(bin); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(bin string) error {
	uid, gid := -1, -1
	if os.Geteuid() == 0 {
		var err error
		if uid, gid, err = unprivileged(); err != nil {
			return err
		}
		if err := os.Chown(s.dir, uid, gid); err != nil {
			return err
		}
	}
	data := filepath.Join(s.dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = as(uid, gid), s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	run := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", s.dir, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=400",
		"-c", "timezone=UTC", "-c", "shared_buffers=512MB", "-c", "max_wal_size=8GB", "-c", "checkpoint_timeout=1h")
	run.SysProcAttr, run.Dir = endWithParent(as(uid, gid)), s.dir
	if err := startBound(run); err != nil {
		return err
	}
	s.cmd = run
	super := &url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: "host=" + url.QueryEscape(s.dir)}
	// The role is no superuser, or row-level security would not bind it.
	if err := whenUp(super.String(), "CREATE ROLE acuerdo LOGIN CREATEDB"); err != nil {
		return err
	}
	s.base = &url.URL{Scheme: "postgres", User: url.User("acuerdo"), RawQuery: super.RawQuery}
	return nil
}

// URL of one of its databases, as an ordinary role that may create others.
// "postgres" always exists.
func (s *Server) URL(database string) string {
	u := *s.base
	u.Path = "/" + database
	return u.String()
}

// Stop ends the server and deletes all that was in it.
func (s *Server) Stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		_ = s.cmd.Wait()
	}
	_ = os.RemoveAll(s.dir)
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

func whenUp(superURL, statement string) error {
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
	_, err = conn.Exec(statement)
	return err
}

func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", ErrNone
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func unprivileged() (uid, gid int, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, lookupErr := user.Lookup(name)
		if lookupErr != nil {
			err = lookupErr
			continue
		}
		uid, _ = strconv.Atoi(u.Uid)
		gid, _ = strconv.Atoi(u.Gid)
		return uid, gid, nil
	}
	return 0, 0, err
}
