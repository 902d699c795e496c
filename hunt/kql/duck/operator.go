package duck

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hunt365/hunt365/hunt/schema"
)

// wider returns the type in which two numbers meet.
func wider(a, b schema.Type) schema.Type { return max(a, b) }

// arithmetic lowers + - * / % on values of the types KQL allows.
func arithmetic(op string, a, b expr, result schema.Type) (expr, error) {
	if a.typ == schema.Dynamic {
		a = cast(a, numberLike(b.typ))
	}
	if b.typ == schema.Dynamic {
		b = cast(b, numberLike(a.typ))
	}
	out := expr{typ: result, null: true}
	at, bt := a.typ, b.typ
	isTime := func(t schema.Type) bool { return t == schema.DateTime || t == schema.TimeSpan }
	switch {
	case isTime(at) || isTime(bt):
		sql, err := timeArithmetic(op, a, b)
		out.sql = sql
		return foldTicks(op, a, b, out), err
	case at.IsNumeric() && bt.IsNumeric():
		t := wider(at, bt)
		if t == schema.Int {
			t = schema.Long
		}
		if t == schema.Long {
			return cast(wholeArithmetic(op, cast(a, t), cast(b, t), t, at == schema.Int && bt == schema.Int), result), nil
		}
		out.sql = numberArithmetic(op, cast(a, t), cast(b, t), t)
		out.null = a.null || b.null || op == "/" || op == "%"
		out.typ = t
		return cast(out, result), nil
	}
	return out, fmt.Errorf("operator %s is not supported between %s and %s", op, at, bt)
}

func numberLike(t schema.Type) schema.Type {
	switch t {
	case schema.Dynamic, schema.String, schema.Bool:
		return schema.Real
	case schema.Int:
		return schema.Long
	}
	return t
}

var longMacros = map[string]string{"/": "kql_div", "%": "kql_mod"}

// wholeArithmetic lowers operators on whole numbers, which wrap around. A chain
// of + - * is computed as it stands; only where that overflows, again with room
// and then cut. small says that 32-bit operands cannot overflow.
func wholeArithmetic(op string, a, b expr, t schema.Type, small bool) expr {
	out := expr{typ: t, null: a.null || b.null}
	if n, ok := b.lit.(int64); ok && n > 0 && n < 1<<62 && (op == "/" || op == "%") {
		if op == "/" {
			out.sql = fmt.Sprintf("(%s // %s)", a.sql, b.sql)
		} else {
			out.sql = fmt.Sprintf("((%[1]s %% %[2]s + %[2]s) %% %[2]s)", a.sql, b.sql)
		}
		return out
	}
	if op == "/" || op == "%" {
		out.null = true
		out.sql = fmt.Sprintf("%s(%s, %s)", longMacros[op], a.sql, b.sql)
		return out
	}
	x, y := a.plain, b.plain
	hx, hy := a.huge, b.huge
	if x == "" {
		x, hx = a.sql, a.sql+"::HUGEINT"
	}
	if y == "" {
		y, hy = b.sql, b.sql+"::HUGEINT"
	}
	if op == "*" { // products of more than two would leave no room
		if a.huge != "" {
			hx = "kql_wrap(" + hx + ")::HUGEINT"
		}
		if b.huge != "" {
			hy = "kql_wrap(" + hy + ")::HUGEINT"
		}
	}
	out.plain = fmt.Sprintf("(%s %s %s)", x, op, y)
	out.huge = fmt.Sprintf("(%s %s %s)", hx, op, hy)
	switch {
	case small && a.plain == "" && b.plain == "":
		out.sql = out.plain
	case strings.Contains(out.plain, "SELECT "): // TRY takes no subqueries
		out.sql = "kql_wrap(" + out.huge + ")"
	default:
		out.sql = fmt.Sprintf("coalesce(TRY%s, kql_wrap%s)", out.plain, out.huge)
	}
	return out
}

func numberArithmetic(op string, a, b expr, t schema.Type) string {
	if t == schema.Decimal {
		switch op {
		case "/":
			return fmt.Sprintf("TRY_CAST(CASE WHEN %[2]s <> 0 THEN %[1]s::DOUBLE / %[2]s::DOUBLE END AS DECIMAL(38,18))", a.sql, b.sql)
		case "*":
			return fmt.Sprintf("TRY_CAST(%s::DOUBLE * %s::DOUBLE AS DECIMAL(38,18))", a.sql, b.sql)
		}
		return fmt.Sprintf("TRY(%s %s %s)", a.sql, op, b.sql)
	}
	if op == "%" {
		return fmt.Sprintf("kql_rmod(%s, %s)", a.sql, b.sql)
	}
	return fmt.Sprintf("(%s %s %s)", a.sql, op, b.sql)
}

// timeArithmetic lowers arithmetic with a datetime or timespan. Numbers stand
// for themselves in products and quotients.
func timeArithmetic(op string, a, b expr) (string, error) {
	at, bt := a.typ, b.typ
	whole := bt == schema.TimeSpan && at == schema.TimeSpan
	switch {
	case at == schema.DateTime && bt == schema.DateTime && op == "-":
		return fmt.Sprintf("(%s - %s)", a.sql, b.sql), nil
	case at == schema.DateTime && (op == "+" || op == "-"):
		return moveDate(op, a, cast(b, schema.TimeSpan)), nil
	case bt == schema.DateTime && op == "+":
		return moveDate(op, b, cast(a, schema.TimeSpan)), nil
	case whole && op == "/":
		return fmt.Sprintf("(%s::DOUBLE / %s::DOUBLE)", a.sql, b.sql), nil
	case (whole || at == schema.DateTime && bt == schema.TimeSpan) && op == "%":
		return fmt.Sprintf("kql_mod(%s, %s)", a.sql, b.sql), nil
	case whole && (op == "+" || op == "-"):
		return wholeArithmetic(op, a, b, schema.TimeSpan, false).sql, nil
	case at == schema.TimeSpan && bt.IsNumeric() && op == "*":
		return spanTimes(a, b), nil
	case at.IsNumeric() && bt == schema.TimeSpan && op == "*":
		return spanTimes(b, a), nil
	case at == schema.TimeSpan && bt.IsNumeric() && op == "/":
		return fmt.Sprintf("kql_span_div(%s, %s)", a.sql, cast(b, schema.Real).sql), nil
	}
	return "", fmt.Errorf("operator %s is not supported between %s and %s", op, at, bt)
}

// moveDate adds a timespan to a datetime; beyond the calendar is null.
func moveDate(op string, date, span expr) string {
	sum := fmt.Sprintf("%s %s %s", date.sql, op, span.sql)
	if n, ok := span.lit.(int64); ok && n < 1<<61 && n > -1<<61 {
		return once("kql_date", "("+sum+")")
	}
	if strings.Contains(sum, "SELECT ") {
		return fmt.Sprintf("%s(%s, %s)", map[string]string{"+": "kql_date_add", "-": "kql_date_sub"}[op], date.sql, span.sql)
	}
	return once("kql_date", "TRY("+sum+")")
}

func spanTimes(span, n expr) string {
	if n.typ == schema.Int || n.typ == schema.Long {
		return wholeArithmetic("*", span, cast(n, schema.Long), schema.TimeSpan, false).sql
	}
	return fmt.Sprintf("kql_span_mul(%s, %s)", span.sql, cast(n, schema.Real).sql)
}

// foldTicks computes constant dates and timespans at once, so that time filters
// are plain comparisons that prune row groups.
func foldTicks(op string, a, b, out expr) expr {
	x, ok := a.lit.(int64)
	y, okY := b.lit.(int64)
	if !ok || !okY || SQLType(a.typ) != "BIGINT" || SQLType(b.typ) != "BIGINT" || out.typ != schema.DateTime && out.typ != schema.TimeSpan {
		return out
	}
	var v int64
	switch {
	case op == "+":
		v = x + y
	case op == "-":
		v = x - y
	case op == "*" && x < 1<<31 && x > -1<<31 && y < 1<<62 && y > -1<<62:
		v = x * y
		if x != 0 && v/x != y {
			return out
		}
	default:
		return out
	}
	if out.typ == schema.DateTime && (v < 0 || v > maxTicks) {
		return literal(out.typ, nil)
	}
	return literal(out.typ, v)
}

// comparison lowers == != < <= > >=. loose is set where a null result counts
// as false, as in a filter.
func comparison(op string, a, b expr, loose bool) (expr, error) {
	a, b, err := meet(a, b, op)
	if err != nil {
		return expr{}, err
	}
	out := expr{typ: schema.Bool}
	nulls := a.null || b.null
	sqlOp := map[string]string{"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}[op]
	plain := fmt.Sprintf("%s %s %s", a.sql, sqlOp, b.sql)
	if a.typ == schema.Real {
		plain = withoutNaN(op, a, b, plain)
	}
	out.sql = "(" + plain + ")"
	if !nulls {
		return out, nil
	}
	switch op {
	case "==":
		if !loose {
			out.sql = fmt.Sprintf("coalesce(%s, CASE WHEN %s IS NULL AND %s IS NULL THEN NULL ELSE false END)", plain, a.sql, b.sql)
			out.null = a.null && b.null
		} else {
			out.null = true
		}
	case "!=":
		out.sql = fmt.Sprintf("coalesce(%s, CASE WHEN %s IS NULL AND %s IS NULL THEN NULL ELSE true END)", plain, a.sql, b.sql)
		if !(a.null && b.null) {
			out.sql = fmt.Sprintf("coalesce(%s, true)", plain)
		}
		out.null = a.null && b.null
	default:
		out.null = true
	}
	if op == "==" && !loose && !(a.null && b.null) {
		out.sql = fmt.Sprintf("coalesce(%s, false)", plain)
	}
	return out, nil
}

// withoutNaN makes comparisons with NaN false, and != true; DuckDB orders NaN
// above all numbers and equal to itself.
func withoutNaN(op string, a, b expr, plain string) string {
	x, aConst := a.lit.(float64)
	y, bConst := b.lit.(float64)
	aConst, bConst = aConst && !math.IsNaN(x), bConst && !math.IsNaN(y)
	switch op {
	case "==":
		if aConst || bConst {
			return plain
		}
		return fmt.Sprintf("(%s AND NOT isnan(%s))", plain, a.sql)
	case "!=":
		if aConst || bConst {
			return plain
		}
		return fmt.Sprintf("(%s OR isnan(%s))", plain, a.sql)
	case ">", ">=":
		if aConst {
			return plain
		}
		return fmt.Sprintf("(%s AND NOT isnan(%s))", plain, a.sql)
	}
	if bConst {
		return plain
	}
	return fmt.Sprintf("(%s AND NOT isnan(%s))", plain, b.sql)
}

// meet brings two operands of a comparison to one type.
func meet(a, b expr, op string) (expr, expr, error) {
	at, bt := a.typ, b.typ
	switch {
	case at == bt && at != schema.Dynamic:
		return a, b, nil
	case at == schema.Dynamic && bt == schema.Dynamic:
		return a, b, nil
	case at == schema.Dynamic:
		a = fromDynamic(a, b)
		return a, sameKind(b, a), nil
	case bt == schema.Dynamic:
		b = fromDynamic(b, a)
		return sameKind(a, b), b, nil
	case at.IsNumeric() && bt.IsNumeric():
		t := wider(at, bt)
		return cast(a, t), cast(b, t), nil
	case at == schema.String || bt == schema.String:
		return asText(a), asText(b), nil
	case at == schema.Bool && bt.IsNumeric():
		return cast(a, bt), b, nil
	case bt == schema.Bool && at.IsNumeric():
		return a, cast(b, at), nil
	case SQLType(at) == SQLType(bt):
		return a, b, nil
	}
	return a, b, fmt.Errorf("operator %s is not supported between %s and %s", op, at, bt)
}

// sameKind widens a number to what a dynamic number was read as.
func sameKind(e, read expr) expr {
	if e.typ.IsNumeric() && read.typ.IsNumeric() && e.typ < read.typ {
		return cast(e, read.typ)
	}
	return e
}

// fromDynamic turns a dynamic value into the type of what it is compared with;
// a value of another kind is null, which is equal to nothing.
func fromDynamic(d, other expr) expr {
	switch other.typ {
	case schema.String, schema.GUID:
		if d.path != "" {
			return expr{typ: schema.String, null: true, sql: d.json("json_extract_string")}
		}
		return expr{typ: schema.String, null: true, sql: "json_extract_string(" + d.sql + ", '$')"}
	case schema.Int, schema.Long, schema.Real:
		if n, ok := other.lit.(int64); d.path != "" && (other.typ == schema.Real || ok && n < 1<<53 && n > -1<<53) {
			return expr{typ: schema.Real, null: true, sql: "TRY_CAST(" + d.json("json_extract_string") + " AS DOUBLE)"}
		}
		return cast(d, wider(other.typ, schema.Long))
	}
	return cast(d, other.typ)
}

// textOperator describes a string operator: how it is spelled in SQL for a
// constant and for any other right side.
type textOperator struct {
	lower bool // ignores case
	call  string
}

var textOperators = map[string]textOperator{
	"contains": {true, "contains"}, "contains_cs": {false, "contains"},
	"startswith": {true, "starts_with"}, "startswith_cs": {false, "starts_with"},
	"endswith": {true, "ends_with"}, "endswith_cs": {false, "ends_with"},
}

// termOperator is an operator on whole terms: what must not be a letter or
// digit beside the term.
type termOperator struct{ lower, before, after bool }

var termOperators = map[string]termOperator{
	"has": {true, true, true}, "has_cs": {false, true, true},
	"hasprefix": {true, true, false}, "hasprefix_cs": {false, true, false},
	"hassuffix": {true, false, true}, "hassuffix_cs": {false, false, true},
}

// textCompare lowers the string operators. Both sides are text already.
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

// match looks for any of the constant terms. A cheap substring search comes
// first; then one regular expression takes ASCII edges, for which nearly all
// terms are told. Only a term beside a character beyond ASCII goes to Go: a
// class of all letters takes RE2 milliseconds to build.
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

// edges spells the terms with what must stand beside each. A term that begins
// or ends with a delimiter, such as ".exe", has its edge already.
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

// anyText looks for a term that only the row knows.
func (t termOperator) anyText(x, term string) string {
	find := fmt.Sprintf("contains(%s, %s)", x, term)
	if t.lower {
		find = fmt.Sprintf("contains(lower(%s), lower(%s))", x, term)
	}
	return fmt.Sprintf("CASE WHEN %s THEN kql_go_terms(%s, '[' || kql_json_string(%s) || ']', %t, %t, %t) ELSE false END", find, x, term, t.lower, t.before, t.after)
}

// lowerText folds case; a constant is folded at once.
func lowerText(e expr) string {
	if s, ok := e.lit.(string); ok {
		return quote(strings.ToLower(s))
	}
	return "lower(" + e.sql + ")"
}

var namedGroup = regexp.MustCompile(`\(\?<([A-Za-z_]\w*)>`)

// regexArg rewrites a constant regular expression where RE2 differs from
// Kusto's engine: the spelling of named groups, and classes such as \d and \s,
// which mean all of Unicode there.
func regexArg(e expr) expr {
	s, ok := e.lit.(string)
	if !ok {
		return e
	}
	return literal(schema.String, unicodeClasses(namedGroup.ReplaceAllString(s, "(?P<$1>")))
}

// perlClasses are the members of the Unicode classes that the Perl ones mean.
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
