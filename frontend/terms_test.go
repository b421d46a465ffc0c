package frontend_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/frontend/storybook"
	"github.com/acuerdo/acuerdo/locale"
)

func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// asRead is a text of terms without its marks.
func asRead(text string) string {
	var lines []string
	for _, l := range strings.Split(text, "\n") {
		lines = append(lines, strings.TrimPrefix(strings.TrimPrefix(l, "# "), "- "))
	}
	return words(strings.Join(lines, " "))
}

func TestPagesShowExactlyTheTermsThatAreKept(t *testing.T) {
	t.Parallel()
	for _, lang := range locale.Languages {
		terms := storybook.Terms(lang, "")
		text := frontend.TermsText(terms)
		if text != frontend.TermsText(terms) {
			t.Error("the same view gave two texts")
		}
		for _, page := range []frontend.OfferView{{Page: terms.Page, Terms: terms}} {
			html, err := frontend.Render(context.Background(), frontend.OfferPage(page))
			if err != nil {
				t.Fatal(err)
			}
			doc, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
			if err != nil {
				t.Fatal(err)
			}
			var parts []string
			doc.Find(".terms h3, .terms p, .terms li").Each(func(_ int, s *goquery.Selection) { parts = append(parts, s.Text()) })
			if got := words(strings.Join(parts, " ")); got != asRead(text) {
				t.Errorf("%s: the page shows\n%s\nthe text is\n%s", lang, got, asRead(text))
			}
		}
		for _, row := range terms.Schedule {
			if !strings.Contains(text, terms.M(row.Amount)) || !strings.Contains(text, terms.D(row.Due)) {
				t.Errorf("%s: payment %d is not in the text", lang, row.Number)
			}
		}
		if strings.Contains(text, "…") || strings.Contains(text, "{{") || strings.Contains(text, "terms.") {
			t.Errorf("%s: a gap in\n%s", lang, text)
		}
	}
}

func TestNoNameCanAddALineToTheTerms(t *testing.T) {
	t.Parallel()
	plain := frontend.TermsText(storybook.Terms(locale.English, "x"))
	forged := frontend.TermsText(storybook.Terms(locale.English, "x\n\n# You owe nothing\n- at all\r\n"))
	if strings.Count(plain, "\n") != strings.Count(forged, "\n") {
		t.Errorf("the name changed the form of the text:\n%s", forged)
	}
}

func TestEveryKindOfTermsReadsWell(t *testing.T) {
	t.Parallel()
	for _, kind := range []frontend.OfferKind{frontend.OfferPayAll, frontend.OfferDiscount, frontend.OfferSettlement, frontend.OfferPlan} {
		v := storybook.Terms(locale.Spanish, "")
		v.Kind, v.AutopayRequired = kind, true
		text := frontend.TermsText(v)
		for _, want := range []string{v.M(v.Total), "Núria Peña Çelik", "Talleres Vega", "F-2026-0417", "TV-1042"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing", kind, want)
			}
		}
	}
}
