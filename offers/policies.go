package offers

import (
	"time"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
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
