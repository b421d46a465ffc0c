package portal

import (
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/frontend/pdf"
	"github.com/acuerdo/acuerdo/present"
)

// statement is GET /portal/statement: each invoice and all that happened to it.
func (d *Door) statement(c *gin.Context) {
	if v, ok := d.enter(c); ok {
		d.render(c, http.StatusOK, frontend.StatementPage(present.Statement(v.page, v.file)))
	}
}

// statementPDF is GET /portal/statement.pdf: the same, to keep.
func (d *Door) statementPDF(c *gin.Context) {
	v, ok := d.enter(c)
	if !ok {
		return
	}
	content, err := pdf.Statement(present.Statement(v.page, v.file))
	if err != nil {
		d.fail(c, v, err)
		return
	}
	sendFile(c, cases.Document{Filename: v.file.Case.Ref + "-" + v.file.Today.String() + ".pdf", MediaType: "application/pdf", Content: content})
}

// document is GET /portal/documents/{id}: a file of this case and no other.
func (d *Door) document(c *gin.Context) {
	v, ok := d.enter(c)
	if !ok {
		return
	}
	var doc cases.Document
	id, err := db.ParseID(c.Param("id"))
	if err == nil {
		err = d.DB.View(c.Request.Context(), v.scope(), func(tx *db.Tx) (err error) {
			doc, err = cases.GetDocument(tx, v.session.CreditorID, v.session.CaseID, id)
			return err
		})
	}
	if err != nil {
		d.fail(c, v, err)
		return
	}
	sendFile(c, doc)
}

// sendFile answers with a file to keep, never to be run or shown in our origin.
func sendFile(c *gin.Context, doc cases.Document) {
	h := c.Writer.Header()
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": doc.Filename}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	c.Data(http.StatusOK, doc.MediaType, doc.Content)
}
