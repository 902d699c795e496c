package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// csvSink receives the rows of a CSV file; header comes first, once.
type csvSink interface {
	sink
	header(cols []string, line int64) error
	row(cells [][]byte, line int64) error
}

// csvFramer cuts a stream into rows. Quoted cells may hold line ends.
type csvFramer struct {
	w       *window
	out     csvSink
	comma   byte
	cells   [][]byte
	scratch []byte
}

func (f *csvFramer) run() error {
	if err := f.header(); err != nil {
		return err
	}
	for {
		cells, n, err := f.next()
		if err != nil {
			return err
		}
		if n == 0 {
			return f.w.err
		}
		line := f.w.lineAt(0)
		if len(cells) == 1 && len(bytes.TrimSpace(cells[0])) == 0 {
			f.w.pos += n
			continue
		}
		raw := f.w.bytes()[:n]
		f.w.pos += n
		if !validCells(cells) {
			err = f.out.reject(clip(raw), line, "invalid UTF-8 in a cell")
		} else {
			err = f.out.row(cells, line)
		}
		if err != nil {
			return err
		}
	}
}

func (f *csvFramer) header() error {
	f.w.ensure(1 << 16)
	if b := f.w.bytes(); bytes.HasPrefix(b, []byte("#TYPE ")) || bytes.HasPrefix(b, []byte(`"#TYPE `)) {
		f.w.skipLine() // PowerShell 5 without -NoTypeInformation
		f.w.ensure(1 << 16)
	}
	if k := bytes.IndexByte(f.w.bytes(), '\n'); k == 6 || k == 5 { // Excel's sep=;
		if line := bytes.TrimSpace(f.w.bytes()[:k]); bytes.HasPrefix(line, []byte("sep=")) {
			f.w.skipLine()
		}
	}
	f.comma = sniffDelimiter(f.w.bytes())
	cells, n, err := f.next()
	if err != nil || n == 0 {
		return err
	}
	if !validCells(cells) {
		return f.out.header(nil, f.w.lineAt(0))
	}
	cols := make([]string, len(cells))
	for i, c := range cells {
		cols[i] = string(c)
	}
	f.w.pos += n
	return f.out.header(cols, f.w.lineAt(0))
}

// next reads the row at the position without consuming it. n is 0 at the end.
func (f *csvFramer) next() (cells [][]byte, n int, err error) {
	for {
		b := f.w.bytes()
		if len(b) == 0 {
			if f.w.more() {
				continue
			}
			return nil, 0, nil
		}
		f.cells, f.scratch = f.cells[:0], f.scratch[:0]
		n, f.cells, f.scratch, err = csvRow(b, f.comma, f.w.eof, f.cells, f.scratch)
		if err == nil {
			return f.cells, n, nil
		}
		if errors.Is(err, errShort) && !f.w.full() && f.w.more() {
			continue
		}
		reason := errQuote.Error()
		if f.w.full() {
			reason = tooLarge(f.w.limit).Error()
		} else if f.w.err != nil {
			reason = fmt.Sprintf("row is cut off: %v", f.w.err)
		}
		line := f.w.lineAt(0)
		raw := append([]byte(nil), clip(b)...)
		more := f.w.skipLine()
		if err := f.out.reject(raw, line, reason); err != nil {
			return nil, 0, err
		}
		if !more {
			return nil, 0, nil
		}
	}
}

// sniffDelimiter picks the separator that the first line uses most outside of
// quotes; comma if none.
func sniffDelimiter(b []byte) byte {
	counts := map[byte]int{}
	quoted := false
	for _, c := range b {
		if c == '"' {
			quoted = !quoted
		}
		if c == '\n' && !quoted {
			break
		}
		if !quoted {
			counts[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte{';', '\t', '|'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// normal is a column name without what exports vary: case, spaces, the UTC
// suffix of the portal.
func normal(name string) string {
	name = strings.TrimPrefix(name, "\ufeff")
	name = strings.TrimSuffix(strings.TrimSpace(name), "[UTC]")
	name = strings.ToLower(name)
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\t' {
			return -1
		}
		return r
	}, name)
}
