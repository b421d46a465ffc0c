package payments_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/payments/stripe"
)

func TestWebhooksArriveOverHTTPAndAreWorkedOnOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := begin(t, d)
		hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if err := w.svc.ReceiveEvent(r.Context(), body, r.Header.Get("Stripe-Signature"), ""); err != nil {
				t.Error(err)
				rw.WriteHeader(fault.CodeOf(err).HTTPStatus())
			}
		}))
		defer hook.Close()
		w.box.SetWebhookURL(hook.URL)
		w.box.Faults().DuplicateEvents(true)
		p := w.start(10000)
		w.pay(p, goodCard)
		w.must(w.box.Drain(context.Background()))
		w.expect(p.ID, payments.Open, "") // received is not worked on

		var ids []string
		var jobs int64
		w.viewAll(func(tx *db.Tx) error {
			if err := tx.Table("river_job").Where("kind = ?", payments.ProcessEventArgs{}.Kind()).Count(&jobs).Error; err != nil {
				return err
			}
			return tx.Table("stripe_events").Order("id").Pluck("id", &ids).Error
		})
		equal(t, "one job for each event", jobs, int64(len(ids)))
		for _, id := range append(ids, ids...) {
			w.must(w.svc.ProcessEvent(context.Background(), id))
		}
		w.expect(p.ID, payments.Succeeded, "")
		equal(t, "received", w.timeline()[cases.EventPaymentReceived], 1)
		w.must(w.svc.PollEvents(context.Background())) // all of them came
		w.viewAll(func(tx *db.Tx) error {
			return tx.Table("river_job").Where("kind = ?", payments.ProcessEventArgs{}.Kind()).Count(&jobs).Error
		})
		equal(t, "jobs after the poll", jobs, int64(len(ids)))
	})
}

func TestWhatNeverCameIsPolled(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	p := w.start(10000)
	w.pay(p, goodCard)
	w.clock.Advance(2 * 24 * time.Hour)
	w.must(w.svc.PollEvents(context.Background()))
	for _, e := range w.events() {
		w.must(w.svc.ProcessEvent(context.Background(), e.ID))
		equal(t, e.Type, w.outcome(e.ID), "applied")
	}
	w.expect(p.ID, payments.Succeeded, "")
}

// TestWebhookRules is W1 of the rules for access.
func TestWebhookRules(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	w.start(10000)
	now := time.Unix(1_900_000_000, 0) // any wall clock
	var err error
	w.gw, err = stripe.New(stripe.Config{Key: secretKey, BaseURL: w.web.URL, WebhookSecrets: []string{"whsec_new", webhookSecret}, Now: func() time.Time { return now }})
	w.must(err)
	w.svc = w.service(w.gw)
	body := func(id, account, version string) []byte {
		return []byte(fmt.Sprintf(`{"id":%q,"object":"event","account":%q,"api_version":%q,"type":"charge.refunded","livemode":false,"created":1,"data":{"object":{"id":"ch_1","object":"charge"}}}`, id, account, version))
	}
	good := body("evt_1", "", "2024-06-20")
	connected := body("evt_2", "acct_1", "2024-06-20")
	for name, c := range map[string]struct {
		payload   []byte
		signature string
		account   string
		key       string
	}{
		"good":                    {good, sign(good, now, webhookSecret), "", ""},
		"again":                   {good, sign(good, now, webhookSecret), "", ""},
		"rotated secret":          {good, sign(good, now, "whsec_new"), "", ""},
		"300 s old":               {good, sign(good, now.Add(-300*time.Second), webhookSecret), "", ""},
		"300 s ahead":             {good, sign(good, now.Add(300*time.Second), webhookSecret), "", ""},
		"connected":               {connected, sign(connected, now, webhookSecret), "acct_1", ""},
		"301 s old":               {good, sign(good, now.Add(-301*time.Second), webhookSecret), "", "webhook_refused"},
		"301 s ahead":             {good, sign(good, now.Add(301*time.Second), webhookSecret), "", "webhook_refused"},
		"two timestamps":          {good, fmt.Sprintf("t=%d,", now.Unix()) + sign(good, now.Add(-time.Hour), webhookSecret), "", "webhook_refused"},
		"other secret":            {good, sign(good, now, "whsec_other"), "", "webhook_refused"},
		"one byte changed":        {append([]byte(" "), good...), sign(good, now, webhookSecret), "", "webhook_refused"},
		"no signature":            {good, "", "", "webhook_refused"},
		"rubbish":                 {good, "t=x,v1=y", "", "webhook_refused"},
		"other API version":       {body("evt_3", "", "2020-08-27"), sign(body("evt_3", "", "2020-08-27"), now, webhookSecret), "", "webhook_refused"},
		"account at the platform": {connected, sign(connected, now, webhookSecret), "", "webhook_account"},
		"platform at an account":  {good, sign(good, now, webhookSecret), "acct_1", "webhook_account"},
		"other account":           {connected, sign(connected, now, webhookSecret), "acct_2", "webhook_account"},
	} {
		err := w.svc.ReceiveEvent(context.Background(), c.payload, c.signature, c.account)
		if c.key == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		refused(t, err, c.key)
		if err != nil && strings.Contains(err.Error(), webhookSecret) {
			t.Errorf("%s: the error tells the secret", name)
		}
	}
	var stored int64
	w.view(func(tx *db.Tx) error { return tx.Table("stripe_events").Count(&stored).Error })
	equal(t, "stored", stored, 2)
}

func TestEventsOfOthersAreParkedOrIgnored(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	p := w.start(10000)
	event := func(id, account, kind, object string) payments.StripeEvent {
		e, err := payments.ParseEvent([]byte(fmt.Sprintf(
			`{"id":%q,"account":%q,"api_version":"2024-06-20","type":%q,"data":{"object":%s}}`, id, account, kind, object)))
		w.must(err)
		return e
	}
	ours := fmt.Sprintf(`{"id":"pi_9","object":"payment_intent","metadata":{"payment_id":%q}}`, p.ID)
	for _, c := range []struct {
		e    payments.StripeEvent
		want string
	}{
		{event("evt_a", "", "payment_intent.succeeded", `{"id":"pi_8","object":"payment_intent","metadata":{}}`), "parked"},
		{event("evt_b", "", "payment_intent.succeeded", `{"id":"pi_8","object":"payment_intent","metadata":{"payment_id":"`+db.NewID().String()+`"}}`), "parked"},
		{event("evt_c", "", "payment_intent.succeeded", ours), "parked"},
		{event("evt_d", "acct_evil", "payment_intent.succeeded", ours), "parked"},
		{event("evt_e", "", "charge.refunded", `{"id":"ch_1","object":"charge"}`), "parked"},
		{event("evt_f", "", "customer.created", `{"id":"cus_1","object":"customer"}`), "ignored"},
		{event("evt_g", "", "made.up", `{}`), "ignored"},
	} {
		w.must(w.svc.ReceiveEvent(context.Background(), c.e.Payload, sign(c.e.Payload, time.Now(), webhookSecret), c.e.Account))
		w.must(w.svc.ProcessEvent(context.Background(), c.e.ID))
		equal(t, c.e.ID, w.outcome(c.e.ID), c.want)
	}
	got := w.expect(p.ID, payments.Open, "")
	equal(t, "quarantine", got.QuarantineReason, "")
}

func TestWhatDiffersIsQuarantinedAndShown(t *testing.T) {
	for reason, alter := range map[payments.QuarantineReason]func(*world, *payments.Payment, *payments.StripeEvent){
		payments.AmountDiffers:   func(w *world, p *payments.Payment, _ *payments.StripeEvent) { w.change(p.ID, "amount_minor", 9999) },
		payments.CurrencyDiffers: func(w *world, p *payments.Payment, _ *payments.StripeEvent) { w.change(p.ID, "currency", "USD") },
		payments.LivemodeDiffers: func(w *world, p *payments.Payment, _ *payments.StripeEvent) { w.change(p.ID, "livemode", true) },
		payments.SessionDiffers: func(w *world, p *payments.Payment, e *payments.StripeEvent) {
			w.change(p.ID, "session_id", "cs_other")
		},
		payments.AccountDiffers: func(w *world, _ *payments.Payment, e *payments.StripeEvent) {
			e.Account, e.Payload = "acct_x", []byte(strings.Replace(string(e.Payload), `"account":""`, `"account":"acct_x"`, 1))
		},
		payments.MetadataDiffers: func(w *world, p *payments.Payment, _ *payments.StripeEvent) {
			w.update(func(tx *db.Tx) error {
				return tx.Model(&cases.Case{}).Where("creditor_id = ? AND id = ?", w.creditor, w.caseID).Update("ref", "OTHER").Error
			})
		},
	} {
		t.Run(string(reason), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				w := begin(t, d)
				p := w.start(10000)
				w.pay(p, goodCard)
				events := w.events()
				last := events[len(events)-1] // checkout.session.completed
				alter(w, &p, &last)
				w.must(w.svc.ReceiveEvent(context.Background(), last.Payload, sign(last.Payload, time.Now(), webhookSecret), last.Account))
				w.must(w.svc.ProcessEvent(context.Background(), last.ID))
				equal(t, "outcome", w.outcome(last.ID), "quarantined")
				w.deliver(events[:len(events)-1]...)
				w.must(w.svc.Sweep(context.Background()))
				got := w.get(p.ID)
				equal(t, "reason", got.QuarantineReason, reason)
				equal(t, "state", got.State, payments.Open)
				equal(t, "public", got.Public(), payments.StatusProcessing)
				equal(t, "balance", w.file().BalanceMinor(), 35000)
				equal(t, "shown once", w.timeline()[cases.EventPaymentQuarantined], 1)
				w.view(func(tx *db.Tx) error {
					tasks, err := cases.OpenTasks(tx, w.creditor, w.caseID)
					equal(t, "tasks", len(tasks), 1)
					listed, _ := payments.Quarantined(tx, w.creditor)
					equal(t, "listed", len(listed), 1)
					return err
				})
				_, err := w.svc.Start(context.Background(), w.request(10000))
				refused(t, err, "payment_under_review")
			})
		})
	}
}

func TestAHookThatFailsRollsThePaymentBack(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	p := w.start(10000)
	w.pay(p, goodCard)
	w.svc.OnPaid = func(*db.Tx, payments.Payment) error { return errors.New("no room for a receipt") }
	if err := w.svc.Refresh(context.Background(), p.ID); err == nil {
		t.Fatal("the error must come through")
	}
	w.expect(p.ID, payments.Open, "")
	equal(t, "balance", w.file().BalanceMinor(), 35000)
	w.svc = w.service(w.gw)
	w.must(w.svc.Refresh(context.Background(), p.ID))
	w.expect(p.ID, payments.Succeeded, "")
}

// dump is all that payments leave behind for a case, without ids of our own.
func (w *world) dump() string {
	w.t.Helper()
	f := w.file()
	var all []payments.Payment
	var card *payments.SavedCard
	w.view(func(tx *db.Tx) (err error) {
		if all, err = payments.OfCase(tx, w.creditor, w.caseID); err != nil {
			return err
		}
		card, err = payments.CardOf(tx, w.creditor, w.caseID)
		return err
	})
	type line struct {
		Source, Code, Debit, Credit string
		Amount                      int64
		On                          string
	}
	out := struct {
		Payments    []string
		Entries     []line
		Commitments []string
		Case        cases.State
		Card        string
		Timeline    map[cases.EventKind]int
	}{Case: f.Case.State, Timeline: w.timeline()}
	for _, p := range all {
		out.Payments = append(out.Payments, fmt.Sprint(p.State, p.AmountMinor, p.FailureCode, p.QuarantineReason, p.ChargeID, p.PaymentIntentID, p.SessionID, p.InstalmentID))
	}
	for _, e := range f.Entries {
		out.Entries = append(out.Entries, line{e.Source, string(e.Code), string(e.Debit), string(e.Credit), e.AmountMinor, e.EffectiveOn.String()})
	}
	for _, c := range f.Commitments {
		out.Commitments = append(out.Commitments, fmt.Sprint(c.State, c.PaidMinor))
	}
	if card != nil {
		out.Card = card.CustomerID + card.PaymentMethodID + card.Last4
	}
	raw, err := json.MarshalIndent(out, "", " ")
	w.must(err)
	return string(raw)
}

// TestAnyOrderOfEventsEndsTheSame: invariants 6 and 7. One history at Stripe; the
// database is copied before its events, so that each order starts from the same rows.
func TestAnyOrderOfEventsEndsTheSame(t *testing.T) {
	for _, history := range []struct {
		name string
		make func(*world)
	}{
		{"paid, declined once", func(w *world) {
			r := w.request(10000)
			r.SaveCard = true
			p, err := w.svc.Start(context.Background(), r)
			w.must(err)
			w.visit(p.SessionURL, "number", poorCard)
			w.pay(p, goodCard)
		}},
		{"a debit that bounced", func(w *world) {
			p := w.start(17500)
			w.visit(p.SessionURL, "method", "sepa_debit", "iban", "DE89370400440532013000")
			for _, pi := range w.list("/v1/payment_intents") {
				w.visit(w.web.URL+"/_test/settle/"+pi.ID, "outcome", "failed")
			}
		}},
		{"expired, then left", func(w *world) {
			p := w.start(12000)
			w.visit(p.SessionURL, "number", poorCard)
			w.clock.Advance(25 * time.Hour)
			w.list(sessions)
		}},
	} {
		t.Run(history.name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.SQLite(t)
			w := begin(t, d)
			w.agree(cases.Plan, 0, 2)
			history.make(w)
			events := w.events()
			var want string
			inTurn := func(rt tester, do func()) { // does and undoes it
				w.t = rt
				undo := w.save()
				defer undo()
				do()
			}
			inTurn(t, func() { w.deliver(events...); want = w.dump() })
			inTurn(t, func() {
				var all []payments.Payment
				w.view(func(tx *db.Tx) (err error) { all, err = payments.OfCase(tx, w.creditor, w.caseID); return err })
				w.must(w.svc.Refresh(context.Background(), all[0].ID))
				if diff := cmp.Diff(want, w.dump()); diff != "" {
					t.Errorf("Stripe's objects and its events tell different stories:\n%s", diff)
				}
			})
			rapid.Check(t, func(rt *rapid.T) {
				chosen := append(events[:0:0], events...)
				for range rapid.IntRange(0, 6).Draw(rt, "duplicates") {
					chosen = append(chosen, rapid.SampledFrom(events).Draw(rt, "again"))
				}
				chosen = rapid.Permutation(chosen).Draw(rt, "order")
				inTurn(rt, func() {
					w.deliver(chosen...)
					if diff := cmp.Diff(want, w.dump()); diff != "" {
						rt.Fatalf("another end:\n%s", diff)
					}
				})
			})
		})
	}
}

// save keeps every row that payments change; the answer puts them back.
func (w *world) save() (undo func()) {
	w.t.Helper()
	tables := []string{"ledger_entries", "timeline_events", "tasks", "stripe_events", "saved_cards", "payments", "commitment_invoices", "commitments", "cases"}
	w.update(func(tx *db.Tx) error {
		for _, t := range tables {
			if err := tx.Exec("DROP TABLE IF EXISTS kept_" + t).Error; err != nil {
				return err
			}
			if err := tx.Exec("CREATE TABLE kept_" + t + " AS SELECT * FROM " + t).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return func() {
		w.update(func(tx *db.Tx) error {
			if err := tx.Exec("PRAGMA defer_foreign_keys = ON").Error; err != nil {
				return err
			}
			for _, t := range tables {
				if err := tx.Exec("DELETE FROM " + t).Error; err != nil {
					return err
				}
				if err := tx.Exec("INSERT INTO " + t + " SELECT * FROM kept_" + t).Error; err != nil {
					return err
				}
			}
			return nil
		})
	}
}
