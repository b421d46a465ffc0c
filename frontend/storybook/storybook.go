// Package storybook shows every page with canned data, in each language: for
// eyes (Handler) and for tests (Stories).
package storybook

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/money"
)

// Story is one page in one state.
type Story struct {
	Name string
	Page templ.Component
}

// set is what all stories of one reader share.
type set struct {
	locale  locale.Locale
	debtor  string // anything that a debtor or a creditor's file supplied
	concept string
	cur     money.Currency
	zone    *time.Location
	now     time.Time
	today   clock.Date
}

// Stories is every page for a language. Text that people from outside supply is
// taken from supplied, or made up when it is empty.
func Stories(lang locale.Language, supplied string) []Story {
	s := newSet(lang, supplied)
	return append(append(s.portal(), s.paying()...), s.staff()...)
}

func newSet(lang locale.Language, supplied string) set {
	s := set{
		locale: locale.Locale{Language: lang}, debtor: "Núria Peña Çelik", concept: "Reforma de cocina, 2.ª fase", cur: "EUR",
		zone: time.UTC, now: time.Date(2026, 6, 12, 8, 30, 0, 0, time.UTC), today: clock.MustDate("2026-06-12"),
	}
	switch lang {
	case locale.English:
		s.locale.Country, s.cur, s.debtor, s.concept = "US", "USD", "Margaret O'Neill", "Kitchen refit, second stage"
	case locale.Portuguese:
		s.locale.Country, s.cur, s.debtor, s.concept = "BR", "BRL", "João Conceição", "Reforma da cozinha, 2.ª fase"
	default:
		s.locale.Country = "ES"
	}
	if supplied != "" {
		s.debtor, s.concept = supplied, supplied
	}
	return s
}

func (s set) m(minor int64) frontend.Money { return frontend.Of(minor, s.cur) }

func (s set) page() frontend.Page {
	p := frontend.Page{
		Locale: s.locale, Zone: s.zone, SignedIn: true, RequestID: "01JX3Q",
		Brand: frontend.Brand{
			Slug: "talleres-vega", Name: "Talleres Vega", Colour: "#e8590c", Phone: "+34 910 555 010",
			Email: "cobros@talleresvega.example", Website: "https://talleresvega.example", Address: "Calle Mayor 12, Madrid",
		},
	}
	for _, l := range locale.Languages {
		p.Languages = append(p.Languages, frontend.LanguageLink{Language: l, URL: "?lang=" + string(l)})
	}
	return p
}

func (s set) entry() frontend.Page {
	p := s.page()
	p.SignedIn = false
	return p
}

func (s set) console() frontend.Page {
	p := s.page()
	p.User = &frontend.User{Name: "Lucía Vega", Email: "lucia@talleresvega.example", Role: "admin"}
	p.Demo = &frontend.DemoBar{Now: s.now, Zone: s.zone, Back: "/console"}
	return p
}

func with(p frontend.Page, field, key string, params map[string]any) frontend.Page {
	p.Errors = map[string]frontend.Message{field: {Key: key, Params: params}}
	return p
}

func (s set) schedule(n int, each int64, paid int) []frontend.ScheduleRow {
	rows := make([]frontend.ScheduleRow, n)
	for i := range rows {
		rows[i] = frontend.ScheduleRow{
			ID: fmt.Sprintf("in-%d", i+1), Number: i + 1, Due: s.today.AddMonths(i - paid), Amount: s.m(each),
			State: frontend.InstalmentUpcoming, Paid: s.m(0),
		}
		switch {
		case i < paid:
			rows[i].State, rows[i].Paid, rows[i].PaidOn = frontend.InstalmentPaid, s.m(each), rows[i].Due
		case i == paid:
			rows[i].State, rows[i].PayNow = frontend.InstalmentNext, true
		}
	}
	return rows
}

// Handler lists the stories at its root and shows one at /story/{language}/{name}.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", frontend.Assets())
	mux.HandleFunc("GET /portal/brand/{file}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, frontend.BrandCSS("#e8590c"))
	})
	mux.HandleFunc("GET /story/{lang}/{name}", func(w http.ResponseWriter, r *http.Request) {
		lang, ok := locale.ParseLanguage(r.PathValue("lang"))
		for _, s := range Stories(lang, r.URL.Query().Get("supplied")) {
			if ok && s.Name == r.PathValue("name") {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'")
				_ = s.Page.Render(r.Context(), w)
				return
			}
		}
		http.NotFound(w, r)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		var b strings.Builder
		b.WriteString("<!DOCTYPE html><html lang=en><title>Storybook</title><h1>Storybook</h1><ul>")
		for _, l := range locale.Languages {
			for _, s := range Stories(l, "") {
				path := html.EscapeString(string(l) + "/" + s.Name)
				fmt.Fprintf(&b, `<li><a href="/story/%s">%s</a></li>`, path, path)
			}
		}
		fmt.Fprint(w, b.String()+"</ul></html>")
	})
	return mux
}
