// Package states makes a state machine a table of (from, event, to), so that the
// code, the tests and the drawing in the documentation are the same thing.
package states

import (
	"fmt"
	"strings"

	"github.com/acuerdo/acuerdo/fault"
)

// Edge is one allowed change.
type Edge[S, E ~string] struct {
	From  S
	Event E
	To    S
}

// Table is every allowed change of a machine; the first edge leaves the initial state.
type Table[S, E ~string] []Edge[S, E]

// Next is where an event leads from a state; an event that the state does not
// know is a conflict.
func (t Table[S, E]) Next(from S, event E) (S, error) {
	for _, e := range t {
		if e.From == from && e.Event == event {
			return e.To, nil
		}
	}
	var none S
	return none, fault.Newf(fault.Conflict, "changed_meanwhile", "%s can't happen in state %s", event, from)
}

// Terminal tells whether nothing leads out of a state.
func (t Table[S, E]) Terminal(s S) bool {
	for _, e := range t {
		if e.From == s {
			return false
		}
	}
	return true
}

// Mermaid draws the table as a Mermaid state diagram.
func (t Table[S, E]) Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	if len(t) > 0 {
		fmt.Fprintf(&b, "    [*] --> %s\n", t[0].From)
	}
	drawn := map[S]bool{}
	for _, e := range t {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", e.From, e.To, e.Event)
	}
	for _, e := range t {
		if t.Terminal(e.To) && !drawn[e.To] {
			drawn[e.To] = true
			fmt.Fprintf(&b, "    %s --> [*]\n", e.To)
		}
	}
	return b.String()
}
