package payments

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

const (
	stripesOwnLife = 24 * time.Hour   // of a Checkout Session without expires_at
	keyLife        = 23 * time.Hour   // Stripe may forget an idempotency key after 24 hours
	callLimit      = 40 * time.Second // all tries of one call together
	callTries      = 3
	inFlightTries  = 7                      // another replica is making the same call: its answer comes
	callPause      = 100 * time.Millisecond // before the second try; doubled each time
)

// Resume repeats what a crash or a lost answer left half done: the same key and
// the same parameters give the same session. It is a no-op on any other payment.
func (s *Service) Resume(ctx context.Context, paymentID db.ID) error {
	p, err := s.byID(ctx, paymentID)
	if err != nil || p.State != Created {
		return err
	}
	_, err = s.open(ctx, p)
	return err
}

// open asks Stripe for the payment's session and records the answer. Callers in
// this process share one call; its end is not theirs to cancel.
func (s *Service) open(ctx context.Context, p Payment) (Payment, error) {
	got, err, _ := s.calls.Do(p.ID.String(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callLimit)
		defer cancel()
		return s.openOnce(ctx, p)
	})
	if err != nil {
		return p, err
	}
	return got.(Payment), nil
}

func (s *Service) openOnce(ctx context.Context, p Payment) (Payment, error) {
	p, err := s.reread(ctx, p)
	if err != nil || p.State != Created {
		return p, err
	}
	if s.Clock.Now().Sub(p.CreatedAt) > keyLife {
		return s.adopt(ctx, p, nil) // the key may be forgotten: asking again could open a second session
	}
	r, wantsCustomer, err := s.checkoutRequest(ctx, p)
	if err != nil {
		return p, err
	}
	if wantsCustomer {
		made, err := s.customerFor(ctx, p, r)
		if err != nil {
			return s.settleError(ctx, p, err)
		}
		if r.Customer, err = s.keepCustomer(ctx, p, made); err != nil {
			return p, err
		}
	}
	var c Checkout
	err = s.patiently(ctx, func() (err error) {
		c, err = s.Gateway.CreateCheckout(ctx, r)
		return err
	})
	if err != nil {
		return s.settleError(ctx, p, err)
	}
	return s.record(ctx, p, c)
}

// settleError decides what a failed call means for the attempt: it waits for a
// better moment, or it is over and the next one gets a new key.
func (s *Service) settleError(ctx context.Context, p Payment, cause error) (Payment, error) {
	switch kind := kindOf(cause); {
	case kind == Unknown || kind == KeyReused:
		return s.adopt(ctx, p, cause)
	case kind.passes():
		return p, unavailable(cause)
	default:
		return s.refuse(ctx, p, cause)
	}
}

// patiently repeats a call while its outcome is not known.
func (s *Service) patiently(ctx context.Context, call func() error) error {
	pause := callPause
	for try := 1; ; try++ {
		err := call()
		limit := callTries
		if kindOf(err) == InFlight {
			limit = inFlightTries
		}
		if err == nil || !kindOf(err).passes() || try >= limit {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
			pause *= 2
		}
	}
}

// checkoutRequest derives the request from what is stored, so that it is the
// same each time; wantsCustomer tells that a customer must be made first.
func (s *Service) checkoutRequest(ctx context.Context, p Payment) (r CheckoutRequest, wantsCustomer bool, err error) {
	var creditor cases.Creditor
	var c cases.Case
	var debtor cases.Debtor
	var card *SavedCard
	err = s.DB.View(ctx, db.Of(p.CreditorID), func(tx *db.Tx) (err error) {
		if creditor, err = cases.GetCreditor(tx, p.CreditorID); err != nil {
			return err
		}
		if c, err = cases.Get(tx, p.CreditorID, p.CaseID); err != nil {
			return err
		}
		if debtor, err = cases.GetDebtor(tx, p.CreditorID, c.DebtorID); err != nil {
			return err
		}
		card, err = savedCard(tx, p.CreditorID, p.CaseID)
		return err
	})
	if err != nil {
		return r, false, err
	}
	r = CheckoutRequest{
		Account: p.StripeAccount, Key: p.IdempotencyKey, PaymentID: p.ID.String(), CaseRef: c.Ref, AmountMinor: p.AmountMinor,
		Currency: p.Currency, Description: creditor.Name + " · " + c.Ref, Language: p.Language, Email: usableEmail(debtor.Email), SaveCard: p.SaveCard,
	}
	if s.Describe != nil {
		r.Description = s.Describe(p.Language, creditor.Name, c.Ref)
	}
	if s.CheckoutLife != 0 {
		r.ExpiresAt = p.ExpiresAt
	}
	r.SuccessURL, r.CancelURL = s.ReturnURL(p.ID)
	if p.SaveCard && card != nil {
		r.Customer = card.CustomerID
	}
	return r, p.SaveCard && card == nil, nil
}

// usableEmail drops what Stripe would refuse: an address only fills in a form,
// and a bad one in the creditor's data must not keep anybody from paying.
func usableEmail(address string) string {
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > 254 {
		return ""
	}
	_, domain, _ := strings.Cut(address, "@")
	ascii := strings.IndexFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
	if !ascii || !strings.Contains(strings.Trim(domain, "."), ".") || strings.ContainsAny(domain, "[_@\"") {
		return ""
	}
	return address
}

func (s *Service) customerFor(ctx context.Context, p Payment, r CheckoutRequest) (id string, err error) {
	err = s.patiently(ctx, func() (err error) {
		id, err = s.Gateway.CreateCustomer(ctx, CustomerRequest{Account: r.Account, Key: p.IdempotencyKey + "-customer",
			Email: r.Email, Language: r.Language, CaseRef: r.CaseRef})
		return err
	})
	return id, err
}

// keepCustomer answers the customer of the case: there is one, the first.
func (s *Service) keepCustomer(ctx context.Context, p Payment, id string) (string, error) {
	err := s.DB.Update(ctx, db.Of(p.CreditorID), func(tx *db.Tx) error {
		card := SavedCard{ID: db.NewID(), CreditorID: p.CreditorID, CaseID: p.CaseID, CustomerID: id, CreatedAt: s.Clock.Now()}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&card).Error; err != nil {
			return err
		}
		kept, err := savedCard(tx, p.CreditorID, p.CaseID)
		if err == nil && kept != nil {
			id = kept.CustomerID
		}
		return err
	})
	return id, err
}

// record keeps the session that Stripe answered. Where an event was faster, its
// state stands.
func (s *Service) record(ctx context.Context, p Payment, c Checkout) (Payment, error) {
	err := s.DB.Update(ctx, db.Of(p.CreditorID), func(tx *db.Tx) error {
		to, err := States.Next(p.State, SessionOpened)
		if err != nil {
			return err
		}
		return db.CompareAndSet(p.row(tx).Updates(map[string]any{"state": to, "session_id": c.SessionID, "session_url": c.URL,
			"payment_intent_id": c.PaymentIntentID, "expires_at": c.ExpiresAt}))
	})
	if err != nil && !fault.Is(err, fault.Conflict) {
		return p, err
	}
	return s.reread(ctx, p)
}

// adopt looks for a session that Stripe may have made without our learning of
// it. Where there is none, an attempt is over whose key was used otherwise, is
// forgotten, or brings the same 500 again and again: nobody was ever given a
// page to pay on. A call that had no answer may still be under way: it waits.
func (s *Service) adopt(ctx context.Context, p Payment, cause error) (Payment, error) {
	session, found, err := s.Gateway.FindCheckout(ctx, p.StripeAccount, p.ID.String(), p.CreatedAt)
	if err != nil {
		return p, unavailable(err)
	}
	if found {
		return s.refresh(ctx, p, session)
	}
	young := s.Clock.Now().Sub(p.CreatedAt) < resumeAfter
	if cause != nil && kindOf(cause) == Unknown && (young || !answered(cause)) {
		return p, unavailable(cause)
	}
	return s.end(ctx, p, SessionExpired, "")
}

// refuse ends an attempt that Stripe would not even begin. The cause is for the log.
func (s *Service) refuse(ctx context.Context, p Payment, cause error) (Payment, error) {
	p, err := s.end(ctx, p, Refused, ProviderRefused)
	if err != nil {
		return p, err
	}
	return p, fault.Wrap(cause, fault.Unavailable, "payment_provider_refused")
}

func (s *Service) end(ctx context.Context, p Payment, e Event, code FailureCode) (Payment, error) {
	err := s.DB.Update(ctx, db.Of(p.CreditorID), func(tx *db.Tx) error {
		if _, err := cases.Lock(tx, p.CreditorID, p.CaseID); err != nil {
			return err
		}
		return s.move(tx, &p, change{event: e, failure: code})
	})
	if err != nil && !fault.Is(err, fault.Conflict) {
		return p, err
	}
	return s.reread(ctx, p)
}

// row is the payment's row if it is still in the state that was read.
func (p Payment) row(tx *db.Tx) *gorm.DB {
	return tx.Model(&Payment{}).Where("creditor_id = ? AND id = ? AND state = ?", p.CreditorID, p.ID, p.State)
}
