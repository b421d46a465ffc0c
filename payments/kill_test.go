package payments_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/payments/stripe"
)

// helperEnv makes the test binary a process of ours that is killed on the way.
const helperEnv = "ACUERDO_PAYMENTS_TEST_HELPER"

// errand is what the helper process does, and where it dies.
type errand struct {
	Database, Stripe string
	Creditor, Case   db.ID
	Now              time.Time
	DieAt            int64 // the count of the point at which SIGKILL strikes; 0 never
}

// reaper counts the points at which a process may die: before and after each
// call to Stripe, at each look at the clock (there is one between most
// statements), and inside the transaction that books the money.
type reaper struct {
	payments.Gateway
	clock.Clock
	dieAt  int64
	passed atomic.Int64
}

func (r *reaper) point() {
	if r.passed.Add(1) == r.dieAt {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

func (r *reaper) Now() time.Time { r.point(); return r.Clock.Now() }

func (r *reaper) CreateCustomer(ctx context.Context, q payments.CustomerRequest) (string, error) {
	r.point()
	defer r.point()
	return r.Gateway.CreateCustomer(ctx, q)
}

func (r *reaper) CreateCheckout(ctx context.Context, q payments.CheckoutRequest) (payments.Checkout, error) {
	r.point()
	defer r.point()
	return r.Gateway.CreateCheckout(ctx, q)
}

func (r *reaper) ExpireCheckout(ctx context.Context, account, id, key string) error {
	r.point()
	defer r.point()
	return r.Gateway.ExpireCheckout(ctx, account, id, key)
}

func (r *reaper) Checkout(ctx context.Context, account, id string) (payments.CheckoutState, error) {
	r.point()
	defer r.point()
	return r.Gateway.Checkout(ctx, account, id)
}

func helperMain() {
	raw := os.Getenv(helperEnv)
	if raw == "" {
		return
	}
	if err := runErrand([]byte(raw)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runErrand(raw []byte) error {
	var e errand
	if err := json.Unmarshal(raw, &e); err != nil {
		return err
	}
	d, err := db.Open(context.Background(), e.Database)
	if err != nil {
		return err
	}
	gw, err := stripe.New(stripe.Config{Key: secretKey, BaseURL: e.Stripe})
	if err != nil {
		return err
	}
	r := &reaper{Gateway: gw, Clock: clock.Frozen(e.Now), dieAt: e.DieAt}
	svc := &payments.Service{DB: d, Clock: r, Gateway: r,
		ReturnURL: func(db.ID) (string, string) { return "https://pay.example/back", "https://pay.example/cancel" },
		OnPaid:    func(*db.Tx, payments.Payment) error { r.point(); return nil }}
	return errors.Join(payOnce(svc, e), d.Close())
}

// payOnce is a debtor who changes their mind about the amount, is declined,
// pays, and the events of all that.
func payOnce(svc *payments.Service, e errand) error {
	ctx := context.Background()
	ask := func(amount int64) (payments.Payment, error) {
		return svc.Start(ctx, payments.StartRequest{CreditorID: e.Creditor, CaseID: e.Case, AmountMinor: amount, Language: "es", SaveCard: true})
	}
	if _, err := ask(20000); err != nil {
		return err
	}
	p, err := ask(10000)
	if err != nil {
		return err
	}
	for _, card := range []string{poorCard, goodCard} {
		resp, err := http.PostForm(p.SessionURL, url.Values{"number": {card}})
		if err == nil {
			resp.Body.Close()
		}
	}
	return workOff(svc)
}

// workOff does what the schedule and the queue do.
func workOff(svc *payments.Service) error {
	ctx := context.Background()
	if err := svc.PollEvents(ctx); err != nil {
		return err
	}
	var ids []string
	err := svc.DB.View(ctx, db.Everyone("a test works off what waits"), func(tx *db.Tx) error {
		return tx.Table("stripe_events").Where("processed_at IS NULL").Order("id").Pluck("id", &ids).Error
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := svc.ProcessEvent(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// TestKill9 kills a process at every point of a payment's way, restarts, and
// finds exactly one charge and one posting of it.
func TestKill9(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	for kind, c := range map[string]struct {
		open func(testing.TB) *db.DB
		step int64
	}{"sqlite": {dbtest.SQLite, 1}, "postgres": {dbtest.Postgres, 4}} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d := c.open(t)
			for at, killed := int64(1), true; killed; at += c.step {
				killed = killAt(t, d, at)
				if !killed {
					t.Logf("a whole payment passes %d points", at-1)
				}
				if !killed && at < 30 {
					t.Errorf("only %d points were passed", at)
				}
			}
		})
	}
}

func killAt(t *testing.T, d *db.DB, at int64) (killed bool) {
	w, end := setup(t, d)
	defer end()
	e := errand{Database: d.URL(), Stripe: w.web.URL, Creditor: w.creditor, Case: w.caseID, Now: w.clock.Now(), DieAt: at}
	raw, err := json.Marshal(e)
	w.must(err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+string(raw))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		killed = exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
	}
	if err != nil && !killed {
		t.Fatalf("point %d: the helper ended by itself: %v\n%s", at, err, out)
	}

	w.clock.Advance(2 * time.Minute)
	w.must(w.svc.Sweep(context.Background()))
	w.must(workOff(w.svc))
	if w.file().BalanceMinor() == 35000 { // not paid yet: the debtor tries again
		w.pay(w.start(10000), goodCard)
		w.must(workOff(w.svc))
	}
	w.must(w.svc.Sweep(context.Background()))
	equal(t, fmt.Sprintf("point %d: balance", at), w.file().BalanceMinor(), 25000)
	equal(t, fmt.Sprintf("point %d: charges", at), len(succeededCharges(w.list("/v1/charges"))), 1)
	w.quiescent()
	w.invariants()
	return killed
}
