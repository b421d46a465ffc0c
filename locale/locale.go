// Package locale writes money, dates and numbers as a debtor's country writes
// them, in the language that the debtor reads, and reads amounts that people
// of that country type. Nothing here is a float: digits come from integers.
package locale

import (
	"strconv"
	"strings"
)

// Language is one of the languages every text of Acuerdo exists in.
type Language string

// The languages, as ISO 639-1 codes.
const (
	Spanish    Language = "es"
	English    Language = "en"
	Portuguese Language = "pt"
)

// Languages lists every language, in the order that language links are shown.
var Languages = []Language{Spanish, English, Portuguese}

// ParseLanguage accepts a code or a tag in any case ("es", "pt-BR", "EN_us").
func ParseLanguage(s string) (Language, bool) {
	base, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(s), "_", "-"), "-")
	for _, l := range Languages {
		if strings.EqualFold(base, string(l)) {
			return l, true
		}
	}
	return "", false
}

// Match picks the best language for an Accept-Language header, or the fallback
// when the header names none of ours.
func Match(acceptLanguage string, fallback Language) Language {
	best, bestQ := fallback, 0.0
	for _, part := range strings.Split(acceptLanguage, ",") {
		tag, params, _ := strings.Cut(part, ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			parsed, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil {
				continue
			}
			q = parsed
		}
		if l, ok := ParseLanguage(tag); ok && q > bestQ {
			best, bestQ = l, q
		}
	}
	return best
}

// Name is the language's own name for itself.
func (l Language) Name() string {
	switch l {
	case English:
		return "English"
	case Portuguese:
		return "Português"
	default:
		return "Español"
	}
}

// Locale is the language a person reads and the country (ISO 3166 alpha-2)
// whose way of writing numbers they are used to. An empty or unknown country
// means the language's own default.
type Locale struct {
	Language Language
	Country  string
}

// Tag is the BCP 47 tag for the lang attribute: "es-CL", or "es" without a
// country.
func (l Locale) Tag() string {
	lang := string(l.Language)
	if lang == "" {
		lang = string(Spanish)
	}
	if len(l.Country) != 2 {
		return lang
	}
	return lang + "-" + strings.ToUpper(l.Country)
}
