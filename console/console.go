// Package console is the staff door: the day's queue, the case files and the
// policy. Each page action is a file: parse, judge, act, redirect.
package console

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/offers"
	"github.com/acuerdo/acuerdo/web"
)

// Door is what the console needs. Mount its routes on an engine made by web.New.
type Door struct {
	DB     *db.DB
	Clock  clock.Clock
	Access *access.Service
	Offers *offers.Service
	HTTPS  bool // the public URL is https: cookies are Secure and bound to the host
	// Demo, where set, is the demo's clock on top of each page; back is the path to come back to.
	Demo func(back string) *frontend.DemoBar
}

// Mount adds the console's routes.
func (d *Door) Mount(r gin.IRouter) {
	g := r.Group("/console")
	g.GET("/sign-in", d.signInForm)
	g.POST("/sign-in", d.signIn)
	g.POST("/sign-out", d.signOut)
	g.GET("", d.home)
	g.GET("/queue", d.staff(d.queue))
	g.GET("/cases/:ref", d.staff(d.caseFile))
	g.GET("/cases/:ref/documents/:id", d.staff(d.document))
	g.GET("/policy", d.staff(d.policy))
	g.POST("/policy", d.staff(d.savePolicy))
}

// home is GET /console, with whatever it was asked for: ?tab=, ?q=, ?creditor=.
func (d *Door) home(c *gin.Context) {
	to := "/console/queue"
	if c.Request.URL.RawQuery != "" {
		to += "?" + c.Request.URL.RawQuery
	}
	c.Redirect(http.StatusSeeOther, to)
}

// page is what every page of the console shows around its content.
func (d *Door) page(c *gin.Context, l locale.Locale) frontend.Page {
	p := frontend.Page{Locale: l}
	if c.Request.Method == http.MethodGet { // a language link opens the page again
		for _, lang := range locale.Languages {
			q := c.Request.URL.Query()
			q.Set("lang", string(lang))
			p.Languages = append(p.Languages, frontend.LanguageLink{Language: lang, URL: c.Request.URL.Path + "?" + q.Encode()})
		}
	}
	if d.Demo != nil {
		p.Demo = d.Demo(c.Request.URL.RequestURI())
	}
	return p
}

const languageCookie = "acuerdo-staff-language"

// language is ?lang=, which is remembered; then what was remembered; then the fallback.
func (d *Door) language(c *gin.Context, fallback locale.Language) locale.Language {
	if lang, ok := locale.ParseLanguage(c.Query("lang")); ok {
		http.SetCookie(c.Writer, &http.Cookie{
			Name: languageCookie, Value: string(lang), Path: "/console", MaxAge: 365 * 24 * 60 * 60,
			HttpOnly: true, Secure: d.HTTPS, SameSite: http.SameSiteLaxMode,
		})
		return lang
	}
	if kept, err := c.Cookie(languageCookie); err == nil {
		if lang, ok := locale.ParseLanguage(kept); ok {
			return lang
		}
	}
	return fallback
}

// render answers with a page, or with the error that drawing it made.
func (d *Door) render(c *gin.Context, page frontend.Page, status int, content templ.Component) {
	html, err := frontend.Render(c.Request.Context(), content)
	if err != nil {
		d.fail(c, page, err)
		return
	}
	web.Page(c, status, html)
}

// fail shows an error on a page of the console.
func (d *Door) fail(c *gin.Context, page frontend.Page, err error) { web.FailOn(c, page, err) }

// formError puts an error beside its field on a page that is shown again, and
// tells the status; ok is false when it belongs on a page of its own.
func formError(page *frontend.Page, err error) (status int, ok bool) {
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict, fault.RateLimited:
		page.Errors = frontend.FormErrors(err)
		return fault.CodeOf(err).HTTPStatus(), true
	default:
		return 0, false
	}
}
