package payments

import (
	"context"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// StartRequest is a debtor's wish to pay. The e-mail address and the
// description that Stripe gets come from the case file, so that a resumed
// attempt asks exactly the same again.
type StartRequest struct {
	CreditorID   db.ID
	CaseID       db.ID
	AmountMinor  int64
	CommitmentID *db.ID // the agreement it is paid for; nil counts towards the running one, if any
	InstalmentID *db.ID // the instalment it pays; found by itself where the amount is what it leaves open
	Language     string
	SaveCard     bool // keep the card for later instalments
}

// startTries bounds how often Start looks again after the case changed under it.
const startTries = 5

// Start gives the debtor a page to pay on: SessionURL of the payment it
// answers. The intent is committed before Stripe is asked, so whatever happens
// in between can be resumed. The same wish again (a double click, a second tab)
// gives the same page; another amount closes the first page before it opens the
// next. Errors: Invalid beside the field amount; Conflict payment_in_progress,
// payment_under_review and what judge says; Unavailable while Stripe is silent
// (payment_provider_unavailable) or refuses the request (payment_provider_refused).
func (s *Service) Start(ctx context.Context, r StartRequest) (Payment, error) {
	for range startTries {
		p, same, err := s.intend(ctx, r)
		if fault.Is(err, fault.Conflict) && fault.As(err).Key == "changed_meanwhile" {
			continue // another replica was faster: look at what it made
		}
		if err != nil {
			return p, err
		}
		switch {
		case p.State == Created:
			p, err = s.open(ctx, p)
		default:
			if !same {
				err = s.expire(ctx, p)
			}
			if err == nil {
				p, err = s.refresh(ctx, p, "")
			}
		}
		if err != nil {
			return p, err
		}
		if p.State == Open && same && p.QuarantineReason == "" {
			return p, nil
		}
	}
	return Payment{}, fault.New(fault.Conflict, "changed_meanwhile")
}

// intend finds the live payment of the case or stores a new intent; same tells
// whether it is what the request asks for.
func (s *Service) intend(ctx context.Context, r StartRequest) (p Payment, same bool, err error) {
	err = s.DB.Update(ctx, db.Of(r.CreditorID), func(tx *db.Tx) error {
		now := s.Clock.Now()
		if _, err := cases.Lock(tx, r.CreditorID, r.CaseID); err != nil {
			return err
		}
		standing, err := liveOf(tx, r.CreditorID, r.CaseID)
		if err != nil {
			return err
		}
		if standing != nil && standing.QuarantineReason != "" {
			return fault.New(fault.Conflict, "payment_under_review")
		}
		if standing != nil && standing.State == Processing {
			return fault.New(fault.Conflict, "payment_in_progress")
		}
		f, err := cases.Load(tx, r.CreditorID, r.CaseID, now)
		if err != nil {
			return err
		}
		to, err := judge(f, r)
		if err != nil {
			return err
		}
		var own db.ID
		if standing != nil {
			own = standing.ID
		}
		if taken, err := instalmentTaken(tx, r.CreditorID, to.instalment, own); err != nil {
			return err
		} else if taken { // it was paid, and is open again: the money counts without being its one charge
			to.instalment = nil
		}
		if standing != nil {
			p, same = *standing, standing.isFor(r, to)
			return nil
		}
		same = true
		p = s.intent(f, r, to)
		if err := tx.Create(&p).Error; err != nil {
			return err
		}
		return cases.Record(tx, cases.Event{CreditorID: p.CreditorID, CaseID: p.CaseID, Kind: cases.EventPaymentStarted,
			Actor: cases.ByDebtor, Channel: "portal", Data: p.facts(), At: now})
	})
	return p, same, err
}

func (s *Service) intent(f cases.File, r StartRequest, to purpose) Payment {
	now, id := s.Clock.Now(), db.NewID()
	life := s.CheckoutLife
	if life == 0 {
		life = stripesOwnLife
	}
	return Payment{
		ID: id, CreditorID: r.CreditorID, CaseID: r.CaseID, CommitmentID: to.commitment, InstalmentID: to.instalment,
		State: Created, AmountMinor: r.AmountMinor, Currency: f.Case.Currency, SaveCard: r.SaveCard,
		IdempotencyKey: "acuerdo-" + id.String(), StripeAccount: f.Creditor.StripeAccount, Livemode: s.Livemode,
		Language: r.Language, CreatedAt: now, ExpiresAt: now.Add(life),
	}
}

func (p Payment) isFor(r StartRequest, to purpose) bool {
	return p.AmountMinor == r.AmountMinor && p.SaveCard == r.SaveCard &&
		sameID(p.CommitmentID, to.commitment) && sameID(p.InstalmentID, to.instalment)
}

func sameID(a, b *db.ID) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// facts are the data of the payment's timeline entries.
func (p Payment) facts() map[string]any {
	return map[string]any{"payment_id": p.ID, "amount_minor": p.AmountMinor}
}

// expire closes a session at Stripe. One that can't be closed has ended
// already, perhaps by being paid: whoever looks next sees it.
func (s *Service) expire(ctx context.Context, p Payment) error {
	err := s.Gateway.ExpireCheckout(ctx, p.StripeAccount, p.SessionID, p.IdempotencyKey+"-expire")
	if err == nil || kindOf(err) == Invalid {
		return nil
	}
	return unavailable(err)
}
