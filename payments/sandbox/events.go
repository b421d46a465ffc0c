package sandbox

import (
	"encoding/json"
	"slices"
)

// event is a fact with its object as it was then. Events are kept and listed,
// delivered or not.
type event struct {
	header
	APIVersion      string       `json:"api_version"`
	Account         string       `json:"account,omitempty"`
	Livemode        bool         `json:"livemode"`
	Type            string       `json:"type"`
	Data            eventData    `json:"data"`
	Request         eventRequest `json:"request"`
	PendingWebhooks int          `json:"pending_webhooks"`
	Targets         []string     `json:"_targets,omitempty"` // ids of endpoints that have not acknowledged yet
}

type eventData struct {
	Object json.RawMessage `json:"object"`
}

type eventRequest struct {
	ID             opt `json:"id"`
	IdempotencyKey opt `json:"idempotency_key"`
}

var eventEndpoints = []endpoint{
	{"GET /v1/events/{id}", nil, func(c *call) (any, *apiError) {
		e, ok := c.acct.Events.get(c.id)
		if !ok {
			return nil, notFound("event", c.id, "id")
		}
		return e, nil
	}},
	{"GET /v1/events", withList("type", "types[]", "delivery_success"), listEvents},
	{"POST /v1/webhook_endpoints", []string{"url", "enabled_events[]", "api_version", "description", "metadata[*]", "connect"}, createWebhookEndpoint},
	{"GET /v1/webhook_endpoints", withList(), func(c *call) (any, *apiError) {
		return list(c, &c.acct.Endpoints, "webhook_endpoint", nil)
	}},
}

// listedFor is how long Stripe lists an event: 30 days.
const listedFor = 30 * 24 * 60 * 60

func listEvents(c *call) (any, *apiError) {
	types, oldest := c.p.list("types"), c.srv.now()-listedFor
	return list(c, &c.acct.Events, "event", func(e *event) bool {
		return e.Created >= oldest && c.is("type", opt(e.Type)) && (len(types) == 0 || slices.Contains(types, e.Type)) &&
			(!c.p.has("delivery_success") || (e.PendingWebhooks == 0) == (c.p.str("delivery_success") == "true"))
	})
}

// emit records a fact and puts it in the outbox; commit sends it.
func (c *call) emit(kind string, obj any) {
	raw, err := json.Marshal(public(obj))
	if err != nil {
		panic(err) // public made it of plain values
	}
	e := &event{
		header:     header{ID: c.srv.state.id("evt_", 24), Object: "event", Created: c.srv.now()},
		APIVersion: APIVersion, Type: kind, Data: eventData{Object: raw},
		Request: eventRequest{ID: opt(c.reqID), IdempotencyKey: opt(c.key)},
	}
	if c.acct.ID != platformAccount {
		e.Account = c.acct.ID
	}
	for _, t := range c.srv.targets(kind) {
		e.Targets = append(e.Targets, t.ID)
	}
	e.PendingWebhooks = len(e.Targets)
	c.acct.Events.add(e)
	c.outbox = append(c.outbox, c.srv.letters(c.acct.ID, e)...)
}

// webhookEndpoint is a receiver made over the API, besides Options.WebhookURL.
type webhookEndpoint struct {
	header
	APIVersion    opt               `json:"api_version"`
	Description   opt               `json:"description"`
	EnabledEvents []string          `json:"enabled_events"`
	Livemode      bool              `json:"livemode"`
	Metadata      map[string]string `json:"metadata"`
	Status        string            `json:"status"`
	URL           string            `json:"url"`
	Secret        string            `json:"_secret"`
}

func createWebhookEndpoint(c *call) (any, *apiError) {
	w := &webhookEndpoint{URL: c.p.required("url"), EnabledEvents: c.p.list("enabled_events"), Status: "enabled",
		APIVersion: opt(c.p.str("api_version")), Description: opt(c.p.str("description")), Metadata: c.p.metadata("metadata", nil)}
	if len(w.EnabledEvents) == 0 {
		c.p.fail(missing("enabled_events"))
	}
	if w.APIVersion != "" && w.APIVersion != APIVersion {
		c.p.fail(invalid("", "api_version", "This sandbox speaks only API version %s.", APIVersion))
	}
	if c.p.err != nil {
		return nil, c.p.err
	}
	w.header = header{ID: c.srv.state.id("we_", 24), Object: "webhook_endpoint", Created: c.srv.now()}
	w.Secret = c.srv.state.id("whsec_", 32)
	c.acct.Endpoints.add(w)
	shown := public(w)
	shown["secret"] = w.Secret // shown this once
	return shown, nil
}

// configured is the receiver of Options.WebhookURL. It has a name because its
// port may change over a restart, and it must still get what it missed.
const configured = "configured"

// targets are the receivers of one type of event. The server's lock is held.
func (s *Server) targets(kind string) []*webhookEndpoint {
	var to []*webhookEndpoint
	if s.opts.WebhookURL != "" {
		to = append(to, &webhookEndpoint{header: header{ID: configured}, URL: s.opts.WebhookURL, Secret: s.opts.WebhookSecret})
	}
	platform := s.state.account(platformAccount)
	for _, id := range platform.Endpoints.Order {
		w := platform.Endpoints.Rows[id]
		if slices.Contains(w.EnabledEvents, "*") || slices.Contains(w.EnabledEvents, kind) {
			to = append(to, w)
		}
	}
	return to
}

// letters are an event's deliveries to those who have not acknowledged it.
func (s *Server) letters(acct string, e *event) []letter {
	body, err := json.MarshalIndent(public(e), "", "  ")
	if err != nil {
		panic(err)
	}
	var out []letter
	for _, t := range s.targets(e.Type) {
		if slices.Contains(e.Targets, t.ID) {
			out = append(out, letter{account: acct, event: e.ID, target: t.ID, url: t.URL, secret: t.Secret, body: body})
		}
	}
	return out
}

// acknowledged notes the end of a delivery; what was given up stays pending, and
// the next start tries again.
func (s *Server) acknowledged(l letter, ok bool) {
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, found := s.state.account(l.account).Events.get(l.event)
	if !found {
		return
	}
	e.Targets = slices.DeleteFunc(e.Targets, func(id string) bool { return id == l.target })
	e.PendingWebhooks = len(e.Targets)
}

// resend queues what the last process could not deliver.
func (s *Server) resend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, a := range s.state.Accounts {
		for _, eid := range a.Events.Order {
			if e := a.Events.Rows[eid]; len(e.Targets) > 0 {
				s.mail.post(s.letters(id, e), 1, 0)
			}
		}
	}
}
