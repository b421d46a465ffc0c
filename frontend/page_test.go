package frontend_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/frontend/storybook"
	"github.com/acuerdo/acuerdo/locale"
)

const hostile = `<script>alert("1")</script><img src=x onerror=alert(1)> javascript:alert(1) ' " {{.X}} = @`

func eachStory(t *testing.T, supplied string, check func(t *testing.T, html string, doc *goquery.Document)) {
	t.Helper()
	for _, lang := range locale.Languages {
		for _, s := range storybook.Stories(lang, supplied) {
			t.Run(string(lang)+"/"+s.Name, func(t *testing.T) {
				t.Parallel()
				html, err := frontend.Render(context.Background(), s.Page)
				if err != nil {
					t.Fatal(err)
				}
				doc, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
				if err != nil {
					t.Fatal(err)
				}
				if got := doc.Find("html").AttrOr("lang", ""); !strings.HasPrefix(got, string(lang)) {
					t.Errorf("lang is %q", got)
				}
				check(t, string(html), doc)
			})
		}
	}
}

func TestEveryPageIsBuiltForEveryone(t *testing.T) {
	t.Parallel()
	eachStory(t, "", func(t *testing.T, _ string, doc *goquery.Document) {
		if n := doc.Find("h1").Length(); n != 1 {
			t.Errorf("%d h1", n)
		}
		if doc.Find("main#main").Length() != 1 || doc.Find(`a.skip[href="#main"]`).Length() != 1 {
			t.Error("no main, or no way to skip to it")
		}
		if strings.TrimSpace(doc.Find("title").Text()) == "" || strings.TrimSpace(doc.Find("h1").Text()) == "" {
			t.Error("no title or an empty heading")
		}
		ids := map[string]bool{}
		doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
			id := s.AttrOr("id", "")
			if ids[id] {
				t.Errorf("id %q twice", id)
			}
			ids[id] = true
		})
		doc.Find("[aria-describedby], [aria-labelledby]").Each(func(_ int, s *goquery.Selection) {
			for _, id := range strings.Fields(s.AttrOr("aria-describedby", "") + " " + s.AttrOr("aria-labelledby", "")) {
				if !ids[id] {
					t.Errorf("nothing has the id %q", id)
				}
			}
		})
		doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
			if doc.Find(`label[for="`+s.AttrOr("id", "?")+`"]`).Length() != 1 {
				t.Errorf("field %q has no label of its own", s.AttrOr("name", ""))
			}
		})
		doc.Find("table").Each(func(_ int, s *goquery.Selection) {
			if s.Find("caption").Length() != 1 || s.Find("th[scope=col]").Length() == 0 {
				t.Error("a table without caption or column headers")
			}
		})
		doc.Find("img").Each(func(_ int, s *goquery.Selection) {
			if s.AttrOr("alt", "") == "" {
				t.Error("an image without a text")
			}
		})
		doc.Find(".errors a").Each(func(_ int, s *goquery.Selection) {
			if !ids[strings.TrimPrefix(s.AttrOr("href", ""), "#")] {
				t.Errorf("the error summary leads nowhere: %s", s.AttrOr("href", ""))
			}
		})
	})
}

// missingText is what a key or a placeholder without a value looks like.
var missingText = regexp.MustCompile(`\b(portal|common|link|code|overview|statement|offers?|payment|agreement|terms|evidence|console|queue|case|policy|demo|inbox|fault|timeline|schedule)\.[a-z_]+\b|\{\{|…`)

func TestEveryPageIsWhole(t *testing.T) {
	t.Parallel()
	eachStory(t, "", func(t *testing.T, _ string, doc *goquery.Document) {
		doc.Find("script, style").Remove()
		if found := missingText.FindString(doc.Text()); found != "" {
			t.Errorf("shows %q", found)
		}
	})
}

func TestPagesNeedNothingThatTheSecurityPolicyForbids(t *testing.T) {
	t.Parallel()
	for _, supplied := range []string{"", hostile} {
		eachStory(t, supplied, func(t *testing.T, html string, doc *goquery.Document) {
			if n := doc.Find("[style], style, script:not([src])").Length(); n != 0 {
				t.Errorf("%d inline styles or scripts", n)
			}
			doc.Find("*").Each(func(_ int, s *goquery.Selection) {
				for _, a := range s.Nodes[0].Attr {
					if strings.HasPrefix(a.Key, "on") {
						t.Errorf("handler %s", a.Key)
					}
					if (a.Key == "href" || a.Key == "src" || a.Key == "action") && strings.HasPrefix(strings.TrimSpace(strings.ToLower(a.Val)), "javascript:") {
						t.Errorf("%s=%q", a.Key, a.Val)
					}
				}
			})
			doc.Find("script[src], link[rel=stylesheet], img[src]").Each(func(_ int, s *goquery.Selection) {
				if url := s.AttrOr("src", s.AttrOr("href", "")); !strings.HasPrefix(url, "/") || strings.HasPrefix(url, "//") {
					t.Errorf("loads %q from elsewhere", url)
				}
			})
			if strings.Contains(html, "<script>alert") || doc.Find("img[onerror]").Length() != 0 {
				t.Error("supplied text became markup")
			}
		})
	}
}

func TestTheLinkPageSaysNothingAboutTheDebt(t *testing.T) {
	t.Parallel()
	for _, s := range storybook.Stories(locale.Spanish, "Deudora Secreta") {
		if !strings.HasPrefix(s.Name, "link") {
			continue
		}
		html, err := frontend.Render(context.Background(), s.Page)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"Deudora", "TV-1042", "€", "deuda", "debe hoy", "1.234"} {
			if strings.Contains(string(html), secret) {
				t.Errorf("%s says %q", s.Name, secret)
			}
		}
	}
}

func TestFirstViewIsSmall(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"link", "overview", "statement"} {
		for _, s := range storybook.Stories(locale.Spanish, "") {
			if s.Name != name {
				continue
			}
			html, err := frontend.Render(context.Background(), s.Page)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
			if err != nil {
				t.Fatal(err)
			}
			size, requests := zipped(html), 1
			doc.Find("link[rel=stylesheet], script[src]").Each(func(_ int, s *goquery.Selection) {
				requests++
				w := httptest.NewRecorder()
				frontend.Assets().ServeHTTP(w, httptest.NewRequest(http.MethodGet, s.AttrOr("href", s.AttrOr("src", "")), nil))
				size += zipped(w.Body.Bytes())
			})
			// One more request is the creditor's logo.
			if size > 30<<10 || requests > 3 {
				t.Errorf("%s: %d bytes compressed in %d requests", name, size, requests)
			}
		}
	}
}

func zipped(b []byte) int {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Len()
}

func TestAssetsAreKeptForEver(t *testing.T) {
	t.Parallel()
	html, err := frontend.Render(context.Background(), frontend.SignedOutPage(frontend.SignedOutView{}))
	if err != nil {
		t.Fatal(err)
	}
	path := regexp.MustCompile(`/assets/app\.[0-9a-f]+\.css`).FindString(string(html))
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	w := httptest.NewRecorder()
	frontend.Assets().ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%s: %d %v", path, w.Code, w.Header())
	}
	w = httptest.NewRecorder()
	frontend.Assets().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/assets/app.css", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("a name without its hash: %d", w.Code)
	}
}

func TestTypedTextIsKept(t *testing.T) {
	t.Parallel()
	for _, s := range storybook.Stories(locale.English, "typed <text>") {
		want := map[string]string{"offers-wrong": "#amount", "sign-in-wrong": "#email", "policy-wrong": "[name='early_payment.cap_bp']", "code-address": "#email"}[s.Name]
		if want == "" {
			continue
		}
		html, err := frontend.Render(context.Background(), s.Page)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Find(want).AttrOr("value", ""); got != "typed <text>" {
			t.Errorf("%s: %s holds %q", s.Name, want, got)
		}
	}
}

func TestErrorsStandBesideTheirField(t *testing.T) {
	t.Parallel()
	p := frontend.Page{
		Locale: locale.Locale{Language: locale.English, Country: "US"}, Currency: "USD",
		Errors: frontend.FormErrors(fault.Field("amount", "amount_below_minimum", map[string]any{"minimum_minor": int64(1050)})),
	}
	html, err := frontend.Render(context.Background(), frontend.OffersPage(frontend.OffersView{Page: p, PayAmount: true, Balance: frontend.Of(5000, "USD")}))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.Find("#amount-error").Text(); got != "Enter $10.50 or more." {
		t.Errorf("beside the field: %q", got)
	}
	if got := doc.Find(`.errors a[href="#amount"]`).Text(); got != "Enter $10.50 or more." {
		t.Errorf("in the summary: %q", got)
	}
	if doc.Find("#amount").AttrOr("aria-invalid", "") != "true" || !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
		t.Error("the field or the title does not tell")
	}
	if got := frontend.FaultText(p.Locale, context.Canceled); !strings.Contains(got, "noted") {
		t.Errorf("an unknown error is told as %q", got)
	}
}
