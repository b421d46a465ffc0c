package offers

import "github.com/acuerdo/acuerdo/money"

// Problem is one reason why a policy can't be published: the field's name in the
// document ("plan.min_count", "early_payment.ladder.0.within_days"), a message
// key and what fills its placeholders.
type Problem struct {
	Field  string
	Key    string
	Params map[string]any
}

// Validate finds what a policy contradicts itself in, with unset fields taken
// from the default for the creditor's currency. None means it can be published.
func Validate(policy Policy, currency money.Currency) []Problem { return nil }
