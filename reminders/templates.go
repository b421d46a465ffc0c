package reminders

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/osteele/liquid"

	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/locale"
)

// A template file is Liquid. Its first line is the subject; then come blocks
// with an empty line between them. What a block is, its source says, so no
// value can turn into one:
//
//	# a heading        * a list, one item a line      => {{ link }} | a button
//	! a code           -- small print                 -> {{ link }} | a plain link
//
// and anything else is a paragraph.
// A block that renders to nothing is left out. The text part and the HTML part
// are made of the same blocks, so both are always complete; html/template
// escapes every one of them.
//
//go:embed templates
var templateFiles embed.FS

// Text is a message in words.
type Text struct{ Subject, Text, HTML string }

// block is a rendered part of a message.
type block struct {
	Kind  string // p, h, ul, button, link, code, small
	Text  string
	URL   string
	Items []string
}

type blockSource struct {
	kind string
	text *liquid.Template
	url  *liquid.Template
}

type messageSource struct {
	subject *liquid.Template
	blocks  []blockSource
}

var (
	leadingTags = regexp.MustCompile(`^(\{%-?[^%]*%\}\s*)+`)
	blankLine   = regexp.MustCompile(`\n[ \t]*\n`)
)

// sources are the parsed templates by "es/reminder", parsed once.
var sources = sync.OnceValues(func() (map[string]messageSource, error) {
	engine := liquid.NewEngine()
	engine.StrictVariables() // a misspelt variable must fail a test, not write a gap
	parsed := map[string]messageSource{}
	for _, l := range locale.Languages {
		dir := "templates/" + string(l)
		entries, err := templateFiles.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			data, err := templateFiles.ReadFile(dir + "/" + e.Name())
			if err != nil {
				return nil, err
			}
			name := string(l) + "/" + strings.TrimSuffix(e.Name(), ".liquid")
			if parsed[name], err = parseSource(engine, string(data)); err != nil {
				return nil, fmt.Errorf("reminders: %s: %w", name, err)
			}
		}
	}
	return parsed, nil
})

func parseSource(engine *liquid.Engine, source string) (messageSource, error) {
	var m messageSource
	first, rest, _ := strings.Cut(strings.TrimSpace(source), "\n")
	subject, ok := strings.CutPrefix(first, "Subject:")
	if !ok {
		return m, fmt.Errorf("the first line is no subject")
	}
	var err error
	if m.subject, err = parse(engine, strings.TrimSpace(subject)); err != nil {
		return m, err
	}
	for _, part := range blankLine.Split(strings.TrimSpace(rest), -1) {
		b, err := parseBlock(engine, strings.TrimSpace(part))
		if err != nil {
			return m, err
		}
		m.blocks = append(m.blocks, b)
	}
	return m, nil
}

func parse(engine *liquid.Engine, source string) (*liquid.Template, error) {
	t, err := engine.ParseString(source)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// parseBlock reads a block's kind from its mark, which may stand behind tags.
func parseBlock(engine *liquid.Engine, source string) (b blockSource, err error) {
	tags := leadingTags.FindString(source)
	marked := source[len(tags):]
	b.kind = "p"
	for _, mark := range []struct{ sign, kind string }{{"# ", "h"}, {"! ", "code"}, {"-- ", "small"}, {"* ", "ul"}, {"=> ", "button"}, {"-> ", "link"}} {
		if rest, ok := strings.CutPrefix(marked, mark.sign); ok {
			b.kind, marked = mark.kind, rest
			break
		}
	}
	switch b.kind {
	case "ul":
		marked = "* " + marked // each line keeps its mark until it is rendered
	case "button", "link":
		url, label, ok := strings.Cut(marked, " | ")
		if !ok {
			return b, fmt.Errorf("the button %q has no label", marked)
		}
		if b.url, err = parse(engine, strings.TrimSpace(url)); err != nil {
			return b, err
		}
		marked = label
	}
	b.text, err = parse(engine, tags+marked)
	return b, err
}

// words renders one template; Liquid's own error type stays here.
func words(t *liquid.Template, vars liquid.Bindings) (string, error) {
	s, err := t.RenderString(vars)
	if err != nil {
		return "", err
	}
	return s, nil
}

// render gives the block's words; a value never holds a line break, so lines are the template's own.
func (b blockSource) render(vars liquid.Bindings) (block, error) {
	text, err := words(b.text, vars)
	if err != nil {
		return block{}, err
	}
	out := block{Kind: b.kind}
	if b.url != nil {
		url, err := words(b.url, vars)
		if err != nil {
			return block{}, err
		}
		out.URL = strings.TrimSpace(url)
	}
	if b.kind != "ul" {
		out.Text = strings.Join(strings.Fields(text), " ")
		return out, nil
	}
	for _, line := range strings.Split(text, "\n") {
		if item := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "* ")); item != "" && item != "*" {
			out.Items = append(out.Items, item)
		}
	}
	return out, nil
}

func (b block) empty() bool {
	return b.Text == "" && len(b.Items) == 0 || (b.Kind == "button" || b.Kind == "link") && b.URL == ""
}

// Render writes a message of a kind in a language. A variable that the
// template needs and vars lack is an error.
func Render(kind Kind, channel Channel, language locale.Language, vars Vars) (Text, error) {
	name := string(language) + "/" + string(kind)
	if channel == SMS {
		name += "_sms"
	}
	all, err := sources()
	if err != nil {
		return Text{}, fault.Wrap(err, fault.Internal, "internal")
	}
	source, ok := all[name]
	if !ok {
		return Text{}, fault.Newf(fault.Internal, "internal", "reminders: there is no template %s", name)
	}
	clean := liquid.Bindings(oneLine(map[string]any(vars)).(map[string]any))
	text, err := source.write(clean, channel, all[string(language)+"/footer"], language)
	if err != nil {
		return Text{}, fault.Newf(fault.Internal, "internal", "reminders: %s: %w", name, err)
	}
	return text, nil
}

func (m messageSource) write(vars liquid.Bindings, channel Channel, footer messageSource, language locale.Language) (Text, error) {
	subject, err := words(m.subject, vars)
	if err != nil {
		return Text{}, err
	}
	body, err := renderAll(m.blocks, vars)
	if err != nil {
		return Text{}, err
	}
	if channel == SMS {
		return Text{Subject: subjectLine(subject), Text: plain(body)}, nil
	}
	if len(footer.blocks) == 0 {
		return Text{}, fmt.Errorf("there is no footer")
	}
	end, err := renderAll(footer.blocks, vars)
	if err != nil {
		return Text{}, err
	}
	t := Text{Subject: subjectLine(subject), Text: plain(body) + "\n\n---\n\n" + plain(end) + "\n"}
	var html bytes.Buffer
	colour, ink := brand(fmt.Sprint(vars["colour"]))
	err = layout.Execute(&html, map[string]any{
		"Subject": t.Subject, "Language": string(language), "Creditor": vars["creditor_name"],
		"Colour": colour, "Ink": ink, "Body": body, "Footer": end,
	})
	t.HTML = html.String()
	return t, err
}

func renderAll(sources []blockSource, vars liquid.Bindings) ([]block, error) {
	var blocks []block
	for _, source := range sources {
		b, err := source.render(vars)
		if err != nil {
			return nil, err
		}
		if !b.empty() {
			blocks = append(blocks, b)
		}
	}
	return blocks, nil
}

// plain is the text part.
func plain(blocks []block) string {
	parts := make([]string, len(blocks))
	for i, b := range blocks {
		switch b.Kind {
		case "ul":
			parts[i] = "- " + strings.Join(b.Items, "\n- ")
		case "button", "link":
			parts[i] = b.Text + ":\n" + b.URL
		case "code":
			parts[i] = "    " + b.Text
		default:
			parts[i] = b.Text
		}
	}
	return strings.Join(parts, "\n\n")
}

// subjectLine lets no value add a header or hide the rest of the subject.
func subjectLine(s string) string {
	s = strings.Join(strings.Fields(strip(s)), " ")
	if runes := []rune(s); len(runes) > 150 {
		s = string(runes[:149]) + "…"
	}
	return s
}

// strip replaces control characters, line breaks and marks that turn the
// direction of writing, with which a name can pretend to be another.
func strip(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// oneLine strips every text within a value.
func oneLine(v any) any {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(strip(v))
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = oneLine(e)
		}
		return out
	case []map[string]any:
		out := make([]map[string]any, len(v))
		for i, e := range v {
			out[i] = oneLine(e).(map[string]any)
		}
		return out
	}
	return v
}

// layout is the frame of the HTML part.
var layout = template.Must(template.New("layout.html").Funcs(template.FuncMap{
	"dict": func(b block, colour, ink string) map[string]any {
		return map[string]any{"Block": b, "Colour": colour, "Ink": ink}
	},
}).ParseFS(templateFiles, "templates/layout.html"))
