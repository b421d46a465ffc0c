// Package demo is the door that only the demo opens: an inbox for every message
// that went out, a clock that people can move, and a page that says what to
// open. It also writes the believable data that the demo begins with.
package demo

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/offers"
	"github.com/acuerdo/acuerdo/reminders"
	"github.com/acuerdo/acuerdo/web"
)

// Demo is what the demo adds to the program.
type Demo struct {
	DB     *db.DB
	Clock  *clock.Moved
	Access *access.Service
	BaseURL,
	StripeURL string
	// Settle waits until what was started has run: jobs, and Stripe's events.
	Settle func(context.Context) error
	// Sweep does all that has fallen due.
	Sweep func(context.Context) error

	moving sync.Mutex // one move of the clock at a time
	cases  []Case
}

// Password opens every account of the demo.
const Password = "acuerdo-demo"

// policies is the written example that each creditor starts from, and what it
// does in its own way.
var policies = map[string]struct {
	example string
	change  func(*offers.Policy)
}{
	"talleres-aldaba": {"utility", func(p *offers.Policy) {
		p.EarlyPayment.Ladder = []offers.Step{{WithinDays: 5, PrincipalBP: 500, InterestBP: 10000, FeesBP: 10000}}
	}},
	"andes-conecta": {"agency", func(p *offers.Policy) {
		p.EarlyPayment.Ladder = []offers.Step{{WithinDays: 5, PrincipalBP: 2000}, {WithinDays: 15, PrincipalBP: 1500}}
		*p.Settlement.PublishedBP = 1000 // in three payments: worth less to the debtor than paying at once
	}},
	"harbor-street": {"freelancer", func(*offers.Policy) {}},
}

// policyOf is what a creditor of the demo allows.
func policyOf(slug string) (offers.Policy, error) {
	start := policies[slug]
	policy, err := offers.Example(start.example)
	if err == nil {
		start.change(&policy)
	}
	return policy, err
}

// User is a member of staff to sign in as.
type User struct {
	Creditor string `json:"creditor"`
	Role     string `json:"role"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

// Users is who can sign in.
func Users() []User {
	var users []User
	for _, h := range houses() {
		domain := h.creditor.Slug + ".example"
		users = append(users,
			User{h.creditor.Slug, string(access.Admin), "admin@" + domain, Password},
			User{h.creditor.Slug, string(access.Collector), "collector@" + domain, Password})
	}
	return users
}

var staffNames = map[string][2]string{
	"talleres-aldaba": {"Amparo Llorens", "Vicent Roca"}, "andes-conecta": {"Paula Mardones", "Cristóbal Vera"},
	"harbor-street": {"June Holloway", "Eli Navarro"},
}

func (d *Demo) staff(tx *db.Tx, c cases.Creditor) error {
	for i, u := range Users() {
		if u.Creditor != c.Slug {
			continue
		}
		user, err := d.Access.CreateUser(tx, u.Email, staffNames[c.Slug][i%2], u.Password, c.Language)
		if err != nil {
			return err
		}
		if err := d.Access.Grant(tx, user.ID, c.ID, access.RoleName(u.Role)); err != nil {
			return err
		}
	}
	return nil
}

// Case is one case of the demo, for the page that lists them and for scripts.
type Case struct {
	Ref          string `json:"ref"`
	Creditor     string `json:"creditor"`
	Debtor       string `json:"debtor"`
	Kind         string `json:"kind"`
	Language     string `json:"language"`
	Currency     string `json:"currency"`
	BalanceMinor int64  `json:"balance_minor"`
	Link         string `json:"link"`
	KnownFact    string `json:"known_fact"`
	fact         access.Fact
}

// Cases makes a link for every case, because a stored link can't be shown
// again, and remembers them for the demo's first page.
func (d *Demo) Cases(ctx context.Context) ([]Case, error) {
	out := []Case{} // a script reads [], not null
	err := d.DB.Update(ctx, db.Everyone("the demo lists all its cases"), func(tx *db.Tx) error {
		var all []cases.Case
		if err := tx.Order("creditor_id, opened_at, ref").Find(&all).Error; err != nil {
			return err
		}
		for _, k := range all {
			f, err := cases.Load(tx, k.CreditorID, k.ID, d.Clock.Now())
			if err != nil {
				return err
			}
			token, err := d.Access.NewLink(tx, k.CreditorID, k.ID)
			if err != nil {
				return err
			}
			fact, known := KnownFact(f)
			out = append(out, Case{
				Ref: k.Ref, Creditor: f.Creditor.Slug, Debtor: f.Debtor.Name, Kind: string(f.Debtor.Kind), Language: f.Debtor.Language,
				Currency: string(k.Currency), BalanceMinor: f.BalanceMinor(), Link: d.BaseURL + "/l/" + token, KnownFact: known, fact: fact,
			})
		}
		return nil
	})
	d.cases = out
	return out, err
}

// Bar is the demo's clock on top of every page.
func (d *Demo) Bar(back string) *frontend.DemoBar {
	return &frontend.DemoBar{Now: d.Clock.Now(), Zone: time.UTC, Back: back}
}

// clockSetting is where the demo keeps the day it has got to.
const clockSetting = "demo_day"

// StartOf is when a day of the demo begins: office hours from Madrid to Santiago.
func StartOf(day clock.Date) time.Time { return day.At(16, 0, time.UTC) }

// Begin runs what is due on the first day. A fresh demo begins some days
// earlier, so that reminders are there also on a day on which none go out.
func (d *Demo) Begin(ctx context.Context, fresh bool) error {
	d.moving.Lock()
	defer d.moving.Unlock()
	if fresh {
		now := d.Clock.Now()
		d.Clock.Set(now.AddDate(0, 0, -3))
		if err := d.catchUp(ctx); err != nil {
			return err
		}
		d.Clock.Set(now)
	}
	if err := d.catchUp(ctx); err != nil {
		return err
	}
	return d.rememberDay(ctx)
}

// rememberDay keeps the clock's day for the next start.
func (d *Demo) rememberDay(ctx context.Context) error {
	return d.DB.Update(ctx, db.Everyone("the demo's clock"), func(tx *db.Tx) error {
		return db.SetSetting(tx, clockSetting, clock.DateIn(d.Clock.Now(), time.UTC).String())
	})
}

// Day is the day that an earlier run had got to; not found in a fresh demo.
func Day(ctx context.Context, database *db.DB) (clock.Date, error) {
	var day clock.Date
	err := database.View(ctx, db.Everyone("the demo's clock"), func(tx *db.Tx) error {
		value, err := db.Setting(tx, clockSetting)
		if err != nil {
			return err
		}
		day, err = clock.ParseDate(value)
		return err
	})
	return day, err
}

// AdvanceTo moves the clock day by day, and on each day runs what falls due.
func (d *Demo) AdvanceTo(ctx context.Context, day clock.Date) error {
	d.moving.Lock()
	defer d.moving.Unlock()
	for today := clock.DateIn(d.Clock.Now(), time.UTC); today.Before(day); {
		today = today.AddDays(1)
		d.Clock.Set(StartOf(today))
		if err := d.catchUp(ctx); err != nil {
			return fmt.Errorf("on %s: %w", today, err)
		}
	}
	return d.rememberDay(ctx)
}

// catchUp runs what has fallen due by now, and waits for it.
func (d *Demo) catchUp(ctx context.Context) error {
	if err := d.Sweep(ctx); err != nil {
		return err
	}
	return d.Settle(ctx)
}

// Mount adds the demo's own routes.
func (d *Demo) Mount(r gin.IRouter) {
	r.GET("/", func(c *gin.Context) { c.Redirect(http.StatusSeeOther, "/demo") })
	r.GET("/demo", d.home)
	r.POST("/demo/clock", d.moveClock)
	r.GET("/inbox", d.inbox)
	r.GET("/inbox.json", d.inboxJSON)
	r.GET("/inbox/:id", d.message)
	r.GET("/inbox/:id/html", d.messageHTML)
}

func (d *Demo) page(c *gin.Context) frontend.Page {
	p := frontend.Page{Locale: locale.Locale{Language: web.Language(c, locale.Spanish)}, Zone: time.UTC, Demo: d.Bar(c.Request.URL.Path), Flash: nil}
	for _, lang := range locale.Languages {
		p.Languages = append(p.Languages, frontend.LanguageLink{Language: lang, URL: c.Request.URL.Path + "?lang=" + string(lang)})
	}
	return p
}

func (d *Demo) render(c *gin.Context, page templ.Component) {
	html, err := frontend.Render(c.Request.Context(), page)
	if err != nil {
		web.Fail(c, err)
		return
	}
	web.Page(c, http.StatusOK, html)
}

var cards = []frontend.DemoCard{
	{Number: "4242 4242 4242 4242", Outcome: "succeed"}, {Number: "4000 0000 0000 0002", Outcome: "decline"},
	{Number: "4000 0025 0000 3155", Outcome: "authenticate"}, {Number: "4000 0000 0000 9995", Outcome: "insufficient_funds"},
}

// home is GET /demo: what to open.
func (d *Demo) home(c *gin.Context) {
	v := frontend.DemoHomeView{
		Page: d.page(c), ConsoleURL: "/console", InboxURL: "/inbox", StripeURL: d.StripeURL + "/", DocsURL: "/api/openapi.json", Cards: cards,
	}
	for _, u := range Users() {
		v.Users = append(v.Users, frontend.DemoUser{Creditor: u.Creditor, Role: u.Role, Email: u.Email, Password: u.Password})
	}
	for _, k := range d.cases {
		v.Cases = append(v.Cases, frontend.DemoCase{
			Ref: k.Ref, Creditor: k.Creditor, Debtor: k.Debtor, Kind: k.Kind, Language: k.Language, URL: k.Link,
			Balance: moneyOf(k), Fact: frontend.FactKind(k.fact), KnownFact: k.KnownFact,
		})
	}
	d.render(c, frontend.DemoHomePage(v))
}

// moveClock is POST /demo/clock (advance=7d or to=DATE). It answers when all
// that fell due has run; a script gets JSON, a person the page they were on.
func (d *Demo) moveClock(c *gin.Context) {
	day, err := target(clock.DateIn(d.Clock.Now(), time.UTC), c.PostForm("advance"), c.PostForm("to"))
	if err != nil {
		c.String(http.StatusUnprocessableEntity, "%s\n", err)
		return
	}
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Time{}) // many days take longer than a page may
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), 10*time.Minute)
	defer cancel()
	if err := d.AdvanceTo(ctx, day); err != nil {
		web.Fail(c, err)
		return
	}
	if back := c.PostForm("back"); strings.HasPrefix(back, "/") && !strings.HasPrefix(back, "//") {
		c.Redirect(http.StatusSeeOther, back)
		return
	}
	c.JSON(http.StatusOK, gin.H{"now": d.Clock.Now(), "today": day})
}

// mostDays bounds one move of the clock.
const mostDays = 3660

func target(today clock.Date, advance, to string) (clock.Date, error) {
	if to != "" {
		day, err := clock.ParseDate(to)
		if err == nil && day.Before(today) {
			err = fmt.Errorf("the demo's clock is at %s and only goes forwards", today)
		}
		if err == nil && day.DaysSince(today) > mostDays {
			err = fmt.Errorf("%s is more than ten years away", day)
		}
		return day, err
	}
	var n int
	var unit string
	if _, err := fmt.Sscanf(advance, "%d%1s", &n, &unit); err != nil || n < 1 || (unit != "d" && unit != "w") || advance != fmt.Sprintf("%d%s", n, unit) {
		return today, fmt.Errorf("%q is not a step, write advance=7d or to=2026-12-31", advance)
	}
	if unit == "w" {
		n *= 7
	}
	if n > mostDays {
		return today, fmt.Errorf("%q is more than ten years", advance)
	}
	return today.AddDays(n), nil
}

// messages is what went out, newest first.
func (d *Demo) messages(ctx context.Context) ([]reminders.Message, error) {
	var all []reminders.Message
	err := d.DB.View(ctx, db.Everyone("the inbox shows what everybody got"), func(tx *db.Tx) (err error) {
		all, err = reminders.Inbox(tx, 2000)
		return err
	})
	slices.SortStableFunc(all, func(a, b reminders.Message) int { return cmp.Compare(sentAt(b).UnixMicro(), sentAt(a).UnixMicro()) })
	return all, err
}

func sentAt(m reminders.Message) time.Time {
	if m.SentAt != nil {
		return *m.SentAt
	}
	return m.CreatedAt
}

// Key makes an API key that reads for all creditors of the demo, as an agency's
// does, because a stored one can't be shown again.
func (d *Demo) Key(ctx context.Context, scopes []string) (key string, err error) {
	err = d.DB.Update(ctx, db.Everyone("the demo's key reads for all its creditors"), func(tx *db.Tx) error {
		var ids []db.ID
		for _, h := range houses() {
			c, err := cases.CreditorBySlug(tx, h.creditor.Slug)
			if err != nil {
				return err
			}
			ids = append(ids, c.ID)
		}
		key, err = d.Access.NewAPIKey(tx, ids[0], "demo", scopes, ids[1:]...)
		return err
	})
	return key, err
}
