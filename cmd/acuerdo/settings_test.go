package main

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestEverySettingIsDocumented(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	settings := reflect.TypeFor[Settings]()
	known := map[string]bool{}
	for field := range settings.Fields() {
		name := field.Tag.Get("env")
		known[name] = true
		row := rowOf(string(document), name)
		if row == "" {
			t.Errorf("docs/settings.md has no row for %s", name)
		}
		if value := field.Tag.Get("default"); !strings.Contains(row, "`"+value+"` (default)") && value != "" {
			t.Errorf("docs/settings.md does not say that %s is %s by default", name, value)
		}
	}
	production, _, _ := strings.Cut(string(document), "## The webhook endpoint")
	for line := range strings.Lines(production) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "`"); ok && strings.HasPrefix(line, "| `") && !known[name] {
			t.Errorf("docs/settings.md has %s, which nothing reads", name)
		}
	}
}

func rowOf(document, name string) string {
	for line := range strings.Lines(document) {
		if strings.HasPrefix(line, "| `"+name+"` |") {
			return line
		}
	}
	return ""
}
