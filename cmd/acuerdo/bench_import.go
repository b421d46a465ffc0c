package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/intake"
)

// benchMapping reads the rows that writeBenchFile makes.
const benchMapping = `
dates: DD/MM/YYYY
numbers: {decimal: ",", group: "."}
delimiter: ";"
columns: {customer_id: Cliente, name: Nombre, email: Correo, postal_code: CP, invoice_number: Factura,
  issued_on: Fecha, due_on: Vencimiento, amount: Importe, disputed: Reclamada, settled_on: Pagada}
`

// BenchImport measures the import of generated invoices on PostgreSQL against a
// floor measured in the same run: COPY of the same rows, invoices and ledger
// entries, into plain tables with the same columns and indexes. Goal: at most 5 times the
// floor for a million rows, at most 250 MB. It migrates the database and leaves
// a creditor with the invoices behind, so give it one of its own.
func BenchImport(ctx context.Context, postgresURL string, rows int, out io.Writer) error {
	path, err := writeBenchFile(rows)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	d, err := db.Open(ctx, postgresURL)
	if err != nil {
		return err
	}
	defer d.Close()
	if d.Kind() != db.Postgres {
		return errors.New("the import is measured on PostgreSQL: give a postgres:// URL")
	}
	if _, err := d.Migrate(ctx); err != nil {
		return err
	}
	c := cases.Creditor{ID: db.NewID(), Name: "Bench", LegalName: "Bench", Country: "ES", Language: "es", TimeZone: "Europe/Madrid",
		Currency: "EUR", KnownFacts: []string{}, CreatedAt: clock.System{}.Now()}
	c.Slug = "bench-" + c.ID.String()
	if err := d.Update(ctx, db.Everyone("benchmark"), func(tx *db.Tx) error { return tx.Create(&c).Error }); err != nil {
		return err
	}
	took, report, err := timeImport(ctx, d, c.ID, path)
	if err != nil {
		return err
	}
	var floor time.Duration
	var each [2]time.Duration
	for i, t := range copiedTables {
		took, copied, err := timeCopy(ctx, d, c.ID, t)
		if err != nil {
			return err
		}
		if copied < int64(rows) || report.Counts.New != int64(rows) {
			return fmt.Errorf("%d rows were generated, %d imported and %d copied to %s", rows, report.Counts.New, copied, t.name)
		}
		each[i], floor = took, floor+took
	}
	_, err = fmt.Fprintf(out, "import of %d invoices: %.1f s, %.0f rows/s\nCOPY of the same rows:  %.1f s (invoices %.1f, their ledger entries %.1f)\n"+
		"ratio:                  %.2f (goal: at most 5); %.2f to the invoices alone\npeak memory:            %d MB (goal: at most 250)\n",
		rows, took.Seconds(), float64(rows)/took.Seconds(), floor.Seconds(), each[0].Seconds(), each[1].Seconds(), took.Seconds()/floor.Seconds(),
		took.Seconds()/each[0].Seconds(), peakMB())
	return err
}

// copiedTable is a table whose rows an import writes.
type copiedTable struct{ name, columns string }

// copiedTables are where nearly all the rows of an import go.
var copiedTables = [2]copiedTable{
	{"invoices", "id, creditor_id, case_id, number, description, issued_on, due_on, amount_minor, currency, disputed, settled_on, created_at"},
	{"ledger_entries", "id, creditor_id, case_id, invoice_id, transaction_id, source, leg, code, debit, credit, amount_minor, currency, effective_on, posted_at"},
}

func timeImport(ctx context.Context, d *db.DB, creditor db.ID, path string) (time.Duration, intake.Report, error) {
	m, err := intake.ReadMapping(strings.NewReader(benchMapping))
	if err != nil {
		return 0, intake.Report{}, err
	}
	file, err := os.Open(path)
	if err != nil {
		return 0, intake.Report{}, err
	}
	defer file.Close()
	progress := func(intake.Progress) {}
	if os.Getenv("ACUERDO_BENCH_STEPS") != "" {
		start, last := time.Now(), ""
		progress = func(p intake.Progress) {
			if p.Step != last || p.Step == "ledger" {
				fmt.Fprintf(os.Stderr, "%6.2f s %s\n", time.Since(start).Seconds(), p.Step)
				last = p.Step
			}
		}
	}
	start := time.Now()
	report, err := intake.Run(ctx, d, intake.Request{Creditor: creditor, Mapping: m, AsOf: clock.MustDate("2025-12-31"), Reader: file,
		Filename: "bench.csv", Now: clock.System{}.Now(), Progress: progress})
	return time.Since(start), report, err
}

// timeCopy copies the rows that were imported, written out beforehand, into a
// table like theirs: same columns, primary key and indexes, but no foreign
// keys and no row-level security.
func timeCopy(ctx context.Context, d *db.DB, creditor db.ID, t copiedTable) (took time.Duration, copied int64, err error) {
	spool, err := os.CreateTemp("", "acuerdo-bench-*.copy")
	if err != nil {
		return 0, 0, err
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	if err := spoolRows(ctx, d, creditor, t, spool); err != nil {
		return 0, 0, err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return 0, 0, err
	}
	err = d.BulkUpdate(ctx, db.Of(creditor), func(tx *db.Tx, copyRows db.CopyFunc) error {
		if err := tx.Exec("DROP TABLE IF EXISTS bench_floor").Error; err != nil {
			return err
		}
		return tx.Exec("CREATE TABLE bench_floor (LIKE " + t.name + " INCLUDING DEFAULTS INCLUDING INDEXES)").Error
	})
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	err = d.BulkUpdate(ctx, db.Of(creditor), func(_ *db.Tx, copyRows db.CopyFunc) error {
		copied, err = copyRows("bench_floor", t.columns, bufio.NewReaderSize(spool, 1<<20))
		return err
	})
	took = time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	return took, copied, d.Update(ctx, db.Of(creditor), func(tx *db.Tx) error { return tx.Exec("DROP TABLE bench_floor").Error })
}

func spoolRows(ctx context.Context, d *db.DB, creditor db.ID, t copiedTable, to io.Writer) error {
	values := make([]string, 0, 16)
	for _, column := range strings.Split(t.columns, ", ") {
		values = append(values, "COALESCE("+column+"::text, '\\N')")
	}
	w := bufio.NewWriterSize(to, 1<<20)
	err := d.View(ctx, db.Of(creditor), func(tx *db.Tx) error {
		rows, err := tx.Raw("SELECT concat_ws(E'\\t', "+strings.Join(values, ", ")+") FROM "+t.name+" WHERE creditor_id = ? ORDER BY id", creditor).Rows()
		if err != nil {
			return err
		}
		defer rows.Close()
		var line string
		for rows.Next() {
			if err := rows.Scan(&line); err != nil {
				return err
			}
			if _, err := w.WriteString(line + "\n"); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	return errors.Join(err, w.Flush())
}

// writeBenchFile makes invoices of two years: twenty to a customer on average,
// one in five settled, one in thirty disputed.
func writeBenchFile(rows int) (path string, err error) {
	f, err := os.CreateTemp("", "acuerdo-bench-*.csv")
	if err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "Cliente;Nombre;Correo;CP;Factura;Fecha;Vencimiento;Importe;Reclamada;Pagada")
	customers := max(1, rows/20)
	first := clock.MustDate("2024-01-01")
	for i := range rows {
		customer := i * 7919 % customers
		issued := first.AddDays(i * 700 / rows)
		due := issued.AddDays(30)
		settled, disputed := "", "N"
		if i%5 == 0 {
			settled = spanish(due.AddDays(i % 20))
		}
		if i%30 == 7 {
			disputed = "S"
		}
		fmt.Fprintf(w, "C-%07d;Cliente número %d;cliente%d@example.com;%05d;F%09d;%s;%s;%d.%03d,%02d;%s;%s\n", customer, customer, customer,
			customer%52999, i, spanish(issued), spanish(due), 1+i%9, i*37%1000, i%100, disputed, settled)
	}
	return f.Name(), errors.Join(w.Flush(), f.Close())
}

func spanish(d clock.Date) string { return fmt.Sprintf("%02d/%02d/%04d", d.Day, d.Month, d.Year) }

// peakMB is the largest resident size of this process so far, 0 where the
// system does not tell.
func peakMB() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kb int
	for _, line := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			_, _ = fmt.Sscan(rest, &kb)
		}
	}
	return kb / 1024
}
