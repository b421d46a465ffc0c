package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/offers"
)

// savePolicy is POST /console/policy (action=draft|publish, based_on, the fields).
func (d *Door) savePolicy(c *gin.Context, v visit) {
	cr, err := v.one()
	if err == nil && !v.session.Can(cr.ID, access.EditPolicy) {
		err = fault.New(fault.Forbidden, "forbidden")
	}
	if err != nil {
		d.fail(c, v.page, err)
		return
	}
	ctx := c.Request.Context()
	p, err := d.Offers.Policy(ctx, cr.ID)
	if err != nil {
		d.fail(c, v.page, err)
		return
	}
	typed := c.Request.PostForm
	policy, unreadable := policyForm{v.page.Locale, cr.Currency}.read(typed, p.InForce.Document)
	if len(unreadable) > 0 {
		d.showPolicyAgain(c, v, p, typed, http.StatusUnprocessableEntity, unreadable)
		return
	}
	basedOn, err := strconv.Atoi(typed.Get("based_on"))
	if err != nil {
		basedOn = -1 // no version: as good as one that is not in force any more
	}
	edit := offers.PolicyEdit{CreditorID: cr.ID, BasedOn: basedOn, Policy: policy, Author: v.session.User.Name}
	done := "published"
	if typed.Get("action") == "draft" {
		done = "draft"
		_, err = d.Offers.SaveDraft(ctx, edit)
	} else {
		_, err = d.Offers.Publish(ctx, edit)
	}
	switch {
	case err == nil:
		c.Redirect(http.StatusSeeOther, "/console/policy?"+url.Values{"creditor": {cr.Slug}, "done": {done}}.Encode())
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		d.refusePolicy(c, v, typed, err)
	default:
		d.fail(c, v.page, err)
	}
}

// refusePolicy shows what was typed with what is wrong with it. Who was
// overtaken by another version is told, and the form is then based on that one:
// publishing again is a choice.
func (d *Door) refusePolicy(c *gin.Context, v visit, typed url.Values, err error) {
	p, again := d.Offers.Policy(c.Request.Context(), v.chosen.ID)
	if again != nil {
		d.fail(c, v.page, again)
		return
	}
	f := fault.As(err)
	messages := map[string]frontend.Message{}
	places := rungs(typed)
	for _, problem := range offers.ProblemsIn(err) {
		field := formField(problem.Field, places)
		if _, told := messages[field]; !told {
			messages[field] = frontend.Message{Key: problem.Key, Params: problem.Params}
		}
	}
	if len(messages) == 0 {
		messages[f.Field] = frontend.Message{Key: f.Key, Params: f.Params}
	}
	d.showPolicyAgain(c, v, p, typed, f.Code.HTTPStatus(), messages)
}

func (d *Door) showPolicyAgain(c *gin.Context, v visit, p offers.PolicyView, typed url.Values, status int, messages map[string]frontend.Message) {
	v.page.Errors = messages
	view := policyView(v, p, typed)
	view.CanEdit, view.Draft = true, true
	d.render(c, v.page, status, frontend.PolicyPage(view))
}

// formField is where in the form a problem's field was typed: rungs left blank
// in between are not in the policy.
func formField(field string, places []int) string {
	rest, ok := strings.CutPrefix(field, ladderField)
	if !ok {
		return field
	}
	number, name, _ := strings.Cut(rest, ".")
	if i, err := strconv.Atoi(number); err == nil && i < len(places) {
		return fmt.Sprintf("%s%d.%s", ladderField, places[i], name)
	}
	return field
}
