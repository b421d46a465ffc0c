package storybook_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/acuerdo/acuerdo/frontend/storybook"
)

// TestServe shows the stories in a browser:
// ACUERDO_STORYBOOK=127.0.0.1:7007 go test ./frontend/storybook -run TestServe -timeout 0
func TestServe(t *testing.T) {
	addr := os.Getenv("ACUERDO_STORYBOOK")
	if addr == "" {
		return // nobody is looking
	}
	t.Fatal(http.ListenAndServe(addr, storybook.Handler()))
}
