package reports

import (
	"cmp"
	"slices"
	"strings"

	"pecaudit/checker"
)

// sourcesSheet tells where every figure comes from: nothing in it changes when the same month is written again.
func sourcesSheet(v *view) sheet { return &sourcesPage{v} }

type sourcesPage struct{ *view }

func (s *sourcesPage) name() string { return SheetSources }
func (s *sourcesPage) size() int    { return 0 }

func (s *sourcesPage) write(b *book) error {
	p := newPage(b, SheetSources, slate, 0, []float64{44, 24, 20, 18, 18, 66, 14, 14, 12, 12, 12, 14})
	p.section(titleRun, 8)
	for _, l := range [][2]string{
		{textProgram, s.Version},
		{textConfig, s.Config},
		{textAsOf, s.AsOf.Italian()},
		{columnMonth, monthLabel(s.Month.Month)},
		{textCoverage, label(coverageLabels, s.Summary.Coverage)},
		{titleProcedure, s.procedures()},
		{textPublications, s.publications()},
	} {
		if l[1] != "" {
			p.remark(l[0], l[1])
		}
	}
	if len(s.Sources) > 0 {
		s.inputs(p)
		s.mappings(p)
	}
	return p.end()
}

func (s *sourcesPage) inputs(p *freePage) {
	p.section(titleInputs, 0)
	p.head(6, columnFile, columnRole, columnSheet, columnEncoding, columnDelimiter, columnDigest, columnSize, columnReference, columnRead,
		columnRepaired, columnRejected, columnHeader)
	for i := range s.Sources {
		src := &s.Sources[i]
		p.line(baseName(src.File), label(roleLabels, src.Role), src.Sheet, src.Encoding, label(delimiterLabels, src.Delimiter), src.SHA256,
			int(src.Size), src.Reference, src.Rows, src.Repaired, src.Rejected, src.Header)
		if src.Presumed {
			p.put(1, p.row, textPresumed, lookOverflow)
			p.next(1)
		}
		if text := repairs(src.Repairs); text != "" {
			p.put(1, p.row, text, lookOverflow)
			p.next(1)
		}
	}
}

// mappings tells what became of every column of every list.
func (s *sourcesPage) mappings(p *freePage) {
	p.section(titleMapping, 0)
	p.head(4, columnFile, columnHeading, columnField, columnRemark)
	for i := range s.Sources {
		for _, m := range s.Sources[i].Mapping {
			p.put(1, p.row, baseName(s.Sources[i].File), lookLabel)
			p.put(2, p.row, strings.Join(strings.Fields(m.Header), " "), lookLabel)
			p.put(3, p.row, m.Field, lookLabel)
			remark := m.Hint
			if m.Field == "" && remark == "" {
				remark = textNotUsed
			}
			p.put(4, p.row, remark, lookOverflow)
			p.next(1)
		}
	}
}

// repairs is what was taken off or restored, most often first.
func repairs(count map[string]int) string {
	names := make([]string, 0, len(count))
	for name, n := range count {
		if n > 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), strings.Compare(a, b)) })
	for i, name := range names {
		names[i] = label(repairLabels, name) + " " + thousands(count[name])
	}
	if len(names) == 0 {
		return ""
	}
	return textRepairs + strings.Join(names, ", ")
}

// publications are the days on which the cases of the month were published.
func (v *view) publications() string {
	seen := map[checker.Date]bool{}
	var days []checker.Date
	for _, r := range v.breaches {
		if d := r.Term.Published; !d.IsZero() && !seen[d] {
			seen[d] = true
			days = append(days, d)
		}
	}
	slices.SortFunc(days, checker.Date.Compare)
	texts := make([]string, len(days))
	for i, d := range days {
		texts[i] = d.Italian()
	}
	return strings.Join(texts, ", ")
}
