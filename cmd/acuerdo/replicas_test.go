package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/acuerdo/acuerdo/cases"
	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/db/dbtest"
	"github.com/acuerdo/acuerdo/reminders"
)

// awake lets reminders go out at the hour at which this test runs.
func (w *town) awake() {
	w.t.Helper()
	d, err := db.Open(context.Background(), w.database)
	if err != nil {
		w.t.Fatal(err)
	}
	defer d.Close()
	err = d.Update(context.Background(), db.Everyone("a test's settings"), func(tx *db.Tx) error {
		c, err := cases.CreditorBySlug(tx, "aguas")
		if err != nil {
			return err
		}
		s := reminders.DefaultSettings()
		s.QuietFrom, s.QuietTo, s.NoSundays = "00:00", "00:00", false
		return reminders.SaveSettings(tx, c.ID, s)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestTwoProcessesOnOnePostgreSQL side by side, as production runs them.
func TestTwoProcessesOnOnePostgreSQL(t *testing.T) {
	t.Parallel()
	w := found(t, dbtest.PostgresURL(t))
	const reminded = 12
	rows := make([]string, reminded)
	for i := range rows {
		rows[i] = fmt.Sprintf("%d,Deudor %d,d%d@correo.example,G-%d,80.00,16", 100+i, i, i, 3000+i)
	}
	w.imports(rows...)
	w.awake()
	one, two := w.addr, freePort(t)
	w.start()
	w.addr = two
	w.start("ACUERDO_ADDR=" + two)
	w.ready(w.running.Load())
	w.addr = one
	w.ready(w.running.Load())

	ref := w.caseOf("F-1001")
	link := works(t, w.env, "link", "--case", ref)
	w.aSessionIsOneForBoth(one, two, link)
	w.wrongTriesAddUp(one, two, w.caseOf("G-3001"))

	// The payment starts at one, and Stripe tells the other.
	w.box.SetWebhookURL("http://" + two + "/webhooks/stripe")
	v := newVisitor(t, "http://"+one)
	v.enters(link, "1001")
	v.paid(v.paysAt(v.startsPaying("150,00")))
	w.once("150,00", 150_00)

	waitFor(t, "every reminder", func() bool {
		var sent int
		w.look("SELECT COUNT(*) FROM messages WHERE kind = 'reminder' AND state = 'sent'", &sent)
		return sent >= reminded+1 // Ana is late too
	})
	for i := range reminded {
		if n := len(w.mail.to(fmt.Sprintf("d%d@correo.example", i), "")); n != 1 {
			t.Errorf("debtor %d got %d reminders", i, n)
		}
	}
}

// caseOf is the reference of the case with an invoice.
func (w *town) caseOf(invoice string) (ref string) {
	w.t.Helper()
	w.look("SELECT c.ref FROM cases c JOIN invoices i ON i.case_id = c.id WHERE i.number = '"+invoice+"'", &ref)
	return ref
}

// aSessionIsOneForBoth: who came in at one is in at the other, and out of both.
func (w *town) aSessionIsOneForBoth(one, two, link string) {
	w.t.Helper()
	v := newVisitor(w.t, "http://"+one)
	v.enters(link, "1001")
	v.base = "http://" + two // cookies don't know ports
	v.get("/portal/statement").want(http.StatusOK).says("F-1001")
	v.post("/portal/sign-out", url.Values{}).want(http.StatusSeeOther)
	v.base = "http://" + one
	v.get("/portal/statement").want(http.StatusUnauthorized)
}

// wrongTriesAddUp: five wrong answers are five, wherever they are given.
func (w *town) wrongTriesAddUp(one, two, ref string) {
	w.t.Helper()
	link := works(w.t, w.env, "link", "--case", ref)
	at := []*visitor{newVisitor(w.t, "http://"+one), newVisitor(w.t, "http://"+two)}
	path := strings.TrimPrefix(link, "http://"+one)
	for i := range 4 {
		at[i%2].post(path, url.Values{"fact": {"9999"}}).want(http.StatusUnprocessableEntity)
	}
	at[0].post(path, url.Values{"fact": {"9999"}}).want(http.StatusTooManyRequests)
	for _, v := range at {
		v.post(path, url.Values{"fact": {"3001"}}).want(http.StatusTooManyRequests)
	}
}
