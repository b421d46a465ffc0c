package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/acuerdo/acuerdo/db/cluster"
)

// BenchCmd measures what the program does against the least that the same work
// can cost, on the same machine in the same run, because only their ratio means
// the same everywhere.
type BenchCmd struct {
	Statement BenchStatementCmd `cmd:"" help:"Requests per second and p99 of the statement page, against a bare server with one query and a page of the same size."`
	Import    BenchImportCmd    `cmd:"" help:"Import of generated invoices, against PostgreSQL's COPY of the same rows."`
}

// benchDatabase is where a measurement works.
type benchDatabase struct {
	Database string `placeholder:"URL" help:"An empty PostgreSQL database that may be thrown away: it is filled and left so. A private server is started when not given."`
}

// with calls fn with the URL of an empty database.
func (b benchDatabase) with(fn func(url string) error) error {
	if b.Database != "" {
		return fn(b.Database)
	}
	server, err := cluster.Start()
	if errors.Is(err, cluster.ErrNone) {
		return usageError{fmt.Errorf("%w here: install one, or give --database postgres://…", err)}
	}
	if err != nil {
		return err
	}
	defer server.Stop()
	admin, err := sql.Open("pgx", server.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = admin.Exec("CREATE DATABASE bench")
	if err := errors.Join(err, admin.Close()); err != nil {
		return err
	}
	return fn(server.URL("bench"))
}

// BenchImportCmd measures the import.
type BenchImportCmd struct {
	benchDatabase
	Rows int `default:"1000000" help:"How many invoices to generate."`
}

// Run prints the figures.
func (cmd *BenchImportCmd) Run(ctx context.Context) error {
	return cmd.with(func(url string) error { return BenchImport(ctx, url, cmd.Rows, os.Stdout) })
}
