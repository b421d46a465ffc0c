package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/present"
)

// overview is GET /portal: what is owed, to whom, for what, since when.
func (d *Door) overview(c *gin.Context) {
	v, ok := d.enter(c)
	if !ok {
		return
	}
	view := present.Overview(v.page, v.file)
	moving, err := d.moving(c, v)
	if err != nil {
		d.fail(c, v, err)
		return
	}
	view.Processing = moving
	d.render(c, http.StatusOK, frontend.OverviewPage(view))
}

// moving is the payment on its way, nil when none is.
func (d *Door) moving(c *gin.Context, v *visit) (*frontend.PaymentSummary, error) {
	var summary *frontend.PaymentSummary
	err := d.DB.View(c.Request.Context(), v.scope(), func(tx *db.Tx) error {
		all, err := payments.OfCase(tx, v.session.CreditorID, v.session.CaseID)
		if err != nil {
			return err
		}
		for _, p := range all {
			if p.Public() == payments.StatusProcessing {
				s := present.PaymentSummary(p)
				summary = &s
			}
		}
		return nil
	})
	return summary, err
}
