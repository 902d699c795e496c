package ingest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
)

// reader turns the records of one file into Records and its summary.
type reader struct {
	w     *walker
	file  File
	shape Shape

	found   map[*Format]int64
	notes   map[string]int64 // note to how often
	held    []Reject         // rejects of unknown records while none was known
	unknown int64
	lastKey keySet // keys of the nearest unknown record
	fatal   error  // caller's error

	cols     []string
	canon    []string
	quoted   [][]byte // column names as JSON strings
	keys     keySet
	dayFirst bool
	short    int64

	raw     []byte
	spans   []field
	payload scanner
	text    []byte
	rec     Record
	tenant  string // of the last record; most share it
}

// maxHeld bounds how many unknown records are remembered before a file with
// not one known record is given up.
const maxHeld = 1000

var errUnknown = errors.New("no known format")

// text reads one file that is not an archive.
func (w *walker) text(name string, head []byte, r io.Reader) error {
	rd := &reader{w: w, file: File{Name: name}, found: map[*Format]int64{}, notes: map[string]int64{}}
	r, encoding := decoder(head, r)
	if encoding != "" {
		rd.notes["the file is in "+encoding+"; it was converted to UTF-8"]++
	}
	win := newWindow(r, w.opts.MaxLine)
	first := win.skipBlank()
	var err error
	switch {
	case len(first) == 0:
		err = win.err
	case first[0] == '{' || first[0] == '[':
		rd.shape = JSON
		err = (&jsonFramer{w: win, out: rd}).run()
	case !looksLikeText(first):
		err = fmt.Errorf("%w: not text", errUnknown)
	default:
		rd.shape = CSV
		if rd.dayFirst = provesDayFirst(win.bytes()); rd.dayFirst {
			rd.notes["dates such as 3/12/2026 were read as day/month/year, because a number above 12 stands first elsewhere in the file"]++
		}
		err = (&csvFramer{w: win, out: rd}).run()
	}
	if rd.fatal == nil && win.err != nil && err == nil {
		err = win.err
	}
	return rd.close(err)
}

// looksLikeText tells text, even in a wrong encoding, from other bytes.
func looksLikeText(b []byte) bool {
	b = b[:min(len(b), 4096)]
	odd := 0
	for _, c := range b {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			odd++
		}
	}
	return odd*50 <= len(b)
}

// close completes the summary of the file.
func (r *reader) close(err error) error {
	if r.fatal != nil {
		return &stopError{r.fatal}
	}
	if stop := (*stopError)(nil); errors.As(err, &stop) {
		return err
	}
	f := &r.file
	f.Format = r.formats()
	switch {
	case errors.Is(err, errUnknown) || err == nil && f.Read == 0 && r.unknown > 0:
		f.State, f.Err = Unknown, err
		if f.Err == nil {
			f.Err = r.unknownError(r.shape, r.lastKey)
		}
		f.Rejected -= int64(len(r.held)) // the whole file is named instead
	case err != nil:
		f.State, f.Err = Failed, err
	case len(r.found) > 0 && f.Read == 0:
		f.State = Skipped
	case f.Read == 0 && f.Rejected > 0:
		f.State, f.Err = Failed, errors.New("not one record could be read")
	case f.Read == 0:
		f.State = Empty
		switch {
		case len(r.cols) > 0:
			r.notes["a header and no rows"]++
		case r.shape == JSON:
			r.notes["no records in it"]++
		default:
			r.notes["the file is empty"]++
		}
	default:
		f.State = Taken
	}
	if f.State != Unknown {
		r.flushHeld()
	}
	r.addNotes()
	r.w.opts.OnFile(*f)
	return nil
}

func (r *reader) formats() string {
	list := make([]*Format, 0, len(r.found))
	for f := range r.found {
		list = append(list, f)
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		return r.found[a] > r.found[b] || r.found[a] == r.found[b] && a.Name < b.Name
	})
	var names []string
	for _, f := range list {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

func (r *reader) addNotes() {
	if r.short > 0 {
		r.notes["rows have fewer cells than the header; the missing cells are empty"] = r.short
	}
	list := make([]string, 0, len(r.notes))
	for n, count := range r.notes {
		if count > 1 {
			n = fmt.Sprintf("%s (%d times)", n, count)
		}
		list = append(list, n)
	}
	sort.Strings(list)
	r.file.Notes = append(r.file.Notes, list...)
}

func (r *reader) flushHeld() {
	for _, h := range r.held {
		r.w.opts.OnReject(h)
	}
	r.held = nil
}

func (r *reader) reject(raw []byte, line int64, reason string) error {
	r.file.Rejected++
	r.w.opts.OnReject(Reject{r.file.Name, line, reason, strings.ToValidUTF8(string(clip(raw)), "\ufffd")})
	return nil
}

// unrecognized takes note of a record of no known format. As long as the file
// has no known record it may be a file of another kind, which is reported once
// as a whole.
func (r *reader) unrecognized(raw []byte, line int64, keys keySet) error {
	r.unknown++
	if r.unknown == 1 {
		r.lastKey = keys
	}
	reason := r.unknownError(r.shape, keys).Error()
	if len(r.found) > 0 {
		r.flushHeld()
		return r.reject(raw, line, reason)
	}
	r.file.Rejected++
	r.held = append(r.held, Reject{r.file.Name, line, reason, string(clip(raw))})
	if len(r.held) >= maxHeld {
		return r.unknownError(r.shape, r.lastKey)
	}
	return nil
}

// unknownError names the nearest format and what is missing from it.
func (r *reader) unknownError(shape Shape, keys keySet) error {
	f, missing := r.w.rec.nearest(shape, keys)
	if f == nil {
		return fmt.Errorf("%w, and nothing that resembles one", errUnknown)
	}
	if len(missing) == 0 {
		return fmt.Errorf("%w; nearest is %s (%s), but its category or type is another", errUnknown, f.Name, f.Doc)
	}
	return fmt.Errorf("%w; nearest is %s (%s), which also has %s", errUnknown, f.Name, f.Doc, strings.Join(missing, ", "))
}

func (r *reader) record(raw []byte, line int64, fields []field, mended bool) error {
	keys := r.w.rec.fieldSet(fields)
	f := r.w.rec.find(JSON, keys, fields)
	if f == nil {
		return r.unrecognized(raw, line, keys)
	}
	if mended {
		r.notes["a record held half of a surrogate pair; it became U+FFFD"]++
	}
	return r.emit(f, raw, line, fields, nil)
}

// emit fills in id, time and tenant and passes the record on.
func (r *reader) emit(f *Format, raw []byte, line int64, fields []field, canon []string) error {
	if f.Skip != "" {
		r.found[f]++
		if r.found[f] == 1 {
			r.file.Notes = append(r.file.Notes, f.Skip)
		}
		return nil
	}
	if f.Table != "" {
		f = r.w.rec.byTable(f, fields)
	}
	var inner []field
	if f.Payload != "" {
		raw := lookup(fields, canon, f.Payload)
		var ok bool
		switch inner, ok = r.inner(raw); {
		case f.Fallback == "":
		case !ok:
			inner, f = nil, r.w.rec.byName[f.Fallback]
			r.notes["a row has no complete AuditData; the outer columns were used"]++
		case canon != nil && fieldValue(fields, f.Payload) == nil:
			f = r.w.rec.loose(f) // the column is there under another spelling
		}
	}
	if r.found[f]++; r.found[f] == 1 && f.Note != "" {
		r.file.Notes = append(r.file.Notes, f.Note)
	}
	rec := &r.rec
	*rec = Record{Format: f.Name, Kind: f.Kind, Raw: raw, File: r.file.Name, Line: line}
	rec.ID = string(first(f.ID, fields, inner, canon))
	if f.GUID && len(rec.ID) != 36 {
		rec.ID = prefixID(fields, canon) // a cell of a broken row
	}
	if rec.ID == "" {
		rec.ID = contentID(raw)
	}
	if tenant := first(f.Tenant, fields, inner, canon); string(tenant) != r.tenant {
		r.tenant = string(tenant)
	}
	rec.Tenant = r.tenant
	r.time(f, rec, fields, inner, canon)
	r.file.Read++
	if err := r.w.take(rec); err != nil {
		r.fatal = err
		return &stopError{err}
	}
	return nil
}

func (r *reader) time(f *Format, rec *Record, fields, inner []field, canon []string) {
	for _, path := range f.Time {
		raw := lookupPath(path, fields, inner, canon)
		if len(raw) == 0 {
			continue
		}
		m, ok := parseTime(scalar(raw), r.dayFirst)
		if !ok {
			continue
		}
		if m.order == orderDay && !r.dayFirst {
			r.dayFirst = true
			r.notes[fmt.Sprintf("dates are day/month/year from line %d on; earlier ones were read as month/day/year", rec.Line)]++
		}
		rec.Time, rec.Timed = m.ticks, true
		if !r.file.Timed || m.ticks < r.file.First {
			r.file.First = m.ticks
		}
		if !r.file.Timed || m.ticks > r.file.Last {
			r.file.Last = m.ticks
		}
		r.file.Timed = true
		return
	}
	if f.Kind != "state" {
		r.notes["a record has no time"]++
	}
}
