package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/offers"
	"github.com/acuerdo/acuerdo/present"
)

// offers is GET /portal/offers: what this creditor's policy allows for this case.
func (d *Door) offers(c *gin.Context) {
	v, ok := d.enter(c)
	if !ok {
		return
	}
	d.showOffers(c, v, http.StatusOK, "", nil)
}

// showOffers also shows a refused amount, with what was typed and why.
func (d *Door) showOffers(c *gin.Context, v *visit, status int, typed string, refused error) {
	menu, err := d.Offers.Show(c.Request.Context(), v.session.CreditorID, v.session.CaseID)
	if err != nil {
		d.fail(c, v, err)
		return
	}
	view := present.Offers(v.page, menu)
	view.Amount, view.Errors = typed, frontend.FormErrors(refused)
	d.render(c, status, frontend.OffersPage(view))
}

// offer is GET /portal/offers/{id}: the full terms in plain words.
func (d *Door) offer(c *gin.Context) {
	v, ok := d.enter(c)
	if !ok {
		return
	}
	o, err := d.offerOf(c, v)
	if err != nil {
		d.fail(c, v, err)
		return
	}
	d.render(c, http.StatusOK, frontend.OfferPage(d.offerView(v, o)))
}

func (d *Door) offerOf(c *gin.Context, v *visit) (offers.OfferView, error) {
	id, err := db.ParseID(c.Param("id"))
	if err != nil {
		return offers.OfferView{}, err
	}
	return d.Offers.Get(c.Request.Context(), v.session.CreditorID, v.session.CaseID, id)
}

func (d *Door) offerView(v *visit, o offers.OfferView) frontend.OfferView {
	view := present.Offer(v.page, o)
	view.NeedsCode = !v.session.FreshCode(d.Access.Clock.Now())
	return view
}
