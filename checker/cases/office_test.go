package cases

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
)

func TestPublicationCheck(t *testing.T) {
	t.Parallel()
	august := &Procedure{ID: "giudice-45", Days: 45, NoListIn: []time.Month{time.August}}
	practice := &Procedure{ID: "prassi-2024", Days: 45, Period: checker.Period{From: day(2024, 1, 1), Until: day(2025, 1, 1)}}
	good := Publication{On: day(2026, 11, 2), Act: "Det. 12/2026", By: "ufficio", Today: day(2026, 11, 5), MaxAge: 10}
	checked := day(2026, 11, 1)
	for name, tt := range map[string]struct {
		change    func(*Publication)
		procedure *Procedure
		checked   checker.Date
		refused   string // part of the text; "" if it is not refused
	}{
		"as it should be":     {func(*Publication) {}, august, checked, ""},
		"on the day of check": {func(p *Publication) { p.On = checked }, august, checked, ""},
		"today":               {func(p *Publication) { p.On = p.Today }, august, checked, ""},
		"before the check":    {func(p *Publication) { p.On = day(2026, 10, 31) }, august, checked, "2026-11-01"},
		"tomorrow":            {func(p *Publication) { p.On = day(2026, 11, 6) }, august, checked, "after today"},
		"in August": {
			func(p *Publication) { p.On, p.Today = day(2026, 8, 3), day(2026, 8, 3) },
			august, day(2026, 8, 1), "August",
		},
		"no day":             {func(p *Publication) { p.On = checker.Date{} }, august, checked, "--on"},
		"no act":             {func(p *Publication) { p.Act = "" }, august, checked, "--act"},
		"nobody":             {func(p *Publication) { p.By = "" }, august, checked, "--by"},
		"an older procedure": {func(*Publication) {}, practice, checked, "2024-01-01 to 2025-01-01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pub := good
			tt.change(&pub)
			err := pub.Check(tt.procedure, tt.checked)
			var refusal *Refusal
			switch {
			case tt.refused == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.refused != "" && (!errors.As(err, &refusal) || !strings.Contains(refusal.Why, tt.refused)):
				t.Errorf("err = %v, want a refusal that says %q", err, tt.refused)
			}
		})
	}
}

func TestPublishAge(t *testing.T) {
	t.Parallel()
	p := &Procedure{ID: "giudice-45", Days: 45}
	for _, tt := range []struct {
		failed string
		listed bool
	}{
		{"2026-11-12", true},
		{"2026-11-02", true},  // ten days
		{"2026-11-01", false}, // eleven
		{"2026-11-13", false}, // after the list
	} {
		c := Case{ID: "x", State: Found, Ground: checker.GroundExpired, Failed: isoDate(t, tt.failed)}
		skipped, err := Publish(&c, p, Publication{On: day(2026, 11, 12), Act: "Det. 1", By: "ufficio", Today: day(2026, 12, 31), MaxAge: 10})
		if err != nil {
			t.Fatal(err)
		}
		if (skipped == "") != tt.listed || (c.State == Listed) != tt.listed || (len(c.Events) == 1) != tt.listed {
			t.Errorf("check of %s: skipped %q, %s", tt.failed, skipped, c.State)
		}
		if tt.listed && (c.Act != "Det. 1" || c.Term != p.Term(day(2026, 11, 12)) || c.Events[0].Note != "Det. 1") {
			t.Errorf("check of %s: %+v", tt.failed, c)
		}
	}
}

// A change of the procedure moves no window that is open.
func TestTermIsKept(t *testing.T) {
	t.Parallel()
	p := &Procedure{ID: "giudice-45", Days: 45}
	c := Case{ID: "x", State: Found, Ground: checker.GroundExpired, Failed: day(2026, 11, 1)}
	pub := Publication{On: day(2026, 11, 1), Act: "Det. 1", By: "ufficio", Today: day(2026, 11, 1), MaxAge: 10}
	if _, err := Publish(&c, p, pub); err != nil {
		t.Fatal(err)
	}
	want := c.Term
	p.Days = 10
	skipped, err := Publish(&c, p, pub)
	if err != nil || skipped == "" || c.Term != want || len(c.Events) != 1 {
		t.Errorf("published twice: skipped %q, err %v, %+v", skipped, err, c)
	}
}

// Entries of the office keep what the lists said then.
func TestRecordSnapshot(t *testing.T) {
	t.Parallel()
	c := Case{
		ID: "x", State: Found, Ground: checker.GroundShared, Found: day(2026, 11, 1),
		Facts: Facts{Registered: day(2020, 1, 1), Expiry: day(2026, 10, 1), Holders: []Holder{{Company: "alfa"}, {Company: "bravo", Gone: true}}},
	}
	e := Entry{Event: EventDeclaration, On: day(2026, 11, 30), By: "ufficio", Protocol: "7/2026", Note: "per PEC", Today: day(2026, 12, 1), Run: "r"}
	if err := Record(&c, e); err != nil {
		t.Fatal(err)
	}
	want := Case{
		ID: "x", State: Cleared, Ground: checker.GroundShared, Found: day(2026, 11, 1), Closed: day(2026, 11, 30), Facts: c.Facts,
		Office: OfficeEntry{
			Event: EventDeclaration, On: day(2026, 11, 30), Until: day(2027, 11, 30), Protocol: "7/2026", Note: "per PEC", By: "ufficio",
			Registered: day(2020, 1, 1), Expiry: day(2026, 10, 1), Holders: []string{"alfa", "bravo"},
		},
		Events: []Event{{
			At: day(2026, 11, 30), By: "ufficio", Event: EventDeclaration, From: Found, To: Cleared, Run: "r", Note: "per PEC", Protocol: "7/2026", Until: day(2027, 11, 30),
		}},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	e.By = "un altro"
	if err := Record(&c, e); err != nil || len(c.Events) != 1 {
		t.Errorf("the same entry again: err %v, %d events", err, len(c.Events))
	}
}

// What is entered about the proceeding leaves standing what was entered of the address, also after the end.
func TestRecordAfterTheEnd(t *testing.T) {
	t.Parallel()
	c := Case{ID: "x", State: Found, Found: day(2026, 11, 1)}
	for _, e := range []EventKind{EventDeclaration, EventNotified, EventAssigned, EventNotified} {
		if err := Record(&c, Entry{Event: e, On: day(2026, 11, 2), By: "ufficio", Today: day(2026, 11, 2)}); err != nil {
			t.Fatal(err)
		}
	}
	if c.Office.Event != EventDeclaration || c.Closed != day(2026, 11, 2) || len(c.Events) != 3 {
		t.Errorf("%+v", c)
	}
	var refusal *Refusal
	if err := Record(&c, Entry{Event: EventHeld, On: day(2026, 11, 3), By: "ufficio", Today: day(2026, 11, 3)}); !errors.As(err, &refusal) {
		t.Errorf("held after the end: %v", err)
	}
	if err := Record(&c, Entry{Event: EventAppealed, On: day(2026, 11, 3), By: "ufficio", Today: day(2026, 11, 3)}); !errors.As(err, &refusal) {
		t.Errorf("an appeal against nothing: %v", err)
	}
}

// A decision comes after the referral, its execution after the decision.
func TestRecordInOrder(t *testing.T) {
	t.Parallel()
	c := Case{ID: "x", State: Lapsed, Found: day(2026, 6, 1), Term: (&Procedure{Days: 45}).Term(day(2026, 6, 1))}
	today := day(2026, 12, 1)
	for _, tt := range []struct {
		event   EventKind
		outcome string
		on      checker.Date
		refused bool
	}{
		{EventReferred, "", day(2026, 7, 16), true}, // the last day of the window
		{EventReferred, "", day(2026, 9, 10), false},
		{EventDecided, Ordered, day(2026, 9, 9), true},
		{EventDecided, Ordered, day(2026, 9, 10), false},
		{EventExecuted, "", day(2026, 9, 9), true},
		{EventNotified, "", day(2026, 9, 9), false}, // says nothing of the address
		{EventExecuted, "", day(2026, 9, 25), false},
		{EventNewAddress, "", day(2026, 9, 26), true},
	} {
		err := Record(&c, Entry{Event: tt.event, Outcome: tt.outcome, On: tt.on, By: "ufficio", Today: today})
		if (err != nil) != tt.refused {
			t.Errorf("%s on %s: %v", tt.event, tt.on, err)
		}
	}
	if c.State != Executed || c.Closed != day(2026, 9, 25) || c.Open() {
		t.Errorf("%+v", c)
	}
}

// An entry that an earlier event holds, though another one came since, is not made again.
func TestRecordKnownFromEvents(t *testing.T) {
	t.Parallel()
	c := Case{ID: "x", State: Listed, Found: day(2026, 11, 1), Term: (&Procedure{Days: 45}).Term(day(2026, 11, 1))}
	filed := Entry{Event: EventFiled, On: day(2026, 11, 10), By: "ufficio", Protocol: "1", Today: day(2026, 12, 1)}
	for _, e := range []Entry{filed, {Event: EventOpposition, On: day(2026, 11, 12), By: "ufficio", Today: day(2026, 12, 1)}, filed} {
		if err := Record(&c, e); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.Events) != 2 || c.State != Opposed || c.Filed != day(2026, 11, 10) {
		t.Errorf("%+v", c)
	}
}

// Kept off the list, put back, kept off again, all on one day: the last word counts, and each word once.
func TestLastWordOfTheDay(t *testing.T) {
	t.Parallel()
	c := &Case{ID: "c", State: Found, Found: day(2026, 11, 1)}
	for i, event := range []EventKind{EventHeld, EventHeld, EventConfirmed, EventConfirmed, EventHeld} {
		if err := Record(c, Entry{Event: event, On: day(2026, 11, 2), By: "ufficio", Today: day(2026, 11, 2)}); err != nil {
			t.Fatal(err)
		}
		if c.KeptBack != (event == EventHeld) {
			t.Errorf("after entry %d, %s: kept back %v", i, event, c.KeptBack)
		}
	}
	if len(c.Events) != 3 {
		t.Errorf("%d events, want 3", len(c.Events))
	}
}

func TestKeyID(t *testing.T) {
	t.Parallel()
	found := day(2026, 11, 1)
	k := Key{Company: "01234567897", Address: "a@pec.example", Family: FamilyInactive, Chamber: "milano-monza-brianza-lodi"}
	if got, want := k.ID(found), "1f7a3adbc26cbe2f"; got != want {
		t.Errorf("the names of stored cases changed: %s, want %s", got, want)
	}
	seen := map[string]string{}
	for name, id := range map[string]string{
		"itself":            k.ID(found),
		"another day":       k.ID(found.AddDays(1)),
		"another family":    Key{k.Company, k.Address, FamilyInvalid, k.Chamber}.ID(found),
		"another chamber":   Key{k.Company, k.Address, k.Family, "roma"}.ID(found),
		"a text moved":      Key{k.Company + "a", k.Address[1:], k.Family, k.Chamber}.ID(found),
		"an empty address":  Key{k.Company, "", k.Family, k.Chamber}.ID(found),
		"the address there": Key{k.Company + k.Address, "", k.Family, k.Chamber}.ID(found),
	} {
		if other, ok := seen[id]; ok {
			t.Errorf("%s has the name of %s", name, other)
		}
		seen[id] = name
	}
}
