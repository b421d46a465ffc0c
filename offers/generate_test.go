package offers_test

import (
	"time"

	"pgregory.net/rapid"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/offers"
)

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
	if least <= 6 && rapid.IntRange(0, 4).Draw(t, "max count unset") == 0 {
		p.MaxCount = nil
	}
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
