package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/fault"
)

// bundle is an engine with a few pages of its own, and what it logged.
type bundle struct {
	*httptest.Server
	t   *testing.T
	log *bytes.Buffer
}

func setup(t *testing.T, cfg Config) bundle {
	t.Helper()
	b := bundle{t: t, log: &bytes.Buffer{}}
	cfg.Logger = slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e := New(cfg)
	e.POST("/form", func(c *gin.Context) { c.String(http.StatusOK, "%d", len(c.PostForm("field"))) })
	e.POST("/webhooks/one", func(c *gin.Context) {
		if _, err := io.Copy(io.Discard, c.Request.Body); err != nil {
			c.String(http.StatusRequestEntityTooLarge, "too large")
			return
		}
		c.String(http.StatusOK, "ok")
	})
	e.GET("/panic/:secret", func(c *gin.Context) { panic("canary-7f3 " + c.Param("secret")) })
	e.GET("/broken", func(c *gin.Context) { Fail(c, errors.New("canary-7f3: no such table")) })
	e.GET("/deadline", func(c *gin.Context) {
		at, ok := c.Request.Context().Deadline()
		if !ok || time.Until(at) > handlerTimeout {
			Fail(c, fault.New(fault.Internal, "internal"))
			return
		}
		c.Status(http.StatusNoContent)
	})
	b.Server = httptest.NewServer(e)
	t.Cleanup(b.Close)
	return b
}

func (b bundle) do(method, path, body string, header ...string) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequest(method, b.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res, string(raw)
}

// page is a response that must be one of our pages.
func (b bundle) page(status int, method, path, body string, header ...string) *goquery.Document {
	b.t.Helper()
	res, text := b.do(method, path, body, header...)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil || res.StatusCode != status || doc.Find("main h1").Length() != 1 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		b.t.Fatalf("%s %s: %v %d, want a page with %d: %.500s", method, path, err, res.StatusCode, status, text)
	}
	if id := res.Header.Get("X-Request-Id"); id == "" || !strings.Contains(doc.Find("main").Text(), id) {
		b.t.Errorf("%s %s: the page doesn't show the request's id %q", method, path, id)
	}
	return doc
}

func TestAFormIsAtMost64KB(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{Unsigned: []string{"/webhooks/"}})
	fits := "field=" + strings.Repeat("x", MaxForm-len("field="))
	if res, body := b.do(http.MethodPost, "/form", fits); res.StatusCode != http.StatusOK || body != "65530" {
		t.Errorf("64 KB: %d %s", res.StatusCode, body)
	}
	b.page(http.StatusRequestEntityTooLarge, http.MethodPost, "/form", fits+"x")
	b.page(http.StatusUnprocessableEntity, http.MethodPost, "/form", "field=%zz")
	if res, _ := b.do(http.MethodPost, "/webhooks/one", strings.Repeat("x", MaxWebhook)); res.StatusCode != http.StatusOK {
		t.Errorf("a large webhook: %d", res.StatusCode)
	}
	if res, _ := b.do(http.MethodPost, "/webhooks/one", strings.Repeat("x", MaxWebhook+1)); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("an endless webhook: %d", res.StatusCode)
	}
}

func TestAPanicIsAGenericPageWithAnID(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	for _, path := range []string{"/panic/4242", "/broken"} {
		page := b.page(http.StatusInternalServerError, http.MethodGet, path, "")
		html, _ := page.Html()
		for _, inner := range []string{"canary", "4242", "goroutine", ".go:", "table"} {
			if strings.Contains(html, inner) {
				t.Errorf("%s tells %q", path, inner)
			}
		}
	}
	logged := b.log.String()
	if !strings.Contains(logged, `"route":"/panic/:secret"`) || !strings.Contains(logged, "web_test.go") || strings.Contains(logged, "4242") {
		t.Errorf("the log must tell where, and not with what: %s", logged)
	}
}

func TestOtherSitesCantPost(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{Unsigned: []string{"/webhooks/"}})
	for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		b.page(http.StatusForbidden, http.MethodPost, "/form", "field=x", h...)
		if res, _ := b.do(http.MethodPost, "/webhooks/one", "x", h...); res.StatusCode != http.StatusOK {
			t.Errorf("%v: another server's post: %d", h, res.StatusCode)
		}
	}
	for _, h := range [][]string{nil, {"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}, {"Origin", b.URL}} {
		if res, _ := b.do(http.MethodPost, "/form", "field=x", h...); res.StatusCode != http.StatusOK {
			t.Errorf("%v: our own form: %d", h, res.StatusCode)
		}
	}
}

func TestHeadersOnEveryAnswer(t *testing.T) {
	t.Parallel()
	for _, https := range []bool{false, true} {
		b := setup(t, Config{HTTPS: https, FormAction: []string{"https://checkout.stripe.com"}})
		for _, path := range []string{"/deadline", "/nothing", "/panic/x", "/broken", "/form"} {
			res, _ := b.do(http.MethodGet, path, "")
			h := res.Header
			csp := h.Get("Content-Security-Policy")
			if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "base-uri 'none'") ||
				!strings.Contains(csp, "form-action 'self' https://checkout.stripe.com;") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
				t.Errorf("%s: %s", path, csp)
			}
			if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %v", path, h)
			}
			if hsts := h.Get("Strict-Transport-Security"); (hsts != "") != https {
				t.Errorf("%s, https %v: HSTS %q", path, https, hsts)
			}
		}
	}
	b := setup(t, Config{})
	b.page(http.StatusNotFound, http.MethodGet, "/nothing", "")
	b.page(http.StatusMethodNotAllowed, http.MethodPut, "/form", "")
	if res, _ := b.do(http.MethodGet, "/deadline", ""); res.StatusCode != http.StatusNoContent {
		t.Error("a handler has no deadline")
	}
}

func TestSlowClientsAreCut(t *testing.T) {
	t.Parallel()
	s := newServer(http.NotFoundHandler())
	if s.ReadHeaderTimeout <= 0 || s.ReadHeaderTimeout > 5*time.Second || s.ReadTimeout <= 0 || s.ReadTimeout > 15*time.Second {
		t.Errorf("header %s, body %s", s.ReadHeaderTimeout, s.ReadTimeout)
	}
	if s.WriteTimeout <= handlerTimeout || s.WriteTimeout > time.Minute || s.IdleTimeout <= 0 || s.MaxHeaderBytes > 64<<10 {
		t.Errorf("an answer has %s, a handler %s; idle %s; headers %d bytes", s.WriteTimeout, handlerTimeout, s.IdleTimeout, s.MaxHeaderBytes)
	}
	s.ReadHeaderTimeout = 50 * time.Millisecond
	slow := httptest.NewUnstartedServer(nil)
	slow.Config = s
	slow.Start()
	defer slow.Close()
	conn, err := net.Dial("tcp", slow.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := bufio.NewReader(conn).ReadString(0); !errors.Is(err, io.EOF) {
		t.Errorf("a client that never ends its header: %v", err)
	}
}

// stopping is a server in which one request is running, told to stop. It waits
// for noticed before it refuses connections.
type stopping struct {
	t                *testing.T
	addr             string
	noticed, release func()
	running          chan string
	served           chan error
}

func stop(t *testing.T, drain time.Duration) *stopping {
	t.Helper()
	arrived, finish, told, seen := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	var no atomic.Bool
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-finish
		_, _ = io.WriteString(w, "done")
	})
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if no.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &stopping{t: t, addr: ln.Addr().String(), running: make(chan string, 1), served: make(chan error, 1)}
	s.noticed, s.release = sync.OnceFunc(func() { close(seen) }), sync.OnceFunc(func() { close(finish) })
	t.Cleanup(func() { s.noticed(); s.release() })
	go func() {
		s.served <- Serve(ctx, ln, mux, func() { no.Store(true); close(told); <-seen }, drain)
	}()
	go func() {
		res, err := http.Get("http://" + s.addr + "/slow")
		if err != nil {
			s.running <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		s.running <- string(body)
	}()
	<-arrived
	cancel()
	<-told
	return s
}

// refused waits until nobody is let in any more.
func (s *stopping) refused() {
	s.t.Helper()
	for {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

func TestWhatWasAcceptedIsFinished(t *testing.T) {
	t.Parallel()
	s := stop(t, 20*time.Second)
	res, err := http.Get("http://" + s.addr + "/readyz")
	if err != nil || res.StatusCode != http.StatusServiceUnavailable || !res.Close {
		t.Fatalf("a balancer is told that we stop, and its connection given up: %v %v", res, err)
	}
	_ = res.Body.Close()
	s.noticed()
	s.refused()
	s.release()
	if got := <-s.running; got != "done" {
		t.Errorf("the running request got %q", got)
	}
	if err := <-s.served; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestDrainingHasAnEnd(t *testing.T) {
	t.Parallel()
	s := stop(t, 10*time.Millisecond)
	s.noticed()
	if err := <-s.served; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ended with %v", err)
	}
}

func TestOnlyATrustedProxyTellsWhereARequestCameFrom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		trusted []string
		want    string
	}{{nil, "192.0.2.1"}, {[]string{"192.0.2.0/24"}, "203.0.113.9"}} {
		e := New(Config{Logger: slog.New(slog.DiscardHandler), TrustedProxies: c.trusted})
		e.GET("/ip", func(g *gin.Context) { g.String(http.StatusOK, g.ClientIP()) })
		r := httptest.NewRequest(http.MethodGet, "/ip", nil) // comes from 192.0.2.1
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if w.Body.String() != c.want {
			t.Errorf("with proxies %v the client is %s, want %s", c.trusted, w.Body, c.want)
		}
	}
}
