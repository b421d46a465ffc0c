// Package clock is the only source of time: instants are UTC, dates are civil
// dates in somebody's time zone, and both are injected so that tests and the
// demo can move them.
package clock

import (
	"fmt"
	"sync"
	"time"
)

// Clock tells the present instant, in UTC, to the microsecond (what both databases keep).
type Clock interface{ Now() time.Time }

// System is the machine's clock.
type System struct{}

// Now is the machine's time.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Moved is a clock that runs on from wherever it was last set; the demo and tests use it.
type Moved struct {
	mu     sync.Mutex
	offset time.Duration
	frozen *time.Time
}

// Frozen is a clock that stands still at t until it is set or advanced.
func Frozen(t time.Time) *Moved {
	t = t.UTC().Truncate(time.Microsecond)
	return &Moved{frozen: &t}
}

// RunningFrom is a clock that shows t now and runs on.
func RunningFrom(t time.Time) *Moved { return &Moved{offset: time.Until(t)} }

// Now is the clock's present instant.
func (m *Moved) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.frozen != nil {
		return *m.frozen
	}
	return time.Now().Add(m.offset).UTC().Truncate(time.Microsecond)
}

// Set moves the clock to t; a frozen clock stays frozen there.
func (m *Moved) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.frozen != nil {
		t = t.UTC().Truncate(time.Microsecond)
		m.frozen = &t
		return
	}
	m.offset = time.Until(t)
}

// Advance moves the clock by d.
func (m *Moved) Advance(d time.Duration) { m.Set(m.Now().Add(d)) }

// CheckZone tells whether a time zone is known, naming an example when it isn't.
func CheckZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "" {
		return fmt.Errorf("%q is not a time zone, write for example Europe/Madrid", name)
	}
	return nil
}
