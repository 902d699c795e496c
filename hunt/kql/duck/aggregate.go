package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// maxItems is how many values make_list and make_set keep.
const maxItems = 1_048_576

// ordersMatter are the aggregates whose result depends on row order.
var ordersMatter = map[string]bool{"make_list": true, "make_list_with_nulls": true, "make_bag": true, "make_set": true}

// aggregate lowers summarize, distinct and count.
func (l *lowerer) aggregate(n *kql.AggregateRel, ordered int) (*rel, error) {
	want := 0
	for _, a := range n.Aggs {
		if ordersMatter[a.Fn] {
			want = 1
		}
	}
	in, err := l.rel(n.Input, want)
	if err != nil {
		return nil, err
	}
	g := grouping{null: map[int]bool{}}
	if l.ctx != nil {
		g.keep(l.ctx.part...)
	}
	for _, it := range n.By {
		e, err := l.scalar(it.X, in)
		if err != nil {
			return nil, err
		}
		g.null[it.Col.ID] = e.null
		g.keep(as(e.sql, colName(it.Col)))
	}
	for _, a := range n.Aggs {
		if err := l.addAgg(&g, a, in); err != nil {
			return nil, err
		}
	}
	out := l.grouped(&g, n, in)
	if ordered > 0 && len(n.By) > 0 {
		return l.byKeys(n, out), nil
	}
	return out, nil
}

// byKeys gives groups an order where a later step depends on one, so that equal
// data gives equal results.
func (l *lowerer) byKeys(n *kql.AggregateRel, in *rel) *rel {
	var cols []string
	var terms []orderTerm
	for _, it := range n.By {
		name := l.fresh("k")
		cols = append(cols, colName(it.Col)+" AS "+name)
		terms = append(terms, orderTerm{col: name, nullsFirst: true})
	}
	out := l.step(in, "SELECT *, "+strings.Join(cols, ", ")+" FROM "+in.name)
	out.order, out.exact = terms, false
	return out
}

// grouping collects the select list of an aggregation and what unpacks it.
type grouping struct {
	keys   []string
	aggs   []string
	unpack []string // non-empty where results are fields of a struct
	null   map[int]bool
}

func (g *grouping) keep(keys ...string) { g.keys = append(g.keys, keys...) }

func (g *grouping) add(sql string, c *kql.Col, null bool) {
	g.aggs = append(g.aggs, sql+" AS "+colName(c))
	g.unpack = append(g.unpack, colName(c))
	g.null[c.ID] = null && c.Type != schema.String
}

// grouped emits the aggregation, and a second step where structs are taken apart.
func (l *lowerer) grouped(g *grouping, n *kql.AggregateRel, in *rel) *rel {
	var names, by []string
	for i, k := range g.keys {
		by = append(by, fmt.Sprint(i+1))
		names = append(names, k[strings.LastIndexByte(k, ' ')+1:])
	}
	sql := "SELECT " + list(append(append([]string{}, g.keys...), g.aggs...)) + "\n  FROM " + in.name
	if len(by) > 0 {
		sql += "\n  GROUP BY " + strings.Join(by, ", ")
	}
	out := l.step(nil, sql)
	simple := true
	for _, u := range g.unpack {
		simple = simple && !strings.Contains(u, " ")
	}
	if l.ctx != nil && len(n.By) == 0 && len(n.Aggs) > 0 && l.ctx.base != "" {
		out = l.withEmptyParts(g, in, out)
	}
	if !simple {
		out = l.step(nil, "SELECT "+strings.Join(append(names, g.unpack...), ", ")+" FROM "+out.name)
	}
	out.null = g.null
	return out
}

// withEmptyParts adds the result over no rows for the parts that have none.
func (l *lowerer) withEmptyParts(g *grouping, in, out *rel) *rel {
	part := strings.Join(l.ctx.part, ", ")
	none := l.step(nil, "SELECT "+strings.Join(g.aggs, ", ")+"\n  FROM "+in.name+" WHERE false")
	return l.step(nil, fmt.Sprintf("SELECT * FROM %s\n  UNION ALL\n  SELECT b.*, n.* FROM (SELECT %s FROM %s) AS b ANTI JOIN %s USING (%s), %s AS n",
		out.name, part, l.ctx.base, out.name, part, none.name))
}

// addAgg lowers one aggregate.
func (l *lowerer) addAgg(g *grouping, a *kql.Agg, in *rel) error {
	filter := ""
	var cond string
	if a.Filter != nil {
		f, err := l.predicate(a.Filter, in)
		if err != nil {
			return err
		}
		cond = f.sql
		filter = " FILTER (WHERE " + cond + ")"
	}
	if beside(a) {
		return l.addBeside(g, a, in, filter)
	}
	args, err := l.scalars(a.Args, in)
	if err != nil {
		return err
	}
	if a.Fn == "percentiles" {
		for i, c := range a.Cols {
			g.add(percentile(args[0], args[i+1], filter), c, true)
		}
		return nil
	}
	c := a.Cols[0]
	if ordersMatter[a.Fn] {
		g.add(collect(a.Fn, args, cond, in), c, false)
		return nil
	}
	e, err := simpleAgg(a.Fn, args, filter, cond, c.Type)
	if err != nil {
		return err
	}
	g.add(e.sql, c, e.null)
	return nil
}

// addBeside lowers arg_max, arg_min and take_any: values from one row.
func (l *lowerer) addBeside(g *grouping, a *kql.Agg, in *rel, filter string) error {
	var fields []string
	name := l.fresh("s")
	var keys []expr
	var wanted []*kql.Col
	for i, x := range a.Args {
		c := a.Cols[i]
		if i > 0 && (c == nil || !l.used[c.ID]) {
			continue
		}
		e, err := l.scalar(x, in)
		if err != nil {
			return err
		}
		if i == 0 {
			keys = append(keys, e)
		}
		if c == nil || !l.used[c.ID] {
			continue
		}
		wanted = append(wanted, c)
		fields = append(fields, colName(c)+" := "+e.sql)
		g.null[c.ID] = (e.null || in.null == nil) && c.Type != schema.String || c.Type != schema.String
	}
	if len(wanted) == 0 {
		return nil
	}
	single := a.Fn == "take_any" && len(wanted) == 1
	pack := "struct_pack(" + strings.Join(fields, ", ") + ")"
	var sql string
	switch {
	case single:
		v := strings.SplitN(fields[0], " := ", 2)[1]
		sql = "any_value(" + v + ")" + filter
		if wanted[0].Type == schema.String {
			sql = "coalesce(" + sql + ", '')"
		}
		g.add(sql, wanted[0], true)
		return nil
	case a.Fn == "take_any":
		sql = "first(" + pack + ")" + filter
	default:
		key := keys[0].sql
		if keys[0].typ == schema.Real && a.Fn == "arg_min" {
			key = "CASE WHEN isnan(" + key + ") THEN '-inf'::DOUBLE ELSE " + key + " END" // NaN wins both ways
		}
		sql = fmt.Sprintf("%s(%s, %s)%s", a.Fn, pack, key, filter)
		if keys[0].null {
			sql = fmt.Sprintf("coalesce(%s, first(%s)%s)", sql, pack, filter)
		}
	}
	g.aggs = append(g.aggs, sql+" AS "+name)
	for _, c := range wanted {
		field := name + "." + colName(c)
		if c.Type == schema.String {
			field = "coalesce(" + field + ", '')"
		}
		g.unpack = append(g.unpack, field+" AS "+colName(c))
	}
	return nil
}

// percentile is the nearest rank: a value that occurs.
func percentile(x, p expr, filter string) string {
	return fmt.Sprintf("quantile_disc(%s, %s)%s", x.sql, fraction(p), filter)
}

// percentileList gives several percentiles as an array; they are constants or
// one constant array.
func percentileList(e expr, percents []expr, filter string) (expr, error) {
	var parts []string
	for _, p := range flattenConstants(percents, schema.Real) {
		parts = append(parts, asJSON(expr{typ: e.typ, null: true, sql: percentile(e, p, filter)}).sql)
	}
	return expr{typ: schema.Dynamic, sql: "('[' || " + strings.Join(parts, " || ',' || ") + " || ']')"}, nil
}

// fraction turns a constant percentage into one of 1, within bounds.
func fraction(p expr) string {
	v := 0.0
	switch x := p.lit.(type) {
	case int64:
		v = float64(x)
	case float64:
		v = x
	}
	return realText(min(max(v/100, 0), 1)) + "::DOUBLE"
}

// collect lowers make_list, make_set and make_bag.
func collect(fn string, args []expr, cond string, in *rel) string {
	e := args[0]
	limit := fmt.Sprint(maxItems)
	if len(args) > 1 && fn != "make_bag" {
		limit = fmt.Sprintf("least(greatest(%s, 0), %d)", strings.ReplaceAll(args[1].sql, "::BIGINT", ""), maxItems)
	}
	order := ""
	if len(in.order) > 0 {
		order = " ORDER BY " + in.orderBy()
	}
	var conds []string
	if cond != "" {
		conds = append(conds, cond)
	}
	// Typed nulls are left out; dynamic ones stay.
	if e.null && e.typ != schema.Dynamic && fn != "make_list_with_nulls" {
		conds = append(conds, e.sql+" IS NOT NULL")
	}
	filter := ""
	if len(conds) > 0 {
		filter = " FILTER (WHERE " + strings.Join(conds, " AND ") + ")"
	}
	simple := e.typ == schema.String || e.typ == schema.GUID || e.typ == schema.Bool || e.typ == schema.Int || e.typ == schema.Long
	item := e.sql
	if !simple {
		item = asJSON(e).sql
	}
	distinct := ""
	if fn == "make_set" {
		distinct, order = "DISTINCT ", ""
	}
	values := fmt.Sprintf("list(%s%s%s)%s", distinct, item, order, filter)
	if fn == "make_set" {
		values = "list_sort(" + values + ")"
	}
	values = "list_slice(" + values + ", 1, " + limit + ")"
	var sql string
	if simple {
		sql = "coalesce(to_json(" + values + ")::VARCHAR, '[]')"
	} else {
		sql = "('[' || coalesce(array_to_string(" + values + ", ','), '') || ']')"
	}
	switch {
	case fn == "make_bag":
		return "kql_go_bag_merge_list(" + sql + ")"
	case e.typ == schema.Dynamic && fn == "make_set":
		return fmt.Sprintf("kql_go_distinct(kql_go_flatten(%s), %s)", sql, limit)
	case e.typ == schema.Dynamic:
		return fmt.Sprintf("CASE WHEN coalesce(bool_or(starts_with(%s, '['))%s, false) THEN kql_go_flatten(%s) ELSE %s END", e.sql, filter, sql, sql)
	}
	return sql
}

// simpleAgg lowers an aggregate with one plain result.
func simpleAgg(fn string, args []expr, filter, cond string, t schema.Type) (expr, error) {
	out := expr{typ: t}
	if fn == "count" {
		out.sql = "count(*)" + filter
		return out, nil
	}
	if len(args) == 0 {
		return out, fmt.Errorf("aggregate %s() needs an argument", fn)
	}
	e := args[0]
	if e.typ == schema.Dynamic && fn != "dcount" && fn != "count_distinct" && fn != "min" && fn != "max" {
		e = cast(e, schema.Real)
	}
	whole := e.typ == schema.Int || e.typ == schema.Long || e.typ == schema.TimeSpan || e.typ == schema.DateTime
	switch fn {
	case "sum":
		if whole {
			out.sql = fmt.Sprintf("coalesce(kql_wrap(sum(%s)%s), 0)", e.sql, filter)
		} else {
			out.sql = fmt.Sprintf("coalesce(sum(%s)%s, 0)", e.sql, filter)
		}
	case "avg":
		switch {
		case e.typ == schema.DateTime || e.typ == schema.TimeSpan:
			out.sql, out.null = fmt.Sprintf("(sum(%[1]s)%[2]s // count(%[1]s)%[2]s)::BIGINT", e.sql, filter), true
		case whole:
			out.sql = fmt.Sprintf("coalesce(kql_wrap(sum(%[1]s)%[2]s)::DOUBLE / count(%[1]s)%[2]s, 'nan'::DOUBLE)", e.sql, filter)
		case e.typ == schema.Decimal:
			out.sql, out.null = fmt.Sprintf("TRY_CAST(avg(%s)%s AS DECIMAL(38,18))", e.sql, filter), true
		default:
			out.sql = fmt.Sprintf("coalesce(avg(%s)%s, 'nan'::DOUBLE)", e.sql, filter)
		}
	case "min", "max":
		out = extreme(fn, e, filter, t)
	case "dcount", "count_distinct":
		out.sql = fmt.Sprintf("count(DISTINCT %s)%s", e.sql, filter)
	case "percentile":
		out.sql, out.null = percentile(e, args[1], filter), true
	case "percentiles_array":
		return percentileList(e, args[1:], filter)
	case "stdev", "stdevp", "variance", "variancep":
		out.sql = spread(fn, e, cond)
	case "binary_all_and", "binary_all_or", "binary_all_xor":
		out.sql, out.null = fmt.Sprintf("%s(%s)%s", map[string]string{"binary_all_and": "bit_and", "binary_all_or": "bit_or", "binary_all_xor": "bit_xor"}[fn], e.sql, filter), true
	default:
		return out, fmt.Errorf("aggregate %s() is not supported", fn)
	}
	return out, nil
}

func extreme(fn string, e expr, filter string, t schema.Type) expr {
	out := expr{typ: t, null: true, sql: fmt.Sprintf("%s(%s)%s", fn, e.sql, filter)}
	switch {
	case e.typ == schema.String:
		out.sql, out.null = "coalesce("+out.sql+", '')", false
	case e.typ == schema.Real && fn == "min":
		// NaN wins in Kusto; DuckDB puts it above all numbers.
		out.sql = fmt.Sprintf("CASE WHEN bool_or(isnan(%s))%s THEN 'nan'::DOUBLE ELSE %s END", e.sql, filter, out.sql)
	}
	return out
}

// spread lowers the deviations. DuckDB fails on values that are not finite;
// Kusto rounds variances to ten digits, and takes roots of those.
func spread(fn string, e expr, cond string) string {
	x := cast(e, schema.Real).sql
	name := map[string]string{"stdev": "var_samp", "stdevp": "var_pop", "variance": "var_samp", "variancep": "var_pop"}[fn]
	finite := "isfinite(" + x + ")"
	strange := "bool_or(NOT isfinite(" + x + "))"
	if cond != "" {
		finite = cond + " AND " + finite
		strange += " FILTER (WHERE " + cond + ")"
	}
	sql := fmt.Sprintf("coalesce(%s(%s) FILTER (WHERE %s), 0)", name, x, finite)
	if strings.HasPrefix(fn, "variance") {
		sql = "round(" + sql + ", 10)"
	} else {
		sql = "sqrt(round(" + sql + ", 10))"
	}
	return fmt.Sprintf("CASE WHEN %s THEN 'nan'::DOUBLE ELSE %s END", strange, sql)
}
