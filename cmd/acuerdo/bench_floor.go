package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/acuerdo/acuerdo/db"
)

// floorRow is a row of the floor's page, written out without any locale.
type floorRow struct{ number, description, due, amount string }

// benchFloor is the least that a page of rows can cost with these libraries:
// gin, one indexed query of 20 rows by pgx, and templ, for a page of the same
// size. It knows no session, no tenant, no transaction and no language.
func benchFloor(ctx context.Context, url string, seed benchSeed, size int) (*loadTarget, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 24 // as many as the program has
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, pool.Close)
	filler, err := fillerFor(ctx, pool, seed.sessions[0].CaseID, size)
	if err != nil {
		return nil, err
	}
	e := gin.New()
	e.GET("/floor/:id", func(c *gin.Context) {
		html, err := floorHTML(c.Request.Context(), pool, c.Param("id"), filler)
		if err != nil {
			c.String(http.StatusInternalServerError, "%v", err)
			return
		}
		c.Data(http.StatusOK, "text/html; charset=utf-8", html)
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &loadTarget{addr: ln.Addr().String()}
	for _, s := range seed.sessions {
		t.requests = append(t.requests, rawGet("/floor/"+s.CaseID.String(), ""))
	}
	go serveFloor(ctx, ln, e)
	return t, nil
}

func floorHTML(ctx context.Context, pool *pgxpool.Pool, caseID, filler string) ([]byte, error) {
	rows, err := pool.Query(ctx, "SELECT number, description, due_on, amount_minor FROM bench_rows WHERE case_id = $1 ORDER BY due_on, number", caseID)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r floorRow, err error) {
		var due time.Time
		var minor int64
		err = row.Scan(&r.number, &r.description, &due, &minor)
		r.due, r.amount = due.Format(time.DateOnly), strconv.FormatInt(minor, 10)
		return r, err
	})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(16 << 10)
	err = floorPage(list, filler).Render(ctx, &b)
	return b.Bytes(), err
}

// fillerFor is what each row of a case lacks for the page to have a size.
func fillerFor(ctx context.Context, pool *pgxpool.Pool, caseID db.ID, size int) (string, error) {
	bare, err := floorHTML(ctx, pool, caseID.String(), "")
	if err != nil {
		return "", err
	}
	if len(bare) > size {
		return "", fmt.Errorf("the floor's page has %d bytes, the program's %d", len(bare), size)
	}
	return strings.Repeat("x", (size-len(bare))/benchRows), nil
}
