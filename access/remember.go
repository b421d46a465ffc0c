package access

import (
	"context"

	"github.com/acuerdo/acuerdo/db"
)

// Remember notes what a debtor was doing, for when a code can be sent: nobody
// has an address for them yet. A code asked for something else is dead from then
// on, as when a new one is sent. Unauthorized "session_ended" where it has ended.
func (s *Service) Remember(ctx context.Context, session Session, pending string) error {
	return s.DB.Update(ctx, db.Of(session.CreditorID), func(tx *db.Tx) error {
		current, err := s.lockSession(tx, session)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if !current.live(now) {
			return ended(errNoSession)
		}
		if err := endCodes(tx, current, now); err != nil {
			return err
		}
		return tx.Model(&Session{}).Where("creditor_id = ? AND id = ?", current.CreditorID, current.ID).
			Updates(map[string]any{"pending": pending, "seen_at": now}).Error
	})
}
