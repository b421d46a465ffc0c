package portal

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/present"
	"github.com/acuerdo/acuerdo/web"
)

// The names of our cookies. The __Host- prefix needs https, which the demo on
// this machine doesn't have; browsers other than Chrome would drop it there.
const (
	secureSessionCookie = "__Host-acuerdo"
	plainSessionCookie  = "acuerdo"
	languageCookie      = "acuerdo-language"
)

func (d *Door) sessionCookie() string {
	if d.HTTPS {
		return secureSessionCookie
	}
	return plainSessionCookie
}

func (d *Door) setSession(c *gin.Context, s access.Session) error {
	token, err := d.Access.Token(s)
	if err != nil {
		return err
	}
	http.SetCookie(c.Writer, &http.Cookie{Name: d.sessionCookie(), Value: token, Path: "/", HttpOnly: true, Secure: d.HTTPS,
		SameSite: http.SameSiteLaxMode, MaxAge: int(access.MaxSessionAge.Seconds())})
	return nil
}

func (d *Door) clearSession(c *gin.Context) {
	http.SetCookie(c.Writer, &http.Cookie{Name: d.sessionCookie(), Path: "/", HttpOnly: true, Secure: d.HTTPS,
		SameSite: http.SameSiteLaxMode, MaxAge: -1})
}

var errNoCookie = fault.New(fault.Unauthorized, "session_ended")

// enter reads session and case together and answers for itself where
// that fails; handlers go on only with a visit.
func (d *Door) enter(c *gin.Context) (*visit, bool) {
	v, err := d.visitOf(c)
	if err != nil {
		d.fail(c, nil, err)
		return nil, false
	}
	if v.session.Tier < v.file.Creditor.RequiredTier {
		redirect(c, "/portal/code")
		return nil, false
	}
	return v, true
}

func (d *Door) visitOf(c *gin.Context) (*visit, error) {
	token, err := c.Cookie(d.sessionCookie())
	if err != nil {
		return nil, errNoCookie
	}
	claims, err := d.Access.Claims(token)
	if err != nil {
		return nil, err
	}
	v := &visit{}
	ctx := c.Request.Context()
	read := func(r *db.Reads) error { return d.DB.Read(ctx, db.Of(claims.CreditorID), r) }
	var r db.Reads
	session, file := d.Access.ReadSession(&r, claims), cases.Read(&r, claims.CreditorID, claims.CaseID)
	if err := read(&r); err != nil {
		return nil, err
	}
	if v.session, err = session(); err != nil {
		return nil, err
	}
	if v.file, err = file.File(d.Clock.Now(), read); err != nil {
		return nil, err
	}
	if err := d.Access.Touch(ctx, v.session); err != nil {
		return nil, err
	}
	lang := d.language(c, present.Language(v.session.Language))
	v.page = d.page(c, present.LocaleOf(v.file.Debtor, lang), v.file.Debtor.Zone())
	v.page.SignedIn, v.page.Currency = true, v.file.Case.Currency
	v.page.Flash = notice(c)
	v.brand()
	return v, nil
}

// signOut is POST /portal/sign-out.
func (d *Door) signOut(c *gin.Context) {
	v, err := d.visitOf(c)
	if err == nil {
		err = d.Access.End(c.Request.Context(), v.session)
	}
	if err != nil && !fault.Is(err, fault.Unauthorized) {
		d.fail(c, v, err)
		return
	}
	d.clearSession(c)
	redirect(c, "/portal/signed-out")
}

// signedOut is GET /portal/signed-out: that the visit has ended, and nothing else.
func (d *Door) signedOut(c *gin.Context) {
	l := locale.Locale{Language: d.language(c, web.Language(c, locale.Spanish))}
	d.render(c, http.StatusOK, frontend.SignedOutPage(frontend.SignedOutView{Page: d.page(c, l, time.UTC)}))
}
