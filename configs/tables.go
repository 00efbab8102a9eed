package configs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pecaudit/checker"
	"pecaudit/checker/cases"
)

// A period is the part of an entry that says when it holds: half-open, an absent bound is open.
type period struct {
	From  checker.Date `yaml:"from"`
	Until checker.Date `yaml:"until"`
}

// unique reports every ID that an earlier entry of the list has too.
func unique(d *Document, list string, ids []string) error {
	var errs []error
	first := make(map[string]bool, len(ids))
	for i, id := range ids {
		if first[id] && id != "" {
			errs = append(errs, d.Errorf(fmt.Sprintf("%s[%d].id", list, i), "%s is there twice", id))
		}
		first[id] = true
	}
	return errors.Join(errs...)
}

func (p period) check(d *Document, path string) error {
	if !p.From.IsZero() && !p.Until.IsZero() && !p.From.Before(p.Until) {
		return d.Errorf(path+".until", "%s is not after %s, the day from which the entry holds", p.Until, p.From)
	}
	return nil
}

// oneOf returns what the word stands for. An empty one is no mistake here: it has a default, or required reports it.
func oneOf[T any](d *Document, path, word string, words map[string]T) (T, error) {
	v, ok := words[word]
	if !ok && word != "" {
		known := slices.Sorted(maps.Keys(words))
		return v, d.Errorf(path, "%q is none of %s", word, strings.TrimPrefix(strings.Join(known, " | "), " | "))
	}
	return v, nil
}

// ReadChambers reads a file of the form of chambers.yaml.
func ReadChambers(name string, data []byte) ([]checker.Chamber, error) {
	var file struct {
		Sources  []string `yaml:"sources"`
		Chambers []struct {
			Slug      string `yaml:"slug" required:"true"`
			Name      string `yaml:"name" required:"true"`
			Provinces []struct {
				Sigla   string   `yaml:"sigla" required:"true"`
				Name    string   `yaml:"name" required:"true"`
				Also    []string `yaml:"also"`
				Divided []string `yaml:"divided"`
				period  `yaml:",inline"`
			} `yaml:"provinces" required:"true"`
			Source string `yaml:"source" required:"true"`
		} `yaml:"chambers"`
	}
	d, err := Decode(name, data, &file)
	if err != nil {
		return nil, err
	}
	var errs []error
	list := make([]checker.Chamber, len(file.Chambers))
	for i, e := range file.Chambers {
		path := fmt.Sprintf("chambers[%d]", i)
		errs = append(errs, d.required(path, e))
		list[i] = checker.Chamber{Slug: e.Slug, Name: e.Name, Source: e.Source}
		for j, p := range e.Provinces {
			path := fmt.Sprintf("%s.provinces[%d]", path, j)
			errs = append(errs, d.required(path, p), p.check(d, path))
			list[i].Provinces = append(list[i].Provinces, checker.Province{
				Sigla: p.Sigla, Name: p.Name, Also: p.Also, Divided: p.Divided, Period: checker.Period(p.period),
			})
		}
	}
	return list, errors.Join(errs...)
}

var formClasses = map[string]checker.FormClass{
	"sole": checker.SoleTrader, "partnership": checker.Partnership, "capital": checker.CapitalCompany, "cooperative": checker.Cooperative,
	"consortium": checker.Consortium, "consortium-entity": checker.ConsortiumEntity, "other": checker.OtherForm,
}

var duties = map[string]checker.Duty{"yes": checker.DutyYes, "no": checker.DutyNo, "disputed": checker.DutyDisputed}

// ReadForms reads a file of the form of forms.yaml.
func ReadForms(name string, data []byte) ([]checker.LegalForm, error) {
	var file struct {
		Sources []string `yaml:"sources"`
		Forms   []struct {
			Code   string   `yaml:"code" required:"true"`
			Name   string   `yaml:"name" required:"true"`
			Words  []string `yaml:"words"`
			Class  string   `yaml:"class" required:"true"`
			Duty   string   `yaml:"duty" required:"true"`
			period `yaml:",inline"`
			Source string `yaml:"source" required:"true"`
		} `yaml:"forms"`
	}
	d, err := Decode(name, data, &file)
	if err != nil {
		return nil, err
	}
	var errs []error
	list := make([]checker.LegalForm, len(file.Forms))
	for i, e := range file.Forms {
		path := fmt.Sprintf("forms[%d]", i)
		class, err1 := oneOf(d, path+".class", e.Class, formClasses)
		duty, err2 := oneOf(d, path+".duty", e.Duty, duties)
		errs = append(errs, d.required(path, e), err1, err2, e.check(d, path))
		if len(e.Code) != 2 && e.Code != "" {
			errs = append(errs, d.Errorf(path+".code", "%q is not a code of two letters", e.Code))
		}
		list[i] = checker.LegalForm{
			Code: e.Code, Name: e.Name, Words: e.Words, Class: class, Duty: duty, Period: checker.Period(e.period), Source: e.Source,
		}
	}
	return list, errors.Join(errs...)
}

var providerKinds = map[string]checker.ProviderKind{"certified": checker.CertifiedProvider, "ordinary": checker.OrdinaryProvider}

// ReadProviders reads a file of the form of providers.yaml: the shipped one, or one that the configuration names. It also returns the file's
// neighbors, domains that are not misspelt though they look so. name is what errors call the file.
func ReadProviders(name string, data []byte) ([]checker.Provider, []string, error) {
	var file struct {
		Sources   []string `yaml:"sources"`
		Providers []struct {
			ID         string   `yaml:"id" required:"true"`
			Name       string   `yaml:"name" required:"true"`
			Kind       string   `yaml:"kind" required:"true"`
			Domains    []string `yaml:"domains"`
			MX         []string `yaml:"mx"`
			KnownGood  string   `yaml:"known_good"`
			ThirdParty bool     `yaml:"third_party"`
			period     `yaml:",inline"`
			Source     string `yaml:"source" required:"true"`
		} `yaml:"providers"`
		Neighbors []string `yaml:"neighbors"`
	}
	d, err := Decode(name, data, &file)
	if err != nil {
		return nil, nil, err
	}
	var errs []error
	list, ids := make([]checker.Provider, len(file.Providers)), make([]string, len(file.Providers))
	for i, e := range file.Providers {
		path := fmt.Sprintf("providers[%d]", i)
		kind, err := oneOf(d, path+".kind", e.Kind, providerKinds)
		errs = append(errs, d.required(path, e), err, e.check(d, path))
		for j, domain := range e.Domains {
			errs = append(errs, checkDomain(d, fmt.Sprintf("%s.domains[%d]", path, j), domain))
		}
		for j, host := range e.MX {
			errs = append(errs, checkDomain(d, fmt.Sprintf("%s.mx[%d]", path, j), host))
		}
		if len(e.Domains)+len(e.MX) == 0 {
			errs = append(errs, d.Errorf(path, "it names neither domains nor mx"))
		}
		if e.KnownGood != "" && checker.ParseMailbox(e.KnownGood).State != checker.WellFormed {
			errs = append(errs, d.Errorf(path+".known_good", "it is not a mailbox address"))
		}
		if e.ThirdParty && kind == checker.CertifiedProvider {
			errs = append(errs, d.Errorf(path+".third_party", "a third party's list certifies nothing: the kind must be ordinary"))
		}
		ids[i] = e.ID
		list[i] = checker.Provider{
			ID: e.ID, Name: e.Name, Kind: kind, Domains: e.Domains, MX: e.MX, KnownGood: e.KnownGood, ThirdParty: e.ThirdParty,
			Period: checker.Period(e.period), Source: e.Source,
		}
	}
	for i, domain := range file.Neighbors {
		errs = append(errs, checkDomain(d, fmt.Sprintf("neighbors[%d]", i), domain))
	}
	return list, file.Neighbors, errors.Join(append(errs, unique(d, "providers", ids))...)
}

// checkDomain wants the name as a folded address has it.
func checkDomain(d *Document, path, name string) error {
	if a := checker.ParseMailbox("x@" + name); a.State != checker.WellFormed || a.Domain() != name {
		return d.Errorf(path, "%q is not a domain name of two or more labels in lower case", name)
	}
	return nil
}

var (
	starts   = map[string]cases.Start{"": cases.FromPublication, "publication": cases.FromPublication, "end": cases.FromEnd}
	rolls    = map[string]cases.Roll{"": cases.RollNone, "none": cases.RollNone, "holidays": cases.RollHolidays, "saturdays": cases.RollSaturdays}
	deciders = map[string]cases.Decider{"giudice": cases.Judge, "conservatore": cases.Registrar}
	judged   = map[string]bool{"": false, "out": false, "in": true}
)

// ReadProcedures reads a file of the form of procedures.yaml: the shipped one, or one that the configuration names. name is what errors call
// the file.
func ReadProcedures(name string, data []byte) ([]cases.Procedure, error) {
	var file struct {
		Sources    []string `yaml:"sources"`
		Procedures []struct {
			ID              string           `yaml:"id" required:"true"`
			Title           string           `yaml:"title" required:"true"`
			Chamber         string           `yaml:"chamber"`
			Grounds         []checker.Ground `yaml:"grounds"`
			Days            int              `yaml:"days" required:"true"`
			CountFirstDay   bool             `yaml:"count_first_day"`
			Start           string           `yaml:"start"`
			PublicationDays int              `yaml:"publication_days"`
			Roll            string           `yaml:"roll"`
			Decider         string           `yaml:"decider" required:"true"`
			Appeal          struct {
				Days       int  `yaml:"days"`
				SkipAugust bool `yaml:"skip_august"`
			} `yaml:"appeal"`
			NoListIn   []int  `yaml:"no_list_in"`
			Insolvency string `yaml:"insolvency"`
			Cites      []struct {
				Text string `yaml:"text" required:"true"`
				URL  string `yaml:"url"`
			} `yaml:"cites" required:"true"`
			Warning  string       `yaml:"warning"`
			WarnFrom checker.Date `yaml:"warn_from"`
			Practice bool         `yaml:"practice"`
			period   `yaml:",inline"`
		} `yaml:"procedures"`
	}
	d, err := Decode(name, data, &file)
	if err != nil {
		return nil, err
	}
	var errs []error
	list, ids := make([]cases.Procedure, len(file.Procedures)), make([]string, len(file.Procedures))
	for i, e := range file.Procedures {
		path := fmt.Sprintf("procedures[%d]", i)
		start, err1 := oneOf(d, path+".start", e.Start, starts)
		roll, err2 := oneOf(d, path+".roll", e.Roll, rolls)
		decider, err3 := oneOf(d, path+".decider", e.Decider, deciders)
		insolvency, err4 := oneOf(d, path+".insolvency", e.Insolvency, judged)
		errs = append(errs, d.required(path, e), err1, err2, err3, err4, e.check(d, path))
		errs = append(errs,
			checkDays(d, path+".days", e.Days), checkDays(d, path+".publication_days", e.PublicationDays), checkDays(d, path+".appeal.days", e.Appeal.Days))
		if start == cases.FromEnd && e.PublicationDays == 0 {
			errs = append(errs, d.Errorf(path, "publication_days is missing: the window counts from the end of the publication"))
		}
		p := cases.Procedure{
			ID: e.ID, Title: e.Title, Chamber: e.Chamber, Period: checker.Period(e.period), Grounds: e.Grounds, Days: e.Days, CountFirstDay: e.CountFirstDay,
			From: start, PublicationDays: e.PublicationDays, Roll: roll, Decider: decider, Appeal: cases.Appeal(e.Appeal), Insolvency: insolvency,
			Warning: e.Warning, WarnFrom: e.WarnFrom, Practice: e.Practice,
		}
		for j, g := range e.Grounds {
			if _, ok := cases.FamilyOf(g); !ok {
				errs = append(errs, d.Errorf(fmt.Sprintf("%s.grounds[%d]", path, j), "%q is no ground for a list", g))
			}
		}
		for j, month := range e.NoListIn {
			if month < 1 || month > 12 {
				errs = append(errs, d.Errorf(fmt.Sprintf("%s.no_list_in[%d]", path, j), "%d is not a month from 1 to 12", month))
			}
			p.NoListIn = append(p.NoListIn, time.Month(month))
		}
		for j, c := range e.Cites {
			errs = append(errs, d.required(fmt.Sprintf("%s.cites[%d]", path, j), c))
			p.Cites = append(p.Cites, checker.Citation(c))
		}
		list[i], ids[i] = p, e.ID
	}
	return list, errors.Join(append(errs, unique(d, "procedures", ids))...)
}

func checkDays(d *Document, path string, days int) error {
	if days < 0 || days > 366 {
		return d.Errorf(path, "%d is not a number of days from 1 to 366", days)
	}
	return nil
}
