package cases

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pecaudit/checker"
)

// A life is a random history: runs of random rows, publications, entries of the office, as the program would store them.
type life struct {
	newest map[Key]Case
	ids    map[string]bool
	day    checker.Date // of the newest run
}

func (l *life) stored() []Case {
	var cs []Case
	for _, c := range l.newest {
		cs = append(cs, c)
	}
	slices.SortFunc(cs, func(a, b Case) int { return a.Key.Compare(b.Key) })
	return cs
}

// keep stores changed cases and checks what must hold of every change, whoever made it.
func (l *life) keep(t *rapid.T, changed []Case) {
	for _, c := range changed {
		old, known := l.newest[c.Key]
		state := old.State
		if known && old.ID != c.ID && old.Open() {
			t.Fatalf("two cases stand for one key: %+v and %+v", old, c)
		}
		if !known || old.ID != c.ID {
			if l.ids[c.ID] {
				t.Fatalf("a case came back with its old name: %+v", c)
			}
			state, l.ids[c.ID] = "", true
		} else if !old.Open() && slices.ContainsFunc(c.Events, func(e Event) bool { return e.From != e.To }) {
			t.Fatalf("a closed case moved: %+v", c)
		}
		if known && old.ID == c.ID && (old.Found != c.Found || !old.Term.Published.IsZero() && old.Term != c.Term) {
			t.Fatalf("the day found or an open window moved: %+v, then %+v", old, c)
		}
		for _, e := range c.Events {
			if e.From != state || !slices.Contains(moves, move{e.Event, e.From, e.To}) {
				t.Fatalf("from %s an event %s: %+v", state, e.Event, c.Events)
			}
			state = e.To
			adverse := e.To == Lapsed || e.To == Referred || e.To == Executed || e.Outcome == Ordered
			if adverse && e.From != e.To && !e.At.After(c.Term.Safe) {
				t.Fatalf("%s on %s, but the window is safe until %s", e.To, e.At, c.Term.Safe)
			}
			if adverse && e.From != e.To && c.Term.Safe.IsZero() {
				t.Fatalf("%s without having been listed", e.To)
			}
		}
		if state != c.State || c.Open() != c.Closed.IsZero() {
			t.Fatalf("the events do not end where the case is, or its end is not dated: %+v", c)
		}
		if c.Again { // the store keeps nothing else of it
			same := old
			same.Checked, same.Failed, same.Facts.File, same.Facts.Sheet, same.Facts.Row = c.Checked, c.Failed, c.Facts.File, c.Facts.Sheet, c.Facts.Row
			if !known || len(c.Events) > 0 || asJSON(same) != asJSON(c) {
				t.Fatalf("more than seen again: %+v, then %+v", old, c)
			}
		}
		if c.Ground == checker.GroundMissing && !c.Term.Published.IsZero() {
			t.Fatalf("a missing address was listed: %+v", c)
		}
		c.Events = nil
		var stored Case // as a store gives it back: what was empty is nil
		if err := json.Unmarshal([]byte(asJSON(c)), &stored); err != nil {
			t.Fatal(err)
		}
		l.newest[c.Key] = stored
	}
}

var (
	companies = []string{"alfa", "bravo", "charlie"}
	chambers  = []string{"milano", "roma", ""}
	addresses = []string{"a@pec.example", "b@pec.example", ""}
	ruleIDs   = []checker.RuleID{"EXP-001", "PRV-001", "DNS-001", "SYN-001", "DOM-001", "UNI-001", "UNI-002", "REG-001"}
)

func drawRow(t *rapid.T, asOf checker.Date) Sighting {
	s := Sighting{
		Company: rapid.SampledFrom(companies).Draw(t, "company"), Chamber: rapid.SampledFrom(chambers).Draw(t, "chamber"),
		Address: rapid.SampledFrom(addresses).Draw(t, "address"), Told: rapid.IntRange(0, 5).Draw(t, "told") > 0,
		Valid: rapid.IntRange(0, 9).Draw(t, "valid") > 0, InScope: rapid.IntRange(0, 7).Draw(t, "scope") > 0,
	}
	if !s.Told {
		s.Address = ""
	}
	s.Gone = !s.InScope && rapid.Bool().Draw(t, "gone")
	if rapid.IntRange(0, 3).Draw(t, "dated") == 0 {
		s.Reference = asOf.AddDays(-rapid.IntRange(0, 40).Draw(t, "reference"))
	}
	s.Facts = Facts{PEC: s.Address, Holders: []Holder{}, File: "lista.csv", Row: rapid.IntRange(2, 9).Draw(t, "row"), REA: rapid.SampledFrom([]string{"", "MI-1", "MI-2"}).Draw(t, "rea")}
	if rapid.Bool().Draw(t, "expires") {
		s.Facts.Expiry = day(2026, 6, 1).AddDays(rapid.IntRange(0, 2).Draw(t, "expiry"))
	}
	for _, h := range companies {
		if h != s.Company && rapid.IntRange(0, 3).Draw(t, "holder") == 0 {
			s.Facts.Holders = append(s.Facts.Holders, Holder{Company: h})
		}
	}
	for _, id := range ruleIDs {
		outcome := rapid.SampledFrom([]string{"", "", "pass", "fail", "fail", "unknown"}).Draw(t, string(id))
		if outcome == "" || (id == "REG-001") != (s.Address == "") {
			continue
		}
		c := Check{Rule: id, Ground: groundOf[id], Outcome: outcome}
		if rapid.Bool().Draw(t, "evidence") {
			c.Source, c.On = checker.StatusEvidence, asOf.AddDays(-rapid.IntRange(0, 40).Draw(t, "on"))
		}
		s.Checks = append(s.Checks, c)
	}
	return s
}

func drawRows(t *rapid.T, asOf checker.Date) []Sighting {
	rows := make([]Sighting, rapid.IntRange(0, 6).Draw(t, "rows"))
	for i := range rows {
		rows[i] = drawRow(t, asOf)
	}
	return rows
}

func inputOf(rows []Sighting, asOf checker.Date) DecideInput {
	in := DecideInput{AsOf: asOf, Run: asOf.String(), Chambers: map[string]bool{}, HolderNow: func(company, address string) HolderNow { return holderNow(rows, company, address) }}
	for _, s := range rows {
		in.Chambers[s.Chamber] = true
	}
	return in
}

func mustDecide(t *rapid.T, newest []Case, rows []Sighting, in DecideInput) []Case {
	changed, err := Decide(newest, grouped(rows), in)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// grouped puts the rows of a company side by side and leaves their order.
func grouped(rows []Sighting) []Sighting {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b Sighting) int { return strings.Compare(a.Company, b.Company) })
	return rows
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// drawLife lives a random history of some months.
func drawLife(t *rapid.T, steps int) *life {
	l := &life{newest: map[Key]Case{}, ids: map[string]bool{}, day: day(2026, 9, 1)}
	for range rapid.IntRange(0, steps).Draw(t, "steps") {
		l.step(t)
	}
	return l
}

func (l *life) step(t *rapid.T) {
	newest := l.stored()
	switch kind := rapid.IntRange(0, 9).Draw(t, "step"); {
	case kind < 6 || len(newest) == 0:
		l.day = l.day.AddDays(rapid.SampledFrom([]int{0, 1, 15, 30}).Draw(t, "days"))
		rows := drawRows(t, l.day)
		in := inputOf(rows, l.day)
		if rapid.IntRange(0, 4).Draw(t, "filing") == 0 {
			in.PendingRead = true
			in.Pending = append(in.Pending, Pending{Company: rapid.SampledFrom(companies).Draw(t, "filer"), On: l.day.AddDays(-rapid.IntRange(-1, 70).Draw(t, "filed"))})
		}
		if rapid.IntRange(0, 6).Draw(t, "brake") == 0 {
			in.HeldRules = map[checker.RuleID]bool{rapid.SampledFrom(ruleIDs).Draw(t, "held"): true}
		}
		l.run(t, rows, in)
	case kind < 8:
		p := &Procedure{ID: "p", Days: 45}
		for _, c := range newest {
			if _, err := Publish(&c, p, Publication{On: l.day, Act: "Det.", By: "ufficio", Today: l.day, MaxAge: 10}); err != nil {
				t.Fatal(err)
			}
			l.keep(t, []Case{c})
		}
	default:
		c := rapid.SampledFrom(newest).Draw(t, "case")
		e := Entry{Event: rapid.SampledFrom(officeEvents).Draw(t, "event"), On: l.day.AddDays(-rapid.IntRange(0, 3).Draw(t, "ago")), By: "ufficio", Today: l.day}
		if e.Event == EventDecided {
			e.Outcome = rapid.SampledFrom([]string{Ordered, Rejected}).Draw(t, "outcome")
		}
		before := asJSON(c)
		if err := Record(&c, e); err != nil {
			if asJSON(c) != before {
				t.Fatalf("a refused entry changed the case: %v", err)
			}
			return
		}
		l.keep(t, []Case{c})
	}
}

func (l *life) run(t *rapid.T, rows []Sighting, in DecideInput) {
	newest := l.stored()
	before := asJSON(newest) + asJSON(rows)
	changed := mustDecide(t, newest, rows, in)
	if asJSON(newest)+asJSON(rows) != before {
		t.Fatal("Decide changed what it was given")
	}
	for _, c := range changed {
		old := l.newest[c.Key]
		for _, e := range c.Events {
			switch e.Event {
			case EventCured, EventCleared:
				if !right(&old, rows) {
					t.Fatalf("cured without a reason: %+v\nby %+v", old, rows)
				}
			case EventFound:
				if !slices.ContainsFunc(rows, func(s Sighting) bool { return accused(&c, &s) }) {
					t.Fatalf("found without a reason: %+v\nby %+v", c, rows)
				}
			case EventLapsed:
				if in.HeldRules[c.Rules[0]] || !c.Filed.IsZero() && !in.AsOf.After(c.Filed.AddDays(60)) {
					t.Fatalf("lapsed while held or filed: %+v", c)
				}
			}
		}
	}
	l.keep(t, changed)
	if again := mustDecide(t, l.stored(), rows, in); len(again) > 0 {
		t.Fatalf("the same again changes %+v", again)
	}
}

// right says once more, plainly, what the contract says of a cure.
func right(c *Case, rows []Sighting) bool {
	same, other := false, false
	outcome := map[checker.RuleID][]string{}
	for _, s := range rows {
		if s.Company != c.Company || s.Chamber != c.Chamber || !s.InScope || !s.Told {
			continue
		}
		if s.Address != c.Address {
			other = true
			continue
		}
		same = true
		for _, check := range s.Checks {
			if f, ok := FamilyOf(check.Ground); ok && f == c.Family {
				outcome[check.Rule] = append(outcome[check.Rule], check.Outcome)
			}
		}
	}
	if !same {
		return other
	}
	for _, id := range c.Rules {
		if !slices.Contains(outcome[id], "pass") {
			return false
		}
	}
	for _, outcomes := range outcome {
		if slices.Contains(outcomes, "fail") {
			return false
		}
	}
	if c.Family == FamilyShared {
		for _, h := range c.Facts.Holders {
			if now := holderNow(rows, h.Company, c.Address); !h.Gone && (!now.Read || now.Declares || now.Untold) {
				return false
			}
		}
	}
	return true
}

func accused(c *Case, s *Sighting) bool {
	return s.Company == c.Company && s.Chamber == c.Chamber && s.Address == c.Address && s.InScope && s.Told && s.Valid &&
		slices.ContainsFunc(s.Checks, func(check Check) bool {
			f, ok := FamilyOf(check.Ground)
			return ok && f == c.Family && check.Outcome == "fail"
		})
}

func TestLives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { drawLife(t, 14) })
}

// outline is what the law sees of changed cases: without the evidence and what was last read.
func outline(changed []Case) []string {
	var all []string
	for _, c := range changed {
		for _, e := range c.Events {
			all = append(all, fmt.Sprintf("%s %s %s %s>%s %s %v", c.ID, e.At, e.Event, e.From, e.To, c.Ground, c.Rules))
		}
	}
	return all
}

// Unknown is the identity of Decide: an address that was read and of which nothing could be told moves nothing.
func TestUnknownMovesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t, 10)
		asOf := l.day.AddDays(rapid.IntRange(1, 100).Draw(t, "later"))
		var rows []Sighting
		for _, c := range l.stored() {
			s := Sighting{Company: c.Company, Chamber: c.Chamber, Address: c.Address, Told: true, Valid: true, InScope: true}
			for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom(ruleIDs), rapid.ID).Draw(t, "rules") {
				s.Checks = append(s.Checks, Check{Rule: id, Ground: groundOf[id], Outcome: "unknown", Reason: checker.ReasonTimeout})
			}
			rows = append(rows, s)
		}
		for _, c := range mustDecide(t, l.stored(), rows, inputOf(rows, asOf)) {
			old := l.newest[c.Key]
			if len(c.Events) > 0 || c.State != old.State || c.Failed != old.Failed || !slices.Equal(c.Rules, old.Rules) || c.Term != old.Term {
				t.Fatalf("unknown moved %+v\nto %+v", old, c)
			}
		}
	})
}

// A rule that cannot tell is as good as one that takes no part.
func TestUnknownAddsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t, 10)
		asOf := l.day.AddDays(rapid.IntRange(0, 60).Draw(t, "later"))
		place := func(s Sighting) string { return s.Company + " " + s.Chamber }
		rows := drawRows(t, asOf)
		slices.SortFunc(rows, func(a, b Sighting) int { return strings.Compare(place(a), place(b)) })
		rows = slices.CompactFunc(rows, func(a, b Sighting) bool { return place(a) == place(b) }) // one row beside another may know what it does not
		more := slices.Clone(rows)
		for i := range more {
			checks := slices.Clone(more[i].Checks)
			for _, id := range ruleIDs {
				if !slices.ContainsFunc(checks, func(c Check) bool { return c.Rule == id }) && rapid.Bool().Draw(t, "unknown") {
					checks = append(checks, Check{Rule: id, Ground: groundOf[id], Outcome: "unknown"})
				}
			}
			more[i].Checks = checks
		}
		want := outline(mustDecide(t, l.stored(), rows, inputOf(rows, asOf)))
		got := outline(mustDecide(t, l.stored(), more, inputOf(more, asOf)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("unknown made a difference:\n%s", diff)
		}
	})
}

// Absent moves nothing, and neither does what was read of others.
func TestAbsentMovesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t, 10)
		asOf := l.day.AddDays(rapid.IntRange(0, 200).Draw(t, "later"))
		rows := slices.DeleteFunc(drawRows(t, asOf), func(s Sighting) bool { return s.Company == "alfa" })
		for _, c := range mustDecide(t, l.stored(), rows, inputOf(rows, asOf)) {
			if c.Company == "alfa" {
				t.Fatalf("nobody read this company: %+v", c)
			}
		}
	})
}

// The order of rows and lists decides nothing but which row is shown.
func TestOrderDecidesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t, 10)
		asOf := l.day.AddDays(rapid.IntRange(0, 60).Draw(t, "later"))
		rows := drawRows(t, asOf)
		shuffled := rapid.Permutation(rows).Draw(t, "shuffled")
		want := outline(mustDecide(t, l.stored(), rows, inputOf(rows, asOf)))
		got := outline(mustDecide(t, l.stored(), shuffled, inputOf(shuffled, asOf)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("the order made a difference:\n%s", diff)
		}
	})
}

// TestSeenAgain shows which cases are said to be only seen again: the store need not write their bodies.
func TestSeenAgain(t *testing.T) {
	t.Parallel()
	row := Sighting{
		Company: "alfa", Valid: true, Chamber: "milano", Address: "a@pec.example", Told: true, InScope: true,
		Checks: []Check{{Rule: "EXP-001", Ground: checker.GroundExpired, Outcome: failed, Detail: "scaduta"}},
		Facts:  Facts{PEC: "a@pec.example", Name: "ALFA S.R.L.", File: "uno.csv", Row: 2},
	}
	opened, err := Decide(nil, []Sighting{row}, DecideInput{AsOf: day(2026, 10, 1)})
	if err != nil || len(opened) != 1 || opened[0].Again {
		t.Fatalf("%+v, %v", opened, err)
	}
	for name, test := range map[string]struct {
		change func(*Sighting)
		again  bool
	}{
		"another row":         {func(s *Sighting) { s.Facts.File, s.Facts.Sheet, s.Facts.Row = "due.xlsx", "Elenco", 7 }, true},
		"another sheet":       {func(s *Sighting) { s.Facts.Sheet = "Elenco" }, true},
		"another name":        {func(s *Sighting) { s.Facts.Name = "BETA S.R.L." }, false},
		"nothing fails":       {func(s *Sighting) { s.Checks[0].Outcome = checker.Unknown.String() }, true},
		"another detail":      {func(s *Sighting) { s.Checks[0].Detail = "scaduta da tempo" }, false},
		"another rule failed": {func(s *Sighting) { s.Checks[0].Rule, s.Checks[0].Ground = "PRV-001", checker.GroundRevoked }, false},
		"passed":              {func(s *Sighting) { s.Checks[0].Outcome = passed }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := row
			s.Checks = slices.Clone(row.Checks)
			test.change(&s)
			changed, err := Decide(opened, []Sighting{s}, DecideInput{AsOf: day(2026, 11, 1)})
			if err != nil || len(changed) != 1 || changed[0].Again != test.again {
				t.Errorf("%+v, %v", changed, err)
			}
		})
	}
}

func TestDecideRefusesContradictions(t *testing.T) {
	t.Parallel()
	a := Case{ID: "1", Key: Key{Company: "alfa"}, State: Found}
	b := Case{ID: "2", Key: Key{Company: "bravo"}, State: Found}
	in := DecideInput{AsOf: day(2026, 11, 1)}
	for name, tt := range map[string]struct {
		newest []Case
		today  []Sighting
		in     DecideInput
	}{
		"no day":        {nil, nil, DecideInput{}},
		"one key twice": {[]Case{a, a}, nil, in},
		"cases divided": {[]Case{a, b, a}, nil, in},
		"rows divided":  {nil, []Sighting{{Company: "alfa"}, {Company: "bravo"}, {Company: "alfa"}}, in},
	} {
		if changed, err := Decide(tt.newest, tt.today, tt.in); err == nil {
			t.Errorf("%s: %+v", name, changed)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	const n = 10_000
	var newest []Case
	var rows []Sighting
	for i := range n {
		k := Key{fmt.Sprintf("%011d", i), fmt.Sprintf("casella%d@pec.example", i), FamilyInactive, "milano"}
		newest = append(newest, Case{ID: k.ID(day(2026, 10, 1)), Key: k, State: Found, Ground: checker.GroundExpired, Rules: []checker.RuleID{"EXP-001"}, Found: day(2026, 10, 1)})
		rows = append(rows, Sighting{
			Company: k.Company, Chamber: "milano", Address: k.Address, Told: true, Valid: true, InScope: true,
			Checks: []Check{{Rule: "SYN-001", Ground: checker.GroundMalformed, Outcome: "pass"}, {Rule: "EXP-001", Ground: checker.GroundExpired, Outcome: "fail"}},
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		if changed, err := Decide(newest, rows, DecideInput{AsOf: day(2026, 11, 1)}); err != nil || len(changed) != n {
			b.Fatal(len(changed), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/case")
}
