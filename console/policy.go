package console

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/offers"
)

// one is the creditor that a page about one creditor shows: the chosen one, or
// the first by name.
func (v *visit) one() (cases.Creditor, error) {
	if v.chosen == nil && len(v.creditors) > 0 {
		v.chosen = &v.creditors[0]
	}
	if v.chosen == nil {
		return cases.Creditor{}, fault.New(fault.NotFound, "not_found")
	}
	v.at(*v.chosen)
	return *v.chosen, nil
}

// policy is GET /console/policy: the draft where there is one, else what is in
// force. Who may not edit reads it.
func (d *Door) policy(c *gin.Context, v visit) {
	cr, err := v.one()
	if err != nil {
		d.fail(c, v.page, err)
		return
	}
	p, err := d.Offers.Policy(c.Request.Context(), cr.ID)
	if err != nil {
		d.fail(c, v.page, err)
		return
	}
	v.page.Flash = policyFlash(c.Query("done"), p)
	shown := p.InForce.Document
	if p.Draft != nil {
		shown = p.Draft.Document
	}
	view := policyView(v, p, policyForm{v.page.Locale, cr.Currency}.values(shown))
	view.CanEdit = v.session.Can(cr.ID, access.EditPolicy)
	d.render(c, v.page, http.StatusOK, frontend.PolicyPage(view))
}

func policyFlash(done string, p offers.PolicyView) *frontend.Message {
	switch done {
	case "published":
		return &frontend.Message{Key: "policy_published", Params: map[string]any{"Version": p.InForce.Version}}
	case "draft":
		return &frontend.Message{Key: "policy_draft_saved"}
	default:
		return nil
	}
}

func since(v offers.PolicyVersion) time.Time {
	if v.PublishedAt != nil {
		return *v.PublishedAt
	}
	return v.CreatedAt
}
