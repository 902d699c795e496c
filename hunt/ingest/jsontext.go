package ingest

import (
	"unicode/utf8"
)

// compact appends b, which must be valid JSON, to dst without the white space
// between its tokens.
func compact(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		switch c := b[i]; c {
		case ' ', '\n', '\r', '\t':
			i++
		case '"':
			j := stringEnd(b, i)
			dst = append(dst, b[i:j]...)
			i = j
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

// stringEnd returns the index after the string that starts at b[i], in JSON
// known to be valid.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(b))
}

// mendSurrogates replaces escapes that name half of a surrogate pair by
// \ufffd, which has the same length. It changes b.
func mendSurrogates(b []byte) {
	for i := 0; i+6 <= len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		if b[i+1] != 'u' {
			i++
			continue
		}
		u, err := hex4(b, i+2)
		if err != nil || u < 0xD800 || u >= 0xE000 {
			continue
		}
		if u < 0xDC00 && i+12 <= len(b) && b[i+6] == '\\' && b[i+7] == 'u' {
			if lo, err := hex4(b, i+8); err == nil && lo >= 0xDC00 && lo < 0xE000 {
				i += 11
				continue
			}
		}
		copy(b[i+2:], "fffd")
	}
}

// unquote appends the text of the JSON string lit, quotes included, to dst.
// lit must be valid.
func unquote(dst, lit []byte) []byte {
	for i := 1; i < len(lit)-1; i++ {
		c := lit[i]
		if c != '\\' {
			dst = append(dst, c)
			continue
		}
		i++
		switch lit[i] {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, _ := hex4(lit, i+1)
			i += 4
			if r >= 0xD800 && r < 0xDC00 && i+6 < len(lit) && lit[i+1] == '\\' && lit[i+2] == 'u' {
				if lo, err := hex4(lit, i+3); err == nil && lo >= 0xDC00 && lo < 0xE000 {
					r = 0x10000 + (r-0xD800)<<10 + (lo - 0xDC00)
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r) // a lone half becomes U+FFFD
		default:
			dst = append(dst, lit[i])
		}
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// quote appends s as a JSON string. s must be valid UTF-8.
func quote(dst, s []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i, c := range s {
		if plain[c] {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
