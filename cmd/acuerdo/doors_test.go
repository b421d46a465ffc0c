package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/demo"
	"github.com/acuerdo/acuerdo/reminders"
)

// doors is the whole program on a public https address, with the demo's data
// and the demo's own pages, and each case by its debtor.
type doors struct {
	*app
	t     *testing.T
	cases []demo.Case
}

func openDoors(t *testing.T, publicURL string) *doors {
	t.Helper()
	d := dbtest.SQLite(t)
	c := clock.RunningFrom(demo.StartOf(clock.MustDate("2026-11-17")))
	a, err := build(Settings{PublicURL: publicURL, Secret: strings.Repeat("s", 32), StripeKey: "sk_test_x", StripeWebhookSecret: "whsec_x", StripeURL: "http://127.0.0.1:1"},
		parts{db: d, clock: c, accessClock: clock.System{}, sender: reminders.InboxSender{}, keepSecrets: true, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	show := &demo.Demo{DB: d, Clock: c, Access: a.access, BaseURL: publicURL}
	show.Mount(a.engine)
	if err := show.Seed(t.Context(), 1, false); err != nil {
		t.Fatal(err)
	}
	all, err := show.Cases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &doors{a, t, all}
}

func (d *doors) ask(method, target string, form url.Values, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.engine.ServeHTTP(w, r)
	return w.Result()
}

// signedIn are the cookies of a debtor and of a member of staff.
func (d *doors) signedIn() string {
	d.t.Helper()
	link, _ := url.Parse(d.cases[0].Link)
	debtor := d.ask(http.MethodPost, link.Path, url.Values{"fact": {d.cases[0].KnownFact}})
	user := demo.Users()[0]
	staff := d.ask(http.MethodPost, "/console/sign-in", url.Values{"email": {user.Email}, "password": {user.Password}})
	var both []string
	for _, c := range append(debtor.Cookies(), staff.Cookies()...) {
		both = append(both, c.Name+"="+c.Value)
	}
	if len(both) != 2 {
		d.t.Fatalf("signed in as %v (%d, %d)", both, debtor.StatusCode, staff.StatusCode)
	}
	return strings.Join(both, "; ")
}

// pathsOf puts ids into a route: those of nothing, and of a case that exists.
func (d *doors) pathsOf(route string) []string {
	link, _ := url.Parse(d.cases[0].Link)
	none := strings.NewReplacer(":id", "0198c6f0-0000-7000-8000-000000000000", ":doc", "x", ":ref", "0000-0000", ":token", "unknown", ":slug", "nobody",
		":account", "acct_1", "*file", "none.css").Replace(route)
	known := strings.NewReplacer(":ref", d.cases[0].Ref, "/l/:token", link.Path, ":slug", d.cases[0].Creditor, ":id", "0198c6f0-0000-7000-8000-000000000000", ":account", "acct_1", "*file", "none").Replace(route)
	return []string{none, known}
}

func TestNoRouteTakesAnotherSitesPost(t *testing.T) {
	t.Parallel()
	d := openDoors(t, "https://pay.example.com")
	cookies, posts := d.signedIn(), 0
	for _, route := range d.engine.Routes() {
		if route.Method == http.MethodGet || route.Method == http.MethodHead {
			continue
		}
		posts++
		for _, path := range d.pathsOf(route.Path) {
			for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
				want := http.StatusForbidden
				if strings.HasPrefix(path, "/webhooks/") {
					want = http.StatusBadRequest // no signature
				}
				if res := d.ask(route.Method, path, url.Values{}, append(header, "Cookie", cookies)...); res.StatusCode != want {
					t.Errorf("%s %s with %v: %d", route.Method, path, header, res.StatusCode)
				}
			}
		}
	}
	if posts < 10 {
		t.Errorf("only %d routes take posts", posts)
	}
	if res := d.ask(http.MethodGet, "/portal", nil, "Cookie", cookies); res.StatusCode != http.StatusOK {
		t.Errorf("the session ended meanwhile: %d", res.StatusCode)
	}
}

// public may be kept by anybody: nothing in it is personal.
func public(path string) bool {
	return strings.HasPrefix(path, "/assets/") || strings.HasPrefix(path, "/portal/brand/")
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	d := openDoors(t, "https://pay.example.com")
	cookies := d.signedIn()
	for _, route := range d.engine.Routes() {
		if route.Method != http.MethodGet {
			continue
		}
		for _, path := range d.pathsOf(route.Path) {
			for _, cookie := range []string{"", cookies} {
				res := d.ask(http.MethodGet, path, nil, "Cookie", cookie)
				if res.StatusCode >= http.StatusInternalServerError {
					t.Errorf("%s: %d", path, res.StatusCode)
				}
				guarded(t, path, res)
			}
		}
	}
	guarded(t, "/nothing", d.ask(http.MethodGet, "/nothing", nil))
	guarded(t, "/portal (PUT)", d.ask(http.MethodPut, "/portal", nil))
}

// guarded checks headers, and that a page needs nothing that they forbid.
func guarded(t *testing.T, path string, res *http.Response) {
	t.Helper()
	h := res.Header
	csp := h.Get("Content-Security-Policy")
	if strings.Contains(csp, "unsafe") && !strings.Contains(csp, "sandbox") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("%s: policy %q", path, csp)
	}
	if !strings.Contains(csp, "frame-ancestors 'none'") && !strings.Contains(csp, "sandbox") {
		t.Errorf("%s may be framed: %q", path, csp)
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s: %v", path, h)
	}
	if cache := h.Get("Cache-Control"); cache != "no-store" && !(public(path) && res.StatusCode == http.StatusOK) {
		t.Errorf("%s may be kept: %q", path, cache)
	}
	for _, c := range res.Cookies() {
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode && c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s: cookie %s", path, c)
		}
	}
	if !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		return
	}
	page, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if n := page.Find("[style], style, script:not([src])").Length(); n != 0 {
		t.Errorf("%s has %d inline styles or scripts", path, n)
	}
	page.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, at := range s.Nodes[0].Attr {
			foreign := (at.Key == "src" || s.Is("link") && at.Key == "href") && !strings.HasPrefix(at.Val, "/") && !strings.HasPrefix(at.Val, "data:")
			if strings.HasPrefix(at.Key, "on") || foreign || strings.HasPrefix(strings.ToLower(at.Val), "javascript:") {
				t.Errorf("%s: %s=%q", path, at.Key, at.Val)
			}
		}
	})
}

func TestTheSessionsCookieIsOfItsHost(t *testing.T) {
	t.Parallel()
	for publicURL, name := range map[string]string{"https://pay.example.com": "__Host-acuerdo", "http://127.0.0.1:8080": "acuerdo"} {
		d := openDoors(t, publicURL)
		link, _ := url.Parse(d.cases[0].Link)
		res := d.ask(http.MethodPost, link.Path, url.Values{"fact": {d.cases[0].KnownFact}})
		if len(res.Cookies()) != 1 {
			t.Fatalf("%s: %d %v", publicURL, res.StatusCode, res.Cookies())
		}
		c := res.Cookies()[0]
		if c.Name != name || c.Secure != strings.HasPrefix(publicURL, "https") || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s: %s", publicURL, c)
		}
		if got := d.ask(http.MethodGet, "/portal", nil).Header.Get("Strict-Transport-Security"); (got != "") != strings.HasPrefix(publicURL, "https") {
			t.Errorf("%s: HSTS %q", publicURL, got)
		}
	}
}
