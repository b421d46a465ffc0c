package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
)

func refs(a answer) []string {
	return a.Find("tbody th[scope=row] a").Map(func(_ int, s *goquery.Selection) string { return text(s) })
}

func TestWhatIsNewTodayHasCommitmentsOnTop(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		b := w.signedIn(w.es.collector)
		if a := b.get("/console/queue").want(t, http.StatusOK); len(refs(a)) != 0 {
			t.Fatalf("nothing happened yet, got %v", refs(a))
		}
		yesterday := w.es
		yesterday.debtor, yesterday.file, yesterday.late = w.seed(w.es.creditor, false, "Ayer", "C-ayer")
		w.clock.Advance(-24 * time.Hour)
		w.receive(yesterday, 10_00, "transfer:yesterday")
		w.clock.Advance(24 * time.Hour)

		agreed := w.agree(w.es)
		w.clock.Advance(time.Hour)
		paid := w.es
		paid.debtor, paid.file, paid.late = w.seed(w.es.creditor, false, "Paga <i>Luego</i>", "C-paga")
		w.receive(paid, 50_00, "transfer:1")
		w.receive(w.cl, 500, "transfer:2")

		a := b.get("/console").want(t, http.StatusSeeOther)
		a = b.get(a.header.Get("Location")).want(t, http.StatusOK)
		if got := refs(a); len(got) != 2 || got[0] != w.es.file.Ref || got[1] != paid.file.Ref {
			t.Fatalf("got %v, want the agreement %s and then the payment %s", got, w.es.file.Ref, paid.file.Ref)
		}
		if a.Find("tbody tr.first").Length() != 1 || strings.Contains(a.body, w.cl.file.Ref) || strings.Contains(a.body, "<i>Luego") {
			t.Error("one agreement heads the list, without other creditors' cases, and names are text")
		}
		if got := text(a.Find("tbody tr").First()); !strings.Contains(got, "600,00") || agreed.TotalMinor != 600_00 {
			t.Errorf("the agreement's amount is missing: %s", got)
		}
		if got := text(a.Find(".tabs .count")); got != "2" {
			t.Errorf("count: %s", got)
		}
		// A person of two creditors sees both days.
		a = w.signedIn("both@example.com").get("/console/queue").want(t, http.StatusOK)
		if got := refs(a); len(got) != 3 || got[0] != w.es.file.Ref {
			t.Errorf("both creditors: %v", got)
		}
		a = w.signedIn("both@example.com").get("/console/queue?creditor=beta").want(t, http.StatusOK)
		if got := refs(a); len(got) != 1 || got[0] != w.cl.file.Ref {
			t.Errorf("one of two creditors: %v", got)
		}
	})
}

func TestTodayIsTheCreditorsDay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		w.clock.Set(time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)) // still the 20th in Santiago, the 21st in Madrid
		w.receive(w.cl, 500, "transfer:1")
		w.receive(w.es, 500, "transfer:2")
		w.clock.Set(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC))
		if got := refs(w.signedIn(w.cl.admin).get("/console/queue").want(t, http.StatusOK)); len(got) != 0 {
			t.Errorf("it was yesterday in Santiago: %v", got)
		}
		if got := refs(w.signedIn(w.es.admin).get("/console/queue").want(t, http.StatusOK)); len(got) != 1 {
			t.Errorf("it is today in Madrid: %v", got)
		}
	})
}

func TestFindingCases(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		for i := range 30 {
			w.seed(w.es.creditor, false, fmt.Sprintf("Cliente %d", i), fmt.Sprintf("N%d", i))
		}
		w.agree(w.es)
		b := w.signedIn(w.es.collector)
		find := func(q string) answer {
			return b.get("/console/queue?tab=cases&q="+url.QueryEscape(q)).want(t, http.StatusOK)
		}
		for _, q := range []string{w.es.file.Ref, strings.ToLower(w.es.file.Ref), "soler", "MARÍA sol", "c-alfa-0002"} {
			if got := refs(find(q)); len(got) != 1 || got[0] != w.es.file.Ref {
				t.Errorf("%q finds %v", q, got)
			}
		}
		for _, q := range []string{w.cl.file.Ref, "Camila", "c-beta-0001", "%", "_", `\`, "' OR 1=1 --", "\x00"} {
			if got := refs(find(q)); q != "\x00" && len(got) != 0 {
				t.Errorf("%q finds %v", q, got)
			}
		}
		row := text(find(w.es.file.Ref).Find("tbody tr"))
		if !strings.Contains(row, "700,00") || !strings.Contains(row, "20") || find(w.es.file.Ref).Find(".tag-good").Length() != 1 {
			t.Errorf("balance, days late and agreement: %s", row)
		}
		first, second := b.get("/console/queue?tab=cases"), b.get("/console/queue?tab=cases&page=2")
		if len(refs(first)) != 25 || len(refs(second)) != 6 || first.Find("a[rel=next]").Length() != 1 || second.Find("a[rel=next]").Length() != 0 {
			t.Errorf("pages of %d and %d", len(refs(first)), len(refs(second)))
		}
		b.get("/console/queue?tab=cases&page=999999999999").want(t, http.StatusOK)
	})
}
