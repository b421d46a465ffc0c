package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationsFor keeps the files both databases share and those of one kind:
// 0002_name.postgres.sql is PostgreSQL's only.
func migrationsFor(kind Kind) (fs.FS, error) {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	chosen := fstest.MapFS{}
	for _, e := range entries {
		base := strings.TrimSuffix(e.Name(), ".sql")
		name, only, paired := strings.Cut(base, ".")
		if paired && only != string(kind) {
			continue
		}
		data, err := migrations.ReadFile("migrations/" + e.Name())
		if err != nil {
			return nil, err
		}
		chosen[name+".sql"] = &fstest.MapFile{Data: data, Mode: 0o444}
	}
	return chosen, nil
}

func (d *DB) migrator() (*goose.Provider, error) {
	files, err := migrationsFor(d.kind)
	if err != nil {
		return nil, err
	}
	if d.kind == SQLite {
		return goose.NewProvider(goose.DialectSQLite3, d.writeConn, files)
	}
	locker, err := lock.NewPostgresSessionLocker() // two replicas may start at once
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, d.writeConn, files, goose.WithSessionLocker(locker))
}

// Migrate brings the schema to this binary's version, forwards only, and
// returns how many steps it took.
func (d *DB) Migrate(ctx context.Context) (int, error) {
	p, err := d.migrator()
	if err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrating the schema: %w", err)
	}
	jobs, err := rivermigrate.New(d.riverDriver(), nil)
	if err != nil {
		return 0, err
	}
	res, err := jobs.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return 0, fmt.Errorf("migrating the job tables: %w", err)
	}
	return len(done) + len(res.Versions), nil
}

// Ready answers nil when the database answers and has this binary's schema.
func (d *DB) Ready(ctx context.Context) error {
	if err := d.Ping(ctx); err != nil {
		return err
	}
	p, err := d.migrator()
	if err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return err
	}
	if pending {
		return errors.New("the schema is older than this program, run: acuerdo migrate")
	}
	return nil
}
