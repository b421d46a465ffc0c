package intake

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// FileError says why a file as a whole can't be read, and what to do.
type FileError struct{ Reason string }

func (e *FileError) Error() string { return e.Reason }

func unreadable(format string, args ...any) error { return &FileError{fmt.Sprintf(format, args...)} }

// maxRecord is the longest record in bytes. A quote that is never closed would
// otherwise swallow the rest of the file.
const maxRecord = 1 << 20

const sampleSize = 64 << 10

// decoderOf finds an encoding; nil means that the bytes are UTF-8 already.
func decoderOf(name string) (*encoding.Decoder, error) {
	switch strings.ToLower(strings.NewReplacer("_", "-", " ", "-").Replace(name)) {
	case "", "utf-8", "utf8", "utf-8-sig":
		return nil, nil
	case "windows-1252", "cp1252", "ansi":
		return charmap.Windows1252.NewDecoder(), nil
	case "iso-8859-1", "latin1", "latin-1":
		return charmap.ISO8859_1.NewDecoder(), nil
	case "utf-16", "utf16":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder(), nil
	}
	return nil, wrong("the encoding is %q, write utf-8, windows-1252, iso-8859-1 or utf-16", name)
}

// notText names files that are no CSV by their first bytes.
func notText(head []byte, utf16 bool) error {
	for _, k := range []struct{ magic, what string }{
		{"PK\x03\x04", "an Excel workbook (XLSX) or a ZIP archive"}, {"\xD0\xCF\x11\xE0", "an old Excel workbook (XLS)"},
		{"%PDF", "a PDF"}, {"\x1f\x8b", "compressed with gzip"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return unreadable("the file is %s, not CSV: open it in the program it is from and save or export it as CSV", k.what)
		}
	}
	hasBOM16 := bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF"))
	switch {
	case len(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")))) == 0:
		return unreadable("the file is empty: export it again, with a header and a row for each invoice")
	case hasBOM16 && !utf16:
		return unreadable("the file is UTF-16: write encoding: utf-16 in the mapping, or export it as UTF-8")
	case !utf16 && bytes.IndexByte(head, 0) >= 0:
		return unreadable("the file is not text: export the receivables as CSV")
	}
	return nil
}

// source is an open file: its header is read, its rows come one by one.
type source struct {
	csv    *csv.Reader
	guard  *recordGuard
	header []string
	offset int // lines above what the csv reader sees
}

// openSource checks that the bytes are a CSV file of this mapping and reads its
// header. Errors are *FileError or *MappingError.
func openSource(r io.Reader, m Mapping) (*source, error) {
	comma, err := m.delimiter()
	if err != nil {
		return nil, err
	}
	decoder, err := decoderOf(m.Encoding)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(r, sampleSize)
	head, err := in.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	if err := notText(head, strings.HasPrefix(strings.ToLower(m.Encoding), "utf-16") || strings.EqualFold(m.Encoding, "utf16")); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")) {
		_, _ = in.Discard(3)
	}
	var text io.Reader = in
	if decoder != nil {
		text = decoder.Reader(in)
	}
	s := &source{guard: &recordGuard{in: text}}
	lines := bufio.NewReaderSize(s.guard, sampleSize)
	for range m.SkipLines {
		if _, err := lines.ReadString('\n'); err != nil {
			return nil, unreadable("the file has fewer lines than the mapping's skip_lines, %d", m.SkipLines)
		}
		s.offset++
	}
	s.csv = csv.NewReader(lines)
	s.csv.Comma, s.csv.FieldsPerRecord, s.csv.ReuseRecord = comma, -1, true
	return s, s.readHeader(string(head), comma)
}

func (s *source) readHeader(sample string, comma rune) error {
	record, err := s.csv.Read()
	if err != nil {
		return unreadable("the header can't be read: %v", err)
	}
	for _, h := range record {
		if !utf8.ValidString(h) {
			return unreadable("the header is not UTF-8: write encoding: windows-1252 in the mapping, or export the file as UTF-8")
		}
		s.header = append(s.header, strings.TrimSpace(h))
	}
	if len(s.header) > 1 {
		return nil
	}
	better := sniffDelimiter(sample)
	if better != comma && strings.ContainsRune(s.header[0], better) {
		return unreadable("the header has one column only, %q; its columns seem to be separated by %q: write delimiter: %q in the mapping",
			cut(s.header[0], 60), string(better), delimiterName(better))
	}
	return unreadable("the header has one column only, %q: check the mapping's delimiter and skip_lines", cut(s.header[0], 60))
}

// next is the next record with the line it starts on. A record that can't be
// parsed comes with the reason; io.EOF ends the file.
func (s *source) next() (record []string, line int, reason string, err error) {
	for {
		s.guard.allowance = maxRecord + sampleSize
		record, err = s.csv.Read()
		var broken *csv.ParseError
		switch {
		case errors.As(err, &broken):
			return nil, broken.StartLine + s.offset, "has a quote in the wrong place (line " + fmt.Sprint(broken.Line+s.offset) +
				`); a quote inside a quoted cell is written twice`, nil
		case err != nil:
			return nil, 0, "", err
		}
		if slices.ContainsFunc(record, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			line, _ = s.csv.FieldPos(0)
			return record, line + s.offset, "", nil
		}
	}
}

// recordGuard stops a reader that asks for more than one record may hold.
type recordGuard struct {
	in        io.Reader
	allowance int
	started   bool
}

var errLongRecord = errors.New("a record is longer than 1 MB: a quote is opened and not closed")

func (g *recordGuard) Read(p []byte) (int, error) {
	if !g.started {
		g.started, g.allowance = true, maxRecord+sampleSize
	}
	if g.allowance <= 0 {
		return 0, errLongRecord
	}
	n, err := g.in.Read(p)
	g.allowance -= n
	return n, err
}

// index finds a header; the name may differ in case, accents and punctuation
// where that is not ambiguous.
func index(header []string, name string) (int, error) {
	var exact, alike []int
	for i, h := range header {
		if h == strings.TrimSpace(name) {
			exact = append(exact, i)
		}
		if fold(h) == fold(name) && fold(name) != "" {
			alike = append(alike, i)
		}
	}
	if len(exact) == 0 {
		exact = alike
	}
	switch len(exact) {
	case 1:
		return exact[0], nil
	case 0:
		return 0, fmt.Errorf("the file has no such column; it has %s", quoteList(header))
	default:
		return 0, errors.New("the file has several columns of that name: rename one")
	}
}

func quoteList(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = fmt.Sprintf("%q", cut(n, 60))
	}
	return strings.Join(q, ", ")
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
