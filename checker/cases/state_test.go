package cases

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// STATES.md is the table of allowed moves, laid out for people.
func TestStatesDocument(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# The moves of a case\n\nMade from `moves` in `state.go` by `go test ./checker/cases -update`. What is not here never happens.\n\n")
	b.WriteString("| from | event | to | who |\n| --- | --- | --- | --- |\n")
	for _, from := range append([]State{""}, States()...) {
		for _, m := range moves {
			if m.from == from && m.from != m.to {
				fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", m.from, m.event, m.to, actors(m.event))
			}
		}
	}
	b.WriteString("\nEvents that leave a case where it is:\n\n| event | in | who |\n| --- | --- | --- |\n")
	for _, e := range append([]EventKind{EventGround}, officeEvents...) {
		var in []string
		for _, m := range moves {
			if m.event == e && m.from == m.to {
				in = append(in, string(m.from))
			}
		}
		if len(in) > 0 {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e, strings.Join(in, ", "), actors(e))
		}
	}
	if *update {
		if err := os.WriteFile("STATES.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("STATES.md")
	if err != nil || string(got) != b.String() {
		t.Errorf("STATES.md does not show the moves: go test ./checker/cases -update (%v)", err)
	}
}

func actors(e EventKind) string {
	switch e {
	case EventFound, EventGround, EventCleared, EventCured, EventLapsed:
		return "run"
	case EventMoved, EventCeased, EventFiled:
		return "run, office"
	}
	return "office"
}

// Nothing adverse comes before a list, every state can be reached, and a case that ended goes nowhere.
func TestMoves(t *testing.T) {
	t.Parallel()
	reached := map[State]bool{"": true}
	for range moves {
		for _, m := range moves {
			if reached[m.from] {
				reached[m.to] = true
			}
		}
	}
	for _, s := range States() {
		if !reached[s] {
			t.Errorf("%s cannot be reached", s)
		}
	}
	for _, m := range moves {
		if m.from.final() && m.to != m.from {
			t.Errorf("%s leaves %s", m.event, m.from)
		}
		if m.from == Found && slices.Contains([]State{Lapsed, Referred, Decided, Executed, Cured}, m.to) {
			t.Errorf("%s takes a case that was never listed to %s", m.event, m.to)
		}
	}
}
