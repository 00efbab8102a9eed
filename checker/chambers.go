package checker

import (
	"errors"
	"fmt"
	"slices"
)

// Chambers is the table of the chambers of commerce as it stands on one day. It does not change once made, so any number of goroutines may
// use it.
type Chambers struct {
	all    []Chamber // with the provinces in force only, in the order of the list
	places map[string]place
	pairs  [26 * 26]place    // those of two letters
	names  map[string]string // sigla of the register -> name of the province
}

// A place is what a word of a cciaa cell stands for.
type place struct {
	slug, sigla string // sigla is "" for a chamber of several provinces
	byREA       bool   // a province divided among chambers: the REA tells
}

// NewChambers returns the table for a day: provinces whose period does not hold it are left out, and chambers left without any. A slug
// used twice, or a sigla or name that stands for two provinces, is an error; so is a name that stands for two chambers.
func NewChambers(list []Chamber, on Date) (*Chambers, error) {
	c := &Chambers{places: make(map[string]place), names: make(map[string]string)}
	var errs []error
	add := func(word string, p place) {
		key := string(appendFolded(nil, word))
		old, ok := c.places[key]
		switch {
		case key == "":
			errs = append(errs, fmt.Errorf("chamber %s: %q holds no letter", p.slug, word))
		case !ok:
			c.places[key] = p
		case old != p:
			errs = append(errs, fmt.Errorf("%q stands for two provinces on %s: %s and %s", word, on, old, p))
		}
	}
	for _, chamber := range list {
		chamber.Provinces = slices.DeleteFunc(slices.Clone(chamber.Provinces), func(p Province) bool { return !p.Period.Contains(on) })
		if len(chamber.Provinces) == 0 {
			continue
		}
		if _, ok := c.BySlug(chamber.Slug); ok {
			errs = append(errs, fmt.Errorf("chamber %s is there twice on %s", chamber.Slug, on))
			continue
		}
		c.all = append(c.all, chamber)
		for _, p := range chamber.Provinces {
			here := place{slug: chamber.Slug, sigla: p.Sigla}
			add(p.Sigla, here)
			add(p.Name, here)
			for _, word := range p.Also {
				add(word, here)
			}
			for _, word := range p.Divided {
				add(word, place{byREA: true})
			}
			c.names[p.Sigla] = p.Name
		}
	}
	// A chamber called like a province means that province's chamber all the same, so the names of chambers come last.
	for _, chamber := range c.all {
		here := place{slug: chamber.Slug}
		if len(chamber.Provinces) == 1 {
			here.sigla = chamber.Provinces[0].Sigla
		}
		for _, word := range [...]string{chamber.Name, chamber.Slug} {
			if old, ok := c.lookup(word); !ok || old.slug != here.slug {
				add(word, here)
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for word, p := range c.places {
		if i := letters(word); i >= 0 {
			c.pairs[i] = p
		}
	}
	return c, nil
}

// String names a place in an error.
func (p place) String() string {
	switch {
	case p.byREA:
		return "a province divided among chambers"
	case p.sigla == "":
		return p.slug
	}
	return p.sigla + " (" + p.slug + ")"
}

// Find understands a cell of a column cciaa: the sigla of the register or a newer or older one, the name of a province or of a chamber, also after "CCIAA
// di" or "Camera di commercio di"; case, accents, blanks and punctuation mean nothing. rea is the row's REA number in normal form, or "": its
// sigla decides where the cell is empty or names a province that is divided among chambers (BT), and tells the province where the cell names a chamber of several.
//
// slug is the chamber's; sigla is the register's ("FO" for FC and Forlì-Cesena), "" for a chamber of several provinces without a REA of
// one of them. ok is false, and both are empty, when no chamber is known: the row is to be attributed by a person. It allocates nothing.
func (c *Chambers) Find(cell, rea string) (slug, sigla string, ok bool) {
	if i := letters(cell); i >= 0 && c.pairs[i].sigla != "" { // nearly every cell
		return c.pairs[i].slug, c.pairs[i].sigla, true
	}
	of := REASigla(rea)
	p, ok := c.lookup(cell)
	if ok && p.byREA || !ok && TrimSpace(cell) == "" {
		p, ok = c.places[of]
		ok = ok && !p.byREA
	}
	if !ok {
		return "", "", false
	}
	if p.sigla == "" {
		if q := c.places[of]; q.slug == p.slug {
			p.sigla = q.sigla
		}
	}
	return p.slug, p.sigla, true
}

// beforeName are the words that may stand before a name, folded, longest first.
var beforeName = [...]string{"CAMERADICOMMERCIODI", "CAMERADICOMMERCIO", "CCIAADI", "CCIAA"}

func (c *Chambers) lookup(cell string) (place, bool) {
	var room [64]byte
	word := appendFolded(room[:0], cell)
	if p, ok := c.places[string(word)]; ok {
		return p, true
	}
	for _, before := range beforeName {
		if len(word) > len(before) && string(word[:len(before)]) == before {
			if p, ok := c.places[string(word[len(before):])]; ok {
				return p, true
			}
		}
	}
	return place{}, false
}

// BySlug returns the chamber with its provinces in force.
func (c *Chambers) BySlug(slug string) (Chamber, bool) {
	for _, chamber := range c.all {
		if chamber.Slug == slug {
			return chamber, true
		}
	}
	return Chamber{}, false
}

// All returns the chambers that have a province in force, in the order of the table. The caller must not change it.
func (c *Chambers) All() []Chamber { return c.all }

// Province returns the name of the province with that sigla of the register: "FO" and not "FC", which Find understands.
func (c *Chambers) Province(sigla string) (name string, known bool) {
	name, known = c.names[sigla]
	return name, known
}
