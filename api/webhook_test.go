package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
)

func event(id, account string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"object":"event","account":%q,"type":"charge.updated","livemode":false,"created":1,"api_version":"2024-06-20","data":{"object":{"id":"ch_1","object":"charge"}}}`, id, account)
}

func (w *world) stored() int64 {
	var n int64
	err := w.d.View(context.Background(), db.Everyone("a test counts events"), func(tx *db.Tx) error {
		return tx.Table("stripe_events").Count(&n).Error
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestAWebhookStandsOnItsSignature(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d)
		now := time.Now()
		ours, theirs := event("evt_1", ""), event("evt_2", "acct_7")
		for name, c := range map[string]struct {
			path      string
			payload   []byte
			signature string
			status    int
		}{
			"none":            {"/webhooks/stripe", ours, "", 400},
			"another secret":  {"/webhooks/stripe", ours, sign(ours, "whsec_other", now), 400},
			"another body":    {"/webhooks/stripe", theirs, sign(ours, webhookSecret, now), 400},
			"too old":         {"/webhooks/stripe", ours, sign(ours, webhookSecret, now.Add(-310*time.Second)), 400},
			"from the future": {"/webhooks/stripe", ours, sign(ours, webhookSecret, now.Add(310*time.Second)), 400},
			"another account": {"/webhooks/stripe/acct_8", theirs, sign(theirs, webhookSecret, now), 403},
			"no account":      {"/webhooks/stripe", theirs, sign(theirs, webhookSecret, now), 403},
			"not JSON":        {"/webhooks/stripe", []byte("{"), sign([]byte("{"), webhookSecret, now), 400},
		} {
			if a := w.do(http.MethodPost, c.path, c.payload, "Stripe-Signature", c.signature); a.status != c.status {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		if n := w.stored(); n != 0 {
			t.Errorf("%d refused events were stored", n)
		}
		// Cross-site by its headers, but signed: that is how another server calls.
		for range 2 {
			a := w.do(http.MethodPost, "/webhooks/stripe", ours, "Stripe-Signature", sign(ours, webhookSecret, now), "Sec-Fetch-Site", "cross-site", "Origin", "https://stripe.example")
			if a.status != http.StatusOK {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		if a := w.do(http.MethodPost, "/webhooks/stripe/acct_7", theirs, "Stripe-Signature", sign(theirs, webhookSecret, now)); a.status != http.StatusOK {
			t.Errorf("connected account: %d %s", a.status, a.body)
		}
		if n := w.stored(); n != 2 {
			t.Errorf("%d events stored, want 2: the repeated one once", n)
		}
	})
}

func TestAWebhookMayBeLargeButNotEndless(t *testing.T) {
	w := setup(t, dbtest.SQLite(t))
	for size, status := range map[int]int{500 << 10: http.StatusBadRequest, 513 << 10: http.StatusRequestEntityTooLarge} {
		if a := w.do(http.MethodPost, "/webhooks/stripe", []byte(strings.Repeat("x", size)), "Stripe-Signature", "t=1,v1=x"); a.status != status {
			t.Errorf("%d bytes: %d", size, a.status)
		}
	}
}

type failing struct{ err error }

func (f failing) ReceiveEvent(context.Context, []byte, string, string) error { return f.err }

func TestStripeTriesAgainWhatWeCouldNotStore(t *testing.T) {
	w := setup(t, dbtest.SQLite(t))
	w.door.Events = failing{errors.New("the disk is full")}
	if a := w.do(http.MethodPost, "/webhooks/stripe", event("evt_1", "")); a.status != http.StatusInternalServerError || strings.Contains(a.body, "disk") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestHealthAndFigures(t *testing.T) {
	w := setup(t, dbtest.SQLite(t))
	if a := w.do(http.MethodGet, "/healthz", nil); a.status != http.StatusOK {
		t.Errorf("healthz: %d", a.status)
	}
	if a := w.do(http.MethodGet, "/readyz", nil); a.status != http.StatusOK {
		t.Errorf("readyz: %d", a.status)
	}
	w.door.Ready = func(context.Context) error { return errors.New("draining, secret dsn") }
	if a := w.do(http.MethodGet, "/readyz", nil); a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "secret") {
		t.Errorf("draining: %d %s", a.status, a.body)
	}
	w.get("/api/v1/cases/"+w.es.file.Ref, w.es.key)
	w.do(http.MethodGet, "/panic", nil)
	w.do("BREW", "/healthz", nil)
	figures := w.do(http.MethodGet, "/metrics", nil).body
	for _, line := range []string{
		`acuerdo_http_request_duration_seconds_count{method="GET",route="/api/v1/cases/:ref",status="200"} 1`, `route="/healthz"`, `method="other"`,
		`method="GET",route="/panic",status="500"} 1`,
	} {
		if !strings.Contains(figures, line) {
			t.Errorf("missing: %s", line)
		}
	}
	if strings.Contains(figures, w.es.file.Ref) || strings.Contains(figures, "BREW") {
		t.Error("a path or a made-up method became a label")
	}
	w.door.Metrics = nil
	for _, path := range []string{"/docs", "/api/docs", "/openapi.yaml", "/schemas/Case.json"} {
		if a := w.do(http.MethodGet, path, nil); a.status != http.StatusNotFound {
			t.Errorf("%s is served: %d", path, a.status)
		}
	}
}
