package states_test

import (
	"testing"

	"github.com/acuerdo/acuerdo/fault"
	"github.com/acuerdo/acuerdo/states"
)

type (
	state string
	event string
)

var door = states.Table[state, event]{
	{"open", "shut", "closed"}, {"closed", "pull", "open"}, {"closed", "lock", "locked"}, {"open", "break", "locked"},
}

func TestOnlyWhatTheTableSaysCanHappen(t *testing.T) {
	t.Parallel()
	if got, err := door.Next("closed", "lock"); err != nil || got != "locked" {
		t.Errorf("%s %v", got, err)
	}
	for _, c := range [][2]string{{"open", "lock"}, {"locked", "pull"}, {"", "shut"}, {"open", ""}} {
		if got, err := door.Next(state(c[0]), event(c[1])); !fault.Is(err, fault.Conflict) || got != "" {
			t.Errorf("%s of %s: %q %v", c[1], c[0], got, err)
		}
	}
	for s, terminal := range map[state]bool{"open": false, "closed": false, "locked": true} {
		if door.Terminal(s) != terminal {
			t.Errorf("%s: terminal %v", s, !terminal)
		}
	}
}

func TestTheDrawingIsTheTable(t *testing.T) {
	t.Parallel()
	want := `stateDiagram-v2
    [*] --> open
    open --> closed: shut
    closed --> open: pull
    closed --> locked: lock
    open --> locked: break
    locked --> [*]
`
	if got := door.Mermaid(); got != want {
		t.Errorf("drawn:\n%s", got)
	}
}
