// Package pdf writes the documents a debtor keeps: the statement, the agreement
// with its evidence, and the receipt. The same view gives the same bytes. The
// letters are the Go fonts, embedded, which cover Latin, Greek and Cyrillic.
package pdf

import (
	"regexp"
	"strings"
	"time"

	"github.com/johnfercher/maroto/v2"
	"github.com/johnfercher/maroto/v2/pkg/components/col"
	"github.com/johnfercher/maroto/v2/pkg/components/line"
	"github.com/johnfercher/maroto/v2/pkg/components/text"
	"github.com/johnfercher/maroto/v2/pkg/config"
	"github.com/johnfercher/maroto/v2/pkg/consts/align"
	"github.com/johnfercher/maroto/v2/pkg/consts/fontstyle"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"
	"github.com/johnfercher/maroto/v2/pkg/repository"
	"github.com/phpdave11/gofpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/acuerdo/acuerdo/frontend"
)

const family = "go"

var (
	muted = &props.Color{Red: 84, Green: 93, Blue: 102}
	rule  = &props.Color{Red: 213, Green: 217, Blue: 222}
	fonts = mustFonts()
)

func mustFonts() []*entity.CustomFont {
	loaded, err := repository.New().
		AddUTF8FontFromBytes(family, fontstyle.Normal, goregular.TTF).
		AddUTF8FontFromBytes(family, fontstyle.Bold, gobold.TTF).
		Load()
	if err != nil {
		panic(err)
	}
	// Objects in a sorted order: the same document is the same bytes.
	gofpdf.SetDefaultCatalogSort(true)
	return loaded
}

// sheet is a document in the making; it keeps layout out of the documents.
type sheet struct {
	m    core.Maroto
	at   time.Time
	page frontend.Page
}

func newSheet(p frontend.Page, title string, at time.Time) *sheet {
	at = at.UTC().Truncate(time.Second)
	cfg := config.NewBuilder().
		WithLeftMargin(20).WithRightMargin(20).WithTopMargin(18).WithBottomMargin(18).
		WithCustomFonts(fonts).
		WithDefaultFont(&props.Font{Family: family, Size: 10}).
		WithPageNumber(props.PageNumber{
			Pattern: p.T("pdf.page", "Current", "{current}", "Total", "{total}"), Place: props.RightBottom, Family: family, Size: 8, Color: muted,
		}).
		WithTitle(clean(title), true).WithAuthor(clean(p.Brand.Name), true).WithCreator("Acuerdo", true).
		WithCreationDate(at).WithCompression(true).
		Build()
	s := &sheet{m: maroto.New(cfg), at: at, page: p}
	s.m.AddAutoRow(
		text.NewCol(7, clean(p.Brand.Name), props.Text{Style: fontstyle.Bold, Size: 12}),
		text.NewCol(5, clean(contact(p.Brand)), props.Text{Size: 8, Align: align.Right, Color: muted}),
	)
	s.m.AddAutoRow(text.NewCol(12, clean(title), props.Text{Style: fontstyle.Bold, Size: 20, Top: 8, Bottom: 3}))
	return s
}

func contact(b frontend.Brand) string {
	var parts []string
	for _, part := range []string{b.Address, b.Phone, b.Email} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " · ")
}

func (s *sheet) para(value string) {
	s.m.AddAutoRow(text.NewCol(12, clean(value), props.Text{Top: 1, Bottom: 1, VerticalPadding: 1}))
}

func (s *sheet) note(value string) {
	s.m.AddAutoRow(text.NewCol(12, clean(value), props.Text{Top: .5, Bottom: .5, Size: 9, Color: muted, VerticalPadding: 1}))
}

func (s *sheet) item(value string) {
	s.m.AddAutoRow(
		text.NewCol(1, "•", props.Text{Top: .7, Left: 8}),
		text.NewCol(11, clean(value), props.Text{Top: .7, Bottom: .7, VerticalPadding: 1}),
	)
}

func (s *sheet) heading(value string) {
	s.m.AddAutoRow(text.NewCol(12, clean(value), props.Text{Style: fontstyle.Bold, Size: 12, Top: 6, Bottom: 1.5}))
}

// amount is the one figure the document is about.
func (s *sheet) amount(label, value string) {
	s.m.AddAutoRow(text.NewCol(12, clean(label), props.Text{Color: muted, Top: 3}))
	s.m.AddAutoRow(text.NewCol(12, clean(value), props.Text{Style: fontstyle.Bold, Size: 24, Top: 1, Bottom: 3}))
}

// fact is a label and its value; an empty value leaves the line out.
func (s *sheet) fact(label, value string) {
	if value == "" {
		return
	}
	s.m.AddAutoRow(
		text.NewCol(5, clean(label), props.Text{Color: muted, Top: 1, Bottom: 1}),
		text.NewCol(7, breakable(clean(value)), props.Text{Top: 1, Bottom: 1, VerticalPadding: .7}),
	)
	s.line()
}

// widest is how many letters of one word fit beside a label.
const widest = 40

// breakable parts words that are wider than the column, such as a hash: lines
// break at spaces only.
func breakable(value string) string {
	words := strings.Fields(value)
	for i, w := range words {
		var parts []string
		for r := []rune(w); len(r) > 0; r = r[min(widest, len(r)):] {
			parts = append(parts, string(r[:min(widest, len(r))]))
		}
		words[i] = strings.Join(parts, " ")
	}
	return strings.Join(words, " ")
}

// sum is a label and an amount on the right.
func (s *sheet) sum(label, value string, strong bool) {
	style := fontstyle.Normal
	if strong {
		style = fontstyle.Bold
	}
	s.m.AddAutoRow(
		text.NewCol(8, clean(label), props.Text{Style: style, Top: 1, Bottom: 1}),
		text.NewCol(4, clean(value), props.Text{Style: style, Align: align.Right, Top: 1, Bottom: 1}),
	)
	s.line()
}

func (s *sheet) line() {
	s.m.AddRows(line.NewRow(.6, props.Line{Color: rule, Thickness: .2, SizePercent: 100}))
}

// column is one column of a table: its share of twelve, and which side it keeps to.
type column struct {
	size  int
	right bool
}

// row is one line of a table.
func (s *sheet) row(columns []column, cells []string, head bool) {
	cols := make([]core.Col, len(columns))
	for i, c := range columns {
		t := props.Text{Size: 9, Top: 1, Bottom: 1, Right: 2, VerticalPadding: .7}
		if c.right {
			t.Align, t.Right = align.Right, 0
		}
		if head {
			t.Color, t.Size = muted, 8
		}
		cols[i] = col.New(c.size).Add(text.New(clean(cells[i]), t))
	}
	s.m.AddAutoRow(cols...)
	s.line()
}

// modified is when gofpdf says the file changed; it can't be set per document,
// so it is overwritten by the creation date, which has the same length.
var modified = regexp.MustCompile(`/ModDate \(D:\d{14}\)`)

func (s *sheet) bytes() ([]byte, error) {
	doc, err := s.m.Generate()
	if err != nil {
		return nil, err
	}
	return modified.ReplaceAll(doc.GetBytes(), []byte("/ModDate (D:"+s.at.Format("20060102150405")+")")), nil
}

// clean makes any text fit for the page: no control characters, and nothing
// beyond the plane that the PDF writer can index (emoji and the like).
func clean(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r == '\u00a0' || r == '\u202f':
			return ' '
		case r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= '\u200b' && r <= '\u200f') || (r >= '\u202a' && r <= '\u202e'):
			return -1
		case r > 0xffff:
			return '?'
		}
		return r
	}, value)
}
