package money

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitAddsUpAndDiffersByAtMostOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(0, 1<<53).Draw(t, "total")
		n := rapid.IntRange(1, 400).Draw(t, "n")
		parts := Split(total, n)
		var sum int64
		for i, p := range parts {
			sum += p
			if d := parts[0] - p; d < 0 || d > 1 {
				t.Fatalf("part %d differs by %d", i, d)
			}
		}
		if sum != total {
			t.Fatalf("parts add up to %d, not %d", sum, total)
		}
	})
}

func TestBasisPointsRoundsHalfUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(0, 1<<53).Draw(t, "minor")
		bp := rapid.Int64Range(0, 10000).Draw(t, "bp")
		want := new(big.Int).Mul(big.NewInt(minor), big.NewInt(bp))
		want.Add(want, big.NewInt(5000)).Div(want, big.NewInt(10000))
		if got := BasisPoints(minor, bp); got != want.Int64() {
			t.Fatalf("%d bp of %d is %s, got %d", bp, minor, want, got)
		}
	})
}

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		cur   Currency
		minor int64
		want  string
	}{
		{"EUR", 123450, "1234.50"}, {"EUR", -5, "-0.05"}, {"CLP", 1000, "1000"}, {"KWD", 1, "0.001"},
		{"EUR", -1 << 63, "-92233720368547758.08"},
	} {
		if got := c.cur.Plain(c.minor); got != c.want {
			t.Errorf("%s %d: got %s, want %s", c.cur, c.minor, got, c.want)
		}
	}
}
