package locale

import (
	"strings"
	"time"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/en"
	"github.com/go-playground/locales/en_GB"
	"github.com/go-playground/locales/en_IE"
	"github.com/go-playground/locales/en_US"
	"github.com/go-playground/locales/es"
	"github.com/go-playground/locales/es_CL"
	"github.com/go-playground/locales/es_ES"
	"github.com/go-playground/locales/es_MX"
	"github.com/go-playground/locales/pt"
	"github.com/go-playground/locales/pt_BR"
	"github.com/go-playground/locales/pt_PT"

	"github.com/acuerdo/acuerdo/clock"
)

// calendars are CLDR's date words and orders. Only those that differ from
// their language's default are listed.
var calendars = map[string]locales.Translator{
	"es": es.New(), "es-ES": es_ES.New(), "es-CL": es_CL.New(), "es-MX": es_MX.New(),
	"en": en.New(), "en-US": en_US.New(), "en-GB": en_GB.New(), "en-IE": en_IE.New(),
	"pt": pt.New(), "pt-BR": pt_BR.New(), "pt-PT": pt_PT.New(),
}

func (l Locale) calendar() locales.Translator {
	if c, ok := calendars[l.Tag()]; ok {
		return c
	}
	if l.Language == English && len(l.Country) == 2 {
		return calendars["en-GB"] // day before month, as everywhere but in the US
	}
	if c, ok := calendars[string(l.Language)]; ok {
		return c
	}
	return calendars["es"]
}

// noon keeps a civil date the same day in whatever zone it is formatted.
func noon(d clock.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC)
}

// Date writes a date in full: "3 de marzo de 2026". No date is "".
func (l Locale) Date(d clock.Date) string {
	if d.IsZero() {
		return ""
	}
	return l.calendar().FmtDateLong(noon(d))
}

// ShortDate writes a date for tables, month first only where the month is a
// word: "3 mar. 2026", "03-03-2026" in Chile, "03/03/2026" in Portuguese (whose
// medium form in CLDR is as long as the long one).
func (l Locale) ShortDate(d clock.Date) string {
	if d.IsZero() {
		return ""
	}
	if l.Language == Portuguese {
		return noon(d).Format("02/01/2006")
	}
	return l.calendar().FmtDateMedium(noon(d))
}

// WeekdayDate writes a date with its weekday: "viernes, 12 de junio de 2026".
func (l Locale) WeekdayDate(d clock.Date) string {
	if d.IsZero() {
		return ""
	}
	return l.calendar().FmtDateFull(noon(d))
}

// DateTime writes an instant in a zone (UTC when nil) with the zone's name:
// "12 de junio de 2026, 14:05 CEST".
func (l Locale) DateTime(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return l.Date(clock.DateIn(t, orUTC(zone))) + ", " + l.Time(t, zone) + " " + zoneName(t.In(orUTC(zone)))
}

// Time writes the time of day in a zone (UTC when nil), without its name.
func (l Locale) Time(t time.Time, zone *time.Location) string {
	t = t.In(orUTC(zone))
	if strings.EqualFold(l.Country, "US") || (l.Country == "" && l.Language == English) {
		return t.Format("3:04" + nbsp + "PM")
	}
	return t.Format("15:04")
}

func orUTC(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}

// zoneName is the zone's abbreviation, or its offset where the zone database
// has none ("-04" in Santiago becomes "UTC-4").
func zoneName(t time.Time) string {
	name := t.Format("MST")
	if name == "" || (name[0] != '+' && name[0] != '-') {
		return name
	}
	hours := strings.TrimLeft(name[1:], "0")
	if hours == "" {
		return "UTC"
	}
	return "UTC" + name[:1] + hours
}

// Plural is the CLDR plural form of a count: "one", "many" or "other".
func (l Locale) Plural(n int64) string {
	switch l.calendar().CardinalPluralRule(float64(n), 0) {
	case locales.PluralRuleOne:
		return "one"
	case locales.PluralRuleMany:
		return "many"
	default:
		return "other"
	}
}
