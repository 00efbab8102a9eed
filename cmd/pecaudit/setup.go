package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"pecaudit/checker"
	"pecaudit/checker/cases"
	"pecaudit/configs"
)

// setup is the configuration with the data files it names, before any list is read.
type setup struct {
	*Config
	tables     *configs.Tables
	procedures []cases.Procedure
	providers  []checker.Provider
	neighbors  []string
}

// setup reads the configuration file, "" for the defaults, and the files of procedures and providers that it adds to the built-in ones.
func (p *program) setup(path string) (*setup, error) {
	cfg, err := loadConfig(path, p.getenv)
	if err != nil {
		return nil, usageError{err}
	}
	t, err := configs.Default()
	if err != nil {
		return nil, err
	}
	s := &setup{Config: cfg, tables: t, procedures: t.Procedures, providers: t.Providers, neighbors: t.Neighbors}
	for _, file := range cfg.Providers {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, usagef("providers: %w", err)
		}
		more, neighbors, err := configs.ReadProviders(file, data)
		if err != nil {
			return nil, usageError{err}
		}
		s.providers = append(slices.Clip(s.providers), more...)
		s.neighbors = append(slices.Clip(s.neighbors), neighbors...)
	}
	for _, file := range cfg.Procedures {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, usagef("procedures: %w", err)
		}
		more, err := configs.ReadProcedures(file, data)
		if err != nil {
			return nil, usageError{err}
		}
		// A procedure of the office's own takes the place of a built-in one with its ID.
		s.procedures = slices.DeleteFunc(slices.Clone(s.procedures), func(old cases.Procedure) bool {
			return slices.ContainsFunc(more, func(m cases.Procedure) bool { return m.ID == old.ID })
		})
		s.procedures = append(s.procedures, more...)
	}
	return s, s.checkProcedures()
}

// defaultProcedure gives the dates where the configuration names none; a list is published only under one that it names.
const defaultProcedure = "giudice-45"

// checkProcedures refuses names in the configuration that no procedure or no chamber has: a slug with a slip would leave its chamber under the default.
func (s *setup) checkProcedures() error {
	var errs []error
	check := func(key, id string) {
		if _, err := s.procedure(id); id != "" && err != nil {
			errs = append(errs, s.Errorf(key, "%w", err))
		}
	}
	check("procedure.default", s.Procedure.Default)
	for _, slug := range slices.Sorted(maps.Keys(s.Procedure.Chambers)) {
		key := "procedure.chambers." + slug
		if !slices.ContainsFunc(s.tables.Chambers, func(c checker.Chamber) bool { return c.Slug == slug }) {
			errs = append(errs, s.Errorf(key, "no chamber has this slug: it is the name of the chamber's workbook, for example %s", s.tables.Chambers[0].Slug))
		}
		check(key, s.Procedure.Chambers[slug])
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	return nil
}

// procedure finds a procedure by ID; "" is the configuration's default.
func (s *setup) procedure(id string) (*cases.Procedure, error) {
	if id == "" {
		id = s.Procedure.Default
	}
	if id == "" {
		id = defaultProcedure
	}
	var ids []string
	for i := range s.procedures {
		if s.procedures[i].ID == id {
			return &s.procedures[i], nil
		}
		ids = append(ids, s.procedures[i].ID)
	}
	return nil, usagef("there is no procedure %q; there are: %s", id, strings.Join(ids, ", "))
}

// procedureOf returns a chamber's procedure, and whether the configuration names it.
func (s *setup) procedureOf(chamber string) (proc *cases.Procedure, named bool) {
	id := s.Procedure.Chambers[chamber]
	if id == "" {
		id = s.Procedure.Default
	}
	proc, err := s.procedure(id)
	if err != nil {
		proc, _ = s.procedure(defaultProcedure) // checkProcedures has refused unknown names
	}
	return proc, id != ""
}

// register is the reference tables as they stand on a day.
type register struct {
	chambers  *checker.Chambers
	forms     *checker.Forms
	providers *checker.Providers
}

func (s *setup) register(on checker.Date) (*register, error) {
	chambers, err := checker.NewChambers(s.tables.Chambers, on)
	if err != nil {
		return nil, err
	}
	forms, err := checker.NewForms(s.tables.Forms, on)
	if err != nil {
		return nil, err
	}
	providers, err := checker.NewProviders(s.providers, s.neighbors, on)
	if err != nil {
		return nil, usagef("providers: %w", err)
	}
	return &register{chambers, forms, providers}, nil
}

// chamberSlugs understands the values of --chamber: slugs, names or sigle.
func (r *register) chamberSlugs(values []string) ([]string, error) {
	var slugs []string
	for _, v := range values {
		if v == "da-attribuire" {
			slugs = append(slugs, "")
			continue
		}
		slug := v
		if _, ok := r.chambers.BySlug(v); !ok {
			if slug, _, ok = r.chambers.Find(v, ""); !ok {
				return nil, usagef("--chamber %q: no chamber has this slug, name or sigla; %s", v, r.like(v))
			}
		}
		slugs = append(slugs, slug)
	}
	return slugs, nil
}

// like names the chambers that somebody may have meant.
func (r *register) like(chamber string) string {
	var near []string
	for _, c := range r.chambers.All() {
		if strings.Contains(c.Slug, strings.ToLower(chamber)) {
			near = append(near, c.Slug)
		}
	}
	if len(near) == 0 {
		return "the slug is the name of the chamber's workbook, for example " + r.chambers.All()[0].Slug
	}
	return "did you mean " + strings.Join(near, ", ") + "?"
}

// date reads a flag's date, or gives the default.
func date(flag, value string, byDefault checker.Date) (checker.Date, error) {
	if value == "" {
		return byDefault, nil
	}
	d, err := checker.ParseISODate(value)
	if err != nil {
		return d, usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	return d, nil
}

// brake is what the configuration says of it.
func (s *setup) brake() cases.Brake {
	return cases.Brake{NewFailures: s.Brake.NewFailures, Min: s.Brake.Min, ListShrinks: s.Brake.ListShrinks}
}

// publishMaxAge is how many days old a failing check may be when its case is published.
func (s *setup) publishMaxAge() int { return int(s.PublishMaxAge / (24 * time.Hour)) }
