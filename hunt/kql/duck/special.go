package duck

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// specials are the functions that no template can express.
var specials = map[string]func(x *kql.Apply, args []expr) (expr, error){
	"isnull":     func(_ *kql.Apply, a []expr) (expr, error) { return isNull(a[0]), nil },
	"isnotnull":  func(_ *kql.Apply, a []expr) (expr, error) { return negate(isNull(a[0])), nil },
	"isempty":    func(_ *kql.Apply, a []expr) (expr, error) { return isEmpty(a[0]), nil },
	"isnotempty": func(_ *kql.Apply, a []expr) (expr, error) { return negate(isEmpty(a[0])), nil },
	"iff":        lowerIff, "iif": lowerIff, "case": lowerCase, "coalesce": lowerCoalesce,
	"max_of": lowerExtreme, "min_of": lowerExtreme,
	"strcat": lowerStrcat, "strcat_delim": lowerStrcatDelim,
	"pack_array": lowerPackArray, "bag_pack": lowerBagPack, "pack": lowerBagPack, "pack_dictionary": lowerBagPack,
	"parse_json": lowerParseJSON, "todynamic": lowerParseJSON, "toobject": lowerParseJSON, "parsejson": lowerParseJSON,
	"gettype": lowerGetType, "extract": lowerExtract, "replace_regex": lowerReplaceRegex, "replace": lowerReplaceRegex,
	"trim": lowerTrim, "trim_start": lowerTrim, "trim_end": lowerTrim,
	"datetime_diff": lowerDateDiff, "datetime_part": lowerDatePart, "hash": lowerHash, "hash_xxhash64": lowerHash,
	"array_sort_asc": lowerArraySort, "array_sort_desc": lowerArraySort,
	"ipv4_is_in_any_range": lowerInAnyRange, "ipv6_is_in_any_range": lowerInAnyRange,
	"strrep": lowerStrrep, "has_any_ipv4": lowerHasIPv4, "has_any_ipv4_prefix": lowerHasIPv4,
	"extract_all": lowerExtractAll, joinTexts: lowerJoinTexts,
}

// branch converts a result of iff and its like to the result's type.
func branch(e expr, t schema.Type) expr {
	if e.typ == t {
		return e
	}
	return cast(e, t)
}

func lowerIff(x *kql.Apply, a []expr) (expr, error) {
	yes, no := branch(a[1], x.T), branch(a[2], x.T)
	return expr{typ: x.T, null: yes.null || no.null, sql: fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", cast(a[0], schema.Bool).sql, yes.sql, no.sql)}, nil
}

func lowerCase(x *kql.Apply, a []expr) (expr, error) {
	var b strings.Builder
	b.WriteString("CASE")
	null := false
	for i := 0; i+1 < len(a); i += 2 {
		then := branch(a[i+1], x.T)
		null = null || then.null
		fmt.Fprintf(&b, " WHEN %s THEN %s", cast(a[i], schema.Bool).sql, then.sql)
	}
	last := branch(a[len(a)-1], x.T)
	b.WriteString(" ELSE " + last.sql + " END")
	return expr{typ: x.T, null: null || last.null, sql: b.String()}, nil
}

// lowerCoalesce takes the first value that is not null; of strings, the first
// that is not empty.
func lowerCoalesce(x *kql.Apply, a []expr) (expr, error) {
	var parts []string
	null := true
	for i, e := range a {
		e = branch(e, x.T)
		sql := e.sql
		if x.T == schema.String && i < len(a)-1 {
			sql = "nullif(" + sql + ", '')"
		}
		null = null && e.null
		parts = append(parts, sql)
	}
	return expr{typ: x.T, null: null && x.T != schema.String, sql: "coalesce(" + strings.Join(parts, ", ") + ")"}, nil
}

func lowerExtreme(x *kql.Apply, a []expr) (expr, error) {
	fn := map[string]string{"max_of": "greatest", "min_of": "least"}[x.Fn]
	var parts, nan []string
	null := true
	for _, e := range a {
		e = branch(e, x.T)
		null = null && e.null
		parts = append(parts, e.sql)
		if v, isConst := e.lit.(float64); !isConst || math.IsNaN(v) {
			nan = append(nan, "coalesce(isnan("+e.sql+"), false)")
		}
	}
	sql := fn + "(" + strings.Join(parts, ", ") + ")"
	if x.T == schema.Real && x.Fn == "min_of" && len(nan) > 0 {
		sql = fmt.Sprintf("CASE WHEN %s THEN 'nan'::DOUBLE ELSE %s END", strings.Join(nan, " OR "), sql)
	}
	return expr{typ: x.T, null: null, sql: sql}, nil
}

func lowerStrcat(_ *kql.Apply, a []expr) (expr, error) {
	var parts []string
	for _, e := range a {
		parts = append(parts, asText(e).sql)
	}
	return expr{typ: schema.String, sql: "(" + strings.Join(parts, " || ") + ")"}, nil
}

func lowerStrcatDelim(_ *kql.Apply, a []expr) (expr, error) {
	delim := " || " + asText(a[0]).sql + " || "
	var parts []string
	for _, e := range a[1:] {
		parts = append(parts, asText(e).sql)
	}
	return expr{typ: schema.String, sql: "(" + strings.Join(parts, delim) + ")"}, nil
}

func lowerPackArray(_ *kql.Apply, a []expr) (expr, error) {
	var parts []string
	for _, e := range a {
		parts = append(parts, asJSON(e).sql)
	}
	if len(parts) == 0 {
		return literal(schema.Dynamic, "[]"), nil
	}
	return expr{typ: schema.Dynamic, sql: "('[' || " + strings.Join(parts, " || ',' || ") + " || ']')"}, nil
}

func lowerBagPack(_ *kql.Apply, a []expr) (expr, error) {
	var parts []string
	for i := 0; i+1 < len(a); i += 2 {
		key := asJSON(asText(a[i])).sql
		parts = append(parts, key+" || ':' || "+asJSON(a[i+1]).sql)
	}
	return expr{typ: schema.Dynamic, sql: bagOf(parts, false)}, nil
}

// lowerParseJSON reads text; a dynamic value stays what it is.
func lowerParseJSON(_ *kql.Apply, a []expr) (expr, error) {
	e := a[0]
	if e.typ == schema.Dynamic {
		return e, nil
	}
	if s, ok := e.lit.(string); ok && e.typ == schema.String {
		v, err := evalParseJSON([]any{s})
		return literal(schema.Dynamic, v), err
	}
	if e.typ != schema.String {
		return asDynamic(e), nil
	}
	return unchecked(e.sql), nil
}

// unchecked is text read as JSON: paths below it go straight to the text.
func unchecked(text string) expr {
	out := expr{typ: schema.Dynamic, null: true, sql: once("kql_parse_json", text)}
	if !strings.Contains(text, "SELECT ") {
		out.raw, out.try, out.unread = "nullif("+text+", '')", true, text
	}
	return out
}

func lowerGetType(_ *kql.Apply, a []expr) (expr, error) {
	if a[0].typ == schema.Dynamic {
		return expr{typ: schema.String, sql: "kql_gettype(" + a[0].sql + ")"}, nil
	}
	return literal(schema.String, a[0].typ.String()), nil
}

// lowerExtract takes one group of a regular expression's first match, as text
// or converted to a fourth argument's type.
func lowerExtract(x *kql.Apply, a []expr) (expr, error) {
	text := asText(a[2])
	re := regexArg(a[0])
	out := expr{typ: schema.String}
	switch {
	case a[1].typ == schema.String:
		out.sql = fmt.Sprintf("coalesce(kql_go_extract_name(%s, %s, %s), '')", re.sql, a[1].sql, text.sql)
	default:
		group, ok := a[1].lit.(int64)
		if !ok || group < 0 || group > 9 {
			return out, fmt.Errorf("extract() needs a constant group from 0 to 9")
		}
		if s, ok := re.lit.(string); ok && countGroups(s) < int(group) {
			return cast(literal(schema.String, ""), x.T), nil
		}
		out.sql = fmt.Sprintf("regexp_extract(%s, %s, %d)", text.sql, re.sql, group)
	}
	return cast(out, x.T), nil
}

func countGroups(pattern string) int {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return 9
	}
	return re.NumSubexp()
}

// lowerReplaceRegex keeps \1 group references, which RE2 spells alike.
func lowerReplaceRegex(_ *kql.Apply, a []expr) (expr, error) {
	return expr{typ: schema.String, sql: fmt.Sprintf("regexp_replace(%s, %s, %s, 'g')", asText(a[0]).sql, regexArg(a[1]).sql, asText(a[2]).sql)}, nil
}

func lowerTrim(x *kql.Apply, a []expr) (expr, error) {
	return expr{typ: schema.String, sql: fmt.Sprintf("kql_%s(%s, %s)", x.Fn, regexArg(asText(a[0])).sql, asText(a[1]).sql)}, nil
}

// diffTicks are the units whose differences count boundaries of whole ticks.
var diffTicks = map[string]string{
	"day": "864000000000", "hour": "36000000000", "minute": "600000000", "second": "10000000",
	"millisecond": "10000", "microsecond": "10",
}

func lowerDateDiff(x *kql.Apply, a []expr) (expr, error) {
	part, ok := a[0].lit.(string)
	if !ok {
		return expr{}, fmt.Errorf("datetime_diff() needs a constant part")
	}
	p, q := a[1].sql, a[2].sql
	out := expr{typ: schema.Long, null: true}
	part = strings.ToLower(part)
	switch part {
	case "year":
		out.sql = fmt.Sprintf("(year(kql_day(%s)) - year(kql_day(%s)))::BIGINT", p, q)
	case "quarter":
		out.sql = fmt.Sprintf("(kql_months(%s) // 3 - kql_months(%s) // 3)::BIGINT", p, q)
	case "month":
		out.sql = fmt.Sprintf("(kql_months(%s) - kql_months(%s))::BIGINT", p, q)
	case "week":
		// Weeks begin on Sunday, and 0001-01-01 was a Monday.
		out.sql = fmt.Sprintf("((%s + 864000000000) // 6048000000000 - (%s + 864000000000) // 6048000000000)", p, q)
	case "nanosecond":
		out.sql = fmt.Sprintf("((%s - %s) * 100)", p, q)
	default:
		unit, ok := diffTicks[part]
		if !ok {
			return out, fmt.Errorf("datetime_diff() does not know the part %q", part)
		}
		out.sql = fmt.Sprintf("(%s // %s - %s // %s)", p, unit, q, unit)
	}
	return cast(out, x.T), nil
}

var dateParts = map[string]string{
	"year": "year(kql_day({0}))", "quarter": "quarter(kql_day({0}))", "month": "month(kql_day({0}))", "week_of_year": "week(kql_day({0}))",
	"day": "day(kql_day({0}))", "dayofyear": "dayofyear(kql_day({0}))", "hour": "({0} // 36000000000 % 24)", "minute": "({0} // 600000000 % 60)",
	"second": "({0} // 10000000 % 60)", "millisecond": "({0} // 10000 % 1000)", "microsecond": "({0} // 10 % 1000000)", "nanosecond": "({0} % 10000000 * 100)",
}

func lowerDatePart(x *kql.Apply, a []expr) (expr, error) {
	part, _ := a[0].lit.(string)
	sql, ok := dateParts[strings.ToLower(part)]
	if !ok {
		return expr{}, fmt.Errorf("datetime_part() does not know the part %q", part)
	}
	return expr{typ: x.T, null: true, sql: "(" + strings.ReplaceAll(sql, "{0}", a[1].sql) + ")::" + SQLType(x.T)}, nil
}

func lowerHash(x *kql.Apply, a []expr) (expr, error) {
	kind, text := "string", asText(a[0])
	if SQLType(a[0].typ) == "BIGINT" || a[0].typ == schema.Int {
		kind, text = "long", expr{sql: "(" + a[0].sql + ")::VARCHAR"}
	}
	mod := "0"
	if len(a) > 1 {
		mod = cast(a[1], schema.Long).sql
	}
	return expr{typ: x.T, null: true, sql: fmt.Sprintf("kql_go_hash('%s', %s, %s)", kind, text.sql, mod)}, nil
}

// lowerArraySort sorts the first array and with it the others; one array gives
// an array, several an array of them.
func lowerArraySort(x *kql.Apply, a []expr) (expr, error) {
	nullsLast := "true"
	if n := len(a); n > 1 && a[n-1].typ == schema.Bool {
		nullsLast = "coalesce(" + a[n-1].sql + ", true)"
		a = a[:n-1]
	}
	var parts []string
	for _, e := range a {
		parts = append(parts, asDynamic(e).sql)
	}
	sql := fmt.Sprintf("kql_go_array_sort(%t, %s, %s)", x.Fn == "array_sort_desc", nullsLast, strings.Join(parts, ", "))
	if len(parts) == 1 {
		return extend(expr{typ: schema.Dynamic, null: true, sql: sql}, "[0]"), nil
	}
	return expr{typ: schema.Dynamic, null: true, sql: sql}, nil
}

func lowerInAnyRange(x *kql.Apply, a []expr) (expr, error) {
	ranges := asDynamic(a[1]).sql
	if len(a) > 2 || a[1].typ == schema.String {
		var parts []string
		for _, e := range a[1:] {
			parts = append(parts, asJSON(e).sql)
		}
		ranges = "('[' || " + strings.Join(parts, " || ',' || ") + " || ']')"
	}
	return expr{typ: schema.Bool, null: true, sql: fmt.Sprintf("kql_go_ip_in_any_range(%s, %s, %t)", asText(a[0]).sql, ranges, x.Fn == "ipv6_is_in_any_range")}, nil
}

func lowerStrrep(_ *kql.Apply, a []expr) (expr, error) {
	s, n := asText(a[0]).sql, cast(a[1], schema.Long).sql
	if len(a) == 2 {
		return expr{typ: schema.String, sql: fmt.Sprintf("coalesce(kql_repeat(%s, %s), '')", s, n)}, nil
	}
	d := asText(a[2]).sql
	return expr{typ: schema.String, sql: fmt.Sprintf("CASE WHEN %[2]s > 0 THEN kql_repeat(%[1]s || %[3]s, %[2]s - 1) || %[1]s ELSE '' END", s, n, d)}, nil
}

func lowerHasIPv4(x *kql.Apply, a []expr) (expr, error) {
	list := asDynamic(a[1]).sql
	if len(a) > 2 || a[1].typ == schema.String {
		var parts []string
		for _, e := range a[1:] {
			parts = append(parts, asJSON(e).sql)
		}
		list = "('[' || " + strings.Join(parts, " || ',' || ") + " || ']')"
	}
	return expr{typ: schema.Bool, sql: fmt.Sprintf("kql_go_has_ipv4(%s, %s, %t)", asText(a[0]).sql, list, x.Fn == "has_any_ipv4_prefix")}, nil
}

func lowerExtractAll(_ *kql.Apply, a []expr) (expr, error) {
	groups := "NULL::VARCHAR"
	if len(a) == 3 {
		groups = asDynamic(a[1]).sql
	}
	return expr{typ: schema.Dynamic, null: true, sql: fmt.Sprintf("kql_go_extract_all(%s, %s, %s)", regexArg(a[0]).sql, groups, asText(a[len(a)-1]).sql)}, nil
}
