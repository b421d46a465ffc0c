package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
)

var requestID = regexp.MustCompile(`\b[A-Z2-7]{12}\b`)

// same is a body without what differs on every request: its id, and the address
// in the language links.
func same(a answer, path string) string {
	return strings.ReplaceAll(requestID.ReplaceAllString(a.body, "ID"), path, "PATH")
}

func TestAnotherCreditorsThingsDontExist(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		b := w.signedIn(w.es.admin)
		const unknown = "0000-0000"
		for _, path := range []string{
			"/console/cases/%s", "/console/cases/%s/documents/0198c6f0-0000-7000-8000-000000000000",
			"/console/queue?creditor=%s", "/console/queue?tab=cases&creditor=%s", "/console/policy?creditor=%s",
		} {
			theirs, none := w.cl.file.Ref, unknown
			if strings.Contains(path, "creditor=") {
				theirs, none = "beta", "gamma"
			}
			one, two := strings.Replace(path, "%s", theirs, 1), strings.Replace(path, "%s", none, 1)
			a, c := b.get(one).want(t, http.StatusNotFound), b.get(two).want(t, http.StatusNotFound)
			if same(a, theirs) != same(c, none) {
				t.Errorf("%s: another creditor's differs from none:\n%s\n%s", path, a.body, c.body)
			}
			if strings.Contains(a.body, "Camila") || strings.Contains(a.body, "Acreedor beta") {
				t.Errorf("%s tells something", path)
			}
		}
		for _, slug := range []string{"beta", "gamma"} {
			b.post("/console/policy", url.Values{"creditor": {slug}, "based_on": {"0"}}).want(t, http.StatusNotFound)
		}
		if a := b.get("/console/queue?tab=cases"); len(refs(a)) != 1 || refs(a)[0] != w.es.file.Ref {
			t.Errorf("the list shows %v", refs(a))
		}
	})
}

func TestCrossSitePostsAreRefused(t *testing.T) {
	w := setup(t, dbtest.SQLite(t))
	b := w.signedIn(w.es.admin)
	for _, path := range []string{"/console/sign-in", "/console/sign-out", "/console/policy"} {
		for _, header := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}} {
			b.do(http.MethodPost, path, url.Values{"based_on": {"0"}}, header).want(t, http.StatusForbidden)
		}
	}
	b.get("/console/queue").want(t, http.StatusOK) // still signed in
	b.do(http.MethodPost, "/console/sign-out", url.Values{}, map[string]string{"Sec-Fetch-Site": "same-origin"}).want(t, http.StatusSeeOther)
}

func TestLimitsHeadersAndPanics(t *testing.T) {
	w := setup(t, dbtest.SQLite(t))
	b := w.browser()
	b.post("/console/sign-in", url.Values{"email": {strings.Repeat("x", 64<<10)}}).want(t, http.StatusRequestEntityTooLarge)
	a := b.get("/panic").want(t, http.StatusInternalServerError)
	if id := a.header.Get("X-Request-Id"); id == "" || !strings.Contains(a.body, id) || strings.Contains(a.body, "4242") {
		t.Errorf("a panic is a page with an id and nothing of its cause: %s", text(a.Find("main")))
	}
	a = b.get("/console/sign-in").want(t, http.StatusOK)
	csp := a.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe-inline") {
		t.Errorf("CSP: %s", csp)
	}
	if a.Find("[style], [onclick], script:not([src])").Length() != 0 {
		t.Error("the page needs what its own policy forbids")
	}
	b.do(http.MethodPut, "/console/policy", nil, nil).want(t, http.StatusMethodNotAllowed)
}

func TestWhoHasNoRoleSeesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		w.user("new@example.com", "New", "en", nil)
		b := w.signedIn("new@example.com")
		if a := b.get("/console/queue?tab=cases").want(t, http.StatusOK); len(refs(a)) != 0 {
			t.Errorf("sees %v", refs(a))
		}
		b.get("/console/queue").want(t, http.StatusOK)
		b.get("/console/policy").want(t, http.StatusNotFound)
		b.get("/console/cases/"+w.es.file.Ref).want(t, http.StatusNotFound)
	})
}

func TestTheLanguageIsTheReaders(t *testing.T) {
	w := setup(t, dbtest.SQLite(t))
	b := w.signedIn(w.es.admin)
	if got := b.get("/console/queue").Find("html").AttrOr("lang", ""); got != "es-ES" {
		t.Errorf("lang: %s", got)
	}
	if got := b.get("/console/queue?lang=pt").Find("html").AttrOr("lang", ""); got != "pt-ES" {
		t.Errorf("lang: %s", got)
	}
	a := b.get("/console/queue?tab=cases&q=a")
	if got := a.Find("html").AttrOr("lang", ""); got != "pt-ES" {
		t.Errorf("the choice is remembered, got %s", got)
	}
	if got := a.Find(".languages a").First().AttrOr("href", ""); !strings.Contains(got, "tab=cases") || !strings.Contains(got, "lang=") {
		t.Errorf("a language link keeps the page: %s", got)
	}
}
