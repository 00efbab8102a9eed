package reports

import (
	"fmt"
	"strings"
	"testing"

	"pecaudit/checker/cases"
)

// TestOthers shows how many of the other companies a row names, and that it tells how many it does not.
func TestOthers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		named, further int
		lines          int
		end            string
	}{
		{0, 0, 1, ""},
		{2, 0, 2, "ALTRA 2 (XX-2)"},
		{maxOthers, 0, maxOthers, "ALTRA 10 (XX-10)"},
		{maxOthers + 1, 0, maxOthers + 1, "e altre 1"},
		{2, 3, 3, "e altre 3"},
		{maxOthers + 4, 580, maxOthers + 1, "e altre 584"},
	} {
		r := Row{MoreOthers: test.further}
		for i := range test.named {
			r.Others = append(r.Others, cases.Holder{Name: fmt.Sprint("ALTRA ", i+1), REA: fmt.Sprint("XX-", i+1)})
		}
		got := strings.Split(r.others(), "\n")
		if len(got) != test.lines || got[len(got)-1] != test.end {
			t.Errorf("%d others and %d further: %q", test.named, test.further, got)
		}
	}
}
