package console_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/offers"
)

// form is what a browser would send of the policy's form as it is shown.
func form(a answer) url.Values {
	v := url.Values{}
	f := a.Find(`form[action^="/console/policy"]`)
	f.Find("input").Each(func(_ int, s *goquery.Selection) {
		kind, _ := s.Attr("type")
		_, checked := s.Attr("checked")
		if kind != "checkbox" || checked {
			v.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
		}
	})
	f.Find("select").Each(func(_ int, s *goquery.Selection) {
		v.Add(s.AttrOr("name", ""), s.Find("option[selected]").AttrOr("value", ""))
	})
	return v
}

func (w *world) kinds(n tenant) []cases.CommitmentKind {
	w.t.Helper()
	view, err := w.offers.Show(context.Background(), n.creditor.ID, n.file.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	var kinds []cases.CommitmentKind
	for _, o := range view.Offers {
		kinds = append(kinds, o.Kind)
	}
	return kinds
}

func has(kinds []cases.CommitmentKind, kind cases.CommitmentKind) bool {
	for _, k := range kinds {
		if k == kind {
			return true
		}
	}
	return false
}

func TestAPolicyEditChangesTheNextMenu(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		if kinds := w.kinds(w.es); has(kinds, cases.EarlyPayment) {
			t.Fatalf("the default gives no discount: %v", kinds)
		}
		b := w.signedIn(w.es.admin)
		typed := form(b.get("/console/policy").want(t, http.StatusOK))
		typed.Set("early_payment.ladder.0.within_days", "7")
		typed.Set("early_payment.ladder.0.principal_bp", "12,5 %")
		typed.Set("early_payment.ladder.0.interest_bp", "100")
		typed.Set("early_payment.ladder.0.fees_bp", "100")
		typed.Set("plan.min_instalment_minor.EUR", "1.050,50")
		typed.Set("plan.pay_days", "1; 15,31")
		typed.Set("action", "draft")
		b.post("/console/policy", typed).want(t, http.StatusSeeOther)
		if v, err := w.offers.Policy(context.Background(), w.es.creditor.ID); err != nil || v.InForce.Version != 0 || v.Draft == nil {
			t.Fatalf("a draft is not in force: %+v %v", v, err)
		}
		typed = form(b.get("/console/policy").want(t, http.StatusOK))
		if typed.Get("early_payment.ladder.0.principal_bp") != "12,5" || typed.Get("plan.min_instalment_minor.EUR") != "1050,50" || typed.Get("plan.pay_days") != "1, 15, 31" {
			t.Errorf("the draft is shown to go on with: %v", typed)
		}
		typed.Set("action", "publish")
		a := b.post("/console/policy", typed).want(t, http.StatusSeeOther)
		a = b.get(a.header.Get("Location")).want(t, http.StatusOK)
		if text(a.Find(".flash")) == "" {
			t.Error("publishing isn't confirmed")
		}
		v, err := w.offers.Policy(context.Background(), w.es.creditor.ID)
		if err != nil || v.InForce.Version != 1 || v.Draft != nil || v.InForce.Author != "Ada de alfa" {
			t.Fatalf("in force: %+v %v", v, err)
		}
		p := v.InForce.Document
		if p.EarlyPayment.Ladder[0] != (offers.Step{WithinDays: 7, PrincipalBP: 1250, InterestBP: 10_000, FeesBP: 10_000}) ||
			p.Plan.MinInstalmentMinor["EUR"] != 1050_50 || p.Plan.MaxCount != nil || p.Settlement.PublishedBP != nil {
			t.Errorf("what was typed is in force and what was left empty inherits: %+v", p)
		}
		next := w.es
		next.debtor, next.file, next.late = w.seed(w.es.creditor, false, "Siguiente", "C-siguiente")
		if kinds := w.kinds(next); !has(kinds, cases.EarlyPayment) || has(kinds, cases.Plan) {
			t.Errorf("the next debtor sees the change: %v", kinds)
		}
		if kinds := w.kinds(w.es); has(kinds, cases.EarlyPayment) {
			t.Errorf("what was shown before stays: %v", kinds)
		}
	})
}

func TestAPolicyThatCantBeIsShownAgainWithItsErrors(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		b := w.signedIn(w.es.admin)
		typed := form(b.get("/console/policy").want(t, http.StatusOK))
		rubbish := map[string]string{
			"plan.min_count": `"><script>alert(1)</script>`, "plan.min_upfront_bp": "diez", "keeping.grace_days": "99999999999999999999",
			"plan.min_instalment_minor.EUR": "12,345", "plan.pay_days": "lunes", "early_payment.ladder.1.interest_bp": "50", "settlement.published_bp": "-3",
		}
		for name, value := range rubbish {
			typed.Set(name, value)
		}
		a := b.post("/console/policy", typed).want(t, http.StatusUnprocessableEntity)
		for name, value := range rubbish {
			field := a.Find(`input[name="` + name + `"]`)
			if got, _ := field.Attr("value"); got != value {
				t.Errorf("%s: typed %q, shown again as %q", name, value, got)
			}
			wrong := name
			if strings.HasPrefix(name, "early_payment.ladder.1") {
				wrong = "early_payment.ladder.1.within_days" // what is missing is the day
			}
			if a.Find(`[id="`+wrong+`-error"]`).Length() != 1 {
				t.Errorf("%s has no error beside it", wrong)
			}
		}
		if a.Find("script:not([src])").Length() != 0 {
			t.Error("what was typed became a script")
		}

		// Rules of the room, beside the field as it stands in the form: the rung
		// typed in the second row is the first of the policy.
		typed = form(b.get("/console/policy").want(t, http.StatusOK))
		typed.Set("early_payment.ladder.1.within_days", "7")
		typed.Set("early_payment.ladder.1.principal_bp", "30")
		typed.Set("early_payment.cap_bp", "20")
		typed.Set("plan.min_count", "9")
		a = b.post("/console/policy", typed).want(t, http.StatusUnprocessableEntity)
		for _, field := range []string{"early_payment.ladder.1.principal_bp", "plan.min_count"} {
			if a.Find(`[id="`+field+`-error"]`).Length() != 1 {
				t.Errorf("%s has no error beside it: %s", field, text(a.Find(".errors")))
			}
		}
		if strings.Contains(text(a.Find(".errors")), "…") {
			t.Errorf("an error is not filled in: %s", text(a.Find(".errors")))
		}
		if v, err := w.offers.Policy(context.Background(), w.es.creditor.ID); err != nil || v.InForce.Version != 0 {
			t.Errorf("nothing was published: %+v %v", v.InForce, err)
		}
	})
}

func TestTheSecondOfTwoAdminsIsTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		first, second := w.signedIn(w.es.admin), w.signedIn("both@example.com")
		one, two := form(first.get("/console/policy")), form(second.get("/console/policy?creditor=alfa&lang=es"))
		one.Set("keeping.grace_days", "3")
		two.Set("keeping.grace_days", "8")
		first.post("/console/policy", one).want(t, http.StatusSeeOther)
		a := second.post("/console/policy", two).want(t, http.StatusConflict)
		again := form(a)
		if a.Find(".errors").Length() != 1 || again.Get("keeping.grace_days") != "8" || again.Get("based_on") != "1" {
			t.Errorf("told, with what was typed, on the new version: %v", again)
		}
		second.post("/console/policy", again).want(t, http.StatusSeeOther)
		two.Del("based_on")
		second.post("/console/policy", two).want(t, http.StatusConflict)
	})
}

func TestACollectorReadsThePolicyOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		b := w.signedIn(w.es.collector)
		a := b.get("/console/policy").want(t, http.StatusOK)
		if a.Find(`form[action^="/console/policy"] button`).Length() != 0 {
			t.Error("a collector has nothing to press")
		}
		b.post("/console/policy", form(a)).want(t, http.StatusForbidden)
		// Who is an admin elsewhere isn't one here.
		both := w.signedIn("both@example.com")
		both.post("/console/policy?creditor=beta", form(both.get("/console/policy?creditor=beta"))).want(t, http.StatusForbidden)
		both.post("/console/policy", url.Values{"creditor": {"beta"}, "based_on": {"0"}}).want(t, http.StatusForbidden)
		both.post("/console/policy", form(both.get("/console/policy?creditor=alfa"))).want(t, http.StatusSeeOther)
	})
}
