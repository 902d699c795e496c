package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const windowSize = 1 << 20

// window is a view of a stream that can grow up to a limit, so that one record
// is always contiguous in memory and never larger than allowed.
type window struct {
	r        io.Reader
	buf      []byte
	pos, end int
	eof      bool
	err      error // why the stream ended, unless it simply did
	limit    int
	line     int64 // line of buf[counted]
	counted  int
	read     int64
}

func newWindow(r io.Reader, limit int) *window {
	return &window{r: r, buf: make([]byte, windowSize), limit: limit, line: 1}
}

// bytes returns what is buffered and not consumed.
func (w *window) bytes() []byte { return w.buf[w.pos:w.end] }

// lineAt returns the line number of the byte at offset off from the position.
func (w *window) lineAt(off int) int64 {
	at := min(w.pos+off, w.end)
	w.line += int64(bytes.Count(w.buf[w.counted:at], newline))
	w.counted = at
	return w.line
}

var newline = []byte{'\n'}

// more reads more bytes behind those that are buffered. It reports false at
// the end of the stream and when the limit is reached.
func (w *window) more() bool {
	if w.eof {
		return false
	}
	if w.end == len(w.buf) {
		switch {
		case w.pos > len(w.buf)/2 || w.pos > 0 && len(w.buf) >= w.limit:
			w.shift()
		case len(w.buf) >= w.limit:
			return false
		default:
			w.grow()
		}
	}
	for tries := 0; tries < 100; tries++ {
		n, err := w.r.Read(w.buf[w.end:])
		w.end += n
		w.read += int64(n)
		if err != nil {
			w.eof = true
			if !errors.Is(err, io.EOF) {
				w.err = err
			}
			return n > 0 || w.end > w.pos
		}
		if n > 0 {
			return true
		}
	}
	w.eof, w.err = true, io.ErrNoProgress
	return false
}

func (w *window) shift() {
	if w.counted < w.pos {
		w.lineAt(0)
	}
	copy(w.buf, w.buf[w.pos:w.end])
	w.end -= w.pos
	w.counted -= w.pos
	w.pos = 0
}

func (w *window) grow() {
	w.lineAt(0)
	next := make([]byte, min(2*len(w.buf), w.limit+windowSize))
	copy(next, w.buf[w.pos:w.end])
	w.end -= w.pos
	w.counted -= w.pos
	w.pos, w.buf = 0, next
}

// full says that nothing more fits: the value at the position is too large.
func (w *window) full() bool {
	return !w.eof && w.pos == 0 && w.end == len(w.buf) && len(w.buf) >= w.limit
}

// ensure tries to have n bytes buffered.
func (w *window) ensure(n int) {
	for w.end-w.pos < n && w.more() {
		if w.eof {
			return
		}
	}
}

// skipBlank consumes white space and byte order marks and returns what follows.
func (w *window) skipBlank() []byte {
	for {
		w.ensure(1 << 16)
		rest := bytes.TrimLeft(w.bytes(), " \t\r\n\ufeff")
		if len(rest) > 0 || w.pos == w.end && !w.more() {
			return rest
		}
		if len(rest) == 0 {
			w.pos = w.end
		}
	}
}

// skipLine consumes up to and including the next newline, reading on without
// keeping what it passes. It reports false at the end of the stream.
func (w *window) skipLine() bool {
	for {
		if k := bytes.IndexByte(w.bytes(), '\n'); k >= 0 {
			w.pos += k + 1
			return true
		}
		w.pos = w.end
		w.lineAt(0)
		if !w.more() {
			return false
		}
	}
}

func tooLarge(limit int) error {
	return fmt.Errorf("record is larger than %d MB", limit>>20)
}
