// Package web is what the three doors share: limits, headers, the log line, the
// last catch for a panic, and a server that drains before it stops.
package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/frontend"
	"github.com/acuerdo/acuerdo/locale"
)

// Limits of one request. A form is small; an honest page is quick.
const (
	MaxForm        = 64 << 10
	MaxWebhook     = 512 << 10
	handlerTimeout = 20 * time.Second
	headerTimeout  = 5 * time.Second
	bodyTimeout    = 15 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 75 * time.Second
)

// Config of an engine.
type Config struct {
	Logger *slog.Logger
	HTTPS  bool // the public URL is https: HSTS is sent
	// Unsigned are path prefixes that other servers post to; they prove
	// themselves by a signature or a key instead of by their origin.
	Unsigned []string
	// TrustedProxies are the addresses (or CIDRs) whose X-Forwarded-For counts.
	// Without them the address that connects is the client's.
	TrustedProxies []string
	// FormAction are further origins a form may lead to: Stripe's checkout.
	FormAction []string
}

// New makes an engine with everything each request goes through.
func New(cfg Config) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	_ = e.SetTrustedProxies(cfg.TrustedProxies) // the settings were checked
	e.Use(requestID, accessLog(cfg.Logger), recovery(cfg.Logger), secure(cfg), sameOrigin(cfg.Unsigned), limits(cfg.Unsigned))
	e.NoRoute(func(c *gin.Context) { Fail(c, fault.New(fault.NotFound, "not_found")) })
	e.NoMethod(func(c *gin.Context) {
		c.Status(http.StatusMethodNotAllowed)
		Fail(c, fault.New(fault.NotFound, "not_found"))
	})
	return e
}

const requestIDKey = "request_id"

// RequestID identifies the request in the log and on an error page.
func RequestID(c *gin.Context) string { return c.GetString(requestIDKey) }

func requestID(c *gin.Context) {
	id := rand.Text()[:12]
	c.Set(requestIDKey, id)
	c.Header("X-Request-Id", id)
	c.Next()
}

// accessLog writes the route's pattern, never the path: a path may hold a token.
func accessLog(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		c.Next()
		route := c.FullPath()
		if route == "" {
			route = "none"
		}
		level := slog.LevelDebug
		attrs := []slog.Attr{slog.String("id", RequestID(c)), slog.String("method", c.Request.Method),
			slog.String("route", route), slog.Int("status", c.Writer.Status()), slog.Duration("took", time.Since(start))}
		if c.Writer.Status() >= http.StatusInternalServerError {
			level = slog.LevelError
			attrs = append(attrs, slog.String("error", c.Errors.String()))
		}
		log.LogAttrs(c.Request.Context(), level, "request", attrs...)
	}
}

func recovery(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // the documented way to compare a panic value
				panic(p)
			}
			log.Error("panic", slog.String("id", RequestID(c)), slog.String("route", c.FullPath()), slog.String("type", fmt.Sprintf("%T", p)),
				slog.String("stack", string(debug.Stack())))
			c.Abort()
			if !c.Writer.Written() {
				Fail(c, fault.New(fault.Internal, "internal"))
			}
		}()
		c.Next()
	}
}

func secure(cfg Config) gin.HandlerFunc {
	csp := "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; " +
		"form-action " + strings.Join(append([]string{"'self'"}, cfg.FormAction...), " ") + "; frame-ancestors 'none'; base-uri 'none'"
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
		h.Set("Cache-Control", "no-store")
		if cfg.HTTPS {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		c.Next()
	}
}

func sameOrigin(unsigned []string) gin.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	for _, prefix := range unsigned {
		protection.AddInsecureBypassPattern(prefix)
	}
	return func(c *gin.Context) {
		if err := protection.Check(c.Request); err != nil {
			c.Abort()
			Fail(c, fault.Wrap(err, fault.Forbidden, "cross_origin"))
			return
		}
		c.Next()
	}
}

// limits bounds time and size, and reads a form before any handler runs, so
// that one too large is refused in one place.
func limits(unsigned []string) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), handlerTimeout)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		limit := int64(MaxForm)
		for _, prefix := range unsigned {
			if strings.HasPrefix(c.Request.URL.Path, prefix) {
				limit = MaxWebhook
			}
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
		if limit == MaxForm && c.Request.Method == http.MethodPost {
			if err := c.Request.ParseForm(); err != nil {
				var large *http.MaxBytesError
				code, key := fault.Invalid, "form_unreadable"
				if errors.As(err, &large) {
					code, key = fault.TooLarge, "form_too_large"
				}
				c.Abort()
				Fail(c, fault.Wrap(err, code, key))
				return
			}
		}
		c.Next()
	}
}

// Language is the reader's language where no session tells: ?lang=, then the browser's.
func Language(c *gin.Context, fallback locale.Language) locale.Language {
	if lang, ok := locale.ParseLanguage(c.Query("lang")); ok {
		return lang
	}
	return locale.Match(c.GetHeader("Accept-Language"), fallback)
}

// Page answers with a rendered page.
func Page(c *gin.Context, status int, html []byte) {
	c.Data(status, "text/html; charset=utf-8", html)
}

// Fail shows an error as a page of no creditor in particular. Doors that know
// who is reading have their own.
func Fail(c *gin.Context, err error) {
	FailOn(c, frontend.Page{Locale: locale.Locale{Language: Language(c, locale.English)}}, err)
}

// FailOn shows an error on a door's page: the status of its code, the text of
// its key, and the request's id for whoever has to look into it.
func FailOn(c *gin.Context, page frontend.Page, err error) {
	page.RequestID = RequestID(c)
	status := fault.CodeOf(err).HTTPStatus()
	if c.Writer.Status() == http.StatusMethodNotAllowed {
		status = http.StatusMethodNotAllowed
	}
	if status >= http.StatusInternalServerError {
		_ = c.Error(err)
	}
	// What failed may have been that time ran out: the page is shown all the same.
	html, renderErr := frontend.Render(context.WithoutCancel(c.Request.Context()), frontend.ErrorPage(frontend.ErrorPageFor(page, err)))
	if renderErr != nil {
		c.String(status, "%s (%s)", http.StatusText(status), page.RequestID)
		return
	}
	Page(c, status, html)
}

// newServer cuts off clients that are slow to say what they want, or to hear it.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
}

// Serve answers requests until ctx ends, then calls draining, refuses new
// connections and lets the accepted requests finish. While draining waits,
// everything is still answered, and connections are given up one by one: a
// balancer that is told by then loses nothing.
func Serve(ctx context.Context, ln net.Listener, handler http.Handler, draining func(), drain time.Duration) error {
	s := newServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ctx.Err() != nil {
			w.Header().Set("Connection", "close")
		}
		handler.ServeHTTP(w, r)
	}))
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	draining()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := s.Shutdown(stop); err != nil {
		return fmt.Errorf("requests were still running after %s: %w", drain, err)
	}
	return nil
}
