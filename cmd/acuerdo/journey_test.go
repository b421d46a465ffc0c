package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/acuerdo/acuerdo/demo"
)

// journey is one debtor's way through the story, and the words it is checked by.
type journey struct {
	name, debtor, email, creditor, slug string
	look                                look
	offer                               string // the button of the offer that is taken
	paid, agreed                        string // what the pages say after the first payment
	plan                                bool
}

var journeys = []journey{
	{name: "es-phone", look: phone, debtor: "Lucía Ferrer Domènech", email: "lucia.ferrer@correo.example", creditor: "Talleres Aldaba",
		slug: "talleres-aldaba", offer: "ul.cards a.button", paid: "Pago recibido", agreed: "En marcha", plan: true},
	{name: "en-desktop", look: desktop, debtor: "Olivia Bennett", email: "olivia.bennett@correo.example", creditor: "Harbor Street Studio",
		slug: "harbor-street", offer: "ul.cards a.button", paid: "Payment received", agreed: "Active", plan: true},
	{name: "es-no-script", look: look{width: 390, height: 844, mobile: true, dark: true, language: "es-CL", noScript: true}, debtor: "Camila Rojas Fuentes",
		email: "camila.rojas@correo.example", creditor: "Andes Conecta", slug: "andes-conecta", offer: "section.option a.button", paid: "Pago recibido", agreed: "Cumplido"},
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

	b.click(j.offer)
	b.shot("offer")
	b.click("form[action$='/accept'] button[type=submit]")
	b.shot("no-consent")
	b.tick("input[name=consent]")
	b.click("form[action$='/accept'] button[type=submit]")
	b.shot("code")
	b.fill("input[name=code]", d.codeFor(j.email))
	b.click("form[action='/portal/code'] button[type=submit]")
	if !strings.Contains(b.url(), "/stripe/") { // nothing was due today: pay the first one now
		b.reads("main", j.agreed)
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
	b.reads("main", j.agreed, "SHA-256")
}

func (j journey) collectorSeesIt(t *testing.T, d *liveDemo) {
	c := d.caseOf(j.debtor)
	b := openBrowser(t, j.name+"-collector", look{width: 1280, height: 900, language: j.look.language, dark: j.look.dark})
	b.signIn(d, "collector@"+j.slug+".example")
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

// adminChangesThePolicy publishes shorter plans; the debtor who comes next is
// offered those, and who was offered the old ones keeps them.
func (j journey) adminChangesThePolicy(t *testing.T, d *liveDemo) {
	b := openBrowser(t, j.name+"-admin", look{width: 1280, height: 900, language: j.look.language})
	b.signIn(d, "admin@"+j.slug+".example")
	b.open(d.BaseURL + "/console/policy")
	b.shot("policy")
	b.fill("input[name='plan.max_count']", "99999")
	b.click("button[value=publish]")
	b.shot("policy-refused")
	if kept := b.value("input[name='plan.max_count']"); kept != "99999" {
		t.Errorf("the refused form holds %q", kept)
	}
	b.fill("input[name='plan.max_count']", "2")
	b.fill("input[name='plan.min_count']", "2")
	b.click("button[value=publish]")
	b.shot("policy-published")

	next := d.nextDebtor(j)
	v := openBrowser(t, j.name+"-next", j.look)
	v.enter(next)
	v.open(d.BaseURL + "/portal/offers")
	v.shot("offers")
	count, err := chromedp.Run(v.ctx, chromedp.Evaluate[int]("document.querySelectorAll('ul.cards > li').length"))
	if err != nil || count != 1 {
		t.Errorf("%d plans are offered after the policy allows two payments only (%v)\n%s", count, err, v.text("main"))
	}
}

// nextDebtor is another debtor of the same creditor with enough to pay by plan.
func (d *liveDemo) nextDebtor(j journey) demo.Case {
	d.t.Helper()
	names := map[string]string{"talleres-aldaba": "Nuria Camps Bosch", "andes-conecta": "Hannah Brooks", "harbor-street": "Wells Dental Group"}
	return d.caseOf(names[j.slug])
}

// enter opens a case's link and gives the fact.
func (b *browser) enter(c demo.Case) {
	b.t.Helper()
	b.open(c.Link)
	b.fill("input[name=fact]", c.KnownFact)
	b.click("main form button[type=submit]")
}

// timePasses: the same link shows the same agreement a week later, and the next
// instalment is asked for when it falls due.
func (j journey) timePasses(t *testing.T, d *liveDemo) {
	before := len(d.inbox())
	d.advance("7d")
	b := openBrowser(t, j.name+"-later", j.look)
	b.enter(d.caseOf(j.debtor))
	b.shot("overview")
	b.click("main a[href^='/portal/agreements/']")
	b.reads("main", j.agreed)
	if !j.plan {
		return
	}
	d.advance("45d")
	b.open(d.newest("instalment_asked", j.email).Links[0])
	b.reads("main", j.creditor)
	if len(d.inbox()) <= before {
		t.Error("nothing was sent in seven weeks")
	}
}
