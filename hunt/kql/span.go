package kql

import "strings"

// Span is a half-open range of byte offsets in the query text.
type Span struct{ Start, End int }

// Pos returns the span itself; every node embeds its Span and so is a [Node].
func (s Span) Pos() Span { return s }

// Cover returns the smallest span that holds both a and b.
func Cover(a, b Span) Span { return Span{min(a.Start, b.Start), max(a.End, b.End)} }

// LineCol returns the line and the column, both from 1, of the byte offset off
// in src. Columns count characters, not bytes.
func LineCol(src string, off int) (line, col int) {
	off = min(max(off, 0), len(src))
	before := src[:off]
	line = 1 + strings.Count(before, "\n")
	start := strings.LastIndexByte(before, '\n') + 1
	return line, 1 + len([]rune(before[start:]))
}
