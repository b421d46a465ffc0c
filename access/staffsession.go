package access

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// How long a staff session lives.
const (
	MaxStaffIdle = 12 * time.Hour
	MaxStaffAge  = 7 * 24 * time.Hour
)

// maxUserAgent keeps a header that anyone can send from filling the table.
const maxUserAgent = 300

type staffSession struct {
	ID        db.ID
	UserID    db.ID
	TokenHash string
	UserAgent string
	StartedAt time.Time
	SeenAt    time.Time
	EndedAt   *time.Time
}

// TableName is staff_sessions.
func (staffSession) TableName() string { return "staff_sessions" }

func (s staffSession) live(now time.Time) bool {
	return s.EndedAt == nil && now.Sub(s.SeenAt) <= MaxStaffIdle && now.Sub(s.StartedAt) <= MaxStaffAge
}

// StaffSession is a signed-in member of staff.
type StaffSession struct {
	ID        db.ID
	User      User // without the password's hash
	Roles     []Role
	UserAgent string
	StartedAt time.Time
	SeenAt    time.Time
}

// Can tells whether this person may do something for a creditor.
func (s StaffSession) Can(creditor db.ID, action Action) bool {
	return allowed[s.RoleFor(creditor)][action]
}

// RoleFor is this person's role for a creditor, "" for none.
func (s StaffSession) RoleFor(creditor db.ID) RoleName {
	for _, r := range s.Roles {
		if r.CreditorID == creditor {
			return r.Role
		}
	}
	return ""
}

// Creditors is whose case files this person may read.
func (s StaffSession) Creditors() []db.ID {
	var ids []db.ID
	for _, r := range s.Roles {
		if allowed[r.Role][ReadCases] {
			ids = append(ids, r.CreditorID)
		}
	}
	return ids
}

// startStaffSession reads the account again, because it may have been disabled
// while the password was hashed.
func startStaffSession(tx *db.Tx, user User, userAgent string, now time.Time) (StaffSession, string, error) {
	if err := tx.ForUpdate().Where("id = ? AND disabled_at IS NULL", user.ID).Take(&user).Error; err != nil {
		if errors.Is(err, gorm.ErrRecordNotFound) {
			err = fault.Field("password", "sign_in_wrong", nil)
		}
		return StaffSession{}, "", err
	}
	if runes := []rune(userAgent); len(runes) > maxUserAgent {
		userAgent = string(runes[:maxUserAgent])
	}
	token := newToken()
	row := staffSession{ID: db.NewID(), UserID: user.ID, TokenHash: hashToken(token), UserAgent: userAgent, StartedAt: now, SeenAt: now}
	if err := tx.Create(&row).Error; err != nil {
		return StaffSession{}, "", err
	}
	session, err := withRoles(tx, row, user)
	return session, token, err
}

func withRoles(tx *db.Tx, row staffSession, user User) (StaffSession, error) {
	user.PasswordHash = ""
	out := StaffSession{ID: row.ID, User: user, UserAgent: row.UserAgent, StartedAt: row.StartedAt, SeenAt: row.SeenAt}
	return out, tx.Where("user_id = ?", user.ID).Order("creditor_id").Find(&out.Roles).Error
}

// Staff finds who a token belongs to, with the roles they have now. Unknown,
// signed out, idle for more than 12 hours, older than 7 days, or an account
// that was disabled: Unauthorized "staff_session_ended".
func (s *Service) Staff(ctx context.Context, token string) (StaffSession, error) {
	now := s.Clock.Now()
	var session StaffSession
	err := s.DB.View(ctx, db.Everyone("a staff token itself tells whose it is"), func(tx *db.Tx) error {
		var row staffSession
		if err := tx.Where("token_hash = ?", hashToken(token)).Take(&row).Error; err != nil {
			return err
		}
		if !row.live(now) {
			return gorm.ErrRecordNotFound
		}
		var user User
		if err := tx.Where("id = ? AND disabled_at IS NULL", row.UserID).Take(&user).Error; err != nil {
			return err
		}
		var err error
		session, err = withRoles(tx, row, user)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return StaffSession{}, fault.New(fault.Unauthorized, "staff_session_ended")
	}
	if err != nil {
		return StaffSession{}, err
	}
	return session, s.touchStaff(ctx, session, now)
}

func (s *Service) touchStaff(ctx context.Context, session StaffSession, now time.Time) error {
	if now.Sub(session.SeenAt) < touchEvery {
		return nil
	}
	return s.DB.Update(ctx, db.Everyone("staff sessions belong to no creditor"), func(tx *db.Tx) error {
		return tx.Model(&staffSession{}).Where("id = ? AND ended_at IS NULL AND seen_at < ?", session.ID, now).Update("seen_at", now).Error
	})
}

// StaffSessions is where a user is signed in now, the latest first.
func (s *Service) StaffSessions(ctx context.Context, user db.ID) ([]StaffSession, error) {
	now := s.Clock.Now()
	var out []StaffSession
	err := s.DB.View(ctx, db.Everyone("staff sessions belong to no creditor"), func(tx *db.Tx) error {
		var u User
		if err := tx.Where("id = ?", user).Take(&u).Error; err != nil {
			return err
		}
		var rows []staffSession
		err := tx.Where("user_id = ? AND ended_at IS NULL AND started_at >= ?", user, now.Add(-MaxStaffAge)).
			Order("seen_at DESC, id DESC").Find(&rows).Error
		if err != nil {
			return err
		}
		for _, row := range rows {
			if !row.live(now) {
				continue
			}
			session, err := withRoles(tx, row, u)
			if err != nil {
				return err
			}
			out = append(out, session)
		}
		return nil
	})
	return out, err
}

// SignOut ends one staff session.
func (s *Service) SignOut(ctx context.Context, session StaffSession) error {
	return s.endStaff(ctx, "id = ?", session.ID)
}

// SignOutEverywhere ends every session of a user.
func (s *Service) SignOutEverywhere(ctx context.Context, user db.ID) error {
	return s.endStaff(ctx, "user_id = ?", user)
}

func (s *Service) endStaff(ctx context.Context, which string, id db.ID) error {
	return s.DB.Update(ctx, db.Everyone("staff sessions belong to no creditor"), func(tx *db.Tx) error {
		return endStaffSessions(tx, s.Clock.Now(), which, id)
	})
}

func endStaffSessions(tx *db.Tx, now time.Time, which string, id db.ID) error {
	return tx.Model(&staffSession{}).Where("ended_at IS NULL AND "+which, id).Update("ended_at", now).Error
}
