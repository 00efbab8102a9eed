package probe

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Addresses that are joined, however indirectly, and only these, are in one group.
func TestUnions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const names = 12
		name := func(i int) string { return fmt.Sprintf("%c", 'a'+i) }
		u := unions{}
		var near [names][names]bool
		for i := range names {
			u.join(name(i), name(i))
			near[i][i] = true
		}
		for _, pair := range rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]int {
			return [2]int{rapid.IntRange(0, names-1).Draw(t, "a"), rapid.IntRange(0, names-1).Draw(t, "b")}
		}), 0, 12).Draw(t, "pairs") {
			u.join(name(pair[0]), name(pair[1]))
			near[pair[0]][pair[1]], near[pair[1]][pair[0]] = true, true
		}
		for k := range names { // the closure, plainly
			for i := range names {
				for j := range names {
					near[i][j] = near[i][j] || near[i][k] && near[k][j]
				}
			}
		}
		for i := range names {
			for j := range names {
				if (u.find(name(i)) == u.find(name(j))) != near[i][j] {
					t.Fatalf("%s and %s", name(i), name(j))
				}
			}
		}
		count := 0
		for _, group := range u.members() {
			count += len(group)
		}
		if count != names {
			t.Fatalf("%d names in groups", count)
		}
	})
}

func TestLimitOf(t *testing.T) {
	t.Parallel()
	s := &SMTP{Limits: map[string]Limit{"default": {PerSecond: 2}, "a": {PerSecond: 5, PerDay: 10}, "b": {Connections: 1}}}
	for _, test := range []struct {
		ids  []string
		want Limit
	}{
		{nil, Limit{2, 2, 5000}},
		{[]string{"a"}, Limit{5, 2, 10}},
		{[]string{"b"}, Limit{2, 1, 5000}},
		{[]string{"a", "b"}, Limit{2, 1, 10}},
		{[]string{"elsewhere"}, Limit{2, 2, 5000}},
	} {
		if diff := cmp.Diff(test.want, s.limitOf(test.ids)); diff != "" {
			t.Errorf("%v: %s", test.ids, diff)
		}
	}
	if got := new(SMTP).limitOf(nil); got != cautious {
		t.Errorf("without any: %+v", got)
	}
}

func TestSpecial(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"127.0.0.1": true, "10.0.0.1": true, "192.168.1.1": true, "172.16.0.1": true, "169.254.1.1": true, "0.0.0.0": true, "100.64.0.1": true,
		"224.0.0.1": true, "255.255.255.255": true, "::1": true, "::": true, "fe80::1": true, "fd00::1": true, "ff02::1": true, "2001:db8::1": true,
		"8.8.8.8": false, "2a00:1450::1": false,
	} {
		if got := special(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
