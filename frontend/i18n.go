package frontend

import (
	"embed"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/locale"
)

//go:embed translations/*.toml
var translationFiles embed.FS

// catalog holds each language's messages by key. go-i18n reads the files; they
// are kept flat because its own lookup matches language tags on every call,
// which a page with a hundred texts can't afford.
var catalog = mustLoadCatalog()

func mustLoadCatalog() map[locale.Language]map[string]*i18n.Message {
	out := map[locale.Language]map[string]*i18n.Message{}
	for _, lang := range locale.Languages {
		path := "translations/" + string(lang) + ".toml"
		data, err := translationFiles.ReadFile(path)
		if err != nil {
			panic(err)
		}
		file, err := i18n.ParseMessageFileBytes(data, path, map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
		if err != nil {
			panic(fmt.Sprintf("%s: %v", path, err))
		}
		out[lang] = make(map[string]*i18n.Message, len(file.Messages))
		for _, m := range file.Messages {
			out[lang][m.ID] = m
		}
	}
	return out
}

// T is a text in a language. Placeholders {{.Name}} are filled from params: a
// Money, clock.Date, time.Time, int or int64 as the language's default country
// writes it, anything else as text. A missing key is its own text, so that the
// gap is seen; a test keeps it from happening.
func T(lang locale.Language, key string, params map[string]any) string {
	return Text(locale.Locale{Language: lang}, nil, key, params)
}

// TN is T for a count: it picks the plural form and fills {{.Count}}.
func TN(lang locale.Language, key string, count int64, params map[string]any) string {
	return textN(locale.Locale{Language: lang}, nil, key, count, params)
}

// Has tells whether a text exists.
func Has(key string) bool { return catalog[locale.English][key] != nil }

// Text is T for a reader: values are written as their country does, instants in
// their zone (UTC when nil).
func Text(l locale.Locale, zone *time.Location, key string, params map[string]any) string {
	m := lookup(l.Language, key)
	if m == nil {
		return key
	}
	return fill(m.Other, l, zone, params)
}

func textN(l locale.Locale, zone *time.Location, key string, count int64, params map[string]any) string {
	m := lookup(l.Language, key)
	if m == nil {
		return key
	}
	all := map[string]any{"Count": count}
	for k, v := range params {
		all[k] = v
	}
	text := m.Other
	switch l.Plural(count) {
	case "one":
		text = m.One
	case "many":
		text = m.Many
	}
	if text == "" {
		text = m.Other
	}
	return fill(text, l, zone, all)
}

func lookup(lang locale.Language, key string) *i18n.Message {
	if messages, ok := catalog[lang]; ok {
		return messages[key]
	}
	return catalog[locale.Spanish][key]
}

// fill replaces placeholders by localised values; an unknown one becomes "…".
func fill(text string, l locale.Locale, zone *time.Location, params map[string]any) string {
	if !strings.Contains(text, "{{.") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{{.")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}}")
		value, ok := params[name]
		if !ok {
			value = "…"
		}
		b.WriteString(localised(value, l, zone))
		text = after
	}
}

func localised(value any, l locale.Locale, zone *time.Location) string {
	switch v := value.(type) {
	case string:
		return v
	case Money:
		return l.Money(v.Minor, v.Currency)
	case clock.Date:
		return l.Date(v)
	case time.Time:
		return l.DateTime(v, zone)
	case int:
		return l.Int(int64(v))
	case int64:
		return l.Int(v)
	case BasisPoints:
		return l.Percent(int64(v))
	default:
		return fmt.Sprint(v)
	}
}

// BasisPoints is a parameter written as a percentage: 250 is "2,5 %".
type BasisPoints int64

// Keys lists every key, sorted.
func Keys() []string {
	keys := make([]string, 0, len(catalog[locale.English]))
	for k := range catalog[locale.English] {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
