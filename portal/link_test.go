package portal_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
)

func TestScannersChangeNothingAndThePersonGetsIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		before := w.everything()
		for range 50 {
			scanner := w.browser()
			page := scanner.get("/l/"+w.ana.token).want(t, http.StatusOK)
			scanner.do(http.MethodHead, "/l/"+w.ana.token, nil).want(t, http.StatusOK)
			scanner.get("/l/"+w.ana.token+"/stop").want(t, http.StatusOK)
			scanner.post(page.Find("main form").AttrOr("action", ""), url.Values{"fact": {""}}).want(t, http.StatusUnprocessableEntity)
		}
		if diff := cmp.Diff(before, w.everything()); diff != "" {
			t.Errorf("scanners changed something:\n%s", diff)
		}
		b := w.entered(w.ana)
		if got := b.get("/portal").want(t, http.StatusOK).Find("main").Text(); !strings.Contains(got, w.ana.debtor.Name) {
			t.Errorf("the person doesn't see their account: %s", got)
		}
	})
}

func TestTheLinksPageSaysNothingOfTheDebt(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.SQLite(t))
	page := w.browser().get("/l/"+w.ana.token).want(t, http.StatusOK)
	if got := page.Find("h1").Text(); !strings.Contains(got, w.ana.creditor.Name) {
		t.Errorf("the page doesn't name the creditor: %s", got)
	}
	if page.Find(".check-genuine li").Length() == 0 {
		t.Error("the page doesn't say how to check that it is genuine")
	}
	for _, secret := range []string{w.ana.debtor.Name, "Soler", w.ana.file.Ref, "A-1001", "600,00", "€", w.ana.debtor.Email, w.ana.debtor.TaxID} {
		if strings.Contains(page.body, secret) {
			t.Errorf("the page tells %q", secret)
		}
	}
}

func TestAWrongFactOpensNothingAndFiveLockTheCase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		b := w.browser()
		for i := range 4 {
			a := b.post("/l/"+w.ana.token, url.Values{"fact": {"9999"}}).want(t, http.StatusUnprocessableEntity)
			if a.Find("#fact[aria-invalid=true]").Length() != 1 || len(a.header.Values("Set-Cookie")) != 0 {
				t.Fatalf("try %d: the error stands beside its field, and nothing opens", i+1)
			}
		}
		b.post("/l/"+w.ana.token, url.Values{"fact": {"9999"}}).want(t, http.StatusTooManyRequests)
		a := b.post("/l/"+w.ana.token, url.Values{"fact": {w.ana.fact}}).want(t, http.StatusTooManyRequests)
		if a.Find("main form").Length() != 0 || len(a.header.Values("Set-Cookie")) != 0 {
			t.Error("a locked case still asks")
		}
		w.clock.Advance(16 * time.Minute)
		b.post("/l/"+w.ana.token, url.Values{"fact": {w.ana.fact}}).want(t, http.StatusSeeOther)
	})
}

// counting counts the statements that a handle sends.
func counting(n *atomic.Int64) db.Option {
	return func(g *gorm.DB) error {
		count := func(*gorm.DB) { n.Add(1) }
		c := g.Callback()
		for _, err := range []error{
			c.Query().After("gorm:query").Register("test:query", count), c.Row().After("gorm:row").Register("test:row", count),
			c.Raw().After("gorm:raw").Register("test:raw", count), c.Create().After("gorm:create").Register("test:create", count),
			c.Update().After("gorm:update").Register("test:update", count), c.Delete().After("gorm:delete").Register("test:delete", count),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func TestLinksThatOpenNothingLookAlike(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var queries atomic.Int64
		counted, err := db.Open(context.Background(), d.URL(), db.GuardTenants, counting(&queries))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = counted.Close() })
		w := setupOn(t, d, counted)
		w.update(db.Of(w.ben.creditor.ID), func(tx *db.Tx) error {
			return w.access.RevokeLinksOfCase(tx, w.ben.creditor.ID, w.ben.file.ID)
		})
		w.update(db.Of(w.carla.creditor.ID), func(tx *db.Tx) error {
			return tx.Model(&cases.Case{}).Where("creditor_id = ? AND id = ?", w.carla.creditor.ID, w.carla.file.ID).
				Updates(map[string]any{"state": cases.Closed, "closed_at": noon.Add(-access.LinkAfterClosing - 1)}).Error
		})
		tokens := map[string]string{
			"unknown": strings.Repeat("A", 43), "revoked": w.ben.token, "long closed": w.carla.token, "short": "x", "long": strings.Repeat("z", 5000),
			"not text": "%00%ff%0a", "almost right": w.ana.token[:42], "in capitals": strings.ToUpper(w.ana.token),
		}
		for _, door := range []struct{ method, suffix string }{
			{http.MethodGet, ""}, {http.MethodHead, ""}, {http.MethodPost, ""}, {http.MethodGet, "/stop"}, {http.MethodPost, "/stop"},
		} {
			want, wantQueries := "", int64(0)
			for _, name := range []string{"unknown", "revoked", "long closed", "short", "long", "not text", "almost right", "in capitals"} {
				var form url.Values
				if door.method == http.MethodPost {
					form = url.Values{"fact": {"1001"}}
				}
				queries.Store(0)
				a := w.browser().do(door.method, "/l/"+tokens[name]+door.suffix, form).want(t, http.StatusNotFound)
				if want == "" {
					want, wantQueries = a.shown(), queries.Load()
				}
				if got := a.shown(); got != want {
					t.Errorf("%s %s of a link that is %s differs:\n%s", door.method, door.suffix, name, cmp.Diff(want, got))
				}
				if n := queries.Load(); n != wantQueries || n == 0 {
					t.Errorf("%s %s of a link that is %s makes %d queries, an unknown one %d", door.method, door.suffix, name, n, wantQueries)
				}
			}
		}
	})
}

func TestTheTokenStaysBehindTheDoor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		b := w.browser()
		b.get("/l/" + w.ana.token)
		b.get("/l/" + w.ana.token + "/stop")
		b.post("/l/"+w.ana.token, url.Values{"fact": {"9999"}})
		b.get("/l/" + w.ana.token + "/nothing/here")
		b.post("/l/"+w.ana.token, url.Values{"fact": {strings.Repeat("9", 70<<10)}}).want(t, http.StatusRequestEntityTooLarge)
		a := b.post("/l/"+w.ana.token, url.Values{"fact": {w.ana.fact}}).want(t, http.StatusSeeOther)
		if got := a.header.Get("Location"); got != "/portal" {
			t.Errorf("after the exchange the address is %s", got)
		}
		session := a.header.Get("Set-Cookie")
		offer := b.offer()
		b.post(offer+"/accept", url.Values{"consent": {"on"}}).want(t, http.StatusSeeOther)
		for _, path := range []string{"/portal", "/portal/statement", "/portal/offers", offer, "/portal/code", "/portal/nothing"} {
			a := b.get(path)
			if strings.Contains(a.shown(), w.ana.token) {
				t.Errorf("%s knows the token", path)
			}
			if got := a.header.Get("Referrer-Policy"); got != "no-referrer" {
				t.Errorf("%s: Referrer-Policy %q", path, got)
			}
			if err := onlyOurs(a, w.server.URL); err != "" {
				t.Errorf("%s: %s", path, err)
			}
		}
		if a := b.get("/l/" + w.ana.token); a.header.Get("Location") != "/portal" {
			t.Errorf("who is in already is led on, not asked again: %d %s", a.status, a.header.Get("Location"))
		}
		cookie, _, _ := strings.Cut(strings.TrimPrefix(session, "acuerdo="), ";")
		logged := w.log.String()
		for name, secret := range map[string]string{"token": w.ana.token, "session": cookie, "name": "Soler", "address": w.ana.debtor.Email, "code": w.codes()[0]} {
			if secret == "" || strings.Contains(logged, secret) {
				t.Errorf("the log has the %s", name)
			}
		}
		if !strings.Contains(logged, `"route":"/l/:token"`) {
			t.Error("the log doesn't tell the route")
		}
	})
}

// onlyOurs tells what a page or its policy would fetch from somebody else.
func onlyOurs(a answer, ours string) string {
	for _, directive := range strings.Split(a.header.Get("Content-Security-Policy"), ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
		for _, source := range strings.Fields(sources) {
			if name != "form-action" && source != "'self'" && source != "'none'" && source != "data:" {
				return "the policy allows " + directive
			}
		}
	}
	for _, attr := range []string{"src", "href", "action", "poster", "srcset", "data"} {
		for _, n := range a.Find("link[" + attr + "], script[" + attr + "], img[" + attr + "], iframe[" + attr + "], source[" + attr + "], object[" + attr + "]").Nodes {
			for _, at := range n.Attr {
				if at.Key == attr && !(strings.HasPrefix(at.Val, "/") && !strings.HasPrefix(at.Val, "//")) && !strings.HasPrefix(at.Val, "data:") && !strings.HasPrefix(at.Val, ours) {
					return "it fetches " + at.Val
				}
			}
		}
	}
	return ""
}
