package kql

import (
	"slices"

	"github.com/hunt365/hunt365/hunt/schema"
)

// step binds one operator over rel, which is nil where the operator begins the
// pipeline.
func (b *binder) step(op Operator, rel Rel, sc *scope) (Rel, error) {
	out, err := b.anyStep(op, rel, sc)
	if err != nil {
		return nil, b.settle(err, rel)
	}
	if closes(op) {
		b.closed[out] = true
	}
	b.places[out] = op.Pos()
	return out, nil
}

func (b *binder) anyStep(op Operator, rel Rel, sc *scope) (Rel, error) {
	switch op := op.(type) {
	case *PrintOp:
		return b.print(op, sc)
	case *Range:
		return b.rangeOp(op, sc)
	case *Union:
		return b.union(op, rel, sc)
	case *Search:
		return b.search(op, rel, sc)
	case *Find:
		return b.find(op, sc)
	}
	if ev, ok := op.(*Evaluate); ok && rel == nil {
		return nil, errAt(ev, "", "evaluate needs a table before it")
	}
	if rel == nil {
		return nil, errAt(op, "", "there is no table to read")
	}
	return b.stepOver(op, rel, sc)
}

func (b *binder) stepOver(op Operator, rel Rel, sc *scope) (Rel, error) {
	switch op := op.(type) {
	case *Where:
		return b.where(op, rel, sc)
	case *Extend:
		return b.extend(op.Items, rel, sc, false)
	case *Serialize:
		return b.extend(op.Items, rel, sc, true)
	case *Project:
		return b.project(op, rel, sc)
	case *ProjectAway:
		return b.projectAway(op, rel)
	case *ProjectKeep:
		return b.projectKeep(op, rel)
	case *ProjectRename:
		return b.projectRename(op, rel)
	case *ProjectReorder:
		return b.projectReorder(op, rel)
	case *Distinct:
		return b.distinct(op, rel, sc)
	case *Summarize:
		return b.summarize(op, rel, sc)
	case *Count:
		return b.count(op, rel), nil
	case *Sort:
		return b.sort(op.Keys, rel, sc)
	case *Top:
		return b.top(op, rel, sc)
	case *Take:
		n, err := b.number(op.N, sc)
		return &LimitRel{rel, n}, err
	case *Sample:
		n, err := b.number(op.N, sc)
		return &SampleRel{rel, n}, err
	case *As:
		return b.as(op, rel, sc), nil
	case *Render:
		b.render = renderHint(op)
		return rel, nil
	case *Join:
		return b.join(op, rel, sc)
	case *Lookup:
		return b.lookup(op, rel, sc)
	}
	return b.rareStep(op, rel, sc)
}

func (b *binder) rareStep(op Operator, rel Rel, sc *scope) (Rel, error) {
	switch op := op.(type) {
	case *MvExpand:
		return b.mvExpand(op, rel, sc)
	case *MvApply:
		return b.mvApply(op, rel, sc)
	case *ParseOp:
		return b.parse(op, rel, sc)
	case *ParseKv:
		return b.parseKv(op, rel, sc)
	case *MakeSeries:
		return b.makeSeries(op, rel, sc)
	case *Evaluate:
		return b.evaluate(op, rel, sc)
	case *Invoke:
		return b.invoke(op, rel, sc)
	case *GetSchema:
		return b.getSchema(rel), nil
	case *TopNested:
		return b.topNested(op, rel, sc)
	case *TopHitters:
		return b.topHitters(op, rel, sc)
	case *SampleDistinct:
		return b.sampleDistinct(op, rel, sc)
	case *Partition:
		return b.partition(op, rel, sc)
	case *Reduce:
		return b.reduce(op, rel, sc)
	case *Scan:
		return b.scanOp(op, rel, sc)
	case *Fork, *Facet:
		return nil, errAt(op, "write one query for each result", "queries with several results are not supported")
	case *Consume:
		return nil, errAt(op, "", "consume has no result")
	}
	return nil, errAt(op, "", "this operator is not supported")
}

func (b *binder) where(op *Where, rel Rel, sc *scope) (Rel, error) {
	if n, ok := op.Pred.(*NamedExpr); ok {
		b.note("where %s = ... names a condition; write == to compare", n.Names[0].Text)
	}
	c := b.over(rel, sc)
	c.hoist = true
	pred, err := c.boolean(op.Pred)
	if err != nil {
		return nil, err
	}
	return c.visible(&FilterRel{c.rel, pred}), nil
}

// number binds a count of rows: a whole number without columns.
func (b *binder) number(e Expr, sc *scope) (Scalar, error) {
	x, err := b.constScope(sc).expr(e)
	if err != nil {
		return nil, err
	}
	if t := x.Type(); t != schema.Int && t != schema.Long {
		return nil, errAt(e, "", "a whole number is expected, not %s", t)
	}
	return convert(x, schema.Long), nil
}

func (b *binder) print(op *PrintOp, sc *scope) (Rel, error) {
	c := b.over(b.oneRow(nil).(*ComputeRel).Input, sc)
	names := newNamer()
	var items []Item
	for i, it := range op.Items {
		outs, err := c.item(it)
		if err != nil {
			return nil, err
		}
		for _, o := range outs {
			if len(it.Names) == 0 && len(outs) == 1 {
				o.name, o.given = printName(i), false
			}
			name, err := names.pick(o)
			if err != nil {
				return nil, err
			}
			items = append(items, Item{b.newCol(name, o.x.Type()), o.x})
		}
	}
	return &ComputeRel{Input: c.rel, Items: items}, nil
}

func (b *binder) rangeOp(op *Range, sc *scope) (Rel, error) {
	c := b.constScope(sc)
	var xs [3]Scalar
	for i, e := range []Expr{op.From, op.To, op.Step} {
		x, err := c.expr(e)
		if err != nil {
			return nil, err
		}
		xs[i] = x
	}
	t := xs[0].Type()
	switch {
	case t.IsNumeric():
		t = max(schema.Long, t, xs[1].Type(), xs[2].Type())
		if !t.IsNumeric() {
			return nil, errAt(op, "", "range bounds and step do not fit together")
		}
		for i := range xs {
			xs[i] = convert(xs[i], t)
		}
	case isTime(t):
		if xs[1].Type() != t || xs[2].Type() != schema.TimeSpan {
			return nil, errAt(op, "the step of a datetime range is a timespan", "range bounds and step do not fit together")
		}
	default:
		return nil, errAt(op.From, "", "range needs numbers, datetimes or timespans, not %s", t)
	}
	col := b.newCol(op.Column.Text, t)
	return &SequenceRel{Outputs{col}, xs[0], xs[1], xs[2]}, nil
}

func (b *binder) count(op *Count, rel Rel) Rel {
	name := "Count"
	if op.As != nil {
		name = op.As.Text
	}
	return &AggregateRel{Input: rel, Aggs: []*Agg{{Fn: "count", Cols: []*Col{b.newCol(name, schema.Long)}}}}
}

// sort binds keys with their defaults: descending, nulls as the smallest.
func (b *binder) sort(list []*SortKey, rel Rel, sc *scope) (Rel, error) {
	c := b.over(rel, sc)
	c.hoist = true
	var keys []Order
	for _, k := range list {
		x, err := c.expr(k.X)
		if err != nil {
			return nil, err
		}
		if x.Type() == schema.Dynamic {
			return nil, errAt(k.X, "use tostring(...) or another conversion", "dynamic values have no order")
		}
		desc := k.Dir != "asc"
		keys = append(keys, Order{x, desc, k.Nulls == "first" || k.Nulls == "" && !desc})
	}
	return c.visible(&SortRel{c.rel, keys}), nil
}

func (b *binder) top(op *Top, rel Rel, sc *scope) (Rel, error) {
	n, err := b.number(op.N, sc)
	if err != nil {
		return nil, err
	}
	c := b.over(rel, sc)
	c.hoist = true
	x, err := c.expr(op.By.X)
	if err != nil {
		return nil, err
	}
	if x.Type() == schema.Dynamic {
		return nil, errAt(op.By.X, "use tostring(...) or another conversion", "dynamic values have no order")
	}
	desc := op.By.Dir != "asc"
	key := Order{x, desc, op.By.Nulls == "first" || op.By.Nulls == "" && !desc}
	return c.visible(&LimitRel{&SortRel{c.rel, []Order{key}}, n}), nil
}

// as names the rows so far for the rest of the query.
func (b *binder) as(op *As, rel Rel, sc *scope) Rel {
	s := b.share(op.Name.Text, rel, nil)
	s.deps = slices.Clone(*b.deps)
	sc.declare(op.Name.Text, &binding{shared: s, used: true})
	return b.ref(s)
}

func renderHint(op *Render) *RenderHint {
	h := &RenderHint{Chart: op.Chart.Text}
	for _, o := range op.With {
		p := RenderProp{Name: o.Name}
		values := []Expr{o.Value}
		if list, ok := o.Value.(*DynArray); ok {
			values = list.Items
		}
		for _, v := range values {
			p.Values = append(p.Values, optionText(v))
		}
		h.Props = append(h.Props, p)
	}
	return h
}

// getSchema describes rel's columns as rows.
func (b *binder) getSchema(rel Rel) Rel {
	text := func(s string) Scalar { return &Lit{schema.String, s} }
	out := &ValuesRel{Outputs: Outputs{
		b.newCol("ColumnName", schema.String), b.newCol("ColumnOrdinal", schema.Long),
		b.newCol("DataType", schema.String), b.newCol("ColumnType", schema.String),
	}}
	for i, c := range rel.Output() {
		out.Rows = append(out.Rows, []Scalar{text(c.Name), &Lit{schema.Long, int64(i)}, text(dotNetType[c.Type]), text(c.Type.String())})
	}
	return out
}

var dotNetType = map[schema.Type]string{
	schema.Bool: "System.SByte", schema.Int: "System.Int32", schema.Long: "System.Int64", schema.Real: "System.Double",
	schema.Decimal: "System.Data.SqlTypes.SqlDecimal", schema.String: "System.String", schema.DateTime: "System.DateTime",
	schema.TimeSpan: "System.TimeSpan", schema.GUID: "System.Guid", schema.Dynamic: "System.Object",
}
