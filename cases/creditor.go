// Package cases is the creditor's case file: who owes what to whom, what was
// agreed, and everything that happened. It knows the ledger and nothing above it.
package cases

import (
	"sync"
	"time"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/money"
)

// Creditor is whom money is owed to: a tenant.
type Creditor struct {
	ID            db.ID
	Slug          string
	Name          string
	LegalName     string
	TaxID         string
	Address       string
	Country       string // ISO 3166-1 alpha-2
	Language      string
	TimeZone      string
	Currency      money.Currency
	Email         string
	Phone         string
	Website       string
	Colour        string   // #rrggbb
	LogoSVG       string   `gorm:"column:logo_svg"`
	KnownFacts    []string `gorm:"serializer:json"`
	RequiredTier  int
	StripeAccount string
	CreatedAt     time.Time
}

// Zone is the creditor's time zone, UTC where it is unknown.
func (c Creditor) Zone() *time.Location { return zone(c.TimeZone) }

// zones are those that were asked for: loading one reads a file each time, and
// a page asks several times.
var zones sync.Map

func zone(name string) *time.Location {
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, loc)
	return loc
}

// GetCreditor reads one creditor; it must exist.
func GetCreditor(tx *db.Tx, id db.ID) (Creditor, error) {
	var c Creditor
	err := tx.Where("id = ?", id).Take(&c).Error
	return c, err
}

// CreditorBySlug finds a creditor by the short name used in commands and paths.
func CreditorBySlug(tx *db.Tx, slug string) (Creditor, error) {
	var c Creditor
	err := tx.Where("slug = ?", slug).Take(&c).Error
	return c, err
}

// Creditors is every creditor, by name.
func Creditors(tx *db.Tx) ([]Creditor, error) {
	var all []Creditor
	err := tx.Order("name").Find(&all).Error
	return all, err
}
