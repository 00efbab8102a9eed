// Package configs holds the reference data that the program ships with, one commented YAML file a table, and reads files of those forms
// strictly. Every entry is dated and names its source.
package configs

import (
	_ "embed" // the files below are part of the program
	"errors"
	"fmt"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

//go:embed chambers.yaml
var chambersYAML []byte

//go:embed forms.yaml
var formsYAML []byte

//go:embed providers.yaml
var providersYAML []byte

//go:embed procedures.yaml
var proceduresYAML []byte

//go:embed pecaudit.yaml
var pecauditYAML []byte

// Tables are the reference data as written: entries of every period. checker.NewChambers, NewForms and NewProviders resolve them for a day.
type Tables struct {
	Chambers   []checker.Chamber
	Forms      []checker.LegalForm
	Providers  []checker.Provider
	Neighbors  []string // domains that look like a misspelt known one and are not
	Procedures []cases.Procedure
}

// Default returns the tables that the program ships with.
func Default() (*Tables, error) {
	var t Tables
	var errs [4]error
	t.Chambers, errs[0] = ReadChambers("chambers.yaml", chambersYAML)
	t.Forms, errs[1] = ReadForms("forms.yaml", formsYAML)
	t.Providers, t.Neighbors, errs[2] = ReadProviders("providers.yaml", providersYAML)
	t.Procedures, errs[3] = ReadProcedures("procedures.yaml", proceduresYAML)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("read the built-in tables: %w", err)
	}
	return &t, nil
}

// PecauditYAML returns the configuration file with every key, its default and a comment.
func PecauditYAML() []byte { return pecauditYAML }
