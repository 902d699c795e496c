package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"unicode/utf8"
)

// cleanCopies writes copies of segments in which what is no valid JSON text is
// replaced: bytes that are not UTF-8, and halves of surrogate pairs, which
// services write when they cut a text off in the middle of a character. The
// evidence stays as it came. It returns the folder that holds the copies.
func (c *Case) cleanCopies(list []piece) (string, error) {
	dir := c.path("tmp", "clean")
	for _, p := range list {
		if err := c.cleanCopy(p.Entry, filepath.Join(dir, filepath.FromSlash(p.File))); err != nil {
			return "", errors.Join(err, os.RemoveAll(dir))
		}
	}
	return dir, nil
}

func (c *Case) cleanCopy(e Entry, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	enc, err := newEncoder(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	var buf []byte
	err = c.eachLine(e, func(line []byte) error {
		buf = cleanJSON(buf[:0], line)
		_, err := enc.Write(buf)
		return err
	})
	return errors.Join(err, enc.Close(), f.Close())
}

// cleanJSON appends line to b with the replacement character for what is not
// text.
func cleanJSON(b, line []byte) []byte {
	if !utf8.Valid(line) {
		line = bytes.ToValidUTF8(line, []byte("\uFFFD"))
	}
	for {
		i := bytes.IndexByte(line, '\\')
		if i < 0 || i+1 >= len(line) {
			return append(b, line...)
		}
		b, line = append(b, line[:i]...), line[i:]
		n := 2
		if line[1] == 'u' {
			n = surrogates(line)
		}
		if n == 0 {
			b, line = append(b, `\uFFFD`...), line[6:]
			continue
		}
		b, line = append(b, line[:n]...), line[n:]
	}
}

// surrogates returns how many bytes the escape at the start of line takes, its
// partner included, or 0 for half a pair.
func surrogates(line []byte) int {
	r, ok := hexEscape(line)
	switch {
	case !ok:
		return 2
	case r < 0xD800 || r > 0xDFFF:
		return 6
	case r >= 0xDC00:
		return 0
	}
	if low, ok := hexEscape(line[6:]); ok && low >= 0xDC00 && low <= 0xDFFF {
		return 12
	}
	return 0
}

func hexEscape(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}
