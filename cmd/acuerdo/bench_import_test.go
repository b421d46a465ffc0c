package main

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/acuerdo/acuerdo/db/dbtest"
)

// ACUERDO_BENCH_ROWS=1000000 measures; the default only shows that it works.
func TestTheImportsBenchmarkTellsItsRatio(t *testing.T) {
	rows := 2000
	if n, err := strconv.Atoi(os.Getenv("ACUERDO_BENCH_ROWS")); err == nil {
		rows = n
	}
	var out bytes.Buffer
	if err := BenchImport(context.Background(), dbtest.PostgresURL(t), rows, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "ratio:") {
		t.Error(out.String())
	}
	t.Log("\n" + out.String())
}
