package console

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/present"
	"github.com/acuerdo/acuerdo/reminders"
)

// caseFile is GET /console/cases/{ref}.
func (d *Door) caseFile(c *gin.Context, v visit) {
	ctx := c.Request.Context()
	k, err := d.find(ctx, v, c.Param("ref"))
	if err != nil {
		d.fail(c, v.page, err)
		return
	}
	record, err := d.record(ctx, k)
	if err != nil {
		d.fail(c, v.page, err)
		return
	}
	v.at(record.Creditor)
	d.render(c, v.page, http.StatusOK, frontend.CaseFilePage(present.CaseFile(v.page, record)))
}

// find looks a reference up among the creditors this person may read: another
// creditor's case is not found.
func (d *Door) find(ctx context.Context, v visit, ref string) (cases.Case, error) {
	var k cases.Case
	err := d.DB.View(ctx, v.scope(), func(tx *db.Tx) error {
		return tx.Where("creditor_id IN ? AND ref = ?", v.ids(), strings.ToUpper(strings.TrimSpace(ref))).Take(&k).Error
	})
	return k, err
}

func (d *Door) record(ctx context.Context, k cases.Case) (present.CaseRecord, error) {
	var r present.CaseRecord
	err := d.DB.View(ctx, db.Of(k.CreditorID), func(tx *db.Tx) (err error) {
		if r.File, err = cases.Load(tx, k.CreditorID, k.ID, d.Clock.Now()); err != nil {
			return err
		}
		if r.Payments, err = payments.OfCase(tx, k.CreditorID, k.ID); err != nil {
			return err
		}
		if r.Card, err = payments.CardOf(tx, k.CreditorID, k.ID); err != nil {
			return err
		}
		if r.Messages, err = reminders.OfCase(tx, k.CreditorID, k.ID); err != nil {
			return err
		}
		r.Events, err = cases.Timeline(tx, k.CreditorID, k.ID)
		return err
	})
	return r, err
}

// document is GET /console/cases/{ref}/documents/{id}: an agreement or the copy
// of an invoice. It is always a download, never drawn as a page of ours.
func (d *Door) document(c *gin.Context, v visit) {
	ctx := c.Request.Context()
	k, err := d.find(ctx, v, c.Param("ref"))
	if err != nil {
		d.fail(c, v.page, err)
		return
	}
	id, err := db.ParseID(c.Param("id"))
	if err != nil {
		d.fail(c, v.page, err)
		return
	}
	var doc cases.Document
	err = d.DB.View(ctx, db.Of(k.CreditorID), func(tx *db.Tx) (err error) {
		doc, err = cases.GetDocument(tx, k.CreditorID, k.ID, id)
		return err
	})
	if err != nil {
		d.fail(c, v.page, err)
		return
	}
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": doc.Filename}))
	c.Data(http.StatusOK, doc.MediaType, doc.Content)
}
