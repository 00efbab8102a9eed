package load

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// errNotPlain says that a part holds something that plainXML does not know, or is broken: a full XML reader has to say which.
var errNotPlain = errors.New("no plain XML")

// A plainXML walks through an XML part as spreadsheet programs write it, in one pass and in the memory of one window. It takes a part of what
// encoding/xml takes, and reads that part to the same result: elements, attributes, text, CDATA sections, the predefined and the numeric
// references, in UTF-8. Comments, instructions, document types, names in other scripts and whatever is broken end the walk with errNotPlain.
//
// The walk follows the nesting: child steps from one element inside the current one to the next, content and skip take what is left of it. The
// first error ends the walk and stays in err; until then nothing that was read is certain, for a fault may follow.
type plainXML struct {
	r    io.Reader
	buf  []byte // the window; what is not walked yet begins at pos
	pos  int
	base int64 // bytes before the window
	eof  bool
	err  error

	open  []byte // the names of the open elements, one after the other
	marks []int  // where each of them begins
	empty bool   // the current element ended in the tag that began it

	// Of the element that began last, until the walk goes on.
	name  []byte // without prefix
	attrs []xmlAttr

	between []byte // text that is read and not kept
}

type xmlAttr struct{ name, value []byte } // name without prefix, value as written

const window = 512 << 10 // the longest text or tag: a cell has at most 32,767 characters

func newPlainXML(r io.Reader) *plainXML { return &plainXML{r: r, buf: make([]byte, 0, window)} }

func (x *plainXML) fail() {
	if x.err == nil {
		x.err = errNotPlain
	}
}

// offset is how many bytes of the part were walked.
func (x *plainXML) offset() int64 { return x.base + int64(x.pos) }

// more reads on and reports whether anything came. What name and attrs hold is gone then.
func (x *plainXML) more() bool {
	x.base += int64(x.pos)
	x.buf = x.buf[:copy(x.buf, x.buf[x.pos:])]
	x.pos = 0
	for !x.eof && len(x.buf) < cap(x.buf) {
		n, err := x.r.Read(x.buf[len(x.buf):cap(x.buf)])
		x.buf = x.buf[:len(x.buf)+n]
		if err == io.EOF {
			x.eof = true
		} else if err != nil {
			x.fail()
			return false
		}
		if n > 0 {
			return true
		}
	}
	return false
}

var declaration = regexp.MustCompile(`^\x{FEFF}?<\?xml version=["']1\.0["'](?: encoding=["'](?i:utf-8)["'])?(?: standalone=["'](?:yes|no)["'])? ?\?>`)

// root begins the walk and reports whether the part is an element of that name.
func (x *plainXML) root(name string) bool {
	for len(x.buf) < 256 && x.more() {
	}
	x.pos = len(declaration.Find(x.buf))
	if x.child() && string(x.name) != name {
		x.fail()
	}
	return x.err == nil
}

// finish walks on to the end of the part: behind the root there is nothing.
func (x *plainXML) finish() {
	for x.err == nil {
		if x.pos += blanks(x.buf[x.pos:]); x.pos < len(x.buf) {
			x.fail()
		} else if !x.more() {
			return
		}
	}
}

// child steps to the next element inside the current one and makes it the current one, or ends the current one and returns false. There is only
// white space in between.
func (x *plainXML) child() bool {
	text, began := x.step(x.between[:0])
	x.between = text
	if blanks(text) < len(text) {
		x.fail()
	}
	return began && x.err == nil
}

// content appends the text of the current element, which has no elements inside, to dst and ends the element.
func (x *plainXML) content(dst []byte) []byte {
	dst, began := x.step(dst)
	if began {
		x.fail()
	}
	return dst
}

// skip ends the current element, whatever is in it.
func (x *plainXML) skip() {
	for depth := len(x.marks); x.err == nil && len(x.marks) >= depth; {
		x.between, _ = x.step(x.between[:0])
	}
}

// shortcut takes all that is left of the current element if that is begin, a text without tags, which it appends to dst, and end, which ends the
// element too. It knows the spelling that nearly all programs use and spares looking at each tag; where it reports false nothing was taken.
func (x *plainXML) shortcut(dst []byte, begin, end string) (_ []byte, ok bool) {
	name, rest := x.open[x.marks[len(x.marks)-1]:], x.buf[x.pos:]
	at := len(end) - len("</>") - len(name)
	if x.empty || at < 0 || end[at:at+2] != "</" || end[at+2:len(end)-1] != string(name) || len(rest) < len(begin) || string(rest[:len(begin)]) != begin {
		return dst, false
	}
	rest = rest[len(begin):]
	n := bytes.IndexByte(rest, '<')
	if n < 0 || len(rest) < n+len(end) || string(rest[n:n+len(end)]) != end {
		return dst, false
	}
	x.pos += len(begin) + n + len(end)
	x.leave()
	return x.text(dst, rest[:n]), true
}

// step appends the text up to the next tag to dst and takes the tag: it reports whether an element began or, unless there is an error, the current
// one ended.
func (x *plainXML) step(dst []byte) (_ []byte, began bool) {
	if x.empty {
		x.empty = false
		x.leave()
		return dst, false
	}
	for x.err == nil {
		rest, at := x.buf[x.pos:], 0
		if len(rest) > 0 && rest[0] != '<' {
			at = bytes.IndexByte(rest, '<')
		}
		if at < 0 || at+1 >= len(rest) {
			if !x.more() {
				x.fail()
			}
			continue
		}
		var n int
		var cdata bool
		switch rest[at+1] {
		case '/':
			n = x.endTag(rest[at:])
		case '!':
			n, cdata = x.section(rest[at:]), true
		default:
			n, began = x.startTag(rest[at:]), true
		}
		if n == 0 && !x.more() || n < 0 {
			x.fail()
		}
		if n <= 0 {
			began = false
			continue
		}
		dst = x.text(dst, rest[:at])
		x.pos += at + n
		switch {
		case began:
			if len(x.marks) > maxDepth {
				x.fail()
			}
		case cdata:
			const before, after = len("<![CDATA["), len("]]>")
			dst = x.decode(dst, rest[at+before:at+n-after], true)
			continue
		default:
			x.leave()
		}
		return dst, began
	}
	return dst, false
}

// leave closes the current element.
func (x *plainXML) leave() {
	last := len(x.marks) - 1
	x.open, x.marks = x.open[:x.marks[last]], x.marks[:last]
}

// endTag, section and startTag return how long the tag is with which s begins, 0 when s does not hold all of it, and -1 when it is not plain.
func (x *plainXML) endTag(s []byte) int {
	if len(x.marks) == 0 {
		return -1
	}
	name := x.open[x.marks[len(x.marks)-1]:]
	n := 2 + len(name)
	if len(s) <= n {
		return 0
	}
	if string(s[2:n]) != string(name) {
		return -1
	}
	if s[n] != '>' {
		if n += blanks(s[n:]); n == len(s) {
			return 0
		}
		if s[n] != '>' {
			return -1
		}
	}
	return n + 1
}

func (x *plainXML) section(s []byte) int {
	const begin, end = "<![CDATA[", "]]>"
	if len(s) < len(begin) {
		return 0
	}
	if string(s[:len(begin)]) != begin {
		return -1
	}
	at := bytes.Index(s[len(begin):], []byte(end))
	if at < 0 {
		return 0
	}
	return len(begin) + at + len(end)
}

func (x *plainXML) startTag(s []byte) int {
	local, n := qualified(s[1:])
	if n < 0 {
		return -1
	}
	n++
	x.name, x.attrs = s[1+local:n], x.attrs[:0]
	whole := s[1:n]
	for {
		gap := blanks(s[n:])
		n += gap
		if n+1 >= len(s) {
			if n < len(s) && s[n] == '>' {
				break
			}
			return 0
		}
		if s[n] == '>' || s[n] == '/' && s[n+1] == '>' {
			break
		}
		local, length := qualified(s[n:])
		if gap == 0 || length < 0 {
			return -1
		}
		name := s[n+local : n+length]
		if n += length; n+1 >= len(s) {
			return 0
		}
		quote := s[n+1]
		if s[n] != '=' || quote != '"' && quote != '\'' {
			return -1
		}
		n += 2
		end := bytes.IndexByte(s[n:], quote)
		if end < 0 {
			return 0
		}
		value := s[n : n+end]
		if !itself(value) {
			if x.decode(nil, value, false); x.err != nil {
				return -1
			}
		}
		x.attrs = append(x.attrs, xmlAttr{name, value})
		n += end + 1
	}
	x.marks = append(x.marks, len(x.open))
	x.open = append(x.open, whole...)
	if x.empty = s[n] == '/'; x.empty {
		n++
	}
	return n + 1
}

// attr returns the value of an attribute of the element that began last, as written, nil if it has none. Two of one name are not plain.
func (x *plainXML) attr(name string) []byte {
	var value []byte
	for _, a := range x.attrs {
		if string(a.name) == name {
			if value != nil {
				x.fail()
			}
			value = a.value
		}
	}
	return value
}

// What bytes are in XML.
const (
	inName byte = 1 << iota
	beginsName
	special // in a text: not itself
)

var class = func() (class [256]byte) {
	for c := range class {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
			class[c] = inName | beginsName
		case '0' <= c && c <= '9', c == '-', c == '.':
			class[c] = inName
		case c < ' ' && c != '\t' && c != '\n', c >= utf8.RuneSelf, c == '&', c == '<', c == ']':
			class[c] = special
		}
	}
	return class
}()

// blanks is how many bytes of white space s begins with.
func blanks(s []byte) int {
	for i, c := range s {
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return i
		}
	}
	return len(s)
}

// qualified returns where the name with which s begins has its local part and where it ends, -1 if there is no name.
func qualified(s []byte) (local, end int) {
	for {
		if local == len(s) {
			return local, local
		}
		if class[s[local]]&beginsName == 0 {
			return 0, -1
		}
		for end = local + 1; end < len(s) && class[s[end]]&inName != 0; end++ {
		}
		if local > 0 || end == len(s) || s[end] != ':' {
			return local, end
		}
		local = end + 1
	}
}

// itself reports whether a text or the value of an attribute means what it is written as.
func itself(s []byte) bool {
	for _, c := range s {
		if class[c]&special != 0 {
			return false
		}
	}
	return true
}

// text appends what a text means.
func (x *plainXML) text(dst, s []byte) []byte {
	if itself(s) {
		return append(dst, s...)
	}
	return x.decode(dst, s, false)
}

func (x *plainXML) decode(dst, s []byte, cdata bool) []byte {
	for len(s) > 0 {
		r, n := rune(s[0]), 1
		switch {
		case r == '\r':
			r = '\n'
			if len(s) > 1 && s[1] == '\n' {
				n = 2
			}
		case r == '&' && !cdata:
			r, n = charRef(s)
		case r == '<' && !cdata, r == ']' && bytes.HasPrefix(s, []byte("]]>")):
			n = 0
		case r >= utf8.RuneSelf:
			if r, n = utf8.DecodeRune(s); r == utf8.RuneError && n == 1 {
				n = 0
			}
		}
		if n == 0 || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			x.fail()
			return dst
		}
		dst, s = utf8.AppendRune(dst, r), s[n:]
	}
	return dst
}

// charRef returns the character that the reference stands for with which s begins, and its length, 0 if it is none that XML knows by itself.
func charRef(s []byte) (rune, int) {
	end := bytes.IndexByte(s[:min(len(s), 12)], ';')
	if end < 0 {
		return 0, 0
	}
	switch name := string(s[1:end]); name {
	case "amp":
		return '&', end + 1
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "quot":
		return '"', end + 1
	case "apos":
		return '\'', end + 1
	default:
		base := 10
		if len(name) < 2 || name[0] != '#' {
			return 0, 0
		}
		if name = name[1:]; name[0] == 'x' {
			name, base = name[1:], 16
		}
		n, err := strconv.ParseUint(name, base, 31)
		if err != nil || !utf8.ValidRune(rune(n)) {
			return 0, 0
		}
		return rune(n), end + 1
	}
}
