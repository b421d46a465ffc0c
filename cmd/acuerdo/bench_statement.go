package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/web"
)

// BenchStatementCmd measures the page that debtors look at most.
type BenchStatementCmd struct {
	benchDatabase
	Cases       int           `default:"10000" help:"How many cases to generate, each of one debtor."`
	Debtors     int           `default:"1000" help:"How many debtors are looking at their statements."`
	Connections int           `default:"16" help:"How many requests are under way at once."`
	Leg         time.Duration `default:"10s" help:"How long each leg takes; legs of program and floor take turns."`
	Rounds      int           `default:"3" help:"How many legs each of the two has, after one to warm up."`
}

// Run prints the figures.
func (cmd *BenchStatementCmd) Run(ctx context.Context) error {
	return cmd.with(func(url string) error { return cmd.measure(ctx, url, os.Stdout) })
}

func (cmd *BenchStatementCmd) measure(ctx context.Context, url string, out io.Writer) error {
	d, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	defer d.Close()
	if d.Kind() != db.Postgres {
		return errors.New("the statement is measured on PostgreSQL: give a postgres:// URL")
	}
	seed, err := seedBench(ctx, d, cmd.Cases, cmd.Debtors)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	program, err := benchProgram(ctx, d, seed)
	if err != nil {
		return err
	}
	size, err := program.pageSize()
	if err != nil {
		return err
	}
	floor, err := benchFloor(ctx, url, seed, size)
	if err != nil {
		return err
	}
	floorSize, err := floor.pageSize()
	if err != nil {
		return err
	}
	var took [2][]time.Duration // program, floor
	for round := range cmd.Rounds + 1 {
		for i, target := range []*loadTarget{program, floor} {
			leg, err := target.load(ctx, cmd.Connections, cmd.Leg)
			if err != nil {
				return err
			}
			if round > 0 { // the first only warms up
				took[i] = append(took[i], leg...)
			}
		}
	}
	each := cmd.Leg * time.Duration(cmd.Rounds)
	p, f := summarise(took[0], each), summarise(took[1], each)
	_, err = fmt.Fprintf(out, "%d cases, %d debtors, %d connections, %d legs of %s each, in turn\n"+
		"statement: %s, page of %d bytes\nfloor:     %s, page of %d bytes\n"+
		"ratio:     %.2f of the floor's requests per second (goal: at least 0.5), %.2f times its p99\n",
		cmd.Cases, cmd.Debtors, cmd.Connections, cmd.Rounds, cmd.Leg, p, size, f, floorSize, p.perSecond/f.perSecond, float64(p.p99)/float64(f.p99))
	return err
}

// benchProgram is the program as serve runs it, without its jobs: they would
// remind every debtor meanwhile.
func benchProgram(ctx context.Context, d *db.DB, seed benchSeed) (*loadTarget, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a, err := buildForBench(d, "http://"+ln.Addr().String())
	if err != nil {
		return nil, err
	}
	t := &loadTarget{addr: ln.Addr().String()}
	for _, s := range seed.sessions {
		token, err := a.access.Token(s)
		if err != nil {
			return nil, err
		}
		t.requests = append(t.requests, rawGet("/portal/statement", "acuerdo="+token))
	}
	go func() { _ = web.Serve(ctx, ln, a.engine, a.draining, time.Second) }()
	return t, nil
}

// buildForBench puts the program together with settings that are never used to reach anybody.
func buildForBench(d *db.DB, publicURL string) (*app, error) {
	s := Settings{PublicURL: publicURL, Secret: strings.Repeat("bench ", 8), StripeKey: "sk_test_bench", StripeWebhookSecret: "whsec_bench", Workers: 1}
	return build(s, parts{db: d, clock: clock.System{}, accessClock: clock.System{}, log: newLogger("info")})
}

// rawGet is a request as it goes over the wire, made once.
func rawGet(path, cookie string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n", path)
	if cookie != "" {
		fmt.Fprintf(&b, "Cookie: %s\r\n", cookie)
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}

// serveFloor answers until ctx ends.
func serveFloor(ctx context.Context, ln net.Listener, handler http.Handler) {
	s := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	_ = s.Serve(ln)
}
