package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// maxDepth bounds nesting, so that hostile input cannot exhaust the stack.
const maxDepth = 256

// errShort says that the bytes end before the value does.
var errShort = errors.New("value is cut off")

// syntaxError is malformed JSON; off counts from the start of the value.
type syntaxError struct {
	off int
	msg string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.msg, e.off) }

// field is one member of a top-level object. key and val are slices of the
// scanned bytes; key is without its quotes and with its escapes.
type field struct{ key, val []byte }

// scanner validates one JSON value at a time and remembers the members of the
// outermost object. It checks exactly what DuckDB's reader would refuse, so
// that no record can spoil the segment it is written to.
type scanner struct {
	fields []field
	space  bool // white space was seen between tokens
	lone   bool // an escape names half of a surrogate pair
}

// plain marks the bytes that may stand in a string as they are.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return t
}()

// scan reads one value at the start of b and returns its length.
func (s *scanner) scan(b []byte) (int, error) {
	s.fields, s.space, s.lone = s.fields[:0], false, false
	end, err := s.value(b, 0, 0)
	if err != nil {
		return end, err
	}
	if !utf8.Valid(b[:end]) {
		return end, &syntaxError{invalidUTF8(b[:end]), "invalid UTF-8"}
	}
	return end, nil
}

func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(b)
}

func (s *scanner) value(b []byte, i, depth int) (int, error) {
	if i >= len(b) {
		return i, errShort
	}
	switch c := b[i]; {
	case c == '"':
		return s.str(b, i)
	case c == '{':
		return s.object(b, i, depth+1)
	case c == '[':
		return s.array(b, i, depth+1)
	case c == '-' || c >= '0' && c <= '9':
		return number(b, i)
	case c == 't':
		return literal(b, i, "true")
	case c == 'f':
		return literal(b, i, "false")
	case c == 'n':
		return literal(b, i, "null")
	}
	return i, &syntaxError{i, fmt.Sprintf("unexpected %q", b[i])}
}

func (s *scanner) object(b []byte, i, depth int) (int, error) {
	if depth > maxDepth {
		return i, &syntaxError{i, "nested too deep"}
	}
	i = s.skip(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1, nil
	}
	for {
		if i >= len(b) {
			return i, errShort
		}
		if b[i] != '"' {
			return i, &syntaxError{i, fmt.Sprintf("expected a member name, found %q", b[i])}
		}
		k := i
		j, err := s.str(b, i)
		if err != nil {
			return j, err
		}
		i = s.skip(b, j)
		if i >= len(b) {
			return i, errShort
		}
		if b[i] != ':' {
			return i, &syntaxError{i, "expected ':' after a member name"}
		}
		v := s.skip(b, i+1)
		if i, err = s.value(b, v, depth); err != nil {
			return i, err
		}
		if depth == 1 {
			s.fields = append(s.fields, field{b[k+1 : j-1], b[v:i]})
		}
		i = s.skip(b, i)
		if i >= len(b) {
			return i, errShort
		}
		if b[i] == '}' {
			return i + 1, nil
		}
		if b[i] != ',' {
			return i, &syntaxError{i, "expected ',' or '}' in an object"}
		}
		i = s.skip(b, i+1)
	}
}

func (s *scanner) array(b []byte, i, depth int) (int, error) {
	if depth > maxDepth {
		return i, &syntaxError{i, "nested too deep"}
	}
	i = s.skip(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1, nil
	}
	for {
		var err error
		if i, err = s.value(b, i, depth); err != nil {
			return i, err
		}
		i = s.skip(b, i)
		if i >= len(b) {
			return i, errShort
		}
		if b[i] == ']' {
			return i + 1, nil
		}
		if b[i] != ',' {
			return i, &syntaxError{i, "expected ',' or ']' in an array"}
		}
		i = s.skip(b, i+1)
	}
}

// skip passes over white space.
func (s *scanner) skip(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' {
		if c := b[i]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			break
		}
		s.space = true
		i++
	}
	return i
}

// str reads the string that starts at b[i] and returns the index after it.
func (s *scanner) str(b []byte, i int) (int, error) {
	i++
	for {
		i = plainEnd(b, i)
		if i >= len(b) {
			return i, errShort
		}
		if b[i] == '"' {
			return i + 1, nil
		}
		if b[i] != '\\' {
			return i, &syntaxError{i, "control character in a string"}
		}
		n, err := s.escape(b, i)
		if err != nil {
			return i, err
		}
		i += n
	}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainEnd returns the index of the first byte from i on that a string may not
// hold as it is, looking at eight bytes at a time.
func plainEnd(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		q, s := w^(ones*'"'), w^(ones*'\\')
		if m := ((w-ones*0x20)&^w | (q-ones)&^q | (s-ones)&^s) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)/8 // bits above the lowest may be wrong
		}
	}
	for i < len(b) && plain[b[i]] {
		i++
	}
	return i
}

// escape checks the escape at b[i] and returns its length.
func (s *scanner) escape(b []byte, i int) (int, error) {
	if i+1 >= len(b) {
		return 0, errShort
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, nil
	case 'u':
	default:
		return 0, &syntaxError{i, "unknown escape in a string"}
	}
	u, err := hex4(b, i+2)
	if err != nil {
		return 0, err
	}
	switch {
	case u >= 0xDC00 && u < 0xE000:
		s.lone = true
	case u >= 0xD800 && u < 0xDC00:
		if i+12 > len(b) {
			if i+6 >= len(b) || b[i+6] == '\\' && (i+7 >= len(b) || b[i+7] == 'u') {
				return 0, errShort
			}
		} else if b[i+6] == '\\' && b[i+7] == 'u' {
			if lo, err := hex4(b, i+8); err == nil && lo >= 0xDC00 && lo < 0xE000 {
				return 12, nil
			}
		}
		s.lone = true
	}
	return 6, nil
}

func hex4(b []byte, i int) (rune, error) {
	if i+4 > len(b) {
		return 0, errShort
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, &syntaxError{i, "bad \\u escape in a string"}
		}
	}
	return r, nil
}

func literal(b []byte, i int, word string) (int, error) {
	for k := 0; k < len(word); k++ {
		if i+k >= len(b) {
			return i + k, errShort
		}
		if b[i+k] != word[k] {
			return i + k, &syntaxError{i, "unknown word"}
		}
	}
	return i + len(word), nil
}

// number reads a number. One that touches the end of b is short, because more
// digits may follow; the framer adds a newline at the end of a file.
func number(b []byte, i int) (int, error) {
	start := i
	if b[i] == '-' {
		i++
	}
	n := digits(b, i)
	if n == 0 {
		if i >= len(b) {
			return i, errShort
		}
		return i, &syntaxError{i, "bad number"}
	}
	if n > 1 && b[i] == '0' {
		return i, &syntaxError{start, "number starts with 0"}
	}
	i += n
	if i < len(b) && b[i] == '.' {
		n = digits(b, i+1)
		if n == 0 && i+1 < len(b) {
			return i, &syntaxError{start, "bad number"}
		}
		i += 1 + n
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		n = digits(b, i)
		if n == 0 && i < len(b) {
			return i, &syntaxError{start, "bad number"}
		}
		i += n
	}
	if i >= len(b) {
		return i, errShort
	}
	return i, nil
}

func digits(b []byte, i int) int {
	n := 0
	for i+n < len(b) && b[i+n] >= '0' && b[i+n] <= '9' {
		n++
	}
	return n
}
