package reminders

import (
	"context"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// keepAgreement asks for an instalment, warns of a missed one, or ends an
// agreement whose grace ran out: one of them, once each. While a payment is on
// its way nothing is said and nothing ends. It runs outside quiet hours only,
// so nobody's agreement ends while they sleep and can't be told.
func (r *run) keepAgreement(ctx context.Context, c candidate, settings Settings) error {
	return r.locked(ctx, c, func(tx *db.Tx, f cases.File) (*int, error) {
		agreement, err := f.Commitment(c.ID)
		if err != nil || agreement.State != cases.Active {
			return nil, err
		}
		if f.Case.State == cases.Closed {
			return nil, cases.SettledElsewhere(tx, *agreement, r.now) // never "you missed a payment" to who owes nothing
		}
		if n, err := livePayments(tx, f, "processing"); err != nil || n > 0 {
			return nil, err
		}
		if settings.Quiet(r.now, f.Debtor.Zone()) {
			return nil, nil
		}
		if missed := agreement.OverdueOn(f.Today); missed != nil {
			return r.endAgreement(tx, f, *agreement, *missed)
		}
		for _, p := range agreement.Schedule {
			if p.OpenMinor == 0 {
				continue
			}
			switch {
			case asks(f, *agreement, p):
				return r.tell(tx, aboutInstalment(InstalmentAsked, f, *agreement, p), p, "asked_at", &r.report.Asked)
			case warns(f, p):
				return r.tell(tx, aboutInstalment(InstalmentMissed, f, *agreement, p), p, "warned_at", &r.report.Warned)
			}
		}
		return nil, nil
	})
}

// asks tells whether it is time to ask for an instalment: on its day, or the
// day before the deadline of a discount. Never on the day of the agreement
// itself, when the debtor is about to pay or has just read its terms.
func asks(f cases.File, c cases.CommitmentFile, p cases.InstalmentProgress) bool {
	from := p.DueOn
	if len(c.Schedule) == 1 && c.DiscountMinor() > 0 {
		from = from.AddDays(-1)
	}
	return p.AskedAt == nil && !f.Today.Before(from) && f.Today.After(f.Debtor.Today(c.AcceptedAt))
}

// warns tells whether to warn of a missed instalment: the day after its day,
// and never on the day it was asked for.
func warns(f cases.File, p cases.InstalmentProgress) bool {
	if p.WarnedAt != nil || p.AskedAt == nil || !f.Today.After(p.DueOn) {
		return false
	}
	return clock.DateIn(*p.AskedAt, f.Debtor.Zone()).Before(f.Today)
}

// tell marks the instalment and writes the letter. Without an address the mark
// stays, because the day has passed all the same.
func (r *run) tell(tx *db.Tx, o Outgoing, p cases.InstalmentProgress, mark string, count *int) (*int, error) {
	err := db.CompareAndSet(tx.Model(&cases.Instalment{}).
		Where("creditor_id = ? AND id = ? AND "+mark+" IS NULL", p.CreditorID, p.ID).Update(mark, r.now))
	if err != nil {
		return nil, err
	}
	m, err := r.Queue(tx, o)
	if err != nil {
		return nil, err
	}
	if m.State != Skipped {
		return count, nil
	}
	if o.Kind == InstalmentMissed { // a collector should know, the more so when the debtor can't be told
		return nil, cases.Record(tx, cases.Event{
			CreditorID: p.CreditorID, CaseID: o.File.Case.ID, Kind: cases.EventInstalmentMissed, Actor: cases.BySystem, Data: o.Data, At: r.now,
		})
	}
	return nil, nil
}

func (r *run) endAgreement(tx *db.Tx, f cases.File, c cases.CommitmentFile, missed cases.InstalmentProgress) (*int, error) {
	if err := cases.Break(tx, c, missed, r.now); err != nil {
		return nil, err
	}
	_, err := r.Queue(tx, broken(f, c, missed, r.now))
	return &r.report.Broken, err
}
