package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/db/dbtest"
)

// ACUERDO_BENCH_LEG=5s measures, and can be profiled; the default only shows that it works.
func TestTheStatementsBenchmarkTellsItsRatio(t *testing.T) {
	cmd := BenchStatementCmd{Cases: 20, Debtors: 10, Connections: 2, Leg: 100 * time.Millisecond, Rounds: 1}
	if leg, err := time.ParseDuration(os.Getenv("ACUERDO_BENCH_LEG")); err == nil {
		cmd = BenchStatementCmd{Cases: 2000, Debtors: 500, Connections: 16, Leg: leg, Rounds: 2}
	}
	var out bytes.Buffer
	if err := cmd.measure(context.Background(), dbtest.PostgresURL(t), &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "ratio:") {
		t.Error(out.String())
	}
	t.Log("\n" + out.String())
}

// BenchmarkStatementPage is the page without the network: profile this one.
func BenchmarkStatementPage(b *testing.B) {
	d := dbtest.Postgres(b)
	seed, err := seedBench(context.Background(), d, 200, 200)
	if err != nil {
		b.Fatal(err)
	}
	a, err := buildForBench(d, "http://127.0.0.1")
	if err != nil {
		b.Fatal(err)
	}
	requests := make([]*http.Request, len(seed.sessions))
	for i, s := range seed.sessions {
		token, err := a.access.Token(s)
		if err != nil {
			b.Fatal(err)
		}
		requests[i] = httptest.NewRequest(http.MethodGet, "/portal/statement", nil)
		requests[i].AddCookie(&http.Cookie{Name: "acuerdo", Value: token})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w := httptest.NewRecorder()
		a.engine.ServeHTTP(w, requests[i%len(requests)])
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body.String())
		}
	}
}
