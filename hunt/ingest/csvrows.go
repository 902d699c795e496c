package ingest

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// header takes the column names of a CSV file.
func (r *reader) header(cols []string, _ int64) error {
	if cols == nil {
		return fmt.Errorf("%w: invalid UTF-8 in the first line", errUnknown)
	}
	for len(cols) > 1 && strings.TrimSpace(cols[len(cols)-1]) == "" {
		cols = cols[:len(cols)-1]
	}
	seen := map[string]int{}
	for _, c := range cols {
		n := r.w.rec.canonical(c)
		seen[normal(c)]++
		if k := seen[normal(c)]; k > 1 {
			c = fmt.Sprintf("%s#%d", c, k)
			n = fmt.Sprintf("%s#%d", n, k)
		}
		if !utf8.ValidString(c) || len(c) > 512 {
			return r.unknownHeader(cols)
		}
		r.cols, r.canon = append(r.cols, c), append(r.canon, n)
		r.quoted = append(r.quoted, quote(nil, []byte(c)))
	}
	r.keys = r.w.rec.columnSet(cols)
	if len(r.cols) > 4096 || !r.possible() {
		return r.unknownHeader(cols)
	}
	r.file.Notes = nil
	return nil
}

// possible says whether any CSV format could fit these columns.
func (r *reader) possible() bool {
	rec := r.w.rec
	for i := range rec.formats {
		if rec.formats[i].Shape&CSV != 0 && r.keys.holds(rec.need[i]) && !r.keys.meets(rec.not[i]) {
			return true
		}
	}
	return false
}

func (r *reader) unknownHeader(cols []string) error {
	if len(cols) < 2 {
		return fmt.Errorf("%w: neither JSON nor CSV", errUnknown)
	}
	return r.unknownError(CSV, r.keys)
}

// row takes one row of a CSV file.
func (r *reader) row(cells [][]byte, line int64) error {
	for len(cells) > len(r.cols) && len(cells[len(cells)-1]) == 0 {
		cells = cells[:len(cells)-1]
	}
	r.object(cells)
	if len(cells) > len(r.cols) {
		return r.reject(r.raw, line, fmt.Sprintf("row has %d cells, the header has %d", len(cells), len(r.cols)))
	}
	if len(cells) < len(r.cols) {
		if len(cells) == 1 {
			return r.reject(r.raw, line, fmt.Sprintf("row has 1 cell, the header has %d", len(r.cols)))
		}
		r.short++
	}
	f := r.w.rec.find(CSV, r.keys, r.spans)
	if f == nil {
		return r.unrecognized(r.raw, line, r.keys)
	}
	return r.emit(f, r.raw, line, r.spans, r.canon)
}

// object makes the JSON object of a row and remembers where its values are.
func (r *reader) object(cells [][]byte) {
	type span struct{ from, to int }
	b := append(r.raw[:0], '{')
	spans := make([]span, 0, len(cells))
	for i, c := range cells {
		if i >= len(r.cols) {
			break
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, r.quoted[i]...), ':')
		from := len(b)
		b = quote(b, c)
		spans = append(spans, span{from, len(b)})
	}
	b = append(b, '}')
	r.spans = r.spans[:0]
	for i, s := range spans {
		q := r.quoted[i]
		r.spans = append(r.spans, field{q[1 : len(q)-1], b[s.from:s.to]})
	}
	r.raw = b
}

// provesDayFirst looks for a date such as 15/06/2021 at the start of a file.
func provesDayFirst(b []byte) bool {
	for i := 2; i+6 < len(b); i++ {
		if b[i] != '/' || b[i-1] < '0' || b[i-1] > '9' || b[i-2] < '1' || b[i-2] > '3' {
			continue
		}
		if i > 2 && (b[i-3] >= '0' && b[i-3] <= '9' || b[i-3] == '/') {
			continue
		}
		n := digits(b, i+1)
		if n < 1 || n > 2 || i+2+n+4 > len(b) || b[i+1+n] != '/' || digits(b[:i+2+n+4], i+2+n) != 4 {
			continue
		}
		if first := int(b[i-2]-'0')*10 + int(b[i-1]-'0'); first > 12 && first <= 31 {
			return true
		}
	}
	return false
}
