// Package offers decides which terms a creditor's policy allows for a case. The
// engine is pure: policy and facts in, terms out, with no clock, no I/O and no
// floats, so the same input gives the same answer for ever. The store keeps what
// was shown, because an offer stays good until it expires whatever the policy does.
package offers

import (
	"bytes"
	"encoding/json"
	"maps"

	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/money"
)

// Frequency is how often an instalment comes due.
type Frequency string

// The frequencies, and how many days lie between two payments; monthly ones
// follow the calendar.
const (
	Weekly      Frequency = "weekly"
	Fortnightly Frequency = "fortnightly"
	Monthly     Frequency = "monthly"
)

// Autopay is whether a plan charges a saved card by itself.
type Autopay string

// The ways of autopay.
const (
	AutopayOff        Autopay = "off"
	AutopayEncouraged Autopay = "encouraged"
	AutopayRequired   Autopay = "required"
)

// LastDay among the pay days is the last day of the month, whichever it is.
const LastDay = 31

// WholeBP is 100 % in basis points.
const WholeBP = 10_000

// Policy is what a creditor allows. Percentages are basis points (1000 is 10 %),
// times are calendar days, money is in minor units. A field that is unset
// inherits the default; zero is a value, and so is an empty list.
type Policy struct {
	EarlyPayment EarlyPayment `json:"early_payment"`
	Settlement   Settlement   `json:"settlement"`
	Plan         Plan         `json:"plan"`
	Bargaining   Bargaining   `json:"bargaining"`
	Keeping      Keeping      `json:"keeping"`
}

// EarlyPayment is the discount for paying everything soon.
type EarlyPayment struct {
	// Ladder is ordered by days: who pays sooner saves more. An empty one offers nothing.
	Ladder []Step `json:"ladder,omitzero"`
	// CapBP is the most that the discount may be, of the balance. Over it, principal
	// is what is discounted less.
	CapBP *int64 `json:"cap_bp,omitzero"`
}

// Step is one rung: pay within so many days of first seeing the offer, and these
// shares of principal, interest and fees fall away.
type Step struct {
	WithinDays  int   `json:"within_days"`
	PrincipalBP int64 `json:"principal_bp"`
	InterestBP  int64 `json:"interest_bp"`
	FeesBP      int64 `json:"fees_bp"`
}

// Settlement closes a case for less than is owed.
type Settlement struct {
	// PublishedBP is the share of the balance that falls away; 0 is not offered.
	// Fees fall away first, then interest, then principal.
	PublishedBP *int64 `json:"published_bp,omitzero"`
	Payments    *int   `json:"payments,omitzero"`  // in how many payments at most, 1 or more
	LastDays    *int   `json:"last_days,omitzero"` // when the last of them is due, from today
}

// Plan is paying all of it in instalments.
type Plan struct {
	MinCount *int `json:"min_count,omitzero"` // instalments, an upfront payment not counted
	MaxCount *int `json:"max_count,omitzero"` // 0: plans are not offered
	// MinInstalmentMinor is the least an instalment may be, for each currency. A
	// currency that is not named inherits the default's.
	MinInstalmentMinor map[money.Currency]int64 `json:"min_instalment_minor,omitzero"`
	// Frequencies are in order of preference: the menu's plans use the first that
	// gives a plan. An empty list offers none.
	Frequencies  []Frequency `json:"frequencies,omitzero"`
	MinUpfrontBP *int64      `json:"min_upfront_bp,omitzero"` // paid on acceptance, of the balance
	// DaysToFirst is when the first instalment is due, from today; 0 is on
	// acceptance, or a period after the upfront payment where there is one.
	DaysToFirst *int `json:"days_to_first,omitzero"`
	// PayDays are the days of the month on which monthly instalments may fall due:
	// 1 to 28, or LastDay. Empty: any. The first is the next one on or after DaysToFirst.
	PayDays []int   `json:"pay_days,omitzero"`
	MaxDays *int    `json:"max_days,omitzero"` // the last instalment is due by then, from today
	Autopay Autopay `json:"autopay,omitzero"`
}

// Bargaining is how offers are handled.
type Bargaining struct {
	OfferValidDays *int `json:"offer_valid_days,omitzero"` // an offer can be accepted until the end of that day
}

// Keeping is what happens once terms are agreed.
type Keeping struct {
	// GraceDays is how long an instalment may be late before the agreement breaks.
	// An early-payment discount has none: its deadline is its price.
	GraceDays *int `json:"grace_days,omitzero"`
}

// DefaultPolicy is what applies where a creditor has decided nothing: no
// discounts, and plans of two to six months.
func DefaultPolicy(currency money.Currency) Policy {
	return Policy{
		EarlyPayment: EarlyPayment{Ladder: []Step{}, CapBP: new(int64(WholeBP))},
		Settlement:   Settlement{PublishedBP: new(int64(0)), Payments: new(1), LastDays: new(30)},
		Plan: Plan{
			MinCount: new(2), MaxCount: new(6),
			MinInstalmentMinor: map[money.Currency]int64{currency: defaultMinInstalment(currency)},
			Frequencies:        []Frequency{Monthly}, MinUpfrontBP: new(int64(0)), DaysToFirst: new(0),
			PayDays: []int{}, MaxDays: new(366), Autopay: AutopayEncouraged,
		},
		Bargaining: Bargaining{OfferValidDays: new(10)},
		Keeping:    Keeping{GraceDays: new(5)},
	}
}

// smallest are instalments of roughly 20 euros where a unit is worth much less.
var smallest = map[money.Currency]int64{
	"ARS": 20_000, "BOB": 150, "BRL": 100, "CLP": 20_000, "CNY": 150, "COP": 80_000, "CRC": 10_000, "CZK": 500,
	"DKK": 150, "DOP": 1_200, "GTQ": 150, "HNL": 500, "HUF": 8_000, "INR": 2_000, "JPY": 3_000, "KRW": 30_000,
	"KWD": 6, "MXN": 400, "NIO": 750, "NOK": 200, "PEN": 80, "PLN": 80, "PYG": 150_000, "RON": 100, "SEK": 200,
	"TND": 60, "UYU": 800, "VND": 500_000, "ZAR": 400,
}

func defaultMinInstalment(currency money.Currency) int64 {
	if units, ok := smallest[currency]; ok {
		return units * currency.Unit()
	}
	return 20 * currency.Unit()
}

// Over fills what p leaves unset from base: a creditor's policy over the
// default, and later a segment's over the creditor's.
func (p Policy) Over(base Policy) Policy {
	out := p
	if out.EarlyPayment.Ladder == nil {
		out.EarlyPayment.Ladder = base.EarlyPayment.Ladder
	}
	inherit(&out.EarlyPayment.CapBP, base.EarlyPayment.CapBP)
	inherit(&out.Settlement.PublishedBP, base.Settlement.PublishedBP)
	inherit(&out.Settlement.Payments, base.Settlement.Payments)
	inherit(&out.Settlement.LastDays, base.Settlement.LastDays)
	inherit(&out.Plan.MinCount, base.Plan.MinCount)
	inherit(&out.Plan.MaxCount, base.Plan.MaxCount)
	out.Plan.MinInstalmentMinor = maps.Clone(base.Plan.MinInstalmentMinor)
	if out.Plan.MinInstalmentMinor == nil {
		out.Plan.MinInstalmentMinor = map[money.Currency]int64{}
	}
	maps.Copy(out.Plan.MinInstalmentMinor, p.Plan.MinInstalmentMinor)
	if out.Plan.Frequencies == nil {
		out.Plan.Frequencies = base.Plan.Frequencies
	}
	inherit(&out.Plan.MinUpfrontBP, base.Plan.MinUpfrontBP)
	inherit(&out.Plan.DaysToFirst, base.Plan.DaysToFirst)
	if out.Plan.PayDays == nil {
		out.Plan.PayDays = base.Plan.PayDays
	}
	inherit(&out.Plan.MaxDays, base.Plan.MaxDays)
	if out.Plan.Autopay == "" {
		out.Plan.Autopay = base.Plan.Autopay
	}
	inherit(&out.Bargaining.OfferValidDays, base.Bargaining.OfferValidDays)
	inherit(&out.Keeping.GraceDays, base.Keeping.GraceDays)
	return out
}

func inherit[T any](field **T, base *T) {
	if *field == nil {
		*field = base
	}
}

// ParsePolicy reads a policy document. A name it does not know is refused, so
// that a typing error never silently means "inherit". It does not validate.
func ParsePolicy(document []byte) (Policy, error) {
	var p Policy
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fault.Wrap(err, fault.Invalid, "policy_unreadable")
	}
	return p, nil
}
