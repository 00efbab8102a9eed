package load

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pecaudit/checker"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func fixture(name string) string { return filepath.Join("../../fixtures/lists", name) }

// A dump is a readable text of all that was read.
type dump struct{ strings.Builder }

func (d *dump) line(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

// facts prints what a list says of itself.
func (d *dump) facts(l *List) {
	d.line("%s sheet=%q size=%d encoding=%q delimiter=%q header=%d reference=%s presumed=%v", filepath.Base(l.File), l.Sheet, l.Size,
		l.Encoding, l.Delimiter, l.HeaderRow, l.Reference, l.Presumed)
	for _, c := range l.Mapping {
		d.line("  %s -> %s %s", c.Header, c.Field, c.Hint)
	}
}

func (d *dump) counts(c Counts) {
	d.line("rows=%d rejected=%d repaired=%d repairs=%v", c.Rows, c.Rejected, c.Repaired, c.Repairs)
}

func (d *dump) rejected(x checker.RejectedRow) {
	d.line("%d rejected: %s; column %q; %q", x.Row, x.Reason, x.Column, x.Text)
}

// company prints what differs from an empty company.
func (d *dump) company(c *checker.Company) {
	var b strings.Builder
	add := func(name string, value any) {
		if text := fmt.Sprint(value); text != "" && text != "0" && text != "false" {
			fmt.Fprintf(&b, " %s=%q", name, text)
		}
	}
	add("cf", c.CodiceFiscale)
	add("iva", c.PartitaIVA)
	add("rea", c.REA)
	add("cciaa", c.CCIAA)
	add("chamber", c.Chamber)
	add("name", c.Name)
	add("comune", c.Comune)
	add("raw form", c.RawForm)
	if c.Form != nil {
		add("form", c.Form.Code)
	}
	add("raw status", c.RawStatus)
	add("status", int(c.Status))
	add("raw activity", c.RawActivity)
	add("activity", int(c.Activity))
	add("cancelled", c.Cancelled)
	add("local unit", c.LocalUnit)
	add("registered", c.Registered)
	add("expiry", c.Expiry)
	for _, u := range c.Unreadable {
		add("unreadable "+u.Field, u.Text)
	}
	add("repairs", strings.Join(c.Repairs.Names(), "|"))
	d.line("%d:%s\n  %s", c.Row, b.String(), address("pec", c.PEC))
	if c.Director.Raw != "" || c.Director.State != 0 {
		d.line("  %s", address("director", c.Director))
	}
}

func address(name string, a checker.Address) string {
	state := [...]string{"not told", "none", "well formed", "malformed", "several"}[a.State]
	return strings.TrimRight(fmt.Sprintf("%s %q: %s %s", name, a.Raw, state, a.Folded), " ")
}

// companies reads a list of companies.
func companies(ctx context.Context, path string, o *Options) string {
	var d dump
	l, err := Open(ctx, path, 0, o)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	defer l.Close()
	d.facts(l)
	err = l.Read(ctx, func(b *Batch) error {
		for i := range b.Companies {
			d.company(&b.Companies[i])
		}
		for _, x := range b.Rejected {
			d.rejected(x)
		}
		return nil
	})
	if err != nil {
		d.line("error: %v", err)
	}
	d.counts(l.Counts)
	return d.String()
}

// entries reads a list that is not of companies through read.
func (d *dump) entries(l *List, err error) string {
	entries := d.String()
	d.Reset()
	if err != nil {
		d.line("error: %v", err)
		return d.String()
	}
	d.facts(l)
	d.WriteString(entries)
	for _, x := range l.RejectedRows {
		d.rejected(x)
	}
	d.counts(l.Counts)
	return d.String()
}

// golden compares a text with the golden file of that name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := fixture(name + ".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}
