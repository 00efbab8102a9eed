package reports

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pecaudit/checker"
)

// completeColumns are those of Elenco completo, in the order of CONTRACT section 7.
var completeColumns = []string{
	columnCCIAA, columnREA, columnCode, columnName, columnForm, columnComune, columnPEC, columnProvider, columnGround, columnCure, columnDetail,
	columnOthers, columnSuggestion, columnState, columnFound, columnChecked, columnPublished, columnNominal, columnSafe, columnDaysLeft,
	columnOutcome, columnProtocol, columnOn, columnNote, columnRule, columnFile, columnSheet, columnLine, columnCase,
}

// listScale is the scale, per cent, at which the columns between two page breaks fit on an A4 page.
const listScale = 68

// frozenColumns: up to the name.
const frozenColumns = 4

// rowColumns returns every column that a list of rows may have. cures tells what a company must do, by rule.
func rowColumns(cures map[checker.RuleID]string) []column[Row] {
	text := func(f func(*Row) string) func(*Row) any { return func(r *Row) any { return f(r) } }
	day := func(f func(*Row) checker.Date) func(*Row) any { return func(r *Row) any { return f(r) } }
	// An entry made by command has no word of the drop-down: what belongs to it would come back as an entry without outcome.
	entered := func(f func(*Row) any) func(*Row) any {
		return func(r *Row) any {
			if r.Office == "" {
				return nil
			}
			return f(r)
		}
	}
	groups := groupNumbers{}
	return []column[Row]{
		{label: columnCCIAA, width: 7, look: lookCode, value: text(func(r *Row) string { return r.CCIAA })},
		{label: columnREA, width: 12, look: lookCode, value: text(func(r *Row) string { return r.REA })},
		{label: columnCode, width: 18, look: lookCode, value: text(func(r *Row) string { return r.CodiceFiscale })},
		{label: columnName, width: 32, look: lookWrap, value: text(func(r *Row) string { return r.Name })},
		{label: columnForm, width: 9, look: lookCode, value: text(func(r *Row) string { return r.Form })},
		{label: columnComune, width: 16, look: lookWrap, value: text(func(r *Row) string { return r.Comune })},
		{label: columnPEC, width: 34, look: lookWrap, value: text(func(r *Row) string { return r.PEC })},
		{label: columnGroup, width: 9, look: lookInt, value: groups.of},
		{label: columnProvider, width: 16, look: lookWrap, value: text(func(r *Row) string { return r.Provider })},
		{label: columnGround, width: 25, look: lookWrap, value: text(func(r *Row) string { return GroundLabel(r.Ground) })},
		{label: columnReason, width: 30, look: lookWrap, value: text((*Row).whyUnknown)},
		{label: columnCure, width: 44, look: lookWrap, value: text(func(r *Row) string { return r.cure(cures) })},
		{label: columnDetail, width: 46, look: lookWrap, value: text(func(r *Row) string { return r.Detail })},
		{label: columnEvidence, width: 56, look: lookWrap, value: text(func(r *Row) string { return r.Detail })},
		{label: columnOthers, width: 40, look: lookWrap, value: text((*Row).others)},
		{label: columnSuggestion, width: 22, look: lookWrap, value: text(func(r *Row) string { return r.Suggestion })},
		{label: columnState, width: 18, look: lookWrap, value: text((*Row).stateLabel)},
		{label: columnFound, width: 11, look: lookDate, value: day(func(r *Row) checker.Date { return r.Found })},
		{label: columnChecked, width: 11, look: lookDate, value: day(func(r *Row) checker.Date { return r.Checked })},
		{label: columnPublished, width: 11, look: lookDate, value: day(func(r *Row) checker.Date { return r.Term.Published })},
		{label: columnNominal, width: 11, look: lookDate, value: day(func(r *Row) checker.Date { return r.Term.Nominal })},
		{label: columnShifted, width: 12, look: lookDate, value: day(func(r *Row) checker.Date { return r.Term.Shifted })},
		{label: columnSafe, width: 11, look: lookDate, value: day(func(r *Row) checker.Date { return r.Term.Safe })},
		{label: columnDaysLeft, width: 8, look: lookInt, value: func(r *Row) any {
			if r.DaysLeft == nil {
				return nil
			}
			return daysLeft{*r.DaysLeft, r.Overdue}
		}},
		{label: columnSanction, width: 40, look: lookWrap, value: text(func(r *Row) string { return r.Sanction })},
		{label: columnOutcome, width: 22, look: lookFill, value: text(func(r *Row) string { return r.Office })},
		{label: columnProtocol, width: 14, look: lookFillCode, value: entered(func(r *Row) any { return r.Protocol })},
		{label: columnOn, width: 11, look: lookFillDate, value: entered(func(r *Row) any { return r.OfficeOn })},
		{label: columnNote, width: 24, look: lookFill, value: entered(func(r *Row) any { return r.Note })},
		{label: columnRule, width: 18, look: lookWrap, value: text((*Row).rules)},
		{label: columnFile, width: 30, look: lookWrap, value: text(func(r *Row) string { return baseName(r.File) })},
		{label: columnSheet, width: 16, look: lookWrap, value: text(func(r *Row) string { return r.Sheet })},
		{label: columnLine, width: 8, look: lookInt, value: func(r *Row) any {
			if r.Line == 0 {
				return nil
			}
			return r.Line
		}},
		{label: columnCase, width: 16, look: lookCode, value: text(func(r *Row) string { return r.Case })},
	}
}

// pick returns the columns of these labels, in the order of the labels.
func pick[T any](all []column[T], labels ...string) []column[T] {
	picked := make([]column[T], 0, len(labels))
	for _, l := range labels {
		if i := slices.IndexFunc(all, func(c column[T]) bool { return c.label == l }); i >= 0 {
			picked = append(picked, all[i])
		}
	}
	return picked
}

// with returns the labels with one more behind the label after.
func with(labels []string, after, label string) []string {
	return slices.Insert(slices.Clone(labels), slices.Index(labels, after)+1, label)
}

// breakBefore begins a printed page before each of these columns.
func breakBefore[T any](columns []column[T], labels ...string) []column[T] {
	for i := range columns {
		columns[i].page = slices.Contains(labels, columns[i].label)
	}
	return columns
}

func (r *Row) cure(cures map[checker.RuleID]string) string {
	if len(r.Rules) == 1 {
		return cures[r.Rules[0]]
	}
	var texts []string
	for _, id := range r.Rules {
		if s := cures[id]; s != "" && !slices.Contains(texts, s) {
			texts = append(texts, s)
		}
	}
	return strings.Join(texts, "\n")
}

func (r *Row) rules() string {
	if len(r.Rules) == 1 {
		return string(r.Rules[0])
	}
	ids := make([]string, len(r.Rules))
	for i, id := range r.Rules {
		ids[i] = string(id)
	}
	return strings.Join(ids, ", ")
}

// maxOthers bounds what a row tells of the other companies: one address can stand on thousands of positions.
const maxOthers = 10

func (r *Row) others() string {
	if len(r.Others) == 0 {
		return ""
	}
	var out strings.Builder
	for i, h := range r.Others {
		if i == maxOthers {
			break
		}
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(h.Name)
		key := h.REA
		if key == "" {
			key = h.CodiceFiscale
		}
		if key == "" {
			key = h.Company
		}
		if key != "" {
			out.WriteString(" (" + key + ")")
		}
		if h.Gone {
			out.WriteString(textHolderGone)
		}
	}
	if more := max(0, len(r.Others)-maxOthers) + r.MoreOthers; more > 0 {
		out.WriteString(andOthers(more))
	}
	return out.String()
}

// province is the old province of a position: that of its REA, which it keeps though chambers merge.
func (r *Row) province() string {
	if s := checker.REASigla(r.REA); s != "" {
		return s
	}
	return r.CCIAA
}

// groupNumbers counts addresses as they come: rows with one number share one address.
type groupNumbers map[string]int

func (g groupNumbers) of(r *Row) any {
	key := checker.ParseMailbox(r.PEC).CaseKey()
	n, ok := g[key]
	if !ok {
		n = len(g) + 1
		g[key] = n
	}
	return n
}

// baseName is what workbooks show of a file: no folder of the machine, but the archive that an entry lies in.
func baseName(file string) string {
	if file == "" {
		return ""
	}
	if i := strings.LastIndex(strings.ToLower(file), ".zip/"); i >= 0 {
		return filepath.Base(file[:i+4]) + file[i+4:]
	}
	return filepath.Base(file)
}

// andOthers closes a list that was cut short.
func andOthers(n int) string { return "\n" + textAndOthers + strconv.Itoa(n) }
