package access

import (
	"context"
	"time"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// LinkAfterClosing is how long a link still works once its case is closed.
// ACCESS.md lets links end with the case, but who has just paid opens the same
// link again to see the receipt and the agreement that were kept.
const LinkAfterClosing = 90 * 24 * time.Hour

// Link is a locator: it says which case, not who is asking.
type Link struct {
	ID         db.ID
	CreditorID db.ID
	CaseID     db.ID
	TokenHash  string
	CreatedAt  time.Time
	RevokedAt  *time.Time
}

// LinkTarget is what a link that works leads to. Show nothing of it but the
// creditor before Verify.
type LinkTarget struct {
	LinkID     db.ID
	CreditorID db.ID
	CaseID     db.ID
	DebtorID   db.ID
	Language   string // the debtor's
	CaseState  cases.State
}

// NewLink makes a link for a case inside the caller's transaction, so that a
// message and the link it carries exist together. Every message makes its own;
// older ones keep working. The token is not stored and can't be had again.
func (s *Service) NewLink(tx *db.Tx, creditor, caseID db.ID) (token string, err error) {
	token = newToken()
	link := Link{ID: db.NewID(), CreditorID: creditor, CaseID: caseID, TokenHash: hashToken(token), CreatedAt: s.Clock.Now()}
	return token, tx.Create(&link).Error
}

// ResolveLink finds what a link leads to and changes nothing, because mail
// scanners open it first. Unknown, revoked and long-closed links are the same
// NotFound "not_found" after the same work: hash, one query, one comparison.
func (s *Service) ResolveLink(ctx context.Context, token string) (LinkTarget, error) {
	hash := hashToken(token)
	var rows []struct {
		LinkTarget
		TokenHash string
	}
	err := s.DB.View(ctx, db.Everyone("a link's token itself tells whose it is"), func(tx *db.Tx) error {
		return tx.Raw(`SELECT l.id AS link_id, l.creditor_id, l.case_id, l.token_hash, c.debtor_id, c.state AS case_state, d.language
			FROM links l
			JOIN cases c ON c.creditor_id = l.creditor_id AND c.id = l.case_id
			JOIN debtors d ON d.creditor_id = c.creditor_id AND d.id = c.debtor_id
			WHERE l.token_hash = ? AND l.revoked_at IS NULL AND (c.closed_at IS NULL OR c.state = ? OR c.closed_at > ?)`,
			hash, cases.Open, s.caseTime().Add(-LinkAfterClosing)).Scan(&rows).Error
	})
	if err != nil {
		return LinkTarget{}, err
	}
	stored, target := hashToken(""), LinkTarget{}
	if len(rows) == 1 {
		stored, target = rows[0].TokenHash, rows[0].LinkTarget
	}
	if !same(stored, hash) || target.LinkID == (db.ID{}) {
		return LinkTarget{}, fault.New(fault.NotFound, "not_found")
	}
	return target, nil
}

// RevokeLink ends a link and every session that began with it, at once.
// Revoking it again changes nothing; another creditor's link is NotFound.
func (s *Service) RevokeLink(tx *db.Tx, creditor, linkID db.ID) error {
	var link Link
	if err := tx.ForUpdate().Where("creditor_id = ? AND id = ?", creditor, linkID).Take(&link).Error; err != nil {
		return err
	}
	err := tx.Model(&Link{}).Where("creditor_id = ? AND id = ? AND revoked_at IS NULL", creditor, linkID).
		Update("revoked_at", s.Clock.Now()).Error
	if err != nil {
		return err
	}
	return s.endSessions(tx, creditor, "link_id = ?", linkID)
}

// EndAllOfLink ends every session that began with a link; the link keeps working.
func (s *Service) EndAllOfLink(tx *db.Tx, creditor, linkID db.ID) error {
	if err := lockLink(tx, creditor, linkID); err != nil {
		return err
	}
	return s.endSessions(tx, creditor, "link_id = ?", linkID)
}

// RevokeLinksOfCase ends every link and session of a case, for a debtor who
// says that somebody else reads their mail.
func (s *Service) RevokeLinksOfCase(tx *db.Tx, creditor, caseID db.ID) error {
	err := tx.Model(&Link{}).Where("creditor_id = ? AND case_id = ? AND revoked_at IS NULL", creditor, caseID).
		Update("revoked_at", s.Clock.Now()).Error
	if err != nil {
		return err
	}
	return s.endSessions(tx, creditor, "case_id = ?", caseID)
}

// lockLink holds a link that is not revoked until the transaction ends, so that
// no session starts while its link is being revoked. Revoked is NotFound.
func lockLink(tx *db.Tx, creditor, linkID db.ID) error {
	var link Link
	return tx.ForUpdate().Where("creditor_id = ? AND id = ? AND revoked_at IS NULL", creditor, linkID).Take(&link).Error
}
