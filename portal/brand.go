package portal

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/web"
)

// brandCSS is GET /portal/brand/{slug}.css: a creditor's colour, public like its sign on the door.
func (d *Door) brandCSS(c *gin.Context) {
	slug, ok := strings.CutSuffix(c.Param("slug"), ".css")
	creditor, err := d.creditor(c, slug)
	if !ok || err != nil {
		web.Fail(c, orNotFound(err))
		return
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable") // the page's link carries the colour's version
	c.Data(http.StatusOK, "text/css; charset=utf-8", []byte(frontend.BrandCSS(creditor.Colour)))
}

// brandLogo is GET /portal/brand/{slug}/logo.
func (d *Door) brandLogo(c *gin.Context) {
	creditor, err := d.creditor(c, c.Param("slug"))
	if err != nil || creditor.LogoSVG == "" {
		web.Fail(c, orNotFound(err))
		return
	}
	c.Header("Cache-Control", "public, max-age=3600")
	c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox") // an image may style itself, and no more
	c.Data(http.StatusOK, "image/svg+xml", []byte(creditor.LogoSVG))
}

func (d *Door) creditor(c *gin.Context, slug string) (cases.Creditor, error) {
	var creditor cases.Creditor
	err := d.DB.View(c.Request.Context(), db.Everyone("a creditor's sign is public"), func(tx *db.Tx) (err error) {
		creditor, err = cases.CreditorBySlug(tx, slug)
		return err
	})
	return creditor, err
}

func orNotFound(err error) error {
	if err == nil {
		return fault.New(fault.NotFound, "not_found")
	}
	return err
}
