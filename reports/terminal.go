package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// WriteSummary writes what an audit found for a person at a terminal: the counts, what fails and why, and which checks were not done
// and why.
func WriteSummary(w io.Writer, s *checker.Summary, applied []AppliedRule) error {
	var b strings.Builder
	fmt.Fprintf(&b, summaryHead, s.AsOf.Italian(), label(coverageLabels, s.Coverage))
	for _, v := range []struct {
		label string
		n     int
	}{
		{verdictLabel(checker.Compliant), s.Compliant},
		{verdictLabel(checker.NonCompliant), s.NonCompliant},
		{verdictLabel(checker.Undetermined), s.Undetermined},
		{verdictLabel(checker.OutOfScope), s.OutOfScope},
		{SheetRejected, s.Rejected},
		{summaryRows, s.Rows},
	} {
		fmt.Fprintf(&b, "  %-34s %10s\n", v.label, thousands(v.n))
	}
	fmt.Fprintf(&b, "  %-34s %10s\n", summaryCompanies, thousands(s.Companies))

	found := func(binding bool) func(AppliedRule) string {
		return func(r AppliedRule) string {
			if r.Binding != binding || r.Fail == 0 && r.Unknown == 0 {
				return ""
			}
			return fmt.Sprintf("  %s  %-64s %9s %9s\n", r.ID, shorten(r.Title, 64), thousands(r.Fail), thousands(r.Unknown))
		}
	}
	section(&b, summaryFound, applied, found(true))
	section(&b, summaryNoted, applied, found(false))
	section(&b, summaryNotDone, applied, func(r AppliedRule) string {
		if slices.Contains(s.NotRun, r.ID) {
			return fmt.Sprintf("  %s  %s: %s\n", r.ID, r.Title, summaryMissing+needsLabel(r.Needs))
		}
		return ""
	})
	section(&b, summaryPartly, applied, func(r AppliedRule) string {
		if n := s.NotRunRows[r.ID]; n > 0 && !slices.Contains(s.NotRun, r.ID) {
			return fmt.Sprintf("  %s  %s: %s %s\n", r.ID, r.Title, thousands(n), summaryRowsWithout)
		}
		return ""
	})
	if len(s.Assumed) > 0 {
		b.WriteByte('\n')
	}
	for _, a := range s.Assumed {
		fmt.Fprintf(&b, "%s\n", label(summaryAssumed, a))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// section writes a title and a line for each rule that has one; without lines nothing.
func section(b *strings.Builder, title string, applied []AppliedRule, line func(AppliedRule) string) {
	first := true
	for _, r := range applied {
		text := line(r)
		if text == "" {
			continue
		}
		if first {
			fmt.Fprintf(b, "\n%s\n", title)
			first = false
		}
		b.WriteString(text)
	}
}

func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// EnteredLine tells a row of a workbook that became an event.
func EnteredLine(sheet string, row int, outcome string, on checker.Date, state cases.State) string {
	return fmt.Sprintf(enteredLine, sheet, row, outcome, on.Italian(), StateLabel(state, ""))
}

// WriteReadBack tells what was read back from a workbook.
func WriteReadBack(w io.Writer, lines []string, entered, known, conflicts int, dryRun bool) error {
	head := readBackHead
	if dryRun {
		head = readBackDry
	}
	_, err := fmt.Fprintf(w, "%s\n%s\n", strings.Join(lines, "\n"), fmt.Sprintf(head, entered, known, conflicts))
	return err
}
