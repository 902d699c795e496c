package kql

import (
	"errors"
	"fmt"
	"strings"
)

// Error is a fault of a query text at a place in it.
type Error struct {
	Span
	Msg  string // lower case, no full stop
	Hint string // what to do about it; may be empty
}

// Error returns the message without its place.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + " (" + e.Hint + ")"
}

// ErrorList is one or more errors, in source order.
type ErrorList []*Error

// Error returns the messages, one a line.
func (l ErrorList) Error() string {
	var b strings.Builder
	for i, e := range l {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	return b.String()
}

// FormatError renders err for a person who reads src in file: file:line:col,
// the message, the source line, and a mark under the faulty text. Errors other
// than [Error] and [ErrorList] are rendered as file: message.
func FormatError(file, src string, err error) string {
	var list ErrorList
	var one *Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = ErrorList{one}
	default:
		return fmt.Sprintf("%s: %v\n", file, err)
	}
	var b strings.Builder
	for _, e := range list {
		formatOne(&b, file, src, e)
	}
	return b.String()
}

// maxErrorLine is how many characters of a source line an error shows.
const maxErrorLine = 160

func formatOne(b *strings.Builder, file, src string, e *Error) {
	line, col := LineCol(src, e.Start)
	fmt.Fprintf(b, "%s:%d:%d: %s\n", file, line, col, e.Msg)
	start := min(max(e.Start, 0), len(src))
	from := strings.LastIndexByte(src[:start], '\n') + 1
	to := len(src)
	if i := strings.IndexByte(src[start:], '\n'); i >= 0 {
		to = start + i
	}
	text := []rune(strings.TrimRight(src[from:to], "\r"))
	width := max(1, len([]rune(src[start:min(max(e.End, start), to)])))
	at := col - 1
	if at > maxErrorLine*2/3 {
		cut := at - maxErrorLine/3
		text = append([]rune("…"), text[min(cut, len(text)):]...)
		at -= cut - 1
	}
	if len(text) > maxErrorLine {
		text = append(text[:maxErrorLine:maxErrorLine], '…')
		width = min(width, max(1, maxErrorLine-at))
	}
	fmt.Fprintf(b, "  %s\n  %s%s\n", printable(text), strings.Repeat(" ", at), strings.Repeat("~", width-1)+"^")
	if e.Hint != "" {
		fmt.Fprintf(b, "  hint: %s\n", e.Hint)
	}
}

// printable shows tabs and control characters, which a hostile query may use to
// confuse a terminal, as one column each.
func printable(text []rune) string {
	out := make([]rune, len(text))
	for i, r := range text {
		switch {
		case r == '\t':
			r = ' '
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			r = '?'
		}
		out[i] = r
	}
	return string(out)
}

// Nearest returns the candidate closest to name by edit distance, ignoring
// case, or "" where none is close enough to be a likely slip.
func Nearest(name string, candidates []string) string {
	best, bestDist := "", len(name)/3+1
	for _, c := range candidates {
		if d := editDistance(strings.ToLower(name), strings.ToLower(c), bestDist); d < bestDist || d == bestDist && best == "" {
			best, bestDist = c, d
		}
	}
	return best
}

// editDistance counts insertions, deletions, substitutions and swaps between a
// and b; beyond limit it may return any larger number.
func editDistance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
