package frontend_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/locale"
)

// message is a text's forms: "other" alone, or "one" and "other".
type message map[string]string

func load(t *testing.T, lang locale.Language) map[string]message {
	t.Helper()
	data, err := os.ReadFile("translations/" + string(lang) + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := toml.Unmarshal(data, &raw); err != nil {
		t.Fatalf("%s: %v", lang, err)
	}
	out := map[string]message{}
	for key, value := range raw {
		switch v := value.(type) {
		case string:
			out[key] = message{"other": v}
		case map[string]any:
			out[key] = message{}
			for form, text := range v {
				out[key][form], _ = text.(string)
			}
		}
	}
	return out
}

var placeholder = regexp.MustCompile(`\{\{\.[A-Z][A-Za-z]*\}\}`)

func placeholders(text string) string {
	found := placeholder.FindAllString(text, -1)
	sort.Strings(found)
	return strings.Join(slices.Compact(found), " ")
}

func TestLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	english := load(t, locale.English)
	for _, lang := range locale.Languages {
		other := load(t, lang)
		for key, want := range english {
			got, ok := other[key]
			if !ok {
				t.Errorf("%s lacks %q", lang, key)
				continue
			}
			for form, text := range want {
				if strings.TrimSpace(got[form]) == "" {
					t.Errorf("%s: %q has no form %q", lang, key, form)
				}
				if placeholders(got[form]) != placeholders(text) {
					t.Errorf("%s: %q has placeholders %q, English has %q", lang, key, placeholders(got[form]), placeholders(text))
				}
				if strings.Count(got[form], "{{") != len(placeholder.FindAllString(got[form], -1)) {
					t.Errorf("%s: %q has an unreadable placeholder: %s", lang, key, got[form])
				}
			}
		}
		for key := range other {
			if _, ok := english[key]; !ok {
				t.Errorf("%s has %q, which English lacks", lang, key)
			}
		}
	}
}

var (
	usedKey    = regexp.MustCompile(`\bTN?\((?:lang, |\s*)"([a-z0-9_.]*[a-z0-9_])"`)
	usedPrefix = regexp.MustCompile(`"([a-z_]+\.(?:[a-z_]+\.)*)"`)
)

func sources(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, pattern := range []string{"*.templ", "*.go", "pdf/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") || strings.HasSuffix(f, "_templ.go") {
				continue
			}
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(data)
		}
	}
	return b.String()
}

func TestEveryKeyIsUsedAndEveryUsedKeyExists(t *testing.T) {
	t.Parallel()
	source := sources(t)
	used := map[string]bool{}
	for _, m := range usedKey.FindAllStringSubmatch(source, -1) {
		used[m[1]] = true
		if !frontend.Has(m[1]) {
			t.Errorf("%q is used and has no text", m[1])
		}
	}
	prefixes := map[string]bool{}
	for _, m := range usedPrefix.FindAllStringSubmatch(source, -1) {
		prefixes[m[1]] = true
	}
	for _, key := range frontend.Keys() {
		if !used[key] && !slices.ContainsFunc(keysOf(prefixes), func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.Errorf("%q is never used", key)
		}
	}
}

func keysOf(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}

// named are the closed sets whose members are words on a page.
var named = map[string][]string{
	"FactKind":         {"fact.", "fact_hint.", "verified."},
	"InstalmentState":  {"instalment."},
	"AgreementState":   {"agreement.state.", "agreement.lead.", "agreement.summary."},
	"PaymentState":     {"payment.title.", "payment_state."},
	"CaseState":        {"case_state."},
	"MovementKind":     {"movement."},
	"OfferKind":        {"offer_kind."},
	"Unavailable":      {"offer.unavailable."},
	"Frequency":        {"offers.plan_title.", "policy.option."},
	"Code":             {"error.title.", "fault."},
	"EventKind":        {"timeline."},
	"DebtorKind":       {"debtor_kind."},
	"CommitmentKind":   {"offer_kind."},
	"Actor":            {"actor."},
	"FailureCode":      {"payment.failure.", "failure."},
	"QuarantineReason": {"failure."},
}

func TestEveryMemberOfAClosedSetHasItsWord(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, dir := range []string{".", "../fault", "../cases", "../payments"} {
		eachFile(t, dir, func(path string, file *ast.File) {
			for _, decl := range file.Decls {
				gen, ok := decl.(*ast.GenDecl)
				if !ok || gen.Tok != token.CONST {
					continue
				}
				for _, spec := range gen.Specs {
					value := spec.(*ast.ValueSpec)
					kind, ok := value.Type.(*ast.Ident)
					if !ok || named[kind.Name] == nil {
						continue
					}
					for _, v := range value.Values {
						word := literal(v)
						seen[kind.Name]++
						for _, prefix := range named[kind.Name] {
							if !frontend.Has(prefix + word) {
								t.Errorf("%s: %s %q has no text %q", path, kind.Name, word, prefix+word)
							}
						}
					}
				}
			}
		})
	}
	for kind := range named {
		if seen[kind] == 0 {
			t.Errorf("no member of %s was found: was it renamed?", kind)
		}
	}
}

// TestEveryFaultHasAText reads all of the program's source for the keys that
// errors carry to a person.
func TestEveryFaultHasAText(t *testing.T) {
	t.Parallel()
	keyAt := map[string]int{"New": 1, "Newf": 1, "Wrap": 2, "Field": 1}
	eachFile(t, "..", func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			at, known := keyAt[sel.Sel.Name]
			if !ok || !known || pkg.Name != "fault" || len(call.Args) <= at {
				return true
			}
			key := literal(call.Args[at])
			if key == "" {
				return true
			}
			if !frontend.Has("fault." + key) {
				t.Errorf("%s: fault %q has no text", path, key)
				return true
			}
			if sel.Sel.Name == "Field" {
				checkParams(t, path, key, call)
			}
			return true
		})
	})
}

// checkParams sees that a text asks for nothing that the error does not carry.
func checkParams(t *testing.T, path, key string, call *ast.CallExpr) {
	given := map[string]bool{}
	params, ok := call.Args[2].(*ast.CompositeLit)
	if ok {
		for _, e := range params.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				given[placeholderName(literal(kv.Key))] = true
			}
		}
	} else if id, isIdent := call.Args[2].(*ast.Ident); !isIdent || id.Name != "nil" {
		return // made elsewhere
	}
	for _, p := range placeholder.FindAllString(load(t, locale.English)["fault."+key]["other"], -1) {
		if !given[p[3:len(p)-2]] {
			t.Errorf("%s: fault %q is shown with %s, which it does not carry", path, key, p)
		}
	}
}

// placeholderName is how a page fills a text with an error's own params.
func placeholderName(key string) string {
	for _, unit := range []string{"_minor", "_bp", "_on"} {
		key = strings.TrimSuffix(key, unit)
	}
	var b strings.Builder
	for _, part := range strings.Split(key, "_") {
		b.WriteString(strings.ToUpper(part[:min(1, len(part))]) + part[min(1, len(part)):])
	}
	return b.String()
}

func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

func eachFile(t *testing.T, root string, visit func(path string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == "testdata" || (strings.HasPrefix(name, ".") && name != "." && name != "..")) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return nil // somebody else's broken file fails their own build
		}
		visit(path, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestValuesAreWrittenAsTheReaderDoes(t *testing.T) {
	t.Parallel()
	es := locale.Locale{Language: locale.Spanish, Country: "ES"}
	got := frontend.Text(es, nil, "agreement.next", map[string]any{"Amount": frontend.Of(123456, "EUR"), "Date": clock.MustDate("2026-06-12")})
	if want := "Próximo pago: 1.234,56\u00a0€, el 12 de junio de 2026."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := frontend.TN(locale.Portuguese, "common.days_late", 1, nil); got != "1 dia de atraso" {
		t.Errorf("one: %q", got)
	}
	if got := frontend.TN(locale.Spanish, "common.days_late", 1000000, nil); got != "1.000.000 días de retraso" {
		t.Errorf("many: %q", got)
	}
	if got := frontend.T(locale.English, "policy.unset", map[string]any{"Value": frontend.BasisPoints(250)}); got != "Empty: 2.5% applies" {
		t.Errorf("percent: %q", got)
	}
	if got := frontend.T(locale.English, "link.locked_until", map[string]any{"At": time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)}); !strings.Contains(got, "June 12, 2026, 8:00\u00a0AM UTC") {
		t.Errorf("instant: %q", got)
	}
	if got := frontend.T(locale.English, "no.such.key", nil); got != "no.such.key" {
		t.Errorf("missing: %q", got)
	}
	if got := frontend.T(locale.English, "agreement.ref", nil); got != "Agreement …" {
		t.Errorf("unfilled: %q", got)
	}
}
