package receipt

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pecaudit/checker"
)

func TestProve(t *testing.T) {
	t.Parallel()
	roots := testRoots(t)
	for _, test := range []struct {
		kind, errore, detail string
		want                 checker.Proof
	}{
		{"avvenuta-consegna", "nessuno", "", checker.ProofDelivered},
		{"avvenuta-consegna", "", "", checker.ProofDelivered},

		{"errore-consegna", "no-dest", "5.1.1 - Gestore Uno - indirizzo non valido", checker.ProofDead},
		{"errore-consegna", "no-dest", "", checker.ProofDead},
		{"errore-consegna", "no-dominio", "5.1.2 - Gestore Uno - dominio non valido", checker.ProofDead},
		{"errore-consegna", "no-dominio", "5.4.4 - Gestore Uno - dominio irraggiungibile", checker.ProofDead},
		{"errore-consegna", "altro", "5.1.1 - Gestore Uno - indirizzo non valido", checker.ProofDead},
		{"errore-consegna", "altro", "5.1.10 - destinatario non attivo", checker.ProofDead},

		{"errore-consegna", "altro", "5.2.2 - casella piena", checker.ProofFull},
		{"errore-consegna", "nessuno", "5.2.2 - casella piena", checker.ProofFull},
		{"errore-consegna", "no-dest", "5.2.2 - casella piena", checker.ProofFull},

		{"errore-consegna", "altro", "5.4.1 - nessuna risposta", checker.ProofFailed},
		{"errore-consegna", "nessuno", "5.4.7 - scaduto", checker.ProofFailed},
		{"preavviso-errore-consegna", "altro", "5.4.1 - nessuna risposta nelle 24 ore", checker.ProofFailed},
		{"preavviso-errore-consegna", "nessuno", "5.4.1", checker.ProofFailed},

		{"preavviso-errore-consegna", "altro", "4.4.1 - non consegnato nelle prime 12 ore", checker.ProofNone},
		{"preavviso-errore-consegna", "no-dest", "5.1.1 - indirizzo non valido", checker.ProofNone},
		{"preavviso-errore-consegna", "altro", "5.2.2 - casella piena", checker.ProofNone},
		{"preavviso-errore-consegna", "altro", "", checker.ProofNone},
		{"errore-consegna", "altro", "", checker.ProofNone},
		{"errore-consegna", "nessuno", "5.1.1 - indirizzo non valido", checker.ProofNone},
		{"errore-consegna", "altro", "4.1.1 - riprovare", checker.ProofNone},
		{"errore-consegna", "altro", "4.2.2 - casella piena", checker.ProofNone},
		{"errore-consegna", "altro", "5.2.1 - casella disabilitata", checker.ProofNone},
		{"errore-consegna", "altro", "5.2.20 - altro", checker.ProofNone},
		{"errore-consegna", "altro", "5.11.1 - altro", checker.ProofNone},
		{"errore-consegna", "altro", "Errore 5.1.1", checker.ProofNone},
		{"errore-consegna", "altro", "5.1.1.5 non risponde", checker.ProofNone},
		{"errore-consegna", "virus", "5.1.1 - virus", checker.ProofNone},
		{"errore-consegna", "virus", "5.2.2", checker.ProofNone},
		{"errore-consegna", "virus", "5.4.1", checker.ProofNone},
		{"non-accettazione", "virus", "", checker.ProofNone},
		{"non-accettazione", "no-dest", "5.1.1 - indirizzo non valido", checker.ProofNone},
		{"accettazione", "nessuno", "", checker.ProofNone},
		{"presa-in-carico", "nessuno", "", checker.ProofNone},
		{"posta-certificata", "nessuno", "", checker.ProofNone},
		{"rilevazione-virus", "virus", "", checker.ProofNone},

		// Outside RFC 6109.
		{"errore-consegna", "no_dest", "5.1.1", checker.ProofNone},
		{"errore-consegna", "NO-DEST", "5.1.1", checker.ProofNone},
		{"avvenuta-consegna", "ok", "", checker.ProofNone},
		{"Avvenuta-Consegna", "nessuno", "", checker.ProofNone},
		{"mancata-consegna", "no-dest", "5.1.1", checker.ProofNone},
		{"", "no-dest", "5.1.1", checker.ProofNone},
	} {
		m := dead()
		m.Kind, m.Error, m.Detail = test.kind, test.errore, test.detail
		r := read(t, must(testProvider().Receipt(m)), roots)
		if r.Proof != test.want || (r.ProofNote == "") != (test.want != checker.ProofNone) {
			t.Errorf("%s, %s, %q: %v (%s), want %v", test.kind, test.errore, test.detail, r.Proof, r.ProofNote, test.want)
		}
		if r := read(t, must(testProvider().Receipt(m)), nil); r.Proof != checker.ProofNone {
			t.Errorf("%s, %s, %q, untrusted: %v", test.kind, test.errore, test.detail, r.Proof)
		}
	}
}

func TestEnhanced(t *testing.T) {
	t.Parallel()
	for detail, want := range map[string]string{
		"5.1.1 - Gestore - indirizzo non valido": "5.1.1", "5.1.1": "5.1.1", " 5.1.1\n": "5.1.1", "5.1.1- x": "5.1.1", "5.1.1: x": "5.1.1", "5.1.1. x": "5.1.1",
		"4.4.1 - x": "4.4.1", "2.1.5": "2.1.5", "5.1.999 x": "5.1.999",
		"": "", "x 5.1.1": "", "550 5.1.1": "", "3.1.1": "", "5.1": "", "5.1.": "", "5.1.1000": "", "5.1.1.1": "", "15.1.1": "", "5,1,1": "",
	} {
		if got := enhanced(detail); got != want {
			t.Errorf("enhanced(%q) = %q, want %q", detail, got, want)
		}
	}
}

func TestSeen(t *testing.T) {
	t.Parallel()
	const none, delivered, full, failed, gone = checker.ProofNone, checker.ProofDelivered, checker.ProofFull, checker.ProofFailed, checker.ProofDead
	day := func(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }
	type proofs map[int]checker.Proof // by day
	seen := func(at, since, count int, p checker.Proof, deliveredOn int) checker.ReceiptSeen {
		s := checker.ReceiptSeen{Proof: p, Count: count, Observed: checker.Observed{At: day(at), Since: day(since), By: "Gestore"}, ID: string(rune('a' + at))}
		if deliveredOn > 0 {
			s.Delivered = day(deliveredOn)
		}
		return s
	}
	for name, test := range map[string]struct {
		list        proofs
		from, until int
		want        checker.ReceiptSeen
	}{
		"nothing":                               {proofs{}, 0, 0, checker.ReceiptSeen{}},
		"nothing proven":                        {proofs{1: none, 2: none}, 0, 0, checker.ReceiptSeen{}},
		"one":                                   {proofs{3: gone}, 0, 0, seen(3, 3, 1, gone, 0)},
		"run":                                   {proofs{1: gone, 5: gone, 9: gone}, 0, 0, seen(9, 1, 3, gone, 0)},
		"none does not break a run":             {proofs{1: gone, 5: none, 9: gone}, 0, 0, seen(9, 1, 2, gone, 0)},
		"a delivery breaks a run":               {proofs{1: gone, 5: delivered, 9: gone}, 0, 0, seen(9, 9, 1, gone, 5)},
		"a full box breaks a run":               {proofs{1: gone, 5: full, 9: gone}, 0, 0, seen(9, 9, 1, gone, 0)},
		"a delivery before":                     {proofs{1: delivered, 5: gone, 9: gone}, 0, 0, seen(9, 5, 2, gone, 1)},
		"a delivery after":                      {proofs{1: gone, 5: gone, 9: delivered}, 0, 0, seen(9, 9, 1, delivered, 9)},
		"a failure neither breaks":              {proofs{1: gone, 5: failed, 9: gone}, 0, 0, seen(9, 1, 2, gone, 0)},
		"a failure does not hide":               {proofs{1: gone, 5: gone, 9: failed}, 0, 0, seen(5, 1, 2, gone, 0)},
		"a failure after a full box":            {proofs{5: full, 9: failed}, 0, 0, seen(9, 9, 1, failed, 0)},
		"a failure after a delivery":            {proofs{5: delivered, 9: failed}, 0, 0, seen(9, 9, 1, failed, 5)},
		"failures only":                         {proofs{5: failed, 9: failed}, 0, 0, seen(9, 5, 2, failed, 0)},
		"newest is full":                        {proofs{1: gone, 5: full}, 0, 0, seen(5, 5, 1, full, 0)},
		"not after the bound":                   {proofs{1: gone, 5: gone, 9: delivered}, 0, 5, seen(5, 1, 2, gone, 0)},
		"not before the bound":                  {proofs{1: gone, 5: gone, 9: gone}, 5, 0, seen(9, 5, 2, gone, 0)},
		"another holder's delivery is not read": {proofs{1: delivered, 5: gone}, 2, 0, seen(5, 5, 1, gone, 0)},
	} {
		var list []Proven
		for n, p := range test.list {
			list = append(list, Proven{day(n), p, "Gestore", string(rune('a' + n))})
		}
		var from, until time.Time
		if test.from > 0 {
			from = day(test.from)
		}
		if test.until > 0 {
			until = day(test.until)
		}
		if diff := cmp.Diff(test.want, Seen(list, from, until)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSeenProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Proven {
			return Proven{
				Time:   time.Unix(rapid.Int64Range(1, 9).Draw(t, "time"), 0).UTC(),
				Proof:  checker.Proof(rapid.IntRange(0, 4).Draw(t, "proof")),
				SHA256: rapid.StringMatching("[a-c]").Draw(t, "id"),
			}
		})).Draw(t, "list")
		before := slices.Clone(list)
		seen := Seen(list, time.Time{}, time.Time{})
		if diff := cmp.Diff(before, list); diff != "" {
			t.Fatalf("the list was changed: %s", diff)
		}
		if diff := cmp.Diff(seen, Seen(rapid.Permutation(append(list, list...)).Draw(t, "order"), time.Time{}, time.Time{})); diff != "" {
			t.Fatalf("order or repetition counts: %s", diff)
		}
		proves := slices.ContainsFunc(list, func(p Proven) bool { return p.Proof != checker.ProofNone })
		if proves != (seen.Count > 0) || proves == seen.At.IsZero() || seen.Since.After(seen.At) {
			t.Fatalf("count %d, since %v, at %v", seen.Count, seen.Since, seen.At)
		}
		for _, p := range list { // RCP-001 rests on this: nothing was delivered since the first of the run
			if seen.Proof == checker.ProofDead && p.Proof == checker.ProofDelivered && !p.Time.Before(seen.Since) {
				t.Fatalf("delivered at %v, dead since %v", p.Time, seen.Since)
			}
		}
	})
}
