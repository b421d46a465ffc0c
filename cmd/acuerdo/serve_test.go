package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/db/dbtest"
)

// onBoth runs a test on a fresh database of each kind, by its URL.
func onBoth(t *testing.T, test func(t *testing.T, database string)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, "sqlite:"+filepath.Join(t.TempDir(), "acuerdo.db")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, dbtest.PostgresURL(t)) })
}

func TestServeNamesEverySettingThatNeedsMending(t *testing.T) {
	t.Parallel()
	_, messages, code := program(t, nil, "serve")
	if code != 2 {
		t.Errorf("exit %d", code)
	}
	for _, name := range []string{"ACUERDO_DATABASE", "ACUERDO_PUBLIC_URL", "ACUERDO_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "ACUERDO_SMTP", "ACUERDO_MAIL_FROM"} {
		if !strings.Contains(messages, name+" is missing: set it, for example ") {
			t.Errorf("%s isn't asked for:\n%s", name, messages)
		}
	}
	good := Settings{
		Database: "sqlite:x.db", PublicURL: "https://pay.example.com", Secret: strings.Repeat("s", 32), StripeKey: "sk_test_x", StripeWebhookSecret: "whsec_x",
		SMTP: "smtp://mail.example.com", MailFrom: "Acuerdo <pay@example.com>",
	}
	if err := good.check(); err != nil {
		t.Errorf("good settings: %v", err)
	}
	for want, spoil := range map[string]func(*Settings){
		"ACUERDO_DATABASE can't be read: write it as postgres://": func(s *Settings) { s.Database = "mysql://localhost" },
		"without a path": func(s *Settings) { s.PublicURL = "https://pay.example.com/portal" },
		"ACUERDO_PUBLIC_URL \"pay.example.com\" can't be used: write it as":     func(s *Settings) { s.PublicURL = "pay.example.com" },
		"ACUERDO_PUBLIC_URL \"http://pay.example.com\" must be https":           func(s *Settings) { s.PublicURL = "http://pay.example.com" },
		"ACUERDO_SECRET is too short: use at least 32 characters":               func(s *Settings) { s.Secret = "canary-short" },
		"STRIPE_SECRET_KEY must start with sk_ or rk_; a publishable key (pk_)": func(s *Settings) { s.StripeKey = "pk_test_canary" },
		"STRIPE_WEBHOOK_SECRET must start with whsec_":                          func(s *Settings) { s.StripeWebhookSecret = "canary" },
		"STRIPE_API_URL \"127.0.0.1:12111\" can't be used: leave it empty":      func(s *Settings) { s.StripeURL = "127.0.0.1:12111" },
		"ACUERDO_SMTP can't be read: write it as smtp://user:password@":         func(s *Settings) { s.SMTP = "mail.example.com:587" },
		"ACUERDO_MAIL_FROM \"pay at example\" can't be read: write it as":       func(s *Settings) { s.MailFrom = "pay at example" },
	} {
		bad := good
		spoil(&bad)
		err := bad.check()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "\n") {
			t.Errorf("want only %q, and no secret, got: %v", want, err)
		}
	}
	for name, env := range map[string]string{"ACUERDO_LOG": "loud", "ACUERDO_WORKERS": "many", "ACUERDO_STOP_NOTICE": "soon"} {
		if _, messages, code := program(t, []string{name + "=" + env}, "serve"); code != 2 || !strings.Contains(messages, name) {
			t.Errorf("%s=%s: exit %d\n%s", name, env, code, messages)
		}
	}
}

func TestServeIsNotReadyBeforeTheSchemaIs(t *testing.T) {
	t.Parallel()
	w := found(t, "sqlite:"+filepath.Join(t.TempDir(), "acuerdo.db"))
	_, messages, code := program(t, append(w.env, "ACUERDO_DATABASE=sqlite:"+filepath.Join(t.TempDir(), "empty.db")), "serve")
	if code == 0 || !strings.Contains(messages, "run: acuerdo migrate") {
		t.Errorf("exit %d: %s", code, messages)
	}
	taken, err := net.Listen("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, messages, code := program(t, w.env, "serve"); code != 1 || !strings.Contains(messages, w.addr) {
		t.Errorf("a used port: exit %d %s", code, messages)
	}
}

// TestServeTakesADebtorThroughTheStory is production's program with the
// sandbox for Stripe and a mail server, on both databases.
func TestServeTakesADebtorThroughTheStory(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		w := found(t, database)
		p := w.serve()
		v := newVisitor(t, "http://"+w.addr)
		for _, path := range []string{"/healthz", "/readyz"} {
			v.get(path).want(http.StatusOK)
		}
		for _, path := range []string{"/", "/demo", "/inbox", "/inbox.json", "/demo/clock", "/stripe/"} {
			v.get(path).want(http.StatusNotFound)
		}
		v.enters(works(t, w.env, "link", "--case", w.caseRef()), "1001")
		v.paid(v.paysAt(v.startsPaying("150,00")))
		waitFor(t, "the receipt", func() bool { return len(w.mail.to(ana, "150,00")) > 0 })
		offer, _ := v.get("/portal/offers").want(http.StatusOK).Find(`main a[href^="/portal/offers/"]`).Attr("href")
		v.post(offer+"/accept", url.Values{"consent": {"on"}}).want(http.StatusSeeOther)
		v.post("/portal/code", url.Values{"code": {w.code()}}).want(http.StatusSeeOther)
		p.terminate()
		if code := p.ends(); code != 0 {
			t.Errorf("exit %d", code)
		}
		for name, secret := range map[string]string{"address": ana, "name": "Soler", "key": "sk_test_town", "secret": strings.Repeat("s", 40), "token": "/l/"} {
			if strings.Contains(p.stderr.String(), secret) {
				t.Errorf("the log has the %s:\n%s", name, p.stderr)
			}
		}
	})
}

// TestServeFinishesWhatItAccepted: SIGTERM while one debtor's payment waits for
// Stripe and another's form is still on its way.
func TestServeFinishesWhatItAccepted(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		w := found(t, database)
		p := w.serve("ACUERDO_STOP_NOTICE=1500ms")
		v := newVisitor(t, "http://"+w.addr)
		v.enters(works(t, w.env, "link", "--case", w.caseRef()), "1001")
		arrived, release := w.box.Faults().Hold("/v1/checkout/sessions")
		defer release()
		answered := make(chan page, 1)
		go func() {
			got, err := v.try(http.MethodPost, "/portal/payments", url.Values{"amount": {"10,00"}})
			if err != nil {
				got.body = err.Error()
			}
			answered <- got
		}()
		<-arrived
		trickle, err := net.Dial("tcp", w.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer trickle.Close()
		const form = "fact=1001"
		fmt.Fprintf(trickle, "POST /l/unknown HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(form), form[:4])
		p.terminate()
		waitFor(t, "/readyz to say no", func() bool {
			got, err := newVisitor(t, v.base).try(http.MethodGet, "/readyz", nil)
			return err == nil && got.status == http.StatusServiceUnavailable
		})
		waitFor(t, "new connections to be refused", func() bool {
			conn, err := net.DialTimeout("tcp", w.addr, time.Second)
			if err == nil {
				_ = conn.Close()
			}
			return err != nil
		})
		_, _ = io.WriteString(trickle, form[4:])
		if res, err := http.ReadResponse(bufio.NewReader(trickle), nil); err != nil || res.StatusCode != http.StatusNotFound {
			t.Errorf("a form that took its time: %v %v", res, err)
		}
		release()
		if got := <-answered; got.status != http.StatusSeeOther || !strings.Contains(got.location, "/c/pay/") {
			t.Errorf("the accepted payment got %d %s %s", got.status, got.location, got.body)
		}
		if code := p.ends(); code != 0 {
			t.Errorf("exit %d", code)
		}
	})
}
