package reminders

import (
	"math"
	"regexp"
	"strconv"
)

// plainColour is the button's where a creditor has none, or one that can't be read.
const plainColour = "#1d4f91"

var hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// brand is a creditor's colour and the ink that is read best on it: of black
// and white, one always has a contrast of 4.5 or more.
func brand(colour string) (background, ink string) {
	if !hexColour.MatchString(colour) {
		colour = plainColour
	}
	light := luminance(colour)
	if (light+0.05)/0.05 >= 1.05/(light+0.05) {
		return colour, "#000000"
	}
	return colour, "#ffffff"
}

// luminance is WCAG's relative luminance of "#rrggbb", 0 to 1.
func luminance(colour string) float64 {
	weights := [3]float64{0.2126, 0.7152, 0.0722}
	var sum float64
	for i, w := range weights {
		n, _ := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8) // the pattern was checked
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += w * c
	}
	return sum
}
