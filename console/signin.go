package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/web"
)

func (d *Door) signInPage(c *gin.Context, email, next string) frontend.SignInView {
	language := d.language(c, web.Language(c, locale.Spanish))
	return frontend.SignInView{Page: d.page(c, locale.Locale{Language: language}), Email: email, Next: next}
}

// signInForm is GET /console/sign-in. Who is signed in goes on to the console.
func (d *Door) signInForm(c *gin.Context) {
	next := c.Query("next")
	if token, _ := c.Cookie(d.cookieName()); token != "" {
		if _, err := d.Access.Staff(c.Request.Context(), token); err == nil {
			c.Redirect(http.StatusSeeOther, nextPath(next))
			return
		}
	}
	v := d.signInPage(c, "", next)
	if c.Query("done") == "signed_out" {
		v.Flash = &frontend.Message{Key: "signed_out"}
	}
	d.render(c, v.Page, http.StatusOK, frontend.SignInPage(v))
}

// signIn is POST /console/sign-in. An unknown address and a wrong password are
// answered alike; the room sees to it that they also take the same time.
func (d *Door) signIn(c *gin.Context) {
	email, next := c.PostForm("email"), c.PostForm("next")
	_, token, err := d.Access.SignIn(c.Request.Context(), email, c.PostForm("password"), c.ClientIP(), c.Request.UserAgent())
	if err != nil {
		v := d.signInPage(c, email, next)
		if status, ok := formError(&v.Page, err); ok {
			d.render(c, v.Page, status, frontend.SignInPage(v))
			return
		}
		d.fail(c, v.Page, err)
		return
	}
	d.setCookie(c, token)
	c.Redirect(http.StatusSeeOther, nextPath(next))
}

// signOut is POST /console/sign-out. Whatever the session was, it is over after.
func (d *Door) signOut(c *gin.Context) {
	if token, _ := c.Cookie(d.cookieName()); token != "" {
		session, err := d.Access.Staff(c.Request.Context(), token)
		if err == nil {
			err = d.Access.SignOut(c.Request.Context(), session)
		}
		if err != nil && !fault.Is(err, fault.Unauthorized) {
			d.fail(c, d.signInPage(c, "", "").Page, err)
			return
		}
	}
	d.setCookie(c, "")
	c.Redirect(http.StatusSeeOther, "/console/sign-in?done=signed_out")
}
