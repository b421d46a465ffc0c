package payments_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/payments"
)

func TestPayingClosesTheCaseOnlyWhenStripeSaysSo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := begin(t, d)
		p := w.start(35000)
		w.pay(p, goodCard)
		if got := w.get(p.ID); got.Public() != payments.StatusWaiting {
			t.Errorf("the return page must only read, got %s", got.Public())
		}
		equal(t, "balance before the event", w.file().BalanceMinor(), 35000)

		w.deliver(w.events()...)
		got := w.expect(p.ID, payments.Succeeded, "")
		equal(t, "public", got.Public(), payments.StatusPaid)
		equal(t, "balance", w.file().BalanceMinor(), 0)
		equal(t, "case", w.file().Case.State, cases.Closed)
		equal(t, "charge", got.ChargeID, succeededCharges(w.list("/v1/charges"))[0].ID)
		equal(t, "hook", len(w.paid), 1)
		tl := w.timeline()
		equal(t, "started", tl[cases.EventPaymentStarted], 1)
		equal(t, "received", tl[cases.EventPaymentReceived], 1)
		equal(t, "closed", tl[cases.EventCaseClosed], 1)

		_, err := w.svc.Start(context.Background(), w.request(100))
		refused(t, err, "case_not_open")
	})
}

func TestADeclineLeavesThePageOpenForAnotherCard(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := begin(t, d)
		p := w.start(10000)
		status, _ := w.visit(p.SessionURL, "number", poorCard)
		equal(t, "declined", status, http.StatusUnprocessableEntity)
		w.deliver(w.events()...)
		w.expect(p.ID, payments.Open, payments.InsufficientFunds)
		equal(t, "nobody is told that it failed", len(w.failed), 0)
		equal(t, "same page", w.start(10000).SessionURL, p.SessionURL)

		w.pay(p, goodCard)
		w.deliver(w.events()...)
		w.expect(p.ID, payments.Succeeded, "")
		equal(t, "balance", w.file().BalanceMinor(), 25000)
	})
}

func TestThreeDSecure(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	p := w.start(10000)
	_, proof := w.visit(p.SessionURL, "number", proofCard)
	w.visit(proof, "result", "fail")
	w.deliver(w.events()...)
	w.expect(p.ID, payments.Open, payments.AuthenticationFailed)
	_, proof = w.visit(p.SessionURL, "number", proofCard)
	w.deliver(w.events()...)
	w.expect(p.ID, payments.Open, "")
	w.visit(proof, "result", "complete")
	w.deliver(w.events()...)
	w.expect(p.ID, payments.Succeeded, "")
}

func TestAnAbandonedPageMakesRoomForAnother(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := begin(t, d)
		p := w.start(10000)
		w.visit(p.SessionURL, "number", poorCard)
		w.clock.Advance(24*time.Hour + time.Second)
		w.must(w.svc.Sweep(context.Background()))
		got := w.expect(p.ID, payments.Abandoned, payments.InsufficientFunds)
		equal(t, "public", got.Public(), payments.StatusCancelled)
		equal(t, "told", w.timeline()[cases.EventPaymentAbandoned], 1)
		if again := w.start(10000); again.ID == p.ID || again.SessionID == p.SessionID {
			t.Error("a new attempt must be a new payment with a new session")
		}
	})
}

func TestFiftyClicksOpenOnePage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := begin(t, d)
		var all sync.WaitGroup
		urls := make([]string, 50)
		for i := range urls {
			svc := w.svc
			if i%2 == 1 { // as from a second replica, which shares nothing but the database
				svc = w.service(w.gw)
			}
			all.Go(func() {
				p, err := svc.Start(context.Background(), w.request(10000))
				if err != nil {
					t.Errorf("click %d: %v", i, err)
				}
				urls[i] = p.SessionURL
			})
		}
		all.Wait()
		for _, u := range urls {
			equal(t, "page", u, urls[0])
		}
		equal(t, "sessions", len(w.list("/v1/checkout/sessions")), 1)
	})
}

func TestAnotherAmountClosesTheFirstPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := begin(t, d)
		first := w.start(10000)
		second := w.start(20000)
		w.expect(first.ID, payments.Abandoned, "")
		if status, _ := w.visit(first.SessionURL, "number", goodCard); status != http.StatusGone {
			t.Errorf("the first page must be gone, got %d", status)
		}
		w.pay(second, goodCard)
		third, err := w.svc.Start(context.Background(), w.request(35000))
		refused(t, err, "amount_above_balance") // the second was paid meanwhile: nothing is asked twice
		equal(t, "no third", third.SessionID, "")
		w.expect(second.ID, payments.Succeeded, "")
		equal(t, "balance", w.file().BalanceMinor(), 15000)
	})
}

func TestADebitIsProcessingAndTakesNoSecondPayment(t *testing.T) {
	for outcome, want := range map[string]payments.State{"succeeded": payments.Succeeded, "failed": payments.Failed} {
		t.Run(outcome, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				w := begin(t, d)
				p := w.start(10000)
				w.visit(p.SessionURL, "method", "sepa_debit", "iban", "DE89370400440532013000")
				w.deliver(w.events()...)
				got := w.expect(p.ID, payments.Processing, "")
				equal(t, "public", got.Public(), payments.StatusProcessing)
				_, err := w.svc.Start(context.Background(), w.request(10000))
				refused(t, err, "payment_in_progress")

				w.clock.Advance(5 * 24 * time.Hour)
				w.visit(w.web.URL+"/_test/settle/"+got.PaymentIntentID, "outcome", outcome)
				w.must(w.svc.Sweep(context.Background())) // no event came
				code := payments.FailureCode("")
				if want == payments.Failed {
					code = payments.InsufficientFunds
					equal(t, "hook", len(w.failed), 1)
					equal(t, "told", w.timeline()[cases.EventPaymentFailed], 1)
				}
				w.expect(p.ID, want, code)
				w.deliver(w.events()...)
				w.expect(p.ID, want, code)
			})
		})
	}
}

func TestAmountsAreTheServersToJudge(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	for amount, key := range map[int64]string{
		-1: "amount_below_minimum", 0: "amount_below_minimum", 49: "amount_below_minimum", 35001: "amount_above_balance",
		34951: "amount_leaves_too_little",
	} {
		_, err := w.svc.Start(context.Background(), w.request(amount))
		refused(t, err, key)
	}
	w.update(func(tx *db.Tx) error {
		return tx.Model(&cases.Invoice{}).Where("creditor_id = ? AND id = ?", w.creditor, w.invoices[1]).Update("disputed", true).Error
	})
	_, err := w.svc.Start(context.Background(), w.request(10001))
	refused(t, err, "amount_above_balance")
	equal(t, "nothing reached Stripe", len(w.list("/v1/checkout/sessions")), 0)

	stranger := w.request(10000)
	stranger.CreditorID = db.NewID()
	_, err = w.svc.Start(context.Background(), stranger)
	refused(t, err, "not_found")
}

func TestPesosHaveNoCents(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	w.currency = "CLP"
	w.owe(45000)
	_, err := w.svc.Start(context.Background(), w.request(499))
	refused(t, err, "amount_below_minimum")
	p := w.start(45000)
	w.pay(p, goodCard)
	w.deliver(w.events()...)
	w.expect(p.ID, payments.Succeeded, "")
	equal(t, "charged", w.list("/v1/charges")[0].Amount, 45000)
}

func TestAgreementsAreServedInstalmentByInstalment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := begin(t, d)
		c := w.agree(cases.Plan, 0, 3)
		schedule := w.file().ActiveCommitment().Schedule
		r := w.request(schedule[0].AmountMinor)
		r.CommitmentID, r.InstalmentID, r.SaveCard = &c.ID, &schedule[1].ID, true
		_, err := w.svc.Start(context.Background(), r)
		refused(t, err, "instalment_not_next")
		r.InstalmentID, r.AmountMinor = &schedule[0].ID, 100
		_, err = w.svc.Start(context.Background(), r)
		refused(t, err, "amount_not_the_instalment")
		r.AmountMinor = schedule[0].AmountMinor
		p, err := w.svc.Start(context.Background(), r)
		w.must(err)
		w.pay(p, goodCard)
		w.deliver(w.events()...)
		p = w.expect(p.ID, payments.Succeeded, "")
		equal(t, "instalment", *p.InstalmentID, schedule[0].ID)
		_, err = w.svc.Start(context.Background(), r)
		refused(t, err, "instalment_already_paid")

		var card *payments.SavedCard
		w.view(func(tx *db.Tx) (err error) { card, err = payments.CardOf(tx, w.creditor, w.caseID); return err })
		if card == nil || card.Last4 != "4242" || card.Brand != "visa" || card.CustomerID == "" {
			t.Fatalf("the card was not kept: %+v", card)
		}

		p = w.start(schedule[1].AmountMinor) // without naming it: the amount tells
		equal(t, "instalment found", *p.InstalmentID, schedule[1].ID)
		w.pay(p, goodCard)
		w.deliver(w.events()...)
		p = w.start(5000) // a part of the last one
		if p.InstalmentID != nil || *p.CommitmentID != c.ID {
			t.Error("a part counts towards the agreement, not as its instalment's charge")
		}
		w.pay(p, goodCard)
		w.deliver(w.events()...)
		w.pay(w.start(schedule[2].AmountMinor-5000), goodCard)
		w.deliver(w.events()...)
		kept := w.file().Commitments[0]
		equal(t, "agreement", kept.State, cases.Kept)
		equal(t, "customers", len(w.list("/v1/customers")), 1)
	})
}

func TestADiscountIsGrantedWithTheLastPayment(t *testing.T) {
	w := begin(t, dbtest.SQLite(t))
	c := w.agree(cases.EarlyPayment, 3500, 1)
	_, err := w.svc.Start(context.Background(), w.request(35000))
	refused(t, err, "amount_above_balance") // 315.00 settles it
	r := w.request(31500)
	r.CommitmentID = &c.ID
	p, err := w.svc.Start(context.Background(), r)
	w.must(err)
	w.pay(p, goodCard)
	w.deliver(w.events()...)
	equal(t, "balance", w.file().BalanceMinor(), 0)
	equal(t, "agreement", w.file().Commitments[0].State, cases.Kept)
	r.CommitmentID = &c.ID
	_, err = w.svc.Start(context.Background(), r)
	refused(t, err, "case_not_open")
}
