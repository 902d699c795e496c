package tui

import (
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
)

// highlight colours one line of KQL: texts, numbers, comments, steps and
// functions. What is being typed need not be whole.
func highlight(m *Model, src string) string {
	var b strings.Builder
	for i := 0; i < len(src); {
		n := token(src[i:])
		word := src[i : i+n]
		text := safe(word)
		switch {
		case strings.HasPrefix(word, "//"):
			b.WriteString(m.theme.comment.Render(text))
		case word[0] == '"' || word[0] == '\'':
			b.WriteString(m.theme.text.Render(text))
		case word[0] >= '0' && word[0] <= '9':
			b.WriteString(m.theme.number.Render(text))
		case known[word] || word == "|":
			b.WriteString(m.theme.name.Render(text))
		default:
			b.WriteString(text)
		}
		i += n
	}
	return b.String()
}

// known are the words that KQL itself gives a meaning.
var known = knownWords()

func knownWords() map[string]bool {
	out := map[string]bool{"let": true, "by": true, "on": true, "asc": true, "desc": true, "and": true, "or": true, "kind": true}
	for _, kind := range []kql.FuncKind{kql.StepFunc, kql.ScalarFunc, kql.AggregateFunc, kql.WindowFunc, kql.PluginFunc, kql.OperatorFunc} {
		for name := range kql.Functions(kind) {
			out[name] = true
		}
	}
	return out
}

// token is the length of the first token of src.
func token(src string) int {
	switch c := src[0]; {
	case strings.HasPrefix(src, "//"):
		return len(src)
	case c == '"' || c == '\'':
		for i := 1; i < len(src); i++ {
			if src[i] == '\\' {
				i++
			} else if src[i] == c {
				return i + 1
			}
		}
		return len(src)
	case letter(c):
		for i := range len(src) {
			dash := src[i] == '-' && i+1 < len(src) && known[src[:i]+"-"+word(src[i+1:])]
			if !letter(src[i]) && !dash {
				return i
			}
		}
		return len(src)
	}
	return 1
}

// word is the letters that src starts with.
func word(src string) string {
	for i := range len(src) {
		if !letter(src[i]) {
			return src[:i]
		}
	}
	return src
}

// letter keeps characters beyond ASCII whole.
func letter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}
