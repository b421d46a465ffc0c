package clock

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a civil date: a day on the calendar, without time or zone. The zero
// Date means "none" and is stored as NULL.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// On makes a date; out-of-range days and months roll over as time.Date's do.
func On(year int, month time.Month, day int) Date {
	return dateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

func dateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// DateIn is the civil date of an instant in a zone.
func DateIn(t time.Time, zone *time.Location) Date { return dateOf(t.In(zone)) }

// ParseDate reads "2006-01-02".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date, write it as 2026-11-30", s)
	}
	return dateOf(t), nil
}

// MustDate is ParseDate for constants in code and tests.
func MustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// IsZero tells whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Start is the first instant of the day in a zone, in UTC. Where clocks go
// forward at midnight, as in Santiago, that is one o'clock.
func (d Date) Start(zone *time.Location) time.Time {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
	if DateIn(t, zone) != d { // midnight does not exist; time.Date took the offset after the jump
		t = t.Add(time.Hour)
	}
	return t.UTC()
}

// At is a time of that day in a zone, in UTC.
func (d Date) At(hour, minute int, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, hour, minute, 0, 0, zone).UTC()
}

// AddDays counts calendar days forwards or backwards.
func (d Date) AddDays(n int) Date { return On(d.Year, d.Month, d.Day+n) }

// AddMonths is the same day n months on, or that month's last day where it is
// shorter: 31 January + 1 month is 28 or 29 February. Count from the first date
// of a series, not from the previous one, or a 31st drifts to the 28th.
func (d Date) AddMonths(n int) Date {
	first := On(d.Year, d.Month+time.Month(n), 1)
	return Date{first.Year, first.Month, min(d.Day, first.lastDay())}
}

func (d Date) lastDay() int { return On(d.Year, d.Month+1, 0).Day }

// DaysSince is the number of days from e to d, negative when d is earlier.
func (d Date) DaysSince(e Date) int { return int(d.utc().Sub(e.utc()) / (24 * time.Hour)) }

// Compare is -1, 0 or 1.
func (d Date) Compare(e Date) int { return d.utc().Compare(e.utc()) }

// Before tells whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After tells whether d is later than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// String is "2006-01-02", or "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText makes JSON and forms use "2006-01-02".
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads "2006-01-02" or "".
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(b))
	if err == nil {
		*d = v
	}
	return err
}

// Value stores a DATE; both databases take its text.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads a DATE: PostgreSQL's driver gives a time, SQLite's a time or a text.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Date{}
	case time.Time:
		*d = dateOf(v)
	case string:
		return d.UnmarshalText([]byte(v[:min(len(v), len(time.DateOnly))]))
	case []byte:
		return d.Scan(string(v))
	default:
		return fmt.Errorf("clock: can't read a date from %T", src)
	}
	return nil
}

// GormDataType names the column type for gorm's schema reader.
func (Date) GormDataType() string { return "date" }
