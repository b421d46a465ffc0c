package intake_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/intake"
)

// The test binary starts itself again as the process that is killed.
const (
	childEnv      = "ACUERDO_INTAKE_CHILD" // the database's URL
	childCreditor = "ACUERDO_INTAKE_CREDITOR"
	childStep     = "ACUERDO_INTAKE_STEP" // where to stand still: a step, or rows read
)

const killRows = 12_000

// killFile has every sort of row: open, settled, disputed, and customers told again and again.
func killFile() string {
	var b strings.Builder
	b.WriteString("customer_id,invoice_number,issued_on,due_on,amount,name,disputed,settled_on\n")
	for i := range killRows {
		settled := ""
		if i%3 == 0 {
			settled = "2013-03-01"
		}
		fmt.Fprintf(&b, "C%d,N%d,2013-01-%02d,2013-02-15,%d.50,Name %d,%t,%s\n", i%700, i, 1+i%28, 1+i%90, i%700, i%7 == 0, settled)
	}
	return b.String()
}

func killRequest(creditor db.ID) intake.Request {
	m, err := intake.ReadMapping(strings.NewReader(plain("name", "disputed", "settled_on")))
	if err != nil {
		panic(err)
	}
	return intake.Request{Creditor: creditor, Mapping: m, AsOf: clock.MustDate("2013-06-30"), Reader: strings.NewReader(killFile()),
		Filename: "kill.csv", Now: now}
}

// importAsChild imports until its step is reached, says so, and then waits to be killed.
func importAsChild() {
	ctx := context.Background()
	d, err := db.Open(ctx, os.Getenv(childEnv))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	creditor, err := db.ParseID(os.Getenv(childCreditor))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	q := killRequest(creditor)
	q.Progress = func(p intake.Progress) {
		if at := os.Getenv(childStep); p.Step == at || p.Step == "reading" && fmt.Sprint(p.Rows) == at {
			fmt.Println("reached")
			select {}
		}
	}
	_, err = intake.Run(ctx, d, q)
	fmt.Println("ran to its end:", err)
	os.Exit(1)
}

// killedAt runs an import in a process of its own and kills it at a step.
func killedAt(t *testing.T, url string, creditor db.ID, step string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+url, childCreditor+"="+creditor.String(), childStep+"="+step)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said, err := bufio.NewReader(out).ReadString('\n')
	if said != "reached\n" {
		t.Errorf("the import said %q, %v", said, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	_ = child.Wait()
}

func TestAKilledImportLeavesNothingAndCanBeRunAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, undisturbed := setup(t, d), setup(t, d)
		earlier := file("name", "C0,N0,2013-01-01,2013-02-15,1.50,Old name", "X,X1,2013-01-01,2013-02-01,5.00,X")
		b.mustImport(plain("name"), earlier, "2013-01-31")
		undisturbed.mustImport(plain("name"), earlier, "2013-01-31")
		before := books(t, d, b.creditor)
		for _, step := range []string{"1000", "9000", "checking", "customers", "cases", "invoices", "ledger", "finishing"} {
			killedAt(t, d.URL(), b.creditor, step)
			if diff := cmp.Diff(before, books(t, d, b.creditor)); diff != "" {
				t.Fatalf("killed at %s, the books changed:\n%s", step, diff)
			}
			if n := b.one("SELECT COUNT(*) FROM import_runs WHERE creditor_id = @creditor"); n != "1" {
				t.Fatalf("killed at %s, %s runs are on record", step, n)
			}
		}
		for _, creditor := range []db.ID{b.creditor, undisturbed.creditor} {
			if _, err := intake.Run(context.Background(), d, killRequest(creditor)); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(books(t, d, undisturbed.creditor), books(t, d, b.creditor)); diff != "" {
			t.Errorf("after eight kills the books differ from those of an undisturbed import:\n%s", diff)
		}
		if n := b.one("SELECT COUNT(*), SUM(amount_minor) FROM invoices WHERE creditor_id = @creditor"); n != killTotals() {
			t.Errorf("got %s, want %s", n, killTotals())
		}
	})
}

// killTotals is the count and sum of invoices, by plain arithmetic.
func killTotals() string {
	sum := int64(500) // X1
	for i := range int64(killRows) {
		sum += (1+i%90)*100 + 50
	}
	return fmt.Sprint(killRows+1, " | ", sum)
}

func TestACancelledImportLeavesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		for _, step := range []string{"reading", "ledger"} {
			ctx, cancel := context.WithCancel(context.Background())
			q := killRequest(b.creditor)
			q.Progress = func(p intake.Progress) {
				if p.Step == step {
					cancel()
				}
			}
			if _, err := intake.Run(ctx, d, q); err == nil {
				t.Errorf("cancelled at %s, it did not stop", step)
			}
			cancel()
			if left := books(t, d, b.creditor); len(left) != 0 {
				t.Errorf("cancelled at %s, it left %d lines", step, len(left))
			}
		}
	})
}
