package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheDrawnStateMachinesAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	drawn, err := os.ReadFile("../../docs/states.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(drawn), statesDocument()); diff != "" {
		t.Errorf("docs/states.md is stale, run: go run ./cmd/acuerdo states > docs/states.md\n%s", diff)
	}
}
