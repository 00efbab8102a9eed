package reports

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The country's chambers may follow several procedures: each is named with those that follow it, never one for all.
func TestFollowed(t *testing.T) {
	t.Parallel()
	judge, registrar := ProcedureNote{ID: "giudice-45", Title: "Giudice"}, ProcedureNote{ID: "conservatore-30", Title: "Conservatore"}
	chamber := func(name string, p ProcedureNote) ChamberCount {
		return ChamberCount{Slug: name, Name: name, Procedure: p}
	}
	for _, tt := range []struct {
		name string
		m    Month
		want string
	}{
		{"a chamber's month", Month{Procedure: judge}, "giudice-45: Giudice"},
		{"none configured", Month{}, ""},
		{"one for the country", Month{Procedure: judge, Chambers: []ChamberCount{chamber("Asti", judge), chamber("Torino", judge)}}, "giudice-45: Giudice"},
		{
			"several",
			Month{Procedure: registrar, Chambers: []ChamberCount{chamber("Asti", registrar), chamber("Cuneo", judge), chamber("Torino", judge)}},
			"conservatore-30: Conservatore (Asti); giudice-45: Giudice (Cuneo, Torino)",
		},
	} {
		if diff := cmp.Diff(tt.want, tt.m.procedures()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
