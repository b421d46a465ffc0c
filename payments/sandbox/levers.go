package sandbox

import (
	"net/http"
	"strings"
)

// levers are what only a test double has: the bank's decisions, made by hand.
// They need no key, as the overview page offers them as buttons; a same-origin
// check keeps other sites from pressing them.
func (s *Server) levers(mux *http.ServeMux) {
	for route, do := range map[string]func(c *call, outcome string) (any, *apiError){
		"POST /_test/settle/{id}": func(c *call, outcome string) (any, *apiError) {
			pi, bad := c.intent(c.id, "intent")
			if bad == nil && outcome == "" { // the account decides
				outcome = succeeded
				if c.acct.Methods.Rows[string(pi.PaymentMethod)] != nil && c.acct.Methods.Rows[string(pi.PaymentMethod)].Does == debitBounces {
					outcome = "failed"
				}
			}
			if bad = first(bad, outcomeIs(outcome, succeeded, "failed")); bad != nil {
				return nil, bad
			}
			return pi, c.settleDebit(pi, outcome == succeeded)
		},
		"POST /_test/authenticate/{id}": func(c *call, outcome string) (any, *apiError) {
			pi, bad := c.intent(c.id, "intent")
			if bad = first(bad, outcomeIs(outcome, "complete", "fail")); bad != nil {
				return nil, bad
			}
			if pi.Status != needsAction || pi.Session != "" {
				return nil, unexpectedState(pi, "authenticate")
			}
			return pi, c.authenticate(pi, outcome == "complete")
		},
		"POST /_test/dispute/{id}": func(c *call, _ string) (any, *apiError) {
			ch, bad := c.charge(c.id, "charge")
			if bad == nil && (!ch.Paid || ch.Disputed) {
				bad = invalid("", "", "This charge is not paid, or already disputed.")
			}
			if bad != nil {
				return nil, bad
			}
			c.openDispute(ch)
			return ch, nil
		},
		"POST /_test/close_dispute/{id}": func(c *call, outcome string) (any, *apiError) {
			d, ok := c.acct.Disputes.get(c.id)
			if !ok {
				return nil, notFound("dispute", c.id, "id")
			}
			if bad := outcomeIs(outcome, "won", "lost"); bad != nil {
				return nil, bad
			}
			return d, c.closeDispute(d, outcome)
		},
		"POST /_test/fail_refund/{id}": func(c *call, _ string) (any, *apiError) {
			r, bad := c.refund(c.id)
			if bad != nil {
				return nil, bad
			}
			return r, c.bounce(r)
		},
	} {
		mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) { s.pull(w, r, do) })
	}
}

func outcomeIs(outcome string, allowed ...string) *apiError {
	for _, a := range allowed {
		if a == outcome {
			return nil
		}
	}
	return invalid("", "outcome", "outcome must be one of %s", strings.Join(allowed, ", "))
}

func first(a, b *apiError) *apiError {
	if a != nil {
		return a
	}
	return b
}

func (s *Server) pull(w http.ResponseWriter, r *http.Request, do func(*call, string) (any, *apiError)) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		http.Error(w, "only from this page", http.StatusForbidden)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	outcome := r.FormValue("outcome")
	if outcome == "" {
		outcome = r.FormValue("result")
	}
	id := r.PathValue("id")
	s.mu.Lock()
	c := &call{srv: s, p: &params{}, id: id}
	ans := s.locked(c, s.ownerOf(id), func(c *call) (any, *apiError) { return do(c, outcome) })
	s.commit(c)
	s.mu.Unlock()
	if r.FormValue("back") == "1" { // from the overview
		w.Header().Set("Location", "../../")
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	write(w, ans)
}

// ownerOf finds the account of an object, as pages and levers carry no Stripe-Account.
func (s *Server) ownerOf(id string) string {
	for name, a := range s.state.Accounts {
		if a.find(id) != nil {
			return name
		}
	}
	return platformAccount
}
