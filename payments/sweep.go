package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
)

const (
	resumeAfter  = time.Minute        // an intent this old lost its answer
	lookEvery    = time.Hour          // at a payment that is processing
	pollWindow   = 3 * 24 * time.Hour // Stripe sends webhooks again for about three days
	sweepAtOnce  = 500
	storeAtOnce  = 100
	sweepsReason = "a sweep looks after every creditor's payments"
)

// Sweep repairs what no event repaired: intents whose answer was lost, pages
// past their time, and payments that have been processing for long. Run it
// every minute. One payment's error doesn't stop the others.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	var due []Payment
	err := s.DB.View(ctx, db.Everyone(sweepsReason), func(tx *db.Tx) error {
		return tx.Where("quarantine_reason = '' AND (state = ? AND created_at <= ? OR state = ? AND expires_at <= ? OR state = ? AND created_at <= ?)",
			Created, now.Add(-resumeAfter), Open, now, Processing, now.Add(-lookEvery)).
			Order("expires_at, id").Limit(sweepAtOnce).Find(&due).Error
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range due {
		if ctx.Err() != nil {
			return errors.Join(append(errs, ctx.Err())...)
		}
		if p.State == Processing && !s.timeToLook(p.ID, now) {
			continue
		}
		if _, err := s.refresh(ctx, p, ""); err != nil {
			errs = append(errs, fmt.Errorf("payment %s: %w", p.ID, err))
		}
	}
	return errors.Join(errs...)
}

// timeToLook keeps the sweep from asking for a direct debit every minute of its days.
func (s *Service) timeToLook(id db.ID, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, at := range s.looked {
		if now.Sub(at) >= lookEvery {
			delete(s.looked, other)
		}
	}
	if _, recently := s.looked[id]; recently {
		return false
	}
	if s.looked == nil {
		s.looked = map[db.ID]time.Time{}
	}
	s.looked[id] = now
	return true
}

// PollEvents stores the events of the last days that never came as webhooks.
// Run it every hour.
func (s *Service) PollEvents(ctx context.Context) error {
	accounts := []string{}
	err := s.DB.View(ctx, db.Everyone(sweepsReason), func(tx *db.Tx) error {
		return tx.Model(&cases.Creditor{}).Distinct().Order("stripe_account").Pluck("stripe_account", &accounts).Error
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, account := range accounts {
		events, err := s.Gateway.Events(ctx, account, s.Clock.Now().Add(-pollWindow))
		if err != nil {
			errs = append(errs, fmt.Errorf("events of account %q: %w", account, unavailable(err)))
			continue
		}
		for len(events) > 0 {
			n := min(storeAtOnce, len(events))
			if _, err := s.store(ctx, events[:n]); err != nil {
				return err
			}
			events = events[n:]
		}
	}
	return errors.Join(errs...)
}
