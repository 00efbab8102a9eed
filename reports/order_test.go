package reports

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// TestSortPutsRowsInOrder shows that rows go to their places and none is lost.
func TestSortPutsRowsInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Row {
			return Row{Name: rapid.SampledFrom([]string{"A", "B", "à", ""}).Draw(t, "name"), Line: rapid.IntRange(0, 3).Draw(t, "line"), Note: rapid.String().Draw(t, "note")}
		}), 0, 20).Draw(t, "rows")
		var want []Row
		for _, r := range inOrder(rows) {
			want = append(want, *r)
		}
		Sort(rows)
		if diff := cmp.Diff(want, rows, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}
