// Package stripe is the Gateway of payments on stripe-go, and the only package
// that imports it. It translates words both ways and decides nothing.
package stripe

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v79"
	"github.com/stripe/stripe-go/v79/client"

	"github.com/acuerdo/acuerdo/payments"
)

// Config is what a Gateway is made of. Key is required.
type Config struct {
	Key string // secret or restricted key
	// WebhookSecrets are the endpoints' signing secrets; two while one is rotated.
	WebhookSecrets []string
	BaseURL        string           // of the API without /v1; "" is Stripe's
	HTTPClient     *http.Client     // one with a time-out of 20 s when nil
	Now            func() time.Time // judges the age of webhooks: the wall clock when nil, whatever the demo's clock says
}

// Gateway talks to Stripe, or to the sandbox. It is safe for concurrent use.
type Gateway struct {
	api     *client.API
	secrets []string
	now     func() time.Time
}

var _ payments.Gateway = (*Gateway)(nil)

// callTimeout is for one request with its answer.
const callTimeout = 20 * time.Second

// New makes a gateway with backends of its own, so that two keys in one process
// never meet. stripe-go itself never retries: payments does, knowing what is
// stored, with the key that is stored.
func New(c Config) (*Gateway, error) {
	if c.Key == "" {
		return nil, errors.New("stripe: the secret key is missing")
	}
	if c.HTTPClient == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = callTimeout
		transport.MaxIdleConnsPerHost = 16
		c.HTTPClient = &http.Client{Timeout: callTimeout, Transport: transport}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	backend := func(kind stripe.SupportedBackend) stripe.Backend {
		config := &stripe.BackendConfig{
			HTTPClient: c.HTTPClient, MaxNetworkRetries: stripe.Int64(0), EnableTelemetry: stripe.Bool(false),
			LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, // its lines hold ids and messages
		}
		if c.BaseURL != "" {
			config.URL = stripe.String(c.BaseURL)
		}
		return stripe.GetBackendWithConfig(kind, config)
	}
	return &Gateway{
		api: client.New(c.Key, &stripe.Backends{
			API: backend(stripe.APIBackend), Connect: backend(stripe.ConnectBackend), Uploads: backend(stripe.UploadsBackend),
		}),
		secrets: c.WebhookSecrets, now: c.Now,
	}, nil
}

// params carries what every call needs: the context, the account, and for a
// POST the key.
func params(ctx context.Context, account, key string) stripe.Params {
	p := stripe.Params{Context: ctx}
	if account != "" {
		p.SetStripeAccount(account)
	}
	if key != "" {
		p.SetIdempotencyKey(key)
	}
	return p
}

func listParams(ctx context.Context, account string) stripe.ListParams {
	p := stripe.ListParams{Context: ctx, Limit: stripe.Int64(100)}
	if account != "" {
		p.SetStripeAccount(account)
	}
	return p
}
