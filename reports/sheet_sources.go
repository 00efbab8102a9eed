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
	p := newPage(b, SheetSources, slate, SheetSources, 44, 24, 20, 14, 66, 14, 11, 11, 11, 18, 18, 14)
	p.section(titleRun)
	for _, l := range [][2]any{
		{textProgram, s.Version}, {textConfig, s.Config}, {textAsOf, s.AsOf}, {columnMonth, monthLabel(s.Month.Month)}, {textCoverage, label(coverageLabels, s.Summary.Coverage)},
		{titleProcedure, strings.TrimSuffix(s.Procedure.ID+": "+s.Procedure.Title, ": ")}, {textPublications, s.publications()},
	} {
		if l[1] != "" && l[1] != (checker.Date{}) {
			p.put(1, p.row, l[0], lookLabelStrong)
			p.put(2, p.row, l[1], lookOverflow)
			if day, ok := l[1].(checker.Date); ok {
				p.put(2, p.row, day.Italian(), lookOverflow)
			}
			p.row++
		}
	}
	if len(s.Sources) > 0 {
		s.inputs(p)
		s.mappings(p)
	}
	return p.err
}

func (s *sourcesPage) inputs(p *freePage) {
	p.section(titleInputs)
	p.head(columnFile, columnRole, columnSheet, columnSize, columnDigest, columnReference, columnRead, columnRepaired, columnRejected,
		columnEncoding, columnDelimiter, columnHeader)
	for i := range s.Sources {
		src := &s.Sources[i]
		p.line(baseName(src.File), label(roleLabels, src.Role), src.Sheet, int(src.Size), src.SHA256, src.Reference, src.Rows, src.Repaired, src.Rejected,
			src.Encoding, label(delimiterLabels, src.Delimiter), src.Header)
		if src.Presumed {
			p.put(1, p.row, textPresumed, lookOverflow)
			p.row++
		}
		if text := repairs(src.Repairs); text != "" {
			p.put(1, p.row, text, lookOverflow)
			p.row++
		}
	}
}

// mappings tells what became of every column of every list.
func (s *sourcesPage) mappings(p *freePage) {
	p.section(titleMapping)
	p.head(columnFile, columnHeading, columnField, columnRemark)
	for i := range s.Sources {
		for _, m := range s.Sources[i].Mapping {
			p.put(1, p.row, baseName(s.Sources[i].File), lookLabel)
			p.put(2, p.row, clean(m.Header), lookLabel)
			p.put(3, p.row, m.Field, lookLabel)
			remark := m.Hint
			if m.Field == "" && remark == "" {
				remark = textNotUsed
			}
			p.put(4, p.row, remark, lookOverflow)
			p.row++
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
