package access

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// apiKey is a machine's key of one creditor. The prefix finds it and may be
// shown; only the hash of the whole is kept.
type apiKey struct {
	ID         db.ID
	CreditorID db.ID
	Name       string
	Prefix     string
	KeyHash    string
	Scopes     string // separated by spaces
	CreatedAt  time.Time
	RevokedAt  *time.Time
}

// TableName is api_keys.
func (apiKey) TableName() string { return "api_keys" }

// apiKeyCreditor is a further creditor that a key reads for.
type apiKeyCreditor struct {
	KeyID      db.ID
	CreditorID db.ID
}

// TableName is api_key_creditors.
func (apiKeyCreditor) TableName() string { return "api_key_creditors" }

// APIKeyInfo is what a presented key may do, and for whom.
type APIKeyInfo struct {
	ID         db.ID
	CreditorID db.ID   // whose key it is
	Creditors  []db.ID // whose cases it reads: its own, and those an agency added
	Name       string
	Prefix     string // the part that may be shown
	Scopes     []string
	CreatedAt  time.Time
	RevokedAt  *time.Time
}

// Allows tells whether the key has a scope.
func (k APIKeyInfo) Allows(scope string) bool { return slices.Contains(k.Scopes, scope) }

func (k apiKey) info() APIKeyInfo {
	return APIKeyInfo{k.ID, k.CreditorID, []db.ID{k.CreditorID}, k.Name, k.Prefix, strings.Fields(k.Scopes), k.CreatedAt, k.RevokedAt}
}

const prefixAlphabet = "abcdefghijklmnopqrstuvwxyz234567"

// NewAPIKey makes a key, "ak_" + 8 characters that find it + "_" + 256 random
// bits. It is shown once. Any number may live at a time: a rotation makes the
// new one, moves the machines, then revokes the old one. An agency's key may read
// for further creditors; that takes a transaction over everyone.
func (s *Service) NewAPIKey(tx *db.Tx, creditor db.ID, name string, scopes []string, further ...db.ID) (key string, err error) {
	var raw [8]byte
	_, _ = rand.Read(raw[:])
	for i, b := range raw {
		raw[i] = prefixAlphabet[b%32]
	}
	prefix := string(raw[:])
	key = "ak_" + prefix + "_" + newToken()
	row := apiKey{
		ID: db.NewID(), CreditorID: creditor, Name: name, Prefix: prefix, KeyHash: hashToken(key),
		Scopes: strings.Join(scopes, " "), CreatedAt: s.Clock.Now(),
	}
	if err := tx.Create(&row).Error; err != nil {
		return "", err
	}
	for _, id := range further {
		if err := tx.Create(&apiKeyCreditor{row.ID, id}).Error; err != nil {
			return "", err
		}
	}
	return key, nil
}

// APIKey finds whose a presented key is. Malformed, unknown and revoked are the
// same Unauthorized "api_key_unknown".
func (s *Service) APIKey(ctx context.Context, presented string) (APIKeyInfo, error) {
	prefix := ""
	if parts := strings.SplitN(presented, "_", 3); len(parts) == 3 && parts[0] == "ak" {
		prefix = parts[1]
	}
	var row apiKey
	var further []db.ID
	err := s.DB.View(ctx, db.Everyone("an API key itself tells whose it is"), func(tx *db.Tx) error {
		err := tx.Where("prefix = ? AND revoked_at IS NULL", prefix).Take(&row).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.Model(&apiKeyCreditor{}).Where("key_id = ?", row.ID).Pluck("creditor_id", &further).Error
	})
	if err != nil {
		return APIKeyInfo{}, err
	}
	if !same(row.KeyHash, hashToken(presented)) {
		return APIKeyInfo{}, fault.New(fault.Unauthorized, "api_key_unknown")
	}
	info := row.info()
	info.Creditors = append(info.Creditors, further...)
	return info, nil
}

// APIKeys is a creditor's keys, the revoked ones too, the newest first.
func (s *Service) APIKeys(tx *db.Tx, creditor db.ID) ([]APIKeyInfo, error) {
	var rows []apiKey
	err := tx.Where("creditor_id = ?", creditor).Order("created_at DESC, id DESC").Find(&rows).Error
	out := make([]APIKeyInfo, len(rows))
	for i, row := range rows {
		out[i] = row.info()
	}
	return out, err
}

// RevokeAPIKey ends a key at once; a second time changes nothing.
func (s *Service) RevokeAPIKey(tx *db.Tx, creditor, id db.ID) error {
	return tx.Model(&apiKey{}).Where("creditor_id = ? AND id = ? AND revoked_at IS NULL", creditor, id).
		Update("revoked_at", s.Clock.Now()).Error
}
