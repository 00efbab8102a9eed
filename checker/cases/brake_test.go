package cases

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
)

func TestBrake(t *testing.T) {
	t.Parallel()
	brake := Brake{NewFailures: 3, Min: 200, ListShrinks: 0.9}
	month := func(m checker.Month, failures, positions int) MonthCount {
		return MonthCount{m, map[checker.RuleID]int{"EXP-001": failures}, map[string]int{"milano": positions}}
	}
	now := checker.Month{Year: 2026, Month: 11}
	history := []MonthCount{month(now.Add(-1), 90, 1000), month(now.Add(-3), 110, 5000), month(now.Add(-2), 100, 5000)}
	for name, tt := range map[string]struct {
		history  []MonthCount
		now      MonthCount
		accepted map[string]bool
		want     []string // rule or chamber
	}{
		"as usual":                         {history, month(now, 150, 1000), nil, nil},
		"three times the mean is not more": {history, month(now, 300, 1000), nil, nil},
		"more than three times":            {history, month(now, 301, 1000), nil, []string{"EXP-001"}},
		"accepted":                         {history, month(now, 301, 1000), map[string]bool{"EXP-001": true}, nil},
		"a rule never seen":                {history, MonthCount{now, map[checker.RuleID]int{"DNS-001": 201}, nil}, nil, []string{"DNS-001"}},
		"few":                              {history, MonthCount{now, map[checker.RuleID]int{"DNS-001": 200}, nil}, nil, nil},
		"nine tenths is not less":          {history, month(now, 0, 900), nil, nil},
		"a short list":                     {history, month(now, 0, 899), nil, []string{"milano"}},
		"a short list, accepted":           {history, month(now, 0, 899), map[string]bool{"milano": true}, nil},
		"a list that has not arrived":      {history, MonthCount{Month: now}, nil, nil},
		"a chamber never seen":             {history, MonthCount{now, nil, map[string]int{"roma": 1}}, nil, nil},
		"both":                             {history, month(now, 500, 10), nil, []string{"EXP-001", "milano"}},
		"two months of history":            {history[:2], month(now, 5000, 10), nil, nil},
		"months to come are no history":    {append(slices.Clone(history[:2]), month(now, 90, 1), month(now.Add(1), 90, 1)), month(now, 5000, 10), nil, nil},
		"older months do not count": {
			append(slices.Clone(history), month(now.Add(-4), 100000, 100)), month(now, 301, 1000), nil, []string{"EXP-001"},
		},
		"its last list was two months ago": {
			[]MonthCount{{Month: now.Add(-1)}, month(now.Add(-2), 0, 1000), month(now.Add(-3), 0, 10)}, month(now, 0, 800), nil, []string{"milano"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tt.history)
			var got []string
			for _, h := range brake.Check(tt.history, tt.now, tt.accepted) {
				if (h.Rule == "") == (h.Chamber == "") || h.Why == "" {
					t.Errorf("a hold of neither or both, or without a reason: %+v", h)
				}
				got = append(got, string(h.Rule)+h.Chamber)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, tt.history); diff != "" {
				t.Errorf("Check changed the history:\n%s", diff)
			}
		})
	}
	holds := brake.Check(history, month(now, 500, 10), nil)
	if why := holds[0].Why + holds[1].Why; !strings.Contains(why, "500 nuove irregolarità, contro una media di 100,0") || !strings.Contains(why, "10 posizioni, contro le 1000 di 10/2026") {
		t.Errorf("the reasons: %s", why)
	}
}

func TestMonthCountWith(t *testing.T) {
	t.Parallel()
	before := MonthCount{Month: checker.Month{Year: 2026, Month: 11}, NewFailures: map[checker.RuleID]int{"EXP-001": 2}}
	changed := []Case{
		{Rules: []checker.RuleID{"EXP-001", "PRV-001"}, Events: []Event{{Event: EventFound}}},
		{Rules: []checker.RuleID{"EXP-001"}, Events: []Event{{Event: EventFound}, {Event: EventFiled}}},
		{Rules: []checker.RuleID{"EXP-001"}, Events: []Event{{Event: EventLapsed}}},
		{Rules: []checker.RuleID{"EXP-001"}},
	}
	got := before.With(changed)
	if diff := cmp.Diff(map[checker.RuleID]int{"EXP-001": 4, "PRV-001": 1}, got.NewFailures); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if before.NewFailures["EXP-001"] != 2 {
		t.Error("With changed its receiver")
	}
	if got := (MonthCount{}).With(changed); got.NewFailures["PRV-001"] != 1 {
		t.Errorf("from nothing: %+v", got)
	}
}
