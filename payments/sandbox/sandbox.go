// Package sandbox is a stateful, Stripe-shaped HTTP server: the real stripe-go
// client and its webhook signatures run against it in the demo and in tests.
//
// It is an independent judge, so it shares no type with stripe-go: it refuses
// parameters it does not know, replays idempotent answers, signs its events,
// and keeps money, charges and refunds consistent. API version 2024-06-20.
package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/acuerdo/acuerdo/clock"
)

// APIVersion is the version of every answer and event; stripe-go v79 demands it.
const APIVersion = "2024-06-20"

// Options configure a Server. Only SecretKey is required.
type Options struct {
	Clock         clock.Clock  // stamps objects and expires sessions; clock.System when nil
	BaseURL       string       // public URL of the mount with its prefix; see SetBaseURL
	SecretKey     string       // what the API demands as Bearer token or Basic user
	WebhookSecret string       // whsec_…, signs what is sent to WebhookURL
	WebhookURL    string       // where events are POSTed; "" only lists them; see SetWebhookURL
	MerchantName  string       // shown on the hosted page; "Acuerdo" when empty
	HTTPClient    *http.Client // delivers webhooks; a client with a 10 s timeout when nil
	Logger        *slog.Logger
	Seed          uint64 // makes ids predictable; 0 draws them at random
	StatePath     string // keeps the state over restarts; "" is memory only, which load tests want: the whole file is rewritten per change
}

// Server is one sandbox. Its methods are safe for concurrent use.
type Server struct {
	opts    Options
	handler http.Handler
	faults  *Faults
	mail    *courier

	mu    sync.Mutex // guards everything below; held for a whole request, never over the network
	base  string
	state *state
}

// New reads the state file, if any, and starts the delivery of webhooks.
// Close ends it.
func New(opts Options) (*Server, error) {
	if opts.SecretKey == "" {
		return nil, fmt.Errorf("sandbox: SecretKey is missing")
	}
	if opts.Clock == nil {
		opts.Clock = clock.System{}
	}
	if opts.HTTPClient == nil {
		opts.HTTPClient = &http.Client{Timeout: 10 * time.Second}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	opts.MerchantName = cmp.Or(opts.MerchantName, "Acuerdo")
	st, err := loadState(opts.StatePath, opts.Seed)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, state: st, faults: &Faults{}}
	s.SetBaseURL(opts.BaseURL)
	s.mail = newCourier(opts.HTTPClient, opts.Logger, s.acknowledged)
	s.handler = s.routes()
	s.SetWebhookURL(opts.WebhookURL)
	s.resend()
	return s, nil
}

// Handler serves /v1/…, the hosted page /c/pay/{session}, test levers under
// /_test/ and a human overview at /. Mount it with http.StripPrefix.
func (s *Server) Handler() http.Handler { return s.handler }

// Faults are the ways in which tests make the server misbehave.
func (s *Server) Faults() *Faults { return s.faults }

// SetBaseURL tells the public URL of the mount once the port is known.
func (s *Server) SetBaseURL(u string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = strings.TrimRight(u, "/")
}

// SetWebhookURL tells where events of now on are POSTed; "" stops that.
func (s *Server) SetWebhookURL(u string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.WebhookURL = u
}

// Drain waits until every webhook was acknowledged or given up.
func (s *Server) Drain(ctx context.Context) error { return s.mail.drain(ctx) }

// Close stops deliveries and saves the state. Undelivered events are sent again
// by the next server that starts on the same state file.
func (s *Server) Close() error {
	s.mail.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.save(s.opts.StatePath)
}

// now is the clock's instant in Stripe's unit, seconds.
func (s *Server) now() int64 { return s.opts.Clock.Now().Unix() }
