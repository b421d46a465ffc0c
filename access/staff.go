package access

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// RoleName is what a member of staff may do for one creditor.
type RoleName string

// The roles.
const (
	Admin     RoleName = "admin"     // everything, the policy too
	Collector RoleName = "collector" // reads the case files
)

// Action is something that a role allows.
type Action string

// The actions that doors ask about.
const (
	ReadCases  Action = "read_cases"
	EditPolicy Action = "edit_policy"
)

var allowed = map[RoleName]map[Action]bool{
	Admin:     {ReadCases: true, EditPolicy: true},
	Collector: {ReadCases: true},
}

// User is a member of staff. One person may work for several creditors.
type User struct {
	ID           db.ID
	Email        string
	Name         string
	PasswordHash string
	Language     string
	CreatedAt    time.Time
	DisabledAt   *time.Time
}

// TableName is staff_users.
func (User) TableName() string { return "staff_users" }

// Role is a user's role for a creditor.
type Role struct {
	UserID     db.ID
	CreditorID db.ID
	Role       RoleName
}

// TableName is staff_roles.
func (Role) TableName() string { return "staff_roles" }

// owasp is the OWASP cheat sheet's choice: 19 MiB, two passes, one lane.
var owasp = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// A password's length in characters. There is no rule on which: NIST SP 800-63B.
const (
	MinPassword = 10
	MaxPassword = 200
)

func (s *Service) passwords() *argon2id.Params {
	if s.Passwords != nil {
		return s.Passwords
	}
	return owasp
}

// CreateUser adds a member of staff, without a role yet. Addresses are compared
// in lower case.
//
// Errors: Invalid on "email": "email_invalid", "email_taken"; on "password":
// "password_too_short" (min), "password_too_long" (max).
func (s *Service) CreateUser(tx *db.Tx, email, name, password, language string) (User, error) {
	email = normalEmail(email)
	if addr, err := mail.ParseAddress(email); err != nil || addr.Address != email {
		return User{}, fault.Field("email", "email_invalid", nil)
	}
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return User{}, fault.Field("password", "password_too_short", map[string]any{"min": MinPassword})
	case n > MaxPassword:
		return User{}, fault.Field("password", "password_too_long", map[string]any{"max": MaxPassword})
	}
	hash, err := argon2id.CreateHash(password, s.passwords())
	if err != nil {
		return User{}, err
	}
	u := User{ID: db.NewID(), Email: email, Name: strings.TrimSpace(name), PasswordHash: hash, Language: language, CreatedAt: s.Clock.Now()}
	added := tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "email"}}, DoNothing: true}).Create(&u)
	if added.Error == nil && added.RowsAffected == 0 {
		return User{}, fault.Field("email", "email_taken", nil)
	}
	return u, added.Error
}

func normalEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Grant gives a user a role for a creditor, in place of the one they had.
// A role that does not exist is Invalid on "role": "role_unknown".
func (s *Service) Grant(tx *db.Tx, user, creditor db.ID, role RoleName) error {
	if allowed[role] == nil {
		return fault.Field("role", "role_unknown", nil)
	}
	return tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "user_id"}, {Name: "creditor_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"role"}),
	}).Create(&Role{UserID: user, CreditorID: creditor, Role: role}).Error
}

// Disable shuts a user out at once, from every creditor.
func (s *Service) Disable(tx *db.Tx, user db.ID) error {
	now := s.Clock.Now()
	err := tx.Model(&User{}).Where("id = ? AND disabled_at IS NULL", user).Update("disabled_at", now).Error
	if err != nil {
		return err
	}
	return endStaffSessions(tx, now, "user_id = ?", user)
}

// signInLimits lock an account for one address quickly and for all addresses
// slowly: a stranger can't keep a colleague out with five wrong passwords.
func (s *Service) signInLimits(email, ip string) []limit {
	account := s.mac("account", email)[:32]
	return []limit{
		{"staff:here:" + account + ":" + s.ipKey(ip), 5, 15 * time.Minute, 15 * time.Minute, "sign_in_locked"},
		{"staff:account:" + account, 50, time.Hour, 15 * time.Minute, "sign_in_locked"},
		{"staff:ip:" + s.ipKey(ip), 50, time.Hour, 15 * time.Minute, "sign_in_locked"},
	}
}

// SignIn starts a staff session. The token is for the cookie and is not stored.
// An unknown or disabled account takes the same time as a wrong password and
// answers the same.
//
// Errors: Invalid on "password": "sign_in_wrong"; RateLimited "sign_in_locked"
// (minutes, until) after 5 wrong ones from one address in 15 minutes.
func (s *Service) SignIn(ctx context.Context, email, password, ip, userAgent string) (StaffSession, string, error) {
	email = normalEmail(email)
	limits := s.signInLimits(email, ip)
	everyone := db.Everyone("staff accounts belong to no creditor")
	var user User
	err := s.DB.Update(ctx, everyone, func(tx *db.Tx) error {
		if _, _, err := take(tx, s.Clock.Now(), limits...); err != nil {
			return err
		}
		err := tx.Where("email = ? AND disabled_at IS NULL", email).Take(&user).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return StaffSession{}, "", err
	}
	// The slow hash runs between two transactions, so that no database waits for it.
	if !s.passwordMatches(password, user.PasswordHash) {
		return StaffSession{}, "", fault.Field("password", "sign_in_wrong", nil)
	}
	var session StaffSession
	var token string
	err = s.DB.Update(ctx, everyone, func(tx *db.Tx) (err error) {
		now := s.Clock.Now()
		if err := limits[0].forget(tx); err != nil {
			return err
		}
		for _, l := range limits[1:] {
			if err := l.giveBack(tx, now); err != nil {
				return err
			}
		}
		session, token, err = startStaffSession(tx, user, userAgent, now)
		return err
	})
	if err != nil {
		return StaffSession{}, "", err
	}
	return session, token, nil
}

// passwordMatches compares with the hash, or with a decoy of the same cost where there is none.
func (s *Service) passwordMatches(password, hash string) bool {
	if utf8.RuneCountInString(password) > MaxPassword {
		password = ""
	}
	known := hash != ""
	if !known {
		s.decoyOnce.Do(func() { s.decoy, _ = argon2id.CreateHash(newToken(), s.passwords()) })
		hash = s.decoy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return ok && err == nil && known
}
