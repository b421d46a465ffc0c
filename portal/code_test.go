package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/reminders"
)

// asked is a browser that consented to an offer and is asked for the code.
func (w *world) asked(n debtor) browser {
	w.t.Helper()
	b := w.entered(n)
	a := b.post(b.offer()+"/accept", url.Values{"consent": {"on"}}).want(w.t, http.StatusSeeOther)
	if got := a.header.Get("Location"); got != "/portal/code" {
		w.t.Fatalf("led to %s", got)
	}
	return b
}

func TestOneCodeUnderAHundredPostsMakesOneAgreement(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		b := w.asked(w.ana)
		if w.count("commitments") != 0 {
			t.Fatal("agreed before the code")
		}
		code := url.Values{"code": {w.codes()[0]}}
		cookies := b.client.Jar.Cookies(must(url.Parse(w.server.URL)))
		var all sync.WaitGroup
		got := make([]answer, 100)
		for i := range got {
			one := w.browser()
			one.client.Jar.SetCookies(must(url.Parse(w.server.URL)), cookies)
			all.Go(func() { got[i] = one.post("/portal/code", code) })
		}
		all.Wait()
		passed := 0
		for _, a := range got {
			switch {
			case a.status == http.StatusSeeOther && a.header.Get("Location") == "/portal": // too late: whoever has the new session sees how it stands
			case a.status == http.StatusSeeOther:
				passed++
			case a.status == http.StatusUnprocessableEntity:
			default:
				t.Errorf("%d: %.500s", a.status, a.body)
			}
		}
		if passed != 1 || w.count("commitments") != 1 || w.count("payments") != 1 {
			t.Errorf("%d posts passed, %d agreements, %d payments", passed, w.count("commitments"), w.count("payments"))
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestANewCodeKillsTheOldOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		b := w.asked(w.ana)
		a := b.post("/portal/code", url.Values{"resend": {"1"}}).want(t, http.StatusSeeOther)
		if got := b.get(a.header.Get("Location")).want(t, http.StatusOK).Find(".flash").Length(); got != 1 {
			t.Error("the page doesn't say that a new code is on its way")
		}
		codes := w.codes()
		if len(codes) != 2 || codes[0] == codes[1] {
			t.Fatalf("codes %v", codes)
		}
		a = b.post("/portal/code", url.Values{"code": {codes[0]}}).want(t, http.StatusUnprocessableEntity)
		if a.Find("#code[aria-invalid=true]").Length() != 1 || w.count("commitments") != 0 {
			t.Error("the old code must be refused beside its field")
		}
		b.post("/portal/code", url.Values{"code": {codes[1]}}).want(t, http.StatusSeeOther)
		if w.count("commitments") != 1 {
			t.Error("the new code makes the agreement")
		}
	})
}

func TestACodeIsOfItsSessionAndItsTime(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.SQLite(t))
	b := w.asked(w.ana)
	other := w.entered(w.ana) // the same person's other device asked for no code
	other.post("/portal/code", url.Values{"code": {w.codes()[0]}}).want(t, http.StatusUnprocessableEntity)
	before, _ := b.cookie("acuerdo")
	w.clock.Advance(11 * time.Minute)
	a := b.post("/portal/code", url.Values{"code": {w.codes()[0]}}).want(t, http.StatusUnprocessableEntity)
	if a.Find("input[name=resend]").Length() != 1 {
		t.Error("after ten minutes a new code is offered")
	}
	b.post("/portal/code", url.Values{"resend": {"1"}}).want(t, http.StatusSeeOther)
	b.post("/portal/code", url.Values{"code": {w.codes()[1]}}).want(t, http.StatusSeeOther)
	if after, _ := b.cookie("acuerdo"); after == before {
		t.Error("the session kept its id as its tier rose")
	}
	if w.count("commitments") != 1 {
		t.Errorf("%d agreements", w.count("commitments"))
	}
}

func (b browser) cookie(name string) (string, bool) {
	for _, c := range b.client.Jar.Cookies(must(url.Parse(b.w.server.URL))) {
		if c.Name == name {
			return c.Value, true
		}
	}
	return "", false
}

func TestWhoHasNoAddressGivesOneAndItIsProved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		w.update(db.Of(w.ana.creditor.ID), func(tx *db.Tx) error {
			return tx.Model(&cases.Debtor{}).Where("creditor_id = ? AND id = ?", w.ana.creditor.ID, w.ana.debtor.ID).Update("email", "").Error
		})
		b := w.asked(w.ana)
		page := b.get("/portal/code").want(t, http.StatusOK)
		if page.Find("input[name=email]").Length() != 1 || page.Find("input[name=code]").Length() != 0 {
			t.Fatal("the page asks for the address first")
		}
		for _, bad := range []string{"", "ana", "ana@correo", "Ana <ana@correo.example>", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", strings.Repeat("a", 200) + "@b.example"} {
			a := b.post("/portal/code", url.Values{"email": {bad}}).want(t, http.StatusUnprocessableEntity)
			if a.Find("#email[aria-invalid=true]").Length() != 1 || w.count("messages") != 0 {
				t.Errorf("%q was taken", bad)
			}
		}
		b.post("/portal/code", url.Values{"email": {" ana.new@correo.example "}}).want(t, http.StatusSeeOther)
		page = b.get("/portal/code").want(t, http.StatusOK)
		if page.Find("input[name=code]").Length() != 1 || !strings.Contains(page.Find("main").Text(), "ana.new@correo.example") {
			t.Error("the page says where the code went")
		}
		b.post("/portal/code", url.Values{"code": {w.codes()[0]}}).want(t, http.StatusSeeOther)
		var debtor cases.Debtor
		var to []string
		w.update(db.Of(w.ana.creditor.ID), func(tx *db.Tx) (err error) {
			if debtor, err = cases.GetDebtor(tx, w.ana.creditor.ID, w.ana.debtor.ID); err != nil {
				return err
			}
			return tx.Model(&reminders.Message{}).Where("creditor_id = ?", w.ana.creditor.ID).Distinct().Pluck("recipient", &to).Error
		})
		if debtor.Email != "ana.new@correo.example" || len(to) != 1 || to[0] != debtor.Email {
			t.Errorf("the file has %q, messages went to %v", debtor.Email, to)
		}
	})
}

func TestNothingIsAgreedWithoutConsent(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.SQLite(t))
	b := w.entered(w.ana)
	offer := b.offer()
	a := b.post(offer+"/accept", url.Values{}).want(t, http.StatusUnprocessableEntity)
	if a.Find("#consent[aria-invalid=true]").Length() != 1 || len(w.codes()) != 0 {
		t.Errorf("no consent, no code: %s", a.Find(".errors").Text())
	}
	w.clock.Advance(16 * time.Minute)
	a = b.post(offer+"/accept", url.Values{"consent": {"on"}}).want(t, http.StatusUnauthorized)
	if strings.Contains(a.body, w.ana.debtor.Name) || w.count("commitments") != 0 {
		t.Error("an idle session is over and shows nothing")
	}
}

func TestSigningOutEndsTheSessionAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.SQLite(t))
	b := w.entered(w.ana)
	stolen, _ := b.cookie("acuerdo")
	b.post("/portal/sign-out", url.Values{}).want(t, http.StatusSeeOther)
	if _, still := b.cookie("acuerdo"); still {
		t.Error("the cookie stayed")
	}
	w.browser().do(http.MethodGet, "/portal", nil, "Cookie", "acuerdo="+stolen).want(t, http.StatusUnauthorized)
	c := w.entered(w.ana)
	w.update(db.Of(w.ana.creditor.ID), func(tx *db.Tx) error {
		return w.access.RevokeLinksOfCase(tx, w.ana.creditor.ID, w.ana.file.ID)
	})
	c.get("/portal").want(t, http.StatusUnauthorized)
}
