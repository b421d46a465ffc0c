package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// journey is the words of one language that the story is checked by.
type journey struct {
	name, debtor, email, creditor, collector string
	look                                     look
	paid, active, next                       string
}

var journeys = []journey{
	{name: "es-phone", look: phone, debtor: "Lucía Ferrer Domènech", email: "lucia.ferrer@correo.example", creditor: "Talleres Aldaba",
		collector: "talleres-aldaba", paid: "Pago recibido", active: "En marcha"},
	{name: "en-desktop", look: desktop, debtor: "Olivia Bennett", email: "olivia.bennett@correo.example", creditor: "Harbor Street Studio",
		collector: "harbor-street", paid: "Payment received", active: "Active"},
	{name: "es-no-script", look: look{width: 390, height: 844, mobile: true, dark: true, language: "es-CL", noScript: true}, debtor: "Camila Rojas Fuentes",
		email: "camila.rojas@correo.example", creditor: "Andes Conecta", collector: "andes-conecta", paid: "Pago recibido", active: "En marcha"},
}

// TestTheWholeStory is steps 1 to 8 of what the product is for, in a browser.
func TestTheWholeStory(t *testing.T) {
	for _, j := range journeys {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t, DemoCmd{Today: "2026-11-17"})
			j.debtorAgreesAndPays(t, d)
			j.collectorSeesIt(t, d)
			j.adminChangesThePolicy(t, d)
			j.timePasses(t, d)
		})
	}
}

func (j journey) debtorAgreesAndPays(t *testing.T, d *liveDemo) {
	c := d.caseOf(j.debtor)
	b := openBrowser(t, j.name, j.look)
	b.open(d.InboxURL + "?q=" + url.QueryEscape(j.email))
	b.shot("inbox")
	b.click("main ul.inbox a")
	b.shot("message")
	b.click("main a.message-link")
	b.shot("link")
	b.reads("main", j.creditor, "not:"+c.Debtor, "not:"+c.Ref)
	b.reads("body", "not:€", "not:US$")

	b.fill("input[name=fact]", "99999")
	b.click("main form button[type=submit]")
	b.shot("wrong-fact")
	b.fill("input[name=fact]", c.KnownFact)
	b.click("main form button[type=submit]")
	if b.url() != d.BaseURL+"/portal" {
		t.Fatalf("the token stayed in the address bar: %s", b.url())
	}
	b.shot("overview")
	b.reads("main", c.Debtor)
	b.click(`main a[href="/portal/statement"]`)
	b.shot("statement")
	b.reads("main", c.Ref)
	b.open(d.BaseURL + "/portal/offers")
	b.shot("offers")

	b.click("ul.cards a.button")
	b.shot("offer")
	b.click("form[action$='/accept'] button[type=submit]")
	b.shot("no-consent")
	b.tick("input[name=consent]")
	b.click("form[action$='/accept'] button[type=submit]")
	b.shot("code")
	b.fill("input[name=code]", d.codeFor(j.email))
	b.click("form[action='/portal/code'] button[type=submit]")
	if !strings.Contains(b.url(), "/stripe/") { // nothing was due today: pay the first one now
		b.reads("main", j.active)
		b.shot("agreement-new")
		b.click("form[action='/portal/payments'] button[type=submit]")
	}
	b.shot("checkout")
	b.fill("input[name=number]", "4000000000000002")
	b.click("main form button[type=submit]")
	b.shot("declined")
	b.fill("input[name=number]", "4000002500003155")
	b.click("main form button[type=submit]")
	b.shot("three-d-secure")
	b.click("button[value=complete]")
	b.until("main", j.paid)
	b.shot("paid")
	if m := d.newest("receipt", j.email); m.Language != j.look.language[:2] {
		t.Errorf("the receipt is in %q", m.Language)
	}
	b.click("main a[href^='/portal/agreements/']")
	b.shot("agreement")
	b.reads("main", j.active, "SHA-256")
}

func (j journey) collectorSeesIt(t *testing.T, d *liveDemo) {
	c := d.caseOf(j.debtor)
	b := openBrowser(t, j.name+"-collector", look{width: 1280, height: 900, language: j.look.language, dark: j.look.dark})
	b.signIn(d, "collector@"+j.collector+".example")
	b.shot("queue")
	b.reads("main tbody tr:first-child, main ol > li:first-child, main ul.rows > li:first-child", c.Ref, c.Debtor)
	b.click(fmt.Sprintf("main a[href^='/console/cases/%s']", c.Ref))
	b.shot("case")
	b.reads("main", c.Debtor, c.Ref)
}

func (b *browser) signIn(d *liveDemo, email string) {
	b.t.Helper()
	b.open(d.ConsoleURL)
	b.fill("input[name=email]", email)
	b.fill("input[name=password]", d.Users[0].Password)
	b.click("main form button[type=submit]")
}

func (j journey) adminChangesThePolicy(t *testing.T, d *liveDemo) {
	b := openBrowser(t, j.name+"-admin", look{width: 1280, height: 900, language: j.look.language})
	b.signIn(d, "admin@"+j.collector+".example")
	b.open(d.BaseURL + "/console/policy")
	b.shot("policy")
}

func (j journey) timePasses(t *testing.T, d *liveDemo) {
	before := len(d.inbox())
	d.advance("7d")
	b := openBrowser(t, j.name+"-later", j.look)
	c := d.caseOf(j.debtor)
	b.open(c.Link)
	b.fill("input[name=fact]", c.KnownFact)
	b.click("main form button[type=submit]")
	b.reads("main", j.active)
	d.advance("31d")
	if m := d.newest("instalment_asked", j.email); len(m.Links) == 0 {
		t.Error("the message that asks for an instalment has no link")
	}
	if len(d.inbox()) <= before {
		t.Error("nothing was sent in a month")
	}
}
