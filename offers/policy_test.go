package offers_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/offers"
)

func TestTheDefaultAndTheExamplesCanBePublished(t *testing.T) {
	for _, currency := range []money.Currency{"EUR", "CLP", "USD", "KWD"} {
		if p := offers.Validate(offers.DefaultPolicy(currency), currency); len(p) > 0 {
			t.Errorf("default in %s: %v", currency, p)
		}
		for _, name := range offers.ExampleNames() {
			policy, err := offers.Example(name)
			if err != nil {
				t.Fatal(err)
			}
			if p := offers.Validate(policy, currency); len(p) > 0 {
				t.Errorf("%s in %s: %v", name, currency, p)
			}
		}
	}
	if _, err := offers.Example("nobody"); err == nil {
		t.Error("an example that doesn't exist")
	}
}

func TestAPolicyThatContradictsItselfIsRefused(t *testing.T) {
	for _, c := range []struct{ document, want string }{
		{`{"early_payment": {"ladder": [{"within_days": 10, "principal_bp": 500}, {"within_days": 5, "principal_bp": 200}]}}`, "early_payment.ladder.1.within_days policy_ladder_not_ordered"},
		{`{"early_payment": {"ladder": [{"within_days": 5, "principal_bp": 200}, {"within_days": 9, "principal_bp": 500}]}}`, "early_payment.ladder.1.principal_bp policy_ladder_rewards_waiting"},
		{`{"early_payment": {"cap_bp": 1000, "ladder": [{"within_days": 5, "principal_bp": 1500}]}}`, "early_payment.ladder.0.principal_bp policy_discount_above_cap"},
		{`{"early_payment": {"ladder": [{"within_days": 5}]}}`, "early_payment.ladder.0.principal_bp policy_step_gives_nothing"},
		{`{"early_payment": {"ladder": [{"within_days": 5, "principal_bp": 10000, "interest_bp": 10000, "fees_bp": 10000}]}}`, "early_payment.ladder.0.principal_bp policy_nothing_to_pay"},
		{`{"early_payment": {"ladder": [{"within_days": -1, "fees_bp": 10000}]}}`, "early_payment.ladder.0.within_days policy_negative"},
		{`{"early_payment": {"ladder": [{"within_days": 5, "interest_bp": 10001}]}}`, "early_payment.ladder.0.interest_bp policy_above_whole"},
		{`{"early_payment": {"cap_bp": -1}}`, "early_payment.cap_bp policy_negative"},
		{`{"settlement": {"published_bp": 10000}}`, "settlement.published_bp policy_nothing_to_pay"},
		{`{"settlement": {"payments": 0}}`, "settlement.payments policy_too_small"},
		{`{"settlement": {"payments": 31}}`, "settlement.last_days policy_settlement_no_time"},
		{`{"plan": {"min_count": 8}}`, "plan.min_count policy_count_order"},
		{`{"plan": {"min_count": 0}}`, "plan.min_count policy_too_small"},
		{`{"plan": {"max_count": 100000}}`, "plan.max_count policy_too_large"},
		{`{"plan": {"min_count": 1, "max_count": 1}}`, "plan.max_count policy_one_payment_is_no_plan"},
		{`{"plan": {"min_instalment_minor": {"EUR": -1}}}`, "plan.min_instalment_minor.EUR policy_negative"},
		{`{"plan": {"min_instalment_minor": {"EUR": 900000000000000}}}`, "plan.min_instalment_minor.EUR policy_money_too_large"},
		{`{"plan": {"min_instalment_minor": {"euro": 1}}}`, "plan.min_instalment_minor.euro policy_currency_unknown"},
		{`{"plan": {"frequencies": ["daily"]}}`, "plan.frequencies policy_frequency_unknown"},
		{`{"plan": {"frequencies": ["weekly", "weekly"]}}`, "plan.frequencies policy_named_twice"},
		{`{"plan": {"min_upfront_bp": 10001}}`, "plan.min_upfront_bp policy_above_whole"},
		{`{"plan": {"min_upfront_bp": 10000}}`, "plan.min_upfront_bp policy_nothing_to_spread"},
		{`{"plan": {"days_to_first": 93}}`, "plan.days_to_first policy_too_large"},
		{`{"plan": {"pay_days": [29]}}`, "plan.pay_days policy_pay_day_unknown"},
		{`{"plan": {"pay_days": [1, 1]}}`, "plan.pay_days policy_named_twice"},
		{`{"plan": {"max_days": 20}}`, "plan.max_days policy_duration_too_short"},
		{`{"plan": {"autopay": "maybe"}}`, "plan.autopay policy_autopay_unknown"},
		{`{"bargaining": {"offer_valid_days": -3}}`, "bargaining.offer_valid_days policy_negative"},
		{`{"keeping": {"grace_days": 61}}`, "keeping.grace_days policy_too_large"},
		{`{"plan": {"max_count": 0, "min_count": 3}}`, ""},
		{`{"plan": {"frequencies": []}}`, ""},
		{`{"plan": {"frequencies": ["weekly"], "max_days": 7}}`, ""},
		{`{"settlement": {"published_bp": 0}}`, ""},
		{`{}`, ""},
	} {
		policy, err := offers.ParsePolicy([]byte(c.document))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range offers.Validate(policy, "EUR") {
			got = append(got, p.Field+" "+p.Key)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s\n got %v\nwant %s", c.document, got, c.want)
		}
	}
}

func TestATypingErrorInADocumentIsRefused(t *testing.T) {
	for _, document := range []string{`{"plans": {}}`, `{"plan": {"min_count": 2.5}}`, `{"plan": {"min_count": "2"}}`, `{`, ``} {
		if _, err := offers.ParsePolicy([]byte(document)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", document, err)
		}
	}
}

func TestUnsetInheritsAndZeroIsAValue(t *testing.T) {
	base, err := offers.Example("agency")
	if err != nil {
		t.Fatal(err)
	}
	over := offers.Policy{
		EarlyPayment: offers.EarlyPayment{Ladder: []offers.Step{}}, Settlement: offers.Settlement{PublishedBP: new(int64(0))},
		Plan:    offers.Plan{PayDays: []int{1}, MinInstalmentMinor: map[money.Currency]int64{"EUR": 0}},
		Keeping: offers.Keeping{GraceDays: new(0)},
	}
	stored, err := json.Marshal(over)
	if err != nil {
		t.Fatal(err)
	}
	read, err := offers.ParsePolicy(stored)
	if err != nil {
		t.Fatal(err)
	}
	got := read.Over(base)
	if len(got.EarlyPayment.Ladder) != 0 || *got.Settlement.PublishedBP != 0 || *got.Keeping.GraceDays != 0 || !slices.Equal(got.Plan.PayDays, []int{1}) {
		t.Errorf("what was set is lost: %+v", got)
	}
	if *got.Settlement.Payments != 3 || *got.Plan.MaxCount != 24 || got.Plan.Autopay != offers.AutopayRequired {
		t.Errorf("what was unset does not inherit: %+v", got)
	}
	if diff := cmp.Diff(map[money.Currency]int64{"EUR": 0, "USD": 2500, "CLP": 20000}, got.Plan.MinInstalmentMinor); diff != "" {
		t.Error(diff)
	}
	if base.Plan.MinInstalmentMinor["EUR"] != 2500 {
		t.Error("the base was changed")
	}
}

func TestAPublishedPolicyNeverChanges(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		edit := offers.PolicyEdit{CreditorID: b.creditor.ID, BasedOn: 1, Policy: offers.Policy{Plan: offers.Plan{MaxCount: new(99)}}, Author: "ana"}
		draft, err := b.SaveDraft(b.ctx, edit)
		b.must(err)
		edit.Policy.Plan.MaxCount = new(9)
		again, err := b.SaveDraft(b.ctx, edit)
		if b.must(err); again.ID != draft.ID || again.Version != 2 {
			t.Fatalf("a second draft %+v", again)
		}
		v, err := b.Policy(b.ctx, b.creditor.ID)
		b.must(err)
		if v.InForce.Version != 1 || v.Draft == nil || *v.Draft.Document.Plan.MaxCount != 9 {
			t.Fatalf("a draft is in force, or lost: %+v", v)
		}
		made, err := b.Publish(b.ctx, edit)
		if b.must(err); made.Version != 2 || made.State != offers.Published || made.PublishedAt == nil {
			t.Fatalf("published %+v", made)
		}
		_, err = b.Publish(b.ctx, edit)
		refused(t, err, fault.Conflict, "policy_changed_meanwhile")
		_, err = b.SaveDraft(b.ctx, edit)
		refused(t, err, fault.Conflict, "policy_changed_meanwhile")
		if v, err = b.Policy(b.ctx, b.creditor.ID); err != nil || v.Draft != nil || v.InForce.Version != 2 || len(v.Versions) != 2 {
			t.Fatalf("%+v, %v", v, err)
		}
		if old := v.Versions[1]; old.State != offers.Retired || *old.Document.Plan.MaxCount != 24 {
			t.Errorf("version 1 is %+v", old)
		}
	})
}

func TestABadPolicyIsNotPublished(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		bad := offers.Policy{Plan: offers.Plan{MinCount: new(9)}, Keeping: offers.Keeping{GraceDays: new(-1)}}
		_, err := b.Publish(b.ctx, offers.PolicyEdit{CreditorID: b.creditor.ID, BasedOn: 1, Policy: bad, Author: "ana"})
		refused(t, err, fault.Invalid, "policy_count_order")
		if p := offers.ProblemsIn(err); len(p) != 2 || fault.As(err).Field != "plan.min_count" {
			t.Errorf("%v", p)
		}
		b.must(d.View(b.ctx, db.Of(b.creditor.ID), func(tx *db.Tx) error {
			p, err := offers.CurrentPolicy(tx, b.creditor.ID, clock.MustDate("2026-11-22"))
			if p.Version != 1 {
				t.Errorf("version %d is in force", p.Version)
			}
			return err
		}))
	})
}
