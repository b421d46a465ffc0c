// Package access decides who may see what: the debtor's link, known fact, fresh
// code and session; staff sign-in and roles; API keys; and the counters that
// slow down guessing. It knows nothing of HTTP: doors carry its tokens.
//
// Secrets are never stored. Links, staff sessions and API keys are 256 random
// bits, so their plain SHA-256 is kept; six-digit codes are guessable, so their
// hash also takes a secret that is not in the database.
package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// minSecretBytes is RFC 7518's floor for an HS256 key.
const minSecretBytes = 32

// KeyRing is the keys that sign debtor sessions. New sessions use Current; the
// others stay while sessions signed with them may live (MaxSessionAge).
type KeyRing struct {
	Current string
	Keys    map[string][]byte // id → HS256 key, at least 32 bytes each
}

// Service is the room's one dependency bundle. Share one by pointer: all fields
// are set before the first call and not changed after.
type Service struct {
	DB     *db.DB
	Clock  clock.Clock
	Keys   KeyRing
	Secret []byte // hashes codes and IP addresses; at least 32 bytes, the same on every replica

	// Timeline dates what a case's timeline is told; Clock where it is nil. The demo
	// moves its business days, not the minutes of whoever sits before the screen.
	Timeline clock.Clock

	// Passwords is the cost of a staff password's hash; nil is OWASP's choice.
	Passwords *argon2id.Params

	decoyOnce sync.Once
	decoy     string
}

// caseTime is now by the clock that a case's own dates are from.
func (s *Service) caseTime() time.Time {
	if s.Timeline != nil {
		return s.Timeline.Now()
	}
	return s.Clock.Now()
}

// Validate tells what is wrong with the secrets, naming the setting in words
// and never its value.
func (s *Service) Validate() error {
	var errs []error
	if len(s.Secret) < minSecretBytes {
		errs = append(errs, fmt.Errorf("the access secret has %d bytes, it needs at least %d", len(s.Secret), minSecretBytes))
	}
	if _, ok := s.Keys.Keys[s.Keys.Current]; !ok || s.Keys.Current == "" {
		errs = append(errs, fmt.Errorf("the current session key %q is not among the session keys", s.Keys.Current))
	}
	for id, key := range s.Keys.Keys {
		if len(key) < minSecretBytes {
			errs = append(errs, fmt.Errorf("the session key %q has %d bytes, it needs at least %d", id, len(key), minSecretBytes))
		}
	}
	return errors.Join(errs...)
}

// newToken makes 256 random bits as base64url text (43 characters).
func newToken() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails: the program stops instead
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// hashToken is what is stored of a token.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// same compares without telling by its time how much matched, nor how long either is.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// mac is a keyed hash of parts that can't run into each other.
func (s *Service) mac(purpose string, parts ...string) string {
	h := hmac.New(sha256.New, s.Secret)
	for _, part := range append([]string{purpose}, parts...) {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ipKey names an address in a counter without storing it: it is personal data.
// A whole IPv6 /64 is one household, and costs nothing to walk through.
func (s *Service) ipKey(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return s.mac("ip", ip)[:32]
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if prefix, err := addr.Prefix(64); err == nil {
			addr = prefix.Addr()
		}
	}
	return s.mac("ip", addr.String())[:32]
}
