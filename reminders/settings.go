package reminders

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// Settings are how a creditor reminds. They are kept as JSON, one row per creditor.
type Settings struct {
	// Steps are days relative to the oldest due date, in rising order: -3 is three days before it.
	Steps []int `json:"steps"`
	// MaxPerWeek is the most messages that we begin in any 7 days, MinGapDays the least days between two.
	MaxPerWeek int `json:"max_per_week"`
	MinGapDays int `json:"min_gap_days"`
	// No message that we begin is written from QuietFrom to QuietTo ("20:00" to "09:00") on the debtor's clock.
	QuietFrom string `json:"quiet_from"`
	QuietTo   string `json:"quiet_to"`
	// Reminders also rest on Sundays and on these days, for example holidays.
	NoSundays bool         `json:"no_sundays"`
	DaysOff   []clock.Date `json:"days_off"`
	// Channels that reminders use; an empty list stops them all.
	Channels []Channel `json:"channels"`
}

// DefaultSettings remind three days before, then ever more seldom, by day and at most twice a week.
func DefaultSettings() Settings {
	return Settings{
		Steps: []int{-3, 1, 7, 15, 30}, MaxPerWeek: 2, MinGapDays: 3, QuietFrom: "20:00", QuietTo: "09:00",
		NoSundays: true, DaysOff: []clock.Date{}, Channels: []Channel{Email},
	}
}

// Validate names the field that can't be used, with a message key.
func (s Settings) Validate() error {
	for i, step := range s.Steps {
		if step < -60 || step > 365 || (i > 0 && s.Steps[i-1] >= step) {
			return fault.Field("steps", "reminder_steps_invalid", nil)
		}
	}
	if len(s.Steps) > 12 {
		return fault.Field("steps", "reminder_steps_too_many", map[string]any{"max": 12})
	}
	if s.MaxPerWeek < 0 || s.MaxPerWeek > 7 {
		return fault.Field("max_per_week", "reminder_cap_invalid", map[string]any{"max": 7})
	}
	if s.MinGapDays < 0 || s.MinGapDays > 60 {
		return fault.Field("min_gap_days", "reminder_gap_invalid", map[string]any{"max": 60})
	}
	from, fromErr := minuteOfDay(s.QuietFrom)
	to, toErr := minuteOfDay(s.QuietTo)
	if fromErr != nil {
		return fault.Field("quiet_from", "time_invalid", nil)
	}
	if toErr != nil {
		return fault.Field("quiet_to", "time_invalid", nil)
	}
	// A day that is quiet but for an instant would hold every message for ever.
	if awake := (from - to + 24*60) % (24 * 60); from != to && awake < 120 {
		return fault.Field("quiet_to", "reminder_quiet_too_long", nil)
	}
	for _, c := range s.Channels {
		if c != Email {
			return fault.Field("channels", "reminder_channel_unknown", nil)
		}
	}
	return nil
}

// minuteOfDay reads "HH:MM".
func minuteOfDay(s string) (int, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, err
	}
	return t.Hour()*60 + t.Minute(), nil
}

// Quiet tells whether an instant lies in the quiet hours of a zone. Equal ends mean none.
func (s Settings) Quiet(now time.Time, zone *time.Location) bool {
	from, err1 := minuteOfDay(s.QuietFrom)
	to, err2 := minuteOfDay(s.QuietTo)
	if err1 != nil || err2 != nil {
		return true // unreadable settings must not wake anybody
	}
	local := now.In(zone)
	minute := local.Hour()*60 + local.Minute()
	if from <= to {
		return minute >= from && minute < to
	}
	return minute >= from || minute < to
}

// dayOff tells whether reminders rest on a day.
func (s Settings) dayOff(day clock.Date) bool {
	return (s.NoSundays && day.Weekday() == time.Sunday) || slices.Contains(s.DaysOff, day)
}

// stepOn is the latest step whose day has come, and that day; ok is false
// before the first. Earlier steps that were missed are left out on purpose:
// nobody gets a burst of them.
func (s Settings) stepOn(oldestDue, today clock.Date) (step int, day clock.Date, ok bool) {
	for _, n := range s.Steps {
		if d := oldestDue.AddDays(n); !d.After(today) {
			step, day, ok = n, d, true
		}
	}
	return step, day, ok
}

type settingsRow struct {
	CreditorID db.ID `gorm:"primaryKey"`
	Document   string
}

func (settingsRow) TableName() string { return "reminder_settings" }

// LoadSettings reads a creditor's settings, the defaults where none are kept.
func LoadSettings(tx *db.Tx, creditor db.ID) (Settings, error) {
	s := DefaultSettings()
	var row settingsRow
	err := tx.Where("creditor_id = ?", creditor).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Steps, s.DaysOff, s.Channels = nil, nil, nil
	if err := json.Unmarshal([]byte(row.Document), &s); err != nil {
		return s, fault.Wrap(err, fault.Internal, "internal")
	}
	return s, nil
}

// SaveSettings checks and keeps a creditor's settings.
func SaveSettings(tx *db.Tx, creditor db.ID, s Settings) error {
	if err := s.Validate(); err != nil {
		return err
	}
	document, err := json.Marshal(s)
	if err != nil {
		return err
	}
	row := settingsRow{CreditorID: creditor, Document: string(document)}
	return tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "creditor_id"}}, DoUpdates: clause.AssignmentColumns([]string{"document"})}).
		Create(&row).Error
}
