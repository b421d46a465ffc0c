package offers

import (
	"context"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/money"
)

// OfferState is where an offer stands.
type OfferState string

// The states of an offer.
const (
	Shown     OfferState = "shown"
	Accepted  OfferState = "accepted"
	Expired   OfferState = "expired"
	Withdrawn OfferState = "withdrawn" // another was accepted, or the balance changed
)

// Offer is terms that a debtor was shown.
type Offer struct {
	ID            db.ID
	CreditorID    db.ID
	CaseID        db.ID
	PolicyVersion int
	Kind          cases.CommitmentKind
	Position      int   // in the menu, from 0
	Terms         Terms `gorm:"serializer:json"`
	Facts         Facts `gorm:"serializer:json"` // what it was computed from
	BalanceMinor  int64
	Currency      money.Currency
	State         OfferState
	ShownAt       time.Time
	ValidUntil    time.Time // from this instant on it can't be accepted
}

// Service is what doors call. OnAgreed, where set, runs in the transaction that
// stores a new agreement, for example to enqueue the mail with its copy.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	OnAgreed func(tx *db.Tx, a Agreement) error
}

// Agreement is an acceptance as it is being stored. The commitment has its id
// and its text's hash.
type Agreement struct {
	File        cases.File
	Offer       Offer
	Commitment  cases.Commitment
	Instalments []cases.Instalment
}

// View is a case's file with the offers that can be accepted now, in the menu's
// order. Their terms are dated for today.
type View struct {
	File          cases.File
	Offers        []Offer
	PolicyVersion int
}

// OfferView is a case's file and one of its offers, whose State is as of now: an
// offer past its time is Expired and one for another balance Withdrawn, even
// where nobody has written that down yet.
type OfferView struct {
	File       cases.File
	Offer      Offer
	Commitment *cases.CommitmentFile // of an Accepted offer, else nil
}

// Show is the offers of a case: those already shown while any can be accepted,
// otherwise the menu of the policy in force, which it stores. Opening again
// changes nothing and writes nothing. Errors: not_found.
func (s Service) Show(ctx context.Context, creditor, caseID db.ID) (View, error) {
	now := s.Clock.Now()
	var p showing
	err := s.DB.View(ctx, db.Of(creditor), func(tx *db.Tx) (err error) {
		p, err = look(tx, creditor, caseID, now)
		return err
	})
	if err != nil || p.nothingToDo() {
		return p.view(), err
	}
	err = s.DB.Update(ctx, db.Of(creditor), func(tx *db.Tx) error {
		if _, err := cases.Lock(tx, creditor, caseID); err != nil {
			return err
		}
		now = s.Clock.Now()
		if p, err = look(tx, creditor, caseID, now); err != nil {
			return err
		}
		return p.carryOut(tx, now)
	})
	return p.view(), err
}
