package access

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// A code's life.
const (
	CodeTTL   = 10 * time.Minute
	CodeTries = 5
)

// Where a code may go.
const (
	ByEmail = "email"
	BySMS   = "sms"
)

type oneTimeCode struct {
	ID         db.ID
	CreditorID db.ID
	SessionID  db.ID
	CodeHash   string
	Channel    string
	CreatedAt  time.Time
	ExpiresAt  time.Time
	Tries      int
	EndedAt    *time.Time
}

// TableName is one_time_codes.
func (oneTimeCode) TableName() string { return "one_time_codes" }

// codeHash binds a code to the session that asked for it and to what it is for:
// the same digits confirm nothing else.
func (s *Service) codeHash(session db.ID, pending, code string) string {
	return s.mac("code", session.String(), pending, code)
}

// issueLimit is how often a case may ask for a code: each is a message to somebody.
func issueLimit(caseID db.ID) limit {
	return limit{"code:issue:" + caseID.String(), 5, 15 * time.Minute, 15 * time.Minute, "codes_too_many"}
}

// guessLimit stops guessing on through one code after the other: at 15 wrong
// ones in 6 hours, a year of guessing finds a code with a chance of about 2 %.
func guessLimit(caseID db.ID) limit {
	return limit{"code:guess:" + caseID.String(), 15, 24 * time.Hour, 6 * time.Hour, "code_locked"}
}

// IssueCode makes a six-digit code for a session and hands it to queue in the
// same transaction, which writes the message that carries it. Pending is JSON
// that says what the debtor was doing; VerifyCode gives it back. The code
// before it is dead from then on. Whoever sends it tells the timeline.
//
// Errors: Unauthorized "session_ended"; RateLimited "codes_too_many" (minutes,
// until) after 5 in 15 minutes; whatever queue answers.
func (s *Service) IssueCode(ctx context.Context, session Session, channel, pending string, queue func(tx *db.Tx, code string) error) error {
	return s.DB.Update(ctx, db.Of(session.CreditorID), func(tx *db.Tx) error {
		now := s.Clock.Now()
		current, err := s.lockSession(tx, session)
		if err != nil {
			return err
		}
		if !current.live(now) {
			return ended(errNoSession)
		}
		if _, _, err := take(tx, now, issueLimit(current.CaseID)); err != nil {
			return err
		}
		if err := endCodes(tx, current, now); err != nil {
			return err
		}
		code, err := sixDigits()
		if err != nil {
			return err
		}
		err = tx.Create(&oneTimeCode{
			ID: db.NewID(), CreditorID: current.CreditorID, SessionID: current.ID, CodeHash: s.codeHash(current.ID, pending, code),
			Channel: channel, CreatedAt: now, ExpiresAt: now.Add(CodeTTL),
		}).Error
		if err != nil {
			return err
		}
		err = tx.Model(&Session{}).Where("creditor_id = ? AND id = ?", current.CreditorID, current.ID).
			Updates(map[string]any{"pending": pending, "seen_at": now}).Error
		if err != nil {
			return err
		}
		return queue(tx, code)
	})
}

func sixDigits() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%06d", n), nil
}

// lockSession reads a session and holds its link and row, in the order in which
// revoking takes them, until the transaction ends. It may have ended.
func (s *Service) lockSession(tx *db.Tx, session Session) (Session, error) {
	var current Session
	err := lockLink(tx, session.CreditorID, session.LinkID)
	if err == nil {
		err = tx.ForUpdate().Where("creditor_id = ? AND id = ?", session.CreditorID, session.ID).Take(&current).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Session{}, ended(errNoSession)
	}
	return current, err
}

func endCodes(tx *db.Tx, session Session, now time.Time) error {
	return tx.Model(&oneTimeCode{}).Where("creditor_id = ? AND session_id = ? AND ended_at IS NULL", session.CreditorID, session.ID).
		Update("ended_at", now).Error
}

// VerifyCode exchanges a code for a tier 2 session with a new id, and gives
// back what the code was asked for. Of many posts of the right code at once one
// succeeds. The session keeps its age: its eight hours don't start again.
//
// Errors: Invalid on "code" is "code_malformed" (not six digits, not counted),
// "code_wrong" (left), "code_expired", or "code_used_up" (used, replaced, or
// five wrong tries); RateLimited "code_locked" (minutes, until) after 15 wrong
// ones over several codes; Unauthorized "session_ended".
func (s *Service) VerifyCode(ctx context.Context, session Session, typed string) (raised Session, pending string, err error) {
	digits, err := codeDigits(typed)
	if err != nil {
		return Session{}, "", err
	}
	var refusal error
	err = s.DB.Update(ctx, db.Of(session.CreditorID), func(tx *db.Tx) error {
		now := s.Clock.Now()
		current, code, err := s.liveCode(tx, session, now)
		if err != nil {
			return err
		}
		guesses := guessLimit(current.CaseID)
		if _, _, err := take(tx, now, guesses); err != nil {
			return err
		}
		if !same(code.CodeHash, s.codeHash(current.ID, current.Pending, digits)) {
			refusal, err = wrongCode(tx, code, now)
			return err
		}
		if err := guesses.giveBack(tx, now); err != nil {
			return err
		}
		pending = current.Pending
		raised, err = s.raise(tx, current, code, now)
		return err
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return Session{}, "", err
	}
	return raised, pending, nil
}

// codeDigits takes a code as people copy it, with spaces or a hyphen.
func codeDigits(typed string) (string, error) {
	digits := plain(typed)
	if len(digits) != 6 || strings.Trim(digits, "0123456789") != "" {
		return "", fault.Field("code", "code_malformed", nil)
	}
	return digits, nil
}

// liveCode is the one code of a session that can still be entered, locked.
func (s *Service) liveCode(tx *db.Tx, session Session, now time.Time) (Session, oneTimeCode, error) {
	var code oneTimeCode
	current, err := s.lockSession(tx, session)
	if err != nil {
		return current, code, err
	}
	usedUp := fault.Field("code", "code_used_up", nil)
	err = tx.ForUpdate().Where("creditor_id = ? AND session_id = ?", current.CreditorID, current.ID).
		Order("created_at DESC, id DESC").Take(&code).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return current, code, usedUp
	case err != nil:
		return current, code, err
	case current.EndedAt != nil && code.EndedAt != nil && current.EndedAt.Equal(*code.EndedAt):
		return current, code, usedUp // a second press of the button: the first one raised this session
	case !current.live(now):
		return current, code, ended(errNoSession)
	case code.EndedAt != nil || code.Tries >= CodeTries:
		return current, code, usedUp
	case !now.Before(code.ExpiresAt):
		return current, code, fault.Field("code", "code_expired", nil)
	}
	return current, code, nil
}

// wrongCode counts a wrong try; the refusal is apart from the error, because
// the count has to be committed.
func wrongCode(tx *db.Tx, code oneTimeCode, now time.Time) (refusal, err error) {
	change := map[string]any{"tries": code.Tries + 1}
	left := CodeTries - code.Tries - 1
	refusal = fault.Field("code", "code_wrong", map[string]any{"left": left})
	if left == 0 {
		change["ended_at"] = now
		refusal = fault.Field("code", "code_used_up", nil)
	}
	return refusal, db.CompareAndSet(tx.Model(&oneTimeCode{}).
		Where("creditor_id = ? AND id = ? AND ended_at IS NULL AND tries = ?", code.CreditorID, code.ID, code.Tries).Updates(change))
}

// raise uses a code up and replaces its session by one of tier 2.
func (s *Service) raise(tx *db.Tx, old Session, code oneTimeCode, now time.Time) (Session, error) {
	err := db.CompareAndSet(tx.Model(&oneTimeCode{}).
		Where("creditor_id = ? AND id = ? AND ended_at IS NULL", code.CreditorID, code.ID).Update("ended_at", now))
	if err != nil {
		return Session{}, err
	}
	err = db.CompareAndSet(tx.Model(&Session{}).
		Where("creditor_id = ? AND id = ? AND ended_at IS NULL", old.CreditorID, old.ID).
		Updates(map[string]any{"ended_at": now, "pending": ""}))
	if err != nil {
		return Session{}, err
	}
	raised := old
	raised.ID, raised.Tier, raised.CodeChannel, raised.CodeVerifiedAt = db.NewID(), TierCode, code.Channel, &now
	raised.Pending, raised.SeenAt, raised.EndedAt = "", now, nil
	return raised, tx.Create(&raised).Error
}
