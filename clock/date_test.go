package clock

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAddMonthsKeepsTheDayWhereTheMonthHasIt(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2024-01-31", 1, "2024-02-29"}, {"2023-01-31", 1, "2023-02-28"}, {"2024-01-31", 2, "2024-03-31"},
		{"2024-02-29", 12, "2025-02-28"}, {"2024-11-30", 3, "2025-02-28"}, {"2024-03-31", -1, "2024-02-29"},
	} {
		if got := MustDate(c.from).AddMonths(c.n); got != MustDate(c.want) {
			t.Errorf("%s + %d months: got %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func TestDateRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := MustDate("1970-01-01").AddDays(rapid.IntRange(-100000, 100000).Draw(t, "days"))
		if got := MustDate(d.String()); got != d {
			t.Fatalf("text: %s became %s", d, got)
		}
		v, _ := d.Value()
		var back Date
		if err := back.Scan(v); err != nil || back != d {
			t.Fatalf("store: %s became %s (%v)", d, back, err)
		}
		n := rapid.IntRange(-5000, 5000).Draw(t, "n")
		if got := d.AddDays(n).DaysSince(d); got != n {
			t.Fatalf("%d days on is %d days later", n, got)
		}
	})
}

func TestStartOfDayIsTheZones(t *testing.T) {
	santiago, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	late := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	if got := DateIn(late, santiago); got != MustDate("2026-11-21") {
		t.Errorf("2 am UTC is still the day before in Santiago, got %s", got)
	}
	if got := MustDate("2026-11-21").Start(santiago); !got.Equal(time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)) {
		t.Errorf("the day starts at 03:00 UTC, got %s", got)
	}
	// On 6 September 2026 Santiago's clocks go from 23:59:59 to 01:00.
	if got := MustDate("2026-09-06").Start(santiago); DateIn(got, santiago) != MustDate("2026-09-06") || DateIn(got.Add(-time.Second), santiago) != MustDate("2026-09-05") {
		t.Errorf("the day whose midnight doesn't exist starts at %s", got.In(santiago))
	}
}
