package checker

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// chamberList is a small table with every feature: merged chambers, aliases, a divided province, one that passed to another chamber.
func chamberList() []Chamber {
	moved := Date{2020, 1, 1}
	return []Chamber{
		{Slug: "torino", Name: "Torino", Provinces: []Province{{Sigla: "TO", Name: "Torino"}}},
		{Slug: "milano-monza-brianza-lodi", Name: "Milano Monza Brianza Lodi", Provinces: []Province{
			{Sigla: "MI", Name: "Milano"}, {Sigla: "MB", Name: "Monza e Brianza", Period: Period{From: moved}}, {Sigla: "LO", Name: "Lodi"},
		}},
		{Slug: "monza", Name: "Monza", Provinces: []Province{{Sigla: "MB", Name: "Monza e Brianza", Period: Period{Until: moved}}}},
		{Slug: "romagna", Name: "Romagna", Provinces: []Province{{Sigla: "FO", Name: "Forlì-Cesena", Also: []string{"FC", "Forlì"}}, {Sigla: "RN", Name: "Rimini"}}},
		{Slug: "bari", Name: "Bari", Provinces: []Province{{Sigla: "BA", Name: "Bari", Divided: []string{"BT", "Barletta-Andria-Trani"}}}},
		{Slug: "foggia", Name: "Foggia", Provinces: []Province{{Sigla: "FG", Name: "Foggia", Divided: []string{"BT", "Barletta-Andria-Trani"}}}},
	}
}

func chambersOn(t testing.TB, on Date) *Chambers {
	t.Helper()
	c, err := NewChambers(chamberList(), on)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestChambersFind(t *testing.T) {
	t.Parallel()
	c := chambersOn(t, Date{2026, 11, 1})
	tests := []struct{ cell, rea, slug, sigla string }{
		{"MI", "", "milano-monza-brianza-lodi", "MI"},
		{" mi ", "", "milano-monza-brianza-lodi", "MI"},
		{"MB", "", "milano-monza-brianza-lodi", "MB"},
		{"FO", "", "romagna", "FO"},
		{"FC", "", "romagna", "FO"},
		{"F.C.", "", "romagna", "FO"},
		{"Forlì-Cesena", "", "romagna", "FO"},
		{"FORLI' - CESENA", "", "romagna", "FO"},
		{"forlì cesena", "", "romagna", "FO"},
		{"Forli\u0300 – Cesena", "", "romagna", "FO"},
		{"FORLÌ", "", "romagna", "FO"},
		{"Torino", "", "torino", "TO"},
		{"CCIAA di Torino", "", "torino", "TO"},
		{"C.C.I.A.A. TO", "", "torino", "TO"},
		{"Camera di Commercio di Milano Monza Brianza Lodi", "", "milano-monza-brianza-lodi", ""},
		{"milano-monza-brianza-lodi", "LO-12", "milano-monza-brianza-lodi", "LO"},
		{"Milano Monza Brianza Lodi", "TO-12", "milano-monza-brianza-lodi", ""}, // the REA is not one of its provinces
		{"Romagna", "FC-12", "romagna", "FO"},
		{"MI", "TO-12", "milano-monza-brianza-lodi", "MI"}, // the cell decides
		{"", "TO-12", "torino", "TO"},
		{"\u00a0", "TO-12", "torino", "TO"},
		{"", "FC-12", "romagna", "FO"},
		{"BT", "BA-1234567", "bari", "BA"},
		{"bt", "FG-12", "foggia", "FG"},
		{"Barletta Andria Trani", "FG-12", "foggia", "FG"},
		{"BT", "TO-12", "torino", "TO"},
		{"BT", "", "", ""},
		{"BT", "BT-12", "", ""},
		{"BT", "12", "", ""},
		{"", "BT-12", "", ""},
		{"", "", "", ""},
		{"", "XX-12", "", ""},
		{"XX", "TO-12", "", ""}, // a cell that is not understood is not overruled
		{"CCIAA", "TO-12", "", ""},
		{"-", "TO-12", "", ""},
		{strings.Repeat("Torino ", 40), "", "", ""},
		{"Торино", "", "", ""},
		{"TO\xff", "", "", ""}, // a broken byte is not guessed away
	}
	for _, tt := range tests {
		slug, sigla, ok := c.Find(tt.cell, tt.rea)
		if slug != tt.slug || sigla != tt.sigla || ok != (tt.slug != "") {
			t.Errorf("Find(%q, %q) = %q, %q, %v, want %q, %q", tt.cell, tt.rea, slug, sigla, ok, tt.slug, tt.sigla)
		}
	}
}

func TestChambersAreDated(t *testing.T) {
	t.Parallel()
	before, after := chambersOn(t, Date{2019, 12, 31}), chambersOn(t, Date{2020, 1, 1})
	if slug, sigla, _ := before.Find("MB", ""); slug != "monza" || sigla != "MB" {
		t.Errorf("the day before: MB is of %q", slug)
	}
	if slug, _, _ := after.Find("MB", ""); slug != "milano-monza-brianza-lodi" {
		t.Errorf("that day: MB is of %q", slug)
	}
	if _, ok := after.BySlug("monza"); ok || len(after.All()) != len(before.All())-1 {
		t.Error("a chamber without provinces is still there")
	}
	if _, _, ok := after.Find("Monza", ""); ok {
		t.Error("the name of a chamber that is no more still stands for it")
	}
	got, _ := before.BySlug("milano-monza-brianza-lodi")
	if diff := cmp.Diff([]Province{{Sigla: "MI", Name: "Milano"}, {Sigla: "LO", Name: "Lodi"}}, got.Provinces); diff != "" {
		t.Errorf("provinces the day before (-want +got):\n%s", diff)
	}
}

func TestChambersProvince(t *testing.T) {
	t.Parallel()
	c := chambersOn(t, Date{2026, 11, 1})
	if name, ok := c.Province("FO"); name != "Forlì-Cesena" || !ok {
		t.Errorf("Province(FO) = %q, %v", name, ok)
	}
	for _, sigla := range []string{"FC", "BT", "", "fo"} {
		if name, ok := c.Province(sigla); ok {
			t.Errorf("Province(%q) = %q: it is no sigla of the register", sigla, name)
		}
	}
}

func TestNewChambersRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		list []Chamber
		want string
	}{
		{"sigla twice", append(chamberList(), Chamber{Slug: "x", Name: "X", Provinces: []Province{{Sigla: "TO", Name: "Y"}}}), `"TO" stands for two provinces`},
		{"alias of another", append(chamberList(), Chamber{Slug: "x", Name: "X", Provinces: []Province{{Sigla: "XX", Name: "Y", Also: []string{"forli"}}}}), `"forli" stands for two`},
		{"divided and whole", append(chamberList(), Chamber{Slug: "x", Name: "X", Provinces: []Province{{Sigla: "BT", Name: "Y"}}}), `"BT" stands for two`},
		{"slug twice", append(chamberList(), Chamber{Slug: "torino", Name: "X", Provinces: []Province{{Sigla: "XX", Name: "Y"}}}), "torino is there twice"},
		{"name of another chamber", append(chamberList(), Chamber{Slug: "x", Name: "Romagna", Provinces: []Province{{Sigla: "XX", Name: "Y"}}}), `"Romagna" stands for two`},
		{"empty", []Chamber{{Slug: "x", Name: "X", Provinces: []Province{{Sigla: "-", Name: "Y"}}}}, "holds no letter"},
	}
	for _, tt := range tests {
		if _, err := NewChambers(tt.list, Date{2026, 11, 1}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", tt.name, err, tt.want)
		}
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	c := chambersOn(t, Date{2026, 11, 1})
	for _, cell := range []string{"MI", "", "Forlì-Cesena", "FORLÌ", "CCIAA di Torino", "BT", "unknown", strings.Repeat("x", 64)} {
		if n := testing.AllocsPerRun(100, func() { c.Find(cell, "BA-1234567") }); n != 0 {
			t.Errorf("Find(%q) allocates %v times", cell, n)
		}
	}
}

func FuzzChambersFind(f *testing.F) {
	for _, cell := range []string{"MI", "Forlì", "CCIAA di ", "BT", "\xff"} {
		f.Add(cell, "BA-12")
	}
	c := chambersOn(f, Date{2026, 11, 1})
	f.Fuzz(func(t *testing.T, cell, rea string) {
		slug, sigla, ok := c.Find(cell, rea)
		chamber, known := c.BySlug(slug)
		if ok != known {
			t.Fatalf("Find(%q, %q) = %q, %q, %v", cell, rea, slug, sigla, ok)
		}
		if sigla == "" {
			return
		}
		for _, p := range chamber.Provinces {
			if p.Sigla == sigla {
				return
			}
		}
		t.Fatalf("Find(%q, %q) = %q, %q: not a province of the chamber", cell, rea, slug, sigla)
	})
}

func BenchmarkChambersFind(b *testing.B) {
	c := chambersOn(b, Date{2026, 11, 1})
	for _, cell := range []string{"MI", "", "Forlì-Cesena"} {
		b.Run(cell, func(b *testing.B) {
			for b.Loop() {
				c.Find(cell, "TO-1234567")
			}
		})
	}
}
