package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Faults make the server misbehave in the ways the real network and the real
// Stripe do. Paths are prefixes such as "/v1/payment_intents". Each fault that
// takes n strikes the next n matching requests.
type Faults struct {
	mu         sync.Mutex
	lose       []strike
	fail       []strike
	failLate   []strike
	slow       []strike
	delay      time.Duration
	held       []*hold
	duplicates bool
	reorder    uint64 // seed; 0 is off
}

type strike struct {
	prefix string
	left   int
}

type hold struct {
	prefix  string
	arrived chan struct{}
	release chan struct{}
	taken   bool
}

var serverError = &apiError{Status: http.StatusInternalServerError, Type: "api_error",
	Message: "An unknown error occurred (this one was asked for)."}

// LoseAnswerAfterSuccess does the work of the next n successful requests and
// breaks the connection within the answer.
func (f *Faults) LoseAnswerAfterSuccess(pathPrefix string, n int) { f.plan(&f.lose, pathPrefix, n) }

// FailBefore answers 500 and has no effect; the idempotency key stays unused.
func (f *Faults) FailBefore(pathPrefix string, n int) { f.plan(&f.fail, pathPrefix, n) }

// FailAfter answers 500 although the work was done; the same idempotency key
// replays that 500, as Stripe's does.
func (f *Faults) FailAfter(pathPrefix string, n int) { f.plan(&f.failLate, pathPrefix, n) }

// SlowAnswers does the work of the next n requests at once and answers after
// delay, or when the client gives up waiting.
func (f *Faults) SlowAnswers(pathPrefix string, n int, delay time.Duration) {
	f.plan(&f.slow, pathPrefix, n)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay = delay
}

// Hold stops the next request under pathPrefix before it has any effect, its
// idempotency key already claimed. arrived is closed when it waits; release lets it go.
func (f *Faults) Hold(pathPrefix string) (arrived <-chan struct{}, release func()) {
	h := &hold{prefix: pathPrefix, arrived: make(chan struct{}), release: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = append(f.held, h)
	return h.arrived, sync.OnceFunc(func() { close(h.release) })
}

// DuplicateEvents delivers every event twice while it is on.
func (f *Faults) DuplicateEvents(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.duplicates = on
}

// ReorderEvents collects events and delivers them shuffled by seed, when Drain
// is called or nothing new came for a quarter of a second. Seed 0 ends it.
func (f *Faults) ReorderEvents(seed uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reorder = seed
}

func (f *Faults) plan(list *[]strike, prefix string, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*list = append(*list, strike{prefix, n})
}

func (f *Faults) strikes(list *[]strike, path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range *list {
		if at := &(*list)[i]; at.left > 0 && strings.HasPrefix(path, at.prefix) {
			at.left--
			return true
		}
	}
	return false
}

func (f *Faults) before(path string) *apiError {
	if f.strikes(&f.fail, path) {
		return serverError
	}
	return nil
}

func (f *Faults) failAfter(path string, a *answer) bool {
	return a.Status < 300 && f.strikes(&f.failLate, path)
}

// after sends the answer, or half of one. Half, because Go's client silently
// repeats a request whose connection died before the first byte.
func (f *Faults) after(w http.ResponseWriter, r *http.Request, a *answer) {
	if f.strikes(&f.slow, r.URL.Path) {
		f.mu.Lock()
		timer := time.NewTimer(f.delay)
		f.mu.Unlock()
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
	}
	if a.Status >= 300 || !f.strikes(&f.lose, r.URL.Path) {
		write(w, a)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body[:1])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func (f *Faults) holds(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.next(path) != nil
}

func (f *Faults) next(path string) *hold {
	for _, h := range f.held {
		if !h.taken && strings.HasPrefix(path, h.prefix) {
			return h
		}
	}
	return nil
}

func (f *Faults) wait(path string) {
	f.mu.Lock()
	h := f.next(path)
	if h != nil {
		h.taken = true
	}
	f.mu.Unlock()
	if h == nil {
		return
	}
	close(h.arrived)
	<-h.release
}

func (f *Faults) copies() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.duplicates {
		return 2
	}
	return 1
}

func (f *Faults) shuffle() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reorder
}
