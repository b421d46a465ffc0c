package frontend

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"sync"
)

// The page's own colours, which a creditor's colour is checked against. The
// stylesheet uses the same values.
const (
	lightPage  = "#ffffff"
	lightPanel = "#f4f5f7"
	darkPage   = "#14171a"
	darkPanel  = "#1e2226"

	defaultColour = "#1f4e79"
	minContrast   = 4.5 // WCAG 2.2, 1.4.3
)

// BrandCSSPath is where the door serves BrandCSS for a creditor; the version
// changes with the colour, so that it can be cached for ever.
func BrandCSSPath(b Brand) string {
	return "/portal/brand/" + url.PathEscape(b.Slug) + ".css?v=" + brandVersion(b.Colour)
}

// brandVersions are those of the colours seen so far, because every page asks
// and finding readable shades is slow. Only a creditor's own staff choose
// colours, so they are few.
var brandVersions sync.Map

func brandVersion(colour string) string {
	if known, ok := brandVersions.Load(colour); ok {
		return known.(string)
	}
	sum := sha256.Sum256([]byte(BrandCSS(colour)))
	version := hex.EncodeToString(sum[:4])
	brandVersions.Store(colour, version)
	return version
}

// BrandCSS is a creditor's stylesheet: its colour, and the variants of it that
// can carry or be text. "#rrggbb"; anything else is the house blue. Text drawn
// in --brand on page or panel, and text in --on-brand on --brand, has a
// contrast of at least 4.5 in light and dark.
func BrandCSS(colour string) string {
	base, ok := parseHex(colour)
	if !ok {
		base, _ = parseHex(defaultColour)
	}
	light := untilReadable(base, 0, lightPage, lightPanel)
	dark := untilReadable(base, 1, darkPage, darkPanel)
	return fmt.Sprintf(":root{--band:%s;--brand:%s;--on-brand:%s}\n@media (prefers-color-scheme:dark){:root{--brand:%s;--on-brand:%s}}\n",
		base.hex(), light.hex(), lightPage, dark.hex(), darkPage)
}

type rgb [3]float64 // 0..1

func parseHex(s string) (rgb, bool) {
	if len(s) != 7 || s[0] != '#' {
		return rgb{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return rgb{}, false
	}
	return rgb{float64(n>>16&255) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}, true
}

func (c rgb) hex() string {
	return fmt.Sprintf("#%02x%02x%02x", byte(math.Round(c[0]*255)), byte(math.Round(c[1]*255)), byte(math.Round(c[2]*255)))
}

// untilReadable moves a colour towards black (0) or white (1), no further than
// it must, until it can be read on each ground.
func untilReadable(c rgb, towards float64, grounds ...string) rgb {
	for step := 0; step <= 100; step++ {
		f := float64(step) / 100
		mixed, _ := parseHex(rgb{c[0] + (towards-c[0])*f, c[1] + (towards-c[1])*f, c[2] + (towards-c[2])*f}.hex())
		readable := true
		for _, g := range grounds {
			ground, _ := parseHex(g)
			readable = readable && contrast(mixed, ground) >= minContrast
		}
		if readable {
			return mixed
		}
	}
	return rgb{towards, towards, towards}
}

// contrast is WCAG's contrast ratio of two colours, 1 to 21.
func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

func (c rgb) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}
