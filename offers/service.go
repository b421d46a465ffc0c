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
// changes nothing. Errors: not_found.
func (s Service) Show(ctx context.Context, creditor, caseID db.ID) (View, error) {
	return View{}, nil
}

// Get is one offer, whatever became of it. It writes nothing. Errors: not_found.
func (s Service) Get(ctx context.Context, creditor, caseID, offerID db.ID) (OfferView, error) {
	return OfferView{}, nil
}

// Acceptance is a debtor's yes, with its evidence.
type Acceptance struct {
	CreditorID db.ID
	CaseID     db.ID
	OfferID    db.ID
	AsOf       clock.Date // the day the text was written for; zero: today
	TermsText  string     // exactly what was shown
	Language   string
	IP         string
	UserAgent  string
	VerifiedBy string // for example "invoice_last4+code:email"
	Autopay    bool   // the debtor agreed to it
	// AgreementPDF, where set, draws the document that is stored with the
	// agreement. It runs inside the transaction: no I/O, no network.
	AgreementPDF func(Agreement) ([]byte, error)
}

// Accept turns an offer into an agreement, once: accepting again returns what the
// first time made. Errors: offer_expired, offer_withdrawn, agreement_exists,
// case_not_open, terms_redated (Conflict), autopay_required (Invalid, field
// autopay), not_found.
func (s Service) Accept(ctx context.Context, a Acceptance) (cases.Commitment, error) {
	return cases.Commitment{}, nil
}

// ExpireDue marks the offers of all creditors whose time is over and returns how many.
func (s Service) ExpireDue(ctx context.Context) (int, error) { return 0, nil }

// PolicyView is a creditor's policy as the editor shows it.
type PolicyView struct {
	Creditor cases.Creditor
	InForce  PolicyVersion
	Draft    *PolicyVersion  // nil where there is none
	Versions []PolicyVersion // newest first, the draft too
}

// Policy reads a creditor's policy. Errors: not_found.
func (s Service) Policy(ctx context.Context, creditor db.ID) (PolicyView, error) {
	return PolicyView{}, nil
}

// PolicyEdit is a change to a creditor's policy. BasedOn is the published version
// that the editor was shown (PolicyView.InForce.Version).
type PolicyEdit struct {
	CreditorID db.ID
	BasedOn    int
	Policy     Policy
	Author     string
}

// SaveDraft keeps a change without putting it in force; it may still have
// problems. Errors: policy_changed_meanwhile (Conflict).
func (s Service) SaveDraft(ctx context.Context, e PolicyEdit) (PolicyVersion, error) {
	return PolicyVersion{}, nil
}

// Publish puts a change in force for the next offers; those already shown stay
// as they are. Errors: policy_changed_meanwhile (Conflict), or the first Problem
// (Invalid), with all of them as a ProblemsError in the chain.
func (s Service) Publish(ctx context.Context, e PolicyEdit) (PolicyVersion, error) {
	return PolicyVersion{}, nil
}
