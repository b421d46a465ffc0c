package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/demo"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// liveDemo is a running demo, as `acuerdo demo --json` tells of itself.
type liveDemo struct {
	demoReady
	t *testing.T
}

// startDemo runs the demo on a free port until the test ends.
func startDemo(t *testing.T, cmd DemoCmd) *liveDemo {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	cmd.Addr, cmd.JSON, cmd.Out, cmd.Log = "127.0.0.1:0", true, write, "error"
	if cmd.Data == "" {
		cmd.Data = t.TempDir()
	}
	if cmd.Seed == 0 {
		cmd.Seed = 1
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Run(ctx)
		_ = write.CloseWithError(io.EOF)
		ended <- err
	}()
	d := &liveDemo{t: t}
	err := json.NewDecoder(read).Decode(&d.demoReady)
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the demo ended with: %v", err)
		}
	})
	if err != nil {
		t.Fatalf("the demo did not get ready: %v", err)
	}
	return d
}

// caseOf finds a case of the demo by its debtor.
func (d *liveDemo) caseOf(debtor string) demo.Case {
	d.t.Helper()
	for _, c := range d.Cases {
		if c.Debtor == debtor {
			return c
		}
	}
	d.t.Fatalf("the demo has no debtor %q", debtor)
	return demo.Case{}
}

// mail is a message as /inbox.json tells it.
type mail struct {
	To, Channel, Kind, Language, Subject, Text, HTML string
	Links                                            []string
	SentAt                                           time.Time `json:"sent_at"`
}

func (d *liveDemo) inbox() []mail {
	d.t.Helper()
	res, err := http.Get(d.InboxURL + ".json")
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	var all []mail
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		d.t.Fatal(err)
	}
	return all
}

// newest is the last message of a kind to an address, waited for.
func (d *liveDemo) newest(kind, to string) mail {
	d.t.Helper()
	var found mail
	waitFor(d.t, "a message "+kind+" to "+to, func() bool {
		for _, m := range d.inbox() {
			if m.Kind == kind && m.To == to {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

var sixDigits = regexp.MustCompile(`\b(\d{3}) ?(\d{3})\b`)

// codeFor is the newest one-time code sent to an address.
func (d *liveDemo) codeFor(to string) string {
	d.t.Helper()
	m := sixDigits.FindStringSubmatch(d.newest("code", to).Text)
	if m == nil {
		d.t.Fatal("the message has no six digits")
	}
	return m[1] + m[2]
}

// advance moves the demo's clock and waits until all that fell due has run.
func (d *liveDemo) advance(step string) {
	d.t.Helper()
	res, err := http.PostForm(d.BaseURL+"/demo/clock", url.Values{"advance": {step}})
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		d.t.Fatalf("advance %s: %s %s", step, res.Status, body)
	}
}

// api reads JSON from the API with the demo's key.
func (d *liveDemo) api(path string, into any) int {
	d.t.Helper()
	req, err := http.NewRequest(http.MethodGet, d.APIURL+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+d.APIKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	if into != nil {
		if err := json.NewDecoder(res.Body).Decode(into); err != nil {
			d.t.Fatal(err)
		}
	}
	return res.StatusCode
}

// waitFor looks again until a condition holds; it fails after a generous while.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-tick.C
	}
}

func TestTheDemoSaysWhatIsWrongWithItsPortAndFolder(t *testing.T) {
	t.Parallel()
	d := startDemo(t, DemoCmd{Empty: true})
	taken := strings.TrimPrefix(d.BaseURL, "http://")
	err := (&DemoCmd{Addr: taken, Data: t.TempDir(), Log: "error", Out: io.Discard}).Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), taken) || !strings.Contains(err.Error(), "--addr") {
		t.Errorf("a used port: %v", err)
	}
	err = (&DemoCmd{Addr: "127.0.0.1:0", Data: "/proc/nowhere", Log: "error", Out: io.Discard}).Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "/proc/nowhere") || !strings.Contains(err.Error(), "--data") {
		t.Errorf("an unwritable folder: %v", err)
	}
	err = (&DemoCmd{Addr: "127.0.0.1:0", Data: t.TempDir(), Today: "30/06/2013", Log: "error", Out: io.Discard}).Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "2026-11-30") {
		t.Errorf("a date in another form: %v", err)
	}
}

func TestTheDemoGoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var ref string
	var balance int64
	t.Run("first", func(t *testing.T) {
		d := startDemo(t, DemoCmd{Data: dir, Today: "2026-11-16"})
		c := d.caseOf("María Soler Ibáñez")
		ref, balance = c.Ref, c.BalanceMinor
		d.advance("7d")
	})
	t.Run("again", func(t *testing.T) {
		d := startDemo(t, DemoCmd{Data: dir, Today: "2026-11-20"[:0]})
		if len(d.Cases) < 55 {
			t.Errorf("%d cases", len(d.Cases))
		}
		if c := d.caseOf("María Soler Ibáñez"); c.Ref != ref || c.BalanceMinor != balance {
			t.Errorf("case %s with %d became %s with %d", ref, balance, c.Ref, c.BalanceMinor)
		}
		if d.Today < "2026-11-23" {
			t.Errorf("the clock went back to %s", d.Today)
		}
	})
}
