package sandbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/acuerdo/acuerdo/money"
)

//go:embed pages
var pageFiles embed.FS

var pageStyle = func() template.CSS {
	raw, err := pageFiles.ReadFile("pages/sandbox.css")
	if err != nil {
		panic(err) // embedded
	}
	return template.CSS(raw)
}()

var pageTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"style": func() template.CSS { return pageStyle },
}).ParseFS(pageFiles, "pages/*.html"))

// checkoutView is what the hosted pages show.
type checkoutView struct {
	Lang     string
	T        map[string]string
	Title    string
	Merchant string
	Mark     string // its first letter
	Lines    []lineView
	Amount   string // empty when a method is only saved
	Button   string
	Email    opt
	Methods  []string
	Method   string
	Number   string
	Expiry   string
	CVC      string
	IBAN     string
	Cards    []hint
	Problem  string // text next to Field
	Field    string
	Back     string // where "go back" leads; "" shows no link
	BackText string
	Heading  string // of a page without a form
	Text     string
}

type lineView struct{ Name, Description, Amount string }

type hint struct{ Number, Text string }

func (s *Server) pages(mux *http.ServeMux) {
	mux.HandleFunc("GET /c/pay/{id}", s.onSession(showCheckout))
	mux.HandleFunc("POST /c/pay/{id}", s.onSession(postCheckout))
	mux.HandleFunc("GET /c/pay/{id}/authenticate", s.onSession(showProof))
	mux.HandleFunc("POST /c/pay/{id}/authenticate", s.onSession(postProof))
	mux.HandleFunc("GET /{$}", s.overview)
}

// reply is what a page handler decided; it is written after the state is saved.
type reply struct {
	status   int
	page     string
	view     checkoutView
	location string
}

// onSession runs a page under the lock, so that two submits of one form pay once.
func (s *Server) onSession(do func(*call, *checkoutSession, *http.Request) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "bad form", http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		id := r.PathValue("id")
		c := &call{srv: s, p: &params{}, id: id, reads: r.Method == http.MethodGet, acct: s.state.account(s.ownerOf(id))}
		c.expireSessions()
		var out reply
		if sess, ok := c.acct.Sessions.get(id); ok {
			out = do(c, sess, r)
		} else {
			t := textsFor("", r)
			out = reply{status: http.StatusNotFound, page: "end.html", view: checkoutView{Lang: t["lang"], T: t, Heading: t["gone"], Text: t["gone_text"]}}
		}
		s.commit(c)
		s.mu.Unlock()
		render(w, out)
	}
}

func render(w http.ResponseWriter, out reply) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	if out.location != "" {
		h.Set("Location", out.location)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	send(w, out.status, out.page, out.view)
}

// send renders into memory first, so a broken template can't send half a page.
func send(w http.ResponseWriter, status int, name string, view any) {
	var body bytes.Buffer
	if err := pageTemplates.ExecuteTemplate(&body, name, view); err != nil {
		http.Error(w, "page broken: "+err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	// No form-action: browsers apply it to the redirect to success_url as well.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// viewOf is a session's page before anything was typed.
func (c *call) viewOf(s *checkoutSession, r *http.Request) checkoutView {
	t := textsFor(string(s.Locale), r)
	v := checkoutView{Lang: t["lang"], T: t, Merchant: c.srv.opts.MerchantName, Mark: string([]rune(c.srv.opts.MerchantName)[:1]), Email: s.email(), Methods: s.PaymentMethodTypes,
		Method: s.PaymentMethodTypes[0], Back: string(s.CancelURL), BackText: t["back"], Button: t["save"], Title: t["save_title"]}
	if s.Mode == "payment" {
		v.Title, v.Amount = t["pay_title"], amountText(*s.AmountTotal, string(s.Currency), t["lang"])
		v.Button = t["pay"] + " " + v.Amount
	}
	for _, l := range s.Lines {
		v.Lines = append(v.Lines, lineView{l.Name, l.Description, amountText(l.UnitAmount*l.Quantity, l.Currency, t["lang"])})
	}
	for _, known := range testCards {
		v.Cards = append(v.Cards, hint{inFours(known.Number), t["does_"+string(known.Does)]})
	}
	return v
}

// closed is the page of a session that takes no payment any more; ok when there is one.
func (c *call) closed(s *checkoutSession, v checkoutView) (reply, bool) {
	switch s.Status {
	case "complete":
		v.Heading, v.Text = v.T["done"], v.T["done_text"]
		if s.PaymentStatus == "unpaid" {
			v.Text = v.T["pending_text"]
		}
		v.Back, v.BackText = s.returnTo(), v.T["continue"]
		return reply{status: http.StatusOK, page: "end.html", view: v}, true
	case "expired":
		v.Heading, v.Text = v.T["expired"], v.T["expired_text"]
		return reply{status: http.StatusGone, page: "end.html", view: v}, true
	}
	return reply{}, false
}

func showCheckout(c *call, s *checkoutSession, r *http.Request) reply {
	v := c.viewOf(s, r)
	if out, over := c.closed(s, v); over {
		return out
	}
	if last := c.lastProblem(s); last != nil { // back from a failed 3-D Secure
		v.explain(last)
	}
	return reply{status: http.StatusOK, page: "pay.html", view: v}
}

func (c *call) lastProblem(s *checkoutSession) *apiError {
	if pi, ok := c.acct.Intents.get(string(s.PaymentIntent)); ok {
		return pi.LastPaymentError
	}
	if si, ok := c.acct.Setups.get(string(s.SetupIntent)); ok {
		return si.LastSetupError
	}
	return nil
}

func postCheckout(c *call, s *checkoutSession, r *http.Request) reply {
	v := c.viewOf(s, r)
	if s.Status == "complete" { // the button was pressed twice: show what the first press did
		return reply{location: s.returnTo()}
	}
	if out, over := c.closed(s, v); over {
		return out
	}
	v.Number, v.Expiry, v.CVC, v.IBAN = r.PostFormValue("number"), r.PostFormValue("expiry"), r.PostFormValue("cvc"), r.PostFormValue("iban")
	if m := r.PostFormValue("method"); m != "" {
		v.Method = m
	} else if v.IBAN != "" && v.Number == "" {
		v.Method = "sepa_debit"
	} else {
		v.Method = "card"
	}
	var pm *paymentMethod
	var code string
	switch {
	case !slices.Contains(s.PaymentMethodTypes, v.Method):
		v.Method, code = s.PaymentMethodTypes[0], "unknown_method"
	case v.Method == "card":
		pm, code = readCard(v.Number, v.Expiry, v.CVC, c.srv.opts.Clock.Now())
	default:
		pm, code = readIBAN(v.IBAN)
	}
	bad := &apiError{Code: code}
	if code == "" {
		bad = c.submit(s, pm)
	}
	switch {
	case bad != nil:
		v.explain(bad)
		return reply{status: http.StatusUnprocessableEntity, page: "pay.html", view: v}
	case c.waitsForProof(s):
		return reply{location: s.ID + "/authenticate"} // relative: the mount's prefix is not known here
	}
	return reply{location: s.returnTo()}
}

func showProof(c *call, s *checkoutSession, r *http.Request) reply {
	v := c.viewOf(s, r)
	if out, over := c.closed(s, v); over {
		return out
	}
	if !c.waitsForProof(s) {
		return reply{location: "../" + s.ID}
	}
	return reply{status: http.StatusOK, page: "proof.html", view: v}
}

func postProof(c *call, s *checkoutSession, r *http.Request) reply {
	v := c.viewOf(s, r)
	if s.Status == "complete" {
		return reply{location: s.returnTo()}
	}
	if out, over := c.closed(s, v); over {
		return out
	}
	result := r.PostFormValue("result")
	if !c.waitsForProof(s) {
		return reply{location: "../" + s.ID}
	}
	if result != "complete" && result != "fail" {
		return reply{status: http.StatusUnprocessableEntity, page: "proof.html", view: v}
	}
	if bad := c.prove(s, result == "complete"); bad != nil {
		return reply{location: "../" + s.ID}
	}
	return reply{location: s.returnTo()}
}

// explain puts a refusal next to the field it is about.
func (v *checkoutView) explain(e *apiError) {
	code := e.Code
	if text, ok := v.T["error_"+e.DeclineCode]; ok && e.DeclineCode != "" {
		v.Problem = text
	} else if text, ok := v.T["error_"+code]; ok {
		v.Problem = text
	} else {
		v.Problem = v.T["error_card_declined"]
	}
	v.Field = map[string]string{"invalid_expiry": "expiry", "expired_card": "expiry", "incorrect_cvc": "cvc", "invalid_cvc": "cvc", "invalid_iban": "iban"}[code]
	if v.Field == "" {
		if v.Field = "number"; v.Method == "sepa_debit" {
			v.Field = "iban"
		}
	}
}

// amountText writes 123456 EUR as "1.234,56 EUR", or "1,234.56 EUR" in English.
func amountText(minor int64, currency, lang string) string {
	code := money.Currency(strings.ToUpper(currency))
	whole, cents, _ := strings.Cut(code.Plain(minor), ".")
	group, point := ".", ","
	if lang == "en" {
		group, point = ",", "."
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + group + whole[i:]
	}
	if cents != "" {
		whole += point + cents
	}
	return whole + "\u00a0" + string(code)
}

func inFours(number string) string {
	var parts []string
	for part := range slices.Chunk([]byte(number), 4) {
		parts = append(parts, string(part))
	}
	return strings.Join(parts, " ")
}
