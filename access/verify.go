package access

import (
	"context"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// factLimits: few wrong answers for a case, a daily cap behind them so that a
// patient guesser gets no further, more for an address that a household or a
// mobile network shares, and a cap for a creditor whose links leaked.
func (s *Service) factLimits(target LinkTarget, ip string) []limit {
	limits := []limit{
		{"fact:case:" + target.CaseID.String(), 5, 15 * time.Minute, 15 * time.Minute, "fact_locked"},
		{"fact:day:" + target.CaseID.String(), 25, 24 * time.Hour, 12 * time.Hour, "fact_locked"},
	}
	if ip != "" {
		limits = append(limits, limit{"fact:ip:" + s.ipKey(ip), 20, time.Hour, 30 * time.Minute, "fact_locked"})
	}
	return append(limits, limit{"fact:creditor:" + target.CreditorID.String(), 1000, time.Hour, 15 * time.Minute, "fact_locked"})
}

// Verify checks the debtor's answer to FactFor's question and starts a tier 1
// session. Right and wrong answers go on the timeline, without the answer.
//
// Errors: Invalid on "fact" is "fact_missing", "fact_not_a_date" (neither
// counts) or "fact_wrong" (left: tries until the lock); RateLimited
// "fact_locked" (minutes, until) from the last wrong try on, for right answers
// too; NotFound when the link was revoked meanwhile.
func (s *Service) Verify(ctx context.Context, target LinkTarget, answer, ip, language string) (Session, error) {
	var session Session
	var refusal error
	err := s.DB.Update(ctx, db.Of(target.CreditorID), func(tx *db.Tx) error {
		if err := lockLink(tx, target.CreditorID, target.LinkID); err != nil {
			return err
		}
		now := s.Clock.Now()
		limits := s.factLimits(target, ip)
		left, tightest, err := take(tx, now, limits...)
		if err != nil {
			return err
		}
		k, err := readKnown(tx, target)
		if err != nil {
			return err
		}
		fact, err := k.choose()
		if err != nil {
			return err
		}
		normal, err := k.normalise(fact, answer)
		if err != nil {
			return err // rolled back: what can't be an answer is no try
		}
		if !k.right(fact, normal) {
			// The try has to be committed, so the refusal travels beside the transaction.
			refusal = factWrong(left, now, tightest)
			return s.recordFact(tx, target, cases.EventLinkRefused, fact)
		}
		if err := limits[0].forget(tx); err != nil {
			return err
		}
		for _, l := range limits[1:] {
			if err := l.giveBack(tx, now); err != nil {
				return err
			}
		}
		if language == "" {
			language = k.debtor.Language
		}
		session = Session{
			ID: db.NewID(), CreditorID: target.CreditorID, CaseID: target.CaseID, LinkID: target.LinkID,
			Tier: TierFact, Fact: fact, Language: language, StartedAt: now, SeenAt: now,
		}
		if err := tx.Create(&session).Error; err != nil {
			return err
		}
		return s.recordFact(tx, target, cases.EventLinkVerified, fact)
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return Session{}, err
	}
	return session, nil
}

// factWrong is a refusal that already says "locked" at the last try, so that
// nobody is invited to one that can't succeed.
func factWrong(left int, now time.Time, l limit) error {
	if left <= 0 {
		return l.refuse(now, now.Add(l.lock))
	}
	return fault.Field("fact", "fact_wrong", map[string]any{"left": left})
}

func (s *Service) recordFact(tx *db.Tx, target LinkTarget, kind cases.EventKind, fact Fact) error {
	return cases.Record(tx, cases.Event{
		CreditorID: target.CreditorID, CaseID: target.CaseID, Kind: kind, Actor: cases.ByDebtor, Channel: "portal", At: s.caseTime(),
		Data: map[string]any{"fact": fact},
	})
}
