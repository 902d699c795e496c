package ingest

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// decoder returns r as UTF-8 without a byte order mark, and what it is in if
// that is not UTF-8.
func decoder(head []byte, r io.Reader) (io.Reader, string) {
	switch {
	case bytes.HasPrefix(head, bom8):
		return &skipReader{r, len(bom8)}, ""
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return &utf16Reader{r: &skipReader{r, 2}, order: binary.LittleEndian}, "UTF-16"
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return &utf16Reader{r: &skipReader{r, 2}, order: binary.BigEndian}, "UTF-16"
	}
	if len(head) >= 8 {
		even, odd := 0, 0
		n := min(len(head), 256) &^ 1
		for i := 0; i < n; i += 2 {
			if head[i] == 0 {
				even++
			}
			if head[i+1] == 0 {
				odd++
			}
		}
		switch {
		case odd > n/4 && even == 0:
			return &utf16Reader{r: r, order: binary.LittleEndian}, "UTF-16"
		case even > n/4 && odd == 0:
			return &utf16Reader{r: r, order: binary.BigEndian}, "UTF-16"
		}
	}
	return r, ""
}

type skipReader struct {
	r io.Reader
	n int
}

func (s *skipReader) Read(p []byte) (int, error) {
	for s.n > 0 {
		n, err := io.ReadFull(s.r, make([]byte, s.n))
		s.n -= n
		if err != nil {
			return 0, io.EOF
		}
	}
	return s.r.Read(p)
}

// utf16Reader turns UTF-16 into UTF-8. Lone surrogates become U+FFFD.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	in    []byte
	out   []byte
	err   error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		u.fill()
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) fill() {
	buf := make([]byte, 32<<10)
	n, err := u.r.Read(buf)
	u.in = append(u.in, buf[:n]...)
	u.err = err
	u.out = u.out[:0]
	i := 0
	for ; i+1 < len(u.in); i += 2 {
		r := rune(u.order.Uint16(u.in[i:]))
		if utf16.IsSurrogate(r) {
			if i+3 >= len(u.in) && err == nil {
				break
			}
			if i+3 < len(u.in) {
				if pair := utf16.DecodeRune(r, rune(u.order.Uint16(u.in[i+2:]))); pair != utf8.RuneError {
					r = pair
					i += 2
				}
			}
		}
		u.out = utf8.AppendRune(u.out, r)
	}
	u.in = append(u.in[:0], u.in[i:]...)
}
