package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/api"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/money"
	"github.com/acuerdo/acuerdo/offers"
)

// onDatabase is what every command that works on a database takes.
type onDatabase struct {
	Database string `env:"ACUERDO_DATABASE" required:"" placeholder:"URL" help:"postgres://… or sqlite:FILE; the demo prints its own."`
}

func (o onDatabase) open(ctx context.Context) (*db.DB, error) {
	d, err := db.Open(ctx, o.Database)
	if err != nil {
		return nil, err
	}
	if err := d.Ready(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// LinkCmd makes a link for one case.
type LinkCmd struct {
	onDatabase
	Case      string `required:"" placeholder:"REF" help:"The case's reference, for example 7KQX-3M9P."`
	PublicURL string `env:"ACUERDO_PUBLIC_URL" placeholder:"URL" help:"How debtors reach the portal; a running demo's own when empty."`
}

// Run prints the link. It is the only time that it can be seen.
func (cmd *LinkCmd) Run(ctx context.Context) error {
	d, err := cmd.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	var found cases.Case
	base := cmd.PublicURL
	err = d.View(ctx, db.Everyone("a reference is unique among all cases"), func(tx *db.Tx) (err error) {
		if base == "" {
			if base, err = db.Setting(tx, publicURLSetting); err != nil {
				return usageError{errors.New("the address of the portal is not known: give --public-url https://…, or set ACUERDO_PUBLIC_URL")}
			}
		}
		if found, err = cases.ByRefAnywhere(tx, cmd.Case); err != nil {
			return fmt.Errorf("no case has the reference %q; acuerdo cases --creditor SLUG lists them", cmd.Case)
		}
		return nil
	})
	if err != nil {
		return err
	}
	links := &access.Service{DB: d, Clock: clock.System{}}
	return d.Update(ctx, db.Of(found.CreditorID), func(tx *db.Tx) error {
		token, err := links.NewLink(tx, found.CreditorID, found.ID)
		if err == nil {
			fmt.Println(strings.TrimRight(base, "/") + "/l/" + token)
		}
		return err
	})
}

// publicURLSetting is where the demo keeps its address for commands beside it.
const publicURLSetting = "public_url"

// CreditorCmd adds a creditor.
type CreditorCmd struct {
	onDatabase
	Slug     string `required:"" help:"Short name for commands and paths, for example north-clinic."`
	Name     string `required:"" help:"As debtors know it."`
	Country  string `required:"" help:"Two letters, for example ES."`
	Currency string `required:"" help:"For example EUR."`
	TimeZone string `required:"" placeholder:"ZONE" help:"For example Europe/Madrid."`
	Language string `default:"es" enum:"es,en,pt" help:"es, en or pt."`
	Email    string `help:"Where debtors can ask."`
	Phone    string `help:"Where debtors can ask."`
	Website  string `help:"https://…"`
	Colour   string `help:"#rrggbb"`
	Policy   string `default:"freelancer" enum:"freelancer,utility,agency" help:"The written example to start from: freelancer, utility or agency."`
}

// Run adds the creditor and publishes its first policy.
func (cmd *CreditorCmd) Run(ctx context.Context) error {
	currency, err := money.ParseCurrency(cmd.Currency)
	if err != nil {
		return usageError{err}
	}
	if err := clock.CheckZone(cmd.TimeZone); err != nil {
		return usageError{err}
	}
	policy, err := offers.Example(cmd.Policy)
	if err != nil {
		return err
	}
	d, err := cmd.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	now := clock.System{}.Now()
	c := cases.Creditor{
		ID: db.NewID(), Slug: cmd.Slug, Name: cmd.Name, LegalName: cmd.Name, Country: strings.ToUpper(cmd.Country), Language: cmd.Language,
		TimeZone: cmd.TimeZone, Currency: currency, Email: cmd.Email, Phone: cmd.Phone, Website: cmd.Website, Colour: cmd.Colour,
		KnownFacts: []string{string(access.InvoiceLast4)}, RequiredTier: access.TierFact, CreatedAt: now,
	}
	err = d.Update(ctx, db.Of(c.ID), func(tx *db.Tx) error {
		if err := tx.Create(&c).Error; err != nil {
			return fmt.Errorf("a creditor called %q may exist already: %w", cmd.Slug, err)
		}
		_, err := offers.Publish(tx, offers.PolicyEdit{CreditorID: c.ID, Policy: policy, Author: "acuerdo", At: now})
		return err
	})
	if err == nil {
		fmt.Printf("%s was added with the %s policy. Next: acuerdo user, acuerdo import.\n", c.Name, cmd.Policy)
	}
	return err
}

// UserCmd adds a member of staff or a role.
type UserCmd struct {
	onDatabase
	Creditor string `required:"" placeholder:"SLUG" help:"Whose cases the person sees."`
	Email    string `required:"" help:"To sign in with."`
	Name     string `help:"As colleagues know them; needed for a new person."`
	Role     string `default:"collector" enum:"admin,collector" help:"admin edits the policy, collector works on cases."`
	Language string `default:"es" enum:"es,en,pt" help:"es, en or pt."`
}

// Run asks for a password (or reads it from standard input) and adds the person.
func (cmd *UserCmd) Run(ctx context.Context) error {
	d, err := cmd.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	password, err := readPassword()
	if err != nil {
		return err
	}
	staff := &access.Service{DB: d, Clock: clock.System{}}
	return d.Update(ctx, db.Everyone("staff may work for several creditors"), func(tx *db.Tx) error {
		c, err := cases.CreditorBySlug(tx, cmd.Creditor)
		if err != nil {
			return fmt.Errorf("no creditor is called %q", cmd.Creditor)
		}
		name := cmd.Name
		if name == "" {
			name = cmd.Email
		}
		u, err := staff.CreateUser(tx, cmd.Email, name, password, string(locale.Language(cmd.Language)))
		if err != nil {
			return err
		}
		if err := staff.Grant(tx, u.ID, c.ID, access.RoleName(cmd.Role)); err != nil {
			return err
		}
		fmt.Printf("%s can sign in at /console as %s of %s.\n", u.Email, cmd.Role, c.Name)
		return nil
	})
}

func readPassword() (string, error) {
	if term.IsTerminal(int(os.Stdin.Fd())) {
		fmt.Fprint(os.Stderr, "Password: ")
		b, err := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(os.Stderr)
		return string(b), err
	}
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && line == "" {
		return "", usageError{errors.New("give the password on standard input")}
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// KeyCmd makes an API key.
type KeyCmd struct {
	onDatabase
	Creditor string `required:"" placeholder:"SLUG" help:"Whose cases the key reads."`
	Name     string `required:"" help:"What it is for, for example 'ERP'."`
}

// Run prints the key. It is the only time that it can be seen.
func (cmd *KeyCmd) Run(ctx context.Context) error {
	d, err := cmd.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	keys := &access.Service{DB: d, Clock: clock.System{}}
	return d.Update(ctx, db.Everyone("the slug tells whose it is"), func(tx *db.Tx) error {
		c, err := cases.CreditorBySlug(tx, cmd.Creditor)
		if err != nil {
			return fmt.Errorf("no creditor is called %q", cmd.Creditor)
		}
		key, err := keys.NewAPIKey(tx, c.ID, cmd.Name, apiScopes)
		if err == nil {
			fmt.Println(key)
		}
		return err
	})
}

// apiScopes is what a key may do for now: read cases.
var apiScopes = []string{api.ScopeReadCases}
