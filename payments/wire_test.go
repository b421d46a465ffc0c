package payments_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

// wire is the network between us and Stripe; what is planned strikes the next calls in turn.
type wire struct {
	http.RoundTripper
	mu   sync.Mutex
	next []trouble
}

type trouble int

const (
	lostBefore  trouble = iota // it never got there
	lostAfter                  // the work was done, nobody heard of it
	brokenAfter                // the work was done, the answer is a 500
)

func (w *wire) plan(t trouble) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = append(w.next, t)
}

func (w *wire) heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = nil
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	if len(w.next) == 0 {
		w.mu.Unlock()
		return w.RoundTripper.RoundTrip(r)
	}
	t := w.next[0]
	w.next = w.next[1:]
	w.mu.Unlock()
	if t == lostBefore {
		return nil, errors.New("no route to host")
	}
	resp, err := w.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	if t == lostAfter {
		return nil, errors.New("connection reset")
	}
	resp.StatusCode, resp.Status = http.StatusInternalServerError, "500 Internal Server Error"
	resp.Body = io.NopCloser(strings.NewReader(`{"error": {"type": "api_error", "message": "made up"}}`))
	return resp, nil
}
