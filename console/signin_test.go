package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
)

func TestSigningInAndOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		b := w.browser()

		a := b.get("/console/cases/"+w.es.file.Ref).want(t, http.StatusSeeOther)
		if got := a.header.Get("Location"); got != "/console/sign-in?next=%2Fconsole%2Fcases%2F"+w.es.file.Ref {
			t.Errorf("a stranger is sent to %s", got)
		}
		a = b.get(a.header.Get("Location")).want(t, http.StatusOK)
		next, _ := a.Find("input[name=next]").Attr("value")
		a = b.post("/console/sign-in", url.Values{"email": {" Admin@alfa.example"}, "password": {password}, "next": {next}}).want(t, http.StatusSeeOther)
		if got := a.header.Get("Location"); got != "/console/cases/"+w.es.file.Ref {
			t.Errorf("after signing in: %s", got)
		}
		cookie := a.header.Get("Set-Cookie")
		for _, part := range []string{"acuerdo-staff=", "HttpOnly", "SameSite=Lax", "Path=/"} {
			if !strings.Contains(cookie, part) {
				t.Errorf("the cookie %q has no %s", cookie, part)
			}
		}
		b.get("/console/cases/"+w.es.file.Ref).want(t, http.StatusOK)
		if got := b.get("/console/sign-in").want(t, http.StatusSeeOther).header.Get("Location"); got != "/console/queue" {
			t.Errorf("who is signed in is sent to %s", got)
		}
		a = b.post("/console/sign-out", url.Values{}).want(t, http.StatusSeeOther)
		if b.get(a.header.Get("Location")).want(t, http.StatusOK).Find(".flash").Length() != 1 {
			t.Error("signing out isn't confirmed")
		}
		b.get("/console/queue").want(t, http.StatusSeeOther)
	})
}

func TestTheSecureCookieIsBoundToTheHost(t *testing.T) {
	w := setup(t, dbtest.SQLite(t))
	w.door.HTTPS = true
	a := w.browser().post("/console/sign-in", url.Values{"email": {w.es.admin}, "password": {password}}).want(t, http.StatusSeeOther)
	if cookie := a.header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "__Host-acuerdo-staff=") || !strings.Contains(cookie, "Secure") {
		t.Errorf("cookie: %s", cookie)
	}
}

func TestAWrongPasswordAndAStrangerLookAlike(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		wrong := w.browser().post("/console/sign-in", url.Values{"email": {w.es.admin}, "password": {"wrong"}}).want(t, http.StatusUnprocessableEntity)
		nobody := w.browser().post("/console/sign-in", url.Values{"email": {"nobody@alfa.example"}, "password": {"wrong"}}).want(t, http.StatusUnprocessableEntity)
		if got, _ := wrong.Find("input[name=email]").Attr("value"); got != w.es.admin {
			t.Errorf("the address is kept, got %q", got)
		}
		if got, _ := wrong.Find("input[name=password]").Attr("value"); got != "" {
			t.Errorf("the password comes back as %q", got)
		}
		if wrong.Find("#password-error").Length() != 1 || wrong.header.Get("Set-Cookie") != "" {
			t.Error("the error must stand beside the password, without a cookie")
		}
		if strings.ReplaceAll(wrong.body, w.es.admin, "X") != strings.ReplaceAll(nobody.body, "nobody@alfa.example", "X") {
			t.Error("an unknown address is answered differently")
		}
	})
}

func TestTooManyWrongPasswordsLock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		b := w.browser()
		for range 5 {
			b.post("/console/sign-in", url.Values{"email": {w.es.admin}, "password": {"wrong"}}).want(t, http.StatusUnprocessableEntity)
		}
		a := b.post("/console/sign-in", url.Values{"email": {w.es.admin}, "password": {password}}).want(t, http.StatusTooManyRequests)
		if a.Find(".errors").Length() != 1 || a.header.Get("Set-Cookie") != "" {
			t.Errorf("the lock must be told, and the right password not help: %s", text(a.Find("main")))
		}
		if got, _ := a.Find("input[name=email]").Attr("value"); got != w.es.admin {
			t.Errorf("the address is kept, got %q", got)
		}
		w.clock.Advance(16 * time.Minute)
		b.post("/console/sign-in", url.Values{"email": {w.es.admin}, "password": {password}}).want(t, http.StatusSeeOther)
	})
}

func TestNextNeverLeavesTheConsole(t *testing.T) {
	w := setup(t, dbtest.SQLite(t))
	for _, next := range []string{"https://evil.example", "//evil.example", "/console.evil.example", "/console\\@evil", "/portal", "/console/sign-out", "/console/\r\nX: y", "javascript:x"} {
		a := w.browser().post("/console/sign-in", url.Values{"email": {w.es.admin}, "password": {password}, "next": {next}}).want(t, http.StatusSeeOther)
		if got := a.header.Get("Location"); got != "/console/queue" {
			t.Errorf("next=%q leads to %s", next, got)
		}
	}
}
