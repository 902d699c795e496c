package duck

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// typedCapture is how a typed column looks in a simple pattern; others take the
// shortest run and are converted afterwards.
var typedCapture = map[schema.Type]string{
	schema.Int: `\s*([+-]?(?:0[xX][0-9a-fA-F]+|\d+))\s*`, schema.Long: `\s*([+-]?(?:0[xX][0-9a-fA-F]+|\d+))\s*`,
	schema.Real: `\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|NaN)\s*`,
}

// parse lowers parse and parse-where as one regular expression. Its first group
// is the whole text, so that a match can be told from none.
func (l *lowerer) parse(n *kql.ParseRel, want int) (*rel, error) {
	in, err := l.rel(n.Input, want)
	if err != nil {
		return nil, err
	}
	x, err := l.scalar(n.X, in)
	if err != nil {
		return nil, err
	}
	re, cols, err := parseRegex(n.Pattern)
	if err != nil {
		return nil, err
	}
	names := []string{"'w'"}
	for i := range cols {
		names = append(names, fmt.Sprintf("'g%d'", i))
	}
	m := l.fresh("m")
	groups := fmt.Sprintf("regexp_extract(%s, %s, [%s])", asText(x).sql, quote(re), strings.Join(names, ", "))
	matched := l.step(in, fmt.Sprintf("SELECT *, %s AS %s, %s AS %sx\n  FROM %s", groups, m, asText(x).sql, m, in.name))
	return l.captured(n, matched, in, cols, m)
}

// captured converts the groups and checks that all of them fit their types.
func (l *lowerer) captured(n *kql.ParseRel, matched, in *rel, cols []*kql.Col, m string) (*rel, error) {
	strict := n.Pattern.Kind != "relaxed"
	made, null := map[int]bool{}, l.carriedNull(in)
	var typed, fits []string
	for i, c := range cols {
		made[c.ID] = true
		null[c.ID] = c.Type != schema.String
		group := expr{typ: schema.String, sql: fmt.Sprintf("%s.g%d", m, i)}
		value := cast(group, c.Type)
		typed = append(typed, fmt.Sprintf("%s AS v%s_%d", value.sql, m, i))
		if c.Type != schema.String && strict {
			fits = append(fits, fmt.Sprintf("v%s_%d IS NOT NULL", m, i))
		}
	}
	ok := append([]string{m + ".w = " + m + "x"}, fits...)
	if len(typed) > 0 {
		matched = l.step(matched, "SELECT *, "+strings.Join(typed, ", ")+" FROM "+matched.name)
	}
	var out []string
	for i, c := range cols {
		if !l.used[c.ID] {
			continue
		}
		value := fmt.Sprintf("v%s_%d", m, i)
		switch {
		case len(fits) > 0 && c.Type == schema.String:
			value = fmt.Sprintf("CASE WHEN %s THEN %s ELSE '' END", strings.Join(fits, " AND "), value)
		case len(fits) > 1:
			value = fmt.Sprintf("CASE WHEN %s THEN %s END", strings.Join(fits, " AND "), value)
		}
		out = append(out, value+" AS "+colName(c))
	}
	for _, c := range n.Outputs {
		if !made[c.ID] && l.used[c.ID] {
			made[c.ID] = true
			null[c.ID] = in.null[c.ID]
			out = append(out, colName(c))
		}
	}
	sql := "SELECT " + list(append(out, l.pass(in, made)...)) + "\n  FROM " + matched.name
	if n.Where {
		sql += "\n  WHERE " + strings.Join(ok, " AND ")
	}
	r := l.step(in, sql)
	r.null = null
	return r, nil
}

// parseRegex builds the expression and lists the captured columns.
func parseRegex(p kql.ParsePattern) (string, []*kql.Col, error) {
	flags := "s"
	isRegex := p.Kind == "regex"
	if isRegex {
		flags = p.Flags
	}
	var b strings.Builder
	var cols []*kql.Col
	for i, part := range p.Parts {
		last := i == len(p.Parts)-1
		switch {
		case part.Col != nil:
			cols = append(cols, part.Col)
			b.WriteString(capture(p, part.Col, last))
		case part.Text != "" && isRegex:
			b.WriteString("(?:" + withoutGroups(part.Text) + ")")
		case part.Text != "":
			b.WriteString(regexp.QuoteMeta(part.Text))
		case last:
			b.WriteString(".*")
		default:
			b.WriteString(".*?")
		}
	}
	prefix := ""
	if flags != "" {
		prefix = "(?" + flags + ")"
	}
	re := prefix + "^(" + b.String() + ")$"
	if _, err := regexp.Compile(re); err != nil {
		return "", nil, fmt.Errorf("the parse pattern is no valid regular expression: %w", err)
	}
	return re, cols, nil
}

func capture(p kql.ParsePattern, c *kql.Col, last bool) string {
	if typed, ok := typedCapture[c.Type]; ok {
		if p.Kind == "relaxed" { // a text of another form is null
			return "(?:" + typed + "|.*?)"
		}
		return typed
	}
	if p.Kind == "regex" {
		return "(.*)"
	}
	if last {
		return "(.*)"
	}
	return "(.*?)"
}

// withoutGroups makes the capturing groups of a user's expression plain ones.
func withoutGroups(re string) string {
	var b strings.Builder
	class := false
	for i := 0; i < len(re); i++ {
		c := re[i]
		b.WriteByte(c)
		switch {
		case c == '\\' && i+1 < len(re):
			i++
			b.WriteByte(re[i])
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(' && !strings.HasPrefix(re[i+1:], "?"):
			b.WriteString("?:")
		case c == '(' && namedGroup.MatchString(re[i:]) && namedGroup.FindStringIndex(re[i:])[0] == 0:
			b.WriteString("?:")
			i += namedGroup.FindStringIndex(re[i:])[1] - 1
		}
	}
	return b.String()
}

// parseKv lowers parse-kv: the text as a bag of strings, then a key per column.
func (l *lowerer) parseKv(n *kql.KvRel, want int) (*rel, error) {
	in, err := l.rel(n.Input, want)
	if err != nil {
		return nil, err
	}
	x, err := l.scalar(n.X, in)
	if err != nil {
		return nil, err
	}
	options := newBag()
	var keys []any
	for _, c := range n.Cols {
		keys = append(keys, c.Name)
	}
	options.set("keys", keys)
	var quotes []any
	for _, q := range n.Quotes {
		quotes = append(quotes, q)
	}
	for _, kv := range []struct {
		k string
		v any
	}{{"pair", n.Pair}, {"kv", n.Kv}, {"quotes", quotes}, {"escape", n.Escape}, {"greedy", n.Greedy}, {"regex", n.Regex}} {
		options.set(kv.k, kv.v)
	}
	name := l.fresh("m")
	bagged := l.step(in, fmt.Sprintf("SELECT *, kql_go_parse_kv(%s, %s) AS %s FROM %s", asText(x).sql, quote(writeDynamic(options)), name, in.name))
	made, null := map[int]bool{}, l.carriedNull(in)
	var cols []string
	for _, c := range n.Cols {
		made[c.ID] = true
		null[c.ID] = c.Type != schema.String
		if !l.used[c.ID] {
			continue
		}
		key := c.Name
		value := expr{typ: schema.Dynamic, null: true, sql: fmt.Sprintf("kql_go_dyn_key(%s, %s)", name, quote(key))}
		cols = append(cols, cast(value, c.Type).sql+" AS "+colName(c))
	}
	for _, c := range n.Outputs {
		if !made[c.ID] && l.used[c.ID] {
			made[c.ID] = true
			null[c.ID] = in.null[c.ID]
			cols = append(cols, colName(c))
		}
	}
	r := l.step(in, "SELECT "+list(append(cols, l.pass(in, made)...))+"\n  FROM "+bagged.name)
	r.null = null
	return r, nil
}
