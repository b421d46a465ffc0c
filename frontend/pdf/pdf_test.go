package pdf_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/acuerdo/acuerdo/frontend/pdf"
	"github.com/acuerdo/acuerdo/frontend/storybook"
	"github.com/acuerdo/acuerdo/locale"
)

const hostile = "<script>alert(1)</script> áñç€ R$ \x00\u202e😀 (\\) {{.X}} %d"

func documents(lang locale.Language, supplied string) map[string]func() ([]byte, error) {
	return map[string]func() ([]byte, error){
		"statement": func() ([]byte, error) { return pdf.Statement(storybook.Statement(lang, supplied)) },
		"agreement": func() ([]byte, error) { return pdf.Agreement(storybook.Agreement(lang, supplied)) },
		"receipt":   func() ([]byte, error) { return pdf.Receipt(storybook.Receipt(lang, supplied)) },
	}
}

func TestDocumentsAreTheSameBytesForTheSameView(t *testing.T) {
	t.Parallel()
	for _, lang := range locale.Languages {
		for _, supplied := range []string{"", hostile} {
			for name, make := range documents(lang, supplied) {
				first, err := make()
				if err != nil {
					t.Fatalf("%s %s: %v", name, lang, err)
				}
				second, err := make()
				if err != nil || !bytes.Equal(first, second) {
					t.Errorf("%s %s: two documents of one view differ (%v)", name, lang, err)
				}
				if !bytes.HasPrefix(first, []byte("%PDF-")) || len(first) > 250_000 {
					t.Errorf("%s %s: %d bytes that begin %q", name, lang, len(first), first[:8])
				}
				if dir := os.Getenv("ACUERDO_PDF_DIR"); dir != "" && supplied == "" {
					if err := os.WriteFile(dir+"/"+name+"-"+string(lang)+".pdf", first, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}
