package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// scalar lowers x over the columns of in.
func (l *lowerer) scalar(x kql.Scalar, in *rel) (expr, error) {
	plain := l.plain
	l.plain = false
	defer func() { l.plain = plain }()
	return l.lowerScalar(x, in)
}

// predicate lowers x where null counts as false: in a filter, under and, or.
func (l *lowerer) predicate(x kql.Scalar, in *rel) (expr, error) {
	plain := l.plain
	l.plain = true
	defer func() { l.plain = plain }()
	return l.lowerScalar(x, in)
}

func (l *lowerer) lowerScalar(x kql.Scalar, in *rel) (expr, error) {
	switch x := x.(type) {
	case *kql.Lit:
		if x.T == schema.Dynamic && x.Value == "null" {
			return literal(x.T, nil), nil
		}
		return literal(x.T, x.Value), nil
	case *kql.ColRef:
		return l.column(x.Col, in), nil
	case *kql.Cast:
		e, err := l.scalar(x.X, in)
		if err != nil {
			return e, err
		}
		return cast(e, x.T), nil
	case *kql.Apply:
		e, err := l.call(x, in)
		return e, l.faultAt(err, x)
	case *kql.Path:
		return l.path(x, in)
	case *kql.InList:
		return l.inList(x, in)
	case *kql.InRel:
		return l.inRel(x, in)
	case *kql.ToScalar:
		return l.toScalar(x)
	case *kql.PackCols:
		return l.packCols(x, in)
	case *kql.StateRef:
		return l.stateRef(x)
	}
	return expr{}, fmt.Errorf("%T is not supported", x)
}

func (l *lowerer) column(c *kql.Col, in *rel) expr {
	if l.scan != nil {
		if sql, ok := l.scan.cols[c.ID]; ok {
			return expr{typ: c.Type, sql: sql, null: c.Type != schema.String}
		}
	}
	e := expr{typ: c.Type, sql: colName(c), null: in.null[c.ID]}
	if c.Type == schema.String {
		e.null = false
	}
	return e
}

func (l *lowerer) scalars(xs []kql.Scalar, in *rel) ([]expr, error) {
	var out []expr
	for _, x := range xs {
		e, err := l.scalar(x, in)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// call lowers operators and functions.
func (l *lowerer) call(x *kql.Apply, in *rel) (expr, error) {
	if e, ok := l.windowSQL[x]; ok {
		return e, nil
	}
	switch x.Fn {
	case "and", "or":
		return l.logic(x, in)
	case "not":
		// Under not, null must not pass for false.
		e, err := l.scalar(x.Args[0], in)
		return negate(e), err
	}
	plain := l.plain
	args, err := l.scalars(x.Args, in)
	if err != nil {
		return expr{}, err
	}
	switch x.Fn {
	case "==", "!=", "<", "<=", ">", ">=":
		return comparison(x.Fn, args[0], args[1], plain)
	case "+", "-", "*", "/", "%":
		return arithmetic(x.Fn, args[0], args[1], x.T)
	case "neg":
		return negative(args[0]), nil
	}
	if isTextOperator(x.Fn) {
		return textCompare(x.Fn, asText(args[0]), asText(args[1]))
	}
	if f, ok := specials[x.Fn]; ok {
		return f(x, args)
	}
	return scalar(x.Fn, args, x.T)
}

func isTextOperator(op string) bool {
	base := strings.TrimPrefix(op, "!")
	if op == "=~" || op == "!~" || base == "matches regex" {
		return true
	}
	_, text := textOperators[base]
	_, term := termOperators[base]
	return text || term
}

func (l *lowerer) logic(x *kql.Apply, in *rel) (expr, error) {
	args := chain(x.Fn, x, nil)
	if x.Fn == "or" {
		args = gatherTerms(args)
	}
	var parts []string
	null := false
	for _, a := range args {
		e, err := l.lowerScalar(a, in)
		if err != nil {
			return e, err
		}
		null = null || e.null
		parts = append(parts, e.sql)
	}
	return expr{typ: schema.Bool, null: null, sql: "(" + strings.Join(parts, " "+strings.ToUpper(x.Fn)+" ") + ")"}, nil
}

// chain lists the operands of nested and or or.
func chain(op string, x kql.Scalar, out []kql.Scalar) []kql.Scalar {
	a, ok := x.(*kql.Apply)
	if !ok || a.Fn != op {
		return append(out, x)
	}
	for _, y := range a.Args {
		out = chain(op, y, out)
	}
	return out
}

// manyColumns is from how many on the same term in several columns is looked
// for in all of them at once.
const manyColumns = 4

// gatherTerms joins tests of one term on many columns, which search makes, into
// a test of all texts put together with a character that no term holds.
func gatherTerms(args []kql.Scalar) []kql.Scalar {
	groups := map[string]*kql.Apply{}
	var order []string
	var out []kql.Scalar
	for _, x := range args {
		a, ok := x.(*kql.Apply)
		key := ""
		if ok && len(a.Args) == 2 {
			if lit, isLit := a.Args[1].(*kql.Lit); isLit && strings.HasPrefix(a.Fn, "has") {
				if s, isText := lit.Value.(string); isText && s != "" && !strings.Contains(s, "\x01") {
					key = a.Fn + " " + s
				}
			}
		}
		if key == "" {
			out = append(out, x)
			continue
		}
		g := groups[key]
		if g == nil {
			g = &kql.Apply{Fn: a.Fn, T: schema.Bool, Args: []kql.Scalar{&kql.Apply{Fn: joinTexts, T: schema.String}, a.Args[1]}}
			groups[key] = g
			order = append(order, key)
		}
		texts := g.Args[0].(*kql.Apply)
		texts.Args = append(texts.Args, a.Args[0])
	}
	for _, key := range order {
		g := groups[key]
		texts := g.Args[0].(*kql.Apply).Args
		if len(texts) >= manyColumns {
			out = append(out, g)
			continue
		}
		for _, t := range texts {
			out = append(out, &kql.Apply{Fn: g.Fn, T: schema.Bool, Args: []kql.Scalar{t, g.Args[1]}})
		}
	}
	return out
}

// joinTexts is a function of our own: all arguments as one text.
const joinTexts = "join texts"

func lowerJoinTexts(_ *kql.Apply, a []expr) (expr, error) {
	var parts []string
	for _, e := range a {
		parts = append(parts, asText(e).sql)
	}
	return expr{typ: schema.String, sql: "concat_ws(chr(1), " + strings.Join(parts, ", ") + ")"}, nil
}

func negative(e expr) expr {
	if n, ok := e.lit.(int64); ok && n != -1<<63 {
		return literal(widest(e.typ), -n)
	}
	if e.typ == schema.Int || SQLType(e.typ) == "BIGINT" {
		return wholeArithmetic("-", literal(schema.Long, int64(0)), cast(e, widest(e.typ)), widest(e.typ), e.typ == schema.Int)
	}
	return expr{typ: widest(e.typ), null: e.null, sql: "(-" + e.sql + ")"}
}

func widest(t schema.Type) schema.Type {
	if t == schema.Int {
		return schema.Long
	}
	return t
}

// path lowers a.b["c"][n]. Constant steps become one JSON path.
// splitPart lowers split(s, d)[n] without making an array of all parts.
// extend reads a constant JSON path below e.
// constantPath spells the leading steps that DuckDB's JSON paths can express.
// plainKey reports whether DuckDB's quoted path steps can name a property: they
// know no escapes, and * stands for all even in quotes.
// inList lowers in, in~, has_any and has_all over a list.
// flattenConstants takes constant arrays apart.
// constantOf returns an element of a constant array as a constant of the type
// it is compared with.
// inItems tests e for equality with any item. Items that are dynamic only at
// run time are searched as arrays.
// inArray searches the elements of a dynamic value; one that is no array counts
// as its only element.
// elementText returns e as the text of an array's element: unquoted strings,
// JSON for the rest.
// inRel lowers the same operators over the first column of a table.
// isolated lowers a relation that reads nothing of what surrounds it.
func (l *lowerer) toScalar(x *kql.ToScalar) (expr, error) {
	r, err := l.isolated(x.Rel)
	if err != nil {
		return expr{}, err
	}
	c := x.Rel.Output()[0]
	sql := "SELECT " + colName(c) + " FROM " + r.name
	if len(r.order) > 0 {
		sql += " ORDER BY " + r.orderBy()
	}
	e := expr{typ: c.Type, sql: "(" + sql + " LIMIT 1)", null: true}
	if c.Type == schema.String {
		e.sql, e.null = "coalesce("+e.sql+", '')", false
	}
	return e, nil
}

func (l *lowerer) packCols(x *kql.PackCols, in *rel) (expr, error) {
	var parts []string
	for i, c := range x.Cols {
		e := l.column(c, in)
		pair := quote(string(appendText(nil, x.Names[i]))+":") + " || " + asJSON(e).sql
		if x.SkipNull {
			parts = append(parts, "CASE WHEN "+isEmpty(e).sql+" THEN NULL ELSE "+pair+" END")
			continue
		}
		parts = append(parts, pair)
	}
	return expr{typ: schema.Dynamic, sql: bagOf(parts, x.SkipNull)}, nil
}

// bagOf joins property texts into a bag; with gaps, NULL ones are left out.
func bagOf(parts []string, gaps bool) string {
	switch {
	case len(parts) == 0:
		return "'{}'"
	case gaps:
		return "('{' || concat_ws(',', " + strings.Join(parts, ", ") + ") || '}')"
	}
	return "('{' || " + strings.Join(parts, " || ',' || ") + " || '}')"
}
