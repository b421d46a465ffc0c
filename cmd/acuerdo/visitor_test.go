package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// visitor is a person with a browser without scripts: it keeps cookies, and
// follows a redirect only when the test says so.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
}

func newVisitor(t *testing.T, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, base, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// page is an answer that was read.
type page struct {
	*goquery.Document
	t        *testing.T
	status   int
	header   http.Header
	body     string
	location string
}

// try asks; a server that is gone is an error.
func (v *visitor) try(method, target string, form url.Values, header ...string) (page, error) {
	v.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = v.base + target
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, target, body)
	if err != nil {
		return page{}, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := v.client.Do(r)
	if err != nil {
		return page{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return page{}, err
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(raw))
	return page{doc, v.t, res.StatusCode, res.Header, string(raw), res.Header.Get("Location")}, err
}

func (v *visitor) do(method, target string, form url.Values, header ...string) page {
	v.t.Helper()
	p, err := v.try(method, target, form, header...)
	if err != nil {
		v.t.Fatal(err)
	}
	return p
}

func (v *visitor) get(target string) page { v.t.Helper(); return v.do(http.MethodGet, target, nil) }

func (v *visitor) post(target string, form url.Values) page {
	v.t.Helper()
	return v.do(http.MethodPost, target, form)
}

func (p page) want(status int) page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("got %d %s, want %d: %.1500s", p.status, p.location, status, p.body)
	}
	return p
}

// says fails unless the page's text has all of these.
func (p page) says(wanted ...string) page {
	p.t.Helper()
	text := strings.Join(strings.Fields(p.Find("main").Text()), " ")
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			p.t.Errorf("the page doesn't say %q: %s", w, text)
		}
	}
	return p
}

// enters follows a link and gives the known fact.
func (v *visitor) enters(link, fact string) {
	v.t.Helper()
	v.get(link).want(http.StatusOK)
	if p := v.post(link, url.Values{"fact": {fact}}).want(http.StatusSeeOther); p.location != "/portal" {
		v.t.Fatalf("led to %s", p.location)
	}
}

// startsPaying asks to pay an amount and answers the hosted page's address.
func (v *visitor) startsPaying(amount string) string {
	v.t.Helper()
	p := v.post("/portal/payments", url.Values{"amount": {amount}}).want(http.StatusSeeOther)
	if !strings.Contains(p.location, "/c/pay/") {
		v.t.Fatalf("led to %s", p.location)
	}
	return p.location
}

// goodCard is what the sandbox takes without a question.
const goodCard = "4242 4242 4242 4242"

// paysAt pays on the hosted page and answers the page that it leads back to.
func (v *visitor) paysAt(hosted string) string {
	v.t.Helper()
	v.get(hosted).want(http.StatusOK)
	return v.post(hosted, url.Values{"number": {goodCard}}).want(http.StatusSeeOther).location
}

// paid waits until a payment's page says so.
func (v *visitor) paid(target string) page {
	v.t.Helper()
	var p page
	waitFor(v.t, "the payment to be paid", func() bool {
		var err error
		p, err = v.try(http.MethodGet, target, nil)
		return err == nil && p.status == http.StatusOK && p.Find(".outcome-paid").Length() == 1
	})
	return p
}
