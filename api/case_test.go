package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/acuerdo/acuerdo/api"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
)

func TestACaseAsTheContractSays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		c := w.agreeAndPay(w.es)
		document, _ := w.get("/api/openapi.json", "").value(t).(map[string]any)
		if version, _ := document["openapi"].(string); !strings.HasPrefix(version, "3.1") {
			t.Fatalf("openapi: %v", version)
		}
		served := contract{document}
		path := "/api/v1/cases/" + w.es.file.Ref
		for route, template := range map[string]string{path: "/api/v1/cases/{ref}", path + "/timeline": "/api/v1/cases/{ref}/timeline"} {
			a := w.get(route, w.es.key)
			if a.status != http.StatusOK || a.header.Get("Cache-Control") != "no-store" {
				t.Fatalf("%d %s", a.status, a.body)
			}
			for _, wrong := range served.check(served.response(template, 200, "application/json"), a.value(t), "$") {
				t.Error(wrong)
			}
			missing := w.get(strings.Replace(route, w.es.file.Ref, "0000-0000", 1), w.es.key)
			for _, wrong := range served.check(served.response(template, 404, "application/problem+json"), missing.value(t), "$") {
				t.Error(wrong)
			}
		}

		var got api.Case
		if err := json.Unmarshal([]byte(w.get(path, w.es.key).body), &got); err != nil {
			t.Fatal(err)
		}
		if got.Ref != w.es.file.Ref || got.Currency != "EUR" || got.BalanceMinor != 699_50 || got.PayableMinor != 599_50 || got.DisputedMinor != 100_00 || got.State != "open" {
			t.Errorf("%+v", got)
		}
		if got.Debtor != (api.Debtor{ExternalID: "C-alfa", Name: "Deudor alfa", Kind: "company", Language: "es", Country: "ES"}) {
			t.Errorf("%+v", got.Debtor)
		}
		if len(got.Invoices) != 3 || got.Invoices[0].SettledOn == nil || got.Invoices[0].DaysLate != 0 || got.Invoices[1].DaysLate != 20 || got.Invoices[1].SettledOn != nil ||
			got.Invoices[1].OpenMinor != 599_50 || len(got.Invoices[1].Lines) != 1 || !got.Invoices[2].Disputed {
			t.Errorf("%+v", got.Invoices)
		}
		if len(got.Commitments) != 1 || got.Commitments[0].ID != c.ID.String() || got.Commitments[0].PaidMinor != 50 || got.Commitments[0].LeftMinor != c.TotalMinor-50 ||
			got.Commitments[0].TermsSHA256 != c.TermsSHA256 || len(got.Commitments[0].Instalments) < 2 || got.Commitments[0].Instalments[0].PaidMinor != 50 {
			t.Errorf("%+v", got.Commitments)
		}
		if len(got.Payments) != 1 || got.Payments[0].State != "failed" || got.Payments[0].FailureCode != "card_declined" || got.Payments[0].EndedAt == nil {
			t.Errorf("%+v", got.Payments)
		}
	})
}

func TestTheTimelineIsStableAndOldestFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		path := "/api/v1/cases/" + strings.ToLower(w.es.file.Ref) + "/timeline"
		if a := w.get(path, w.es.key); a.status != http.StatusOK || strings.TrimSpace(a.body) != "[]" {
			t.Fatalf("nothing happened: %d %s", a.status, a.body)
		}
		w.agreeAndPay(w.es)
		a := w.get(path, w.es.key)
		var events []api.Event
		if err := json.Unmarshal([]byte(a.body), &events); err != nil {
			t.Fatal(err)
		}
		if len(events) < 2 || events[len(events)-1].Kind != string(cases.EventPaymentReceived) || events[len(events)-1].ActorName != "Cobros" || events[len(events)-1].Data["amount_minor"] != 50.0 {
			t.Fatalf("%s", a.body)
		}
		for i := 1; i < len(events); i++ {
			if events[i].At.Before(events[i-1].At) {
				t.Errorf("%d is older than %d", i, i-1)
			}
		}
		if again := w.get(path, w.es.key); again.body != a.body {
			t.Error("reading again differs")
		}
	})
}

func TestAnotherCreditorsCaseDoesntExist(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		for _, path := range []string{"/api/v1/cases/%", "/api/v1/cases/%/timeline"} {
			theirs := w.get(strings.Replace(path, "%", w.cl.file.Ref, 1), w.es.key)
			none := w.get(strings.Replace(path, "%", "0000-0000", 1), w.es.key)
			if theirs.status != http.StatusNotFound || theirs.status != none.status || theirs.body != none.body {
				t.Errorf("%s: %d %s / %d %s", path, theirs.status, theirs.body, none.status, none.body)
			}
			if got := none.header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("content type: %s", got)
			}
		}
	})
}

func TestKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		path := "/api/v1/cases/" + w.es.file.Ref
		var second, narrow string
		w.update(w.es.creditor.ID, func(tx *db.Tx) (err error) {
			if second, err = w.access.NewAPIKey(tx, w.es.creditor.ID, "ERP 2", []string{api.ScopeReadCases}); err != nil {
				return err
			}
			narrow, err = w.access.NewAPIKey(tx, w.es.creditor.ID, "other", []string{"other:read"})
			return err
		})
		for name, c := range map[string]struct {
			header []string
			status int
		}{
			"none":            {nil, http.StatusUnauthorized},
			"unknown":         {[]string{"Authorization", "Bearer ak_aaaaaaaa_bbbb"}, http.StatusUnauthorized},
			"rubbish":         {[]string{"Authorization", "Basic eDp5"}, http.StatusUnauthorized},
			"cut":             {[]string{"Authorization", "Bearer " + w.es.key[:len(w.es.key)-1]}, http.StatusUnauthorized},
			"bearer":          {[]string{"Authorization", "bearer " + w.es.key}, http.StatusOK},
			"header":          {[]string{"X-API-Key", w.es.key}, http.StatusOK},
			"during the move": {[]string{"X-API-Key", second}, http.StatusOK},
			"other scope":     {[]string{"X-API-Key", narrow}, http.StatusForbidden},
		} {
			a := w.do(http.MethodGet, path, nil, c.header...)
			if a.status != c.status {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
			if c.status == http.StatusUnauthorized && (a.header.Get("WWW-Authenticate") == "" || a.header.Get("Content-Type") != "application/problem+json") {
				t.Errorf("%s: %v", name, a.header)
			}
		}
	})
}

func TestEachKeyHasItsOwnRate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		w.door.RatePerMinute = 3
		path := "/api/v1/cases/" + w.es.file.Ref
		for range 3 {
			if a := w.get(path, w.es.key); a.status != http.StatusOK {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		a := w.get(path, w.es.key)
		if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" || strings.Contains(a.body, "…") {
			t.Errorf("%d %v %s", a.status, a.header.Get("Retry-After"), a.body)
		}
		if a := w.get("/api/v1/cases/"+w.cl.file.Ref, w.cl.key); a.status != http.StatusOK {
			t.Errorf("another key waits too: %d", a.status)
		}
	})
}
