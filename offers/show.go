package offers

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// showing is what a visit finds, and what it has to change: offers whose time is
// over, offers that no longer fit, and new ones.
type showing struct {
	file      cases.File
	version   int
	live      []Offer
	expired   []db.ID
	withdrawn []db.ID
	fresh     []Offer
}

func (v showing) nothingToDo() bool { return len(v.expired)+len(v.withdrawn)+len(v.fresh) == 0 }

func (v showing) view() View {
	all := slices.Concat(v.live, v.fresh)
	slices.SortFunc(all, func(a, b Offer) int { return a.Position - b.Position })
	for i := range all {
		all[i].Terms = all[i].Terms.On(v.file.Today)
	}
	return View{File: v.file, Offers: all, PolicyVersion: v.version}
}

// look reads a case and decides what a visit at an instant changes.
func look(tx *db.Tx, creditor, caseID db.ID, now time.Time) (showing, error) {
	var v showing
	var err error
	if v.file, err = cases.Load(tx, creditor, caseID, now); err != nil {
		return v, err
	}
	var stored []Offer
	err = tx.Where("creditor_id = ? AND case_id = ? AND state = ?", creditor, caseID, Shown).Order("position").Find(&stored).Error
	if err != nil {
		return v, err
	}
	facts := FactsOf(v.file)
	for _, o := range stored {
		switch o.stateNow(facts, now) {
		case Expired:
			v.expired = append(v.expired, o.ID)
		case Withdrawn:
			v.withdrawn = append(v.withdrawn, o.ID)
		default:
			v.live = append(v.live, o)
		}
	}
	return v, v.renew(tx, facts, now)
}

// renew computes what is missing: the whole menu where nothing can be accepted
// any more, by the policy in force, or the next rung of the ladder beside plans
// that are still good, by the version that made those.
func (v *showing) renew(tx *db.Tx, facts Facts, now time.Time) error {
	creditor := v.file.Creditor.ID
	var policy PolicyVersion
	var err error
	switch {
	case len(v.live) == 0:
		policy, err = CurrentPolicy(tx, creditor, facts.Today)
	case v.live[0].Position > 0: // the discount before it has lapsed
		policy, err = policyAt(tx, creditor, v.live[0].PolicyVersion)
		facts.OffersUntil = v.live[0].Terms.ValidThrough
	default:
		v.version = v.live[0].PolicyVersion
		return nil
	}
	if err != nil {
		return err
	}
	v.version = policy.Version
	if !facts.Open || facts.AgreementActive || !bargainable(facts) {
		return nil
	}
	if facts.DiscountFrom, err = discountFrom(tx, v.file); err != nil {
		return err
	}
	for i, t := range Menu(policy.Document, policy.Version, facts) {
		if len(v.live) > 0 && t.Kind != cases.EarlyPayment {
			break
		}
		v.fresh = append(v.fresh, Offer{
			ID: db.NewID(), CreditorID: creditor, CaseID: v.file.Case.ID, PolicyVersion: policy.Version, Kind: t.Kind, Position: i,
			Terms: t, Facts: facts, BalanceMinor: t.BalanceMinor, Currency: t.Currency, State: Shown, ShownAt: now,
			ValidUntil: endOf(t.ValidThrough, v.file.Debtor.Zone()),
		})
	}
	return nil
}

// endOf is the instant at which a day is over in a zone. Where clocks go forward
// at midnight, as in Chile, the next day has no 00:00 and starts with the first
// instant that it has.
func endOf(day clock.Date, zone *time.Location) time.Time {
	t := day.AddDays(1).Start(zone)
	for !clock.DateIn(t, zone).After(day) {
		t = t.Add(30 * time.Minute)
	}
	return t
}

// discountFrom is the day on which a discount was first shown since the oldest
// invoice that is still payable came in, zero while none was: for the same debt
// the ladder is climbed down once.
func discountFrom(tx *db.Tx, f cases.File) (clock.Date, error) {
	payable := f.PayableInvoices()
	if len(payable) == 0 {
		return clock.Date{}, nil
	}
	since := payable[0].CreatedAt
	for _, i := range payable {
		if i.CreatedAt.Before(since) {
			since = i.CreatedAt
		}
	}
	var first Offer
	err := tx.Where("creditor_id = ? AND case_id = ? AND kind = ? AND shown_at >= ?", f.Creditor.ID, f.Case.ID, cases.EarlyPayment, since).
		Order("shown_at").Limit(1).Take(&first).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return clock.Date{}, nil
	}
	return f.Debtor.Today(first.ShownAt), err
}

// carryOut writes what a visit changes. The caller holds the case's lock.
func (v showing) carryOut(tx *db.Tx, now time.Time) error {
	creditor := v.file.Creditor.ID
	for state, ids := range map[OfferState][]db.ID{Expired: v.expired, Withdrawn: v.withdrawn} {
		if len(ids) == 0 {
			continue
		}
		err := tx.Model(&Offer{}).Where("creditor_id = ? AND id IN ? AND state = ?", creditor, ids, Shown).Update("state", state).Error
		if err != nil {
			return err
		}
	}
	if len(v.fresh) == 0 {
		return nil
	}
	if err := tx.Create(&v.fresh).Error; err != nil {
		return err
	}
	return cases.Record(tx, cases.Event{
		CreditorID: creditor, CaseID: v.file.Case.ID, Kind: cases.EventOffersShown, Actor: cases.ByDebtor, Channel: "portal", At: now,
		Data: map[string]any{"count": len(v.fresh), "policy_version": v.version},
	})
}

// stateNow is what an offer is at an instant, whether or not it was written down:
// at exactly ValidUntil it is over.
func (o Offer) stateNow(facts Facts, now time.Time) OfferState {
	switch {
	case o.State != Shown:
		return o.State
	case !now.Before(o.ValidUntil):
		return Expired
	case !facts.Open || facts.AgreementActive || !o.Facts.sameDebt(facts):
		return Withdrawn
	default:
		return Shown
	}
}

// Get is one offer, whatever became of it. It writes nothing. Errors: not_found.
func (s Service) Get(ctx context.Context, creditor, caseID, offerID db.ID) (OfferView, error) {
	now := s.Clock.Now()
	var v OfferView
	err := s.DB.View(ctx, db.Of(creditor), func(tx *db.Tx) (err error) {
		if v.Offer, err = getOffer(tx, creditor, caseID, offerID); err != nil {
			return err
		}
		v.File, err = cases.Load(tx, creditor, caseID, now)
		return err
	})
	if err != nil {
		return v, err
	}
	v.Offer.State = v.Offer.stateNow(FactsOf(v.File), now)
	if v.Offer.State == Shown {
		v.Offer.Terms = v.Offer.Terms.On(v.File.Today)
	}
	for i := range v.File.Commitments {
		if id := v.File.Commitments[i].OfferID; id != nil && *id == offerID {
			v.Commitment = &v.File.Commitments[i]
		}
	}
	return v, nil
}

func getOffer(tx *db.Tx, creditor, caseID, id db.ID) (Offer, error) {
	var o Offer
	err := tx.Where("creditor_id = ? AND case_id = ? AND id = ?", creditor, caseID, id).Take(&o).Error
	return o, err
}
