package frontend

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAnyColourCanBeRead(t *testing.T) {
	t.Parallel()
	colours := regexp.MustCompile(`--(brand|on-brand):(#[0-9a-f]{6})`)
	rapid.Check(t, func(r *rapid.T) {
		colour := fmt.Sprintf("#%06x", rapid.IntRange(0, 0xffffff).Draw(r, "colour"))
		found := colours.FindAllStringSubmatch(BrandCSS(colour), -1)
		if len(found) != 4 {
			r.Fatalf("%s", BrandCSS(colour))
		}
		for i, grounds := range [][]string{{lightPage, lightPanel}, {darkPage, darkPanel}} {
			brand, _ := parseHex(found[2*i][2])
			on, _ := parseHex(found[2*i+1][2])
			if c := contrast(brand, on); c < minContrast {
				r.Fatalf("%s: text on the colour has %.2f", colour, c)
			}
			for _, g := range grounds {
				ground, _ := parseHex(g)
				if c := contrast(brand, ground); c < minContrast {
					r.Fatalf("%s: the colour on %s has %.2f", colour, g, c)
				}
			}
		}
	})
}

func TestABadColourIsTheHouseBlue(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "red", "#12", "#zzzzzz", "#123456;}body{display:none"} {
		if BrandCSS(bad) != BrandCSS(defaultColour) {
			t.Errorf("%q gave %s", bad, BrandCSS(bad))
		}
	}
	if got := BrandCSSPath(Brand{Slug: "a b", Colour: "#ff0000"}); !strings.HasPrefix(got, "/portal/brand/a%20b.css?v=") {
		t.Errorf("path %s", got)
	}
}

// TestStylesheetHasItsOwnContrast checks the pairs that text is drawn in.
func TestStylesheetHasItsOwnContrast(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	light, rest, _ := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "*, *::before")
	for name, text := range map[string]string{"light": light, "dark": dark} {
		vars := map[string]rgb{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6})`).FindAllStringSubmatch(text, -1) {
			vars[m[1]], _ = parseHex(m[2])
		}
		for _, pair := range [][2]string{
			{"text", "page"}, {"text", "panel"}, {"muted", "page"}, {"muted", "panel"}, {"bad", "page"}, {"bad", "bad-soft"},
			{"good", "good-soft"}, {"text", "good-soft"}, {"text", "warn-soft"}, {"on-brand", "brand"}, {"brand", "page"}, {"brand", "panel"},
		} {
			if c := contrast(vars[pair[0]], vars[pair[1]]); c < minContrast {
				t.Errorf("%s: %s on %s has %.2f", name, pair[0], pair[1], c)
			}
		}
		if c := contrast(vars["field"], vars["page"]); c < 3 {
			t.Errorf("%s: a field's border has %.2f", name, c)
		}
	}
	if !strings.Contains(light, "--page: "+lightPage) || !strings.Contains(dark, "--panel: "+darkPanel) {
		t.Error("brand.go checks against other colours than the stylesheet's")
	}
}
