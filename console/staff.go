package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

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

// The names of the cookie. A __Host- cookie must be Secure, which plain http on
// this machine can't be.
const (
	plainCookie  = "acuerdo-staff"
	secureCookie = "__Host-acuerdo-staff"
)

func (d *Door) cookieName() string {
	if d.HTTPS {
		return secureCookie
	}
	return plainCookie
}

// setCookie keeps a session's token in the browser; an empty one is taken away.
func (d *Door) setCookie(c *gin.Context, token string) {
	maxAge := int(access.MaxStaffAge.Seconds())
	if token == "" {
		maxAge = -1
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: d.cookieName(), Value: token, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: d.HTTPS, SameSite: http.SameSiteLaxMode,
	})
}

// visit is a request of a signed-in member of staff.
type visit struct {
	session   access.StaffSession
	creditors []cases.Creditor // whose case files they may read, by name
	chosen    *cases.Creditor  // by ?creditor=, or because there is only one
	page      frontend.Page
}

// ids are the creditors that a list is about: the chosen one, or all.
func (v visit) ids() []db.ID {
	if v.chosen != nil {
		return []db.ID{v.chosen.ID}
	}
	ids := make([]db.ID, len(v.creditors))
	for i, cr := range v.creditors {
		ids[i] = cr.ID
	}
	return ids
}

// shown are the creditors that a list is about.
func (v visit) shown() []cases.Creditor {
	if v.chosen != nil {
		return []cases.Creditor{*v.chosen}
	}
	return v.creditors
}

// at dresses the page for one creditor: its name, zone and numbers, and the
// role this person has there.
func (v *visit) at(cr cases.Creditor) {
	v.page.Brand, v.page.Zone, v.page.Locale.Country, v.page.Currency = present.Brand(cr), cr.Zone(), cr.Country, cr.Currency
	v.page.User.Role = string(v.session.RoleFor(cr.ID))
}

// scope is the rows of the creditors a list is about.
func (v visit) scope() db.Scope {
	if ids := v.ids(); len(ids) == 1 {
		return db.Of(ids[0])
	}
	return db.Everyone("staff of several creditors read one list; each query names them")
}

// staff lets only those in who are signed in; the others are sent to sign in
// and come back to the page they asked for.
func (d *Door) staff(action func(*gin.Context, visit)) gin.HandlerFunc {
	return func(c *gin.Context) {
		token, _ := c.Cookie(d.cookieName())
		if token == "" {
			d.toSignIn(c)
			return
		}
		session, err := d.Access.Staff(c.Request.Context(), token)
		if fault.Is(err, fault.Unauthorized) {
			d.setCookie(c, "")
			d.toSignIn(c)
			return
		}
		if err != nil {
			web.Fail(c, err)
			return
		}
		v, err := d.visit(c, session)
		if err != nil {
			d.fail(c, v.page, err)
			return
		}
		action(c, v)
	}
}

func (d *Door) toSignIn(c *gin.Context) {
	to := "/console/sign-in"
	if c.Request.Method == http.MethodGet {
		to += "?" + url.Values{"next": {c.Request.URL.RequestURI()}}.Encode()
	}
	c.Redirect(http.StatusSeeOther, to)
}

// visit reads whom this person works for. A creditor that isn't theirs is
// answered as one that doesn't exist.
func (d *Door) visit(c *gin.Context, session access.StaffSession) (visit, error) {
	language := d.language(c, present.Language(session.User.Language))
	v := visit{session: session, page: d.page(c, locale.Locale{Language: language})}
	v.page.SignedIn = true
	v.page.User = &frontend.User{Name: session.User.Name, Email: session.User.Email, Role: highest(session.Roles)}
	err := d.DB.View(c.Request.Context(), db.Everyone("a session tells whose case files it may read"), func(tx *db.Tx) error {
		return tx.Where("id IN ?", session.Creditors()).Order("name").Find(&v.creditors).Error
	})
	if err != nil {
		return v, err
	}
	// The form of the policy says whose it is in its body, links say it in the URL.
	slug := c.DefaultQuery("creditor", c.PostForm("creditor"))
	i := slices.IndexFunc(v.creditors, func(cr cases.Creditor) bool { return cr.Slug == slug })
	switch {
	case i >= 0:
		v.chosen = &v.creditors[i]
	case slug != "":
		return v, fault.New(fault.NotFound, "not_found")
	case len(v.creditors) == 1:
		v.chosen = &v.creditors[0]
	}
	if v.chosen != nil {
		v.at(*v.chosen)
	} else if len(v.creditors) > 0 {
		v.page.Zone = v.creditors[0].Zone()
	}
	return v, nil
}

// highest is the role shown while no creditor is chosen.
func highest(roles []access.Role) string {
	best := access.RoleName("")
	for _, r := range roles {
		if best == "" || r.Role == access.Admin {
			best = r.Role
		}
	}
	return string(best)
}

// nextPath keeps a "come back to" on the console: anything else is its first page.
func nextPath(next string) string {
	rest, ok := strings.CutPrefix(next, "/console")
	if !ok || (rest != "" && rest[0] != '/' && rest[0] != '?') || strings.ContainsFunc(next, func(r rune) bool { return r < ' ' || r == '\\' || r > '~' }) {
		return "/console/queue"
	}
	if strings.HasPrefix(rest, "/sign-") {
		return "/console/queue"
	}
	return next
}
