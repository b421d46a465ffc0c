package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/demo"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/intake"
	"github.com/acuerdo/acuerdo/money"
)

// ImportCmd is "acuerdo import": it reads a receivables export into a
// creditor's cases, or with --guess proposes the mapping that reads it.
type ImportCmd struct {
	Creditor string `placeholder:"SLUG" help:"Whose receivables these are: the creditor's short name."`
	Mapping  string `placeholder:"FILE" help:"Says which column is what: YAML or JSON, see --guess."`
	AsOf     string `placeholder:"DATE" help:"Read the file as of this day, as 2013-06-30. Today by default."`
	Currency string `placeholder:"CODE" help:"Currency of rows that name none. The creditor's by default."`
	DryRun   bool   `help:"Check everything and say what would change, but change nothing."`
	Guess    bool   `help:"Print a mapping for the file instead of importing it."`
	JSON     bool   `name:"json" help:"Print the result as one line of JSON."`
	Database string `env:"ACUERDO_DATABASE" placeholder:"URL" help:"postgres://user:password@host/name, or sqlite:FILE."`
	File     string `arg:"" placeholder:"FILE.csv" help:"The export, a CSV file with a header."`
}

// Run does it. Bad rows are an error of exit status 1, wrong flags of 2.
func (c *ImportCmd) Run(ctx context.Context, k *kong.Context) error {
	file, err := os.Open(c.File)
	if err != nil {
		return usageError{fmt.Errorf("can't open the file: %w", err)}
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return usageError{fmt.Errorf("%s is a folder, name a CSV file", c.File)}
	}
	if c.Guess {
		return c.guess(ctx, file, k.Stdout)
	}
	q, err := c.request()
	if err != nil {
		return usageError{err}
	}
	d, creditor, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if q.Now, err = nowOf(ctx, d); err != nil {
		return err
	}
	progress, done := showProgress(k.Stderr, file)
	q.Creditor, q.Reader, q.Filename, q.Progress = creditor.ID, file, filepath.Base(c.File), progress
	report, err := intake.Run(ctx, d, q)
	done()
	if err != nil && !errors.Is(err, intake.ErrBadRows) {
		return err
	}
	if c.JSON {
		return errors.Join(json.NewEncoder(k.Stdout).Encode(report), err)
	}
	return errors.Join(c.print(k.Stdout, report), err)
}

// nowOf is the present of a database: the machine's, or the day that a demo has
// got to, so that a file imported into one is read as of the demo's today.
func nowOf(ctx context.Context, d *db.DB) (time.Time, error) {
	day, err := demo.Day(ctx, d)
	if fault.Is(err, fault.NotFound) {
		return clock.System{}.Now(), nil
	}
	return demo.StartOf(day), err
}

// request reads the flags.
func (c *ImportCmd) request() (q intake.Request, err error) {
	if c.Mapping == "" {
		return q, fmt.Errorf("--mapping is missing: it says which column is what; make one with: acuerdo import --guess %s > mapping.yaml", c.File)
	}
	if c.Creditor == "" {
		return q, errors.New("--creditor is missing: name the creditor whose receivables these are")
	}
	if c.Database == "" {
		return q, errors.New("--database is missing, and so is ACUERDO_DATABASE: write for example sqlite:acuerdo.db")
	}
	if c.AsOf != "" {
		if q.AsOf, err = clock.ParseDate(c.AsOf); err != nil {
			return q, fmt.Errorf("--as-of: %w", err)
		}
	}
	if c.Currency != "" {
		if q.Currency, err = money.ParseCurrency(c.Currency); err != nil {
			return q, fmt.Errorf("--currency: %w", err)
		}
	}
	f, err := os.Open(c.Mapping)
	if err != nil {
		return q, fmt.Errorf("--mapping: %w", err)
	}
	defer f.Close()
	if q.Mapping, err = intake.ReadMapping(f); err != nil {
		return q, fmt.Errorf("--mapping %s: %w", c.Mapping, err)
	}
	q.DryRun = c.DryRun
	return q, nil
}

// open opens a database that has this program's schema and finds the creditor.
func (c *ImportCmd) open(ctx context.Context) (*db.DB, cases.Creditor, error) {
	d, err := db.Open(ctx, c.Database)
	if err != nil {
		return nil, cases.Creditor{}, err
	}
	if err := d.Ready(ctx); err != nil {
		return nil, cases.Creditor{}, errors.Join(err, d.Close())
	}
	var all []cases.Creditor
	err = d.View(ctx, db.Everyone("a command names a creditor"), func(tx *db.Tx) (err error) {
		all, err = cases.Creditors(tx)
		return err
	})
	if err != nil {
		return nil, cases.Creditor{}, errors.Join(err, d.Close())
	}
	var slugs []string
	for _, one := range all {
		if one.Slug == c.Creditor {
			return d, one, nil
		}
		slugs = append(slugs, one.Slug)
	}
	known := "there are none yet"
	if len(slugs) > 0 {
		known = "there are " + strings.Join(slugs, ", ")
	}
	return nil, cases.Creditor{}, errors.Join(usageError{fmt.Errorf("there is no creditor %q; %s", c.Creditor, known)}, d.Close())
}

// guess prints a mapping; what is uncertain stands above it as comments. Where
// a creditor is named, dates are read as its country does.
func (c *ImportCmd) guess(ctx context.Context, file io.Reader, out io.Writer) error {
	country := ""
	if c.Creditor != "" && c.Database != "" {
		d, creditor, err := c.open(ctx)
		if err != nil {
			return err
		}
		country = creditor.Country
		if err := d.Close(); err != nil {
			return err
		}
	}
	m, notes, err := intake.GuessFile(file, country)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "# Guessed from %s: check it before the import.\n", filepath.Base(c.File))
	for _, n := range notes {
		fmt.Fprintf(w, "# CHECK: %s\n", n)
	}
	fmt.Fprint(w, m.YAML())
	return w.Flush()
}

// print writes the result for a person: the bad rows, or what came of it.
func (c *ImportCmd) print(out io.Writer, r intake.Report) error {
	w := bufio.NewWriter(out)
	defer w.Flush()
	for _, b := range r.Bad {
		fmt.Fprintln(w, b)
	}
	if r.BadTotal > len(r.Bad) {
		fmt.Fprintf(w, "… and %d bad rows more\n", r.BadTotal-len(r.Bad))
	}
	for _, n := range r.Notes {
		fmt.Fprintln(w, "note:", n)
	}
	if r.BadTotal > 0 {
		fmt.Fprintf(w, "%d of %d rows are bad\n", r.BadTotal, r.Counts.Rows)
		return w.Flush()
	}
	did := "Imported"
	if r.DryRun {
		did = "Dry run, nothing was changed:"
	}
	n := r.Counts
	fmt.Fprintf(w, "%s %d rows as of %s: %d new (%d of them settled already), %d changed, %d settled, %d unchanged, %d not yet issued.\n",
		did, n.Rows, r.AsOf, n.New, n.NewSettled, n.Changed, n.Settled, n.Unchanged, n.NotYetIssued)
	fmt.Fprintf(w, "Customers: %d new, %d changed. Cases: %d new.\n", n.NewCustomers, n.ChangedCustomers, n.NewCases)
	for _, t := range r.Open {
		fmt.Fprintf(w, "Open in the file, in %s: %d invoices of %d customers, %s in total; %d disputed; %d past due with %s.\n",
			t.Currency, t.Invoices, t.Customers, t.Currency.Plain(t.OpenMinor), t.Disputed, t.PastDue, t.Currency.Plain(t.PastDueMinor))
	}
	return w.Flush()
}

// showProgress draws a bar on a terminal, and elsewhere writes a line every
// hundred thousand rows, for logs.
func showProgress(to io.Writer, file *os.File) (show func(intake.Progress), done func()) {
	if f, ok := to.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return func(p intake.Progress) {
			if p.Step == "reading" && p.Rows > 0 && p.Rows%100_000 == 0 {
				fmt.Fprintf(to, "%d rows read\n", p.Rows)
			}
		}, func() {}
	}
	var size int64 = -1
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(to), progressbar.OptionShowBytes(true), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond))
	return func(p intake.Progress) {
		bar.Describe(fmt.Sprintf("%s, %d rows", p.Step, p.Rows))
		if at, err := file.Seek(0, io.SeekCurrent); err == nil {
			_ = bar.Set64(at)
		}
	}, func() { _ = bar.Finish() }
}
