package offers

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
)

// PolicyState is where a version of a policy stands.
type PolicyState string

// The states of a version; a published one never changes.
const (
	Draft     PolicyState = "draft"
	Published PolicyState = "published"
	Retired   PolicyState = "retired"
)

// PolicyVersion is one version of a creditor's policy. Version 0 is the default,
// which applies until the creditor publishes and is never stored.
type PolicyVersion struct {
	ID          db.ID
	CreditorID  db.ID
	Version     int
	State       PolicyState
	EffectiveOn clock.Date // zero: from its publication
	Document    Policy     `gorm:"serializer:json"`
	Author      string
	CreatedAt   time.Time // for a draft, when it was last saved
	PublishedAt *time.Time
}

// TableName is policies.
func (PolicyVersion) TableName() string { return "policies" }

// CurrentPolicy is the version in force on a day: the newest that was published
// and has taken effect, or version 0.
func CurrentPolicy(tx *db.Tx, creditor db.ID, today clock.Date) (PolicyVersion, error) {
	return take(tx.Where("creditor_id = ? AND state <> ? AND (effective_on IS NULL OR effective_on <= ?)", creditor, Draft, today), creditor)
}

// policyAt is one published version, whether in force or not.
func policyAt(tx *db.Tx, creditor db.ID, version int) (PolicyVersion, error) {
	return take(tx.Where("creditor_id = ? AND state <> ? AND version = ?", creditor, Draft, version), creditor)
}

func take(q *gorm.DB, creditor db.ID) (PolicyVersion, error) {
	var p PolicyVersion
	err := q.Order("version DESC").Limit(1).Take(&p).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return PolicyVersion{CreditorID: creditor, State: Published}, nil
	}
	return p, err
}

// Versions is every version of a creditor's policy, newest first, a draft too.
func Versions(tx *db.Tx, creditor db.ID) ([]PolicyVersion, error) {
	var all []PolicyVersion
	err := tx.Where("creditor_id = ?", creditor).Order("version DESC").Find(&all).Error
	return all, err
}

// PolicyView is a creditor's policy as the editor shows it.
type PolicyView struct {
	Creditor cases.Creditor
	InForce  PolicyVersion   // version 0 with an empty document where nothing was published
	Draft    *PolicyVersion  // nil where there is none
	Versions []PolicyVersion // newest first, the draft too
}

// PolicyEdit is a change to a creditor's policy. BasedOn is the version in force
// that the editor was shown (PolicyView.InForce.Version).
type PolicyEdit struct {
	CreditorID db.ID
	BasedOn    int
	Policy     Policy
	Author     string
	At         time.Time // set by Service
}

// SaveDraft keeps a change without putting it in force. It may have problems
// still, but is refused where another version was published meanwhile.
func SaveDraft(tx *db.Tx, e PolicyEdit) (PolicyVersion, error) {
	draft, err := lockDraft(tx, e)
	if err != nil {
		return draft, err
	}
	draft.Document, draft.Author, draft.CreatedAt = e.Policy, e.Author, e.At
	if draft.ID != (db.ID{}) {
		return draft, db.CompareAndSet(tx.Model(&PolicyVersion{}).
			Where("creditor_id = ? AND id = ? AND state = ?", e.CreditorID, draft.ID, Draft).
			Select("document", "author", "created_at").Updates(&draft))
	}
	draft.ID = db.NewID()
	return draft, tx.Create(&draft).Error
}

// lockDraft is the draft that an edit changes, a new one where there is none. The
// creditor's row is held so that edits come one after the other.
func lockDraft(tx *db.Tx, e PolicyEdit) (PolicyVersion, error) {
	var creditor cases.Creditor
	if err := tx.ForUpdate().Where("id = ?", e.CreditorID).Take(&creditor).Error; err != nil {
		return PolicyVersion{}, err
	}
	all, err := Versions(tx, e.CreditorID)
	if err != nil {
		return PolicyVersion{}, err
	}
	draft := PolicyVersion{CreditorID: e.CreditorID, Version: e.BasedOn + 1, State: Draft}
	newest := 0
	for _, v := range all {
		if v.State == Draft {
			draft = v
		} else {
			newest = max(newest, v.Version)
		}
	}
	if newest != e.BasedOn {
		return draft, fault.New(fault.Conflict, "policy_changed_meanwhile")
	}
	return draft, nil
}

// Publish puts a change in force for the next offers and retires the version
// before it; offers already shown keep theirs.
func Publish(tx *db.Tx, e PolicyEdit) (PolicyVersion, error) {
	creditor, err := cases.GetCreditor(tx, e.CreditorID)
	if err != nil {
		return PolicyVersion{}, err
	}
	if problems := Validate(e.Policy, creditor.Currency); len(problems) > 0 {
		return PolicyVersion{}, refusal(problems)
	}
	draft, err := SaveDraft(tx, e)
	if err != nil {
		return draft, err
	}
	err = tx.Model(&PolicyVersion{}).Where("creditor_id = ? AND state = ?", e.CreditorID, Published).Update("state", Retired).Error
	if err != nil {
		return draft, err
	}
	draft.State, draft.PublishedAt = Published, &e.At
	return draft, db.CompareAndSet(tx.Model(&PolicyVersion{}).
		Where("creditor_id = ? AND id = ? AND state = ?", e.CreditorID, draft.ID, Draft).
		Select("state", "published_at").Updates(&draft))
}

// Policy reads a creditor's policy. Errors: not_found.
func (s Service) Policy(ctx context.Context, creditor db.ID) (PolicyView, error) {
	var v PolicyView
	err := s.DB.View(ctx, db.Of(creditor), func(tx *db.Tx) (err error) {
		if v.Creditor, err = cases.GetCreditor(tx, creditor); err != nil {
			return err
		}
		if v.InForce, err = CurrentPolicy(tx, creditor, clock.DateIn(s.Clock.Now(), v.Creditor.Zone())); err != nil {
			return err
		}
		v.Versions, err = Versions(tx, creditor)
		return err
	})
	for i := range v.Versions {
		if v.Versions[i].State == Draft {
			v.Draft = &v.Versions[i]
		}
	}
	return v, err
}

// SaveDraft keeps a change without putting it in force; it may still have
// problems. Errors: policy_changed_meanwhile (Conflict), not_found.
func (s Service) SaveDraft(ctx context.Context, e PolicyEdit) (PolicyVersion, error) {
	return s.edit(ctx, e, SaveDraft)
}

// Publish puts a change in force for the next offers; those already shown stay
// as they are. Errors: policy_changed_meanwhile (Conflict), not_found, or the
// first Problem (Invalid, with its field); ProblemsIn gives all of them.
func (s Service) Publish(ctx context.Context, e PolicyEdit) (PolicyVersion, error) {
	return s.edit(ctx, e, Publish)
}

func (s Service) edit(ctx context.Context, e PolicyEdit, how func(*db.Tx, PolicyEdit) (PolicyVersion, error)) (v PolicyVersion, err error) {
	e.At = s.Clock.Now()
	err = s.DB.Update(ctx, db.Of(e.CreditorID), func(tx *db.Tx) error {
		v, err = how(tx, e)
		return err
	})
	return v, err
}
