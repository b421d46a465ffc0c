package reminders

import (
	"context"
	"slices"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// remind writes the latest step that is due and was not followed by a reminder
// yet. The candidate's own figures decide most cases without loading them.
func (r *run) remind(ctx context.Context, c candidate, settings Settings) error {
	if !r.stepDue(settings, c.OldestDue, clock.DateIn(r.now, c.zone()), c.RemindedAt.Time, c.zone()) {
		return nil
	}
	return r.locked(ctx, c, func(tx *db.Tx, f cases.File) (*int, error) {
		if f.Case.State != cases.Open || f.ActiveCommitment() != nil {
			return nil, nil
		}
		written, err := written(tx, f)
		if err != nil || !r.stepDue(settings, f.OldestDue(), f.Today, written.last(Reminder), f.Debtor.Zone()) {
			return nil, err
		}
		if !settings.allow(written, r.now, f.Today, f.Debtor.Zone()) {
			return nil, nil
		}
		if n, err := livePayments(tx, f, "created", "open", "processing"); err != nil || n > 0 {
			return nil, err
		}
		step, day, _ := settings.stepOn(f.OldestDue(), f.Today)
		_, created, err := r.queue(tx, reminder(f, step, day))
		if !created {
			return nil, err
		}
		return &r.report.Reminded, err
	})
}

// stepDue tells whether a step's day has come without a reminder since, and
// reminders may be written today.
func (r *run) stepDue(s Settings, oldestDue, today clock.Date, remindedAt time.Time, zone *time.Location) bool {
	if oldestDue.IsZero() || s.MaxPerWeek == 0 || !slices.Contains(s.Channels, Email) || s.dayOff(today) || s.Quiet(r.now, zone) {
		return false
	}
	_, day, ok := s.stepOn(oldestDue, today)
	return ok && (remindedAt.IsZero() || clock.DateIn(remindedAt, zone).Before(day))
}

// history is when messages that we begin were written to a case, newest first.
type history []struct {
	Kind      Kind
	CreatedAt time.Time
}

// written reads the newest; a cap is never higher than what is read.
func written(tx *db.Tx, f cases.File) (history, error) {
	var h history
	err := tx.Model(&Message{}).Select("kind, created_at").
		Where("creditor_id = ? AND case_id = ? AND kind IN ?", f.Case.CreditorID, f.Case.ID, pressing).
		Order("created_at DESC").Limit(50).Scan(&h).Error
	return h, err
}

// last is when the newest of a kind was written, zero for never.
func (h history) last(kind Kind) time.Time {
	for _, m := range h {
		if m.Kind == kind {
			return m.CreatedAt
		}
	}
	return time.Time{}
}

// allow tells whether the caps leave room for one more today.
func (s Settings) allow(h history, now time.Time, today clock.Date, zone *time.Location) bool {
	inWeek := 0
	for _, m := range h {
		if m.CreatedAt.After(now.AddDate(0, 0, -7)) {
			inWeek++
		}
		if today.DaysSince(clock.DateIn(m.CreatedAt, zone)) < s.MinGapDays {
			return false
		}
	}
	return inWeek < s.MaxPerWeek
}
