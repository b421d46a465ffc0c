package intake

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/money"
)

// Request is one import. Mapping and Reader are needed; AsOf is today at the
// creditor's without one, Currency is of rows that name none.
type Request struct {
	Creditor db.ID
	Mapping  Mapping
	AsOf     clock.Date
	Currency money.Currency
	DryRun   bool // do everything, then change nothing
	Reader   io.Reader
	Filename string
	Now      time.Time
	Progress func(Progress) // called every thousand rows and at each step; may be nil
}

// Progress is how far an import has come.
type Progress struct {
	Step string // reading, checking, customers, cases, invoices, ledger, finishing
	Rows int    // read so far
}

// Counts is what came of an import, in invoices unless it says otherwise. New,
// Changed, Settled and Unchanged exclude each other, but for an invoice that
// changed and was settled: it counts as both.
type Counts struct {
	Rows             int64 `json:"rows"`
	New              int64 `json:"new"`
	NewSettled       int64 `json:"new_settled"` // of the new: already settled, kept as history
	Changed          int64 `json:"changed"`
	Settled          int64 `json:"settled"` // were open, and are settled now
	Unchanged        int64 `json:"unchanged"`
	NotYetIssued     int64 `json:"not_yet_issued"` // after as of: not imported
	NewCustomers     int64 `json:"new_customers"`
	ChangedCustomers int64 `json:"changed_customers"`
	NewCases         int64 `json:"new_cases"`
}

// Totals is what the file says is open in one currency, as of the date. An
// invoice is past due when it was due before that date.
type Totals struct {
	Currency     money.Currency `json:"currency"`
	Invoices     int64          `json:"open_invoices"`
	Customers    int64          `json:"customers"`
	OpenMinor    int64          `json:"open_minor"`
	Disputed     int64          `json:"disputed"`
	PastDue      int64          `json:"past_due"`
	PastDueMinor int64          `json:"past_due_minor"`
}

// Report is what an import did, or with bad rows, why it did nothing.
type Report struct {
	AsOf     clock.Date `json:"as_of"`
	DryRun   bool       `json:"dry_run"`
	Counts   Counts     `json:"counts"`
	Open     []Totals   `json:"open"`
	Bad      []BadRow   `json:"bad"`       // the first MaxBadListed by line
	BadTotal int        `json:"bad_total"` // all of them
	Notes    []string   `json:"notes"`     // what was guessed or passed over
}

// MaxBadListed is how many bad rows a report lists; the rest are counted.
const MaxBadListed = 1000

// ErrBadRows: the report lists them, and nothing changed.
var ErrBadRows = errors.New("the file has bad rows, nothing was imported")

var errDryRun = errors.New("dry run")

// Run imports a file in one transaction: all of it or nothing. Rows are matched
// by creditor and invoice number, so running it again changes nothing that
// didn't change; an empty cell says nothing and never erases. The error is
// ErrBadRows, a *FileError, a *MappingError, or the database's.
func Run(ctx context.Context, d *db.DB, q Request) (Report, error) {
	if err := q.Mapping.Check(); err != nil {
		return Report{}, err
	}
	src, err := openSource(q.Reader, q.Mapping)
	if err != nil {
		return Report{}, err
	}
	if q.Progress == nil {
		q.Progress = func(Progress) {}
	}
	q.Now = q.Now.UTC().Truncate(time.Microsecond)
	run := &run{q: q, src: src}
	run.report = Report{DryRun: q.DryRun, Open: []Totals{}, Bad: []BadRow{}, Notes: []string{}}
	err = d.BulkUpdate(ctx, db.Of(q.Creditor), func(tx *db.Tx, copyRows db.CopyFunc) error {
		run.tx, run.copyRows, run.dialect = tx, copyRows, dialect{tx.Kind()}
		return run.all()
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return run.report, err
}

// run is an import under way, inside its transaction.
type run struct {
	q        Request
	src      *source
	tx       *db.Tx
	copyRows db.CopyFunc
	dialect  dialect
	creditor cases.Creditor
	parser   *parser
	report   Report
}

func (r *run) all() error {
	if err := r.prepare(); err != nil {
		return err
	}
	if err := r.stage(); err != nil {
		return err
	}
	r.step("checking")
	if err := r.check(); err != nil {
		return err
	}
	if err := r.apply(); err != nil {
		return err
	}
	r.step("finishing")
	if err := r.finish(); err != nil {
		return err
	}
	if r.q.DryRun {
		return errDryRun
	}
	return nil
}

func (r *run) step(name string) { r.q.Progress(Progress{Step: name, Rows: int(r.report.Counts.Rows)}) }

// prepare reads whose import it is and refuses a date before the last one:
// entries are append-only, so the books can't be taken back to an earlier day.
func (r *run) prepare() (err error) {
	if r.creditor, err = cases.GetCreditor(r.tx, r.q.Creditor); err != nil {
		return err
	}
	if r.q.AsOf.IsZero() {
		r.q.AsOf = clock.DateIn(r.q.Now, r.creditor.Zone())
	}
	r.report.AsOf = r.q.AsOf
	r.parser, err = newParser(r.q.Mapping, r.src.header, r.creditor, r.q.Currency, r.q.AsOf)
	if err != nil {
		return err
	}
	return r.refuseEarlier()
}

func (r *run) refuseEarlier() error {
	var last clock.Date
	err := r.tx.Raw("SELECT MAX(as_of) FROM import_runs WHERE creditor_id = ?", r.creditor.ID).Row().Scan(&last)
	if err != nil {
		return err
	}
	if r.q.AsOf.Before(last) {
		return unreadable("an import as of %s was already made for %s: what is known can't be taken back to %s; import as of %s or later",
			last, r.creditor.Slug, r.q.AsOf, last)
	}
	return nil
}

// check looks at what only all rows together show, and stops at bad rows.
func (r *run) check() error {
	if err := r.lock(); err != nil {
		return err
	}
	if err := r.refuseEarlier(); err != nil {
		return err
	}
	if err := r.createKnown(); err != nil {
		return err
	}
	for _, c := range r.checks() {
		if err := r.findBad(c); err != nil {
			return err
		}
	}
	slices.SortStableFunc(r.report.Bad, func(a, b BadRow) int { return cmp.Compare(a.Line, b.Line) })
	r.report.Notes = r.parser.notes()
	if r.report.BadTotal > 0 {
		return ErrBadRows
	}
	return nil
}

func (r *run) addBad(b BadRow) {
	r.report.BadTotal++
	if len(r.report.Bad) < MaxBadListed {
		r.report.Bad = append(r.report.Bad, b)
	}
}

// notes says which words were not understood and stand for the default.
func (p *parser) notes() []string {
	notes := []string{}
	for _, f := range sortedKeys(p.unknown) {
		words := make([]string, 0, len(p.unknown[f]))
		for w := range p.unknown[f] {
			words = append(words, w)
		}
		slices.Sort(words)
		for _, w := range words {
			notes = append(notes, fmt.Sprintf("%s %q is not known: %d rows count as empty; the mapping can say what it means, under \"values: %s:\"",
				f, w, p.unknown[f][w], f))
		}
	}
	return notes
}

// finish writes down that it ran and what the file says is open.
func (r *run) finish() error {
	rows, err := r.tx.Raw(r.sql(openTotals)).Rows()
	if err != nil {
		return err
	}
	for rows.Next() {
		var t Totals
		if err := rows.Scan(&t.Currency, &t.Invoices, &t.Customers, &t.OpenMinor, &t.Disputed, &t.PastDue, &t.PastDueMinor); err != nil {
			return errors.Join(err, rows.Close())
		}
		r.report.Open = append(r.report.Open, t)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	counts, err := json.Marshal(r.report.Counts)
	if err != nil {
		return err
	}
	err = r.tx.Exec("INSERT INTO import_runs (id, creditor_id, filename, as_of, counts, finished_at) VALUES (?, ?, ?, ?, ?, ?)",
		db.NewID(), r.creditor.ID, r.q.Filename, r.q.AsOf, string(counts), r.q.Now).Error
	if err != nil {
		return err
	}
	return r.dropStaging()
}
