package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/acuerdo/acuerdo/db"
	"github.com/acuerdo/acuerdo/reminders"
)

// evil breaks out of text, of an attribute and of a header, where it is let.
const evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}\r\nBcc: victim@correo.example\r\n\r\n<b>"

// poison writes it wherever a creditor's file or a debtor may have.
func (d *doors) poison() {
	d.t.Helper()
	err := d.db.Update(d.t.Context(), db.Everyone("a test's data"), func(tx *db.Tx) error {
		for _, statement := range []string{
			"UPDATE debtors SET name = @evil, address = @evil, city = @evil, tax_id = @evil, external_id = @evil || id, tags = @evil",
			"UPDATE invoices SET description = @evil", "UPDATE invoice_lines SET description = @evil, quantity = @evil",
			"UPDATE creditors SET name = @evil, legal_name = @evil, address = @evil, phone = @evil, email = @evil, website = 'javascript:alert(3)' || @evil",
			"UPDATE documents SET filename = @evil",
		} {
			if err := tx.Exec(statement, map[string]any{"evil": evil}).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// harmless fails where evil became anything but text.
func harmless(t *testing.T, where, html string) {
	t.Helper()
	page, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	if page.Find("script:not([src]), img[src=x], [onerror], [href^='javascript:']").Length() != 0 || strings.Contains(html, "<script>alert") {
		t.Errorf("%s lets it out", where)
	}
}

func TestWhatOthersWroteIsOnlyEverText(t *testing.T) {
	t.Parallel()
	d := openDoors(t, "https://pay.example.com")
	cookies := d.signedIn()
	d.poison()
	link, _ := url.Parse(d.cases[0].Link)
	read := func(method, path string, form url.Values, header ...string) (*http.Response, string) {
		res := d.ask(method, path, form, append(header, "Cookie", cookies)...)
		body, _ := io.ReadAll(res.Body)
		for _, name := range []string{"Bcc", "X-Evil"} {
			if res.Header.Get(name) != "" {
				t.Errorf("%s: a header was added: %v", path, res.Header)
			}
		}
		return res, string(body)
	}
	seen := 0
	for _, path := range []string{link.Path, link.Path + "/stop", "/portal", "/portal/statement", "/portal/offers", "/console/queue", "/console/queue?tab=cases", "/console/cases/" + d.cases[0].Ref, "/console/queue?tab=cases&q=" + url.QueryEscape(evil), "/l/" + url.PathEscape(evil), "/demo"} {
		res, body := read(http.MethodGet, path, nil)
		if res.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		harmless(t, path, body)
		seen += strings.Count(body, "&lt;script&gt;alert(1)")
	}
	if seen < 8 {
		t.Errorf("the text was shown only %d times: this test looks at the wrong pages", seen)
	}
	d.typed(read, link.Path)
	res, body := read(http.MethodGet, "/portal/statement.pdf", nil)
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(body, "%PDF-") || strings.ContainsAny(res.Header.Get("Content-Disposition"), "\r\n<>") {
		t.Errorf("the PDF: %d %v", res.StatusCode, res.Header)
	}
	d.mailed()
}

// typed is evil in every field that a debtor fills in, and in what browsers send.
func (d *doors) typed(read func(string, string, url.Values, ...string) (*http.Response, string), link string) {
	t := d.t
	_, offers := read(http.MethodGet, "/portal/offers", nil)
	page, err := goquery.NewDocumentFromReader(strings.NewReader(offers))
	if err != nil {
		t.Fatal(err)
	}
	offer, _ := page.Find(`main a[href^="/portal/offers/"]`).Attr("href")
	for path, field := range map[string]string{link: "fact", "/portal/payments": "amount", "/portal/code": "code", offer + "/accept": "consent", "/console/sign-in": "email"} {
		res, body := read(http.MethodPost, path, url.Values{field: {evil}}, "User-Agent", "<script>alert(1)</script>")
		if res.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		harmless(t, path, body)
	}
	for _, query := range []string{"?notice=", "?lang="} {
		_, body := read(http.MethodGet, "/portal"+query+url.QueryEscape(evil), nil)
		harmless(t, query, body)
		if strings.Contains(body, "class=\"flash\"") {
			t.Error("an address puts words into our mouth")
		}
	}
}

// mailed writes every message that falls due, and looks at each.
func (d *doors) mailed() {
	t := d.t
	if err := d.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all []reminders.Message
	err := d.db.View(t.Context(), db.Everyone("a test reads messages"), func(tx *db.Tx) error { return tx.Find(&all).Error })
	if err != nil || len(all) < 5 {
		t.Fatalf("%d messages: %v", len(all), err)
	}
	for _, m := range all {
		harmless(t, "a mail", m.HTMLBody)
		if strings.ContainsAny(m.Subject, "\r\n") || strings.ContainsAny(m.Recipient, "\r\n") {
			t.Errorf("a header would be added: %q %q", m.Subject, m.Recipient)
		}
		if strings.Contains(m.TextBody, "alert(2)>49") || strings.Contains(m.HTMLBody, "&gt;49") {
			t.Error("what others wrote is run as a template")
		}
	}
}
