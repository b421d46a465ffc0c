package payments_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/payments"
)

// TestMachine walks at random through what debtors, banks, networks and
// schedules do, and checks the invariants after every step.
func TestMachine(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		rapid.Check(t, func(rt *rapid.T) {
			forgetOthers(rt, d)
			w, end := setup(rt, d)
			defer end()
			m := &machine{world: w}
			w.svc = m.process()
			rt.Repeat(map[string]func(*rapid.T){
				"":         func(rt *rapid.T) { w.t = rt; w.invariants() },
				"agree":    m.agreeSome,
				"start":    m.startSome,
				"card":     m.payByCard,
				"debit":    m.payByDebit,
				"settle":   m.settle,
				"events":   m.someEvents,
				"sweep":    func(rt *rapid.T) { m.calm(w.svc.Sweep(context.Background())) },
				"poll":     func(rt *rapid.T) { m.calm(w.svc.PollEvents(context.Background())) },
				"restart":  func(rt *rapid.T) { w.svc = m.process() },
				"time":     m.letTimePass,
				"trouble":  m.trouble,
				"transfer": m.transfer,
			})
			w.t = rt
			m.comeToRest()
			w.invariants()
			w.quiescent()
		})
	})
}

// forgetOthers ends what an earlier run left behind: its sandbox is gone.
func forgetOthers(t tester, d *db.DB) {
	err := d.Update(context.Background(), db.Everyone("a test starts afresh"), func(tx *db.Tx) error {
		if err := tx.Exec("UPDATE payments SET state = 'abandoned' WHERE state IN ('created', 'open', 'processing')").Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE stripe_events SET outcome = 'applied', processed_at = received_at WHERE processed_at IS NULL").Error
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
}

type machine struct {
	*world
	transfers int
}

// process is a fresh process of ours, watched for how it uses its keys.
func (m *machine) process() *payments.Service { return m.service(keyWatch{m.ours, m.world}) }

// keyWatch is invariant 8 at the moment it matters: a key goes out only while
// its row says that the outcome is not known.
type keyWatch struct {
	payments.Gateway
	w *world
}

func (k keyWatch) CreateCheckout(ctx context.Context, r payments.CheckoutRequest) (payments.Checkout, error) {
	id, err := db.ParseID(r.PaymentID)
	k.w.must(err)
	if p := k.w.get(id); p.State != payments.Created || p.IdempotencyKey != r.Key || p.AmountMinor != r.AmountMinor {
		k.w.t.Errorf("8: key %s was used for %+v", r.Key, p)
	}
	return k.Gateway.CreateCheckout(ctx, r)
}

// calm takes errors that say "later" or "not now"; everything else is a bug.
func (m *machine) calm(err error) {
	m.t.Helper()
	if code := fault.CodeOf(err); err != nil && code != fault.Unavailable && code != fault.Conflict && code != fault.Invalid {
		m.t.Fatalf("%v", err)
	}
}

func (m *machine) agreeSome(rt *rapid.T) {
	f := m.file()
	if f.Case.State != cases.Open || f.ActiveCommitment() != nil || f.Payable().Total() < 5000 {
		rt.Skip("nothing to agree on")
	}
	if rapid.Bool().Draw(rt, "plan") {
		m.agree(cases.Plan, 0, rapid.IntRange(1, 5).Draw(rt, "parts"))
		return
	}
	m.agree(cases.EarlyPayment, rapid.Int64Range(1, f.Payable().Total()/3).Draw(rt, "discount"), 1)
}

func (m *machine) startSome(rt *rapid.T) {
	f := m.file()
	amounts := []int64{10000, 100, payments.MaximumMinor(f)}
	if c := f.ActiveCommitment(); c != nil && c.Next() != nil {
		amounts = append(amounts, c.Next().OpenMinor, c.LeftMinor(), cases.DueMinor(c.Schedule, f.Today))
	}
	r := m.request(rapid.SampledFrom(amounts).Draw(rt, "amount"))
	r.SaveCard = rapid.Bool().Draw(rt, "save")
	p, err := m.svc.Start(context.Background(), r)
	m.calm(err)
	if err == nil && (p.State != payments.Open || p.AmountMinor != r.AmountMinor) {
		rt.Fatalf("a page for another payment: %+v", p)
	}
}

// anyPage is a page that was ever given out, also an old one in another tab.
func (m *machine) anyPage(rt *rapid.T) string {
	made := m.list(sessions)
	if len(made) == 0 {
		rt.Skip("no page was opened")
	}
	return m.web.URL + "/c/pay/" + rapid.SampledFrom(made).Draw(rt, "page").ID
}

func (m *machine) payByCard(rt *rapid.T) {
	page := m.anyPage(rt)
	card := rapid.SampledFrom([]string{goodCard, goodCard, poorCard, proofCard, "4000000000000069"}).Draw(rt, "card")
	if _, next := m.visit(page, "number", card); card == proofCard && next == page+"/authenticate" {
		m.visit(next, "result", rapid.SampledFrom([]string{"complete", "fail"}).Draw(rt, "proof"))
	}
}

func (m *machine) payByDebit(rt *rapid.T) {
	m.visit(m.anyPage(rt), "method", "sepa_debit", "iban", "DE89370400440532013000")
}

func (m *machine) settle(rt *rapid.T) {
	var waiting []string
	for _, pi := range m.list("/v1/payment_intents") {
		if pi.Status == "processing" {
			waiting = append(waiting, pi.ID)
		}
	}
	if len(waiting) == 0 {
		rt.Skip("no debit waits")
	}
	m.visit(m.web.URL+"/_test/settle/"+rapid.SampledFrom(waiting).Draw(rt, "debit"), "outcome", rapid.SampledFrom([]string{"succeeded", "failed"}).Draw(rt, "bank"))
}

func (m *machine) someEvents(rt *rapid.T) {
	all, err := m.gw.Events(context.Background(), "", noon.Add(-time.Hour))
	if m.calm(err); err != nil || len(all) == 0 {
		rt.Skip("no events")
	}
	for range rapid.IntRange(1, 5).Draw(rt, "how many") {
		e := rapid.SampledFrom(all).Draw(rt, "event")
		m.must(m.svc.ReceiveEvent(context.Background(), e.Payload, sign(e.Payload, time.Now(), webhookSecret), ""))
		m.calm(m.svc.ProcessEvent(context.Background(), e.ID))
	}
}

func (m *machine) letTimePass(rt *rapid.T) {
	m.clock.Advance(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 12 * time.Hour, 25 * time.Hour}).Draw(rt, "time"))
}

func (m *machine) trouble(rt *rapid.T) {
	kind := rapid.SampledFrom([]trouble{lostBefore, lostAfter, brokenAfter}).Draw(rt, "trouble")
	for range rapid.IntRange(1, 4).Draw(rt, "calls") {
		m.wire.plan(kind)
	}
}

// transfer is money that comes past Stripe, while a page may be open.
func (m *machine) transfer(rt *rapid.T) {
	amount := rapid.Int64Range(1, 12000).Draw(rt, "transfer")
	m.transfers++
	m.update(func(tx *db.Tx) error {
		if _, err := cases.Lock(tx, m.creditor, m.caseID); err != nil {
			return err
		}
		return receiveElsewhere(tx, m.world, m.transfers, amount)
	})
}

// comeToRest lets every fault pass and everything that waits be worked off.
func (m *machine) comeToRest() {
	m.t.Helper()
	m.wire.heal()
	m.svc = m.process()
	for _, pi := range m.list("/v1/payment_intents") {
		if pi.Status == "processing" {
			m.visit(m.web.URL+"/_test/settle/"+pi.ID, "outcome", "succeeded")
		}
	}
	for range 2 {
		m.clock.Advance(25 * time.Hour)
		m.must(m.svc.Sweep(context.Background()))
		m.must(workOff(m.svc))
	}
	m.view(func(tx *db.Tx) error {
		all, err := payments.OfCase(tx, m.creditor, m.caseID)
		for _, p := range all {
			if p.State.Live() || p.QuarantineReason != "" {
				m.t.Errorf("at rest %s is %s %s", p.ID, p.State, p.QuarantineReason)
			}
		}
		return err
	})
}
