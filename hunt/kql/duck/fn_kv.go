package duck

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func isLetterOrNumber(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// kvReader reads text such as `a=1 b="x y"`. An empty pair delimiter means any
// character that is no letter or digit; an empty kv likewise.
type kvReader struct {
	s, pair, kv, quote, escape string
	greedy                     bool
}

func (p *kvReader) read() *bag {
	out := newBag()
	s := p.s
	for s != "" {
		item, rest := p.cut(s)
		s = rest
		key, value, ok := p.split(item)
		if !ok {
			continue
		}
		key = p.unquote(strings.TrimSpace(key))
		if _, dup := out.vals[key]; !dup && key != "" {
			out.set(key, p.unquote(strings.TrimSpace(value)))
		}
	}
	return out
}

// delimiter returns where the next delimiter of s begins and ends, outside of
// quotes; without one, from is len(s).
func (p *kvReader) delimiter(s, delim string) (from, to int) {
	open := false
	for i := 0; i < len(s); {
		switch {
		case p.escape != "" && strings.HasPrefix(s[i:], p.escape) && i+len(p.escape) < len(s):
			_, n := utf8.DecodeRuneInString(s[i+len(p.escape):])
			i += len(p.escape) + n
			continue
		case p.quote != "" && !open && strings.HasPrefix(s[i:], p.quote[:1]):
			open = true
		case p.quote != "" && open && strings.HasPrefix(s[i:], p.quote[len(p.quote)-1:]):
			open = false
		case !open && delim != "" && strings.HasPrefix(s[i:], delim):
			return i, i + len(delim)
		case !open && delim == "":
			r, n := utf8.DecodeRuneInString(s[i:])
			if !isLetterOrNumber(r) && r != '_' {
				return i, i + n
			}
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		i += n
	}
	return len(s), len(s)
}

// cut returns the first pair of s and what follows it. In greedy mode a value
// runs on until a pair delimiter that a key and its delimiter follow.
func (p *kvReader) cut(s string) (item, rest string) {
	from, to := p.delimiter(s, p.pair)
	if !p.greedy {
		return s[:from], s[to:]
	}
	for to < len(s) {
		nextPair, _ := p.delimiter(s[to:], p.pair)
		if k, _ := p.delimiter(s[to:to+nextPair], p.kv); k < nextPair && k > 0 {
			break
		}
		more, end := p.delimiter(s[to:], p.pair)
		from, to = to+more, to+end
	}
	return s[:from], s[to:]
}

func (p *kvReader) split(item string) (key, value string, ok bool) {
	from, to := p.delimiter(item, p.kv)
	if from == len(item) && to == len(item) {
		return "", "", false
	}
	return item[:from], item[to:], true
}

func (p *kvReader) unquote(s string) string {
	if q := p.quote; q != "" && len(s) >= 2 && strings.HasPrefix(s, q[:1]) && strings.HasSuffix(s, q[len(q)-1:]) {
		s = s[1 : len(s)-1]
	}
	if p.escape == "" || !strings.Contains(s, p.escape) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], p.escape) && i+len(p.escape) < len(s) {
			i += len(p.escape)
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		b.WriteString(s[i : i+n])
		i += n
	}
	return b.String()
}
