package frontend

import (
	"time"

	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/money"
)

// Money is an amount in minor units; pages write it as the reader's country does.
type Money struct {
	Minor    int64
	Currency money.Currency
}

// Positive tells whether there is anything to show.
func (m Money) Positive() bool { return m.Minor > 0 }

// Message is a text to translate. For errors Key is a fault.Error's Key (no
// prefix); for flashes it is one of the flash.* names without the prefix.
// Params may be as the domain made them: maximum_minor is {{.Maximum}} in the
// page's Currency, cap_bp {{.Cap}} in percent, due_on {{.Due}}. A Money,
// clock.Date, time.Time or number is written in the reader's locale.
type Message struct {
	Key    string
	Params map[string]any
}

// Brand is the creditor as a debtor sees it.
type Brand struct {
	Slug    string
	Name    string
	Colour  string // "#rrggbb"; versions the stylesheet at BrandCSSPath
	LogoURL string // "/portal/brand/{slug}/logo", or "" for the name alone
	Phone   string
	Email   string
	Website string // https://…
	Address string
}

// LanguageLink switches the page to another language.
type LanguageLink struct {
	Language locale.Language
	URL      string
}

// User is the signed-in member of staff.
type User struct {
	Name  string
	Email string
	Role  string // admin, collector, …: role.* in the translations
}

// DemoBar is the demo's clock, shown on top of each page when not nil.
type DemoBar struct {
	Now  time.Time
	Zone *time.Location
	Back string // path to come back to; sent in the field "back"
}

// Page is what every page shows around its content. The zero value of each
// field but Locale is allowed.
type Page struct {
	Locale    locale.Locale
	Zone      *time.Location // the reader's zone; UTC when nil
	Brand     Brand
	Title     string // overrides the page's own title (plain text, already translated)
	SignedIn  bool
	User      *User // console only
	Flash     *Message
	Errors    map[string]Message // form field → error; "" is the form as a whole
	Currency  money.Currency     // of amounts (*_minor) in the Params of Errors and Flash
	Languages []LanguageLink
	Demo      *DemoBar
	RequestID string
}

// CanEditPolicy tells whether the policy editor is in the navigation.
func (p Page) CanEditPolicy() bool { return p.User != nil && p.User.Role == "admin" }
