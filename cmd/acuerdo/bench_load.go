package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// loadTarget is a server on this machine and the requests it gets.
type loadTarget struct {
	addr     string
	requests [][]byte // as they go over the wire
}

// load sends requests, drawn at random, over so many connections at once for a
// time, and returns how long each took. The client is as thin as it can be,
// because it shares the machine with what it measures.
func (t *loadTarget) load(ctx context.Context, connections int, long time.Duration) ([]time.Duration, error) {
	took := make([][]time.Duration, connections)
	g, ctx := errgroup.WithContext(ctx)
	deadline := time.Now().Add(long)
	for i := range connections {
		g.Go(func() error {
			c, err := t.dial(deadline.Add(10 * time.Second))
			if err != nil {
				return err
			}
			defer c.Close()
			for time.Now().Before(deadline) && ctx.Err() == nil {
				start := time.Now()
				if _, err := c.get(t.requests[rand.IntN(len(t.requests))]); err != nil {
					return err
				}
				took[i] = append(took[i], time.Since(start))
			}
			return ctx.Err()
		})
	}
	err := g.Wait()
	return slices.Concat(took...), err
}

// pageSize is how many bytes the first page has.
func (t *loadTarget) pageSize() (int, error) {
	c, err := t.dial(time.Now().Add(10 * time.Second))
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return c.get(t.requests[0])
}

type loadConn struct {
	net.Conn
	read *bufio.Reader
}

func (t *loadTarget) dial(deadline time.Time) (*loadConn, error) {
	c, err := net.Dial("tcp", t.addr)
	if err != nil {
		return nil, err
	}
	return &loadConn{c, bufio.NewReaderSize(c, 64<<10)}, c.SetDeadline(deadline)
}

// get sends a request and reads its answer, which must be a page.
func (c *loadConn) get(request []byte) (size int, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(c.read, nil)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return 0, err
	}
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("a request was answered with %s", res.Status)
	}
	return int(n), nil
}

// summary is what the legs of one target come to.
type summary struct {
	perSecond float64
	p50, p99  time.Duration
}

func summarise(took []time.Duration, long time.Duration) summary {
	slices.Sort(took)
	at := func(percent int) time.Duration {
		if len(took) == 0 {
			return 0
		}
		return took[(len(took)-1)*percent/100]
	}
	return summary{perSecond: float64(len(took)) / long.Seconds(), p50: at(50), p99: at(99)}
}

func (s summary) String() string {
	return fmt.Sprintf("%.0f requests/s, p50 %.1f ms, p99 %.1f ms", s.perSecond, s.p50.Seconds()*1e3, s.p99.Seconds()*1e3)
}
