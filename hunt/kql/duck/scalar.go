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
		return l.call(x, in)
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
func (l *lowerer) path(x *kql.Path, in *rel) (expr, error) {
	if e, ok, err := l.splitPart(x, in); ok || err != nil {
		return e, err
	}
	e, err := l.scalar(x.X, in)
	if err != nil {
		return e, err
	}
	for i := 0; i < len(x.Steps); {
		text, n := constantPath(x.Steps[i:])
		if n > 0 {
			e = extend(e, text)
			i += n
			continue
		}
		if e, err = l.step1(e, x.Steps[i], in); err != nil {
			return e, err
		}
		i++
	}
	return e, nil
}

// splitPart lowers split(s, d)[n] without making an array of all parts.
func (l *lowerer) splitPart(x *kql.Path, in *rel) (expr, bool, error) {
	call, ok := x.X.(*kql.Apply)
	if !ok || call.Fn != "split" || len(call.Args) != 2 || len(x.Steps) != 1 || x.Steps[0].Index == nil {
		return expr{}, false, nil
	}
	lit, ok := x.Steps[0].Index.(*kql.Lit)
	if !ok {
		return expr{}, false, nil
	}
	n, ok := lit.Value.(int64)
	if !ok {
		return expr{}, false, nil
	}
	args, err := l.scalars(call.Args, in)
	if err != nil {
		return expr{}, false, err
	}
	d, ok := args[1].lit.(string)
	if !ok || d == "" {
		return expr{}, false, nil
	}
	if n >= 0 {
		n++
	}
	part := fmt.Sprintf("string_split(%s, %s)[%d]", asText(args[0]).sql, args[1].sql, n)
	return expr{typ: schema.Dynamic, null: true, sql: "to_json(" + part + ")::VARCHAR", text: "coalesce(" + part + ", '')"}, true, nil
}

// extend reads a constant JSON path below e.
func extend(e expr, path string) expr {
	out := expr{typ: schema.Dynamic, null: true, base: e.rawText(), try: e.try}
	if e.path != "" {
		out.base = e.base
		path = strings.ReplaceAll(e.path[2:len(e.path)-1], "''", "'") + path
	}
	out.path = quote("$" + path)
	out.sql = "nullif(" + out.json("json_extract") + "::VARCHAR, 'null')"
	return out
}

// constantPath spells the leading steps that DuckDB's JSON paths can express.
func constantPath(steps []kql.Step) (path string, n int) {
	var b strings.Builder
	for _, s := range steps {
		name := s.Name
		if s.Index != nil {
			lit, ok := s.Index.(*kql.Lit)
			if !ok {
				break
			}
			if i, ok := lit.Value.(int64); ok {
				if i < 0 {
					fmt.Fprintf(&b, "[#%d]", i)
				} else {
					fmt.Fprintf(&b, "[%d]", i)
				}
				n++
				continue
			}
			if name, ok = lit.Value.(string); !ok || lit.T == schema.Dynamic {
				break
			}
		}
		if !plainKey(name) {
			break
		}
		b.WriteString(`."` + name + `"`)
		n++
	}
	return b.String(), n
}

// plainKey reports whether DuckDB's quoted path steps can name a property: they
// know no escapes, and * stands for all even in quotes.
func plainKey(name string) bool {
	return name != "" && !strings.ContainsAny(name, "\"*\\\x00")
}

func (l *lowerer) step1(e expr, s kql.Step, in *rel) (expr, error) {
	index := literal(schema.String, s.Name)
	if s.Index != nil {
		var err error
		if index, err = l.scalar(s.Index, in); err != nil {
			return e, err
		}
	}
	out := expr{typ: schema.Dynamic, null: true}
	switch {
	case index.typ.IsNumeric():
		out.sql = fmt.Sprintf("kql_item(%s, %s)", e.sql, cast(index, schema.Long).sql)
	case index.typ == schema.Dynamic:
		out.sql = fmt.Sprintf("CASE WHEN kql_is_array(%[1]s) THEN kql_item(%[1]s, kql_long_of_dyn(%[2]s)) ELSE kql_go_dyn_key(%[1]s, kql_text_dyn(%[2]s)) END", e.sql, index.sql)
	default:
		out.sql = fmt.Sprintf("kql_go_dyn_key(%s, %s)", e.sql, asText(index).sql)
	}
	return out, nil
}

// inList lowers in, in~, has_any and has_all over a list.
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

// flattenConstants takes constant arrays apart.
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

// constantOf returns an element of a constant array as a constant of the type
// it is compared with.
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

// inItems tests e for equality with any item. Items that are dynamic only at
// run time are searched as arrays.
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

// inArray searches the elements of a dynamic value; one that is no array counts
// as its only element.
func inArray(e, array expr, fold bool) string {
	elements := "kql_texts(" + array.sql + ")"
	if fold {
		return fmt.Sprintf("coalesce(list_contains(list_transform(%s, lambda v: lower(v)), %s), false)", elements, e.sql)
	}
	return fmt.Sprintf("coalesce(list_contains(%s, %s), false)", elements, elementText(e))
}

// elementText returns e as the text of an array's element: unquoted strings,
// JSON for the rest.
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

// inRel lowers the same operators over the first column of a table.
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

// isolated lowers a relation that reads nothing of what surrounds it.
func (l *lowerer) isolated(n kql.Rel) (*rel, error) {
	ctx, scan, plain := l.ctx, l.scan, l.plain
	l.ctx, l.scan, l.plain = nil, nil, false
	defer func() { l.ctx, l.scan, l.plain = ctx, scan, plain }()
	return l.rel(n, 1)
}

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
