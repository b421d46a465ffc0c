package intake

import (
	"strings"
)

var delimiters = []rune{';', '\t', '|', ','}

// sniffDelimiter is the character that cuts the first lines into the most, and
// equally many, columns.
func sniffDelimiter(sample string) rune {
	best, bestColumns := ',', 0
	first, _, _ := strings.Cut(sample, "\n")
	for _, d := range delimiters {
		if n := strings.Count(first, string(d)); n > bestColumns {
			best, bestColumns = d, n
		}
	}
	return best
}

func delimiterName(d rune) string {
	if d == '\t' {
		return "tab"
	}
	return string(d)
}
