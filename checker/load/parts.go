package load

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

const sharedStrings = "xl/sharedstrings.xml" // in lower case, as parts are compared

const (
	maxDepth = 64       // of nested elements: a sheet has less than ten
	maxToken = 4 << 20  // bytes without a tag
	maxItem  = 16 << 20 // bytes of one row or shared string

	maxRowStrings = 64 << 20 // bytes of the shared strings of one row, at most
)

// elements reads an XML part element by element. visit is told of each start and end; path is the stack of the open elements' names, the
// element itself last.
func elements(ctx context.Context, part *zip.File, visit func(t xml.Token, path []string, at int64) error) error {
	r, err := unpack(part)
	if err != nil {
		return err
	}
	defer r.Close()
	d := xml.NewDecoder(bufio.NewReaderSize(&tagReader{r: r}, 64<<10))
	d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(label)
		if err != nil {
			return nil, err
		}
		return e.NewDecoder().Reader(r), nil
	}
	var open []string
	for n := 0; ; n++ {
		if n%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unpackError(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if open = append(open, t.Name.Local); len(open) > maxDepth {
				return errDamaged
			}
			err = visit(t, open, d.InputOffset())
		case xml.EndElement:
			err = visit(t, open, d.InputOffset())
			open = open[:len(open)-1]
		case xml.CharData:
			err = visit(t, open, d.InputOffset())
		}
		if err != nil {
			return err
		}
	}
}

// A tagReader refuses a part with a text too long to be a cell's before it is gathered in memory.
type tagReader struct {
	r     io.Reader
	since int // bytes since the last tag began
}

func (t *tagReader) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if at := bytes.LastIndexByte(p[:n], '<'); at >= 0 {
		t.since = n - at
	} else {
		t.since += n
	}
	if t.since > maxToken {
		return 0, errDamaged
	}
	return n, err
}

// shallow reports a part that cannot be read in bounded memory. Any other fault of it is for excelize to find.
func shallow(ctx context.Context, name string, part *zip.File) error {
	if strings.HasPrefix(name, "xl/worksheets/") || strings.HasPrefix(name, "xl/pivotcache/") || name == sharedStrings ||
		!strings.HasSuffix(name, ".xml") && !strings.HasSuffix(name, ".rels") {
		return nil // checked when it is read, or never read
	}
	err := elements(ctx, part, func(xml.Token, []string, int64) error { return nil })
	if errors.Is(err, errDamaged) || errors.Is(err, errTooLarge) || ctx.Err() != nil {
		return err
	}
	return nil
}

// readContents reads the workbook's table of contents.
func (w *workbook) readContents() error {
	relations := func(of string) (found []relation, err error) {
		dir, base := path.Split(of)
		var list struct {
			All []relation `xml:"Relationship"`
		}
		err = w.decode(dir+"_rels/"+base+".rels", &list)
		for i := range list.All {
			r := &list.All[i]
			if !strings.HasPrefix(r.Target, "/") {
				r.Target = dir + r.Target
			}
			r.Target = path.Clean(partName(r.Target))
		}
		return list.All, err
	}
	root, err := relations("")
	if err != nil {
		return err
	}
	book := "xl/workbook.xml"
	for _, r := range root {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			book = r.Target
		}
	}
	var contents struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			State string `xml:"state,attr"`
			ID    string `xml:"id,attr"` // of the relation
		} `xml:"sheets>sheet"`
	}
	if err := w.decode(book, &contents); err != nil {
		return err
	}
	parts, err := relations(book)
	if err != nil {
		return err
	}
	w.date1904 = contents.Properties.Date1904 == "1" || contents.Properties.Date1904 == "true"
	names := map[string]bool{}
	for _, s := range contents.Sheets {
		at := slices.IndexFunc(parts, func(r relation) bool { return r.ID == s.ID && strings.HasSuffix(r.Type, "/worksheet") })
		if at < 0 {
			continue // a chart
		}
		part := w.parts[parts[at].Target]
		if name := strings.ToLower(s.Name); part == nil || names[name] || len(names) == maxSheets {
			return errDamaged
		} else {
			names[name] = true
		}
		w.sheets = append(w.sheets, sheet{name: s.Name, hidden: s.State != "" && s.State != "visible", part: part})
	}
	return nil
}

type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

func (w *workbook) decode(part string, into any) error {
	f := w.parts[part]
	if f == nil {
		return errDamaged
	}
	r, err := unpack(f)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := xml.NewDecoder(r).Decode(into); err != nil {
		return errDamaged
	}
	return nil
}
