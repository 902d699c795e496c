package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

func (l *lowerer) inList(x *kql.InList, in *rel) (expr, error) {
	op, not := strings.CutPrefix(x.Op, "!")
	e, err := l.scalar(x.X, in)
	if err != nil {
		return e, err
	}
	items, err := l.scalars(x.List, in)
	if err != nil {
		return e, err
	}
	items = flattenConstants(items, e.typ)
	var out expr
	switch op {
	case "has_any", "has_all":
		out, err = hasMany(op, asText(e), items)
	default:
		out, err = inItems(e, items, op == "in~")
	}
	if not {
		out = negate(out)
	}
	return out, err
}

func flattenConstants(items []expr, want schema.Type) []expr {
	var out []expr
	for _, it := range items {
		text, ok := it.lit.(string)
		if it.typ != schema.Dynamic || !ok {
			out = append(out, it)
			continue
		}
		v, _ := readDynamic(text)
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		}
		for _, v := range list {
			out = append(out, constantOf(v, want))
		}
	}
	return out
}

func constantOf(v any, want schema.Type) expr {
	switch x := v.(type) {
	case string:
		if want == schema.String || want == schema.Dynamic {
			return literal(schema.String, x)
		}
		return cast(literal(schema.String, x), want)
	case int64:
		if want == schema.String {
			return literal(schema.String, writeDynamic(v))
		}
		return literal(schema.Long, x)
	case float64:
		if want == schema.String {
			return literal(schema.String, writeDynamic(v))
		}
		return literal(schema.Real, x)
	case bool:
		if want == schema.String {
			return literal(schema.String, writeDynamic(v))
		}
		return literal(schema.Bool, x)
	case nil:
		return literal(want, nil)
	}
	return literal(schema.Dynamic, writeDynamic(v))
}

func inItems(e expr, items []expr, fold bool) (expr, error) {
	left := e
	if fold {
		left = expr{typ: schema.String, sql: lowerText(asText(e))}
	}
	var values, others []string
	for _, it := range items {
		if it.typ == schema.Dynamic && it.lit == nil {
			others = append(others, inArray(left, it, fold))
			continue
		}
		if it.lit == nil && it.null && strings.HasPrefix(it.sql, "NULL::") {
			continue
		}
		if fold {
			values = append(values, lowerText(asText(it)))
			continue
		}
		a, b, err := meet(e, it, "in")
		if err != nil {
			return expr{}, err
		}
		if a.sql == e.sql && a.typ == e.typ && e.typ != schema.Dynamic {
			values = append(values, b.sql)
			continue
		}
		others = append(others, fmt.Sprintf("coalesce(%s = %s, false)", a.sql, b.sql))
	}
	if len(values) > 0 {
		test := fmt.Sprintf("%s IN (%s)", left.sql, strings.Join(values, ", "))
		if left.null {
			test = "coalesce(" + test + ", false)"
		}
		others = append([]string{test}, others...)
	}
	if len(others) == 0 {
		return literal(schema.Bool, false), nil
	}
	return expr{typ: schema.Bool, sql: "(" + strings.Join(others, " OR ") + ")"}, nil
}

func inArray(e, array expr, fold bool) string {
	elements := "kql_texts(" + array.sql + ")"
	if fold {
		return fmt.Sprintf("coalesce(list_contains(list_transform(%s, lambda v: lower(v)), %s), false)", elements, e.sql)
	}
	return fmt.Sprintf("coalesce(list_contains(%s, %s), false)", elements, elementText(e))
}

func elementText(e expr) string {
	switch e.typ {
	case schema.String, schema.GUID:
		return e.sql
	case schema.Dynamic:
		return asText(e).sql
	case schema.Int, schema.Long, schema.Bool:
		return "(" + e.sql + ")::VARCHAR"
	}
	return "trim(" + asJSON(e).sql + ", '\"')"
}

func hasMany(op string, e expr, items []expr) (expr, error) {
	out, has := expr{typ: schema.Bool}, termOperators["has"]
	var terms, tests []string
	for _, it := range items {
		if s, ok := it.lit.(string); ok && it.typ == schema.String {
			terms = append(terms, s)
			continue
		}
		if it.typ == schema.Dynamic {
			tests = append(tests, fmt.Sprintf("kql_go_%s(%s, CASE WHEN kql_is_array(%[3]s) THEN %[3]s ELSE '[' || kql_json_dyn(%[3]s) || ']' END)", op, e.sql, it.sql))
			continue
		}
		tests = append(tests, has.anyText(e.sql, asText(it).sql))
	}
	join := " OR "
	if op == "has_all" {
		join = " AND "
		for _, t := range terms {
			tests = append(tests, has.match(e, []string{t}))
		}
	} else if len(terms) > 0 {
		tests = append(tests, has.match(e, terms))
	}
	if len(tests) == 0 {
		return literal(schema.Bool, op == "has_all"), nil
	}
	out.sql = "(" + strings.Join(tests, join) + ")"
	return out, nil
}

func (l *lowerer) inRel(x *kql.InRel, in *rel) (expr, error) {
	op, not := strings.CutPrefix(x.Op, "!")
	e, err := l.scalar(x.X, in)
	if err != nil {
		return e, err
	}
	sub, err := l.isolated(x.Rel)
	if err != nil {
		return e, err
	}
	first := x.Rel.Output()[0]
	out := expr{typ: schema.Bool}
	col := expr{typ: first.Type, sql: colName(first), null: sub.null[first.ID]}
	if op == "has_any" || op == "has_all" {
		items := fmt.Sprintf("(SELECT coalesce(to_json(list(%s))::VARCHAR, '[]') FROM %s)", asText(col).sql, sub.name)
		out.sql = fmt.Sprintf("kql_go_%s(%s, %s)", op, asText(e).sql, items)
	} else {
		out.sql, err = inColumn(e, col, sub.name, op == "in~")
		if err != nil {
			return e, err
		}
	}
	if not {
		out = negate(out)
	}
	return out, nil
}

func inColumn(e, col expr, name string, fold bool) (string, error) {
	if col.typ == schema.Dynamic {
		left, item := elementText(e), "v"
		if fold {
			left, item = lowerText(asText(e)), "lower(v)"
		}
		return fmt.Sprintf("coalesce(%s IN (SELECT %s FROM (SELECT unnest(kql_texts(%s)) AS v FROM %s) WHERE v IS NOT NULL), false)", left, item, col.sql, name), nil
	}
	if fold {
		return fmt.Sprintf("(%s IN (SELECT %s FROM %s))", lowerText(asText(e)), lowerText(asText(col)), name), nil
	}
	a, b, err := meet(e, col, "in")
	if err != nil {
		return "", err
	}
	where := ""
	if b.null || a.typ == schema.Dynamic {
		where = " WHERE " + b.sql + " IS NOT NULL"
	}
	test := fmt.Sprintf("%s IN (SELECT %s FROM %s%s)", a.sql, b.sql, name, where)
	if a.null {
		return "coalesce(" + test + ", false)", nil
	}
	return "(" + test + ")", nil
}

func (l *lowerer) isolated(n kql.Rel) (*rel, error) {
	ctx, scan, plain := l.ctx, l.scan, l.plain
	l.ctx, l.scan, l.plain = nil, nil, false
	defer func() { l.ctx, l.scan, l.plain = ctx, scan, plain }()
	return l.rel(n, 1)
}
