package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

func (l *lowerer) table(n *kql.TableRel) *rel {
	null := map[int]bool{}
	var cols []string
	for i, c := range n.Outputs {
		if !l.used[c.ID] {
			continue
		}
		name := quoteName(n.Schema.Columns[i].Name)
		if c.Type == schema.Dynamic {
			name += "::VARCHAR"
		}
		null[c.ID] = c.Type != schema.String
		cols = append(cols, name+" AS "+colName(c))
	}
	r := l.step(nil, "SELECT "+list(cols)+"\n  FROM "+quoteName(n.Schema.Name))
	r.null = null
	return r
}

func (l *lowerer) values(n *kql.ValuesRel) (*rel, error) {
	null := map[int]bool{}
	if len(n.Outputs) == 0 {
		return l.step(nil, fmt.Sprintf("SELECT 1 AS one FROM range(%d)", len(n.Rows))), nil
	}
	var rows, names []string
	for _, row := range n.Rows {
		var cells []string
		for i, x := range row {
			e, err := l.scalar(x, &rel{null: map[int]bool{}})
			if err != nil {
				return nil, err
			}
			null[n.Outputs[i].ID] = null[n.Outputs[i].ID] || e.null
			cells = append(cells, fmt.Sprintf("%s::%s", e.sql, SQLType(n.Outputs[i].Type)))
		}
		rows = append(rows, "("+strings.Join(cells, ", ")+")")
	}
	for _, c := range n.Outputs {
		names = append(names, colName(c))
	}
	sql := "SELECT * FROM (VALUES " + strings.Join(rows, ",\n    ") + ") AS v(" + strings.Join(names, ", ") + ")"
	if len(rows) == 0 {
		var cells []string
		for _, c := range n.Outputs {
			cells = append(cells, "NULL::"+SQLType(c.Type)+" AS "+colName(c))
		}
		sql = "SELECT " + strings.Join(cells, ", ") + " WHERE false"
	}
	r := l.step(nil, sql)
	r.null = null
	return r, nil
}

func (l *lowerer) ref(n *kql.RefRel) (*rel, error) {
	src, ok := l.shared[n.Shared]
	if !ok {
		return nil, fmt.Errorf("table %s is used before it is defined", n.Shared.Name)
	}
	null := map[int]bool{}
	var cols []string
	for i, c := range n.Shared.Rel.Output() {
		to := n.Outputs[i]
		if l.used[to.ID] {
			cols = append(cols, colName(c)+" AS "+colName(to))
			null[to.ID] = src.null[c.ID]
		}
	}
	r := l.step(src, "SELECT "+list(append(cols, src.hidden(nil)...))+" FROM "+src.name)
	r.null = null
	return r, nil
}

func (l *lowerer) sequence(n *kql.SequenceRel) (*rel, error) {
	var e [3]expr
	for i, x := range []kql.Scalar{n.From, n.To, n.Step} {
		var err error
		if e[i], err = l.scalar(x, &rel{}); err != nil {
			return nil, err
		}
	}
	c := n.Outputs[0]
	col := colName(c)
	var sql string
	if c.Type == schema.Real || c.Type == schema.Decimal {
		sql = fmt.Sprintf("SELECT %[1]s + i * %[3]s AS %[4]s FROM (SELECT unnest(generate_series(0::BIGINT, floor((%[2]s - %[1]s) / %[3]s + 1e-9)::BIGINT)) AS i WHERE %[3]s <> 0)", e[0].sql, e[1].sql, e[2].sql, col)
	} else {
		sql = fmt.Sprintf("SELECT unnest(generate_series(%s::BIGINT, %s::BIGINT, %s::BIGINT))::%s AS %s WHERE %s <> 0", e[0].sql, e[1].sql, e[2].sql, SQLType(c.Type), col, e[2].sql)
	}
	return l.step(nil, sql), nil
}

func (l *lowerer) filter(n *kql.FilterRel, want int) (*rel, error) {
	in, err := l.rel(n.Input, want)
	if err != nil {
		return nil, err
	}
	pred, err := l.predicate(n.Pred, in)
	if err != nil {
		return nil, err
	}
	return l.step(in, "SELECT * FROM "+in.name+"\n  WHERE "+pred.sql), nil
}

func (l *lowerer) pass(in *rel, made map[int]bool) []string {
	out := in.hidden(l.ctx)
	if l.ctx != nil {
		for _, id := range l.ctx.carry {
			if !made[id] {
				out = append(out, fmt.Sprintf("c%d", id))
			}
		}
	}
	return out
}

func (l *lowerer) compute(n *kql.ComputeRel, want int) (*rel, error) {
	if n.Window {
		return l.windows(n)
	}
	in, err := l.rel(n.Input, want)
	if err != nil {
		return nil, err
	}
	return l.project(in, n.Items)
}

func (l *lowerer) project(in *rel, items []kql.Item) (*rel, error) {
	null, made := l.carriedNull(in), map[int]bool{}
	var cols []string
	for _, it := range items {
		if !l.used[it.Col.ID] {
			continue
		}
		e, err := l.scalar(it.X, in)
		if err != nil {
			return nil, err
		}
		made[it.Col.ID] = true
		null[it.Col.ID] = e.null
		cols = append(cols, as(e.sql, colName(it.Col)))
	}
	cols = append(cols, l.pass(in, made)...)
	r := l.step(in, "SELECT "+list(cols)+"\n  FROM "+in.name)
	r.null = null
	return r, nil
}

func (l *lowerer) carriedNull(in *rel) map[int]bool {
	null := map[int]bool{}
	if l.ctx != nil {
		for _, id := range l.ctx.carry {
			null[id] = in.null[id]
		}
	}
	return null
}

func as(sql, name string) string {
	if sql == name {
		return sql
	}
	return sql + " AS " + name
}

func (l *lowerer) sort(n *kql.SortRel, want int) (*rel, error) {
	in, err := l.rel(n.Input, want)
	if want == 0 || err != nil {
		return in, err
	}
	var terms []orderTerm
	var cols []string
	for _, k := range n.Keys {
		e, err := l.scalar(k.X, in)
		if err != nil {
			return nil, err
		}
		name := l.fresh("k")
		cols = append(cols, e.sql+" AS "+name)
		terms = append(terms, orderTerm{name, k.Desc, k.NullsFirst})
	}
	r := l.step(in, "SELECT *, "+strings.Join(cols, ", ")+" FROM "+in.name)
	r.order, r.exact = append(terms, in.order...), false // ties keep the order they had
	return r, nil
}

func (l *lowerer) limit(n *kql.LimitRel) (*rel, error) {
	in, err := l.rel(n.Input, 1)
	if err != nil {
		return nil, err
	}
	count, err := l.scalar(n.N, &rel{})
	if err != nil {
		return nil, err
	}
	if l.ctx != nil {
		over := "PARTITION BY " + strings.Join(l.ctx.part, ", ")
		if len(in.order) > 0 {
			over += " ORDER BY " + in.orderBy()
		}
		return l.step(in, fmt.Sprintf("SELECT * FROM %s\n  QUALIFY row_number() OVER (%s) <= %s", in.name, over, count.sql)), nil
	}
	sql := "SELECT * FROM " + in.name
	if len(in.order) > 0 {
		sql += "\n  ORDER BY " + in.orderBy()
	}
	if v, ok := count.lit.(int64); ok {
		return l.step(in, fmt.Sprintf("%s\n  LIMIT %d", sql, max(v, 0))), nil
	}
	return l.step(in, sql+"\n  LIMIT greatest(coalesce("+count.sql+", 0), 0)"), nil
}

func (l *lowerer) sample(n *kql.SampleRel) (*rel, error) {
	in, err := l.rel(n.Input, 0)
	if err != nil {
		return nil, err
	}
	count, err := l.scalar(n.N, &rel{})
	if err != nil {
		return nil, err
	}
	return l.stored(in, "SELECT * FROM "+in.name+"\n  ORDER BY random() LIMIT "+count.sql), nil
}

func (l *lowerer) union(n *kql.UnionRel) (*rel, error) {
	null := map[int]bool{}
	var parts []string
	for _, b := range n.Branches {
		in, err := l.rel(b.Input, 0)
		if err != nil {
			return nil, err
		}
		in = &rel{name: in.name, null: in.null}
		var cols []string
		for i, x := range b.Exprs {
			to := n.Outputs[i]
			if !l.used[to.ID] {
				continue
			}
			e, err := l.scalar(x, in)
			if err != nil {
				return nil, err
			}
			null[to.ID] = null[to.ID] || e.null
			cols = append(cols, as(e.sql, colName(to)))
		}
		parts = append(parts, "SELECT "+list(append(cols, l.pass(in, nil)...))+" FROM "+in.name)
	}
	r := l.step(nil, strings.Join(parts, "\n  UNION ALL\n  "))
	r.null = null
	return r, nil
}
