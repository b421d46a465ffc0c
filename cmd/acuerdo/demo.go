package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/demo"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/payments/sandbox"
	"github.com/acuerdo/acuerdo/reminders"
	"github.com/acuerdo/acuerdo/web"
)

// DemoCmd shows the whole story with nothing but this binary.
type DemoCmd struct {
	Addr  string    `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen; port 0 takes a free one."`
	Data  string    `placeholder:"DIR" help:"Folder for the database, kept between runs. Without it, a new one that goes when the demo stops."`
	Today string    `placeholder:"DATE" help:"The day the demo's clock begins at, for example 2026-11-30. Today when not given."`
	Seed  uint64    `default:"1" help:"Another number makes other amounts and dates."`
	Empty bool      `help:"Creditors and users only, to import cases of your own."`
	JSON  bool      `name:"json" help:"Print one line of JSON when ready, for scripts."`
	Out   io.Writer `kong:"-"`
	Log   string    `default:"error" enum:"debug,info,warn,error" help:"How much to log: debug, info, warn or error."`
}

// demoReady is what --json prints.
type demoReady struct {
	BaseURL     string      `json:"base_url"`
	ConsoleURL  string      `json:"console_url"`
	InboxURL    string      `json:"inbox_url"`
	StripeURL   string      `json:"stripe_url"`
	APIURL      string      `json:"api_url"`
	APIKey      string      `json:"api_key"`
	DatabaseURL string      `json:"database_url"`
	Today       string      `json:"today"`
	Users       []demo.User `json:"users"`
	Cases       []demo.Case `json:"cases"`
}

const stripePath = "/stripe"

// Run starts everything on one address, prints what to open, and serves.
func (cmd *DemoCmd) Run(ctx context.Context) error {
	dir, cleanup, err := cmd.folder()
	if err != nil {
		return err
	}
	defer cleanup()
	ln, err := listen(cmd.Addr)
	if err != nil {
		return err
	}
	base := "http://" + addressOf(ln)
	d, err := db.Open(ctx, "sqlite:"+filepath.Join(dir, "acuerdo.db"))
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer d.Close()
	if _, err := d.Migrate(ctx); err != nil {
		return errors.Join(err, ln.Close())
	}
	moved, fresh, err := cmd.clock(ctx, d)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	s, err := demoSettings(dir, base, d.URL())
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	return cmd.serve(ctx, ln, s, d, moved, fresh)
}

// serve wires the program to the sandbox and the inbox, and runs it.
func (cmd *DemoCmd) serve(ctx context.Context, ln net.Listener, s Settings, d *db.DB, moved *clock.Moved, fresh bool) error {
	log := newLogger(cmd.Log)
	box, err := sandbox.New(sandbox.Options{
		Clock: moved, BaseURL: s.StripeURL, SecretKey: s.StripeKey, WebhookSecret: s.StripeWebhookSecret, WebhookURL: s.PublicURL + "/webhooks/stripe",
		MerchantName: "Acuerdo demo", Logger: log, StatePath: filepath.Join(filepath.Dir(d.URL()[len("sqlite:"):]), "stripe.json"),
	})
	if err != nil {
		return err
	}
	defer box.Close()
	show := &demo.Demo{DB: d, Clock: moved, BaseURL: s.PublicURL, StripeURL: s.StripeURL}
	a, err := build(s, parts{
		db: d, clock: moved, accessClock: clock.System{}, sender: reminders.InboxSender{}, keepSecrets: true,
		demoBar: func(back string) *frontend.DemoBar { return show.Bar(back) }, log: log,
	})
	if err != nil {
		return err
	}
	show.Access, show.Sweep = a.access, a.sweep
	show.Settle = func(ctx context.Context) error {
		for range 3 { // jobs call Stripe, whose events are jobs again
			if err := errors.Join(a.jobs.Drain(ctx), box.Drain(ctx)); err != nil {
				return err
			}
		}
		return a.jobs.Drain(ctx)
	}
	show.Mount(a.engine)
	mux := http.NewServeMux()
	mux.Handle(stripePath+"/", http.StripPrefix(stripePath, box.Handler()))
	mux.Handle("/", a.engine)
	if fresh {
		if err := show.Seed(ctx, cmd.Seed, cmd.Empty); err != nil {
			return err
		}
	}
	stop, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	served := make(chan error, 1)
	go func() { served <- web.Serve(stop, ln, mux, a.draining, 5*time.Second) }()
	if err := a.jobs.Start(ctx); err != nil {
		return err
	}
	err = cmd.announce(ctx, show, a, s, fresh)
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-served:
			served <- nil
		}
	}
	cancel(err)
	drain, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	return errors.Join(err, <-served, a.jobs.Stop(drain))
}

// announce sends what is due on the first day and says what to open.
func (cmd *DemoCmd) announce(ctx context.Context, show *demo.Demo, a *app, s Settings, fresh bool) error {
	if err := show.Begin(ctx, fresh); err != nil {
		return err
	}
	all, err := show.Cases(ctx)
	if err != nil {
		return err
	}
	key, err := show.Key(ctx, apiScopes)
	if err != nil {
		return err
	}
	if err := a.db.Update(ctx, db.Everyone("commands beside the demo"), func(tx *db.Tx) error {
		return db.SetSetting(tx, publicURLSetting, s.PublicURL)
	}); err != nil {
		return err
	}
	ready := demoReady{
		BaseURL: s.PublicURL, ConsoleURL: s.PublicURL + "/console", InboxURL: s.PublicURL + "/inbox", StripeURL: s.StripeURL,
		APIURL: s.PublicURL + "/api/v1", DatabaseURL: s.Database, Today: clock.DateIn(show.Clock.Now(), time.UTC).String(),
		APIKey: key, Users: demo.Users(), Cases: all,
	}
	out := cmd.Out
	if out == nil {
		out = os.Stdout
	}
	if cmd.JSON {
		return json.NewEncoder(out).Encode(ready)
	}
	printReady(out, ready)
	return nil
}

func printReady(w io.Writer, r demoReady) {
	fmt.Fprintf(w, "Acuerdo is ready. It is %s on the demo's clock.\n\n", r.Today)
	fmt.Fprintf(w, "  Start here   %s/demo\n", r.BaseURL)
	fmt.Fprintf(w, "  Inbox        %s   open a reminder and follow its link\n", r.InboxURL)
	fmt.Fprintf(w, "  Console      %s   %s, password %s\n", r.ConsoleURL, r.Users[1].Email, demo.Password)
	fmt.Fprintf(w, "  Stripe       %s/   the sandbox: 4242 4242 4242 4242 pays\n", r.StripeURL)
	fmt.Fprintf(w, "  API          %s   key %s\n", r.APIURL, r.APIKey)
	fmt.Fprintf(w, "  Database     %s\n\nCtrl-C stops it.\n", r.DatabaseURL)
}

// folder is where the demo lives: the one asked for, or a new one that goes with it.
func (cmd *DemoCmd) folder() (dir string, cleanup func(), err error) {
	if cmd.Data == "" {
		dir, err = os.MkdirTemp("", "acuerdo-demo-")
		return dir, func() { _ = os.RemoveAll(dir) }, err
	}
	dir, err = filepath.Abs(cmd.Data)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, ".probe"); err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if err != nil {
		return "", nil, fmt.Errorf("can't write to the folder %s: %w; choose another with --data DIR", cmd.Data, err)
	}
	return dir, func() {}, nil
}

// clock begins at the day asked for, goes on from the day an earlier run had
// got to, or is today. It never goes backwards: what happened has happened.
func (cmd *DemoCmd) clock(ctx context.Context, d *db.DB) (*clock.Moved, bool, error) {
	day := clock.DateIn(clock.System{}.Now(), time.UTC)
	if cmd.Today != "" {
		given, err := clock.ParseDate(cmd.Today)
		if err != nil {
			return nil, false, usageError{fmt.Errorf("--today: %w", err)}
		}
		day = given
	}
	before, err := demo.Day(ctx, d)
	switch {
	case fault.Is(err, fault.NotFound):
		return clock.RunningFrom(demo.StartOf(day)), true, nil
	case err != nil:
		return nil, false, err
	case cmd.Today == "" && day.Before(before):
		day = before
	case day.Before(before):
		return nil, false, usageError{fmt.Errorf("this demo has got to %s and can't go back to %s: choose another folder with --data DIR", before, day)}
	}
	return clock.RunningFrom(demo.StartOf(day)), false, nil
}

// demoSettings are production's settings with the demo's values; its secrets
// are kept with its data, so that sessions and Stripe's signatures survive a restart.
func demoSettings(dir, base, database string) (Settings, error) {
	path := filepath.Join(dir, "secret")
	secret, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw)
		secret = []byte(hex.EncodeToString(raw))
		err = os.WriteFile(path, secret, 0o600)
	}
	key := func(purpose string) string { return hex.EncodeToString(derive(string(secret), purpose)[:12]) }
	return Settings{
		Database: database, PublicURL: base, Secret: string(secret), StripeURL: base + stripePath, StripeKey: "sk_test_" + key("stripe"),
		StripeWebhookSecret: "whsec_" + key("webhook"), MailFrom: "acuerdo@demo.example",
		Workers: 24, // a day with many messages is over in a moment
	}, err
}

// addressOf is a listener's address as a browser on this machine can open it.
func addressOf(ln net.Listener) string {
	host, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return ln.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
