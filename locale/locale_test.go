package locale_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // also on a machine without a zone database

	"pgregory.net/rapid"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/money"
)

var (
	esES = locale.Locale{Language: locale.Spanish, Country: "ES"}
	esCL = locale.Locale{Language: locale.Spanish, Country: "CL"}
	esMX = locale.Locale{Language: locale.Spanish, Country: "MX"}
	enUS = locale.Locale{Language: locale.English, Country: "US"}
	enGB = locale.Locale{Language: locale.English, Country: "GB"}
	enES = locale.Locale{Language: locale.English, Country: "ES"}
	ptBR = locale.Locale{Language: locale.Portuguese, Country: "BR"}
	ptPT = locale.Locale{Language: locale.Portuguese, Country: "PT"}
)

func spaces(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

func TestMoneyIsWrittenAsTheCountryDoes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		l     locale.Locale
		minor int64
		c     money.Currency
		want  string
	}{
		{esES, 123456, "EUR", "1.234,56 €"},
		{enES, 123456, "EUR", "1.234,56 €"},
		{esES, -5, "EUR", "-0,05 €"},
		{esES, 1000, "CLP", "1.000 CLP"},
		{esCL, 1000, "CLP", "$1.000"},
		{esCL, 123456, "USD", "US$1.234,56"},
		{enUS, 123456, "USD", "$1,234.56"},
		{enUS, -123456, "USD", "-$1,234.56"},
		{enUS, 1000, "CLP", "CLP 1,000"},
		{enGB, 50, "GBP", "£0.50"},
		{ptBR, 123456, "BRL", "R$ 1.234,56"},
		{ptPT, 123456, "EUR", "1 234,56 €"},
		{esMX, 123456789, "MXN", "$1,234,567.89"},
		{locale.Locale{Language: locale.Spanish}, 100, "EUR", "1,00 €"},
		{locale.Locale{}, 9223372036854775807, "EUR", "92.233.720.368.547.758,07 €"},
	} {
		if got := spaces(tc.l.Money(tc.minor, tc.c)); got != tc.want {
			t.Errorf("%v %d %s: got %q, want %q", tc.l, tc.minor, tc.c, got, tc.want)
		}
	}
}

func TestParseMoneyReadsWhatPeopleType(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		l    locale.Locale
		c    money.Currency
		in   string
		want int64
		err  error
	}{
		{esES, "EUR", "1.234,56", 123456, nil},
		{esES, "EUR", "1,234.56", 123456, nil},
		{esES, "EUR", "50", 5000, nil},
		{esES, "EUR", " 50 € ", 5000, nil},
		{esES, "EUR", "EUR 50,5", 5050, nil},
		{esES, "EUR", "12.50", 1250, nil},
		{esES, "EUR", "1.234", 123400, nil},
		{esES, "EUR", "1,234", 0, locale.ErrDecimals},
		{enUS, "USD", "1,234", 123400, nil},
		{enUS, "USD", "1.234", 0, locale.ErrDecimals},
		{enUS, "USD", "$ 50", 5000, nil},
		{enUS, "USD", "50 usd", 5000, nil},
		{esCL, "CLP", "$1.000", 1000, nil},
		{esCL, "CLP", "1000", 1000, nil},
		{esCL, "CLP", "1000,5", 0, locale.ErrDecimals},
		{esCL, "USD", "$50", 5000, nil},
		{ptPT, "EUR", "1 234,56", 123456, nil},
		{ptPT, "EUR", "1.234", 123400, nil},
		{ptBR, "BRL", "r$ 10", 1000, nil},
		{esES, "EUR", "0", 0, nil},
		{esES, "EUR", "-5", 0, locale.ErrNegative},
		{esES, "EUR", "-5,00 €", 0, locale.ErrNegative},
		{esES, "EUR", "", 0, locale.ErrNotAmount},
		{esES, "EUR", "€", 0, locale.ErrNotAmount},
		{esES, "EUR", "abc", 0, locale.ErrNotAmount},
		{esES, "EUR", "1e5", 0, locale.ErrNotAmount},
		{esES, "EUR", "12,", 0, locale.ErrNotAmount},
		{esES, "EUR", "1.2.3", 0, locale.ErrNotAmount},
		{esES, "EUR", "1234.567", 0, locale.ErrNotAmount},
		{esES, "EUR", "12 34", 0, locale.ErrNotAmount},
		{esES, "EUR", "$50", 0, locale.ErrNotAmount},
		{esES, "EUR", "99999999999999999999", 0, locale.ErrTooLarge},
		{esES, "EUR", "10000000000000,01", 0, locale.ErrTooLarge},
	} {
		got, err := tc.l.ParseMoney(tc.in, tc.c)
		if got != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("%v %q %s: got %d, %v; want %d, %v", tc.l, tc.in, tc.c, got, err, tc.want, tc.err)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	countries := []string{"", "ES", "CL", "US", "GB", "IE", "MX", "PT", "BR", "AR", "CO", "PE", "UY", "CR", "FR", "DE", "CA", "DO", "PY", "BO", "XX"}
	currencies := []money.Currency{"EUR", "CLP", "USD", "BRL", "GBP", "MXN", "ARS", "COP", "PEN", "CRC", "JPY", "KWD", "DOP", "PYG", "CAD"}
	rapid.Check(t, func(r *rapid.T) {
		l := locale.Locale{
			Language: rapid.SampledFrom(locale.Languages).Draw(r, "language"),
			Country:  rapid.SampledFrom(countries).Draw(r, "country"),
		}
		c := rapid.SampledFrom(currencies).Draw(r, "currency")
		x := rapid.Int64Range(0, locale.MaxMinor).Draw(r, "minor")
		for _, text := range []string{l.Money(x, c), l.Amount(x, c)} {
			got, err := l.ParseMoney(text, c)
			if err != nil || got != x {
				r.Fatalf("%v %s: %d is written %q and read %d, %v", l, c, x, text, got, err)
			}
		}
		if x > 0 {
			if _, err := l.ParseMoney(l.Money(-x, c), c); !errors.Is(err, locale.ErrNegative) {
				r.Fatalf("%v %s: %q was accepted", l, c, l.Money(-x, c))
			}
		}
	})
}

func TestParseMoneyNeverPanics(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[-$€ .,0-9]{0,24}`)).Draw(r, "s")
		if got, err := esES.ParseMoney(s, "EUR"); err == nil && (got < 0 || got > locale.MaxMinor) {
			r.Fatalf("%q gave %d", s, got)
		}
	})
}

func TestDates(t *testing.T) {
	t.Parallel()
	d := clock.MustDate("2026-06-12")
	for _, tc := range []struct {
		l                   locale.Locale
		long, short, withWD string
	}{
		{esES, "12 de junio de 2026", "12 jun. 2026", "viernes, 12 de junio de 2026"},
		{esCL, "12 de junio de 2026", "12-06-2026", "viernes, 12 de junio de 2026"},
		{enUS, "June 12, 2026", "Jun 12, 2026", "Friday, June 12, 2026"},
		{enGB, "12 June 2026", "12 Jun 2026", "Friday, 12 June 2026"},
		{enES, "12 June 2026", "12 Jun 2026", "Friday, 12 June 2026"},
		{ptBR, "12 de junho de 2026", "12/06/2026", "sexta-feira, 12 de junho de 2026"},
		{ptPT, "12 de junho de 2026", "12/06/2026", "sexta-feira, 12 de junho de 2026"},
	} {
		if got := tc.l.Date(d); got != tc.long {
			t.Errorf("%v long: %q", tc.l, got)
		}
		if got := tc.l.ShortDate(d); got != tc.short {
			t.Errorf("%v short: %q", tc.l, got)
		}
		if got := tc.l.WeekdayDate(d); got != tc.withWD {
			t.Errorf("%v weekday: %q", tc.l, got)
		}
	}
	if got := esES.Date(clock.Date{}); got != "" {
		t.Errorf("no date is %q", got)
	}
}

func TestDateTimeNamesItsZone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 12, 22, 5, 0, 0, time.UTC)
	madrid, santiago, newYork := zone(t, "Europe/Madrid"), zone(t, "America/Santiago"), zone(t, "America/New_York")
	for _, tc := range []struct {
		got, want string
	}{
		{esES.DateTime(at, madrid), "13 de junio de 2026, 00:05 CEST"},
		{esCL.DateTime(at, santiago), "12 de junio de 2026, 18:05 UTC-4"},
		{enUS.DateTime(at, newYork), "June 12, 2026, 6:05 PM EDT"},
		{enGB.DateTime(at, nil), "12 June 2026, 22:05 UTC"},
		{enGB.DateTime(time.Time{}, nil), ""},
	} {
		if spaces(tc.got) != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ got, want string }{
		{esES.Percent(1000), "10 %"}, {esES.Percent(250), "2,5 %"}, {enUS.Percent(1205), "12.05%"}, {ptBR.Percent(-5), "-0,05%"},
		{esES.Int(1234567), "1.234.567"}, {enUS.Int(-1234), "-1,234"}, {enUS.Int(7), "7"},
		{esES.Decimal("2.5"), "2,5"}, {esES.Decimal("1200"), "1.200"}, {esES.Decimal("a < b"), "a < b"}, {esES.Decimal(""), ""},
	} {
		if spaces(tc.got) != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func TestLanguageOfAReader(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]locale.Language{
		"":                          locale.Spanish,
		"fr-FR,fr;q=0.9":            locale.Spanish,
		"pt-BR,pt;q=0.9,en;q=0.8":   locale.Portuguese,
		"fr, en-GB;q=0.7, es;q=0.3": locale.English,
		"en;q=0.1, pt;q=0.8":        locale.Portuguese,
		"en;q=nonsense":             locale.Spanish,
		"*;q=0.5, ;;;,,":            locale.Spanish,
		"ES-419":                    locale.Spanish,
	} {
		if got := locale.Match(header, locale.Spanish); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
	if tag := esCL.Tag(); tag != "es-CL" {
		t.Errorf("tag %q", tag)
	}
	for n, want := range map[int64]string{0: "other", 1: "one", 2: "other", 21: "other"} {
		if got := esES.Plural(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
	if _, ok := locale.ParseLanguage("de"); ok {
		t.Error("German was accepted")
	}
}
