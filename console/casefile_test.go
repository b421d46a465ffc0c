package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
)

func TestTheCaseFileTellsEverything(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		c := w.agree(w.es)
		w.update(db.Of(w.es.creditor.ID), func(tx *db.Tx) error {
			return cases.Record(tx, cases.Event{CreditorID: c.CreditorID, CaseID: c.CaseID, Kind: cases.EventPaymentFailed, Actor: cases.ByStripe,
				Channel: "stripe", Data: map[string]any{"amount_minor": 123_45, "reason": "card_declined"}, At: w.clock.Now().Add(1)})
		})
		a := w.signedIn(w.es.collector).get("/console/cases/"+strings.ToLower(w.es.file.Ref)).want(t, http.StatusOK)
		if got := text(a.Find("h1")); got != "María Soler" {
			t.Errorf("h1: %s", got)
		}
		if got := text(a.Find("#invoices")); !strings.Contains(got, "C-alfa-0001") || !strings.Contains(got, "C-alfa-0002") || !strings.Contains(got, "600,00") {
			t.Errorf("invoices: %s", got)
		}
		commitment := a.Find("#commitments article")
		if commitment.Length() != 1 || commitment.Find("tbody tr").Length() < 2 || !strings.Contains(text(commitment), c.TermsSHA256) || !strings.Contains(text(commitment), "192.0.2.7") {
			t.Errorf("commitment: %s", text(commitment))
		}
		entries := a.Find("#timeline li")
		if entries.Length() < 3 {
			t.Fatalf("timeline: %s", text(entries))
		}
		if got := text(entries.First()); !strings.Contains(got, "123,45") || !strings.Contains(got, "Stripe") {
			t.Errorf("newest first, with who and how: %s", got)
		}
		if strings.Contains(text(entries), "…") || strings.Contains(text(entries), "timeline.") {
			t.Errorf("a sentence is not filled in: %s", text(entries))
		}
		if a.Find("script:not([src])").Length() != 0 || a.Find("#invoices b").Length() != 0 || strings.Contains(a.body, "Browser <script>") {
			t.Error("what debtors and creditors typed is text")
		}
		if got := a.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control: %s", got)
		}
	})
}

func TestADocumentIsADownloadOfItsCaseOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		var doc cases.Document
		w.update(db.Of(w.es.creditor.ID), func(tx *db.Tx) (err error) {
			doc, err = cases.AddDocument(tx, cases.Document{CreditorID: w.es.creditor.ID, CaseID: &w.es.file.ID, Kind: "agreement",
				Filename: "acuerdo \"1\".pdf", MediaType: "application/pdf", Content: []byte("%PDF-1.7"), CreatedAt: noon})
			return err
		})
		_, other, _ := w.seed(w.es.creditor, false, "Otra", "C-otra")
		b := w.signedIn(w.es.collector)
		a := b.get("/console/cases/"+w.es.file.Ref+"/documents/"+doc.ID.String()).want(t, http.StatusOK)
		if got := a.header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") || a.header.Get("Content-Type") != "application/pdf" {
			t.Errorf("%s %s", got, a.header.Get("Content-Type"))
		}
		b.get("/console/cases/"+other.Ref+"/documents/"+doc.ID.String()).want(t, http.StatusNotFound)
		b.get("/console/cases/"+w.es.file.Ref+"/documents/rubbish").want(t, http.StatusNotFound)
		w.signedIn(w.cl.admin).get("/console/cases/"+w.es.file.Ref+"/documents/"+doc.ID.String()).want(t, http.StatusNotFound)
	})
}
