package store

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// benchCases is how many cases the benchmarks store: -short takes a tenth.
func benchCases(b *testing.B) int {
	if testing.Short() {
		return 72_000
	}
	return 720_000
}

// manyCases makes cases as a first run over a big register finds them, sorted by company.
func manyCases(n int) []cases.Case {
	list := make([]cases.Case, n)
	day := checker.Date{Year: 2026, Month: time.November, Day: 2}
	for i := range list {
		key := fmt.Sprintf("%011d", i*7)
		c := &list[i]
		c.Key = cases.Key{Company: key, Address: fmt.Sprintf("impresa%d@pec%d.example", i, i%500), Family: cases.FamilyInactive, Chamber: fmt.Sprintf("camera-%d", i*31%62)}
		c.ID = c.Key.ID(day)
		c.State, c.Ground, c.Rules, c.Found, c.Checked, c.Failed = cases.Found, checker.GroundDomain, []checker.RuleID{"DNS-001"}, day, day, day
		c.Facts = cases.Facts{
			CodiceFiscale: key, REA: fmt.Sprintf("XX-%d", i+1), CCIAA: "XX", Name: fmt.Sprintf("IMPRESA D'ESEMPIO NUMERO %d & C. S.N.C.", i), Form: "SN", Class: "partnership",
			Comune: "PAESE DI PROVA", PEC: c.Address, Provider: "Gestore Uno S.p.A.", Registered: checker.Date{Year: 2014, Month: 5, Day: 6},
			Detail: "Il dominio non riceve posta: interrogato il 01/10/2026 e il 05/10/2026", File: "elenchi/camera-2026-11.csv", Row: i + 2,
		}
		c.Events = []cases.Event{{
			At: day, By: "pecaudit", Event: cases.EventFound, To: cases.Found, Run: "2026-11-02-0a1b2c3d",
			Evidence: &cases.Evidence{File: c.Facts.File, Row: c.Facts.Row, Checks: []cases.Check{{Rule: "DNS-001", Ground: checker.GroundDomain, Outcome: "fail", Detail: c.Facts.Detail, Source: checker.MXEvidence, On: day}}},
		}}
	}
	return list
}

func openBench(b *testing.B) *Store {
	b.Helper()
	s, err := Open(context.Background(), filepath.Join(b.TempDir(), "bench.db"), Options{Write: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkFirstMonth stores the cases of a first month in one transaction, each with its first event.
func BenchmarkFirstMonth(b *testing.B) {
	ctx := context.Background()
	list := manyCases(benchCases(b))
	for b.Loop() {
		b.StopTimer()
		s := openBench(b)
		b.StartTimer()
		if err := s.Update(ctx, func(tx *Tx) error { return tx.SaveCases(ctx, list) }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(2*len(list)*b.N)/b.Elapsed().Seconds(), "rows/s") // a case and its event
}

// BenchmarkSecondMonth does what the run of a month does with the cases of the month before: reads them, and stores that all were checked again and that
// something happened to one in twenty.
func BenchmarkSecondMonth(b *testing.B) {
	ctx := context.Background()
	s := openBench(b)
	list := manyCases(benchCases(b))
	if err := s.Update(ctx, func(tx *Tx) error { return tx.SaveCases(ctx, list) }); err != nil {
		b.Fatal(err)
	}
	n, day := len(list), list[0].Checked
	companies := make([]string, n)
	for i := range list {
		companies[i] = list[i].Company
	}
	list = nil
	for b.Loop() {
		day = day.AddDays(1)
		err := s.Update(ctx, func(tx *Tx) error {
			return tx.SaveParts(ctx, func(yield func(Part, error) bool) {
				for companies := range slices.Chunk(companies, 8000) {
					again := func(known []cases.Case) ([]cases.Case, error) {
						for i := range known {
							c := &known[i]
							c.Checked, c.Again = day, true
							if i%20 == 0 {
								c.Again = false
								c.Events = []cases.Event{{At: day, By: "pecaudit", Event: cases.EventGround, From: c.State, To: c.State}}
							}
						}
						return known, nil
					}
					if !yield(Part{companies, again}, nil) {
						return
					}
				}
			})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "cases/s")
}

// manyDomains makes the answers of a run over the domains of the whole register.
func manyDomains(at time.Time) ([]Observation, []string) {
	var list []Observation
	var domains []string
	for i := range 68_000 {
		domain := fmt.Sprintf("pec%d.example", i*7919%68_000)
		list = append(list, ObservationOfMX(domain, checker.MXAnswer{
			Observed: checker.Observed{At: at, By: "192.0.2.53:53"}, Kind: checker.MXHosts, Hosts: []string{"mx1.gestore.example", "mx2.gestore.example"},
			Raw: domain + ". 3600 IN MX 10 mx1.gestore.example.",
		}))
		domains = append(domains, domain)
	}
	return list, domains
}

// BenchmarkObserve keeps the answers of one run more.
func BenchmarkObserve(b *testing.B) {
	ctx := context.Background()
	s := openBench(b)
	at := noon
	n := 0
	for b.Loop() {
		b.StopTimer()
		at = at.AddDate(0, 1, 0)
		list, _ := manyDomains(at)
		n += len(list)
		b.StartTimer()
		if err := s.Update(ctx, func(tx *Tx) error { return tx.Observe(ctx, list) }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "observations/s")
}

// BenchmarkRecall recalls every domain after a year of monthly runs.
func BenchmarkRecall(b *testing.B) {
	ctx := context.Background()
	s := openBench(b)
	var domains []string
	for m := range 12 {
		list, all := manyDomains(noon.AddDate(0, m, 0))
		domains = all
		if err := s.Update(ctx, func(tx *Tx) error { return tx.Observe(ctx, list) }); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		known, err := s.Recall(ctx, MX, domains, time.Time{})
		if err != nil || len(known) != len(domains) {
			b.Fatal(len(known), err)
		}
	}
	b.ReportMetric(float64(len(domains)*b.N)/b.Elapsed().Seconds(), "domains/s")
}
