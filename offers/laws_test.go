package offers_test

import (
	"encoding/json"
	"flag"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/money"
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

// world is one generated policy and case, with the menu they give.
type world struct {
	policy offers.Policy // as stored, with fields unset
	full   offers.Policy // every field filled
	facts  offers.Facts
	menu   []offers.Terms
}

func genWorld(t *rapid.T) world {
	w := world{policy: genPolicy(t), facts: genFacts(t)}
	w.full = w.policy.Over(offers.DefaultPolicy(w.facts.Currency))
	if p := offers.Validate(w.policy, w.facts.Currency); len(p) > 0 {
		t.Fatalf("the generator made a policy with problems: %v", p)
	}
	w.menu = offers.Menu(w.policy, 7, w.facts)
	return w
}

// maybe leaves a field unset one time in four, to inherit.
func maybe[T any](t *rapid.T, name string, unset bool, g *rapid.Generator[T]) *T {
	if unset && rapid.IntRange(0, 3).Draw(t, name+" unset") == 0 {
		return nil
	}
	return new(g.Draw(t, name))
}

var (
	shares     = rapid.OneOf(rapid.SampledFrom([]int64{0, 1, 500, 1000, 3333, 9999}), rapid.Int64Range(0, 9999))
	currencies = rapid.SampledFrom([]money.Currency{"EUR", "CLP", "USD", "JPY", "KWD"})
)

func genPolicy(t *rapid.T) offers.Policy {
	var p offers.Policy
	rungs := rapid.IntRange(0, 3).Draw(t, "rungs")
	capBP := shares.Draw(t, "cap")
	step := offers.Step{WithinDays: -1, PrincipalBP: capBP, InterestBP: offers.WholeBP, FeesBP: offers.WholeBP}
	for range rungs {
		step.WithinDays += rapid.IntRange(1, 40).Draw(t, "days more")
		step.PrincipalBP = rapid.Int64Range(0, step.PrincipalBP).Draw(t, "principal")
		step.InterestBP = rapid.Int64Range(0, step.InterestBP).Draw(t, "interest")
		step.FeesBP = rapid.Int64Range(0, step.FeesBP).Draw(t, "fees")
		if step.PrincipalBP+step.InterestBP+step.FeesBP == 0 {
			break
		}
		p.EarlyPayment.Ladder = append(p.EarlyPayment.Ladder, step)
	}
	if rungs > 0 {
		p.EarlyPayment.CapBP = &capBP
	}
	p.Settlement.PublishedBP = maybe(t, "settlement", true, shares)
	p.Settlement.Payments = new(rapid.IntRange(1, 6).Draw(t, "payments"))
	p.Settlement.LastDays = new(rapid.IntRange(*p.Settlement.Payments, 200).Draw(t, "last days"))
	genPlan(t, &p.Plan)
	p.Bargaining.OfferValidDays = maybe(t, "valid", true, rapid.IntRange(0, 40))
	p.Keeping.GraceDays = maybe(t, "grace", true, rapid.IntRange(0, 30))
	return p
}

func genPlan(t *rapid.T, p *offers.Plan) {
	p.MinUpfrontBP = maybe(t, "upfront", true, shares)
	least := rapid.IntRange(1, 5).Draw(t, "min count")
	most := rapid.SampledFrom([]int{0, least, least + 1, least + 5, 24, 104}).Draw(t, "max count")
	if most == 1 {
		most = 2
	}
	p.MinCount, p.MaxCount = &least, &most
	for _, c := range []money.Currency{"EUR", "CLP", "USD", "JPY", "KWD"} {
		if p.MinInstalmentMinor == nil {
			p.MinInstalmentMinor = map[money.Currency]int64{}
		}
		p.MinInstalmentMinor[c] = rapid.SampledFrom([]int64{0, 1, 100, 2500, 20_000}).Draw(t, "min instalment")
	}
	if rapid.IntRange(0, 3).Draw(t, "min instalment unset") == 0 {
		p.MinInstalmentMinor = nil
	}
	all := []offers.Frequency{offers.Weekly, offers.Fortnightly, offers.Monthly}
	p.Frequencies = rapid.SampledFrom([][]offers.Frequency{
		nil, {}, all[:1], all[1:2], all[2:], all, {offers.Monthly, offers.Weekly}, {offers.Fortnightly, offers.Monthly},
	}).Draw(t, "frequencies")
	p.DaysToFirst = maybe(t, "days to first", true, rapid.SampledFrom([]int{0, 0, 1, 7, 15, 30, 92}))
	p.PayDays = rapid.SampledFrom([][]int{nil, {}, {1}, {28}, {offers.LastDay}, {5, 20}, {1, 15, offers.LastDay}}).Draw(t, "pay days")
	p.MaxDays = new(rapid.IntRange(93+5*28, 800).Draw(t, "max days"))
	p.Autopay = rapid.SampledFrom([]offers.Autopay{"", offers.AutopayOff, offers.AutopayEncouraged, offers.AutopayRequired}).Draw(t, "autopay")
}

func genFacts(t *rapid.T) offers.Facts {
	amount := rapid.OneOf(rapid.Int64Range(0, 3), rapid.Int64Range(0, 100_000), rapid.Int64Range(0, 10_000_000_000_000))
	part := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 5000))
	kinds := []cases.DebtorKind{cases.Consumer, cases.SoleTrader, cases.Company, cases.PublicBody}
	f := offers.Facts{
		Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Currency: currencies.Draw(t, "currency"),
		PrincipalMinor: amount.Draw(t, "principal"), InterestMinor: part.Draw(t, "interest"), FeesMinor: part.Draw(t, "fees"),
		Invoices: rapid.IntRange(1, 9).Draw(t, "invoices"), DaysPastDue: rapid.IntRange(0, 700).Draw(t, "days past due"),
		BrokenAgreements: rapid.IntRange(0, 3).Draw(t, "broken"),
		Open:             rapid.IntRange(0, 19).Draw(t, "open") > 0, AgreementActive: rapid.IntRange(0, 19).Draw(t, "active") == 0,
		Today: clock.On(2023, time.January, 1).AddDays(rapid.IntRange(0, 3700).Draw(t, "today")),
	}
	if rapid.Bool().Draw(t, "month end") {
		f.Today = clock.On(f.Today.Year, f.Today.Month+1, 0)
	}
	if rapid.IntRange(0, 2).Draw(t, "discount shown") == 0 {
		f.DiscountFrom = f.Today.AddDays(-rapid.IntRange(0, 60).Draw(t, "shown days ago"))
	}
	if rapid.IntRange(0, 5).Draw(t, "others stand") == 0 {
		f.OffersUntil = f.Today.AddDays(rapid.IntRange(0, 20).Draw(t, "others until"))
	}
	return f
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
