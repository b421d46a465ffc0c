// Package portal is the debtor's door: a link, a known fact, what is owed, what
// can be agreed, paying it, and the proof of it afterwards. Each page action is
// one file: parse, call one domain function, render or redirect.
package portal

import (
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/offers"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/present"
	"github.com/acuerdo/acuerdo/reminders"
	"github.com/acuerdo/acuerdo/web"
)

// Door is what the portal needs. Access may run on another clock than the rest:
// the demo moves days, not the minutes of whoever sits before it.
type Door struct {
	DB        *db.DB
	Clock     clock.Clock
	Access    *access.Service
	Offers    *offers.Service
	Payments  *payments.Service
	Reminders *reminders.Service
	HTTPS     bool // the public URL is https: cookies are Secure
	Demo      func(back string) *frontend.DemoBar
}

// Mount adds the portal's routes.
func (d *Door) Mount(r gin.IRouter) {
	r.GET("/l/:token", d.link)
	r.HEAD("/l/:token", d.link)
	r.POST("/l/:token", d.verify)
	r.GET("/l/:token/stop", d.stop)
	r.POST("/l/:token/stop", d.stopReminders)
	r.GET("/assets/*file", gin.WrapH(frontend.Assets()))
	p := r.Group("/portal")
	p.GET("/brand/:slug", d.brandCSS)
	p.GET("/brand/:slug/logo", d.brandLogo)
	p.GET("", d.overview)
	p.GET("/statement", d.statement)
	p.GET("/statement.pdf", d.statementPDF)
	p.GET("/documents/:id", d.document)
	p.GET("/offers", d.offers)
	p.GET("/offers/:id", d.offer)
	p.POST("/offers/:id/accept", d.accept)
	p.GET("/code", d.code)
	p.POST("/code", d.enterCode)
	p.POST("/payments", d.pay)
	p.GET("/payments/:id", d.payment)
	p.GET("/agreements/:id", d.agreement)
	p.POST("/sign-out", d.signOut)
	p.GET("/signed-out", d.signedOut)
}

// page is the part that all pages share, before anybody is known.
func (d *Door) page(c *gin.Context, l locale.Locale, zone *time.Location) frontend.Page {
	p := frontend.Page{Locale: l, Zone: zone}
	for _, lang := range locale.Languages {
		q := c.Request.URL.Query()
		q.Set("lang", string(lang))
		p.Languages = append(p.Languages, frontend.LanguageLink{Language: lang, URL: c.Request.URL.Path + "?" + q.Encode()})
	}
	if c.Request.Method != http.MethodGet {
		p.Languages = nil // a switch would lose what was typed
	}
	if d.Demo != nil {
		p.Demo = d.Demo(c.Request.URL.Path)
	}
	return p
}

// language is what the reader chose (?lang=, then remembered), else fallback.
func (d *Door) language(c *gin.Context, fallback locale.Language) locale.Language {
	if lang, ok := locale.ParseLanguage(c.Query("lang")); ok {
		http.SetCookie(c.Writer, &http.Cookie{Name: languageCookie, Value: string(lang), Path: "/", MaxAge: 365 * 24 * 3600,
			HttpOnly: true, Secure: d.HTTPS, SameSite: http.SameSiteLaxMode})
		return lang
	}
	if stored, err := c.Cookie(languageCookie); err == nil {
		if lang, ok := locale.ParseLanguage(stored); ok {
			return lang
		}
	}
	return fallback
}

// render answers with a page.
func (d *Door) render(c *gin.Context, status int, page templ.Component) {
	html, err := frontend.Render(c.Request.Context(), page)
	if err != nil {
		web.Fail(c, err)
		return
	}
	web.Page(c, status, html)
}

// notice is a message that survives a redirect: a key of the flash.* texts.
func notice(c *gin.Context) *frontend.Message {
	if key := c.Query("notice"); frontend.Has("flash." + key) {
		return &frontend.Message{Key: key}
	}
	return nil
}

func redirect(c *gin.Context, path string) { c.Redirect(http.StatusSeeOther, path) }

// fail answers a visitor's request that can't be served: a session that ended
// is asked to begin again, everything else is an error in the page's clothes.
func (d *Door) fail(c *gin.Context, v *visit, err error) {
	if fault.Is(err, fault.Unauthorized) {
		d.clearSession(c)
		l := locale.Locale{Language: d.language(c, web.Language(c, locale.Spanish))}
		d.render(c, http.StatusUnauthorized, frontend.SessionEndedPage(frontend.SessionEndedView{Page: d.page(c, l, time.UTC)}))
		return
	}
	page := d.page(c, locale.Locale{Language: d.language(c, web.Language(c, locale.Spanish))}, time.UTC)
	if v != nil {
		page = v.page
	}
	page.Languages = nil
	web.FailOn(c, page, err)
}

// visit is a signed-in debtor's request: who, which case, and the page around the answer.
type visit struct {
	session access.Session
	file    cases.File
	page    frontend.Page
}

func (v *visit) brand() { v.page.Brand = present.Brand(v.file.Creditor) }

// scope is the creditor's rows, which is all that a visit may touch.
func (v *visit) scope() db.Scope { return db.Of(v.session.CreditorID) }
