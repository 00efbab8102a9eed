package main

import (
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pecaudit/checker"
)

// address is one address judged for syntax, with a reason: the cells of a register, as they come, defects and all.
func (b *bench) address() error {
	dir, err := b.register(b.rows / 10)
	if err != nil {
		return err
	}
	list := filepath.Join(lists(dir), "imprese.csv")
	ours := b.itself("pecaudit", "addresses", "pecaudit", list)
	parser := b.itself("net/mail.ParseAddress", "addresses", "net/mail", list)
	expression := b.itself("regexp, trimmed and in lower case", "addresses", "regexp", list)
	if err := b.race(ours, parser, expression); err != nil {
		return err
	}
	mine, allocations, err := took(ours)
	if err != nil {
		return err
	}
	line("one address", fmt.Sprintf("%s: %.0f ns, %d allocations", ours.name, median(mine), allocations), "", "", "", "", "")
	for _, r := range []*side{parser, expression} {
		theirs, n, err := took(r)
		if err != nil {
			return err
		}
		quotients := make([]float64, len(theirs))
		for i := range theirs {
			quotients[i] = mine[i] / theirs[i]
		}
		line("", fmt.Sprintf("%s: %.0f ns, %d allocations", r.name, median(theirs), n), "", "", "", decimals(median(quotients)), "")
	}
	b.figures = append(b.figures, figure{
		"one address judged for syntax, with a reason", "ns; allocations", fmt.Sprintf("%.0f; %d", median(mine), allocations), "≤ 200; 0", "≤ 120; 0",
	})
	return nil
}

// took returns the nanoseconds of each run, and the allocations.
func took(s *side) (ns []float64, allocations int, err error) {
	for _, out := range s.out {
		var n float64
		if _, err := fmt.Sscan(string(out), &n, &allocations); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", s.name, err)
		}
		ns = append(ns, n)
	}
	return ns, allocations, nil
}

var mailbox = regexp.MustCompile("^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$")

// judgeAddresses judges the addresses of a list in one of three ways and prints nanoseconds and allocations an address.
func judgeAddresses(args []string) error {
	how, list := args[0], args[1]
	cells, err := column(list, "pec")
	if err != nil {
		return err
	}
	words := checker.DefaultAbsences()
	judge := map[string]func(string){
		"pecaudit": func(cell string) { checker.ParseAddress(cell, &words) },
		"net/mail": func(cell string) { _, _ = mail.ParseAddress(cell) },
		"regexp":   func(cell string) { mailbox.MatchString(strings.ToLower(strings.TrimSpace(cell))) },
	}[how]
	testing.Init()
	if err := flag.Set("test.benchtime", "500ms"); err != nil {
		return err
	}
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			judge(cells[i%len(cells)])
		}
	})
	fmt.Printf("%.1f %d\n", float64(result.T.Nanoseconds())/float64(result.N), result.AllocsPerOp())
	return nil
}

// column returns the cells of a column.
func column(list, name string) ([]string, error) {
	f, err := os.Open(list)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = ';', true, -1
	at := -1
	var cells []string
	for {
		record, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return cells, nil
		case err != nil:
			return nil, err
		case at < 0:
			for i, header := range record {
				if header == name {
					at = i
				}
			}
			if at < 0 {
				return nil, fmt.Errorf("%s: no column %s", list, name)
			}
		case at < len(record):
			cells = append(cells, strings.Clone(record[at]))
		}
	}
}
