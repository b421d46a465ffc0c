package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts requests by the pattern of their route; a path, which may hold
// a token or a reference, is never a label.
type Metrics struct {
	Registry *prometheus.Registry // for other rooms' own collectors
	requests *prometheus.HistogramVec
}

// NewMetrics makes an empty registry with the process's and requests' figures.
func NewMetrics() *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "acuerdo_http_request_duration_seconds", Help: "Time to answer a request, by route.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
	}
	m.Registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) measure(c *gin.Context) {
	start, done := time.Now(), false
	defer func() {
		status := c.Writer.Status()
		if !done { // a panic passes by; the engine answers it after us
			status = http.StatusInternalServerError
		}
		route := c.FullPath()
		if route == "" {
			route = "none"
		}
		m.requests.WithLabelValues(method(c.Request.Method), route, strconv.Itoa(status)).Observe(time.Since(start).Seconds())
	}()
	c.Next()
	done = true
}

// method keeps a made-up one from becoming a label of its own.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

func (m *Metrics) serve() gin.HandlerFunc {
	return gin.WrapH(promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{}))
}
