package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// expansion is what mv-expand and mv-apply have in common.
type expansion struct {
	items []kql.Item
	index *kql.Col
	pairs bool
	limit kql.Scalar
}

func (l *lowerer) expand(n *kql.ExpandRel, want int) (*rel, error) {
	in, err := l.rel(n.Input, want)
	if err != nil {
		return nil, err
	}
	return l.expanded(in, n.Outputs, expansion{n.Items, n.Index, n.ArrayPairs, n.Limit}, want)
}

// elements lists what a value expands into.
func (x expansion) elements(e expr) string {
	switch {
	case x.pairs:
		return "kql_element_pairs(" + asDynamic(e).sql + ")"
	case e.unread != "":
		return once("kql_elements_of_text", e.unread)
	}
	return "kql_elements(" + asDynamic(e).sql + ")"
}

// expanded lowers in three steps: the arrays as lists, the lists as rows, the
// rows' elements as values of their types. keep lists the columns to keep; those
// of the expansion are among them.
func (l *lowerer) expanded(in *rel, keep []*kql.Col, x expansion, want int) (*rel, error) {
	made := map[int]bool{}
	var lists, lengths, unnest, values []string
	null := l.carriedNull(in)
	for _, it := range x.items {
		e, err := l.scalar(it.X, in)
		if err != nil {
			return nil, err
		}
		name := l.fresh("l")
		sql := x.elements(e)
		if x.limit != nil {
			n, err := l.scalar(x.limit, in)
			if err != nil {
				return nil, err
			}
			sql = fmt.Sprintf("list_slice(%s, 1, %s)", sql, n.sql)
		}
		made[it.Col.ID] = true
		null[it.Col.ID] = it.Col.Type != schema.String
		lists = append(lists, sql+" AS "+name)
		lengths = append(lengths, "len("+name+")")
		unnest = append(unnest, "unnest("+name+") AS "+name)
		element := expr{typ: schema.Dynamic, null: true, sql: "kql_dyn(" + name + ")", raw: name}
		values = append(values, cast(element, it.Col.Type).sql+" AS "+colName(it.Col))
	}
	var kept []string
	for _, c := range keep {
		if made[c.ID] || !l.used[c.ID] || x.index != nil && c.ID == x.index.ID {
			continue
		}
		made[c.ID] = true
		null[c.ID] = in.null[c.ID]
		kept = append(kept, colName(c))
	}
	kept = append(kept, l.pass(in, made)...)
	first := l.step(in, "SELECT "+strings.Join(append(append([]string{}, kept...), lists...), ", ")+"\n  FROM "+in.name)
	order := in.order
	if x.index != nil && l.used[x.index.ID] || want > 0 && len(in.order) > 0 {
		longest := lengths[0]
		if len(lengths) > 1 {
			longest = "greatest(" + strings.Join(lengths, ", ") + ")"
		}
		place := l.fresh("i")
		unnest = append(unnest, "unnest(range("+longest+")) AS "+place)
		if x.index != nil {
			values = append(values, place+" AS "+colName(x.index))
		}
		if len(in.order) > 0 {
			values = append(values, place)
			order = append(append([]orderTerm{}, in.order...), orderTerm{col: place})
		}
	}
	rows := l.step(first, "SELECT "+strings.Join(append(append([]string{}, kept...), unnest...), ", ")+"\n  FROM "+first.name)
	out := l.step(rows, "SELECT "+strings.Join(append(append([]string{}, kept...), values...), ", ")+"\n  FROM "+rows.name)
	out.null, out.order = null, order
	return out, nil
}

// apply lowers mv-apply: the rows of an input row share a number. Where the
// body only filters and computes, the input's columns ride along; where it
// aggregates, they are joined back by the number.
func (l *lowerer) apply(n *kql.ApplyRel) (*rel, error) {
	in, err := l.rel(n.Input, 0)
	if err != nil {
		return nil, err
	}
	sub := &subquery{outer: l.ctx}
	row := l.fresh("r")
	sub.part = []string{row}
	back := !rowwise(n.Sub)
	numbered := "SELECT *, row_number() OVER () AS " + row + " FROM " + in.name
	var base *rel
	if back {
		base = l.stored(in, numbered)
		sub.base = base.name
	} else {
		base = l.step(in, numbered)
		if l.ctx != nil {
			sub.part = append(sub.part, l.ctx.part...)
		}
	}
	base.order, base.exact = nil, false
	given := map[int]bool{}
	for _, c := range n.Sub.Output() {
		given[c.ID] = true
	}
	var missing []*kql.Col
	for _, c := range n.Outputs {
		if !given[c.ID] && l.used[c.ID] {
			missing = append(missing, c)
			if !back {
				sub.carry = append(sub.carry, c.ID)
			}
		}
	}
	if !back && l.ctx != nil {
		sub.carry = append(sub.carry, l.ctx.carry...)
	}
	body, err := l.body(sub, base, n)
	if err != nil {
		return nil, err
	}
	if !back {
		body.order, body.exact = nil, false
		return body, nil
	}
	return l.joinBack(n, base, body, missing, row), nil
}

// body expands base and runs the sub-query over it.
func (l *lowerer) body(sub *subquery, base *rel, n *kql.ApplyRel) (*rel, error) {
	outer := l.ctx
	l.ctx = sub
	defer func() { l.ctx = outer }()
	keep := append(append([]*kql.Col{}, n.Input.Output()...), itemCols(n.Items)...)
	var err error
	// Arrays keep their order within a row unless the body sorts.
	sub.input, err = l.expanded(base, keep, expansion{n.Items, n.Index, n.ArrayPairs, n.Limit}, 0)
	if err != nil {
		return nil, err
	}
	return l.rel(n.Sub, 0)
}

func (l *lowerer) joinBack(n *kql.ApplyRel, base, body *rel, missing []*kql.Col, row string) *rel {
	null := map[int]bool{}
	var cols []string
	for _, c := range missing {
		null[c.ID] = base.null[c.ID]
		cols = append(cols, "b."+colName(c))
	}
	for _, c := range n.Sub.Output() {
		if l.used[c.ID] {
			null[c.ID] = body.null[c.ID]
			cols = append(cols, "s."+colName(c))
		}
	}
	if l.ctx != nil {
		for _, p := range l.ctx.part {
			cols = append(cols, "b."+p)
		}
		for _, id := range l.ctx.carry {
			if _, made := null[id]; !made {
				null[id] = base.null[id]
				cols = append(cols, fmt.Sprintf("b.c%d", id))
			}
		}
	}
	r := l.step(nil, fmt.Sprintf("SELECT %s\n  FROM %s AS b JOIN %s AS s ON b.%s = s.%s", list(cols), base.name, body.name, row, row))
	r.null = null
	return r
}

func itemCols(items []kql.Item) []*kql.Col {
	var out []*kql.Col
	for _, it := range items {
		out = append(out, it.Col)
	}
	return out
}

// rowwise reports whether a sub-query makes each of its rows from one row of
// its input.
func rowwise(n kql.Rel) bool {
	switch n := n.(type) {
	case *kql.SubInputRel:
		return true
	case *kql.FilterRel:
		return rowwise(n.Input)
	case *kql.ComputeRel:
		return rowwise(n.Input)
	case *kql.SortRel:
		return rowwise(n.Input)
	case *kql.LimitRel:
		return rowwise(n.Input)
	case *kql.ExpandRel:
		return rowwise(n.Input)
	case *kql.ParseRel:
		return rowwise(n.Input)
	}
	return false
}

// partition lowers partition by: every step of the body works per key.
func (l *lowerer) partition(n *kql.PartitionRel) (*rel, error) {
	in, err := l.rel(n.Input, 0)
	if err != nil {
		return nil, err
	}
	key, err := l.scalar(n.By, in)
	if err != nil {
		return nil, err
	}
	col := l.fresh("p")
	input := l.step(in, fmt.Sprintf("SELECT *, %s AS %s FROM %s", key.sql, col, in.name))
	outer := l.ctx
	l.ctx = &subquery{outer: outer, part: []string{col}, input: input}
	if outer != nil {
		l.ctx.part = append(l.ctx.part, outer.part...)
	}
	defer func() { l.ctx = outer }()
	out, err := l.rel(n.Sub, 0)
	if err != nil {
		return nil, err
	}
	out.order, out.exact = nil, false
	return out, nil
}
