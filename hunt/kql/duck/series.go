package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// series lowers make-series: bins are numbered from the start of the axis,
// aggregated, and laid out per group with defaults in the gaps.
func (l *lowerer) series(n *kql.SeriesRel) (*rel, error) {
	in, err := l.rel(n.Input, 0)
	if err != nil {
		return nil, err
	}
	on, err := l.scalar(n.On, in)
	if err != nil {
		return nil, err
	}
	axis, err := l.axis(n, in, on)
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
	keys := keyNames(g.keys)
	point := "((" + on.sql + ") - a.lo) // a.step"
	if on.typ == schema.Real || on.typ == schema.Decimal {
		point = "floor((" + on.sql + " - a.lo) / a.step)"
	}
	g.keep(point + "::BIGINT AS bin")
	for _, a := range n.Aggs {
		if err := l.addAgg(&g, a.Agg, in); err != nil {
			return nil, err
		}
	}
	var by []string
	for i := range g.keys {
		by = append(by, fmt.Sprint(i+1))
	}
	bins := l.stored(nil, fmt.Sprintf("SELECT %s\n  FROM %s, %s AS a\n  WHERE %s >= a.lo AND %s < a.lo + a.n * a.step\n  GROUP BY %s",
		strings.Join(append(append([]string{}, g.keys...), g.aggs...), ", "), in.name, axis, on.sql, on.sql, strings.Join(by, ", ")))
	return l.layOut(n, bins, axis, keys, g.null)
}

func keyNames(keys []string) []string {
	var names []string
	for _, k := range keys {
		names = append(names, k[strings.LastIndexByte(k, ' ')+1:])
	}
	return names
}

// axis makes a relation of one row: where the axis begins (lo), its step and
// its number of points (n).
func (l *lowerer) axis(n *kql.SeriesRel, in *rel, on expr) (string, error) {
	step, err := l.scalar(n.Step, &rel{})
	if err != nil {
		return "", err
	}
	real := on.typ == schema.Real || on.typ == schema.Decimal
	unit := step.sql + "::BIGINT"
	if real {
		unit = step.sql + "::DOUBLE"
	}
	var lo, hi string
	if n.From != nil {
		e, err := l.scalar(n.From, &rel{})
		if err != nil {
			return "", err
		}
		lo = e.sql
	} else {
		lo = "(SELECT " + binned("min("+on.sql+")", unit, real) + " FROM " + in.name + ")"
	}
	if n.To != nil {
		e, err := l.scalar(n.To, &rel{})
		if err != nil {
			return "", err
		}
		hi = e.sql
	} else {
		hi = "(SELECT " + binned("max("+on.sql+")", unit, real) + " + " + unit + " FROM " + in.name + ")"
	}
	count := "ceil((hi - lo)::DOUBLE / step)::BIGINT"
	r := l.stored(nil, fmt.Sprintf("SELECT lo, step, greatest(coalesce(CASE WHEN step > 0 THEN %s END, 0), 0) AS n\n  FROM (SELECT %s AS lo, %s AS hi, %s AS step)", count, lo, hi, unit))
	return r.name, nil
}

func binned(x, unit string, real bool) string {
	if real {
		return fmt.Sprintf("kql_bin_real(%s, %s)", x, unit)
	}
	return fmt.Sprintf("kql_bin_long(%s, %s)", x, unit)
}

// layOut joins every group with every point of the axis.
func (l *lowerer) layOut(n *kql.SeriesRel, bins *rel, axis string, keys []string, null map[int]bool) (*rel, error) {
	groups := l.step(nil, "SELECT DISTINCT "+list(keys)+" FROM "+bins.name)
	if n.NonEmpty && len(keys) == 0 {
		groups = l.step(nil, "SELECT 1 AS one")
	}
	var match, cols []string
	for _, k := range keys {
		match = append(match, "g."+k+" IS NOT DISTINCT FROM b."+k)
		cols = append(cols, "g."+k)
	}
	match = append(match, "p.i = b.bin")
	for _, a := range n.Aggs {
		def, err := l.scalar(a.Default, &rel{})
		if err != nil {
			return nil, err
		}
		c := a.Agg.Cols[0]
		value := expr{typ: c.Type, sql: fmt.Sprintf("CASE WHEN b.bin IS NULL THEN %s ELSE b.%s END", cast(def, c.Type).sql, colName(c)), null: true}
		cols = append(cols, fmt.Sprintf("'[' || string_agg(%s, ',' ORDER BY p.i) || ']' AS %s", asJSON(value).sql, colName(a.Col)))
	}
	at := expr{typ: n.On.Type(), sql: "(p.lo + p.i * p.step)"}
	cols = append(cols, fmt.Sprintf("'[' || string_agg(%s, ',' ORDER BY p.i) || ']' AS %s", asJSON(at).sql, colName(n.Axis)))
	points := l.step(nil, fmt.Sprintf("SELECT lo, step, unnest(range(n)) AS i FROM %s", axis))
	sql := fmt.Sprintf("SELECT %s\n  FROM %s AS g CROSS JOIN %s AS p LEFT JOIN %s AS b ON %s", strings.Join(cols, ", "), groups.name, points.name, bins.name, strings.Join(match, " AND "))
	if len(keys) > 0 {
		var by []string
		for i := range keys {
			by = append(by, fmt.Sprint(i+1))
		}
		sql += "\n  GROUP BY " + strings.Join(by, ", ")
	} else {
		sql += "\n  HAVING count(p.i) > 0"
	}
	r := l.step(nil, sql)
	r.null = null
	return r, nil
}
