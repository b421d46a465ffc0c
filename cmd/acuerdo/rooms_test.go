package main

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// A room is named for what is in it. These names say nothing, and fill up.
var drawers = []string{"common", "util", "utils", "helper", "helpers", "misc", "models", "model", "types", "shared", "base", "core", "lib", "x"}

func TestNoRoomIsADrawerAndEachStandsOnThePlan(t *testing.T) {
	t.Parallel()
	plan, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	rooms := 0
	err = fs.WalkDir(os.DirFS("../.."), ".", func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || at == "." {
			return err
		}
		if name := path.Base(at); strings.HasPrefix(name, ".") || name == "testdata" || name == "docs" {
			return fs.SkipDir
		}
		code, err := fs.Glob(os.DirFS("../../"+at), "*.go")
		if err != nil || len(code) == 0 {
			return err
		}
		rooms++
		if slices.Contains(drawers, path.Base(at)) {
			t.Errorf("%s is a drawer, not a room: name it for what is in it, or put it where it is used", at)
		}
		if !strings.Contains(string(plan), "| `"+at+"` |") {
			t.Errorf("docs/architecture.md does not say what %s is for", at)
		}
		return nil
	})
	if err != nil || rooms < 10 {
		t.Errorf("%d rooms were found: %v", rooms, err)
	}
}
