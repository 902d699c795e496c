package duck

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hunt365/hunt365/hunt/schema"
)

type textOperator struct {
	lower bool // ignores case
	call  string
}

var textOperators = map[string]textOperator{
	"contains": {true, "contains"}, "contains_cs": {false, "contains"},
	"startswith": {true, "starts_with"}, "startswith_cs": {false, "starts_with"},
	"endswith": {true, "ends_with"}, "endswith_cs": {false, "ends_with"},
}

type termOperator struct{ lower, before, after bool }

var termOperators = map[string]termOperator{
	"has": {true, true, true}, "has_cs": {false, true, true},
	"hasprefix": {true, true, false}, "hasprefix_cs": {false, true, false},
	"hassuffix": {true, false, true}, "hassuffix_cs": {false, false, true},
}

func textCompare(op string, a, b expr) (expr, error) {
	if rest, ok := strings.CutPrefix(op, "!"); ok {
		if rest == "~" {
			rest = "=~"
		}
		e, err := textCompare(rest, a, b)
		return negate(e), err
	}
	out := expr{typ: schema.Bool}
	want, isConst := b.lit.(string)
	if op == "=~" {
		out.sql = fmt.Sprintf("(%s = %s)", lowerText(a), lowerText(b))
		return out, nil
	}
	if op == "matches regex" {
		out.sql = fmt.Sprintf("regexp_matches(%s, %s)", a.sql, regexArg(b).sql)
		return out, nil
	}
	if t, ok := textOperators[op]; ok {
		x, y := a.sql, b.sql
		if t.lower {
			x, y = lowerText(a), lowerText(b)
		}
		out.sql = fmt.Sprintf("%s(%s, %s)", t.call, x, y)
		return out, nil
	}
	t, ok := termOperators[op]
	if !ok {
		return out, fmt.Errorf("operator %s is not supported", op)
	}
	if !isConst {
		out.sql = t.anyText(a.sql, b.sql)
		return out, nil
	}
	out.sql = t.match(a, []string{want})
	return out, nil
}

func (t termOperator) match(a expr, terms []string) string {
	x, alternatives, finds, items := a.sql, []string{}, []string{}, []any{}
	if t.lower {
		x = lowerText(a)
	}
	for _, w := range terms {
		if w == "" {
			return "true"
		}
		if t.lower {
			w = strings.ToLower(w)
		}
		alternatives = append(alternatives, w)
		finds = append(finds, fmt.Sprintf("contains(%s, %s)", x, quote(w)))
		items = append(items, w)
	}
	exact := t.edges(alternatives, `\x00-/:-@\[-\x60{-\x7f`)
	wide := t.edges(alternatives, `^0-9A-Za-z`)
	goes := fmt.Sprintf("kql_go_terms(%s, %s, false, %t, %t)", x, quote(writeDynamic(items)), t.before, t.after)
	if len(finds) > 1 {
		return fmt.Sprintf("CASE WHEN NOT regexp_matches(%[1]s, %[2]s) THEN false WHEN regexp_matches(%[1]s, %[3]s) THEN true ELSE %[4]s END", x, quote(wide), quote(exact), goes)
	}
	return fmt.Sprintf("(%[1]s AND CASE WHEN regexp_matches(%[2]s, %[3]s) THEN true WHEN regexp_matches(%[2]s, %[4]s) THEN %[5]s ELSE false END)", finds[0], x, quote(exact), quote(wide), goes)
}

func (t termOperator) edges(terms []string, class string) string {
	var parts []string
	for _, w := range terms {
		first, _ := utf8.DecodeRuneInString(w)
		last, _ := utf8.DecodeLastRuneInString(w)
		re := regexp.QuoteMeta(w)
		if t.before && termRune(first) {
			re = "(?:^|[" + class + "])" + re
		}
		if t.after && termRune(last) {
			re += "(?:$|[" + class + "])"
		}
		parts = append(parts, re)
	}
	return "(?s)" + strings.Join(parts, "|")
}

func (t termOperator) anyText(x, term string) string {
	find := fmt.Sprintf("contains(%s, %s)", x, term)
	if t.lower {
		find = fmt.Sprintf("contains(lower(%s), lower(%s))", x, term)
	}
	return fmt.Sprintf("CASE WHEN %s THEN kql_go_terms(%s, '[' || kql_json_string(%s) || ']', %t, %t, %t) ELSE false END", find, x, term, t.lower, t.before, t.after)
}

func lowerText(e expr) string {
	if s, ok := e.lit.(string); ok {
		return quote(strings.ToLower(s))
	}
	return "lower(" + e.sql + ")"
}

var namedGroup = regexp.MustCompile(`\(\?<([A-Za-z_]\w*)>`)

func regexArg(e expr) expr {
	s, ok := e.lit.(string)
	if !ok {
		return e
	}
	return literal(schema.String, unicodeClasses(namedGroup.ReplaceAllString(s, "(?P<$1>")))
}

var perlClasses = map[byte]string{'d': `\p{Nd}`, 's': `\s\x{0b}\x{85}\p{Z}`, 'w': `\p{L}\p{M}\p{Nd}\p{Pc}`}

func unicodeClasses(re string) string {
	var b strings.Builder
	class := false
	// Counted repetitions of the large class of word characters outgrow RE2.
	counted := strings.Contains(re, "{")
	for i := 0; i < len(re); i++ {
		c := re[i]
		if c != '\\' || i+1 == len(re) {
			class = c == '[' || class && c != ']'
			b.WriteByte(c)
			continue
		}
		i++
		members, ok := perlClasses[re[i]|0x20]
		upper := re[i] < 'a'
		if re[i]|0x20 == 'w' && counted {
			ok = false
		}
		switch {
		case re[i] == 'Q': // quoted up to \E
			end := strings.Index(re[i:], `\E`)
			if end < 0 {
				end = len(re) - i
			}
			b.WriteString(`\` + re[i:i+end])
			i += end - 1
		case !ok || class && upper:
			b.WriteString(re[i-1 : i+1])
		case class:
			b.WriteString(members)
		case upper:
			b.WriteString("[^" + members + "]")
		default:
			b.WriteString("[" + members + "]")
		}
	}
	return b.String()
}
