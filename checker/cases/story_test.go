package cases

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pecaudit/checker"
)

var update = flag.Bool("update", false, "rewrite golden files from what the code does")

// TestStories plays the transcripts in fixtures/cases. A line is a command; the lines beginning with > below it are what it did, rewritten by -update:
//
//	run DATE [held=RULE,CHAMBER] [pending=COMPANY/DATE] [pending-list]    a run; its rows follow, indented:
//	  COMPANY CHAMBER ADDRESS|none|n.d. [RULE=OUTCOME[/SOURCE/DATE]] [rea=] [expiry=] [registered=] [with=COMPANY,...] [more=N] [list=DATE] [cancelled] [no-duty] [bad-key]
//	publish DATE [procedure=ID]
//	record COMPANY[/FAMILY] EVENT DATE [outcome=] [until=] [protocol=] [today=]
//	cases DATE                                                           where every case stands
func TestStories(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../fixtures/cases/*.story")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".story"), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(script))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := gocmp.Diff(string(script), got); diff != "" {
				t.Errorf("the story goes on otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

// A world is a store in memory: what the program would remember between commands.
type world struct {
	t      *testing.T
	newest map[Key]Case
	older  []Case
	asOf   checker.Date
	out    bytes.Buffer
}

func play(t *testing.T, script string) string {
	w := &world{t: t, newest: map[Key]Case{}}
	var lines []string
	for line := range strings.Lines(script) {
		if line = strings.TrimRight(line, "\n"); !strings.HasPrefix(line, ">") {
			lines = append(lines, line)
		}
	}
	for i := 0; i < len(lines); i++ {
		fmt.Fprintln(&w.out, lines[i])
		words := strings.Fields(lines[i])
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		switch words[0] {
		case "run":
			var rows []Sighting
			for ; i+1 < len(lines) && strings.HasPrefix(lines[i+1], "  "); i++ {
				fmt.Fprintln(&w.out, lines[i+1])
				rows = append(rows, w.row(lines[i+1], len(rows)+2))
			}
			w.run(words[1:], rows)
		case "publish":
			w.publish(words[1:])
		case "record":
			w.record(words[1:])
		case "cases":
			w.table(w.date(words[1]))
		default:
			t.Fatalf("unknown command: %s", lines[i])
		}
	}
	return w.out.String()
}

func (w *world) date(s string) checker.Date {
	d, err := checker.ParseISODate(s)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) say(format string, args ...any) { fmt.Fprintf(&w.out, "> "+format+"\n", args...) }

var groundOf = map[checker.RuleID]checker.Ground{
	"REG-001": checker.GroundMissing, "SYN-001": checker.GroundMalformed, "DOM-001": checker.GroundCECPAC, "DOM-002": checker.GroundOrdinary,
	"UNI-001": checker.GroundShared, "UNI-002": checker.GroundProfessional, "EXP-001": checker.GroundExpired, "PRV-001": checker.GroundRevoked,
	"PRV-002": checker.GroundUncertified, "DNS-001": checker.GroundDomain, "RCP-001": checker.GroundInactive,
}

var sourceOf = map[string]checker.Kinds{"status": checker.StatusEvidence, "receipt": checker.ReceiptEvidence, "dns": checker.MXEvidence}

func (w *world) row(line string, number int) Sighting {
	words := strings.Fields(line)
	if len(words) < 3 {
		w.t.Fatalf("a row needs company, chamber and address: %q", line)
	}
	s := Sighting{Company: words[0], Chamber: words[1], Address: words[2], Valid: true, Told: true, InScope: true}
	s.Facts = Facts{Name: strings.ToUpper(words[0]), PEC: words[2], File: "lista.csv", Row: number}
	if s.Chamber == "-" {
		s.Chamber = ""
	}
	switch words[2] {
	case "none":
		s.Address, s.Facts.PEC = "", ""
	case "n.d.":
		s.Address, s.Told = "", false
	}
	for _, word := range words[3:] {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "rea":
			s.Facts.REA = value
		case "expiry":
			s.Facts.Expiry = w.date(value)
		case "registered":
			s.Facts.Registered = w.date(value)
		case "list":
			s.Reference = w.date(value)
		case "with":
			for _, h := range strings.Split(value, ",") {
				s.Facts.Holders = append(s.Facts.Holders, Holder{Company: h})
			}
		case "more":
			n, err := strconv.Atoi(value)
			if err != nil {
				w.t.Fatal(err)
			}
			s.Facts.MoreHolders = n
		case "cancelled":
			s.InScope, s.Gone = false, true
		case "no-duty":
			s.InScope = false
		case "bad-key":
			s.Valid = false
		default:
			parts := strings.Split(value, "/")
			check := Check{Rule: checker.RuleID(name), Ground: groundOf[checker.RuleID(name)], Outcome: parts[0], Detail: name + " " + parts[0]}
			if check.Ground == "" || !slices.Contains([]string{"pass", "fail", "unknown"}, parts[0]) {
				w.t.Fatalf("no such rule, outcome or option: %q", word)
			}
			if len(parts) == 3 {
				check.Source, check.On = sourceOf[parts[1]], w.date(parts[2])
			}
			s.Checks = append(s.Checks, check)
		}
	}
	return s
}

// stored returns the newest cases, companies side by side.
func (w *world) stored() []Case {
	var cs []Case
	for _, c := range w.newest {
		cs = append(cs, c)
	}
	slices.SortFunc(cs, func(a, b Case) int { return a.Key.Compare(b.Key) })
	return cs
}

func (w *world) run(words []string, rows []Sighting) {
	w.asOf = w.date(words[0])
	in := DecideInput{
		AsOf: w.asOf, Run: words[0], HeldRules: map[checker.RuleID]bool{}, HeldChambers: map[string]bool{}, Chambers: map[string]bool{},
		HolderNow: func(company, address string) HolderNow { return holderNow(rows, company, address) },
	}
	for _, s := range rows {
		in.Chambers[s.Chamber] = true
	}
	for _, word := range words[1:] {
		switch name, value, _ := strings.Cut(word, "="); name {
		case "held":
			for _, h := range strings.Split(value, ",") {
				in.HeldRules[checker.RuleID(h)], in.HeldChambers[h] = true, true
			}
		case "pending":
			company, on, _ := strings.Cut(value, "/")
			in.Pending = append(in.Pending, Pending{Company: company, Protocol: "77/2026", On: w.date(on)})
			in.PendingRead = true
		case "pending-list":
			in.PendingRead = true
		default:
			w.t.Fatalf("unknown option of run: %q", word)
		}
	}
	changed, err := Decide(w.stored(), grouped(rows), in)
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(changed)
	stored := w.stored()
	for _, s := range rows {
		mine := slices.DeleteFunc(slices.Clone(stored), func(c Case) bool { return c.Company != s.Company })
		for _, h := range HeldAgainst(mine, s, in) {
			w.say("%s %s to verify: %s fails. %s", s.Company, s.Chamber, h.Check.Rule, h.Why)
		}
	}
	again, err := Decide(stored, grouped(rows), in)
	if err != nil || len(again) > 0 {
		w.t.Errorf("run %s: the same again changes %+v, %v", words[0], again, err)
	}
}

func holderNow(rows []Sighting, company, address string) HolderNow {
	var now HolderNow
	for _, s := range rows {
		switch {
		case s.Company != company:
		case s.Gone:
			now.Read = true
		case s.Told:
			now.Read = true
			now.Declares = now.Declares || s.Address == address
		default:
			now.Untold = true
		}
	}
	return now
}

// apply stores cases as the store would: the events go to the archive.
func (w *world) apply(changed []Case) {
	for _, c := range changed {
		for _, e := range c.Events {
			w.say("%s", tell(&c, e))
		}
		if old, ok := w.newest[c.Key]; ok && old.ID != c.ID {
			w.older = append(w.older, old)
		}
		c.Events = nil
		w.newest[c.Key] = c
	}
}

func tell(c *Case, e Event) string {
	s := fmt.Sprintf("%s %s %s: ", c.Company, cmp.Or(c.Chamber, "-"), c.Family)
	switch {
	case e.From == "":
		s += fmt.Sprintf("%s on %q, %s %v", e.To, c.Address, c.Ground, c.Rules)
	case e.From == e.To:
		s += fmt.Sprintf("%s, still %s", e.Event, e.To)
	default:
		s += fmt.Sprintf("%s -> %s by %s", e.From, e.To, e.Event)
	}
	switch e.Event {
	case EventGround:
		s += fmt.Sprintf(", %s %v", c.Ground, c.Rules)
	case EventListed:
		s += fmt.Sprintf(", nominal %s shifted %s safe %s", c.Term.Nominal, c.Term.Shifted, c.Term.Safe)
	}
	if e.Evidence != nil && e.Evidence.Row > 0 && e.By == byProgram {
		s += fmt.Sprintf(" (row %d", e.Evidence.Row)
		for _, check := range e.Evidence.Checks {
			s += fmt.Sprintf(", %s %s", check.Rule, check.Outcome)
		}
		if e.Evidence.PEC != "" {
			s += ", now " + e.Evidence.PEC
		}
		s += ")"
	}
	if e.By == byProgram && e.Note != "" {
		s += ", " + e.Note
	}
	return s
}

var testProcedures = map[string]*Procedure{
	"giudice-45":      {ID: "giudice-45", Days: 45, From: FromPublication, Decider: Judge, NoListIn: []time.Month{time.August}},
	"conservatore-30": {ID: "conservatore-30", Days: 30, Decider: Registrar, Period: checker.Period{From: day(2020, 7, 17)}},
	"prive":           {ID: "prive", Days: 30, Decider: Registrar, Grounds: []checker.Ground{checker.GroundMissing}},
}

func (w *world) publish(words []string) {
	pub := Publication{On: w.date(words[0]), Act: "Det. 1", By: "ufficio", Today: w.asOf, MaxAge: 10}
	pub.Month = pub.On.In()
	if pub.On.After(pub.Today) {
		pub.Today = pub.On
	}
	p := testProcedures["giudice-45"]
	for _, word := range words[1:] {
		switch name, value, _ := strings.Cut(word, "="); name {
		case "procedure":
			p = testProcedures[value]
		case "today":
			pub.Today = w.date(value)
		}
	}
	if err := pub.Check(p, w.asOf); err != nil {
		w.say("refused: %v", err)
		return
	}
	for _, c := range w.stored() {
		if !c.Open() || c.Term.Published == pub.On {
			continue
		}
		skipped, err := Publish(&c, p, pub)
		if err != nil {
			w.t.Fatal(err)
		}
		if skipped != "" {
			w.say("%s %s %s stays %s: %s", c.Company, c.Chamber, c.Family, c.State, skipped)
			continue
		}
		w.apply([]Case{c})
	}
}

func (w *world) record(words []string) {
	company, family, _ := strings.Cut(words[0], "/")
	e := Entry{Event: EventKind(words[1]), On: w.date(words[2]), By: "ufficio", Today: w.date(words[2])}
	for _, word := range words[3:] {
		switch name, value, _ := strings.Cut(word, "="); name {
		case "outcome":
			e.Outcome = value
		case "until":
			e.Until = w.date(value)
		case "protocol":
			e.Protocol = value
		case "today":
			e.Today = w.date(value)
		default:
			w.t.Fatalf("unknown option of record: %q", word)
		}
	}
	var mine []Case
	for _, c := range w.stored() {
		if c.Company == company && (family == "" || string(c.Family) == family) {
			mine = append(mine, c)
		}
	}
	if len(mine) == 0 {
		w.t.Fatalf("%s has no case", words[0])
	}
	c := slices.MaxFunc(mine, func(a, b Case) int { return a.Found.Compare(b.Found) })
	before := c
	if err := Record(&c, e); err != nil {
		w.say("refused: %s", strings.ReplaceAll(err.Error(), c.ID, "ID"))
		if diff := gocmp.Diff(before, c); diff != "" {
			w.t.Errorf("a refused entry changed the case:\n%s", diff)
		}
		return
	}
	w.apply([]Case{c})
}

func (w *world) table(on checker.Date) {
	all := append(w.stored(), w.older...)
	slices.SortStableFunc(all, func(a, b Case) int {
		if c := a.Key.Compare(b.Key); c != 0 {
			return c
		}
		return a.Found.Compare(b.Found)
	})
	for i := range all {
		c := &all[i]
		s := fmt.Sprintf("%-8s %-7s %-9s %-12s found %s", c.Company, cmp.Or(c.Chamber, "-"), c.State, c.Ground, c.Found)
		if left := c.DaysLeft(on); left != nil {
			s += fmt.Sprintf(", %d days left", *left)
		}
		if c.Overdue(on) {
			s += ", overdue"
		}
		if !c.Closed.IsZero() {
			s += ", closed " + c.Closed.String()
		}
		w.say("%s", s)
	}
}
