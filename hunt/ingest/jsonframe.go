package ingest

import (
	"bytes"
	"errors"
	"fmt"
)

// sink receives what a framer finds. raw and fields are valid until it returns.
type sink interface {
	record(raw []byte, line int64, fields []field, mended bool) error
	reject(raw []byte, line int64, reason string) error
}

// level is one open container that the framer streams through.
type level uint8

const (
	inArray    level = iota // elements are records
	inEnvelope              // an object around an array of records
	inTables                // elements are Log Analytics result tables
	inTable                 // one such table
	inRows                  // its rows
)

// jsonFramer cuts a stream of JSON into records: newline-delimited, pretty
// printed or concatenated documents, arrays of them, and the envelopes of the
// collectors: {"value":[…]}, {"records":[…]}, {"results":[…]}, {"tables":[…]}.
type jsonFramer struct {
	w       *window
	s       scanner
	out     sink
	open    []level
	columns [][]byte // quoted column names of the current result table
	scratch []byte
	row     []byte
}

func (f *jsonFramer) run() error {
	for {
		f.separators()
		b := f.w.bytes()
		if len(b) == 0 {
			if f.w.more() {
				continue
			}
			return f.finish()
		}
		if err := f.step(b); err != nil {
			return err
		}
	}
}

// finish says whether the stream ended where a record could end.
func (f *jsonFramer) finish() error {
	if f.w.err != nil {
		return f.w.err
	}
	if len(f.open) > 0 {
		return f.out.reject(nil, f.w.lineAt(0), "file is cut off: an array or object is not closed")
	}
	return nil
}

// separators passes over white space, byte order marks and commas.
func (f *jsonFramer) separators() {
	for {
		b := f.w.bytes()
		i := 0
		for i < len(b) {
			switch b[i] {
			case ' ', '\n', '\r', '\t', ',', 0x1e:
				i++
				continue
			case 0xEF:
				if bytes.HasPrefix(b[i:], bom8) {
					i += len(bom8)
					continue
				}
			}
			break
		}
		f.w.pos += i
		if f.w.pos < f.w.end || !f.w.more() {
			return
		}
	}
}

var bom8 = []byte{0xEF, 0xBB, 0xBF}

func (f *jsonFramer) top() level {
	if len(f.open) == 0 {
		return inArray
	}
	return f.open[len(f.open)-1]
}

func (f *jsonFramer) push(l level, consumed int) error {
	f.w.pos += consumed
	if len(f.open) >= 16 {
		return f.resync("arrays are nested too deep")
	}
	f.open = append(f.open, l)
	return nil
}

func (f *jsonFramer) step(b []byte) error {
	switch l := f.top(); {
	case (b[0] == ']' || b[0] == '}') && len(f.open) > 0:
		f.w.pos++
		f.open = f.open[:len(f.open)-1]
		return nil
	case l == inEnvelope || l == inTable:
		return f.member(l)
	case l == inRows:
		return f.resultRow()
	case b[0] == '[':
		return f.push(inArray, 1)
	case b[0] == '{' && l == inTables:
		f.columns = f.columns[:0]
		return f.push(inTable, 1)
	case b[0] == '{' && f.isEnvelope():
		return f.push(inEnvelope, 1)
	}
	return f.document()
}

// document reads the record at the position.
func (f *jsonFramer) document() error {
	n, err := f.scan()
	if err != nil {
		return f.fail(err)
	}
	line, b := f.w.lineAt(0), f.w.bytes()[:n]
	if b[0] == '"' {
		return f.quotedDocument(b, line)
	}
	f.w.pos += n
	if b[0] != '{' {
		return f.out.reject(clip(b), line, "not a JSON object")
	}
	return f.emit(b, line)
}

// quotedDocument takes a JSON string that holds a record, as ConvertTo-Json
// makes of an array of AuditData texts.
func (f *jsonFramer) quotedDocument(b []byte, line int64) error {
	f.w.pos += len(b)
	f.row = unquote(f.row[:0], b)
	f.row = append(f.row, '\n')
	doc := bytes.TrimLeft(f.row, " \t\r\n")
	if len(doc) > 0 && doc[0] == '{' {
		if n, err := f.s.scan(doc); err == nil {
			return f.emit(doc[:n], line)
		}
	}
	return f.out.reject(clip(b), line, "not a JSON object")
}

func (f *jsonFramer) emit(b []byte, line int64) error {
	fields, lone := f.s.fields, f.s.lone
	if lone {
		mendSurrogates(b)
	}
	if f.s.space {
		f.scratch = compact(f.scratch[:0], b)
		b = f.scratch
	}
	return f.out.record(b, line, fields, lone)
}

// scan validates the value at the position, reading on until it is whole.
func (f *jsonFramer) scan() (int, error) {
	for {
		n, err := f.s.scan(f.w.bytes())
		if !errors.Is(err, errShort) {
			return n, err
		}
		if f.w.full() {
			return n, tooLarge(f.w.limit)
		}
		if !f.w.more() {
			if f.w.full() {
				return n, tooLarge(f.w.limit)
			}
			return n, errShort
		}
	}
}

// fail rejects the value at the position and looks for the next one.
func (f *jsonFramer) fail(err error) error {
	reason := err.Error()
	if errors.Is(err, errShort) {
		reason = "record is cut off"
		if f.w.err != nil {
			reason += ": " + f.w.err.Error()
		}
	} else if se := (*syntaxError)(nil); errors.As(err, &se) {
		reason = "malformed JSON: " + reason
	}
	return f.resync(reason)
}

// resync rejects what stands at the position and passes on to the next line
// that starts an object.
func (f *jsonFramer) resync(reason string) error {
	line := f.w.lineAt(0)
	raw := append([]byte(nil), clip(f.w.bytes())...)
	if k := bytes.IndexByte(raw, '\n'); k > 0 {
		raw = raw[:k]
	}
	for f.w.skipLine() {
		f.w.ensure(64)
		b := bytes.TrimLeft(f.w.bytes(), " \t\r,")
		if len(b) > 0 && (b[0] == '{' || b[0] == '[') {
			break
		}
	}
	return f.out.reject(raw, line, reason)
}

// envelopeKeys are the names under which collectors put arrays of records.
var envelopeKeys = map[string]level{
	"value": inArray, "records": inArray, "Records": inArray, "results": inArray, "Results": inArray,
	"tables": inTables, "Tables": inTables,
}

// isEnvelope looks at the first members of the object at the position.
func (f *jsonFramer) isEnvelope() bool {
	f.w.ensure(1 << 16)
	var s scanner
	b := f.w.bytes()
	i := s.skip(b, 1)
	for members := 0; members < 8 && i < len(b) && b[i] == '"'; members++ {
		j, err := s.str(b, i)
		if err != nil {
			return false
		}
		key := string(b[i+1 : j-1])
		v := s.skip(b, j)
		if v >= len(b) || b[v] != ':' {
			return false
		}
		if v = s.skip(b, v+1); v >= len(b) {
			return false
		}
		if _, ok := envelopeKeys[key]; ok {
			return b[v] == '['
		}
		switch key {
		case "schema", "Schema", "stats", "Stats":
			return b[v] == '[' || b[v] == '{'
		case "count", "status", "nextLink", "totalCount":
		default:
			if !bytes.HasPrefix(b[i+1:], []byte("@odata.")) && !bytes.HasPrefix(b[i+1:], []byte("odata.")) {
				return false
			}
		}
		if i, err = s.value(b, v, 1); err != nil {
			return false
		}
		i = s.skip(b, i)
		if i < len(b) && b[i] == ',' {
			i = s.skip(b, i+1)
		}
	}
	return false
}

// member reads one member of an envelope or a result table: it enters the
// arrays of records and passes over the rest.
func (f *jsonFramer) member(l level) error {
	n, err := f.scan()
	if err != nil {
		return f.fail(err)
	}
	if b := f.w.bytes(); b[0] != '"' {
		return f.resync(fmt.Sprintf("malformed JSON: expected a member name, found %q", b[0]))
	}
	key := string(f.w.bytes()[1 : n-1])
	f.w.pos += n
	f.separators()
	if b := f.w.bytes(); len(b) == 0 || b[0] != ':' {
		return f.resync("malformed JSON: expected ':' after a member name")
	}
	f.w.pos++
	f.separators()
	b := f.w.bytes()
	next, streamed := envelopeKeys[key]
	if l == inTable {
		next, streamed = inRows, key == "rows" || key == "Rows"
	}
	if streamed && len(b) > 0 && b[0] == '[' {
		return f.push(next, 1)
	}
	if n, err = f.scan(); err != nil {
		return f.fail(err)
	}
	if l == inTable && (key == "columns" || key == "Columns") {
		f.readColumns(f.w.bytes()[:n])
	}
	f.w.pos += n
	return nil
}

// readColumns takes the column names of a result table.
func (f *jsonFramer) readColumns(b []byte) {
	f.columns = f.columns[:0]
	var s scanner
	for i := 1; i < len(b); {
		switch b[i] {
		case '{', '"':
			n, err := s.scan(b[i:])
			if err != nil {
				return
			}
			name := b[i : i+n]
			if b[i] == '{' {
				name = fieldValue(s.fields, "name", "ColumnName")
			}
			f.columns = append(f.columns, append([]byte(nil), name...))
			i += n
		default:
			i++
		}
	}
}

// resultRow makes an object of one row of a result table.
func (f *jsonFramer) resultRow() error {
	n, err := f.scan()
	if err != nil {
		return f.fail(err)
	}
	line, b := f.w.lineAt(0), f.w.bytes()[:n]
	f.w.pos += n
	if b[0] != '[' {
		return f.out.reject(clip(b), line, "row of a result table is not an array")
	}
	f.row = append(f.row[:0], '{')
	k := 0
	for i := 1; i < len(b)-1; {
		if c := b[i]; c == ',' || c <= ' ' {
			i++
			continue
		}
		var s scanner
		end, err := s.value(b, i, 2)
		if err != nil {
			return f.out.reject(clip(b), line, err.Error())
		}
		if k < len(f.columns) {
			if k > 0 {
				f.row = append(f.row, ',')
			}
			f.row = append(append(f.row, f.columns[k]...), ':')
			f.row = append(f.row, b[i:end]...)
		}
		i = end
		k++
	}
	if k != len(f.columns) {
		return f.out.reject(clip(b), line, fmt.Sprintf("row of a result table has %d cells for %d columns", k, len(f.columns)))
	}
	f.row = append(f.row, '}', '\n')
	m, err := f.s.scan(f.row)
	if err != nil {
		return f.out.reject(clip(b), line, err.Error())
	}
	return f.emit(f.row[:m], line)
}

// fieldValue returns the value of the first of names that is there.
func fieldValue(fields []field, names ...string) []byte {
	for _, n := range names {
		for _, f := range fields {
			if string(f.key) == n {
				return f.val
			}
		}
	}
	return nil
}

// maxRejectRaw bounds what is kept of a rejected record.
const maxRejectRaw = 4096

func clip(b []byte) []byte { return b[:min(len(b), maxRejectRaw)] }
