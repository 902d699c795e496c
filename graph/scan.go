package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// maxDepth bounds the nesting of a record, so that hostile JSON cannot exhaust
// the stack.
const maxDepth = 256

// errTruncated means that a body ended before its JSON did.
var errTruncated = errors.New("body ends before its JSON does")

// page is one answer taken apart without decoding its rows. The rows alias the
// body.
type page struct {
	rows  [][]byte
	next  string
	count int64 // @odata.count, or -1
}

// parsePage frames body, whose rows are the array called rowsKey. Without such
// an array the whole object is one row. On malformed JSON it returns the rows
// before the fault together with the error.
func parsePage(body []byte, rowsKey string) (page, error) {
	p := page{count: -1}
	s := scanner{b: body}
	if s.space() != '{' {
		return p, fmt.Errorf("answer is not a JSON object: %w", s.fault())
	}
	framed := false
	err := s.members(func(key []byte) error {
		var err error
		switch {
		case string(key) == rowsKey && s.space() == '[':
			framed = true
			p.rows, err = s.elements(make([][]byte, 0, 64))
		case string(key) == "@odata.nextLink" && s.space() == '"':
			p.next, err = s.text()
		case string(key) == "@odata.count":
			p.count, err = s.integer()
		default:
			err = s.value(0)
		}
		return err
	})
	if err == nil && s.space() != 0 {
		err = fmt.Errorf("bytes after the JSON: %w", s.fault())
	}
	if !framed && err == nil {
		p.rows = [][]byte{bytes.TrimSpace(body)}
	}
	return p, err
}

// parseArray frames a body that is a JSON array of rows.
func parseArray(body []byte) (page, error) {
	p := page{count: -1}
	s := scanner{b: body}
	if s.space() != '[' {
		return p, fmt.Errorf("answer is not a JSON array: %w", s.fault())
	}
	var err error
	if p.rows, err = s.elements(nil); err == nil && s.space() != 0 {
		err = fmt.Errorf("bytes after the JSON: %w", s.fault())
	}
	return p, err
}

// field returns the raw value of row's member called key, or nil.
func field(row []byte, key string) []byte {
	s := scanner{b: row}
	if s.space() != '{' {
		return nil
	}
	var found []byte
	_ = s.members(func(k []byte) error {
		start := s.skipSpace()
		if err := s.value(0); err != nil {
			return err
		}
		if string(k) == key {
			found = row[start:s.i]
			return errFound
		}
		return nil
	})
	return found
}

var errFound = errors.New("found")

// textField returns row's member called key as text, or "".
func textField(row []byte, key string) string {
	raw := field(row, key)
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	text, err := unquote(raw)
	if err != nil {
		return ""
	}
	return text
}

func unquote(raw []byte) (string, error) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), nil
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return text, err
}

// scanner walks JSON text without decoding it.
type scanner struct {
	b []byte
	i int
}

// skipSpace moves to the next token and returns its offset.
func (s *scanner) skipSpace() int {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\n', '\r', '\t':
			s.i++
		default:
			return s.i
		}
	}
	return s.i
}

// space returns the first byte of the next token, 0 at the end.
func (s *scanner) space() byte {
	s.skipSpace()
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *scanner) fault() error {
	if s.i >= len(s.b) {
		return errTruncated
	}
	return fmt.Errorf("unexpected %q at byte %d", s.b[s.i], s.i)
}

// members walks the object at s, calling visit with s standing after each key's
// colon; visit consumes the value.
func (s *scanner) members(visit func(key []byte) error) error {
	s.i++
	if s.space() == '}' {
		s.i++
		return nil
	}
	for {
		if s.space() != '"' {
			return s.fault()
		}
		start := s.i + 1
		if err := s.str(); err != nil {
			return err
		}
		key := s.b[start : s.i-1]
		if s.space() != ':' {
			return s.fault()
		}
		s.i++
		if err := visit(key); err != nil {
			return err
		}
		switch s.space() {
		case ',':
			s.i++
		case '}':
			s.i++
			return nil
		default:
			return s.fault()
		}
	}
}

// elements appends the raw elements of the array at s to rows.
func (s *scanner) elements(rows [][]byte) ([][]byte, error) {
	s.i++
	if s.space() == ']' {
		s.i++
		return rows, nil
	}
	for {
		start := s.skipSpace()
		if err := s.value(0); err != nil {
			return rows, err
		}
		rows = append(rows, s.b[start:s.i:s.i])
		switch s.space() {
		case ',':
			s.i++
		case ']':
			s.i++
			return rows, nil
		default:
			return rows, s.fault()
		}
	}
}

// value skips one value.
func (s *scanner) value(depth int) error {
	if depth > maxDepth {
		return errors.New("JSON nested too deep")
	}
	switch c := s.space(); c {
	case '"':
		return s.str()
	case '{':
		return s.object(depth)
	case '[':
		return s.array(depth)
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	default:
		return s.number()
	}
}

// object repeats members without a callback: most of a page's time is here.
func (s *scanner) object(depth int) error {
	s.i++
	if s.space() == '}' {
		s.i++
		return nil
	}
	for {
		if s.space() != '"' {
			return s.fault()
		}
		if err := s.str(); err != nil {
			return err
		}
		if s.space() != ':' {
			return s.fault()
		}
		s.i++
		if err := s.value(depth + 1); err != nil {
			return err
		}
		switch s.space() {
		case ',':
			s.i++
		case '}':
			s.i++
			return nil
		default:
			return s.fault()
		}
	}
}

func (s *scanner) array(depth int) error {
	s.i++
	if s.space() == ']' {
		s.i++
		return nil
	}
	for {
		if err := s.value(depth + 1); err != nil {
			return err
		}
		switch s.space() {
		case ',':
			s.i++
		case ']':
			s.i++
			return nil
		default:
			return s.fault()
		}
	}
}

// str skips the string at s. An escaped quote is one after an odd number of
// backslashes.
func (s *scanner) str() error {
	for i := s.i + 1; ; {
		n := bytes.IndexByte(s.b[i:], '"')
		if n < 0 {
			s.i = len(s.b)
			return errTruncated
		}
		i += n
		k := i - 1
		for s.b[k] == '\\' {
			k--
		}
		i++
		if (i-k)%2 == 0 {
			s.i = i
			return nil
		}
	}
}

func (s *scanner) literal(word string) error {
	end := s.i + len(word)
	if end > len(s.b) {
		s.i = len(s.b)
		return errTruncated
	}
	if string(s.b[s.i:end]) != word {
		return s.fault()
	}
	s.i = end
	return nil
}

func (s *scanner) number() error {
	start := s.i
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			s.i++
			continue
		}
		break
	}
	if s.i == start || s.i == len(s.b) {
		return s.fault()
	}
	return nil
}

func (s *scanner) text() (string, error) {
	start := s.skipSpace()
	if err := s.str(); err != nil {
		return "", err
	}
	return unquote(s.b[start:s.i])
}

func (s *scanner) integer() (int64, error) {
	start := s.skipSpace()
	if err := s.value(0); err != nil {
		return -1, err
	}
	n, err := strconv.ParseInt(string(s.b[start:s.i]), 10, 64)
	if err != nil {
		return -1, nil //nolint:nilerr // a count that is no number is no count
	}
	return n, nil
}
