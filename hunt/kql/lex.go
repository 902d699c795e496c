package kql

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tEOF tokenKind = iota
	tIdent
	tInt      // 12, 0x1F
	tReal     // 1.5, 1e3
	tTimeSpan // 1.5h
	tString   // any quoted form, with its prefix
	tPunct    // operators and separators, also !in, !has and in~
	tBad      // a lexical fault; reported only if the parser gets there
)

// token is a lexeme with its place. err is set on a tBad token.
type token struct {
	kind tokenKind
	Span
	text string
	err  *Error
}

// lexer turns a whole text into tokens. Faults become tBad tokens, since text
// within datetime(...) and guid(...) need not consist of tokens at all.
type lexer struct {
	src      string
	pos      int
	toks     []token
	comments []Comment
}

func lex(src string) ([]token, []Comment) {
	l := &lexer{src: src, toks: make([]token, 0, len(src)/4+8)}
	if strings.HasPrefix(src, "\ufeff") {
		l.pos = len("\ufeff")
	}
	for l.skipSpace(); l.pos < len(src); l.skipSpace() {
		l.next()
	}
	l.emit(tEOF, len(src))
	return l.toks, l.comments
}

func (l *lexer) emit(kind tokenKind, start int) {
	l.toks = append(l.toks, token{kind: kind, Span: Span{start, l.pos}, text: l.src[start:l.pos]})
}

func (l *lexer) bad(start int, msg, hint string) {
	s := Span{start, l.pos}
	l.toks = append(l.toks, token{kind: tBad, Span: s, text: l.src[start:l.pos], err: &Error{s, msg, hint}})
}

// peek returns the byte n after the current one, or 0.
func (l *lexer) peek(n int) byte {
	if l.pos+n < len(l.src) {
		return l.src[l.pos+n]
	}
	return 0
}

// skipSpace skips white space and keeps comments.
func (l *lexer) skipSpace() {
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			l.pos++
		case c == '/' && l.peek(1) == '/':
			l.comment()
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(l.src[l.pos:])
			if !unicode.IsSpace(r) && r != '\ufeff' && r != '\u200b' {
				return
			}
			l.pos += n
		default:
			return
		}
	}
}

func (l *lexer) comment() {
	start := l.pos
	if i := strings.IndexByte(l.src[start:], '\n'); i >= 0 {
		l.pos = start + i
	} else {
		l.pos = len(l.src)
	}
	from := strings.LastIndexByte(l.src[:start], '\n') + 1
	own := len(l.toks) == 0 || l.toks[len(l.toks)-1].End <= from
	text := strings.TrimRightFunc(l.src[start:l.pos], unicode.IsSpace)
	l.comments = append(l.comments, Comment{Span: Span{start, start + len(text)}, Text: text, OwnLine: own})
}

func (l *lexer) next() {
	c := l.src[l.pos]
	switch {
	case c >= '0' && c <= '9':
		l.number()
	case c == '"' || c == '\'':
		l.quoted(l.pos, false)
	case c == '@' && (l.peek(1) == '"' || l.peek(1) == '\''):
		start := l.pos
		l.pos++
		l.quoted(start, true)
	case strings.HasPrefix(l.src[l.pos:], "```") || strings.HasPrefix(l.src[l.pos:], "~~~"):
		l.fenced(l.pos)
	case c == '$' || identStart(l.src[l.pos:]):
		l.ident()
	default:
		l.punct()
	}
}

// identStart reports whether s begins with a letter or underscore.
func identStart(s string) bool {
	if s == "" {
		return false
	}
	c := s[0]
	if c < utf8.RuneSelf {
		return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

// identLen returns how many bytes of s are letters, digits and underscores.
func identLen(s string) int {
	n := 0
	for n < len(s) {
		c := s[n]
		if c < utf8.RuneSelf {
			if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') {
				break
			}
			n++
			continue
		}
		r, w := utf8.DecodeRuneInString(s[n:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		n += w
	}
	return n
}

func (l *lexer) ident() {
	start := l.pos
	if l.src[l.pos] == '$' {
		l.pos++
	}
	l.pos += identLen(l.src[l.pos:])
	text := l.src[start:l.pos]
	switch {
	case (text == "h" || text == "H") && (l.peek(0) == '"' || l.peek(0) == '\''):
		l.quoted(start, false)
	case (text == "h" || text == "H") && l.peek(0) == '@' && (l.peek(1) == '"' || l.peek(1) == '\''):
		l.pos++
		l.quoted(start, true)
	case text == "in" && l.peek(0) == '~':
		l.pos++
		l.emit(tPunct, start)
	case text == "$":
		l.bad(start, "unexpected character '$'", "")
	default:
		l.emit(tIdent, start)
	}
}

func (l *lexer) digits() {
	for c := l.peek(0); c >= '0' && c <= '9'; c = l.peek(0) {
		l.pos++
	}
}

// number reads 12, 0x1F, 1.5, 1e-3 and 1.5h. A name may begin with digits, as
// in 3PPhish: then it is an identifier.
func (l *lexer) number() {
	start := l.pos
	if l.peek(0) == '0' && l.peek(1)|0x20 == 'x' && isHex(l.peek(2)) {
		l.pos += 2
		n := identLen(l.src[l.pos:])
		l.pos += n
		if strings.IndexFunc(l.src[l.pos-n:l.pos], func(r rune) bool { return r > 0x7f || !isHex(byte(r)) }) >= 0 {
			l.emit(tIdent, start)
			return
		}
		l.emit(tInt, start)
		return
	}
	l.digits()
	kind := tInt
	if l.peek(0) == '.' {
		if d := l.peek(1); d >= '0' && d <= '9' {
			kind = tReal
			l.pos++
			l.digits()
		} else if d != '.' && !identStart(l.src[l.pos+1:]) && d != '[' {
			kind = tReal
			l.pos++
		}
	}
	if n := exponentLen(l.src[l.pos:]); n > 0 {
		kind = tReal
		l.pos += n
	}
	n := identLen(l.src[l.pos:])
	if n == 0 {
		l.emit(kind, start)
		return
	}
	unit := l.src[l.pos : l.pos+n]
	l.pos += n
	switch {
	case timeUnits[unit] != 0:
		l.emit(tTimeSpan, start)
	case kind == tInt:
		l.emit(tIdent, start)
	default:
		l.bad(start, "malformed number "+quote(l.src[start:l.pos]), "")
	}
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// exponentLen returns the length of an exponent at the start of s that no
// further letter or digit follows, or 0.
func exponentLen(s string) int {
	if len(s) < 2 || s[0]|0x20 != 'e' {
		return 0
	}
	n := 1
	if s[n] == '+' || s[n] == '-' {
		n++
	}
	d := n
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == d || identLen(s[n:]) > 0 {
		return 0
	}
	return n
}

// quoted reads a string whose opening quote is at the current position.
func (l *lexer) quoted(start int, verbatim bool) {
	q := l.src[l.pos]
	l.pos++
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case c == q && verbatim && l.peek(1) == q:
			l.pos += 2
		case c == q:
			l.pos++
			l.emit(tString, start)
			return
		case c == '\\' && !verbatim && l.peek(1) != '\n' && l.peek(1) != 0:
			l.pos += 2
		case c == '\n' || c == '\r':
			l.bad(start, "string is not closed on its line", "end it with "+string(q)+", or write a text of several lines between ```")
			return
		default:
			l.pos++
		}
	}
	l.bad(start, "string is not closed", "end it with "+string(q))
}

// fenced reads a text of several lines between ``` or ~~~.
func (l *lexer) fenced(start int) {
	fence := l.src[start : start+3]
	i := strings.Index(l.src[start+3:], fence)
	if i < 0 {
		l.pos = len(l.src)
		l.bad(start, "string is not closed", "end it with "+fence)
		return
	}
	l.pos = start + 3 + i + 3
	l.emit(tString, start)
}

var puncts = []string{
	"==", "=>", "=~", "!=", "!~", "<=", ">=", "<>", "..",
	"(", ")", "[", "]", "{", "}", ",", ";", ":", "|", ".", "=", "<", ">", "+", "-", "*", "/", "%",
}

func (l *lexer) punct() {
	start := l.pos
	rest := l.src[start:]
	if rest[0] == '!' && identStart(rest[1:]) {
		l.pos += 1 + identLen(rest[1:])
		if l.src[start:l.pos] == "!in" && l.peek(0) == '~' {
			l.pos++
		}
		if text := l.src[start:l.pos]; binaryOps[text].level == 0 && setOps[text] == "" && text != "!between" {
			l.bad(start, "unknown operator "+quote(text), "write not("+text[1:]+" ...)")
			return
		}
		l.emit(tPunct, start)
		return
	}
	for _, p := range puncts {
		if strings.HasPrefix(rest, p) {
			l.pos += len(p)
			l.emit(tPunct, start)
			return
		}
	}
	r, n := utf8.DecodeRuneInString(rest)
	l.pos += n
	hint := ""
	switch r {
	case '“', '”', '‘', '’':
		hint = "a word processor has put typographic quotes here; use \" or '"
	case '#', '`':
		hint = "comments begin with //"
	case '\u2013', '\u2014':
		hint = "this is a typographic dash; use -"
	}
	l.bad(start, "unexpected character "+quote(l.src[start:l.pos]), hint)
}

// quote puts text from a query into an error message: shortened and printable.
func quote(text string) string {
	r := []rune(text)
	if len(r) > 40 {
		r = append(r[:39:39], '…')
	}
	return "'" + strings.ReplaceAll(printable(r), "\n", " ") + "'"
}
