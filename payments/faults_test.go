package payments_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/payments"
)

const sessions = "/v1/checkout/sessions"

// silent is a network without answers: nothing reaches Stripe.
type silent struct{ payments.Gateway }

func (silent) CreateCheckout(context.Context, payments.CheckoutRequest) (payments.Checkout, error) {
	return payments.Checkout{}, errors.New("no route")
}

func (silent) FindCheckout(context.Context, string, string, time.Time) (string, bool, error) {
	return "", false, errors.New("no route")
}

func TestAnIntentWithoutItsCallIsResumed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := begin(t, d)
		down := w.service(silent{w.gw})
		_, err := down.Start(context.Background(), w.request(10000))
		refused(t, err, "payment_provider_unavailable")
		equal(t, "sessions", len(w.list(sessions)), 0)
		var p payments.Payment
		w.view(func(tx *db.Tx) error {
			all, err := payments.OfCase(tx, w.creditor, w.caseID)
			p = all[0]
			return err
		})
		equal(t, "the intent stands", p.State, payments.Created)

		w.must(w.svc.Sweep(context.Background()))
		w.expect(p.ID, payments.Created, "") // too young: its own call may still be running
		w.clock.Advance(time.Minute)
		w.must(w.svc.Sweep(context.Background()))
		w.expect(p.ID, payments.Open, "")
		w.must(w.svc.Resume(context.Background(), p.ID))
		equal(t, "same payment", w.start(10000).ID, p.ID)
		equal(t, "sessions", len(w.list(sessions)), 1)
	})
}

func TestLostAnswers(t *testing.T) {
	for name, fault := range map[string]func(*world){
		"lost after success": func(w *world) { w.box.Faults().LoseAnswerAfterSuccess(sessions, 1) },
		"500 without effect": func(w *world) { w.box.Faults().FailBefore(sessions, 1) },
		"500 with effect":    func(w *world) { w.box.Faults().FailAfter(sessions, 1) }, // Stripe replays that 500 for ever
		"lost twice, then a 500": func(w *world) {
			w.box.Faults().LoseAnswerAfterSuccess(sessions, 2)
			w.box.Faults().FailBefore(sessions, 1)
		},
		"the customer was lost":   func(w *world) { w.box.Faults().LoseAnswerAfterSuccess("/v1/customers", 1) },
		"reading it back was cut": func(w *world) { w.box.Faults().LoseAnswerAfterSuccess(sessions+"/", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, dbtest.SQLite(t))
			fault(w)
			r := w.request(10000)
			r.SaveCard = true
			p, err := w.svc.Start(context.Background(), r)
			w.must(err)
			equal(t, "state", p.State, payments.Open)
			equal(t, "sessions", len(w.list(sessions)), 1)
			equal(t, "customers", len(w.list("/v1/customers")), 1)
			w.pay(p, goodCard)
			w.deliver(w.events()...)
			w.expect(p.ID, payments.Succeeded, "")
		})
	}
}

// deaf hears none of Stripe's answers, though Stripe does the work.
type deaf struct{ payments.Gateway }

func (g deaf) CreateCheckout(ctx context.Context, r payments.CheckoutRequest) (payments.Checkout, error) {
	_, err := g.Gateway.CreateCheckout(ctx, r)
	return payments.Checkout{}, errors.Join(errors.New("no answer"), err)
}

func (deaf) FindCheckout(context.Context, string, string, time.Time) (string, bool, error) {
	return "", false, errors.New("no answer")
}

func TestAnEventCanBeFasterThanTheAnswer(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	_, err := w.service(deaf{w.gw}).Start(context.Background(), w.request(10000))
	refused(t, err, "payment_provider_unavailable")
	made := w.list(sessions)
	equal(t, "sessions", len(made), 1)
	w.visit(w.web.URL+"/c/pay/"+made[0].ID, "number", goodCard)
	w.deliver(w.events()...)
	w.view(func(tx *db.Tx) error {
		all, err := payments.OfCase(tx, w.creditor, w.caseID)
		equal(t, "state", all[0].State, payments.Succeeded)
		equal(t, "session", all[0].SessionID, made[0].ID)
		return err
	})
	equal(t, "balance", w.file().BalanceMinor(), 25000)
}

// listener tells of calls that found their key at work.
type listener struct {
	payments.Gateway
	busy chan struct{}
	once sync.Once
}

func (l *listener) CreateCheckout(ctx context.Context, r payments.CheckoutRequest) (payments.Checkout, error) {
	c, err := l.Gateway.CreateCheckout(ctx, r)
	var e *payments.GatewayError
	if errors.As(err, &e) && e.Kind == payments.InFlight {
		l.once.Do(func() { close(l.busy) })
	}
	return c, err
}

func TestTwoReplicasShareOneCall(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	arrived, release := w.box.Faults().Hold(sessions)
	l := &listener{Gateway: w.gw, busy: make(chan struct{})}
	urls := make([]string, 2)
	var both sync.WaitGroup
	click := func(i int, svc *payments.Service) {
		both.Go(func() {
			p, err := svc.Start(context.Background(), w.request(10000))
			if err != nil {
				t.Error(err)
			}
			urls[i] = p.SessionURL
		})
	}
	click(0, w.svc)
	<-arrived
	click(1, w.service(l))
	<-l.busy
	release()
	both.Wait()
	equal(t, "page", urls[1], urls[0])
	equal(t, "sessions", len(w.list(sessions)), 1)
}

func TestARefusedRequestEndsTheAttempt(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	w.svc.ReturnURL = func(db.ID) (string, string) { return "nowhere", "nowhere" }
	_, err := w.svc.Start(context.Background(), w.request(10000))
	refused(t, err, "payment_provider_refused")
	w.view(func(tx *db.Tx) error {
		all, err := payments.OfCase(tx, w.creditor, w.caseID)
		equal(t, "state", all[0].State, payments.Failed)
		equal(t, "code", all[0].FailureCode, payments.ProviderRefused)
		return err
	})
	equal(t, "the debtor is told on the page, not by mail", len(w.failed), 0)
	w.svc = w.service(w.gw)
	w.start(10000)
}

func TestAForgottenKeyOpensNoSecondSession(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	_, err := w.service(silent{w.gw}).Start(context.Background(), w.request(10000))
	refused(t, err, "payment_provider_unavailable")
	w.clock.Advance(23*time.Hour + time.Minute)
	w.must(w.svc.Sweep(context.Background()))
	equal(t, "sessions", len(w.list(sessions)), 0)
	equal(t, "told", w.timeline()[cases.EventPaymentAbandoned], 1)
	w.start(10000)
}

// poisoned answers one key with a 500, as Stripe does once it failed on it.
type poisoned struct {
	payments.Gateway
	key string
}

func (g *poisoned) CreateCustomer(ctx context.Context, r payments.CustomerRequest) (string, error) {
	if g.key == "" {
		g.key = r.Key
	}
	if r.Key == g.key {
		return "", &payments.GatewayError{Kind: payments.Unknown, Status: 500}
	}
	return g.Gateway.CreateCustomer(ctx, r)
}

func TestAKeyThatBringsA500ForEverIsGivenUp(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	w.svc = w.service(&poisoned{Gateway: w.gw})
	r := w.request(10000)
	r.SaveCard = true
	_, err := w.svc.Start(context.Background(), r)
	refused(t, err, "payment_provider_unavailable")
	w.clock.Advance(2 * time.Minute)
	p, err := w.svc.Start(context.Background(), r)
	w.must(err)
	equal(t, "state", p.State, payments.Open)
	w.view(func(tx *db.Tx) error {
		all, err := payments.OfCase(tx, w.creditor, w.caseID)
		equal(t, "attempts", len(all), 2)
		equal(t, "the first", all[1].State, payments.Abandoned)
		return err
	})
}

func TestABadAddressKeepsNobodyFromPaying(t *testing.T) {
	for _, address := range []string{"", "ana", "ana@example", "Ana <ana@example.com>", "añá@example.com", "a b@example.com", "ana@example.com"} {
		w := begin(t, dbtest.SQLite(t))
		w.update(func(tx *db.Tx) error {
			return tx.Model(&cases.Debtor{}).Where("creditor_id = ?", w.creditor).Update("email", address).Error
		})
		w.start(10000)
	}
}

func TestMoneyAfterTheEndIsBookedAllTheSame(t *testing.T) {
	for _, ended := range []payments.State{payments.Abandoned, payments.Failed} {
		t.Run(string(ended), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				w := begin(t, d)
				w.agree(cases.Plan, 0, 2)
				first := w.start(17500)
				w.change(first.ID, "state", ended) // as by a mistake of ours
				second := w.start(17500)
				w.pay(first, goodCard)
				w.deliver(w.events()...)
				got := w.expect(first.ID, payments.Succeeded, "")
				if got.InstalmentID != nil || *second.InstalmentID == (db.ID{}) {
					t.Error("the instalment belongs to the second attempt, the money to the agreement")
				}
				equal(t, "balance", w.file().BalanceMinor(), 17500)
				w.change(first.ID, "failure_code", "")
				w.must(w.svc.Refresh(context.Background(), first.ID))
				equal(t, "received once", w.timeline()[cases.EventPaymentReceived], 1)
			})
		})
	}
}

func TestNothingUndoesSuccess(t *testing.T) {
	for _, e := range payments.States {
		if e.From == payments.Succeeded {
			t.Errorf("%s leads out of success", e.Event)
		}
		if (e.From == payments.Failed || e.From == payments.Abandoned) && e.To != payments.Succeeded {
			t.Errorf("%s leads from %s to %s", e.Event, e.From, e.To)
		}
		for _, s := range []payments.State{e.From, e.To} {
			if (payments.Payment{State: s}).Public() == "" {
				t.Errorf("%s has no public word", s)
			}
		}
	}
}

// change edits a column of a payment behind the program's back.
func (w *world) change(id db.ID, column string, value any) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error {
		return tx.Table("payments").Where("creditor_id = ? AND id = ?", w.creditor, id).Update(column, value).Error
	})
}
