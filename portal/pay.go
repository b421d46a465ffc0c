package portal

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/present"
)

// pay is POST /portal/payments: an amount as people of that country type it, an
// instalment, or neither for everything that can be paid. The browser's word is
// a wish; payments holds it against the case.
func (d *Door) pay(c *gin.Context) {
	v, ok := d.enter(c)
	if !ok {
		return
	}
	typed := strings.TrimSpace(c.PostForm("amount"))
	r, err := d.wish(c, v, typed)
	var p payments.Payment
	if err == nil {
		err = d.Access.Allow(c.Request.Context(), "pay:case:"+v.session.CaseID.String(), 20, 10*time.Minute)
	}
	if err == nil {
		p, err = d.Payments.Start(c.Request.Context(), r)
	}
	switch {
	case err == nil && p.SessionURL != "" && p.State == payments.Open:
		redirect(c, p.SessionURL)
	case err == nil:
		redirect(c, "/portal/payments/"+p.ID.String())
	case fault.Is(err, fault.Invalid) && v.file.ActiveCommitment() == nil:
		d.showOffers(c, v, http.StatusUnprocessableEntity, typed, err)
	case fault.Is(err, fault.Invalid) || (fault.Is(err, fault.Conflict) && v.file.ActiveCommitment() != nil):
		a := v.file.ActiveCommitment()
		view := present.Agreement(v.page, v.file, *a)
		view.Errors = frontend.FormErrors(err)
		d.render(c, fault.CodeOf(err).HTTPStatus(), frontend.AgreementPage(view))
	default:
		d.fail(c, v, err)
	}
}

// wish reads what the debtor wants to pay.
func (d *Door) wish(c *gin.Context, v *visit, typed string) (payments.StartRequest, error) {
	r := payments.StartRequest{
		CreditorID: v.session.CreditorID, CaseID: v.session.CaseID, Language: string(v.page.Locale.Language),
	}
	agreement := v.file.ActiveCommitment()
	if id := c.PostForm("instalment"); id != "" {
		instalment, err := db.ParseID(id)
		if err != nil {
			return r, err
		}
		if agreement == nil {
			return r, fault.New(fault.Conflict, "agreement_not_active")
		}
		for _, in := range agreement.Schedule {
			if in.ID == instalment {
				r.AmountMinor, r.InstalmentID, r.CommitmentID = in.OpenMinor, &instalment, &agreement.ID
				r.SaveCard = agreement.Autopay
				return r, nil
			}
		}
		return r, fault.New(fault.NotFound, "not_found")
	}
	if typed == "" && c.PostForm("all") == "" {
		return r, fault.Field("amount", "amount_missing", nil)
	}
	if typed == "" {
		r.AmountMinor = payments.MaximumMinor(v.file)
		return r, nil
	}
	amount, err := v.page.Locale.ParseMoney(typed, v.file.Case.Currency)
	if err != nil {
		return r, frontend.AmountFault("amount", err)
	}
	r.AmountMinor = amount
	return r, nil
}

// FromCheckout is what Stripe's success page adds to a payment's address. It is
// no proof: the page then only says that the answer is on its way.
const FromCheckout = "?from=checkout"

// payment is GET /portal/payments/{id}: the truth, whatever it is. It only
// reads; coming back from Stripe marks nothing paid.
func (d *Door) payment(c *gin.Context) {
	v, ok := d.enter(c)
	if !ok {
		return
	}
	var p payments.Payment
	var card *payments.SavedCard
	id, err := db.ParseID(c.Param("id"))
	if err == nil {
		err = d.DB.View(c.Request.Context(), v.scope(), func(tx *db.Tx) (err error) {
			if p, err = payments.Get(tx, v.session.CreditorID, v.session.CaseID, id); err != nil {
				return err
			}
			card, err = payments.CardOf(tx, v.session.CreditorID, v.session.CaseID)
			return err
		})
	}
	if err != nil {
		d.fail(c, v, err)
		return
	}
	view := present.Payment(v.page, v.file, p, card)
	if p.State == payments.Open && c.Query("from") == "checkout" {
		view.State, view.CheckoutURL, view.Refresh = frontend.PaymentProcessing, "", 2 // Stripe's event is about to come
	}
	d.render(c, http.StatusOK, frontend.PaymentPage(view))
}

// agreement is GET /portal/agreements/{id} and, with .pdf, the copy that was
// stored when it was accepted.
func (d *Door) agreement(c *gin.Context) {
	v, ok := d.enter(c)
	if !ok {
		return
	}
	name, asPDF := strings.CutSuffix(c.Param("id"), ".pdf")
	id, err := db.ParseID(name)
	if err != nil {
		d.fail(c, v, err)
		return
	}
	a, err := v.file.Commitment(id)
	if err != nil {
		d.fail(c, v, err)
		return
	}
	if asPDF {
		d.agreementPDF(c, v, a)
		return
	}
	view := present.Agreement(v.page, v.file, *a)
	if view.Processing, err = d.moving(c, v); err != nil {
		d.fail(c, v, err)
		return
	}
	d.render(c, http.StatusOK, frontend.AgreementPage(view))
}

func (d *Door) agreementPDF(c *gin.Context, v *visit, a *cases.CommitmentFile) {
	if a.DocumentID == nil {
		d.fail(c, v, fault.New(fault.NotFound, "not_found"))
		return
	}
	var doc cases.Document
	err := d.DB.View(c.Request.Context(), v.scope(), func(tx *db.Tx) (err error) {
		doc, err = cases.GetDocument(tx, a.CreditorID, a.CaseID, *a.DocumentID)
		return err
	})
	if err != nil {
		d.fail(c, v, err)
		return
	}
	sendFile(c, doc)
}
