package offers_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/offers"
)

var update = flag.Bool("update", false, "rewrite the offers in testdata/menu.txt; read every line of the difference")

const menuTable = "testdata/menu.txt"

// TestMenuTable holds the engine to worked examples that need no programmer to read.
func TestMenuTable(t *testing.T) {
	content, err := os.ReadFile(menuTable)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(content), "\n== ")
	rewritten := []string{blocks[0]}
	for _, block := range blocks[1:] {
		title, body, _ := strings.Cut(block, "\n")
		input, want, found := strings.Cut(body, "offered:\n")
		if !found {
			t.Fatalf("%q says nothing about what is offered", title)
		}
		got := ""
		t.Run(title, func(t *testing.T) {
			policy, facts := readExample(t, input)
			if problems := offers.Validate(policy, facts.Currency); len(problems) > 0 {
				t.Fatalf("the policy can't be published: %v", problems)
			}
			got = write(offers.Menu(policy, 1, facts))
			if got != strings.TrimRight(want, "\n")+"\n" && !*update {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
		rewritten = append(rewritten, title+"\n"+input+"offered:\n"+got)
	}
	if len(blocks) < 30 {
		t.Errorf("only %d examples", len(blocks)-1)
	}
	if *update {
		if err := os.WriteFile(menuTable, []byte(strings.Join(rewritten, "\n== ")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func readExample(t *testing.T, input string) (offers.Policy, offers.Facts) {
	t.Helper()
	facts := offers.Facts{Kind: cases.Consumer, Invoices: 1, Open: true}
	var policy offers.Policy
	var err error
	for line := range strings.SplitSeq(strings.TrimSpace(input), "\n") {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "policy":
			if strings.HasPrefix(value, "{") {
				policy, err = offers.ParsePolicy([]byte(value))
			} else {
				policy, err = offers.Example(value)
			}
		case "owed":
			err = readOwed(value, &facts)
		case "debtor":
			err = readDebtor(value, &facts)
		case "today":
			facts.Today = clock.MustDate(value)
		case "discount first shown":
			facts.DiscountFrom = clock.MustDate(value)
		case "other offers stand until":
			facts.OffersUntil = clock.MustDate(value)
		default:
			t.Fatalf("%q is no line of an example", line)
		}
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return policy, facts
}

// readOwed reads "EUR 300.00 principal, 2.00 interest, 1.00 fees".
func readOwed(s string, f *offers.Facts) error {
	code, rest, _ := strings.Cut(s, " ")
	f.Currency = money.Currency(code)
	for amount := range strings.SplitSeq(rest, ", ") {
		var figure, component string
		if _, err := fmt.Sscan(amount, &figure, &component); err != nil {
			return err
		}
		_, decimals, _ := strings.Cut(figure, ".")
		if len(decimals) != f.Currency.Decimals() {
			return fmt.Errorf("%s needs %d decimals", figure, f.Currency.Decimals())
		}
		minor, err := strconv.ParseInt(strings.ReplaceAll(figure, ".", ""), 10, 64)
		if err != nil {
			return err
		}
		*map[string]*int64{"principal": &f.PrincipalMinor, "interest": &f.InterestMinor, "fees": &f.FeesMinor}[component] = minor
	}
	return nil
}

// readDebtor reads "company, 3 invoices, 40 days late, 1 broken agreement, agreement running".
func readDebtor(s string, f *offers.Facts) error {
	for part := range strings.SplitSeq(s, ", ") {
		n, what := math.MinInt, part
		if _, err := fmt.Sscan(part, &n, &what); err != nil {
			n, what = 0, part
		}
		switch strings.Fields(what)[0] {
		case "invoice", "invoices":
			f.Invoices = n
		case "days":
			f.DaysPastDue = n
		case "broken":
			f.BrokenAgreements = n
		case "agreement":
			f.AgreementActive = true
		case "closed":
			f.Open = false
		default:
			f.Kind = cases.DebtorKind(part)
		}
	}
	return nil
}

func write(menu []offers.Terms) string {
	if len(menu) == 0 {
		return "  nothing\n"
	}
	var b strings.Builder
	for _, x := range menu {
		plain := x.Currency.Plain
		switch x.Kind {
		case cases.EarlyPayment:
			fmt.Fprintf(&b, "  Early payment: %s by %s, saves %s (principal %s, interest %s, fees %s)",
				plain(x.TotalMinor), x.Deadline, plain(x.SavingMinor()), plain(x.DiscountPrincipalMinor), plain(x.DiscountInterestMinor), plain(x.DiscountFeesMinor))
		case cases.Settlement:
			fmt.Fprintf(&b, "  Settlement: %s in %d, saves %s", plain(x.TotalMinor), len(x.Instalments), plain(x.SavingMinor()))
		default:
			fmt.Fprintf(&b, "  Plan: %s in %d %s instalments", plain(x.TotalMinor), x.Count(), x.Frequency)
			if x.UpfrontMinor > 0 {
				fmt.Fprintf(&b, " after %s upfront", plain(x.UpfrontMinor))
			}
			if x.Autopay != offers.AutopayEncouraged {
				fmt.Fprintf(&b, ", autopay %s", x.Autopay)
			}
		}
		fmt.Fprintf(&b, "; accept by %s\n", x.ValidThrough)
		if x.Kind == cases.EarlyPayment {
			continue
		}
		b.WriteString("   ")
		for i, in := range x.Instalments {
			fmt.Fprintf(&b, " %s %s", in.DueOn, plain(in.AmountMinor))
			if i == 0 && x.AtOnce {
				b.WriteString(" (on acceptance)")
			}
			if i < len(x.Instalments)-1 {
				b.WriteString(",")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
