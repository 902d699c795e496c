package duck

import (
	"fmt"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// joinSQL spells the kinds; the right ones are the left ones turned round.
var joinSQL = map[kql.JoinKind]string{
	kql.Inner: "JOIN", kql.InnerUnique: "JOIN", kql.LeftOuter: "LEFT JOIN", kql.RightOuter: "RIGHT JOIN", kql.FullOuter: "FULL JOIN",
	kql.LeftSemi: "SEMI JOIN", kql.RightSemi: "SEMI JOIN", kql.LeftAnti: "ANTI JOIN", kql.RightAnti: "ANTI JOIN",
}

// join lowers all joins. The two sides never share a column name.
func (l *lowerer) join(n *kql.JoinRel) (*rel, error) {
	left, err := l.rel(n.Left, 0)
	if err != nil {
		return nil, err
	}
	ctx := l.ctx
	l.ctx = nil
	right, err := l.rel(n.Right, 0)
	l.ctx = ctx
	if err != nil {
		return nil, err
	}
	var on, keys []string
	for _, k := range n.On {
		a, err := l.scalar(k.Left, left)
		if err != nil {
			return nil, err
		}
		b, err := l.scalar(k.Right, right)
		if err != nil {
			return nil, err
		}
		op := "="
		if a.null && b.null {
			op = "IS NOT DISTINCT FROM"
		}
		on = append(on, fmt.Sprintf("%s %s %s", a.sql, op, b.sql))
		keys = append(keys, a.sql)
	}
	if len(on) == 0 {
		on = []string{"true"}
	}
	if n.Kind == kql.InnerUnique && len(keys) > 0 {
		if ctx != nil {
			keys = append(keys, ctx.part...)
		}
		left = l.step(left, "SELECT DISTINCT ON ("+strings.Join(keys, ", ")+") * FROM "+left.name)
	}
	return l.joined(n, left, right, on)
}

func (l *lowerer) joined(n *kql.JoinRel, left, right *rel, on []string) (*rel, error) {
	leftMay := n.Kind == kql.RightOuter || n.Kind == kql.FullOuter
	rightMay := n.Kind == kql.LeftOuter || n.Kind == kql.FullOuter
	null := map[int]bool{}
	leftIDs := map[int]bool{}
	for _, c := range n.Left.Output() {
		leftIDs[c.ID] = true
	}
	var cols []string
	for _, it := range n.Items {
		if !l.used[it.Col.ID] {
			continue
		}
		side, may := right, rightMay
		if ref, ok := it.X.(*kql.ColRef); ok && leftIDs[ref.Col.ID] {
			side, may = left, leftMay
		}
		e, err := l.scalar(it.X, side)
		if err != nil {
			return nil, err
		}
		if may && e.typ == schema.String {
			e.sql = "coalesce(" + e.sql + ", '')"
		}
		null[it.Col.ID] = e.null || may && e.typ != schema.String
		cols = append(cols, as(e.sql, colName(it.Col)))
	}
	if l.ctx != nil {
		cols = append(cols, l.ctx.part...)
	}
	first, second := left.name, right.name
	if n.Kind == kql.RightSemi || n.Kind == kql.RightAnti {
		first, second = second, first
	}
	r := l.step(nil, fmt.Sprintf("SELECT %s\n  FROM %s %s %s\n  ON %s", list(cols), first, joinSQL[n.Kind], second, strings.Join(on, " AND ")))
	r.null = null
	return r, nil
}
