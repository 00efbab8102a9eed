package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSpoolWithoutRoom shows that nothing is lost in silence when the disk does not take it.
func TestSpoolWithoutRoom(t *testing.T) {
	t.Parallel()
	s := spool[int]{dir: filepath.Join(t.TempDir(), "missing")}
	for i := range spoolRecords {
		if err := s.add("key", i); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.read(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read: %v", err)
	}
}

// TestSpool shows that what went to the disk comes back sorted, equal keys in the order in which they were added, as often as it is read.
func TestSpool(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 3, spoolRecords, 2*spoolRecords + 7} {
		dir := t.TempDir()
		s := spool[int]{dir: dir}
		want := map[string][]int{}
		for i := range n {
			key := fmt.Sprintf("%02d", i*7919%13)
			want[key] = append(want[key], i)
			if err := s.add(key, i); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			c, err := s.read()
			if err != nil {
				t.Fatal(err)
			}
			got, keys := map[string][]int{}, []string{}
			for {
				key, ok := c.key()
				if !ok {
					break
				}
				keys = append(keys, key)
				if got[key], err = c.take(key); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" || !slices.IsSorted(keys) {
				t.Errorf("%d records: keys %v (-want +got)\n%.500s", n, keys, diff)
			}
		}
		if len(s.runs) != n/spoolRecords {
			t.Errorf("%d records went to %d files", n, len(s.runs))
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Errorf("%d records left %d files: %v", n, len(files), err)
		}
	}
}
