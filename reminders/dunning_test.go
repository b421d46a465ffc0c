package reminders_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/reminders"
)

func TestRemindersFollowTheSteps(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02") // a Monday
		w.invoice("2026-03-12", 12345, false)
		w.invoice("2026-03-20", 5000, true) // disputed: never asked for
		due := map[string]bool{"2026-03-09": true, "2026-03-13": true, "2026-03-19": true, "2026-03-27": true, "2026-04-11": true}
		for day := clock.MustDate("2026-03-02"); day.Before(clock.MustDate("2026-04-20")); day = day.AddDays(1) {
			if due[day.String()] {
				w.on(day.String(), reminders.Reminder)
			} else {
				w.on(day.String())
			}
		}
		m := w.messages()[0]
		if m.Recipient != "maria@example.com" || m.Language != "es" || m.State != reminders.Queued {
			t.Errorf("wrote %+v", m)
		}
		for _, want := range []string{"123,45", "12 de marzo de 2026", "https://pay.example/l/token-5\n", "https://pay.example/l/token-5/stop"} {
			if !strings.Contains(m.TextBody, want) {
				t.Errorf("the text lacks %q:\n%s", want, m.TextBody)
			}
		}
		if n := len(w.events(cases.EventReminderSent)); n != 5 {
			t.Errorf("the timeline has %d reminders", n)
		}
		if n := w.count("SELECT count(*) FROM river_job WHERE kind = 'send_message'"); n != 5 {
			t.Errorf("%d jobs", n)
		}
	})
}

func TestOnlyTheLatestMissedStepIsSent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2025-06-01", 100, false)
		w.on("2026-03-02", reminders.Reminder)
		if step := w.events(cases.EventReminderSent)[0].Data["step"]; step != float64(30) {
			t.Errorf("step %v", step)
		}
		w.on("2026-04-02")
		w.on("2026-06-02")
	})
}

func TestANewOldestInvoiceBeginsAnew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-01-10", 100, false)
		w.invoice("2026-03-20", 200, false)
		w.on("2026-03-02", reminders.Reminder)
		w.pay(nil, 100)
		w.on("2026-03-10")
		w.on("2026-03-17", reminders.Reminder)
		w.pay(nil, 200)
		w.on("2026-03-21")
	})
}

func TestSundaysAndDaysOffRest(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.settings(func(s *reminders.Settings) { s.DaysOff = []clock.Date{clock.MustDate("2026-03-16")} })
		w.invoice("2026-03-14", 100, false) // its first day late is a Sunday
		w.on("2026-03-11", reminders.Reminder)
		w.on("2026-03-15")
		w.on("2026-03-16")
		w.on("2026-03-17", reminders.Reminder)
	})
}

func TestCapsHoldAndTheStepWaits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.settings(func(s *reminders.Settings) {
			s.Steps, s.MaxPerWeek, s.MinGapDays, s.NoSundays = []int{1, 2, 3, 4, 5, 6}, 2, 2, false
		})
		w.invoice("2026-03-02", 100, false)
		w.on("2026-03-03", reminders.Reminder)
		w.on("2026-03-04") // too near
		w.on("2026-03-05", reminders.Reminder)
		for _, day := range []string{"2026-03-06", "2026-03-07", "2026-03-08", "2026-03-09"} {
			w.on(day) // two in seven days
		}
		w.on("2026-03-10", reminders.Reminder)
		w.on("2026-03-12")
	})
}

func TestQuietHoursAreTheDebtors(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.addCase(func(debtor *cases.Debtor) { debtor.TimeZone, debtor.Country = "America/Santiago", "CL" })
		w.invoice("2026-01-10", 100, false)
		for _, c := range []struct {
			utc  string
			want int
		}{
			{"2026-03-02T03:00:00Z", 0}, // midnight in Santiago
			{"2026-03-02T11:59:00Z", 0}, // 08:59 there, while Madrid is long awake
			{"2026-03-02T12:00:00Z", 1}, // 09:00
		} {
			now, _ := time.Parse(time.RFC3339, c.utc)
			w.clock.Set(now)
			w.run()
			if n := len(w.messages()); n != c.want {
				t.Errorf("%s: %d messages, want %d", c.utc, n, c.want)
			}
		}
	})
}

func TestQuietEnds(t *testing.T) {
	t.Parallel()
	day := clock.MustDate("2026-03-02")
	for _, c := range []struct {
		from, to string
		hour     int
		want     bool
	}{
		{"20:00", "09:00", 20, true}, {"20:00", "09:00", 19, false}, {"20:00", "09:00", 9, false}, {"20:00", "09:00", 3, true},
		{"13:00", "15:00", 14, true}, {"13:00", "15:00", 15, false}, {"00:00", "00:00", 3, false}, {"rubbish", "09:00", 12, true},
	} {
		s := reminders.Settings{QuietFrom: c.from, QuietTo: c.to}
		if got := s.Quiet(day.At(c.hour, 0, madrid), madrid); got != c.want {
			t.Errorf("%s–%s at %d: quiet is %v", c.from, c.to, c.hour, got)
		}
	}
}

func TestNobodyIsRemindedWhoShouldNotBe(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.addCase(func(debtor *cases.Debtor) { debtor.OptedOut = true })
		w.invoice("2026-01-10", 100, false)
		w.on("2026-03-02")
		w.addCase(func(debtor *cases.Debtor) { debtor.Email = "" })
		w.invoice("2026-01-10", 100, false)
		w.on("2026-03-02")
		w.addCase(func(debtor *cases.Debtor) { debtor.Email = "x@example.com\r\nBcc: y@example.com" })
		w.invoice("2026-01-10", 100, false)
		w.on("2026-03-02")
		w.addCase(func(*cases.Debtor) {})
		w.invoice("2026-01-10", 100, true)
		w.on("2026-03-02")
		if n := w.count("SELECT count(*) FROM timeline_events"); n != 0 {
			t.Errorf("the timeline tells %d things that did not happen", n)
		}
		for _, state := range []string{"created", "open", "processing"} {
			w.addCase(func(*cases.Debtor) {})
			w.invoice("2026-01-10", 100, false)
			set := w.payment(state)
			w.on("2026-03-02")
			set("failed")
			w.on("2026-03-03", reminders.Reminder)
			w.clock.Set(at("2026-03-02"))
		}
	})
}

func TestStopAndResume(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-03-01", 100, false)
		w.update(func(tx *db.Tx) error { return reminders.Stop(tx, w.creditor, w.debtor.ID) })
		w.on("2026-03-02")
		var m reminders.Message
		f := w.file()
		w.update(func(tx *db.Tx) (err error) {
			m, err = w.service.Receipt(tx, f, db.NewID(), 50, nil)
			return err
		})
		if m.State != reminders.Queued {
			t.Errorf("the receipt is %s", m.State)
		}
		w.update(func(tx *db.Tx) error { return reminders.Resume(tx, w.creditor, w.debtor.ID) })
		w.on("2026-03-03", reminders.Reminder)
	})
}

func TestTwoRunnersSendEachOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		const debtors = 40
		w.crowd(debtors, "2026-02-25")
		w.addCase(func(*cases.Debtor) {})
		w.invoice("2026-02-01", 300, false)
		w.agree(cases.Plan, 0, 5, []string{"2026-03-03", "2026-04-03"}, 100, 200)
		w.clock.Set(at("2026-03-03"))
		var total reminders.Report
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				r, err := w.service.RunDue(context.Background())
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				total.Reminded, total.Asked, total.Failed = total.Reminded+r.Reminded, total.Asked+r.Asked, total.Failed+r.Failed
			})
		}
		wg.Wait()
		if total != (reminders.Report{Reminded: debtors, Asked: 1}) {
			t.Errorf("together they did %+v", total)
		}
		if n := w.count("SELECT count(*) FROM messages"); n != debtors+1 {
			t.Errorf("%d messages", n)
		}
	})
}

func TestUnreadableSettingsSilenceTheirOwnCreditorOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		broken := setup(t, d, "2026-03-02")
		broken.invoice("2026-03-01", 100, false)
		broken.update(func(tx *db.Tx) error {
			return tx.Exec("INSERT INTO reminder_settings (creditor_id, document) VALUES (?, '{rubbish')", broken.creditor).Error
		})
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-03-01", 100, false)
		r, err := w.service.RunDue(context.Background())
		if err == nil || r.Reminded != 1 || len(w.messages()) != 1 || len(broken.messages()) != 0 {
			t.Errorf("did %+v, %v", r, err)
		}
	})
}

func TestManyPagesOfCases(t *testing.T) {
	d := dbtest.SQLite(t)
	w := setup(t, d, "2026-03-02")
	const debtors = 20 // before and after more than two pages of cases with nothing due
	w.crowd(debtors/2, "2026-02-25")
	w.crowd(430, "2027-02-25")
	w.crowd(debtors/2, "2026-02-25")
	w.clock.Set(at("2026-03-03"))
	if r := w.run(); r.Reminded != debtors {
		t.Errorf("%+v", r)
	}
}

func TestSettingsAreCheckedAndKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		if err := reminders.DefaultSettings().Validate(); err != nil {
			t.Fatal(err)
		}
		for field, change := range map[string]func(*reminders.Settings){
			"steps":        func(s *reminders.Settings) { s.Steps = []int{5, 3} },
			"max_per_week": func(s *reminders.Settings) { s.MaxPerWeek = 8 },
			"min_gap_days": func(s *reminders.Settings) { s.MinGapDays = -1 },
			"quiet_from":   func(s *reminders.Settings) { s.QuietFrom = "8pm" },
			"quiet_to":     func(s *reminders.Settings) { s.QuietFrom, s.QuietTo = "10:00", "09:00" },
			"channels":     func(s *reminders.Settings) { s.Channels = []reminders.Channel{"fax"} },
		} {
			s := reminders.DefaultSettings()
			change(&s)
			if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "("+field+")") {
				t.Errorf("%s: %v", field, err)
			}
		}
		w.settings(func(s *reminders.Settings) { s.MaxPerWeek = 5 })
		w.settings(func(s *reminders.Settings) { s.MaxPerWeek, s.Channels = 0, nil })
		w.view(func(tx *db.Tx) error {
			s, err := reminders.LoadSettings(tx, w.creditor)
			if s.MaxPerWeek != 0 || len(s.Channels) != 0 || len(s.Steps) != 5 {
				t.Errorf("read %+v", s)
			}
			return err
		})
		w.invoice("2026-03-01", 100, false)
		w.on("2026-03-02")
	})
}
