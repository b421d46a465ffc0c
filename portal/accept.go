package portal

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/frontend/pdf"
	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/offers"
	"github.com/acuerdo/acuerdo/payments"
	"github.com/acuerdo/acuerdo/present"
)

// pending is what a debtor was doing when a code was asked: it is carried out
// when the code is right.
type pending struct {
	OfferID  db.ID           `json:"offer_id,omitzero"`
	Autopay  bool            `json:"autopay,omitzero"`
	Language locale.Language `json:"language,omitzero"` // of the terms that were consented to
	AsOf     clock.Date      `json:"as_of,omitzero"`    // and the day they were written for
	Address  string          `json:"address,omitzero"`  // given by the debtor, where none was on file
}

// accept is POST /portal/offers/{id}/accept (consent, autopay).
func (d *Door) accept(c *gin.Context) {
	v, ok := d.enter(c)
	if !ok {
		return
	}
	o, err := d.offerOf(c, v)
	if err != nil {
		d.fail(c, v, err)
		return
	}
	view := d.offerView(v, o)
	if view.Unavailable != "" {
		d.render(c, http.StatusOK, frontend.OfferPage(view))
		return
	}
	view.Consent, view.Autopay = c.PostForm("consent") != "", c.PostForm("autopay") != ""
	if err := mayAccept(view); err != nil {
		view.Errors = frontend.FormErrors(err)
		d.render(c, http.StatusUnprocessableEntity, frontend.OfferPage(view))
		return
	}
	p := pending{OfferID: o.Offer.ID, Autopay: view.Autopay, Language: v.page.Locale.Language, AsOf: o.File.Today}
	if view.NeedsCode {
		d.askCode(c, v, p)
		return
	}
	d.carryOut(c, v, p)
}

func mayAccept(view frontend.OfferView) error {
	if !view.Consent {
		return fault.Field("consent", "consent_missing", nil)
	}
	if view.Terms.AutopayRequired && !view.Autopay {
		return fault.Field("autopay", "autopay_required", nil)
	}
	return nil
}

// carryOut does what the debtor confirmed, then asks for what is due at once.
func (d *Door) carryOut(c *gin.Context, v *visit, p pending) {
	if p.OfferID == (db.ID{}) {
		redirect(c, "/portal")
		return
	}
	commitment, err := d.agree(c, v, p)
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
		redirect(c, "/portal/offers/"+p.OfferID.String()+"?notice="+fault.As(err).Key) // the page tells what it is now
		return
	}
	if err != nil {
		d.fail(c, v, err)
		return
	}
	d.payAgreement(c, v, commitment)
}

// agree writes the terms once more, in the language and for the day they were
// consented to, and stores them with the evidence.
func (d *Door) agree(c *gin.Context, v *visit, p pending) (cases.Commitment, error) {
	ctx := c.Request.Context()
	o, err := d.Offers.Get(ctx, v.session.CreditorID, v.session.CaseID, p.OfferID)
	if err != nil {
		return cases.Commitment{}, err
	}
	page := v.page
	page.Locale.Language = p.Language
	verified := v.session.VerifiedBy()
	if p.Address != "" {
		verified += present.GivenAddress
	}
	return d.Offers.Accept(ctx, offers.Acceptance{
		CreditorID: v.session.CreditorID, CaseID: v.session.CaseID, OfferID: p.OfferID, AsOf: p.AsOf,
		TermsText: frontend.TermsText(present.Terms(page, o)), Language: string(p.Language), IP: c.ClientIP(),
		UserAgent: truncate(c.Request.UserAgent(), 300), VerifiedBy: verified, Autopay: p.Autopay,
		AgreementPDF: func(a offers.Agreement) ([]byte, error) {
			return pdf.Agreement(present.Agreement(page, a.File, present.Fresh(a.Commitment, a.Instalments, a.File.Today)))
		},
	})
}

// payAgreement leads to the payment that a new agreement starts with: what is
// due at once, or the whole of a discounted sum.
func (d *Door) payAgreement(c *gin.Context, v *visit, commitment cases.Commitment) {
	ctx, home := c.Request.Context(), "/portal/agreements/"+commitment.ID.String()
	var f cases.File
	err := d.DB.View(ctx, v.scope(), func(tx *db.Tx) (err error) {
		f, err = cases.Load(tx, v.session.CreditorID, v.session.CaseID, d.Clock.Now())
		return err
	})
	if err != nil {
		d.fail(c, v, err)
		return
	}
	a, err := f.Commitment(commitment.ID)
	if err != nil {
		d.fail(c, v, err)
		return
	}
	next := a.Next()
	if a.State != cases.Active || next == nil || (next.DueOn.After(f.Today) && a.Kind == cases.Plan) {
		redirect(c, home)
		return
	}
	p, err := d.Payments.Start(ctx, payments.StartRequest{
		CreditorID: a.CreditorID, CaseID: a.CaseID, AmountMinor: next.OpenMinor, CommitmentID: &a.ID, InstalmentID: &next.ID,
		Language: string(v.page.Locale.Language), SaveCard: a.Autopay,
	})
	if err != nil || p.SessionURL == "" {
		redirect(c, home+"?notice=pay_later") // agreed all the same; the page has the button
		return
	}
	redirect(c, p.SessionURL)
}

func (p pending) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // ids, words and a date always marshal
	}
	return string(b)
}

func parsePending(s string) pending {
	var p pending
	if json.Unmarshal([]byte(s), &p) != nil {
		return pending{}
	}
	return p
}

func truncate(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
