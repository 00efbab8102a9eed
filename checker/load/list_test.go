package load

import (
	"context"
	"path/filepath"
	"testing"

	"pecaudit/checker"
)

// TestGolden reads every fixture as the kind of list that its name says and compares all that was read with its golden text.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(fixture("*.?sv"))
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, readFixture(t.Context(), path, options(t)))
		})
	}
}

func readFixture(ctx context.Context, path string, o *Options) string {
	var d dump
	switch filepath.Base(path) {
	case "status.csv":
		return d.entries(ReadStatus(ctx, path, 0, o, func(a checker.Address, e checker.StatusEntry) error {
			d.line("%d: %s state=%d word=%q expiry=%s provider=%q reference=%s", e.Origin.Row, a.Folded, e.State, e.Word, e.Expiry, e.Provider, e.Reference)
			return nil
		}))
	case "professionals.csv":
		return d.entries(ReadProfessionals(ctx, path, 0, o, func(p Professional) error {
			d.line("%d: %s cf=%q", p.Row, p.Address.Folded, p.CodiceFiscale)
			return nil
		}))
	case "directors.csv":
		return d.entries(ReadDirectors(ctx, path, 0, o, func(p Director) error {
			d.line("%d: %s cf=%q role=%q", p.Row, p.Address.Folded, p.CodiceFiscale, p.Role)
			return nil
		}))
	case "pending.csv":
		return d.entries(ReadPending(ctx, path, 0, o, func(p Pending) error {
			d.line("%d: cf=%q protocol=%q on=%s", p.Row, p.CodiceFiscale, p.Protocol, p.On)
			return nil
		}))
	}
	return companies(ctx, path, o)
}
