package offers_test

import (
	"testing"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/offers"
)

// The goal is 20 µs for a menu.
func BenchmarkMenu(b *testing.B) {
	for _, name := range offers.ExampleNames() {
		policy, err := offers.Example(name)
		if err != nil {
			b.Fatal(err)
		}
		facts := offers.Facts{Kind: cases.Consumer, Currency: "EUR", PrincipalMinor: 123_456, InterestMinor: 7_890, FeesMinor: 2_500,
			Invoices: 2, DaysPastDue: 200, Open: true, Today: clock.MustDate("2026-11-22")}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if len(offers.Menu(policy, 1, facts)) == 0 {
					b.Fatal("nothing offered")
				}
			}
		})
	}
}
