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
	s, pair, kv, escape string
	quotes              []string
	greedy              bool
}

// parseKv reads text as pairs and returns a bag of strings; the first of
// equal keys wins. Its second argument holds the options.
func (c *regexCache) parseKv(args []any) (any, error) {
	options, ok := bagArg(args[1])
	if !ok {
		return nil, nil
	}
	text := func(name string) string { s, _ := options.vals[name].(string); return s }
	if re := text("regex"); re != "" {
		return c.parseKvRegex(args[0].(string), re)
	}
	p := kvReader{s: args[0].(string), pair: text("pair"), kv: text("kv"), escape: text("escape"), greedy: options.vals["greedy"] == true}
	quotes, _ := options.vals["quotes"].([]any)
	for _, q := range quotes {
		p.quotes = append(p.quotes, dynString(q))
	}
	if p.pair == "" && p.kv == "" {
		keys, _ := options.vals["keys"].([]any)
		return writeDynamic(p.readWords(keys)), nil
	}
	if p.kv != "" && strings.TrimSpace(p.pair) == "" {
		p.s = p.closeUp(p.s)
	}
	return writeDynamic(p.read()), nil
}

// readWords is for text without known delimiters: the value of a key is the
// quoted text or the word that follows it.
func (p *kvReader) readWords(keys []any) *bag {
	out := newBag()
	for _, k := range keys {
		key := dynString(k)
		for i := 0; i <= len(p.s)-len(key); {
			j := strings.Index(p.s[i:], key)
			if j < 0 {
				break
			}
			from := i + j
			i = from + len(key)
			if !edge(p.s, from) || !edge(p.s, i) {
				continue
			}
			if v, ok := p.wordAfter(p.s[i:]); ok {
				out.set(key, v)
				break
			}
		}
	}
	return out
}

func (p *kvReader) wordAfter(s string) (string, bool) {
	for s != "" && p.openQuote(s) == "" {
		r, n := utf8.DecodeRuneInString(s)
		if isLetterOrNumber(r) {
			break
		}
		s = s[n:]
	}
	if shut := p.openQuote(s); shut != "" {
		_, n := utf8.DecodeRuneInString(s)
		for i := n; i < len(s); i++ {
			if p.escape != "" && strings.HasPrefix(s[i:], p.escape) {
				i += len(p.escape)
				continue
			}
			if strings.HasPrefix(s[i:], shut) {
				return p.unquote(s[:i+len(shut)]), true
			}
		}
	}
	end := strings.IndexFunc(s, func(r rune) bool { return !isLetterOrNumber(r) && r != '_' })
	if end < 0 {
		end = len(s)
	}
	return s[:end], end > 0
}

// closeUp drops the white space around delimiters between keys and values, for
// text whose pairs are delimited by white space.
func (p *kvReader) closeUp(s string) string {
	var b strings.Builder
	for s != "" {
		from, to := p.delimiter(s, p.kv)
		b.WriteString(strings.TrimRight(s[:from], " \t"))
		if from == len(s) {
			b.WriteString(s[len(strings.TrimRight(s[:from], " \t")):from])
			break
		}
		b.WriteString(p.kv)
		s = strings.TrimLeft(s[to:], " \t")
	}
	return b.String()
}

func (c *regexCache) parseKvRegex(s, pattern string) (any, error) {
	re, err := c.get(pattern)
	if err != nil || re.NumSubexp() < 2 {
		return nil, err
	}
	out := newBag()
	for _, m := range re.FindAllStringSubmatch(s, -1) {
		if _, dup := out.vals[m[1]]; !dup {
			out.set(m[1], m[2])
		}
	}
	return writeDynamic(out), nil
}

// ends returns the opening and closing text of a quote.
func ends(q string) (open, shut string) {
	r := []rune(q)
	if len(r) == 0 {
		return "", ""
	}
	return string(r[0]), string(r[len(r)-1])
}

// openQuote returns what closes the quote that s begins with, or "".
func (p *kvReader) openQuote(s string) string {
	for _, q := range p.quotes {
		if open, shut := ends(q); open != "" && strings.HasPrefix(s, open) {
			return shut
		}
	}
	return ""
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
	shut := "" // what closes the quote that is open
	for i := 0; i < len(s); {
		switch {
		case p.escape != "" && strings.HasPrefix(s[i:], p.escape) && i+len(p.escape) < len(s):
			_, n := utf8.DecodeRuneInString(s[i+len(p.escape):])
			i += len(p.escape) + n
			continue
		case shut == "" && p.openQuote(s[i:]) != "":
			shut = p.openQuote(s[i:])
		case shut != "" && strings.HasPrefix(s[i:], shut):
			shut = ""
		case shut == "" && delim != "" && strings.HasPrefix(s[i:], delim):
			return i, i + len(delim)
		case shut == "" && delim == "":
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
	for _, q := range p.quotes {
		if open, shut := ends(q); open != "" && len(s) >= len(open)+len(shut) && strings.HasPrefix(s, open) && strings.HasSuffix(s, shut) {
			s = s[len(open) : len(s)-len(shut)]
			break
		}
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
