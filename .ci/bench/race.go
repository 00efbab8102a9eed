package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A side is one way to do a work: processes one after the other.
type side struct {
	name   string
	before func() error  // puts everything in its place before each run, outside the clock; nil: nothing
	steps  func() []step // of the next run
	runs   []usage
	out    [][]byte // what the last step of each run said on standard output
	log    []byte   // and the newest one on standard error
}

// A step is one process.
type step struct {
	argv []string
	dir  string // where it runs; "": here
}

// usage is what a run took.
type usage struct {
	wall, cpu float64 // seconds
	peak      float64 // MiB, of the largest process
}

// alone is a side of one process.
func alone(name string, argv ...string) *side {
	return &side{name: name, steps: func() []step { return []step{{argv: argv}} }}
}

// itself is a side that this program does.
func (b *bench) itself(name string, args ...string) *side { return alone(name, b.task(args...)...) }

func (b *bench) task(args ...string) []string { return append([]string{b.in("bench"), "do"}, args...) }

// race runs the sides in turn, so that what else the machine does falls on all of them.
func (b *bench) race(sides ...*side) error {
	for round := range b.rounds {
		for _, s := range sides {
			if err := s.run(); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			u := s.runs[len(s.runs)-1]
			fmt.Fprintf(os.Stderr, "round %d: %s: %.2f s, CPU %.2f s, %.0f MiB\n", round+1, s.name, u.wall, u.cpu, u.peak)
		}
	}
	return nil
}

func (s *side) run() error {
	if s.before != nil {
		if err := s.before(); err != nil {
			return err
		}
	}
	var all usage
	var out []byte
	for _, st := range s.steps() {
		u, stdout, stderr, err := st.run()
		if err != nil {
			return err
		}
		all = usage{all.wall + u.wall, all.cpu + u.cpu, max(all.peak, u.peak)}
		out, s.log = stdout, stderr
	}
	s.runs, s.out = append(s.runs, all), append(s.out, out)
	return nil
}

func (s *step) run() (u usage, out, log []byte, err error) {
	var stdout, stderr bytes.Buffer
	c := exec.Command(s.argv[0], s.argv[1:]...)
	c.Dir, c.Stdout, c.Stderr = s.dir, &stdout, &stderr
	start := time.Now()
	err = c.Run()
	u.wall = time.Since(start).Seconds()
	if err != nil {
		return u, nil, nil, fmt.Errorf("%s: %w\n%s%s", strings.Join(s.argv, " "), err, stdout.Bytes(), stderr.Bytes())
	}
	u.cpu = (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	if use, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = float64(use.Maxrss) / 1024 // KiB on Linux
	}
	return u, stdout.Bytes(), stderr.Bytes(), nil
}

// prepare runs what only puts something in place.
func prepare(argv ...string) error {
	s := step{argv: argv}
	_, _, _, err := s.run()
	return err
}

func (s *side) wall() float64 { return s.median(func(u usage) float64 { return u.wall }) }
func (s *side) cpu() float64  { return s.median(func(u usage) float64 { return u.cpu }) }
func (s *side) peak() float64 { return s.median(func(u usage) float64 { return u.peak }) }

func (s *side) median(of func(usage) float64) float64 {
	list := make([]float64, len(s.runs))
	for i, u := range s.runs {
		list[i] = of(u)
	}
	return median(list)
}

// in returns the median of the quotients of runs in one round.
func (s *side) in(reference *side, of func(usage) float64) float64 {
	list := make([]float64, len(s.runs))
	for i := range s.runs {
		list[i] = of(s.runs[i]) / of(reference.runs[i])
	}
	return median(list)
}

func wall(u usage) float64 { return u.wall }
func cpu(u usage) float64  { return u.cpu }

// report prints a line for each side; the first is pecaudit's.
func report(work string, ours *side, references ...*side) {
	line(work, ours.name, decimals(ours.wall()), decimals(ours.cpu()), whole(ours.peak()), "", "")
	for _, r := range references {
		line("", r.name, decimals(r.wall()), decimals(r.cpu()), whole(r.peak()), decimals(ours.in(r, wall)), decimals(ours.in(r, cpu)))
	}
}

func decimals(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }
func whole(x float64) string    { return strconv.FormatFloat(x, 'f', 0, 64) }
