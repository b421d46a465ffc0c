package portal

import (
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/present"
	"github.com/acuerdo/acuerdo/reminders"
)

// askCode sends a fresh code and leads to where it is typed in. A debtor with
// no address on file is asked for one there.
func (d *Door) askCode(c *gin.Context, v *visit, p pending) {
	if err := d.sendCode(c, v, p); err != nil {
		d.fail(c, v, err)
		return
	}
	redirect(c, "/portal/code")
}

// sendCode writes the message that carries a code, and remembers what it is for.
func (d *Door) sendCode(c *gin.Context, v *visit, p pending) error {
	ctx, file := c.Request.Context(), v.file
	channel := reminders.Email
	switch known := d.Reminders.CodeChannels(file.Debtor); {
	case len(known) > 0:
		channel, p.Address = known[0], ""
	case p.Address != "":
		file.Debtor.Email = p.Address
	default: // nowhere to send it yet: keep what it is for
		return d.Access.Remember(ctx, v.session, p.String())
	}
	return d.Access.IssueCode(ctx, v.session, string(channel), p.String(), func(tx *db.Tx, code string) error {
		_, err := d.Reminders.Code(tx, file, db.NewID(), code, channel, string(v.page.Locale.Language))
		return err
	})
}

// code is GET /portal/code.
func (d *Door) code(c *gin.Context) {
	v, err := d.visitOf(c)
	if err != nil {
		d.fail(c, nil, err)
		return
	}
	if v.session.Pending == "" && v.session.Tier >= v.file.Creditor.RequiredTier {
		redirect(c, "/portal") // nothing waits for a code
		return
	}
	if v.session.Pending == "" { // this creditor asks for a code before anything is shown
		d.askCode(c, v, pending{})
		return
	}
	view := d.codeView(v)
	view.Resent = c.Query("notice") == "code_resent"
	d.render(c, http.StatusOK, frontend.CodePage(view))
}

func (d *Door) codeView(v *visit) frontend.CodeView {
	p := parsePending(v.session.Pending)
	view := frontend.CodeView{Page: v.page, Channel: string(reminders.Email)}
	switch known := d.Reminders.CodeChannels(v.file.Debtor); {
	case len(known) > 0 && known[0] == reminders.SMS:
		view.Channel, view.SentTo = string(reminders.SMS), present.MaskTail(v.file.Debtor.Phone)
	case len(known) > 0:
		view.SentTo = present.MaskEmail(v.file.Debtor.Email)
	case p.Address != "":
		view.SentTo = p.Address // typed on this very device
	default:
		view.AskAddress = true
	}
	if p.OfferID != (db.ID{}) {
		view.BackURL = "/portal/offers/" + p.OfferID.String()
	}
	return view
}

// enterCode is POST /portal/code: a code, a wish for another one (resend), or
// the address it should go to.
func (d *Door) enterCode(c *gin.Context) {
	v, err := d.visitOf(c)
	if fault.Is(err, fault.Unauthorized) {
		// The button pressed twice: the first press has got a new session for this
		// browser, which must not be taken away again.
		redirect(c, "/portal")
		return
	}
	if err != nil {
		d.fail(c, nil, err)
		return
	}
	view := d.codeView(v)
	view.Value, view.Address = c.PostForm("code"), c.PostForm("email")
	p := parsePending(v.session.Pending)
	switch {
	case view.AskAddress || (view.Address != "" && p.Address != ""):
		err = d.takeAddress(c, v, p, view.Address)
	case c.PostForm("resend") != "":
		if err = d.sendCode(c, v, p); err == nil {
			redirect(c, "/portal/code?notice=code_resent")
		}
	default:
		err = d.confirm(c, v, view.Value)
	}
	if err == nil {
		return
	}
	f := fault.As(err)
	if f.Code != fault.Invalid && f.Code != fault.RateLimited {
		d.fail(c, v, err)
		return
	}
	if until, ok := f.Params["until"].(time.Time); ok {
		view.LockedUntil = until
	}
	view.Errors = frontend.FormErrors(err)
	d.render(c, f.Code.HTTPStatus(), frontend.CodePage(view))
}

// takeAddress sends the code to an address that the debtor gives, where the
// creditor has none on file. The agreement's evidence says so.
func (d *Door) takeAddress(c *gin.Context, v *visit, p pending, typed string) error {
	typed = strings.TrimSpace(typed)
	addr, err := mail.ParseAddress(typed)
	if err != nil || addr.Name != "" || len(typed) > 200 || !strings.Contains(addr.Address[strings.LastIndexByte(addr.Address, '@'):], ".") {
		return fault.Field("email", "email_unreadable", nil)
	}
	p.Address = addr.Address
	if err := d.sendCode(c, v, p); err != nil {
		return err
	}
	redirect(c, "/portal/code")
	return nil
}

// confirm exchanges the code for a session that may accept, and goes on with
// what the debtor was doing.
func (d *Door) confirm(c *gin.Context, v *visit, typed string) error {
	ctx := c.Request.Context()
	raised, stored, err := d.Access.VerifyCode(ctx, v.session, typed)
	if err != nil {
		return err
	}
	if err := d.setSession(c, raised); err != nil {
		return err
	}
	v.session = raised
	p := parsePending(stored)
	if p.Address != "" {
		err = d.DB.Update(ctx, v.scope(), func(tx *db.Tx) error {
			return cases.LearnEmail(tx, v.session.CreditorID, v.file.Debtor.ID, v.session.CaseID, p.Address, d.Clock.Now())
		})
		if err != nil {
			return err
		}
	}
	d.carryOut(c, v, p)
	return nil
}

// stop is GET /l/{token}/stop: the question; nothing changes until it is answered.
func (d *Door) stop(c *gin.Context) {
	if _, view, ok := d.locate(c); ok {
		d.render(c, http.StatusOK, frontend.StopPage(frontend.StopView{Page: view.Page, Action: view.Action + "/stop"}))
	}
}

// stopReminders is POST /l/{token}/stop, also by a mail program's own button
// (RFC 8058).
func (d *Door) stopReminders(c *gin.Context) {
	target, view, ok := d.locate(c)
	if !ok {
		return
	}
	err := d.DB.Update(c.Request.Context(), db.Of(target.CreditorID), func(tx *db.Tx) error {
		return reminders.Stop(tx, target.CreditorID, target.DebtorID)
	})
	if err != nil {
		d.fail(c, nil, err)
		return
	}
	view.Languages = nil
	d.render(c, http.StatusOK, frontend.StopPage(frontend.StopView{Page: view.Page, Done: true}))
}
