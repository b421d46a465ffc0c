package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// relay stands between Stripe and the program, and kills the program before or
// after an event gets through.
type relay struct {
	target string
	mu     sync.Mutex
	before func() // once, instead of passing the event on
	after  func() // once, when the event was acknowledged
}

func (r *relay) take(which *func()) func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := *which
	*which = nil
	return f
}

func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if strike := r.take(&r.before); strike != nil {
		strike()
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	on, _ := http.NewRequestWithContext(req.Context(), req.Method, r.target, req.Body)
	on.Header = req.Header
	res, err := http.DefaultClient.Do(on)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		if strike := r.take(&r.after); strike != nil {
			strike()
			w.WriteHeader(http.StatusBadGateway) // the acknowledgement got lost too
			return
		}
	}
	w.WriteHeader(res.StatusCode)
}

// once fails unless a payment of an amount was charged, booked and receipted once.
func (w *town) once(amount string, minor int64) {
	w.t.Helper()
	waitFor(w.t, "the receipt", func() bool { return len(w.mail.to(ana, amount)) > 0 })
	if err := w.box.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	waitFor(w.t, "the events to be worked off", func() bool {
		var left int
		w.look("SELECT COUNT(*) FROM river_job WHERE kind IN ('process_stripe_event', 'send_message') AND state NOT IN ('completed', 'running')", &left)
		return left == 0
	})
	var booked []int64
	w.look("SELECT SUM(amount_minor) FROM ledger_entries WHERE debit = 'cash:stripe' GROUP BY transaction_id", &booked)
	if got := fmt.Sprint(charges(w.t, w.stripe.URL, "sk_test_town"), booked, len(w.mail.to(ana, amount))); got != fmt.Sprint([]int64{minor}, []int64{minor}, 1) {
		w.t.Errorf("charged, booked, receipts: %s", got)
	}
	var receipts []string
	w.look("SELECT id FROM messages WHERE kind = 'receipt'", &receipts)
	var payments []string
	w.look("SELECT state FROM payments", &payments)
	if len(receipts) != 1 || fmt.Sprint(payments) != "[succeeded]" {
		w.t.Errorf("%d receipts, payments %v", len(receipts), payments)
	}
}

// charges are the amounts that went through at Stripe.
func charges(t *testing.T, stripeURL, key string) []int64 {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, stripeURL+"/v1/charges?limit=100", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var list struct {
		Data []struct {
			Amount int64
			Paid   bool
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	var paid []int64
	for _, c := range list.Data {
		if c.Paid {
			paid = append(paid, c.Amount)
		}
	}
	return paid
}

// within fails where something doesn't happen.
func within(t *testing.T, what string, happened <-chan struct{}) {
	t.Helper()
	select {
	case <-happened:
	case <-time.After(30 * time.Second):
		t.Fatalf("waited in vain for %s", what)
	}
}

// TestServeKilledWhilePayingEndsPaidOnce kills the process three times in one
// payment: while Stripe makes the page that it asked for, as the event arrives,
// and right after it was acknowledged.
func TestServeKilledWhilePayingEndsPaidOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		w := found(t, database)
		way := &relay{target: "http://" + w.addr + "/webhooks/stripe"}
		front := httptest.NewServer(way)
		t.Cleanup(front.Close)
		w.box.SetWebhookURL(front.URL)
		p := w.serve()
		v := newVisitor(t, "http://"+w.addr)
		v.enters(works(t, w.env, "link", "--case", w.caseRef()), "1001")

		arrived, release := w.box.Faults().Hold("/v1/checkout/sessions")
		gone := make(chan error, 1)
		go func() {
			_, err := v.try(http.MethodPost, "/portal/payments", url.Values{"amount": {"150,00"}})
			gone <- err
		}()
		within(t, "Stripe to be asked", arrived)
		p.kill()
		release() // Stripe does what a dead process asked for
		if err := <-gone; err == nil {
			t.Fatal("the killed process answered")
		}
		p = w.serve()
		hosted := v.startsPaying("150,00")

		way.mu.Lock()
		way.before = func() { w.running.Load().kill() }
		way.mu.Unlock()
		back := v.paysAt(hosted)
		within(t, "the event", p.exited)
		// The one worker is kept from the event by what it does first: asking Stripe what it missed.
		busy, release := w.box.Faults().Hold("/v1/events")
		way.mu.Lock()
		acknowledged := make(chan struct{})
		way.after = func() { w.running.Load().kill(); close(acknowledged) }
		way.mu.Unlock()
		w.start("ACUERDO_WORKERS=1")
		within(t, "the acknowledgement", acknowledged)
		select {
		case <-busy:
		default: // it hadn't even begun
		}
		release()
		w.serve()
		v.paid(back)
		w.once("150,00", 150_00)
	})
}

// TestTheDemoKilledWhilePayingEndsPaidOnce kills the demo, its Stripe within,
// at moments it doesn't choose.
func TestTheDemoKilledWhilePayingEndsPaidOnce(t *testing.T) {
	t.Parallel()
	dir, addr := t.TempDir(), freePort(t)
	var told demoReady
	start := func() *process {
		p := launch(t, nil, "demo", "--addr", addr, "--data", dir, "--json", "--today", "2026-11-17")
		waitFor(t, "the demo", func() bool { return json.Unmarshal([]byte(p.stdout.String()), &told) == nil })
		return p
	}
	p := start()
	d := &liveDemo{demoReady: told, t: t}
	c := d.caseOf("María Soler Ibáñez")
	v := newVisitor(t, d.BaseURL)
	v.enters(c.Link, c.KnownFact)
	asking := make(chan struct{})
	go func() {
		defer close(asking)
		_, _ = v.try(http.MethodPost, "/portal/payments", url.Values{"amount": {"25,00"}})
	}()
	waitFor(t, "the intent", func() bool {
		return strings.Contains(stateOf(t, dir), `"/v1/checkout/sessions"`) || strings.Contains(stateOf(t, dir), "cs_test_")
	})
	p.kill()
	<-asking
	p = start()
	hosted := v.startsPaying("25,00")
	paying := make(chan struct{})
	go func() {
		defer close(paying)
		_, _ = v.try(http.MethodPost, hosted, url.Values{"number": {goodCard}})
	}()
	waitFor(t, "the charge", func() bool { return strings.Contains(stateOf(t, dir), `"ch_`) })
	p.kill()
	<-paying
	start()
	d.newest("receipt", "maria.soler@correo.example")
	receipts := 0
	for _, m := range d.inbox() {
		if m.Kind == "receipt" && m.To == "maria.soler@correo.example" {
			receipts++
		}
	}
	w := &town{t: t, database: told.DatabaseURL}
	var booked []int64
	w.look("SELECT SUM(amount_minor) FROM ledger_entries e JOIN cases c ON c.id = e.case_id WHERE debit = 'cash:stripe' AND c.ref = '"+c.Ref+"' GROUP BY transaction_id", &booked)
	s, err := demoSettings(dir, told.BaseURL, told.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	charged := charges(t, told.StripeURL, s.StripeKey)
	if receipts != 1 || fmt.Sprint(booked) != "[2500]" || fmt.Sprint(charged) != "[2500]" {
		t.Errorf("%d receipts, booked %v, charged %v", receipts, booked, charged)
	}
}

// stateOf is what the sandbox has written down.
func stateOf(t *testing.T, dir string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "stripe.json"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(raw)
}
