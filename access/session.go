package access

import (
	"context"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// How long a debtor's session lives.
const (
	MaxSessionIdle = 15 * time.Minute
	MaxSessionAge  = 8 * time.Hour
	FreshCodeFor   = 10 * time.Minute // how long a code counts as fresh

	// touchEvery spares a write on most reads; a session may therefore end up
	// to a minute before its 15 idle minutes are over, never after.
	touchEvery = time.Minute
)

// How sure we are who is asking. A link alone is tier 0 and has no session.
const (
	TierFact = 1 // gave a fact that the debtor knows
	TierCode = 2 // and a code sent to the address or phone on file
)

const (
	tokenIssuer   = "acuerdo"
	tokenAudience = "acuerdo/portal"
)

// Session is a debtor's visit. Its id changes when the tier rises, so that an
// id that somebody got hold of before is worth nothing after.
type Session struct {
	ID             db.ID
	CreditorID     db.ID
	CaseID         db.ID
	LinkID         db.ID
	Tier           int
	Fact           Fact
	Language       string
	CodeChannel    string // email, sms: where the code that was entered went; "" before
	CodeVerifiedAt *time.Time
	Pending        string // JSON: what the debtor was doing when a code was asked
	StartedAt      time.Time
	SeenAt         time.Time
	EndedAt        *time.Time
}

// TableName is debtor_sessions.
func (Session) TableName() string { return "debtor_sessions" }

// FreshCode tells whether a code was entered at most ten minutes ago: needed
// before accepting an agreement, saving a card or changing contact data.
func (s Session) FreshCode(now time.Time) bool {
	return s.CodeVerifiedAt != nil && now.Sub(*s.CodeVerifiedAt) <= FreshCodeFor && !now.Before(*s.CodeVerifiedAt)
}

// VerifiedBy says how the person was verified, for an agreement's evidence:
// "invoice_last4", "invoice_last4+code:email".
func (s Session) VerifiedBy() string {
	if s.CodeVerifiedAt == nil {
		return string(s.Fact)
	}
	return string(s.Fact) + "+code:" + s.CodeChannel
}

// Expires is when the session ends if nothing more happens.
func (s Session) Expires() time.Time {
	idle, age := s.SeenAt.Add(MaxSessionIdle), s.StartedAt.Add(MaxSessionAge)
	if idle.Before(age) {
		return idle
	}
	return age
}

func (s Session) live(now time.Time) bool {
	return s.EndedAt == nil && now.Sub(s.SeenAt) <= MaxSessionIdle && now.Sub(s.StartedAt) <= MaxSessionAge
}

// Claims is what a verified token says, before its row is read: enough to open
// db.Of(CreditorID) and read session and page together.
type Claims struct {
	SessionID  db.ID
	CreditorID db.ID
	CaseID     db.ID
}

type tokenClaims struct {
	jwt.RegisteredClaims
	Creditor string `json:"cr"`
	Case     string `json:"cs"`
}

func ended(cause error) error { return fault.Wrap(cause, fault.Unauthorized, "session_ended") }

var errNoSession = errors.New("access: no such live session")

// Token signs a session for its cookie: HS256 with the current key. It expires
// with the session's absolute age; the row decides everything else.
func (s *Service) Token(session Session) (string, error) {
	key, ok := s.Keys.Keys[s.Keys.Current]
	if !ok || len(key) < minSecretBytes {
		return "", fault.Newf(fault.Internal, "internal", "access: no usable session key %q", s.Keys.Current)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, tokenClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID: session.ID.String(), Issuer: tokenIssuer, Audience: jwt.ClaimStrings{tokenAudience},
			IssuedAt: jwt.NewNumericDate(s.Clock.Now()), ExpiresAt: jwt.NewNumericDate(session.StartedAt.Add(MaxSessionAge)),
		},
		Creditor: session.CreditorID.String(), Case: session.CaseID.String(),
	})
	token.Header["kid"] = s.Keys.Current
	return token.SignedString(key)
}

// Claims verifies a token without the database. Whatever is wrong with it is
// the same Unauthorized "session_ended".
func (s *Service) Claims(token string) (Claims, error) {
	var c tokenClaims
	_, err := jwt.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		key, ok := s.Keys.Keys[kid]
		if !ok || len(key) < minSecretBytes {
			return nil, jwt.ErrTokenUnverifiable
		}
		return key, nil
	}, jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(tokenIssuer), jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.Clock.Now))
	if err != nil {
		return Claims{}, ended(err)
	}
	session, err1 := db.ParseID(c.ID)
	creditor, err2 := db.ParseID(c.Creditor)
	caseID, err3 := db.ParseID(c.Case)
	if err := errors.Join(err1, err2, err3); err != nil {
		return Claims{}, &fault.Error{Code: fault.Unauthorized, Key: "session_ended"}
	}
	return Claims{session, creditor, caseID}, nil
}

var sessionByID = db.From[Session]("WHERE creditor_id = ? AND id = ?")

// ReadSession asks for a session together with whatever else r holds. What it
// returns tells the session once r has run: ended, idle for more than 15 minutes
// or older than 8 hours is Unauthorized "session_ended". It writes nothing: call
// Touch afterwards.
func (s *Service) ReadSession(r *db.Reads, claims Claims) func() (Session, error) {
	found := sessionByID.In(r, claims.CreditorID, claims.SessionID)
	return func() (Session, error) {
		session, err := found.One()
		if err != nil || session.CaseID != claims.CaseID || !session.live(s.Clock.Now()) {
			return Session{}, ended(errNoSession)
		}
		return session, nil
	}
}

// Session verifies a token and its row, and notes that the debtor was here.
func (s *Service) Session(ctx context.Context, token string) (Session, error) {
	claims, err := s.Claims(token)
	if err != nil {
		return Session{}, err
	}
	var r db.Reads
	read := s.ReadSession(&r, claims)
	if err := s.DB.Read(ctx, db.Of(claims.CreditorID), &r); err != nil {
		return Session{}, err
	}
	session, err := read()
	if err != nil {
		return Session{}, err
	}
	return session, s.Touch(ctx, session)
}

// Touch notes that the debtor was here, at most once a minute; in between it
// does nothing and costs nothing. Never call it inside a transaction.
func (s *Service) Touch(ctx context.Context, session Session) error {
	now := s.Clock.Now()
	if now.Sub(session.SeenAt) < touchEvery {
		return nil
	}
	return s.DB.Update(ctx, db.Of(session.CreditorID), func(tx *db.Tx) error {
		return tx.Model(&Session{}).
			Where("creditor_id = ? AND id = ? AND ended_at IS NULL AND seen_at < ?", session.CreditorID, session.ID, now).
			Update("seen_at", now).Error
	})
}

// SetLanguage keeps the language that a debtor switched to.
func (s *Service) SetLanguage(ctx context.Context, session Session, language string) error {
	return s.DB.Update(ctx, db.Of(session.CreditorID), func(tx *db.Tx) error {
		return tx.Model(&Session{}).Where("creditor_id = ? AND id = ? AND ended_at IS NULL", session.CreditorID, session.ID).
			Update("language", language).Error
	})
}

// End signs a debtor out. Ending an ended session changes nothing.
func (s *Service) End(ctx context.Context, session Session) error {
	return s.DB.Update(ctx, db.Of(session.CreditorID), func(tx *db.Tx) error {
		return s.endSessions(tx, session.CreditorID, "id = ?", session.ID)
	})
}

func (s *Service) endSessions(tx *db.Tx, creditor db.ID, which string, id db.ID) error {
	return tx.Model(&Session{}).Where("creditor_id = ? AND ended_at IS NULL AND "+which, creditor, id).
		Update("ended_at", s.Clock.Now()).Error
}
