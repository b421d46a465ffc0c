package payments

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// storedEvent is an event as Stripe sent it, and what came of it.
type storedEvent struct {
	ID          string
	Account     string
	Type        string
	Livemode    bool
	Payload     string
	ReceivedAt  time.Time
	ProcessedAt *time.Time
	Outcome     Outcome
}

// TableName is stripe_events.
func (storedEvent) TableName() string { return "stripe_events" }

// Outcome is what came of an event.
type Outcome string

// The outcomes. A parked event is about money that we can't place (yet): it
// stays to be looked at.
const (
	Applied       Outcome = "applied"
	Ignored       Outcome = "ignored"
	Parked        Outcome = "parked"
	IsQuarantined Outcome = "quarantined"
)

// ReceiveEvent takes a webhook: it checks signature, age and account, stores
// the event with a job, and is done; acknowledge when it answers nil.
// endpointAccount is the connected account whose endpoint was called, "" for
// the platform's own. Receiving an event again changes nothing.
// Errors: Invalid webhook_refused, Forbidden webhook_account.
func (s *Service) ReceiveEvent(ctx context.Context, payload []byte, signature, endpointAccount string) error {
	e, err := s.Gateway.VerifyWebhook(payload, signature)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "webhook_refused")
	}
	if e.Account != endpointAccount {
		return fault.New(fault.Forbidden, "webhook_account")
	}
	_, err = s.store(ctx, []StripeEvent{e})
	return err
}

// store keeps events that are new and a job for each, and counts them.
func (s *Service) store(ctx context.Context, events []StripeEvent) (fresh int, err error) {
	err = s.DB.Update(ctx, db.Everyone("an event is stored before it is known whose it is"), func(tx *db.Tx) error {
		for _, e := range events {
			row := storedEvent{ID: e.ID, Account: e.Account, Type: e.Type, Livemode: e.Livemode, Payload: string(e.Payload), ReceivedAt: s.Clock.Now()}
			created := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
			if created.Error != nil {
				return created.Error
			}
			if created.RowsAffected == 0 {
				continue
			}
			fresh++
			if err := tx.Enqueue(ProcessEventArgs{EventID: e.ID}); err != nil {
				return err
			}
		}
		return nil
	})
	return fresh, err
}

// ProcessEvent works on a stored event. What it says is only a hint: the
// payment it is about is brought to what Stripe's objects say now. An error
// means that it must be tried again.
func (s *Service) ProcessEvent(ctx context.Context, eventID string) error {
	var row storedEvent
	err := s.DB.View(ctx, db.Everyone("a Stripe event tells whose it is"), func(tx *db.Tx) error {
		return tx.Where("id = ?", eventID).Take(&row).Error
	})
	if err != nil || row.ProcessedAt != nil {
		return err
	}
	outcome, err := s.heed(ctx, row)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, db.Everyone("events belong to the installation"), func(tx *db.Tx) error {
		return tx.Model(&storedEvent{}).Where("id = ? AND processed_at IS NULL", eventID).
			Updates(map[string]any{"processed_at": s.Clock.Now(), "outcome": outcome}).Error
	})
}

// looksAt tells whether events of a type are about a payment's own state.
func looksAt(kind string) bool {
	switch {
	case strings.HasPrefix(kind, "checkout.session."), strings.HasPrefix(kind, "payment_intent."):
		return true
	}
	return kind == "charge.succeeded" || kind == "charge.failed" || kind == "charge.pending" || kind == "charge.expired"
}

// movesMoney tells whether events of a type are about money in ways that
// nothing here handles yet: refunds, disputes, payouts.
func movesMoney(kind string) bool {
	for _, prefix := range []string{"charge.", "refund.", "payout.", "transfer.", "topup.", "radar."} {
		if strings.HasPrefix(kind, prefix) && kind != "charge.updated" {
			return true
		}
	}
	return false
}

func (s *Service) heed(ctx context.Context, row storedEvent) (Outcome, error) {
	e, err := ParseEvent([]byte(row.Payload))
	if err != nil {
		return Parked, nil // signed by Stripe and yet not readable: for a person
	}
	if !looksAt(e.Type) {
		if movesMoney(e.Type) {
			return Parked, nil
		}
		return Ignored, nil
	}
	if e.Livemode != s.Livemode {
		return Parked, nil
	}
	p, byOwnID, err := s.paymentOf(ctx, e)
	if fault.Is(err, fault.NotFound) {
		return Parked, nil
	}
	if err != nil {
		return "", err
	}
	if e.Account != p.StripeAccount {
		if !byOwnID { // anybody can write our id into their metadata
			return Parked, nil
		}
		return IsQuarantined, s.distrust(ctx, p, AccountDiffers)
	}
	p, err = s.refresh(ctx, p, e.SessionID)
	switch {
	case err != nil:
		return "", err
	case p.QuarantineReason != "":
		return IsQuarantined, nil
	case e.PaymentIntentID != "" && e.PaymentIntentID != p.PaymentIntentID:
		return Parked, nil // an intent that claims this payment, and isn't its session's
	}
	return Applied, nil
}

// paymentOf finds the payment an event is about: by the ids that we know
// (byOwnID), else by what its metadata claims.
func (s *Service) paymentOf(ctx context.Context, e StripeEvent) (p Payment, byOwnID bool, err error) {
	err = s.DB.View(ctx, db.Everyone("a Stripe event tells whose it is"), func(tx *db.Tx) error {
		for _, known := range []struct{ column, id string }{{"session_id", e.SessionID}, {"payment_intent_id", e.PaymentIntentID}} {
			if known.id == "" {
				continue
			}
			var found []Payment
			if err := tx.Where(known.column+" = ?", known.id).Limit(1).Find(&found).Error; err != nil {
				return err
			}
			if len(found) > 0 {
				p, byOwnID = found[0], true
				return nil
			}
		}
		id, err := db.ParseID(e.PaymentID)
		if err != nil {
			return err
		}
		return tx.Where("id = ?", id).Take(&p).Error
	})
	return p, byOwnID, err
}

// distrust quarantines a payment for what an event itself says.
func (s *Service) distrust(ctx context.Context, p Payment, reason QuarantineReason) error {
	if p.QuarantineReason != "" {
		return nil
	}
	err := s.DB.Update(ctx, db.Of(p.CreditorID), func(tx *db.Tx) error { return s.quarantine(tx, &p, reason) })
	if fault.Is(err, fault.Conflict) {
		return nil // another event was faster
	}
	return err
}
