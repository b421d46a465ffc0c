package offers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

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
	Autopay    bool   // the debtor agreed to it; ignored where the terms have none
	// AgreementPDF, where set, draws the document that is stored with the
	// agreement. It runs inside the transaction: no I/O, no network.
	AgreementPDF func(Agreement) ([]byte, error)
}

// Accept turns an offer into an agreement, once: accepting again returns what the
// first time made. Errors: offer_expired, offer_withdrawn, agreement_exists,
// case_not_open, terms_redated (Conflict), autopay_required (Invalid, field
// autopay), not_found.
func (s Service) Accept(ctx context.Context, a Acceptance) (cases.Commitment, error) {
	if a.TermsText == "" {
		return cases.Commitment{}, fault.Newf(fault.Internal, "internal", "offers: nothing can be agreed without its text")
	}
	var made cases.Commitment
	err := s.DB.Update(ctx, db.Of(a.CreditorID), func(tx *db.Tx) error {
		if _, err := cases.Lock(tx, a.CreditorID, a.CaseID); err != nil {
			return err
		}
		now := s.Clock.Now() // after the lock: waiting for it may outlast the offer
		f, err := cases.Load(tx, a.CreditorID, a.CaseID, now)
		if err != nil {
			return err
		}
		for _, c := range f.Commitments {
			if c.OfferID != nil && *c.OfferID == a.OfferID {
				made = c.Commitment
				return nil
			}
		}
		o, err := getOffer(tx, a.CreditorID, a.CaseID, a.OfferID)
		if err != nil {
			return err
		}
		if err := acceptable(o, f, a, now); err != nil {
			return err
		}
		made, err = s.agree(tx, o, f, a, now)
		return err
	})
	return made, err
}

// acceptable says why an offer can't be accepted, nil when it can.
func acceptable(o Offer, f cases.File, a Acceptance, now time.Time) error {
	if err := f.Case.MustBeOpen(); err != nil {
		return err
	}
	if f.ActiveCommitment() != nil {
		return fault.New(fault.Conflict, "agreement_exists")
	}
	switch o.stateNow(FactsOf(f), now) {
	case Shown:
	case Expired:
		return fault.New(fault.Conflict, "offer_expired")
	default:
		return fault.New(fault.Conflict, "offer_withdrawn")
	}
	if o.Terms.AtOnce && !a.AsOf.IsZero() && a.AsOf != f.Today {
		return fault.New(fault.Conflict, "terms_redated")
	}
	if o.Terms.Autopay == AutopayRequired && !a.Autopay {
		return fault.Field("autopay", "autopay_required", nil)
	}
	return nil
}

// agree stores the agreement with its document and ends the other offers.
func (s Service) agree(tx *db.Tx, o Offer, f cases.File, a Acceptance, now time.Time) (cases.Commitment, error) {
	o.State, o.Terms = Accepted, o.Terms.On(f.Today)
	ag := Agreement{File: f, Offer: o, Commitment: commitmentOf(o, a, now), Instalments: instalmentsOf(o.Terms)}
	if a.AgreementPDF != nil {
		content, err := a.AgreementPDF(ag)
		if err != nil {
			return ag.Commitment, err
		}
		d, err := cases.AddDocument(tx, cases.Document{
			CreditorID: a.CreditorID, CaseID: &f.Case.ID, Kind: "agreement", Filename: "agreement-" + f.Case.Ref + ".pdf",
			MediaType: "application/pdf", Content: content, CreatedAt: now,
		})
		if err != nil {
			return ag.Commitment, err
		}
		ag.Commitment.DocumentID = &d.ID
	}
	var covered []db.ID
	for _, i := range f.PayableInvoices() {
		covered = append(covered, i.ID)
	}
	var err error
	if ag.Commitment, err = cases.Agree(tx, ag.Commitment, ag.Instalments, covered); err != nil {
		return ag.Commitment, err
	}
	err = db.CompareAndSet(tx.Model(&Offer{}).Where("creditor_id = ? AND id = ? AND state = ?", a.CreditorID, o.ID, Shown).
		Update("state", Accepted))
	if err != nil {
		return ag.Commitment, err
	}
	err = tx.Model(&Offer{}).Where("creditor_id = ? AND case_id = ? AND state = ?", a.CreditorID, a.CaseID, Shown).
		Update("state", Withdrawn).Error
	if err != nil || s.OnAgreed == nil {
		return ag.Commitment, err
	}
	return ag.Commitment, s.OnAgreed(tx, ag)
}

func commitmentOf(o Offer, a Acceptance, now time.Time) cases.Commitment {
	sum := sha256.Sum256([]byte(a.TermsText))
	t := o.Terms
	return cases.Commitment{
		ID: db.NewID(), CreditorID: a.CreditorID, CaseID: a.CaseID, OfferID: &o.ID, Kind: o.Kind, State: cases.Active,
		PolicyVersion: o.PolicyVersion, BalanceMinor: t.BalanceMinor, DiscountPrincipalMinor: t.DiscountPrincipalMinor,
		DiscountInterestMinor: t.DiscountInterestMinor, DiscountFeesMinor: t.DiscountFeesMinor, TotalMinor: t.TotalMinor,
		Currency: t.Currency, Autopay: a.Autopay && t.Autopay != AutopayOff,
		TermsText: a.TermsText, TermsSHA256: hex.EncodeToString(sum[:]), Language: a.Language, ShownAt: o.ShownAt, AcceptedAt: now,
		IP: a.IP, UserAgent: a.UserAgent, VerifiedBy: a.VerifiedBy, GraceDays: t.GraceDays,
	}
}

func instalmentsOf(t Terms) []cases.Instalment {
	all := make([]cases.Instalment, len(t.Instalments))
	for i, in := range t.Instalments {
		all[i] = cases.Instalment{Position: i, DueOn: in.DueOn, AmountMinor: in.AmountMinor}
	}
	return all
}

// ExpireDue marks the offers of all creditors whose time is over and returns how
// many. On PostgreSQL it passes by those that somebody is accepting: the next
// sweep sees what became of them, and neither waits for the other.
func (s Service) ExpireDue(ctx context.Context) (int, error) {
	now, n := s.Clock.Now(), int64(0)
	err := s.DB.Update(ctx, db.Everyone("offers lapse"), func(tx *db.Tx) error {
		skip := ""
		if tx.Kind() == db.Postgres {
			skip = " FOR UPDATE SKIP LOCKED"
		}
		result := tx.Exec("UPDATE offers SET state = ? WHERE state = ? AND id IN "+
			"(SELECT id FROM offers WHERE state = ? AND valid_until <= ?"+skip+")", Expired, Shown, Shown, now)
		n = result.RowsAffected
		return result.Error
	})
	return int(n), err
}
