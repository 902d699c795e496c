package duck

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/hunt365/hunt365/hunt/schema"
)

func textFunctions(c *regexCache) []Function {
	return []Function{
		{Name: "kql_go_real_text", Params: []schema.Type{schema.Real}, Result: schema.String, Eval: evalRealText},
		{Name: "kql_go_hex", Params: []schema.Type{schema.String}, Result: schema.Long, Eval: evalHex},
		{Name: "kql_go_countof", Params: []schema.Type{schema.String, schema.String, schema.Bool}, Result: schema.Long, Eval: c.countOf},
		{Name: "kql_go_indexof", Params: []schema.Type{schema.String, schema.String, schema.Long, schema.Long, schema.Long}, Result: schema.Long, Eval: evalIndexOf},
		{Name: "kql_go_extract_all", Params: []schema.Type{schema.String, schema.Dynamic, schema.String}, Result: schema.Dynamic, Nulls: true, Eval: c.extractAll},
		{Name: "kql_go_extract_name", Params: []schema.Type{schema.String, schema.String, schema.String}, Result: schema.String, Eval: c.extractName},
		{Name: "kql_go_replace_strings", Params: []schema.Type{schema.String, schema.Dynamic, schema.Dynamic}, Result: schema.String, Nulls: true, Eval: evalReplaceStrings},
		{Name: "kql_go_has_index", Params: []schema.Type{schema.String, schema.Dynamic}, Result: schema.Long, Nulls: true, Eval: evalHasIndex},
		{Name: "kql_go_terms", Params: []schema.Type{schema.String, schema.Dynamic, schema.Bool, schema.Bool, schema.Bool}, Result: schema.Bool, Eval: evalTerms},
		{Name: "kql_go_has_any", Params: []schema.Type{schema.String, schema.Dynamic}, Result: schema.Bool, Nulls: true, Eval: evalHasAny},
		{Name: "kql_go_has_all", Params: []schema.Type{schema.String, schema.Dynamic}, Result: schema.Bool, Nulls: true, Eval: evalHasAll},
		{Name: "kql_go_regex_quote", Params: []schema.Type{schema.String}, Result: schema.String, Eval: evalRegexQuote},
		{Name: "kql_go_codepoints", Params: []schema.Type{schema.String}, Result: schema.Dynamic, Eval: evalCodepoints},
		{Name: "kql_go_from_codepoints", Params: []schema.Type{schema.Dynamic}, Variadic: true, Result: schema.String, Nulls: true, Eval: evalFromCodepoints},
		{Name: "kql_go_parse_version", Params: []schema.Type{schema.String}, Result: schema.Decimal, Eval: evalParseVersion},
		{Name: "kql_go_format_bytes", Params: []schema.Type{schema.Real, schema.Long, schema.String}, Result: schema.String, Eval: evalFormatBytes},
		{Name: "kql_go_parse_kv", Params: []schema.Type{schema.String, schema.Dynamic}, Result: schema.Dynamic, Eval: c.parseKv},
	}
}

// regexCache compiles each regular expression once; patterns are few and mostly
// constant, and the cache is emptied when hostile data makes them many.
type regexCache struct {
	mu sync.Mutex
	m  map[string]*regexp.Regexp
}

func (c *regexCache) get(pattern string) (*regexp.Regexp, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if re, ok := c.m[pattern]; ok {
		return re, nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	if c.m == nil || len(c.m) > 1000 {
		c.m = map[string]*regexp.Regexp{}
	}
	c.m[pattern] = re
	return re, nil
}

// realText prints f as .NET's invariant R format does, which is how Kusto
// prints reals.
func realText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		if math.Signbit(f) {
			return "-0"
		}
		return "0"
	}
	if abs := math.Abs(f); abs >= 1e-5 && abs < 1e15 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'E', -1, 64)
	return s
}

func evalRealText(args []any) (any, error) {
	s := realText(args[0].(float64))
	if c := s[len(s)-1]; c >= '0' && c <= '9' && !strings.ContainsAny(s, ".E") {
		s += ".0"
	}
	return s, nil
}

func evalHex(args []any) (any, error) {
	// DuckDB may fold a call whose guard has not been looked at.
	digits, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(args[0].(string))), "0x")
	n, err := strconv.ParseUint(digits, 16, 64)
	if err != nil || !ok {
		return nil, nil
	}
	return int64(n), nil
}

func (c *regexCache) countOf(args []any) (any, error) {
	s, sub := args[0].(string), args[1].(string)
	if args[2].(bool) {
		re, err := c.get(sub)
		if err != nil {
			return nil, err
		}
		return int64(len(re.FindAllStringIndex(s, -1))), nil
	}
	if sub == "" {
		return int64(0), nil
	}
	n := 0 // overlapping occurrences count, as in Kusto
	for i := 0; ; n++ {
		j := strings.Index(s[i:], sub)
		if j < 0 {
			return int64(n), nil
		}
		i += j + 1
	}
}

// evalIndexOf looks for the occurrence-th occurrence of sub from start on. Each
// search spans length characters anew, as in Kusto.
func evalIndexOf(args []any) (any, error) {
	s, sub := []rune(args[0].(string)), []rune(args[1].(string))
	start, length, occurrence := args[2].(int64), args[3].(int64), args[4].(int64)
	n := int64(len(s))
	if start < 0 {
		start = max(0, n+start)
	}
	if occurrence < 1 || length < -1 {
		return int64(-1), nil
	}
	for start <= n {
		end := n
		if length >= 0 && start+length < n {
			end = start + length
		}
		at := strings.Index(string(s[start:end]), string(sub))
		if at < 0 {
			break
		}
		found := start + int64(utf8.RuneCountInString(string(s[start:end])[:at]))
		if occurrence--; occurrence == 0 {
			return found, nil
		}
		start = found + 1
	}
	return int64(-1), nil
}

func (c *regexCache) extractAll(args []any) (any, error) {
	if args[0] == nil || args[2] == nil {
		return nil, nil
	}
	re, err := c.get(args[0].(string))
	if err != nil {
		return nil, err
	}
	groups, err := captureGroups(re, args[1])
	if err != nil {
		return nil, err
	}
	var out []any
	for _, m := range re.FindAllStringSubmatch(args[2].(string), -1) {
		if len(groups) == 1 {
			out = append(out, m[groups[0]])
			continue
		}
		row := []any{}
		for _, g := range groups {
			row = append(row, m[g])
		}
		out = append(out, row)
	}
	if out == nil {
		return nil, nil
	}
	return writeDynamic(out), nil
}

// captureGroups turns a list of group numbers or names into numbers; without a
// list all groups count.
func captureGroups(re *regexp.Regexp, list any) ([]int, error) {
	var groups []int
	wanted, ok := listArg(list)
	if !ok {
		for g := 1; g <= re.NumSubexp(); g++ {
			groups = append(groups, g)
		}
		return groups, nil
	}
	for _, w := range wanted {
		g := -1
		switch x := w.(type) {
		case int64:
			g = int(x)
		case string:
			g = re.SubexpIndex(x)
		}
		if g >= 0 && g <= re.NumSubexp() {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

func (c *regexCache) extractName(args []any) (any, error) {
	re, err := c.get(args[0].(string))
	if err != nil {
		return nil, err
	}
	m, g := re.FindStringSubmatch(args[2].(string)), re.SubexpIndex(args[1].(string))
	if m == nil || g < 0 {
		return "", nil
	}
	return m[g], nil
}

// evalReplaceStrings replaces lookups in their order; what one has taken is out
// of reach of the next.
func evalReplaceStrings(args []any) (any, error) {
	if args[0] == nil {
		return "", nil
	}
	lookups, _ := listArg(args[1])
	to := dynArg(args[2])
	pieces := []replaced{{text: args[0].(string)}}
	for i, l := range lookups {
		with := to
		if list, ok := to.([]any); ok {
			if i >= len(list) {
				break
			}
			with = list[i]
		}
		pieces = replacePieces(pieces, dynString(l), with)
	}
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
	}
	return b.String(), nil
}

// replaced is a piece of text, done where a lookup has taken it.
type replaced struct {
	text string
	done bool
}

// replacePieces replaces from in the pieces that are not done. A replacement
// that is no string leaves the text, but takes it.
func replacePieces(pieces []replaced, from string, with any) []replaced {
	if from == "" {
		return pieces
	}
	text, ok := with.(string)
	if !ok {
		text = from
	}
	var out []replaced
	for _, p := range pieces {
		if p.done {
			out = append(out, p)
			continue
		}
		for i, part := range strings.Split(p.text, from) {
			if i > 0 {
				out = append(out, replaced{text, true})
			}
			out = append(out, replaced{text: part})
		}
	}
	return out
}

// hasTerm reports whether term occurs in s between characters that are neither
// letters nor digits, ignoring case.
func hasTerm(s, term string) bool {
	return findTerm(strings.ToLower(s), strings.ToLower(term), true, true)
}

// findTerm looks for term in s with an edge before and after it, as asked.
func findTerm(s, term string, before, after bool) bool {
	if term == "" {
		return true
	}
	for i := 0; i <= len(s)-len(term); {
		j := strings.Index(s[i:], term)
		if j < 0 {
			return false
		}
		from := i + j
		if (!before || edge(s, from)) && (!after || edge(s, from+len(term))) {
			return true
		}
		_, size := utf8.DecodeRuneInString(s[from:])
		i = from + size
	}
	return false
}

// evalTerms looks for any of a list of terms: text, terms, whether to ignore
// case, and whether an edge must stand before and after.
func evalTerms(args []any) (any, error) {
	s := args[0].(string)
	terms, _ := listArg(args[1])
	fold := args[2] == true
	if fold {
		s = strings.ToLower(s)
	}
	for _, t := range terms {
		term := dynString(t)
		if fold {
			term = strings.ToLower(term)
		}
		if findTerm(s, term, args[3] == true, args[4] == true) {
			return true, nil
		}
	}
	return false, nil
}

// edge reports whether no term runs across offset at of s.
func edge(s string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	after, _ := utf8.DecodeRuneInString(s[at:])
	return at == 0 || at == len(s) || !termRune(before) || !termRune(after)
}

func termRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return isLetterOrNumber(r)
}

func evalHasIndex(args []any) (any, error) {
	if terms, ok := listArg(args[1]); ok && args[0] != nil {
		for i, t := range terms {
			if hasTerm(args[0].(string), dynString(t)) {
				return int64(i), nil
			}
		}
	}
	return int64(-1), nil
}

func evalHasAny(args []any) (any, error) {
	i, err := evalHasIndex(args)
	return i.(int64) >= 0, err
}

func evalHasAll(args []any) (any, error) {
	terms, ok := listArg(args[1])
	if !ok || args[0] == nil {
		return false, nil
	}
	for _, t := range terms {
		if !hasTerm(args[0].(string), dynString(t)) {
			return false, nil
		}
	}
	return true, nil
}

func evalRegexQuote(args []any) (any, error) { return regexp.QuoteMeta(args[0].(string)), nil }

func evalCodepoints(args []any) (any, error) {
	out := []any{}
	for _, r := range args[0].(string) {
		out = append(out, int64(r))
	}
	return writeDynamic(out), nil
}

func evalFromCodepoints(args []any) (any, error) {
	var b strings.Builder
	for _, a := range args {
		addCodepoints(&b, dynArg(a))
	}
	return b.String(), nil
}

func addCodepoints(b *strings.Builder, v any) {
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			addCodepoints(b, e)
		}
	case int64:
		if x >= 0 && x <= utf8.MaxRune {
			b.WriteRune(rune(x))
		}
	}
}

var versionPattern = regexp.MustCompile(`^\d{1,8}(\.\d{1,8}){0,3}$`)

// evalParseVersion packs up to four parts of up to eight digits into a decimal.
// The store's decimals hold 20 digits before the point, so the result is text
// that sorts like the number and is turned into a decimal where it fits.
func evalParseVersion(args []any) (any, error) {
	s := args[0].(string)
	if !versionPattern.MatchString(s) {
		return nil, nil
	}
	parts := strings.Split(s, ".")
	out := ""
	for i := range 4 {
		p := ""
		if i < len(parts) {
			p = parts[i]
		}
		out += strings.Repeat("0", 8-len(p)) + p
	}
	return out, nil
}

var byteUnits = []string{"Bytes", "KB", "MB", "GB", "TB", "PB"}

func evalFormatBytes(args []any) (any, error) {
	v, precision, unit := args[0].(float64), args[1].(int64), args[2].(string)
	i := 0
	if unit == "" {
		for math.Abs(v) >= 1024 && i < len(byteUnits)-1 {
			v /= 1024
			i++
		}
	} else {
		for byteUnits[i] != unit {
			v /= 1024
			if i++; i == len(byteUnits) {
				return "", nil
			}
		}
	}
	scale := math.Pow(10, float64(precision))
	v = math.RoundToEven(v*scale) / scale
	return strconv.FormatFloat(v, 'f', -1, 64) + " " + byteUnits[i], nil
}
