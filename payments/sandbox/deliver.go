package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	maxTries      = 20
	firstBackoff  = 50 * time.Millisecond
	longestWait   = 2 * time.Second
	reorderWindow = 250 * time.Millisecond
)

// letter is one event on its way to one endpoint.
type letter struct {
	account, event string
	target         string
	url, secret    string
	body           []byte
	tries          int
	due            time.Time
}

// courier delivers webhooks from one goroutine: in the order of their making,
// except that a letter that waits for its next try lets the others pass.
// It lives on the wall clock, because transport does.
type courier struct {
	client *http.Client
	log    *slog.Logger
	done   func(l letter, acknowledged bool)

	mu     sync.Mutex
	queue  []letter
	pile   []letter // waiting to be shuffled
	seed   uint64
	busy   bool
	kick   chan struct{}
	idle   chan struct{} // closed and renewed whenever there is nothing left
	ctx    context.Context
	cancel context.CancelFunc
	ended  chan struct{}
}

func newCourier(client *http.Client, log *slog.Logger, done func(letter, bool)) *courier {
	c := &courier{client: client, log: log, done: done, kick: make(chan struct{}, 1), idle: make(chan struct{}), ended: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	go c.run()
	return c
}

// post takes letters; copies > 1 duplicates them, a seed piles them up to be shuffled.
func (c *courier) post(letters []letter, copies int, seed uint64) {
	if len(letters) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, l := range letters {
		for range copies {
			l.due = now
			if seed == 0 {
				c.queue = append(c.queue, l)
				continue
			}
			l.due, c.seed = now.Add(reorderWindow), seed
			c.pile = append(c.pile, l)
		}
	}
	c.wake()
}

func (c *courier) wake() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

func (c *courier) drain(ctx context.Context) error {
	for {
		c.mu.Lock()
		c.spill(true)
		if len(c.queue) == 0 && !c.busy {
			c.mu.Unlock()
			return nil
		}
		idle := c.idle
		c.mu.Unlock()
		c.wake()
		select {
		case <-idle:
		case <-c.ended:
			return context.Canceled
		case <-ctx.Done():
			return fmt.Errorf("sandbox: webhooks not drained: %w", ctx.Err())
		}
	}
}

func (c *courier) close() {
	c.cancel()
	<-c.ended
}

// spill shuffles the pile into the queue when its time has come. The lock is held.
func (c *courier) spill(now bool) {
	if len(c.pile) == 0 || !now && time.Now().Before(c.pile[len(c.pile)-1].due) {
		return
	}
	rng := rand.New(rand.NewPCG(c.seed, c.seed))
	rng.Shuffle(len(c.pile), func(i, j int) { c.pile[i], c.pile[j] = c.pile[j], c.pile[i] })
	for i := range c.pile {
		c.pile[i].due = time.Time{}
	}
	c.queue, c.pile = append(c.queue, c.pile...), nil
}

// take removes the first letter that is due, or tells how long to wait for one.
func (c *courier) take() (letter, bool, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spill(false)
	now, wait := time.Now(), time.Hour
	for i, l := range c.queue {
		if !l.due.After(now) {
			c.queue = slices.Delete(c.queue, i, i+1)
			c.busy = true
			return l, true, 0
		}
		wait = min(wait, l.due.Sub(now))
	}
	if len(c.pile) > 0 {
		wait = min(wait, time.Until(c.pile[len(c.pile)-1].due))
	}
	return letter{}, false, max(wait, time.Millisecond)
}

func (c *courier) run() {
	defer close(c.ended)
	for c.ctx.Err() == nil {
		l, ok, wait := c.take()
		if !ok {
			timer := time.NewTimer(wait)
			select {
			case <-c.kick:
			case <-timer.C:
			case <-c.ctx.Done():
			}
			timer.Stop()
			continue
		}
		c.attempt(l)
	}
}

func (c *courier) attempt(l letter) {
	l.tries++
	err := c.send(l)
	closing := c.ctx.Err() != nil
	gaveUp := err != nil && l.tries >= maxTries
	if err == nil || gaveUp {
		c.done(l, err == nil)
	}
	if gaveUp {
		c.log.Error("webhook given up", "event", l.event, "tries", l.tries, "error", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = false
	if err != nil && !gaveUp && !closing {
		backoff := min(firstBackoff<<(l.tries-1), longestWait)
		c.log.Debug("webhook not acknowledged", "event", l.event, "try", l.tries, "error", err)
		l.due = time.Now().Add(backoff)
		c.queue = append(c.queue, l)
	}
	if len(c.queue) == 0 && len(c.pile) == 0 {
		close(c.idle)
		c.idle = make(chan struct{})
	}
}

func (c *courier) send(l letter) error {
	req, err := http.NewRequestWithContext(c.ctx, http.MethodPost, l.url, bytes.NewReader(l.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	req.Header.Set("Stripe-Signature", sign(time.Now(), l.body, l.secret))
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("webhook endpoint answered %s", resp.Status)
	}
	return nil
}

// sign makes the Stripe-Signature header. Its time is the wall clock's: the
// receiver judges the age of the transport, not of the object.
func sign(at time.Time, body []byte, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
