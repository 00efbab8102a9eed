package probe

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// However packets come and go, no more are under way than the window allows, and nobody waits for ever.
func TestWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &window{limit: 16, most: 256}
		var rounds []int
		for range rapid.IntRange(1, 2000).Draw(t, "steps") {
			if w.inside < int(w.limit) && rapid.Bool().Draw(t, "enter") {
				round, _, err := w.enter(context.Background(), nil)
				if round == 0 || err != nil {
					t.Fatalf("no place though there is one: %d %v", round, err)
				}
				rounds = append(rounds, round)
			} else if len(rounds) > 0 {
				w.leave(rounds[0], rapid.IntRange(0, 9).Draw(t, "luck") == 0)
				rounds = rounds[1:]
			}
			if w.limit < fewest || w.limit > w.most || w.inside != len(rounds) {
				t.Fatalf("limit %v, inside %d, %d entered", w.limit, w.inside, len(rounds))
			}
		}
	})
}

// Losses of one flight halve the window once; answers open it again.
func TestWindowCut(t *testing.T) {
	t.Parallel()
	w := &window{limit: 200, most: 1024}
	flight := func(lost bool) {
		var rounds []int
		for range int(w.limit) {
			round, _, _ := w.enter(t.Context(), nil)
			rounds = append(rounds, round)
		}
		for _, round := range rounds {
			w.leave(round, lost)
		}
	}
	flight(false)
	if w.limit != 264 {
		t.Errorf("after a good flight: %v", w.limit)
	}
	flight(true)
	if w.limit != 132 {
		t.Errorf("after a lost flight: %v", w.limit)
	}
	for range 20 {
		flight(true)
	}
	if w.limit != fewest {
		t.Errorf("after many lost flights: %v", w.limit)
	}
	for range 100 {
		flight(false)
	}
	if w.limit != 1024 {
		t.Errorf("after many good flights: %v", w.limit)
	}
}

// Who gives up waiting takes no place with him.
func TestWindowGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &window{limit: 1, most: 1}
		round, _, _ := w.enter(t.Context(), nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got, _, err := w.enter(ctx, nil); got != 0 || err != context.DeadlineExceeded {
			t.Errorf("%d %v", got, err)
		}
		answers := make(chan response, 1)
		answers <- response{}
		if got, _, err := w.enter(t.Context(), answers); got != 0 || err != nil {
			t.Errorf("%d %v", got, err)
		}
		w.leave(round, false)
		if got, _, err := w.enter(t.Context(), nil); got == 0 || err != nil {
			t.Errorf("%d %v", got, err)
		}
	})
}

// The wait follows the round trips that are measured, doubles with each try, and has bounds.
func TestServerWait(t *testing.T) {
	t.Parallel()
	s := newServer("", 300*time.Millisecond, 8, func() {})
	if got := s.wait(0); got != 300*time.Millisecond {
		t.Errorf("before any answer: %v", got)
	}
	for range 50 {
		s.measured(5 * time.Millisecond)
	}
	if got := s.wait(0); got != shortestWait {
		t.Errorf("near server: %v", got)
	}
	if got := s.wait(3); got != 8*shortestWait {
		t.Errorf("third repetition: %v", got)
	}
	for range 50 {
		s.measured(400 * time.Millisecond)
	}
	if got := s.wait(0); got < 400*time.Millisecond || got > 700*time.Millisecond {
		t.Errorf("far server: %v", got)
	}
	if got := s.wait(40); got != longestWait {
		t.Errorf("after many tries: %v", got)
	}
}
