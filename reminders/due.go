package reminders

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// Report counts what a run did.
type Report struct {
	Reminded int // reminders written
	Asked    int // instalments asked for
	Warned   int // missed instalments told
	Broken   int // agreements ended
	Failed   int // cases that ended in an error; the run went on
}

// page is how many candidates are read at once.
const page = 200

// firstZone is where a day begins first: what is due nowhere yet is not due.
var firstZone = time.FixedZone("UTC+14", 14*60*60)

// run is one sweep: an instant, and the settings read so far.
type run struct {
	*Service
	now      time.Time
	settings map[db.ID]Settings
	report   Report
}

// RunDue does everything that has fallen due by now. Each case is worked on in
// a transaction of its own, under its lock, and looked at again there; so a run
// can be stopped anywhere, repeated, or run beside another one.
func (s *Service) RunDue(ctx context.Context) (Report, error) {
	r := &run{Service: s, now: s.Clock.Now(), settings: map[db.ID]Settings{}}
	err := errors.Join(
		r.each(ctx, agreementCandidates, r.keepAgreement),
		r.each(ctx, reminderCandidates, r.remind),
	)
	return r.report, err
}

// candidate is a row that probably has something due. ID is the agreement or
// the case that pages are ordered by.
type candidate struct {
	ID         db.ID
	CreditorID db.ID
	CaseID     db.ID
	TimeZone   string
	OldestDue  clock.Date
	RemindedAt moment
}

func (c candidate) zone() *time.Location { return cases.Debtor{TimeZone: c.TimeZone}.Zone() }

// agreementCandidates are running agreements that owe something by tomorrow.
// What was paid is summed from the ledger, so those that are up to date cost one
// index look-up each and are never loaded.
const agreementCandidates = `
SELECT k.id, k.creditor_id, k.case_id, d.time_zone
FROM commitments k JOIN cases c ON c.id = k.case_id JOIN debtors d ON d.id = c.debtor_id
WHERE k.state = 'active' AND k.id > @after
  AND (SELECT COALESCE(SUM(i.amount_minor), 0) FROM instalments i WHERE i.commitment_id = k.id AND i.due_on <= @tomorrow)
    > (SELECT COALESCE(SUM(CASE WHEN e.debit LIKE 'cash:%' THEN e.amount_minor ELSE 0 END
                         - CASE WHEN e.credit LIKE 'cash:%' THEN e.amount_minor ELSE 0 END), 0)
       FROM ledger_entries e WHERE e.case_id = k.case_id AND e.commitment_id = k.id)
ORDER BY k.id LIMIT @page`

// reminderCandidates are open cases without a running agreement whose debtor
// can be reminded, with the due date of their oldest invoice that is open by
// the ledger and not disputed, and the last reminder.
const reminderCandidates = `
SELECT c.id, c.creditor_id, c.id AS case_id, d.time_zone,
  (SELECT MIN(i.due_on) FROM invoices i WHERE i.case_id = c.id AND NOT i.disputed
     AND (SELECT COALESCE(SUM(CASE WHEN e.debit LIKE 'receivable:%' THEN e.amount_minor ELSE 0 END
                            - CASE WHEN e.credit LIKE 'receivable:%' THEN e.amount_minor ELSE 0 END), 0)
          FROM ledger_entries e WHERE e.case_id = c.id AND e.invoice_id = i.id) > 0) AS oldest_due,
  (SELECT m.created_at FROM messages m WHERE m.case_id = c.id AND m.kind = 'reminder'
   ORDER BY m.created_at DESC LIMIT 1) AS reminded_at
FROM cases c JOIN debtors d ON d.id = c.debtor_id
WHERE c.state = 'open' AND c.id > @after AND NOT d.opted_out AND d.email <> ''
  AND NOT EXISTS (SELECT 1 FROM commitments k WHERE k.case_id = c.id AND k.state = 'active')
ORDER BY c.id LIMIT @page`

// each works through candidates page by page. An error of one case is kept and
// the others go on; only the end of the context stops the run.
func (r *run) each(ctx context.Context, query string, work func(context.Context, candidate, Settings) error) error {
	var after db.ID
	var errs []error
	for {
		var found []candidate
		err := r.DB.View(ctx, db.Everyone("what falls due falls due for every creditor"), func(tx *db.Tx) error {
			err := tx.Raw(query, map[string]any{
				"after": after, "page": page, "tomorrow": clock.DateIn(r.now, firstZone).AddDays(1),
			}).Scan(&found).Error
			if err != nil {
				return err
			}
			errs = append(errs, r.readSettings(tx, found)...)
			return nil
		})
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		for _, c := range found {
			after = c.ID
			if err := ctx.Err(); err != nil {
				return errors.Join(append(errs, err)...)
			}
			settings := r.settings[c.CreditorID]
			if settings.Quiet(r.now, c.zone()) {
				continue
			}
			if err := work(ctx, c, settings); err != nil {
				r.report.Failed++
				if len(errs) < 10 { // enough to see what is wrong
					errs = append(errs, fmt.Errorf("case %s: %w", c.CaseID, err))
				}
			}
		}
		if len(found) < page {
			return errors.Join(errs...)
		}
	}
}

// readSettings reads what isn't known yet. Unreadable settings silence their
// own creditor only: without quiet hours that can be read, it is always night.
func (r *run) readSettings(tx *db.Tx, found []candidate) (errs []error) {
	for _, c := range found {
		if _, known := r.settings[c.CreditorID]; known {
			continue
		}
		settings, err := LoadSettings(tx, c.CreditorID)
		if err != nil {
			settings = Settings{}
			errs = append(errs, fmt.Errorf("the reminder settings of creditor %s: %w", c.CreditorID, err))
		}
		r.settings[c.CreditorID] = settings
	}
	return errs
}

// locked works on one case in its own transaction, under its lock. done adds to
// the report, and only if the transaction committed.
func (r *run) locked(ctx context.Context, c candidate, fn func(tx *db.Tx, f cases.File) (done *int, err error)) error {
	var done *int
	err := r.DB.Update(ctx, db.Of(c.CreditorID), func(tx *db.Tx) error {
		if _, err := cases.Lock(tx, c.CreditorID, c.CaseID); err != nil {
			return err
		}
		f, err := cases.Load(tx, c.CreditorID, c.CaseID, r.now)
		if err != nil {
			return err
		}
		done, err = fn(tx, f)
		return err
	})
	if err == nil && done != nil {
		*done++
	}
	return err
}

// livePayments counts a case's payments in the given states. Payments are
// another room's rows; this room only reads whether one is on its way.
func livePayments(tx *db.Tx, f cases.File, states ...string) (int64, error) {
	var n int64
	err := tx.Table("payments").Where("creditor_id = ? AND case_id = ? AND state IN ?", f.Case.CreditorID, f.Case.ID, states).
		Count(&n).Error
	return n, err
}

// moment is an instant out of an expression, which SQLite gives as text. Zero is none.
type moment struct{ time.Time }

// Value is never stored; gorm only takes fields that have it.
func (m moment) Value() (driver.Value, error) { return m.Time, nil }

// Scan reads a time, a text or NULL.
func (m *moment) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		m.Time = time.Time{}
	case time.Time:
		m.Time = v.UTC()
	case []byte:
		return m.Scan(string(v))
	case string:
		t, err := time.Parse("2006-01-02 15:04:05.999999999-07:00", v)
		m.Time = t.UTC()
		return err
	default:
		return fmt.Errorf("reminders: can't read an instant from %T", src)
	}
	return nil
}
