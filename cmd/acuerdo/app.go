package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/api"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/console"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/jobs"
	"github.com/acuerdo/acuerdo/offers"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/payments/stripe"
	"github.com/acuerdo/acuerdo/portal"
	"github.com/acuerdo/acuerdo/present"
	"github.com/acuerdo/acuerdo/reminders"
	"github.com/acuerdo/acuerdo/web"
)

// app is the program put together; serve and the demo run the same one.
type app struct {
	db        *db.DB
	access    *access.Service
	offers    *offers.Service
	payments  *payments.Service
	reminders *reminders.Service
	jobs      *jobs.Runner
	engine    *gin.Engine
	draining  func() // makes /readyz say no
}

// parts are what serve and the demo do differently.
type parts struct {
	db          *db.DB
	clock       clock.Clock // business time; the demo moves it
	accessClock clock.Clock // the time of whoever sits before the screen
	sender      reminders.Sender
	keepSecrets bool
	demoBar     func(back string) *frontend.DemoBar
	log         *slog.Logger
}

// stripeOrigins is where a form of ours may lead: Stripe's checkout.
const stripeOrigins = "https://checkout.stripe.com"

func build(s Settings, p parts) (*app, error) {
	a := &app{db: p.db}
	base := strings.TrimRight(s.PublicURL, "/")
	https := strings.HasPrefix(base, "https://")
	a.access = newAccess(s, p)
	if err := a.access.Validate(); err != nil {
		return nil, err
	}
	gateway, err := stripe.New(stripe.Config{Key: s.StripeKey, WebhookSecrets: s.webhookSecrets(), BaseURL: s.StripeURL})
	if err != nil {
		return nil, err
	}
	a.reminders = &reminders.Service{DB: p.db, Clock: p.clock, PublicURL: base, NewLink: a.access.NewLink, KeepSecrets: p.keepSecrets}
	a.payments = &payments.Service{
		DB: p.db, Clock: p.clock, Gateway: gateway, Livemode: s.live(), OnPaid: a.onPaid, OnFailed: a.onFailed,
		ReturnURL: func(id db.ID) (string, string) {
			page := base + "/portal/payments/" + id.String()
			return page + portal.FromCheckout, page
		},
		Describe: func(language, creditor, ref string) string {
			return frontend.CheckoutLine(present.Language(language), creditor, ref)
		},
	}
	a.offers = &offers.Service{DB: p.db, Clock: p.clock, OnAgreed: a.onAgreed}
	a.jobs = a.newJobs(p, s.Workers)
	proxies, err := s.proxies()
	if err != nil {
		return nil, err
	}
	cfg := web.Config{Logger: p.log, HTTPS: https, TrustedProxies: proxies, Unsigned: []string{api.WebhookPrefix}, FormAction: []string{stripeOrigins}}
	if s.StripeURL != "" {
		cfg.FormAction = append(cfg.FormAction, origin(s.StripeURL))
	}
	a.engine = web.New(cfg)
	a.mount(p, https)
	return a, nil
}

func newAccess(s Settings, p parts) *access.Service {
	keys := access.KeyRing{Current: "1", Keys: map[string][]byte{"1": derive(s.Secret, "sessions")}}
	if s.SecretPrevious != "" {
		keys.Keys["0"] = derive(s.SecretPrevious, "sessions")
	}
	// The id of a key says which one it is on every replica, whatever the order of the secrets.
	named := access.KeyRing{Keys: map[string][]byte{}}
	for id, key := range keys.Keys {
		name := fmt.Sprintf("%x", derive(string(key), "key id")[:4])
		named.Keys[name] = key
		if id == keys.Current {
			named.Current = name
		}
	}
	return &access.Service{DB: p.db, Clock: p.accessClock, Timeline: p.clock, Keys: named, Secret: derive(s.Secret, "access")}
}

func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "'self'"
	}
	return u.Scheme + "://" + u.Host
}

func (a *app) mount(p parts, https bool) {
	stopping := make(chan struct{})
	a.draining = sync.OnceFunc(func() { close(stopping) })
	(&api.Door{
		DB: a.db, Clock: p.clock, Access: a.access, Events: a.payments, Version: version(), Metrics: api.NewMetrics(),
		Ready: func(ctx context.Context) error {
			select {
			case <-stopping:
				return errors.New("stopping")
			default:
				return a.db.Ready(ctx)
			}
		},
	}).Mount(a.engine) // first, because it counts the others' requests
	(&portal.Door{
		DB: a.db, Clock: p.clock, Access: a.access, Offers: a.offers, Payments: a.payments, Reminders: a.reminders, HTTPS: https, Demo: p.demoBar,
	}).Mount(a.engine)
	(&console.Door{DB: a.db, Clock: p.clock, Access: a.access, Offers: a.offers, HTTPS: https, Demo: p.demoBar}).Mount(a.engine)
}

// newJobs says what each job does and what recurs.
func (a *app) newJobs(p parts, workers int) *jobs.Runner {
	r := jobs.New(jobs.Config{
		DB: a.db, Logger: p.log, Workers: workers, Periodic: true, Sweep: a.sweep, PollStripe: a.payments.PollEvents,
		Prune: func(ctx context.Context) error {
			return errors.Join(a.access.PruneCounters(ctx), a.access.PruneExpired(ctx))
		},
	})
	jobs.Register(r, func(ctx context.Context, args reminders.SendArgs) error {
		return a.reminders.Send(ctx, p.sender, args.MessageID)
	}, jobs.GiveUp(func(ctx context.Context, args reminders.SendArgs) error {
		return a.reminders.GiveUp(ctx, args.MessageID)
	}))
	jobs.Register(r, func(ctx context.Context, args payments.ProcessEventArgs) error {
		return a.payments.ProcessEvent(ctx, args.EventID)
	})
	return r
}

// sweep does all that has fallen due: offers lapse, payments that stopped
// half-way are taken up, reminders go out, agreements end.
func (a *app) sweep(ctx context.Context) error {
	_, lapsed := a.offers.ExpireDue(ctx)
	stuck := a.payments.Sweep(ctx)
	_, due := a.reminders.RunDue(ctx)
	return errors.Join(lapsed, stuck, due)
}

// onAgreed mails the agreement's copy, in the transaction that makes it.
func (a *app) onAgreed(tx *db.Tx, made offers.Agreement) error {
	_, err := a.reminders.AgreementConfirmed(tx, made.File, present.Fresh(made.Commitment, made.Instalments, made.File.Today), made.Commitment.DocumentID)
	return err
}

// onPaid mails the receipt, and says so when the agreement is fulfilled.
func (a *app) onPaid(tx *db.Tx, p payments.Payment) error {
	f, err := cases.Load(tx, p.CreditorID, p.CaseID, a.payments.Clock.Now())
	if err != nil {
		return err
	}
	if _, err := a.reminders.Receipt(tx, f, p.ID, p.AmountMinor, nil); err != nil {
		return err
	}
	if p.CommitmentID == nil {
		return nil
	}
	c, err := f.Commitment(*p.CommitmentID)
	if err != nil || c.State != cases.Kept {
		return err
	}
	_, err = a.reminders.AgreementFulfilled(tx, f, *c)
	return err
}

func (a *app) onFailed(tx *db.Tx, p payments.Payment) error {
	f, err := cases.Load(tx, p.CreditorID, p.CaseID, a.payments.Clock.Now())
	if err != nil {
		return err
	}
	_, err = a.reminders.PaymentDidNotArrive(tx, f, p.ID, p.AmountMinor)
	return err
}

// stopWithin is how long a stopping process lets requests and jobs finish.
const stopWithin = 25 * time.Second

// newLogger writes JSON lines to standard error.
func newLogger(level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: l}))
}

// version is what the binary was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "devel"
}
