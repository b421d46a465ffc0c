package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// call is one piece of work on one account, made while the server is locked:
// an API request, a submitted page, or a test lever.
type call struct {
	srv    *Server
	acct   *account
	p      *params
	id     string // {id} of the path
	path   string
	reqID  string
	key    string // idempotency key
	reads  bool   // a GET, which changes nothing unless it notices an expiry
	outbox []letter
}

// endpoint is one row of the API's table.
type endpoint struct {
	route  string   // "POST /v1/refunds"
	params []string // what it knows; see params.check
	do     func(*call) (any, *apiError)
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, family := range [][]endpoint{
		customerEndpoints, methodEndpoints, intentEndpoints, setupEndpoints, sessionEndpoints,
		chargeEndpoints, refundEndpoints, disputeEndpoints, balanceEndpoints, eventEndpoints,
	} {
		for _, e := range family {
			mux.HandleFunc(e.route, func(w http.ResponseWriter, r *http.Request) { s.serveAPI(w, r, e) })
		}
	}
	mux.HandleFunc("/v1/", s.unknownURL)
	s.pages(mux)
	s.levers(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "" { // a mount that strips its whole path
			r.URL.Path = "/"
		}
		mux.ServeHTTP(w, r)
	})
}

func (s *Server) unknownURL(w http.ResponseWriter, r *http.Request) {
	e := invalid("", "", "Unrecognized request URL (%s: %s).", r.Method, r.URL.Path)
	e.Status = http.StatusNotFound
	write(w, errorAnswer(e))
}

// serveAPI is the life of one API request: who asks, what, was it asked before,
// do it, keep the answer, send it.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, e endpoint) {
	h := w.Header()
	h.Set("Stripe-Version", APIVersion)
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	acct, bad := s.authenticate(r)
	if bad == nil && r.ParseForm() != nil {
		bad = invalid("", "", "The body must be application/x-www-form-urlencoded.")
	}
	c := &call{srv: s, p: &params{values: r.Form}, id: r.PathValue("id"), path: r.URL.Path, reads: r.Method == http.MethodGet}
	if v := r.Header.Get("Stripe-Version"); bad == nil && v != "" && v != APIVersion {
		bad = invalid("", "", "This sandbox speaks only API version %s, not %s.", APIVersion, v)
	}
	if bad == nil {
		bad = c.p.check(e.params)
	}
	if bad == nil {
		bad = s.faults.before(r.URL.Path)
	}
	if r.Method == http.MethodPost {
		c.key = r.Header.Get("Idempotency-Key")
		if c.key != "" {
			h.Set("Idempotency-Key", c.key)
		}
		if len(c.key) > 255 && bad == nil {
			bad = invalid("", "", "Idempotency keys are up to 255 characters.")
		}
	}
	if bad != nil {
		write(w, errorAnswer(bad))
		return
	}
	ans := s.perform(c, acct, r.Method+" "+r.URL.Path, e.do)
	h.Set("Request-Id", c.reqID)
	if ans.Request != "" && ans.Request != c.reqID {
		h.Set("Idempotent-Replayed", "true")
		h.Set("Original-Request", ans.Request)
	}
	s.faults.after(w, r, ans)
}

// perform does the work once per idempotency key.
func (s *Server) perform(c *call, acct, route string, do func(*call) (any, *apiError)) *answer {
	asked := fingerprint(c.p)
	slot := acct + "|" + c.key
	s.mu.Lock()
	defer s.mu.Unlock()
	c.reqID = s.state.id("req_", 14)
	s.forget()
	if old, ok := s.state.Answers[slot]; ok && c.key != "" {
		return old.again(c.key, route, asked)
	}
	claim := &answer{Print: asked, Endpoint: route, Request: c.reqID, At: s.now(), inFlight: true}
	if c.key != "" {
		s.state.Answers[slot] = claim
	}
	if s.faults.holds(c.path) { // another request may look at the key meanwhile
		s.mu.Unlock()
		s.faults.wait(c.path)
		s.mu.Lock()
	}
	ans := s.locked(c, acct, do)
	ans.Print, ans.Endpoint, ans.Request, ans.At = claim.Print, claim.Endpoint, claim.Request, claim.At
	if s.faults.failAfter(c.path, ans) {
		ans.Status, ans.Body = http.StatusInternalServerError, errorAnswer(serverError).Body
	}
	delete(s.state.Answers, slot)
	if c.key != "" && ans.keeps() {
		s.state.Answers[slot] = ans
	}
	s.commit(c)
	return ans
}

// locked runs the handler; the server's lock is held.
func (s *Server) locked(c *call, acct string, do func(*call) (any, *apiError)) *answer {
	c.acct = s.state.account(acct)
	c.expireSessions()
	result, bad := do(c)
	if bad == nil {
		result, bad = c.expand(result)
	}
	if bad != nil {
		return errorAnswer(bad)
	}
	body, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return errorAnswer(&apiError{Status: 500, Type: "api_error", Message: err.Error()})
	}
	return &answer{Status: http.StatusOK, Body: body}
}

// commit saves first and sends second: an event must not outlive its cause.
func (s *Server) commit(c *call) {
	if !c.reads || len(c.outbox) > 0 {
		if err := s.state.save(s.opts.StatePath); err != nil {
			s.opts.Logger.Error("sandbox state not saved", "error", err)
		}
	}
	s.mail.post(c.outbox, s.faults.copies(), s.faults.shuffle())
	c.outbox = nil
}

// again answers a key that was seen before.
func (a *answer) again(key, route, asked string) *answer {
	switch {
	case a.Endpoint != route:
		return errorAnswer(&apiError{Status: 400, Type: "idempotency_error", Message: "Keys for idempotent requests can only be used for the same endpoint they were first used for ('" + a.Endpoint + "' vs '" + route + "'). Try using a key other than '" + key + "' if you meant to execute a different request."})
	case a.Print != asked:
		return errorAnswer(&apiError{Status: 400, Type: "idempotency_error", Message: "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '" + key + "' if you meant to execute a different request."})
	case a.inFlight:
		return errorAnswer(&apiError{Status: 409, Type: "idempotency_error", Code: "idempotency_key_in_use", Message: "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): " + key + "."})
	}
	return a
}

// keeps tells whether the answer is replayed: what began to execute is, a
// request that failed validation is not.
func (a *answer) keeps() bool {
	if a.Status < 400 || a.Status == http.StatusPaymentRequired || a.Status >= 500 {
		return true
	}
	var body struct{ Error apiError }
	return json.Unmarshal(a.Body, &body) == nil &&
		(body.Error.Code == "charge_already_refunded" || body.Error.Code == "payment_intent_unexpected_state")
}

// forget drops keys after a day, as Stripe may.
func (s *Server) forget() {
	for slot, a := range s.state.Answers {
		if !a.inFlight && s.now()-a.At > 24*60*60 {
			delete(s.state.Answers, slot)
		}
	}
}

func fingerprint(p *params) string {
	sum := sha256.Sum256([]byte(p.values.Encode()))
	return hex.EncodeToString(sum[:])
}

// authenticate answers the account that the request acts on.
func (s *Server) authenticate(r *http.Request) (string, *apiError) {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		key, _, _ = r.BasicAuth()
	}
	if subtle.ConstantTimeCompare([]byte(key), []byte(s.opts.SecretKey)) != 1 {
		msg := "Invalid API Key provided."
		if key == "" {
			msg = "You did not provide an API key."
		}
		return "", &apiError{Status: http.StatusUnauthorized, Type: "invalid_request_error", Message: msg}
	}
	acct := r.Header.Get("Stripe-Account")
	if acct == "" {
		return platformAccount, nil
	}
	if !strings.HasPrefix(acct, "acct_") {
		return "", &apiError{Status: http.StatusForbidden, Type: "invalid_request_error", Code: "account_invalid",
			Message: "The provided key does not have access to account '" + acct + "' (or that account does not exist)."}
	}
	return acct, nil
}

func write(w http.ResponseWriter, a *answer) {
	w.Header().Set("Content-Type", "application/json")
	if w.Header().Get("Request-Id") == "" {
		w.Header().Set("Request-Id", "req_refused")
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // when the client is gone the effect still stands
}
