// Package api is the machines' door: a JSON API for creditors' systems, the
// webhook that Stripe calls, and what an operator watches.
package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/access"
	"github.com/acuerdo/acuerdo/clock"
	"github.com/acuerdo/acuerdo/db"
)

// WebhookPrefix is where other servers post to: they prove themselves by their
// signature, so web.Config.Unsigned names it.
const WebhookPrefix = "/webhooks/"

// ScopeReadCases is the scope of an API key that may read cases.
const ScopeReadCases = "cases:read"

// defaultRate is how many requests a key may make in a minute.
const defaultRate = 600

// Events takes a webhook of Stripe's; payments.Service does.
type Events interface {
	ReceiveEvent(ctx context.Context, payload []byte, signature, endpointAccount string) error
}

// Door is what the API needs. Mount it before the other doors where Metrics is
// set, so that their requests are counted too.
type Door struct {
	DB      *db.DB
	Clock   clock.Clock
	Access  *access.Service
	Events  Events
	Logger  *slog.Logger // what went wrong; nil is silent
	Version string       // of the program, in the OpenAPI document
	// Ready tells whether requests can be served; an error takes this process
	// out of the balancer, for example while it drains. Nil is always ready.
	Ready func(ctx context.Context) error
	// Metrics, where set, counts requests and is served at /metrics.
	Metrics *Metrics
	// RatePerMinute is how many requests a key may make; 0 is 600.
	RatePerMinute int
}

// Mount adds the routes. The OpenAPI document is served; no page that draws it
// is, because that would load somebody else's script.
func (d *Door) Mount(r *gin.Engine) {
	if d.Metrics != nil {
		r.Use(d.Metrics.measure)
		r.GET("/metrics", d.Metrics.serve())
	}
	r.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	r.GET("/readyz", d.readyz)
	r.POST("/webhooks/stripe", d.stripeWebhook)
	r.POST("/webhooks/stripe/:account", d.stripeWebhook)

	document, err := json.Marshal(d.register(r))
	if err != nil {
		panic(err) // our own types can't be described: no request would be right
	}
	r.GET("/api/openapi.json", func(c *gin.Context) { c.Data(http.StatusOK, "application/openapi+json", document) })
}

// register adds the operations and describes them.
func (d *Door) register(r *gin.Engine) *huma.OpenAPI {
	config := huma.DefaultConfig("Acuerdo", d.version())
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	config.Info.Description = "Cases of one creditor: what is owed, what was agreed and what was paid. " +
		"Amounts are integers in minor units of the case's currency (ISO 4217). Errors are application/problem+json (RFC 9457)."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":    {Type: "http", Scheme: "bearer", BearerFormat: "ak_…", Description: "The creditor's API key."},
		"header": {Type: "apiKey", In: "header", Name: "X-API-Key", Description: "The same key, for clients that can't send Authorization."},
	}
	config.Security = []map[string][]string{{"key": {}}, {"header": {}}}
	a := humagin.New(r, config)
	refusals := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests, http.StatusInternalServerError}
	huma.Register(a, huma.Operation{
		OperationID: "get-case", Method: http.MethodGet, Path: "/api/v1/cases/{ref}", Summary: "A case as it stands now", Errors: refusals,
	}, d.getCase)
	huma.Register(a, huma.Operation{
		OperationID: "get-case-timeline", Method: http.MethodGet, Path: "/api/v1/cases/{ref}/timeline",
		Summary: "Everything that happened to a case, oldest first", Errors: refusals,
	}, d.getTimeline)
	return a.OpenAPI()
}

func (d *Door) log() *slog.Logger {
	if d.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return d.Logger
}

func (d *Door) version() string {
	if d.Version == "" {
		return "1"
	}
	return d.Version
}

// readyTimeout is how long a balancer's question may take.
const readyTimeout = 2 * time.Second

func (d *Door) readyz(c *gin.Context) {
	if d.Ready != nil {
		ctx, cancel := context.WithTimeout(c.Request.Context(), readyTimeout)
		defer cancel()
		if err := d.Ready(ctx); err != nil {
			c.String(http.StatusServiceUnavailable, "not ready\n")
			return
		}
	}
	c.String(http.StatusOK, "ready\n")
}
