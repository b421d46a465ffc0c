package reminders_test

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/acuerdo/acuerdo/locale"
	"github.com/acuerdo/acuerdo/reminders"
)

// sample are the variables of every kind together; each test changes some.
func sample(changes reminders.Vars) reminders.Vars {
	vars := reminders.Vars{
		"creditor_name": "Luz Clara", "creditor_legal_name": "Luz Clara S.L.", "creditor_phone": "+34 910 000 000",
		"creditor_email": "pagos@luzclara.example", "creditor_website": "https://luzclara.example", "colour": "#0b6e4f",
		"debtor_name": "María Peña", "case_ref": "7KQX-3M9P", "link": "https://pay.example/l/tok_en-1", "opt_out_url": "",
		"amount": "123,45 €", "due_on": "3 de marzo de 2026", "invoice_count": 2, "days_late": 7,
		"code": "493021", "minutes": 10,
		"agreement_kind": "plan", "total": "300,00 €", "discount": "", "agreed_on": "1 de marzo de 2026", "has_document": true,
		"schedule":         []map[string]any{{"due_on": "2 de abril", "amount": "100,00 €"}, {"due_on": "2 de mayo", "amount": "200,00 €"}},
		"instalment_count": 2,
		"paid_on":          "1 de marzo de 2026", "balance": "50,00 €", "nothing_left": false, "next_amount": "25,00 €", "next_due_on": "4 de mayo",
		"in_agreement": true, "number": 1, "count": 3, "last_day": "9 de marzo", "ends_on": "10 de marzo", "late": false,
		"ended_on": "10 de marzo",
	}
	maps.Copy(vars, changes)
	return vars
}

// variants are the turns that templates take.
var variants = []reminders.Vars{
	{},
	{"debtor_name": "", "days_late": 0, "invoice_count": 1, "discount": "10,00 €", "late": true, "nothing_left": true, "count": 1,
		"has_document": false, "instalment_count": 1, "opt_out_url": "https://pay.example/l/tok_en-1/stop", "creditor_phone": "", "creditor_website": ""},
	{"in_agreement": false, "invoice_count": 1, "creditor_legal_name": "Luz Clara"},
	{"days_late": 0, "invoice_count": 3},
}

// unfinished is what a message must never show.
var unfinished = regexp.MustCompile(`\{[{%]|[%}]\}|<no value>|ZgotmplZ| ,| \.( |$)|\(\)|^\s*\*`)

func TestEveryMessageIsCompleteInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range locale.Languages {
		for _, kind := range reminders.Kinds {
			for i, v := range variants {
				t.Run(fmt.Sprintf("%s/%s/%d", l, kind, i), func(t *testing.T) {
					vars := sample(v)
					text, err := reminders.Render(kind, reminders.Email, l, vars)
					if err != nil {
						t.Fatal(err)
					}
					for part, s := range map[string]string{"subject": text.Subject, "text": text.Text, "html": text.HTML} {
						if s == "" || unfinished.MatchString(s) && part != "html" || strings.Contains(s, "{{") || strings.Contains(s, "ZgotmplZ") {
							t.Errorf("the %s is not finished: %q at %q", part, s, unfinished.FindString(s))
						}
					}
					doc, err := goquery.NewDocumentFromReader(strings.NewReader(text.HTML))
					if err != nil {
						t.Fatal(err)
					}
					if lang, _ := doc.Find("html").Attr("lang"); lang != string(l) {
						t.Errorf("lang is %q", lang)
					}
					sameWords(t, text, doc)
					if kind != reminders.Code {
						if href, _ := doc.Find("a").First().Attr("href"); href != vars["link"] || !strings.Contains(text.Text, href) {
							t.Errorf("the button leads to %q", href)
						}
					}
					for _, name := range []string{"creditor_legal_name", "case_ref", "creditor_phone"} {
						if value := vars[name].(string); !strings.Contains(text.Text, value) {
							t.Errorf("how to check lacks %s", name)
						}
					}
				})
			}
		}
	}
}

// sameWords: whoever reads only the text part reads everything.
func sameWords(t *testing.T, text reminders.Text, doc *goquery.Document) {
	t.Helper()
	doc.Find("body p, body li, body h2").Each(func(i int, s *goquery.Selection) {
		if words := strings.Join(strings.Fields(s.Text()), " "); i > 0 && !strings.Contains(text.Text, words) {
			t.Errorf("the text part lacks %q", words)
		}
	})
}

func TestSubjectsSayNothingOfTheDebt(t *testing.T) {
	t.Parallel()
	for _, l := range locale.Languages {
		for _, kind := range reminders.Kinds {
			text, err := reminders.Render(kind, reminders.Email, l, sample(nil))
			if err != nil {
				t.Fatal(err)
			}
			for _, private := range []string{"123,45", "300,00", "50,00", "493021", "María", "7KQX"} {
				if strings.Contains(text.Subject, private) {
					t.Errorf("%s/%s: the subject shows %q: %s", l, kind, private, text.Subject)
				}
			}
		}
	}
}

func TestOnlyRemindersOfferToStop(t *testing.T) {
	t.Parallel()
	stop := "https://pay.example/l/tok_en-1/stop"
	with, err := reminders.Render(reminders.Reminder, reminders.Email, locale.Spanish, sample(reminders.Vars{"opt_out_url": stop}))
	if err != nil {
		t.Fatal(err)
	}
	without, err := reminders.Render(reminders.Receipt, reminders.Email, locale.Spanish, sample(nil))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(with.Text, stop) || !strings.Contains(with.HTML, `href="`+stop) {
		t.Error("a reminder can't be stopped")
	}
	if strings.Contains(without.Text, "/stop") || strings.Contains(without.HTML, "recordatorios") {
		t.Error("a receipt speaks of stopping")
	}
}

func TestNoValueBecomesMarkup(t *testing.T) {
	t.Parallel()
	evil := "<script>alert(1)</script>\r\nBcc: x@evil.example\r\n\r\n# Pay here\n=> https://evil.example | Pay {{ code }} \u202egnp"
	for _, l := range locale.Languages {
		for _, kind := range reminders.Kinds {
			vars := sample(reminders.Vars{"debtor_name": evil, "creditor_name": evil, "colour": "red;background:url(//evil)"})
			text, err := reminders.Render(kind, reminders.Email, l, vars)
			if err != nil {
				t.Fatal(err)
			}
			if strings.ContainsAny(text.Subject, "\r\n\u202e") || len([]rune(text.Subject)) > 150 {
				t.Errorf("%s/%s: subject %q", l, kind, text.Subject)
			}
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(text.HTML))
			if err != nil {
				t.Fatal(err)
			}
			if doc.Find("script").Length() != 0 || doc.Find(`a[href*="evil"]`).Length() != 0 || strings.Contains(text.HTML, "//evil)") {
				t.Errorf("%s/%s: a value became markup", l, kind)
			}
			if strings.Contains(text.Text, "\n# Pay here") || strings.Contains(text.Text, "\nhttps://evil") || strings.Contains(text.Text, "\nBcc:") {
				t.Errorf("%s/%s: a value began a line of the text part", l, kind)
			}
			if kind != reminders.Code && strings.Contains(text.Text, "493021") {
				t.Errorf("%s/%s: a value was read as a template", l, kind)
			}
		}
	}
}

func TestAMissingVariableIsAnError(t *testing.T) {
	t.Parallel()
	vars := sample(nil)
	delete(vars, "amount")
	if _, err := reminders.Render(reminders.Receipt, reminders.Email, locale.English, vars); err == nil {
		t.Error("a receipt was written without its amount")
	}
}

func TestATextMessageIsOneShortLine(t *testing.T) {
	t.Parallel()
	for _, l := range locale.Languages {
		text, err := reminders.Render(reminders.Code, reminders.SMS, l, sample(nil))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.Text, "493021") || strings.Contains(text.Text, "\n") || len([]rune(text.Text)) > 140 || text.HTML != "" {
			t.Errorf("%s: %q", l, text.Text)
		}
	}
}
