package portal_test

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/offers"
	"github.com/acuerdo/acuerdo/payments"
)

// belongings are the ids of what a debtor has: an offer, an agreement with its
// first instalment, a payment and a document.
type belongings struct{ offer, agreement, instalment, payment, document string }

func (w *world) owned(n debtor) belongings {
	w.t.Helper()
	ctx := context.Background()
	menu, err := w.offers.Show(ctx, n.creditor.ID, n.file.ID)
	if err != nil || len(menu.Offers) < 2 {
		w.t.Fatalf("%d offers: %v", len(menu.Offers), err)
	}
	c, err := w.offers.Accept(ctx, offers.Acceptance{
		CreditorID: n.creditor.ID, CaseID: n.file.ID, OfferID: menu.Offers[0].ID, TermsText: "Terms\n", Language: "es", VerifiedBy: "invoice_last4+code:email", Autopay: true,
		AgreementPDF: func(offers.Agreement) ([]byte, error) { return []byte("%PDF-1.4"), nil },
	})
	w.must(err)
	var f cases.File
	w.must(w.d.View(ctx, db.Of(n.creditor.ID), func(tx *db.Tx) (err error) {
		f, err = cases.Load(tx, n.creditor.ID, n.file.ID, w.clock.Now())
		return err
	}))
	in := f.Commitments[0].Schedule[0]
	p, err := w.payments.Start(ctx, payments.StartRequest{CreditorID: n.creditor.ID, CaseID: n.file.ID, AmountMinor: in.OpenMinor, CommitmentID: &c.ID, InstalmentID: &in.ID, Language: "es"})
	w.must(err)
	return belongings{menu.Offers[1].ID.String(), c.ID.String(), in.ID.String(), p.ID.String(), n.document.String()}
}

func TestOtherPeoplesThingsDontExist(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		w.owned(w.ana)
		bens, carlas := w.owned(w.ben), w.owned(w.carla)
		b := w.entered(w.ana)
		const nobodys = "0198c6f0-0000-7000-8000-000000000000"
		for _, route := range []struct {
			method, path string
			form         func(id string) url.Values
			of           func(belongings) string
		}{
			{http.MethodGet, "/portal/offers/%", nil, func(o belongings) string { return o.offer }},
			{http.MethodPost, "/portal/offers/%/accept", func(string) url.Values { return url.Values{"consent": {"on"}} }, func(o belongings) string { return o.offer }},
			{http.MethodPost, "/portal/offers/%/accept", func(string) url.Values { return url.Values{} }, func(o belongings) string { return o.offer }},
			{http.MethodGet, "/portal/payments/%", nil, func(o belongings) string { return o.payment }},
			{http.MethodPost, "/portal/payments", func(id string) url.Values { return url.Values{"instalment": {id}} }, func(o belongings) string { return o.instalment }},
			{http.MethodGet, "/portal/agreements/%", nil, func(o belongings) string { return o.agreement }},
			{http.MethodGet, "/portal/agreements/%.pdf", nil, func(o belongings) string { return o.agreement }},
			{http.MethodGet, "/portal/documents/%", nil, func(o belongings) string { return o.document }},
		} {
			ask := func(id string) answer {
				var form url.Values
				if route.form != nil {
					form = route.form(id)
				}
				return b.do(route.method, strings.Replace(route.path, "%", id, 1), form).want(t, http.StatusNotFound)
			}
			none := ask(nobodys)
			if none.Find("h1").Length() != 1 {
				t.Errorf("%s: no page", route.path)
			}
			for whose, id := range map[string]string{"another debtor": route.of(bens), "another creditor's debtor": route.of(carlas), "nobody, as it is no id": "rubbish"} {
				if got := ask(id).shown(); got != none.shown() {
					t.Errorf("%s %s of %s differs from what doesn't exist:\n%s\n%s", route.method, route.path, whose, got, none.shown())
				}
			}
		}
		if n := len(w.codes()); n != 0 {
			t.Errorf("%d codes were sent", n)
		}
	})
}

func TestASessionOfOneCaseOpensNoOther(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.SQLite(t))
	b := w.entered(w.ana)
	if a := b.get("/l/"+w.ben.token).want(t, http.StatusOK); a.Find("input[name=fact]").Length() != 1 {
		t.Error("another case's link asks for its own fact")
	}
	b.post("/l/"+w.ben.token, url.Values{"fact": {w.ana.fact}}).want(t, http.StatusUnprocessableEntity)
	if got := b.get("/portal").want(t, http.StatusOK).Find("main").Text(); strings.Contains(got, "Ben") || !strings.Contains(got, "Ana") {
		t.Error("a refusal changes nothing in who is in")
	}
	b.post("/l/"+w.ben.token, url.Values{"fact": {w.ben.fact}}).want(t, http.StatusSeeOther)
	if got := b.get("/portal").want(t, http.StatusOK).Find("main").Text(); !strings.Contains(got, "Ben") || strings.Contains(got, "Ana") {
		t.Error("the new session shows the other case and nothing of the first")
	}
}

func TestFilesAreToKeepAndNotToRun(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.SQLite(t))
	own := w.owned(w.ana)
	b := w.entered(w.ana)
	w.update(db.Of(w.ben.creditor.ID), func(tx *db.Tx) error {
		return tx.Model(&cases.Document{}).Where("creditor_id = ? AND id = ?", w.ben.creditor.ID, w.ben.document).
			Update("filename", "año\"; x=\"\r\nSet-Cookie: a=b.pdf").Error
	})
	odd := w.entered(w.ben).get("/portal/documents/"+w.ben.document.String()).want(t, http.StatusOK)
	kind, params, err := mime.ParseMediaType(odd.header.Get("Content-Disposition"))
	if err != nil || kind != "attachment" || params["filename"] != "año\"; x=\"\r\nSet-Cookie: a=b.pdf" || len(params) != 1 || len(odd.header.Values("Set-Cookie")) != 0 {
		t.Errorf("a name is a name, whatever is in it: %v %v %v", odd.header, params, err)
	}
	for path, name := range map[string]string{
		"/portal/documents/" + own.document: "factura A-1001.pdf", "/portal/agreements/" + own.agreement + ".pdf": ".pdf", "/portal/statement.pdf": w.ana.file.Ref,
	} {
		a := b.get(path).want(t, http.StatusOK)
		h := a.header
		if !strings.HasPrefix(a.body, "%PDF-") || h.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") ||
			!strings.Contains(h.Get("Content-Disposition"), name) || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, h)
		}
	}
}
