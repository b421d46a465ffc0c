package offers_test

import (
	"encoding/json"
	"flag"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/offers"
)

// TestLaws generates policies and cases and holds every menu to each law; the
// numbers are those of the list in docs. -rapid.checks asks for more or fewer.
func TestLaws(t *testing.T) {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		checks := "100000"
		if testing.Short() || raceDetector {
			checks = "2000"
		}
		if err := flag.Set("rapid.checks", checks); err != nil {
			t.Fatal(err)
		}
	}
	laws := []struct {
		name string
		hold func(*rapid.T, world)
	}{
		{"1 floor", lawFloor}, {"4 sums", lawSums}, {"5 dates", lawDates}, {"8 replay", lawReplay},
		{"10 discounts", lawDiscounts}, {"visits", lawVisits}, {"shape", lawShape},
	}
	offered := map[cases.CommitmentKind]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := genWorld(t)
		for _, term := range w.menu {
			offered[term.Kind]++
		}
		for _, law := range laws {
			law.hold(t, w)
		}
	})
	// A law over nothing proves nothing.
	for _, kind := range []cases.CommitmentKind{cases.EarlyPayment, cases.Settlement, cases.Plan} {
		if offered[kind] == 0 {
			t.Errorf("no %s was ever offered", kind)
		}
	}
	t.Logf("offered: %v", offered)
}

// atMost tells whether part is at most bp of whole, without rounding.
func atMost(part, whole, bp int64) bool { return part*offers.WholeBP <= whole*bp }

func lawFloor(t *rapid.T, w world) {
	p, f := w.full, w.facts
	for _, x := range w.menu {
		switch x.Kind {
		case cases.Settlement:
			if !atMost(x.SavingMinor(), x.BalanceMinor, *p.Settlement.PublishedBP) || len(x.Instalments) > *p.Settlement.Payments ||
				x.LastOn().DaysSince(f.Today) > *p.Settlement.LastDays {
				t.Fatalf("floor: a settlement beyond the published one: %+v", x)
			}
		case cases.Plan:
			floorOfPlan(t, p.Plan, f, x)
		}
		if x.Kind != cases.EarlyPayment && x.GraceDays != *p.Keeping.GraceDays || x.Kind == cases.EarlyPayment && x.GraceDays != 0 {
			t.Fatalf("floor: %d days of grace", x.GraceDays)
		}
	}
}

func floorOfPlan(t *rapid.T, p offers.Plan, f offers.Facts, x offers.Terms) {
	if x.SavingMinor() != 0 || x.TotalMinor != f.BalanceMinor() {
		t.Fatalf("floor: a plan that gives something away: %+v", x)
	}
	if n := x.Count(); n < *p.MinCount || n > *p.MaxCount {
		t.Fatalf("floor: %d instalments, want %d to %d", n, *p.MinCount, *p.MaxCount)
	}
	for _, in := range x.Instalments[len(x.Instalments)-x.Count():] {
		if in.AmountMinor < p.MinInstalmentMinor[f.Currency] {
			t.Fatalf("floor: an instalment of %d, least is %d", in.AmountMinor, p.MinInstalmentMinor[f.Currency])
		}
	}
	if atMost(x.UpfrontMinor+1, x.BalanceMinor, *p.MinUpfrontBP) || x.UpfrontMinor > 0 && x.FirstOn() != f.Today {
		t.Fatalf("floor: %d upfront on %s", x.UpfrontMinor, x.FirstOn())
	}
	if x.LastOn().DaysSince(f.Today) > *p.MaxDays || !slices.Contains(p.Frequencies, x.Frequency) || x.Autopay != p.Autopay {
		t.Fatalf("floor: too long, or at another frequency, or autopay differs: %+v", x)
	}
	first := x.Instalments[len(x.Instalments)-x.Count()].DueOn
	limit := f.Today.AddDays(*p.DaysToFirst)
	if x.UpfrontMinor > 0 && *p.DaysToFirst == 0 {
		limit = map[offers.Frequency]clock.Date{
			offers.Weekly: f.Today.AddDays(7), offers.Fortnightly: f.Today.AddDays(14), offers.Monthly: f.Today.AddMonths(1),
		}[x.Frequency]
	}
	if x.Frequency == offers.Monthly && len(p.PayDays) > 0 {
		for limit = limit.AddDays(0); !isPayDay(limit, p.PayDays); limit = limit.AddDays(1) {
		}
	}
	if first.After(limit) {
		t.Fatalf("floor: the first instalment on %s, want by %s", first, limit)
	}
}

func isPayDay(d clock.Date, payDays []int) bool {
	return slices.Contains(payDays, d.Day) && d.Day <= 28 || slices.Contains(payDays, offers.LastDay) && d.AddDays(1).Day == 1
}

func lawSums(t *rapid.T, w world) {
	for _, x := range w.menu {
		var sum int64
		low, high := int64(1)<<62, int64(0)
		for i, in := range x.Instalments {
			sum += in.AmountMinor
			if i > 0 || x.UpfrontMinor == 0 {
				low, high = min(low, in.AmountMinor), max(high, in.AmountMinor)
			}
		}
		if sum != x.TotalMinor || x.TotalMinor+x.SavingMinor() != x.BalanceMinor || x.BalanceMinor != w.facts.BalanceMinor() {
			t.Fatalf("sums: payments %d, total %d, saving %d, balance %d", sum, x.TotalMinor, x.SavingMinor(), x.BalanceMinor)
		}
		if high-low > 1 || low < 1 || high != x.EachMinor() || x.TotalMinor < 1 {
			t.Fatalf("sums: instalments from %d to %d, each %d", low, high, x.EachMinor())
		}
	}
}

func lawDates(t *rapid.T, w world) {
	for _, x := range w.menu {
		for _, day := range []clock.Date{w.facts.Today, x.ValidThrough} {
			before := day.AddDays(-1)
			for _, in := range x.On(day).Instalments {
				if !before.Before(in.DueOn) {
					t.Fatalf("dates: %s is not after %s, accepted on %s: %+v", in.DueOn, before, day, x)
				}
				before = in.DueOn
			}
		}
		if x.ValidThrough.Before(w.facts.Today) || x.ValidThrough.DaysSince(w.facts.Today) > *w.full.Bargaining.OfferValidDays {
			t.Fatalf("dates: valid through %s", x.ValidThrough)
		}
		if x.Kind != cases.Plan || x.Frequency != offers.Monthly {
			continue
		}
		regular := x.Instalments[len(x.Instalments)-x.Count():]
		day := 0 // the day of the month that the plan keeps
		for _, in := range regular {
			day = max(day, in.DueOn.Day)
		}
		for _, in := range x.On(x.ValidThrough).Instalments[len(x.Instalments)-x.Count():] {
			if len(w.full.Plan.PayDays) > 0 && !isPayDay(in.DueOn, w.full.Plan.PayDays) {
				t.Fatalf("dates: %s is no pay day of %v", in.DueOn, w.full.Plan.PayDays)
			}
		}
		for _, in := range regular {
			if in.DueOn.Day != day && in.DueOn.AddDays(1).Day != 1 {
				t.Fatalf("dates: %s in a plan that pays on the %d", in.DueOn, day)
			}
		}
	}
}

func lawReplay(t *rapid.T, w world) {
	bytes := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := bytes(w.menu)
	policy, err := offers.ParsePolicy(bytes(w.policy))
	if err != nil {
		t.Fatal(err)
	}
	var facts offers.Facts
	if err := json.Unmarshal(bytes(w.facts), &facts); err != nil {
		t.Fatal(err)
	}
	if again := bytes(offers.Menu(policy, 7, facts)); string(again) != string(first) {
		t.Fatalf("replay: from what is stored\n%s\nat first\n%s", again, first)
	}
	if full := bytes(offers.Menu(w.full, 7, w.facts)); string(full) != string(first) {
		t.Fatalf("replay: with the defaults written out\n%s\nat first\n%s", full, first)
	}
}

func lawDiscounts(t *rapid.T, w world) {
	p, f := w.full.EarlyPayment, w.facts
	from := f.DiscountFrom
	if from.IsZero() {
		from = f.Today
	}
	best := int64(0)
	for _, s := range p.Ladder {
		if !from.AddDays(s.WithinDays).Before(f.Today) {
			best = max(best, f.PrincipalMinor*s.PrincipalBP/offers.WholeBP+f.InterestMinor*s.InterestBP/offers.WholeBP+f.FeesMinor*s.FeesBP/offers.WholeBP)
		}
	}
	best = min(best, f.BalanceMinor()**p.CapBP/offers.WholeBP)
	saving := int64(0)
	for _, x := range w.menu {
		if x.DiscountPrincipalMinor < 0 || x.DiscountInterestMinor < 0 || x.DiscountFeesMinor < 0 {
			t.Fatalf("discounts: negative in %+v", x)
		}
		if x.Kind != cases.EarlyPayment {
			continue
		}
		saving = x.SavingMinor()
		if !atMost(saving, x.BalanceMinor, *p.CapBP) {
			t.Fatalf("discounts: %d is over the cap %d of %d", saving, *p.CapBP, x.BalanceMinor)
		}
		if x.Deadline.Before(f.Today) || x.LastOn() != x.Deadline || x.ValidThrough.After(x.Deadline) {
			t.Fatalf("discounts: deadline %s, paid on %s, valid through %s", x.Deadline, x.LastOn(), x.ValidThrough)
		}
		if !slices.ContainsFunc(p.Ladder, func(s offers.Step) bool {
			return from.AddDays(s.WithinDays) == x.Deadline && atMost(x.DiscountPrincipalMinor, f.PrincipalMinor, s.PrincipalBP) &&
				atMost(x.DiscountInterestMinor, f.InterestMinor, s.InterestBP) && atMost(x.DiscountFeesMinor, f.FeesMinor, s.FeesBP)
		}) {
			t.Fatalf("discounts: no rung of %+v allows %+v", p.Ladder, x)
		}
	}
	if open := f.Open && !f.AgreementActive && best < f.BalanceMinor(); open && saving != best {
		t.Fatalf("discounts: saves %d, the best rung saves %d", saving, best)
	}
}

// lawVisits: coming back later, with nothing else changed, never saves more.
func lawVisits(t *rapid.T, w world) {
	saving := func(menu []offers.Terms) (n int64) {
		for _, x := range menu {
			if x.Kind == cases.EarlyPayment {
				n = x.SavingMinor()
			}
		}
		return n
	}
	later := w.facts
	if later.DiscountFrom.IsZero() {
		later.DiscountFrom = later.Today
	}
	before := saving(w.menu)
	for _, days := range []int{0, 1, 10, 120} {
		later.Today = w.facts.Today.AddDays(days)
		now := saving(offers.Menu(w.policy, 7, later))
		if now > before {
			t.Fatalf("visits: %d days later %d is saved instead of %d", days, now, before)
		}
		before = now
	}
	if before != 0 {
		t.Fatalf("visits: %d is still saved after every deadline", before)
	}
}

// lawShape: one discount, one settlement, at most three different plans, in that
// order, and nothing at all where nothing can be agreed.
func lawShape(t *rapid.T, w world) {
	if len(w.menu) > 0 && (!w.facts.Open || w.facts.AgreementActive || w.facts.BalanceMinor() <= 0) {
		t.Fatal("shape: something is offered where nothing can be agreed")
	}
	together := clock.Date{}
	for _, x := range w.menu {
		if u := w.facts.OffersUntil; !u.IsZero() && x.ValidThrough.After(u) {
			t.Fatalf("shape: %s is good after %s, when the others lapse", x.Kind, u)
		}
		if x.Kind != cases.EarlyPayment && !together.IsZero() && together != x.ValidThrough {
			t.Fatalf("shape: half the menu lapses on %s, half on %s", together, x.ValidThrough)
		}
		if x.Kind != cases.EarlyPayment {
			together = x.ValidThrough
		}
	}
	if len(w.menu) > 1 && w.menu[0].ValidThrough.After(together) {
		t.Fatalf("shape: the discount outlives the others")
	}
	order := []cases.CommitmentKind{cases.EarlyPayment, cases.Settlement, cases.Plan}
	count, at, longest := map[cases.CommitmentKind]int{}, 0, 0
	for _, x := range w.menu {
		i := slices.Index(order, x.Kind)
		if count[x.Kind]++; i < at {
			t.Fatalf("shape: %s after %s", x.Kind, order[at])
		}
		at = i
		if x.Kind == cases.Plan {
			if x.Count() <= longest || len(x.Instalments) < 2 {
				t.Fatalf("shape: a plan of %d after one of %d", x.Count(), longest)
			}
			longest = x.Count()
		} else if x.SavingMinor() < 1 {
			t.Fatalf("shape: %s saves nothing", x.Kind)
		}
		if x.PolicyVersion != 7 || x.Currency != w.facts.Currency {
			t.Fatalf("shape: version %d, %s", x.PolicyVersion, x.Currency)
		}
	}
	if count[cases.EarlyPayment] > 1 || count[cases.Settlement] > 1 || count[cases.Plan] > 3 {
		t.Fatalf("shape: %v", count)
	}
}
