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

// link is GET /l/{token}: who is writing and how to check it, and the question
// only the right person can answer. It says nothing of the debt or the debtor,
// and changes nothing, because mail scanners open it first.
func (d *Door) link(c *gin.Context) {
	target, view, ok := d.locate(c)
	if !ok {
		return
	}
	if v, err := d.visitOf(c); err == nil && v.session.CaseID == target.CaseID {
		redirect(c, "/portal")
		return
	}
	d.render(c, http.StatusOK, frontend.LinkPage(view))
}

// locate reads a link and the creditor's page around it, or answers that the
// link opens nothing.
func (d *Door) locate(c *gin.Context) (access.LinkTarget, frontend.LinkView, bool) {
	ctx, token := c.Request.Context(), c.Param("token")
	target, err := d.Access.ResolveLink(ctx, token)
	if err != nil {
		d.linkGone(c, err)
		return target, frontend.LinkView{}, false
	}
	view := frontend.LinkView{Action: "/l/" + token}
	err = d.DB.View(ctx, db.Of(target.CreditorID), func(tx *db.Tx) error {
		creditor, err := cases.GetCreditor(tx, target.CreditorID)
		if err != nil {
			return err
		}
		fact, err := access.FactFor(tx, target)
		if err != nil {
			return err
		}
		lang := d.language(c, present.Language(target.Language))
		view.Page = d.page(c, locale.Locale{Language: lang, Country: creditor.Country}, creditor.Zone())
		view.Brand, view.Fact = present.Brand(creditor), frontend.FactKind(fact)
		return nil
	})
	if err != nil {
		d.fail(c, nil, err)
		return target, view, false
	}
	return target, view, true
}

// linkGone is the one answer to every link that opens nothing.
func (d *Door) linkGone(c *gin.Context, err error) {
	if !fault.Is(err, fault.NotFound) {
		d.fail(c, nil, err)
		return
	}
	page := d.page(c, locale.Locale{Language: d.language(c, web.Language(c, locale.Spanish))}, time.UTC)
	page.Languages, page.Demo = nil, nil
	d.render(c, http.StatusNotFound, frontend.LinkGonePage(frontend.LinkGoneView{Page: page}))
}

// verify is POST /l/{token} (field fact): the right answer becomes a session,
// and the token leaves the address bar.
func (d *Door) verify(c *gin.Context) {
	target, view, ok := d.locate(c)
	if !ok {
		return
	}
	view.Value = c.PostForm("fact")
	session, err := d.Access.Verify(c.Request.Context(), target, view.Value, c.ClientIP(), string(view.Locale.Language))
	switch {
	case fault.Is(err, fault.NotFound):
		d.linkGone(c, err)
		return
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.RateLimited):
		f := fault.As(err)
		if until, ok := f.Params["until"].(time.Time); ok {
			view.LockedUntil = until
		}
		view.Errors = frontend.FormErrors(err)
		d.render(c, f.Code.HTTPStatus(), frontend.LinkPage(view))
		return
	case err != nil:
		d.fail(c, nil, err)
		return
	}
	if err := d.setSession(c, session); err != nil {
		d.fail(c, nil, err)
		return
	}
	redirect(c, "/portal")
}
