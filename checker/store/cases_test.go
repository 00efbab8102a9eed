package store

import (
	stdcmp "cmp"
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// draw fills a value with anything at all, field by field, so that a field that somebody adds is drawn too.
func draw(t *rapid.T, v reflect.Value) {
	if v.Type() == reflect.TypeFor[checker.Date]() {
		n := rapid.IntRange(-1, 8000).Draw(t, "day")
		v.SetZero()
		if n >= 0 {
			v.Set(reflect.ValueOf(day("2014-01-01").AddDays(n)))
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{"ROSSI & C. <S.N.C.>", "L'ESEMPIO S.R.L.", `DETTA "LA PROVA"`, "caffè", "a\\b", "\u2028"}), rapid.String()).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "truth"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(-1, 1e9).Draw(t, "number"))
	case reflect.Uint16:
		v.SetUint(rapid.Uint64Range(0, 1<<16-1).Draw(t, "number"))
	case reflect.Slice:
		for range rapid.IntRange(0, 2).Draw(t, "length") {
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
			draw(t, v.Index(v.Len()-1))
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			draw(t, v.Field(i))
		}
	default:
		t.Fatalf("draw does not know %s", v.Type())
	}
}

// drawCase draws a case with a chain of events that leads to its state.
func drawCase(t *rapid.T) cases.Case {
	var c cases.Case
	draw(t, reflect.ValueOf(&c).Elem())
	c.Events = append(c.Events, cases.Event{})
	c.State = ""
	for i := range c.Events {
		e := &c.Events[i]
		e.From, e.To = c.State, stdcmp.Or(e.To, cases.Found)
		c.State = e.To
	}
	c.ID = c.Key.ID(c.Found)
	return c
}

func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		s := quick(t)
		defer s.Close()
		c := drawCase(rt)
		if err := s.Update(ctx, func(tx *Tx) error { return tx.SaveCases(ctx, []cases.Case{c}) }); err != nil {
			rt.Fatal(err)
		}
		got, err := s.Case(ctx, c.ID)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(&c, got, asStored); diff != "" {
			rt.Error(diff)
		}
		for _, p := range check(t, s) {
			rt.Error(p)
		}
	})
}

// TestStoreAgainstModel runs a history of saves and compares all that reads cases with a list in memory.
func TestStoreAgainstModel(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		s := quick(t)
		defer s.Close()
		model := map[string]cases.Case{}
		on := day("2026-01-01")
		for range rapid.IntRange(1, 5).Draw(rt, "transactions") {
			on = on.AddDays(1)
			saved := map[string]cases.Case{}
			for range rapid.IntRange(0, 6).Draw(rt, "cases") {
				company, chamber := key(rapid.IntRange(1, 3).Draw(rt, "company")), rapid.SampledFrom([]string{"alfa", "beta", ""}).Draw(rt, "chamber")
				c := found(company, chamber, on.String())
				c.Address = rapid.SampledFrom([]string{"", "x@pec.example"}).Draw(rt, "address")
				if rapid.Bool().Draw(rt, "shared") {
					c.Family = cases.FamilyShared
					c.Facts.Holders = []cases.Holder{{Company: key(rapid.IntRange(1, 6).Draw(rt, "holder"))}}
				}
				c.ID = c.Key.ID(c.Found)
				if _, ok := saved[c.ID]; !ok {
					saved[c.ID] = c
				}
			}
			for _, id := range slices.Sorted(maps.Keys(model)) {
				old := model[id]
				if _, ok := saved[id]; ok || !old.Open() {
					continue
				}
				switch rapid.IntRange(0, 4).Draw(rt, "move") {
				case 0:
					saved[id] = step(old, cases.EventCleared, cases.Cleared, on.String())
				case 1:
					c := old
					c.Events, c.Checked = nil, on
					saved[id] = c
				case 2:
					stored, err := s.Case(ctx, id)
					if err != nil {
						rt.Fatal(err)
					}
					c := old
					c.Events, c.Place, c.Again, c.Checked, c.Facts.Row = nil, stored.Place, true, on, old.Facts.Row+1
					saved[id] = c
				}
			}
			list := slices.Collect(maps.Values(saved)) // in any order
			if err := s.Update(ctx, func(tx *Tx) error { return tx.SaveCases(ctx, list) }); err != nil {
				rt.Fatal(err)
			}
			maps.Copy(model, saved)
		}

		newestOf := map[cases.Key]cases.Case{}
		companies := map[string]bool{}
		for _, c := range model {
			if c.Found.After(newestOf[c.Key].Found) {
				newestOf[c.Key] = c
			}
			companies[c.Company] = true
			if c.Open() && c.Family == cases.FamilyShared {
				for _, h := range c.Facts.Holders {
					companies[h.Company] = true
				}
			}
		}
		want := withoutEvents(slices.SortedFunc(maps.Values(newestOf), byKey)...)
		if diff := cmp.Diff(want, newest(t, s), asStored); diff != "" {
			rt.Errorf("all companies: %s", diff)
		}
		asked := []string{key(3), key(1), key(9), key(1)}
		got, err := s.CasesOf(ctx, asked)
		if err != nil {
			rt.Fatal(err)
		}
		of := slices.DeleteFunc(slices.Clone(want), func(c cases.Case) bool { return !slices.Contains(asked, c.Company) })
		if diff := cmp.Diff(of, got, asStored); diff != "" {
			rt.Errorf("CasesOf: %s", diff)
		}
		var all []string
		if err := s.Companies(ctx, func(c string, _ bool) error { all = append(all, c); return nil }); err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(companies)), all, cmpopts.EquateEmpty()); diff != "" {
			rt.Errorf("Companies: %s", diff)
		}
		list, err := s.Cases(ctx, Filter{})
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(withoutEvents(slices.SortedFunc(maps.Values(model), byKey)...), list, asStored); diff != "" {
			rt.Errorf("Cases: %s", diff)
		}
		for _, p := range check(t, s) {
			rt.Error(p)
		}
	})
}

func TestSaveCasesRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	first := found(key(1), "alfa", "2026-11-02")
	cleared := step(first, cases.EventCleared, cases.Cleared, "2026-12-01")
	for _, test := range []struct {
		name, wants string
		list        func() []cases.Case
	}{
		{"no event", `the store has no case of this ID in state "cleared", and no event leads to it`, func() []cases.Case {
			c := cleared
			c.Events = nil
			return []cases.Case{c}
		}},
		{"another state", `its event cured starts from state "listed", it was in state "found"`, func() []cases.Case {
			c := cleared
			c.Events = []cases.Event{{Event: cases.EventCured, From: cases.Listed, To: cases.Cleared}}
			return []cases.Case{c}
		}},
		{"a gap", `its event cleared starts from state "listed", it was in state "found"`, func() []cases.Case {
			c := cleared
			c.Events = []cases.Event{{Event: cases.EventHeld, From: cases.Found, To: cases.Found}, {Event: cases.EventCleared, From: cases.Listed, To: cases.Cleared}}
			return []cases.Case{c}
		}},
		{"another end", `it is in state "found", its events lead to "cleared"`, func() []cases.Case {
			c := cleared
			c.State = cases.Found
			return []cases.Case{c}
		}},
		{"new without event", `the store has no case of this ID in state "found", and no event leads to it`, func() []cases.Case {
			c := found(key(2), "alfa", "2026-11-02")
			c.Events = nil
			return []cases.Case{c}
		}},
		{"new from somewhere", `its event cleared starts from state "found", it was in state ""`, func() []cases.Case {
			return []cases.Case{step(found(key(2), "alfa", "2026-11-02"), cases.EventCleared, cases.Cleared, "2026-12-01")}
		}},
		{"another history", "the store holds other events of it", func() []cases.Case {
			c := first
			c.Events = []cases.Event{first.Events[0]}
			c.Events[0].At = day("2026-11-03")
			return []cases.Case{c}
		}},
		{"twice new", "UNIQUE", func() []cases.Case {
			return slices.Concat(manyCases(3000), manyCases(1))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := quick(t)
			if test.name != "twice new" {
				save(t, s, first)
			}
			want := newest(t, s)
			err := s.Update(ctx, func(tx *Tx) error { return tx.SaveCases(ctx, test.list()) })
			if err == nil || !strings.Contains(err.Error(), test.wants) {
				t.Errorf("error %v, want %q in it", err, test.wants)
			}
			if err := s.Update(ctx, func(tx *Tx) error { _ = tx.SaveCases(ctx, test.list()); return nil }); err == nil {
				t.Error("what was refused was kept, because nobody looked at the error")
			}
			if diff := cmp.Diff(want, newest(t, s), asStored); diff != "" {
				t.Error(diff)
			}
			sound(t, s)
		})
	}
}

// TestSaveWithHistory shows that a case may be saved with the events that Case loaded in front of its new ones.
func TestSaveWithHistory(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	c := found(key(1), "alfa", "2026-11-02")
	save(t, s, c)
	save(t, s, listed(c, "2026-11-03"))
	loaded, err := s.Case(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	save(t, s, *loaded) // nothing new
	lapsed := *loaded
	lapsed.Events = append(slices.Clone(loaded.Events), step(*loaded, cases.EventLapsed, cases.Lapsed, "2026-12-22").Events...)
	lapsed.State = cases.Lapsed
	save(t, s, lapsed)
	got, err := s.Case(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&lapsed, got, asStored); diff != "" {
		t.Error(diff)
	}
	entries, err := s.Entries(ctx, c.ID)
	if err != nil || len(entries) != 3 || entries[2].N != 3 || !entries[2].Recorded.Equal(noon) || len(entries[2].Hash) != 64 {
		t.Errorf("entries %+v, %v", entries, err)
	}
	sound(t, s)
}

// TestBulk shows that the first many cases leave the same store as fewer do.
func TestBulk(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	list := manyCases(3000)
	update(t, s, func(tx *Tx) error { return tx.SaveCases(ctx, list) })
	other := quick(t)
	update(t, other, func(tx *Tx) error {
		return errors.Join(tx.SaveCases(ctx, list[:10]), tx.SaveCases(ctx, list[10:]))
	})
	if diff := cmp.Diff(newest(t, other), newest(t, s), asStored); diff != "" {
		t.Error(diff)
	}
	indexes := func(s *Store) (n int) {
		if err := s.read.QueryRow("SELECT COUNT(*) FROM sqlite_master WHERE type = 'index'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if a, b := indexes(s), indexes(other); a != b {
		t.Errorf("%d indexes, want %d", a, b)
	}
	_, hash, err := s.Head(ctx)
	_, otherHash, err2 := other.Head(ctx)
	if hash != otherHash || err != nil || err2 != nil {
		t.Errorf("heads %s and %s, %v, %v", hash, otherHash, err, err2)
	}
	sound(t, s)
}

func TestCaseByID(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	for i, id := range []string{"abc1", "abc123", "abd9"} {
		c := found(key(i), "alfa", "2026-11-02")
		c.ID = id
		save(t, s, c)
	}
	for _, test := range []struct{ text, want string }{
		{"abc123", "abc123"}, {"abc12", "abc123"}, {"abc1", "abc1"}, {" ABD ", "abd9"}, {"ab", "several IDs begin"}, {"", "no such case"}, {"%", "no such case"}, {"abc1234", "no such case"},
	} {
		c, err := s.Case(ctx, test.text)
		switch {
		case err == nil && c.ID != test.want:
			t.Errorf("Case(%q) is %s, want %s", test.text, c.ID, test.want)
		case err != nil && (!errors.Is(err, ErrNoCase) || !strings.Contains(err.Error(), test.want)):
			t.Errorf("Case(%q): %v, want %s", test.text, err, test.want)
		}
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	a := found(key(1), "alfa", "2026-11-02")
	a.Facts.Name = "SOCIETÀ D'ESEMPIO  S.R.L."
	b := found(key(2), "alfa", "2026-10-01") // nominal 2026-11-15, safe 2026-11-17
	c := found(key(3), "beta", "2026-09-01")
	c.Ground = checker.GroundRevoked
	d := found(key(4), "", "2026-11-02")
	save(t, s, a, b, c, d)
	save(t, s, listed(b, "2026-10-01"))
	save(t, s, step(c, cases.EventCleared, cases.Cleared, "2026-10-05"))
	name := map[string]string{a.ID: "a", b.ID: "b", c.ID: "c", d.ID: "d"}
	alfa, none, ten, fifteen := "alfa", "", 10, 15
	for _, test := range []struct {
		name   string
		filter Filter
		want   string
	}{
		{"all", Filter{}, "abcd"},
		{"chamber", Filter{Chamber: &alfa}, "ab"},
		{"no chamber", Filter{Chamber: &none}, "d"},
		{"state", Filter{State: cases.Listed}, "b"},
		{"chamber and state", Filter{Chamber: &alfa, State: cases.Found}, "a"},
		{"ground", Filter{Ground: checker.GroundRevoked}, "c"},
		{"open", Filter{Open: true}, "abd"},
		{"month of finding", Filter{Month: month("2026-11")}, "ad"},
		{"month of publication or end", Filter{Month: month("2026-10")}, "bc"},
		{"empty month", Filter{Month: month("2026-08")}, ""},
		{"due", Filter{DueWithin: &fifteen, AsOf: day("2026-10-31")}, "b"},
		{"due later", Filter{DueWithin: &ten, AsOf: day("2026-10-31")}, ""},
		{"due between nominal and safe", Filter{DueWithin: &ten, AsOf: day("2026-11-17")}, "b"},
		{"no longer due", Filter{DueWithin: &ten, AsOf: day("2026-11-18")}, ""},
		{"not overdue", Filter{Overdue: true, AsOf: day("2026-11-17")}, ""},
		{"overdue", Filter{Overdue: true, AsOf: day("2026-11-18")}, "b"},
		{"codice fiscale", Filter{Text: key(2)}, "b"},
		{"part of it", Filter{Text: "0000"}, "abcd"},
		{"REA", Filter{Text: "xx-" + key(3)[5:]}, "c"},
		{"address", Filter{Text: "PEC" + key(4) + "@"}, "d"},
		{"name", Filter{Text: "societa d esempio s r l"}, "a"},
		{"name with accent", Filter{Text: "Società"}, "a"},
		{"ID", Filter{Text: strings.ToUpper(c.ID[:10])}, "c"},
		{"too little of an ID", Filter{Text: c.ID[:3]}, ""},
		{"signs only", Filter{Text: "&"}, ""},
		{"blank", Filter{Text: " "}, ""},
		{"wildcard", Filter{Text: "%"}, ""},
		{"text and state", Filter{Text: "prova", State: cases.Cleared}, "c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, err := s.Cases(ctx, test.filter)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i := range list {
				if got += name[list[i].ID]; list[i].Events != nil {
					t.Error("events were loaded")
				}
			}
			if got != test.want {
				t.Errorf("cases %q, want %q", got, test.want)
			}
			test.filter.WithEvents = true
			if list, err = s.Cases(ctx, test.filter); err != nil {
				t.Fatal(err)
			}
			for i := range list {
				whole, err := s.Case(ctx, list[i].ID)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(whole, &list[i]); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestYieldEnds(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := quick(t)
	save(t, s, found(key(1), "alfa", "2026-11-02"), found(key(2), "alfa", "2026-11-02"), found(key(3), "alfa", "2026-11-02"))
	enough := errors.New("enough")
	seen := 0
	if err := s.EachCase(ctx, Filter{}, func(*cases.Case) error {
		if seen++; seen == 2 {
			return enough
		}
		return nil
	}); !errors.Is(err, enough) || seen != 2 {
		t.Errorf("EachCase: %v after %d", err, seen)
	}
	if err := s.Companies(ctx, func(string, bool) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("Companies: %v", err)
	}
}
