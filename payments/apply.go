package payments

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/ledger"
)

// Refresh brings a payment to what Stripe's objects say now. Events, sweeps and
// resumed attempts all end here, so they can't disagree.
func (s *Service) Refresh(ctx context.Context, paymentID db.ID) error {
	p, err := s.byID(ctx, paymentID)
	if err != nil {
		return err
	}
	_, err = s.refresh(ctx, p, "")
	return err
}

// refresh may be told the session of a payment whose answer was lost.
func (s *Service) refresh(ctx context.Context, p Payment, session string) (Payment, error) {
	if p.QuarantineReason != "" {
		return p, nil // people decide now
	}
	if session == "" {
		session = p.SessionID
	}
	if session == "" {
		if p.State != Created {
			return p, nil // it ended before Stripe knew of it
		}
		return s.open(ctx, p)
	}
	var seen CheckoutState
	err := s.patiently(ctx, func() (err error) {
		seen, err = s.Gateway.Checkout(ctx, p.StripeAccount, session)
		return err
	})
	if err != nil {
		return p, unavailable(err)
	}
	return s.apply(ctx, p, seen)
}

// change is what a session's state means for a payment. An empty event leaves
// the state as it is.
type change struct {
	event   Event
	failure FailureCode
	paidAt  time.Time      // by Stripe's clock, when money came
	seen    *CheckoutState // nil where Stripe has no session
}

// derive reads a session: the one place where Stripe's words become ours. A
// decline on an open page is no end: the debtor can try another card there.
func derive(c CheckoutState) change {
	ch := change{seen: &c}
	in := c.Intent
	if in == nil {
		in = &IntentState{}
	}
	ch.failure = failureOf(in.FailureCode, in.DeclineCode)
	switch {
	case in.Status == IntentSucceeded:
		ch.event, ch.failure, ch.paidAt = Paid, "", in.ChargedAt
	case c.Status == SessionIsExpired:
		ch.event = SessionExpired
	case c.Status == SessionIsComplete && (in.Status == IntentNeedsMethod || in.Status == IntentCanceled):
		ch.event = Refused
		if ch.failure == "" {
			ch.failure = ProcessingError
		}
	case c.Status == SessionIsComplete && !c.Paid:
		ch.event, ch.failure = Submitted, ""
	}
	return ch
}

// mismatch names what Stripe's objects and our row disagree about, "" for nothing.
func (p Payment) mismatch(caseRef string, c CheckoutState) QuarantineReason {
	claims := func(m map[string]string) bool { return m[metaPaymentID] == p.ID.String() && m[metaCaseRef] == caseRef }
	in := c.Intent
	switch {
	case p.SessionID != "" && p.SessionID != c.SessionID:
		return SessionDiffers
	case c.Reference != p.ID.String() || !claims(c.Metadata) || in != nil && !claims(in.Metadata):
		return MetadataDiffers
	case c.Livemode != p.Livemode || in != nil && in.Livemode != p.Livemode:
		return LivemodeDiffers
	case c.Currency != p.Currency || in != nil && in.Currency != p.Currency:
		return CurrencyDiffers
	case c.AmountMinor != p.AmountMinor || in != nil && in.AmountMinor != p.AmountMinor,
		in != nil && in.Status == IntentSucceeded && in.AmountReceived != p.AmountMinor:
		return AmountDiffers
	}
	return ""
}

// apply brings the row to what was seen, unless they disagree about what the
// payment is. What was seen may be older than the row: then no edge leads there
// and nothing happens.
func (s *Service) apply(ctx context.Context, p Payment, seen CheckoutState) (Payment, error) {
	err := s.DB.Update(ctx, db.Of(p.CreditorID), func(tx *db.Tx) error {
		c, err := cases.Lock(tx, p.CreditorID, p.CaseID)
		if err != nil {
			return err
		}
		if p, err = Get(tx, p.CreditorID, p.CaseID, p.ID); err != nil || p.QuarantineReason != "" {
			return err
		}
		if reason := p.mismatch(c.Ref, seen); reason != "" {
			return s.quarantine(tx, &p, reason)
		}
		return s.move(tx, &p, derive(seen))
	})
	return p, err
}

// move makes a change along the table, with all that belongs to it. The case is locked.
func (s *Service) move(tx *db.Tx, p *Payment, ch change) error {
	if ch.event == "" && p.State == Created {
		ch.event = SessionOpened
	}
	if ch.event == "" {
		return p.note(tx, ch)
	}
	to, err := States.Next(p.State, ch.event)
	if err != nil {
		return nil // late news of something that is over
	}
	next := *p
	next.State, next.FailureCode = to, ch.failure
	next.take(ch)
	if ch.event == Paid {
		if err := next.bindCharge(tx, ch); err != nil {
			return err
		}
	}
	if !to.Live() {
		now := s.Clock.Now()
		next.EndedAt = &now
	}
	if err := p.save(tx, next); err != nil {
		return err
	}
	*p = next
	return s.consequences(tx, next, ch)
}

// take copies what Stripe's objects say of themselves.
func (p *Payment) take(ch change) {
	if ch.seen == nil {
		return
	}
	p.SessionID = ch.seen.SessionID
	if ch.seen.URL != "" {
		p.SessionURL = ch.seen.URL
	}
	if !ch.seen.ExpiresAt.IsZero() {
		p.ExpiresAt = ch.seen.ExpiresAt
	}
	if in := ch.seen.Intent; in != nil {
		p.PaymentIntentID = in.ID
	}
}

// note keeps what changed of an open payment: why the last card was declined.
func (p *Payment) note(tx *db.Tx, ch change) error {
	next := *p
	next.take(ch)
	next.FailureCode = ch.failure
	if p.State != Open || next.FailureCode == p.FailureCode && next.PaymentIntentID == p.PaymentIntentID {
		return nil
	}
	if err := p.save(tx, next); err != nil {
		return err
	}
	*p = next
	return nil
}

// save is the compare-and-set: the row must still be in p's state.
func (p *Payment) save(tx *db.Tx, next Payment) error {
	return db.CompareAndSet(p.row(tx).Updates(map[string]any{
		"state": next.State, "instalment_id": next.InstalmentID, "session_id": next.SessionID, "session_url": next.SessionURL,
		"payment_intent_id": next.PaymentIntentID, "charge_id": next.ChargeID, "failure_code": next.FailureCode,
		"expires_at": next.ExpiresAt, "ended_at": next.EndedAt,
	}))
}

// bindCharge names the charge. Money that comes after the instalment was paid
// by, or is being asked in, another payment still counts towards the agreement,
// but not as that instalment's one charge.
func (p *Payment) bindCharge(tx *db.Tx, ch change) error {
	p.ChargeID = ch.seen.Intent.ChargeID
	if p.ChargeID == "" {
		return fault.Newf(fault.Unavailable, "payment_provider_unavailable", "payments: %s succeeded without a charge", p.ID)
	}
	taken, err := instalmentTaken(tx, p.CreditorID, p.InstalmentID, p.ID)
	if taken {
		p.InstalmentID = nil
	}
	return err
}

// instalmentTaken tells whether another payment than own holds an instalment.
func instalmentTaken(tx *db.Tx, creditor db.ID, instalment *db.ID, own db.ID) (bool, error) {
	if instalment == nil {
		return false, nil
	}
	var others int64
	err := tx.Model(&Payment{}).Where("creditor_id = ? AND instalment_id = ? AND id <> ? AND state IN ?",
		creditor, *instalment, own, append([]State{Succeeded}, live...)).Count(&others).Error
	return others > 0, err
}

// consequences are what a new state brings with it, in the same transaction.
func (s *Service) consequences(tx *db.Tx, p Payment, ch change) error {
	e := cases.Event{CreditorID: p.CreditorID, CaseID: p.CaseID, Actor: cases.ByStripe, Channel: "stripe", Data: p.facts(), At: s.Clock.Now()}
	switch p.State {
	case Succeeded:
		return s.paid(tx, p, ch, e)
	case Processing:
		e.Kind = cases.EventPaymentProcessing
	case Failed:
		e.Kind, e.Data["reason"] = cases.EventPaymentFailed, p.FailureCode
	case Abandoned:
		e.Kind = cases.EventPaymentAbandoned
	default:
		return nil
	}
	if err := cases.Record(tx, e); err != nil {
		return err
	}
	if p.State == Failed && p.FailureCode != ProviderRefused && s.OnFailed != nil {
		return s.OnFailed(tx, p)
	}
	return nil
}

// paid posts the money. It counts for the day on which the debtor paid,
// however late we learnt of it.
func (s *Service) paid(tx *db.Tx, p Payment, ch change, e cases.Event) error {
	at, now := ch.paidAt, s.Clock.Now()
	if at.Before(p.CreatedAt) {
		at = p.CreatedAt
	}
	if at.After(now) {
		at = now
	}
	_, err := cases.Receive(tx, cases.Receipt{CreditorID: p.CreditorID, CaseID: p.CaseID, CommitmentID: p.CommitmentID,
		Source: "stripe:" + p.ChargeID, Cash: ledger.Stripe, AmountMinor: p.AmountMinor, At: at, Event: e})
	if err != nil {
		return err
	}
	if p.SaveCard {
		if err := s.keepCard(tx, p, *ch.seen.Intent); err != nil {
			return err
		}
	}
	if s.OnPaid != nil {
		return s.OnPaid(tx, p)
	}
	return nil
}

func (s *Service) keepCard(tx *db.Tx, p Payment, in IntentState) error {
	if in.Customer == "" || in.PaymentMethod.ID == "" {
		return nil
	}
	card := SavedCard{ID: db.NewID(), CreditorID: p.CreditorID, CaseID: p.CaseID, CustomerID: in.Customer,
		PaymentMethodID: in.PaymentMethod.ID, Brand: in.PaymentMethod.Brand, Last4: in.PaymentMethod.Last4, CreatedAt: s.Clock.Now()}
	return tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "case_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"customer_id", "payment_method_id", "brand", "last4"})}).Create(&card).Error
}

// quarantine shows a payment to people and applies nothing. The state stays, so
// that no second payment is taken until somebody has looked.
func (s *Service) quarantine(tx *db.Tx, p *Payment, reason QuarantineReason) error {
	err := db.CompareAndSet(tx.Model(&Payment{}).Where("creditor_id = ? AND id = ? AND quarantine_reason = ''", p.CreditorID, p.ID).
		Update("quarantine_reason", reason))
	if err != nil {
		return err
	}
	p.QuarantineReason = reason
	now := s.Clock.Now()
	data := map[string]any{"payment_id": p.ID, "reason": reason}
	err = cases.Record(tx, cases.Event{CreditorID: p.CreditorID, CaseID: p.CaseID, Kind: cases.EventPaymentQuarantined,
		Actor: cases.ByStripe, Channel: "stripe", Data: data, At: now})
	if err != nil {
		return err
	}
	return cases.AddTask(tx, cases.Task{CreditorID: p.CreditorID, CaseID: p.CaseID, Kind: "payment_quarantined",
		Data: map[string]any{"payment_id": p.ID, "reason": reason}, DueAt: now, CreatedAt: now})
}
