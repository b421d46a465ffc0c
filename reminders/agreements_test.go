package reminders_test

import (
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/reminders"
)

// through runs every day from one to another, and wants messages only on the days given.
func (w *world) through(from, to string, want map[string]reminders.Kind) {
	w.Helper()
	for day := clock.MustDate(from); !day.After(clock.MustDate(to)); day = day.AddDays(1) {
		if kind, ok := want[day.String()]; ok {
			w.on(day.String(), kind)
		} else {
			w.on(day.String())
		}
	}
}

func TestAPlanThatIsNotPaidIsAskedWarnedAndEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-02-20", 30000, false)
		c := w.agree(cases.Plan, 0, 5, []string{"2026-03-02", "2026-04-02", "2026-05-02"}, 10000, 10000, 10000)
		w.pay(&c.ID, 10000)
		w.through("2026-03-02", "2026-04-11", map[string]reminders.Kind{
			"2026-04-02": reminders.InstalmentAsked,
			"2026-04-03": reminders.InstalmentMissed,
			"2026-04-08": reminders.AgreementBroken, // 2 April and five days of grace
			"2026-04-11": reminders.Reminder,        // a word at most every three days
		})
		all := w.messages()
		warning, ended := all[2].TextBody, all[1].TextBody
		for _, want := range []string{"100,00", "7 de abril de 2026", "terminará el 8 de abril de 2026", "Pago 2 de 3"} {
			if !strings.Contains(warning, want) {
				t.Errorf("the warning lacks %q:\n%s", want, warning)
			}
		}
		for _, want := range []string{"terminó el 8 de abril de 2026", "200,00", "https://pay.example/l/"} {
			if !strings.Contains(ended, want) {
				t.Errorf("the end lacks %q:\n%s", want, ended)
			}
		}
		f := w.file()
		if f.Commitments[0].State != cases.Broken || len(w.events(cases.EventCommitmentBroken)) != 1 ||
			len(w.events(cases.EventInstalmentAsked)) != 1 || len(w.events(cases.EventInstalmentMissed)) != 1 {
			t.Errorf("the file says %s", f.Commitments[0].State)
		}
	})
}

func TestAPlanThatIsPaidIsOnlyAskedFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-02-20", 30000, false)
		c := w.agree(cases.Plan, 0, 5, []string{"2026-03-02", "2026-04-02", "2026-05-02"}, 10000, 10000, 10000)
		w.pay(&c.ID, 10000)
		w.through("2026-03-02", "2026-04-07", map[string]reminders.Kind{"2026-04-02": reminders.InstalmentAsked, "2026-04-03": reminders.InstalmentMissed})
		w.pay(&c.ID, 10000) // on the last day of grace
		w.through("2026-04-08", "2026-05-02", map[string]reminders.Kind{"2026-05-02": reminders.InstalmentAsked})
		w.pay(&c.ID, 10000)
		w.through("2026-05-03", "2026-05-12", nil)
		if f := w.file(); f.Commitments[0].State != cases.Kept || f.Case.State != cases.Closed {
			t.Errorf("the agreement is %s, the case %s", f.Commitments[0].State, f.Case.State)
		}
	})
}

func TestAPlanThatWasPaidElsewhereIsKeptAndNobodyIsWarned(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-02-20", 30000, false)
		w.agree(cases.Plan, 0, 5, []string{"2026-03-02", "2026-04-02", "2026-05-02"}, 10000, 10000, 10000)
		w.pay(nil, 30000) // a transfer, or the creditor's next file: not for the agreement, but all that was owed
		w.through("2026-03-02", "2026-05-12", nil)
		if state := w.file().Commitments[0].State; state != cases.Kept || len(w.events(cases.EventCommitmentKept)) != 1 ||
			len(w.events(cases.EventCommitmentBroken)) != 0 {
			t.Errorf("the agreement of a paid case is %s", state)
		}
	})
}

func TestAFirstPaymentIsNotAskedForOnTheDayOfTheAgreement(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-02-20", 30000, false)
		w.agree(cases.Plan, 0, 5, []string{"2026-03-02", "2026-04-02"}, 10000, 20000)
		w.through("2026-03-02", "2026-03-08", map[string]reminders.Kind{
			"2026-03-03": reminders.InstalmentAsked, "2026-03-04": reminders.InstalmentMissed, "2026-03-08": reminders.AgreementBroken,
		})
		if asked := w.messages()[2].TextBody; !strings.Contains(asked, "hasta el 7 de marzo de 2026") {
			t.Errorf("asking late lacks the last day:\n%s", asked)
		}
	})
}

func TestADiscountsDeadlineIsToldTheDayBeforeAndLapses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-02-20", 30000, false)
		w.agree(cases.EarlyPayment, 3000, 0, []string{"2026-03-10"}, 27000)
		w.through("2026-03-02", "2026-03-11", map[string]reminders.Kind{
			"2026-03-09": reminders.InstalmentAsked, "2026-03-11": reminders.AgreementBroken,
		})
		all := w.messages()
		if !strings.Contains(all[1].TextBody, "30,00") || !strings.Contains(all[1].TextBody, "10 de marzo de 2026") {
			t.Errorf("asked:\n%s", all[1].TextBody)
		}
		if !strings.Contains(all[0].TextBody, "300,00") || !strings.Contains(all[0].TextBody, "ya no se aplica") {
			t.Errorf("ended:\n%s", all[0].TextBody)
		}
	})
}

func TestNothingEndsWhileAPaymentIsProcessing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-02-20", 30000, false)
		w.agree(cases.Plan, 0, 2, []string{"2026-03-05", "2026-04-05"}, 10000, 20000)
		set := w.payment("processing")
		w.through("2026-03-02", "2026-03-20", nil)
		set("failed")
		w.on("2026-03-21", reminders.AgreementBroken)
	})
}

func TestNothingEndsAtNight(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-02-20", 30000, false)
		w.agree(cases.Plan, 0, 0, []string{"2026-03-05", "2026-04-05"}, 10000, 20000)
		w.on("2026-03-05", reminders.InstalmentAsked)
		w.clock.Set(clock.MustDate("2026-03-06").At(3, 0, madrid))
		if r := w.run(); r != (reminders.Report{}) {
			t.Errorf("at night it did %+v", r)
		}
		w.on("2026-03-06", reminders.AgreementBroken)
	})
}

func TestDaysAreTheDebtorsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.settings(func(s *reminders.Settings) { s.QuietFrom, s.QuietTo = "00:00", "00:00" })
		w.addCase(func(debtor *cases.Debtor) { debtor.TimeZone = "America/Santiago" })
		w.invoice("2026-02-20", 30000, false)
		w.agree(cases.Plan, 0, 1, []string{"2026-03-05"}, 30000)
		for _, c := range []struct {
			utc  string
			want reminders.Report
		}{
			{"2026-03-05T02:59:00Z", reminders.Report{}}, // still 4 March in Santiago
			{"2026-03-05T03:00:00Z", reminders.Report{Asked: 1}},
			{"2026-03-06T02:59:00Z", reminders.Report{}},
			{"2026-03-06T03:00:00Z", reminders.Report{Warned: 1}},
			{"2026-03-07T02:59:00Z", reminders.Report{}},
			{"2026-03-07T03:00:00Z", reminders.Report{Broken: 1}},
		} {
			now, _ := time.Parse(time.RFC3339, c.utc)
			w.clock.Set(now)
			if got := w.run(); got != c.want {
				t.Errorf("%s: did %+v, want %+v", c.utc, got, c.want)
			}
		}
	})
}

func TestWithoutAnAddressAnAgreementStillRuns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.addCase(func(debtor *cases.Debtor) { debtor.Email = "" })
		w.invoice("2026-02-20", 30000, false)
		w.agree(cases.Plan, 0, 2, []string{"2026-03-05", "2026-04-05"}, 10000, 20000)
		w.through("2026-03-02", "2026-03-10", nil)
		if len(w.events(cases.EventInstalmentAsked)) != 0 || len(w.events(cases.EventMessageSent)) != 0 {
			t.Error("the timeline says that a message went out")
		}
		if len(w.events(cases.EventInstalmentMissed)) != 1 || len(w.events(cases.EventCommitmentBroken)) != 1 {
			t.Error("the timeline lacks what happened")
		}
		if w.links.Load() != 0 {
			t.Error("a link was made for nobody")
		}
	})
}

func TestOptingOutIsOfRemindersOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.addCase(func(debtor *cases.Debtor) { debtor.OptedOut = true })
		w.invoice("2026-02-20", 30000, false)
		w.agree(cases.Plan, 0, 2, []string{"2026-03-05", "2026-04-05"}, 10000, 20000)
		w.on("2026-03-05", reminders.InstalmentAsked)
	})
}

func TestARunThatWasAwayTellsOneThing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, "2026-03-02")
		w.invoice("2026-02-20", 30000, false)
		w.agree(cases.Plan, 0, 10, []string{"2026-03-05", "2026-04-05"}, 10000, 20000)
		w.on("2026-03-08", reminders.InstalmentAsked) // three days late, never asked
		w.on("2026-03-09", reminders.InstalmentMissed)
		w.on("2026-03-16", reminders.AgreementBroken)
	})
}
