package receipt

import "bytes"

// split cuts the body of a multipart entity at its boundary lines (RFC 2046, section 5.1.1) and returns its parts as they stand: byte by byte what
// a signature covers, without the line end that belongs to the boundary. Preamble and epilogue are left out, and what follows the
// first parts, as many as most.
func split(body []byte, boundary string, most int) [][]byte {
	if boundary == "" {
		return nil
	}
	var parts [][]byte
	start := -1 // of the part in hand
	for at := 0; at < len(body) && len(parts) < most; {
		next := len(body)
		if n := bytes.IndexByte(body[at:], '\n'); n >= 0 {
			next = at + n + 1
		}
		if delimiter, last := isDelimiter(body[at:next], boundary); delimiter {
			if start >= 0 {
				parts = append(parts, body[start:max(start, at-lineEnd(body[:at]))])
			}
			start = next
			if last {
				return parts
			}
		}
		at = next
	}
	if start >= 0 && len(parts) < most { // broken off before the closing line
		parts = append(parts, body[start:])
	}
	return parts
}

// isDelimiter reports whether a line is the boundary, and whether it is the closing one. White space may follow, nothing else: a boundary that
// begins with this one is another's.
func isDelimiter(line []byte, boundary string) (delimiter, last bool) {
	rest, ok := bytes.CutPrefix(line, []byte("--"))
	if !ok {
		return false, false
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(boundary)); !ok {
		return false, false
	}
	rest, last = bytes.CutPrefix(rest, []byte("--"))
	return len(bytes.Trim(rest, " \t\r\n")) == 0, last
}

// lineEnd returns the length of the line end with which b ends.
func lineEnd(b []byte) int {
	switch {
	case bytes.HasSuffix(b, []byte("\r\n")):
		return 2
	case bytes.HasSuffix(b, []byte("\n")):
		return 1
	}
	return 0
}

// canonical returns text with every line end as CRLF (RFC 8551, section 3.1.1), and whether that differs from what was there.
func canonical(text []byte) ([]byte, bool) {
	bare := bytes.Count(text, []byte("\n")) - bytes.Count(text, []byte("\r\n"))
	if bare == 0 {
		return text, false
	}
	out := make([]byte, 0, len(text)+bare)
	for len(text) > 0 {
		n := bytes.IndexByte(text, '\n')
		if n < 0 {
			break
		}
		out = append(out, bytes.TrimSuffix(text[:n], []byte("\r"))...)
		out = append(out, "\r\n"...)
		text = text[n+1:]
	}
	return append(out, text...), true
}
