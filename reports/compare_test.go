package reports

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	row := func(id string, s cases.State, g checker.Ground) Row {
		return Row{Kind: RowBreach, Name: id, CodiceFiscale: codeOf(len(id)), PEC: id + "@pec.example", Case: id, State: s, Ground: g}
	}
	rejected := row("rejected", cases.Decided, checker.GroundExpired)
	rejected.Closed = date("2026-11-02")
	noCase := Row{Kind: RowBreach, Name: "without", CodiceFiscale: codeOf(7), PEC: "SAME@pec.example", Ground: checker.GroundExpired}
	sameFamily := noCase
	sameFamily.PEC, sameFamily.Ground = "same@pec.example", checker.GroundRevoked
	for name, c := range map[string]struct {
		now, then []Row
		want      map[Change]int
	}{
		"new":                       {[]Row{row("a", cases.Found, checker.GroundExpired)}, nil, map[Change]int{ChangeNew: 1}},
		"same":                      {[]Row{row("a", cases.Found, checker.GroundExpired)}, []Row{row("a", cases.Found, checker.GroundExpired)}, map[Change]int{ChangePersisting: 1}},
		"an opposition is no step":  {[]Row{row("a", cases.Opposed, checker.GroundExpired)}, []Row{row("a", cases.Listed, checker.GroundExpired)}, map[Change]int{ChangePersisting: 1}},
		"further on":                {[]Row{row("a", cases.Lapsed, checker.GroundExpired)}, []Row{row("a", cases.Listed, checker.GroundExpired)}, map[Change]int{ChangeWorsened: 1}},
		"address cancelled":         {[]Row{row("a", cases.Executed, checker.GroundExpired)}, []Row{row("a", cases.Decided, checker.GroundExpired)}, map[Change]int{ChangeWorsened: 1}},
		"cured":                     {[]Row{row("a", cases.Cured, checker.GroundExpired)}, []Row{row("a", cases.Listed, checker.GroundExpired)}, map[Change]int{ChangeSolved: 1}},
		"rejected":                  {[]Row{rejected}, []Row{row("rejected", cases.Referred, checker.GroundExpired)}, map[Change]int{ChangeSolved: 1}},
		"gone":                      {nil, []Row{row("a", cases.Listed, checker.GroundExpired)}, map[Change]int{ChangeSolved: 1}},
		"closed before":             {nil, []Row{row("a", cases.Cured, checker.GroundExpired)}, map[Change]int{}},
		"opened and closed between": {[]Row{row("a", cases.Cleared, checker.GroundExpired)}, nil, map[Change]int{}},
		"without cases, one family": {[]Row{sameFamily}, []Row{noCase}, map[Change]int{ChangePersisting: 1}},
		"two positions, one left":   {[]Row{noCase}, []Row{noCase, noCase}, map[Change]int{ChangePersisting: 1, ChangeSolved: 1}},
		"no breach":                 {[]Row{{Kind: RowVerify, Case: "a"}}, []Row{{Kind: RowExpiring, Case: "a"}}, map[Change]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, CountChanges(Compare(c.now, c.then))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Every breach that stands now, and every one that stood then, is counted exactly once.
func TestCompareLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		month := func(label string) []Row {
			return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Row {
				return Row{
					Kind: RowBreach, Case: rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(rt, "case"), CodiceFiscale: rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "code"),
					State: rapid.SampledFrom(append(stateOrder, "")).Draw(rt, "state"), Ground: checker.GroundExpired,
				}
			}), 0, 6).Draw(rt, label)
		}
		now, then := month("now"), month("then")
		standing := func(rows []Row) (n int) {
			for i := range rows {
				if rows[i].Standing() {
					n++
				}
			}
			return n
		}
		var stands, stood int
		for _, v := range Compare(now, then) {
			if v.Now != nil && v.Now.Standing() {
				stands++
			}
			if v.Then != nil {
				stood++
			}
			if v.Row() == nil {
				rt.Fatal("a variation of nothing")
			}
		}
		if stands != standing(now) || stood != standing(then) {
			rt.Fatalf("%d of %d that stand, %d of %d that stood", stands, standing(now), stood, standing(then))
		}
	})
}

func TestNewSchedule(t *testing.T) {
	t.Parallel()
	expired := Row{Kind: RowBreach, Name: "B", Ground: checker.GroundExpired}
	listed := Row{Kind: RowBreach, Name: "A", Ground: checker.GroundShared, State: cases.Listed, Term: cases.Term{Published: date("2026-10-01"), Nominal: date("2026-11-15")}}
	missing := Row{Kind: RowBreach, Name: "C", Ground: checker.GroundMissing}
	cured := Row{Kind: RowBreach, Name: "D", Ground: checker.GroundExpired, State: cases.Cured}
	expiring := Row{Kind: RowExpiring, Name: "E", Ground: checker.GroundExpiring, Expiry: date("2026-12-09")}
	verify := Row{Kind: RowVerify, Name: "F", Ground: checker.GroundSuspended}
	rows := []Row{expired, listed, missing, cured, expiring, verify}
	p := &cases.Procedure{ID: "giudice-45", Days: 45, From: cases.FromPublication, Decider: cases.Judge, NoListIn: []time.Month{time.August}}
	due := func(asOf, published string) map[string]string {
		var on checker.Date
		if published != "" {
			on = date(published)
		}
		got := map[string]string{}
		var last checker.Date
		for _, d := range NewSchedule(&Month{AsOf: date(asOf), Rows: rows}, p, on) {
			got[d.Name] = d.ActBy.String()
			if d.ActBy.Before(last) {
				t.Errorf("%s: %s stands after %s", asOf, d.ActBy, last)
			}
			last = d.ActBy
			if d.Why == "" || d.Consequence == "" || d.Problem == "" {
				t.Errorf("it does not say why: %+v", d)
			}
		}
		return got
	}
	for name, c := range map[string]struct {
		asOf, published string
		want            map[string]string
	}{
		// Seven working days before 9 December 2026: the 8th is a holiday, 5 and 6 a weekend.
		"before the next list":    {"2026-11-10", "", map[string]string{"A": "2026-11-15", "B": "2026-11-30", "C": "2026-11-10", "E": "2026-11-27"}},
		"on the day of a list":    {"2026-11-01", "", map[string]string{"A": "2026-11-15", "B": "2026-11-30", "C": "2026-11-01", "E": "2026-11-27"}},
		"no list in August":       {"2026-07-20", "", map[string]string{"A": "2026-11-15", "B": "2026-08-31", "C": "2026-07-20", "E": "2026-11-27"}},
		"the list has gone out":   {"2026-11-10", "2026-11-02", map[string]string{"A": "2026-11-15", "B": "2026-12-17", "C": "2026-11-10", "E": "2026-11-27"}},
		"the last day of a month": {"2026-11-30", "", map[string]string{"A": "2026-11-15", "B": "2026-11-30", "C": "2026-11-30", "E": "2026-11-27"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, due(c.asOf, c.published)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
