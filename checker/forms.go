package checker

import (
	"errors"
	"fmt"
)

// Forms is the table of legal forms as it stands on one day. It does not change once made, so any number of goroutines may use it.
type Forms struct {
	codes map[string]*LegalForm
	words map[string]*LegalForm
	pairs [26 * 26]*LegalForm // those of codes that are two letters
}

// NewForms returns the table for a day: entries whose period does not hold it are left out. A code or word that stands for two forms on that
// day is an error.
func NewForms(list []LegalForm, on Date) (*Forms, error) {
	f := &Forms{codes: make(map[string]*LegalForm), words: make(map[string]*LegalForm)}
	var errs []error
	add := func(table map[string]*LegalForm, word string, form *LegalForm) {
		key := string(appendFolded(nil, word))
		old, ok := table[key]
		switch {
		case key == "":
			errs = append(errs, fmt.Errorf("legal form %s: %q holds no letter", form.Code, word))
		case ok && old != form:
			errs = append(errs, fmt.Errorf("%q stands for two legal forms on %s: %s and %s", word, on, old.Code, form.Code))
		default:
			table[key] = form
		}
	}
	for i := range list {
		form := list[i]
		if !form.Period.Contains(on) {
			continue
		}
		add(f.codes, form.Code, &form)
		add(f.words, form.Name, &form)
		for _, word := range form.Words {
			add(f.words, word, &form)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for code, form := range f.codes {
		if i := letters(code); i >= 0 {
			f.pairs[i] = form
		}
	}
	return f, nil
}

// letters returns the place of two upper-case letters among all pairs of them, -1 for any other text.
func letters(s string) int {
	if len(s) != 2 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z' {
		return -1
	}
	return int(s[0]-'A')*26 + int(s[1]-'A')
}

// Find understands a cell of a column natura_giuridica: a two-letter code of the register, or words ("S.R.L.", "ditta individuale"); case,
// accents, blanks and punctuation mean nothing, but for two letters without punctuation, which are always a code: SE is a società semplice and
// S.E. a società europea. It returns nil when the cell is empty or not understood, and allocates nothing.
func (f *Forms) Find(cell string) *LegalForm {
	if i := letters(cell); i >= 0 {
		return f.pairs[i]
	}
	cell = TrimSpace(cell)
	var room [96]byte
	word := appendFolded(room[:0], cell)
	if len(cell) > 2 {
		if form := f.words[string(word)]; form != nil {
			return form
		}
	}
	return f.codes[string(word)]
}
