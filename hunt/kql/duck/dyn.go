package duck

import (
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A dynamic value in Go is nil, bool, int64, float64, string, []any or *bag.
// bag keeps its properties in the order of the text.
type bag struct {
	keys []string
	vals map[string]any
}

func newBag() *bag { return &bag{vals: map[string]any{}} }

func (b *bag) set(key string, v any) {
	if _, ok := b.vals[key]; !ok {
		b.keys = append(b.keys, key)
	}
	b.vals[key] = v
}

// maxDepth bounds the nesting that is read; deeper text is no JSON to us.
const maxDepth = 512

// readDynamic reads JSON text; ok is false where it is not valid.
func readDynamic(text string) (v any, ok bool) {
	r := dynReader{s: text}
	v, ok = r.value(0)
	r.space()
	return v, ok && r.i == len(r.s)
}

type dynReader struct {
	s string
	i int
}

func (r *dynReader) space() {
	for r.i < len(r.s) {
		switch r.s[r.i] {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return
		}
	}
}

func (r *dynReader) word(w string) bool {
	if strings.HasPrefix(r.s[r.i:], w) {
		r.i += len(w)
		return true
	}
	return false
}

func (r *dynReader) value(depth int) (any, bool) {
	r.space()
	if r.i >= len(r.s) || depth > maxDepth {
		return nil, false
	}
	switch c := r.s[r.i]; {
	case c == '{':
		return r.object(depth)
	case c == '[':
		return r.array(depth)
	case c == '"':
		return r.text()
	case c == 't':
		return true, r.word("true")
	case c == 'f':
		return false, r.word("false")
	case c == 'n':
		return nil, r.word("null")
	default:
		return r.number()
	}
}

func (r *dynReader) object(depth int) (any, bool) {
	b := newBag()
	r.i++
	r.space()
	if r.word("}") {
		return b, true
	}
	for {
		r.space()
		if r.i >= len(r.s) || r.s[r.i] != '"' {
			return nil, false
		}
		key, ok := r.text()
		r.space()
		if !ok || !r.word(":") {
			return nil, false
		}
		v, ok := r.value(depth + 1)
		if !ok {
			return nil, false
		}
		b.set(key, v)
		r.space()
		if r.word("}") {
			return b, true
		}
		if !r.word(",") {
			return nil, false
		}
	}
}

func (r *dynReader) array(depth int) (any, bool) {
	list := []any{}
	r.i++
	r.space()
	if r.word("]") {
		return list, true
	}
	for {
		v, ok := r.value(depth + 1)
		if !ok {
			return nil, false
		}
		list = append(list, v)
		r.space()
		if r.word("]") {
			return list, true
		}
		if !r.word(",") {
			return nil, false
		}
	}
}

func (r *dynReader) text() (string, bool) {
	r.i++
	start := r.i
	for r.i < len(r.s) && r.s[r.i] != '"' && r.s[r.i] != '\\' {
		if r.s[r.i] < 0x20 {
			return "", false
		}
		r.i++
	}
	if r.i < len(r.s) && r.s[r.i] == '"' {
		r.i++
		return r.s[start : r.i-1], true
	}
	var b strings.Builder
	b.WriteString(r.s[start:r.i])
	for r.i < len(r.s) {
		switch c := r.s[r.i]; {
		case c == '"':
			r.i++
			return b.String(), true
		case c == '\\':
			if !r.escape(&b) {
				return "", false
			}
		case c < 0x20:
			return "", false
		default:
			b.WriteByte(c)
			r.i++
		}
	}
	return "", false
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (r *dynReader) escape(b *strings.Builder) bool {
	r.i++
	if r.i >= len(r.s) {
		return false
	}
	c := r.s[r.i]
	r.i++
	if e, ok := escapes[c]; ok {
		b.WriteByte(e)
		return true
	}
	if c != 'u' {
		return false
	}
	u, ok := r.hex4()
	if !ok {
		return false
	}
	if utf16.IsSurrogate(u) && strings.HasPrefix(r.s[r.i:], `\u`) {
		mark := r.i
		r.i += 2
		low, ok := r.hex4()
		if pair := utf16.DecodeRune(u, low); ok && pair != utf8.RuneError {
			b.WriteRune(pair)
			return true
		}
		r.i = mark
	}
	b.WriteRune(u)
	return true
}

func (r *dynReader) hex4() (rune, bool) {
	if r.i+4 > len(r.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(r.s[r.i:r.i+4], 16, 32)
	r.i += 4
	return rune(n), err == nil
}

func (r *dynReader) number() (any, bool) {
	start, real := r.i, false
	if r.i < len(r.s) && r.s[r.i] == '-' {
		r.i++
	}
	digits := r.digits()
	if digits == 0 {
		return nil, false
	}
	if r.i < len(r.s) && r.s[r.i] == '.' {
		real = true
		r.i++
		if r.digits() == 0 {
			return nil, false
		}
	}
	if r.i < len(r.s) && (r.s[r.i] == 'e' || r.s[r.i] == 'E') {
		real = true
		r.i++
		if r.i < len(r.s) && (r.s[r.i] == '+' || r.s[r.i] == '-') {
			r.i++
		}
		if r.digits() == 0 {
			return nil, false
		}
	}
	text := r.s[start:r.i]
	if !real {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, true
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil || math.IsInf(f, 0)
}

func (r *dynReader) digits() int {
	n := 0
	for r.i < len(r.s) && r.s[r.i] >= '0' && r.s[r.i] <= '9' {
		r.i++
		n++
	}
	return n
}

// writeDynamic returns v as compact JSON in DuckDB's own spelling.
func writeDynamic(v any) string { return string(appendDynamic(nil, v)) }

func appendDynamic(b []byte, v any) []byte {
	switch x := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, x)
	case int64:
		return strconv.AppendInt(b, x, 10)
	case int:
		return strconv.AppendInt(b, int64(x), 10)
	case float64:
		return appendReal(b, x)
	case string:
		return appendText(b, x)
	case []any:
		b = append(b, '[')
		for i, e := range x {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendDynamic(b, e)
		}
		return append(b, ']')
	case *bag:
		b = append(b, '{')
		for i, k := range x.keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, k), ':')
			b = appendDynamic(b, x.vals[k])
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

// appendReal writes a number that reads back as a real; JSON has no NaN and no
// infinity, so those become text as in Kusto.
func appendReal(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	start := len(b)
	b = strconv.AppendFloat(b, f, 'g', -1, 64)
	if abs := math.Abs(f); abs >= 1e-5 && abs < 1e17 {
		b = strconv.AppendFloat(b[:start], f, 'f', -1, 64)
	}
	if !strings.ContainsAny(string(b[start:]), ".e") {
		b = append(b, ".0"...)
	}
	return b
}

const hexDigits = "0123456789ABCDEF"

func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			if c < 0x20 {
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			} else {
				b = append(b, c)
			}
		}
	}
	return append(b, '"')
}

// dynArg reads argument v, which is nil or JSON text.
func dynArg(v any) any {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	d, ok := readDynamic(s)
	if !ok {
		return s
	}
	return d
}

// listArg is dynArg where an array is wanted.
func listArg(v any) ([]any, bool) {
	l, ok := dynArg(v).([]any)
	return l, ok
}

func bagArg(v any) (*bag, bool) {
	b, ok := dynArg(v).(*bag)
	return b, ok
}

// dynResult returns v as an Eval result: JSON null is SQL NULL.
func dynResult(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	return writeDynamic(v), nil
}

// dynReal returns v as a number.
func dynReal(v any) (float64, bool) {
	switch x := v.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, true
	}
	return 0, false
}

// dynString returns v as tostring() would.
func dynString(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	}
	return writeDynamic(v)
}

// dynEqual compares scalars by value and the rest by text.
func dynEqual(a, b any) bool {
	x, xok := dynReal(a)
	y, yok := dynReal(b)
	if xok && yok {
		return x == y
	}
	if xok != yok {
		return false
	}
	return dynKey(a) == dynKey(b)
}

// dynKey is equal for equal values.
func dynKey(v any) string {
	if f, ok := v.(float64); ok && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	if b, ok := v.(*bag); ok {
		keys := append([]string(nil), b.keys...)
		sort.Strings(keys)
		c := newBag()
		for _, k := range keys {
			c.set(k, b.vals[k])
		}
		return writeDynamic(c)
	}
	return writeDynamic(v)
}
