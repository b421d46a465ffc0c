package offers

import (
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
)

// appendPlans adds up to three plans at the first frequency that gives any.
// Short ones first: paying less for longer does little for repayment.
func appendPlans(menu []Terms, r rules, f Facts, base Terms) []Terms {
	for _, frequency := range r.frequencies {
		s, ok := newSeries(r, f, frequency)
		if !ok {
			continue
		}
		upfront := ceilBP(base.BalanceMinor, r.minUpfrontBP)
		least, most, ok := s.counts(r, base.BalanceMinor-upfront, upfront > 0)
		if !ok {
			continue
		}
		shortest := min(most, least+strain(f)*perMonth(frequency))
		menu = append(menu, s.plan(r, base, upfront, shortest))
		if between := (shortest + most) / 2; between > shortest {
			menu = append(menu, s.plan(r, base, upfront, between))
		}
		if most > shortest {
			menu = append(menu, s.plan(r, base, upfront, most))
		}
		return menu
	}
	return menu
}

// strain is how many months longer than the shortest plan allowed a case can be
// expected to need. A company or public body needs none. A person who owes
// several bills, has been late for quarters or broke agreements is likely to
// break the shortest plan too.
func strain(f Facts) int {
	if f.Kind == cases.Company || f.Kind == cases.PublicBody {
		return 0
	}
	return min(max(f.Invoices-1, 0), 3) + min(f.DaysPastDue/90, 2) + min(f.BrokenAgreements, 2)
}

func perMonth(frequency Frequency) int {
	switch frequency {
	case Weekly:
		return 4
	case Fortnightly:
		return 2
	default:
		return 1
	}
}

// series are the days on which a plan's instalments fall.
type series struct {
	frequency Frequency
	today     clock.Date
	anchor    clock.Date // what periods are counted from
	skip      int        // periods from the anchor to the first instalment
	payDay    int        // 0: the anchor's day
}

// newSeries places the first instalment. An upfront payment takes today, so then
// the first is at least tomorrow, and a period later where it would be today.
func newSeries(r rules, f Facts, frequency Frequency) (series, bool) {
	s := series{frequency: frequency, today: f.Today, anchor: f.Today.AddDays(r.daysToFirst)}
	if r.minUpfrontBP > 0 && r.daysToFirst == 0 {
		s.skip = 1
	}
	switch frequency {
	case Weekly, Fortnightly:
		return s, true
	case Monthly:
		if len(r.payDays) > 0 {
			s.anchor, s.payDay = nextPayDay(s.day(0), r.payDays)
			s.skip = 0
		}
		return s, true
	default:
		return s, false
	}
}

// nextPayDay is the first allowed pay day on or after a date, and which it is.
func nextPayDay(from clock.Date, payDays []int) (clock.Date, int) {
	best, bestDay := from, 0
	for _, d := range payDays {
		on := payDayIn(from, 0, d)
		if on.Before(from) {
			on = payDayIn(from, 1, d)
		}
		if bestDay == 0 || on.Before(best) {
			best, bestDay = on, d
		}
	}
	return best, bestDay
}

// payDayIn is a pay day in the month that is n months after a date's.
func payDayIn(from clock.Date, n, payDay int) clock.Date {
	return clock.Date{Year: from.Year, Month: from.Month, Day: payDay}.AddMonths(n)
}

// day is when the i-th instalment falls due. Months are counted from the anchor,
// so the 31st comes back after February.
func (s series) day(i int) clock.Date {
	switch i += s.skip; {
	case s.frequency == Weekly:
		return s.anchor.AddDays(7 * i)
	case s.frequency == Fortnightly:
		return s.anchor.AddDays(14 * i)
	case s.payDay != 0:
		return payDayIn(s.anchor, i, s.payDay)
	default:
		return s.anchor.AddMonths(i)
	}
}

// counts are the fewest and the most instalments that the rest after any upfront
// payment can be paid in. A single payment is no plan.
func (s series) counts(r rules, rest int64, upfront bool) (least, most int, ok bool) {
	if rest <= 0 {
		return 0, 0, false
	}
	least = max(r.minCount, 1)
	if !upfront {
		least = max(least, 2)
	}
	most = int(min(int64(r.maxCount), rest/r.minInstalment))
	end := s.today.AddDays(r.maxDays)
	lo, hi := 0, most // hi instalments may be too many, lo are not
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if s.day(mid - 1).After(end) {
			hi = mid - 1
		} else {
			lo = mid
		}
	}
	return least, lo, least <= lo
}

// plan is the terms with a number of instalments.
func (s series) plan(r rules, base Terms, upfront int64, count int) Terms {
	t := base
	t.Kind, t.TotalMinor, t.UpfrontMinor, t.Frequency = cases.Plan, base.BalanceMinor, upfront, s.frequency
	t.Autopay, t.GraceDays = r.autopay, r.graceDays
	t.Instalments = make([]Instalment, 0, count+1)
	if upfront > 0 {
		t.Instalments = append(t.Instalments, Instalment{DueOn: s.today, AmountMinor: upfront})
	}
	for i := range count {
		t.Instalments = append(t.Instalments, Instalment{DueOn: s.day(i), AmountMinor: part(base.BalanceMinor-upfront, count, i)})
	}
	t.AtOnce = t.FirstOn() == s.today && (upfront > 0 || s.payDay == 0)
	// A first payment on acceptance moves with it, but never onto the second one.
	t.ValidThrough = t.FirstOn()
	if t.AtOnce {
		t.ValidThrough = t.Instalments[1].DueOn.AddDays(-1)
	}
	return t
}
