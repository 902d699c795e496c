package kql

import (
	"encoding/json"
	"fmt"

	"github.com/hunt365/hunt365/hunt/schema"
)

// stringList reads a JSON array of texts.
func stringList(s string) []string {
	var out []string
	if json.Unmarshal([]byte(s), &out) != nil {
		return nil
	}
	return out
}

// ipLookup joins rows to the networks of a table that hold their address.
func (b *binder) ipLookup(op *Evaluate, rel Rel, sc *scope) (Rel, error) {
	args, named := namedArgs(op.Call.Args)
	if len(args) < 3 {
		return nil, errAt(op.Call, "", "%s takes a table, an address column and the table's network column", op.Call.Func.Text)
	}
	right, err := b.tabular(args[0], sc)
	if err != nil {
		return nil, err
	}
	c, r := b.over(rel, sc), b.over(right, sc)
	source, err := c.columnArg(args[1])
	if err != nil {
		return nil, err
	}
	network, err := r.columnArg(args[2])
	if err != nil {
		return nil, err
	}
	unmatched := Scalar(&Lit{schema.Bool, false})
	rest := args[3:]
	if e := named["return_unmatched"]; e != nil {
		rest = append(rest, e)
	}
	var extra []Scalar
	for _, e := range rest {
		x, err := c.expr(e)
		if err != nil {
			return nil, err
		}
		if ref, ok := x.(*ColRef); ok {
			other := findCol(right.Output(), ref.Col.Name)
			if other == nil {
				return nil, unknownName(e, "column in the lookup table", ref.Col.Name, columnNames(right.Output()))
			}
			extra = append(extra, x, &ColRef{other})
			continue
		}
		if x.Type() != schema.Bool {
			return nil, errAt(e, "", "a column or true or false is expected")
		}
		unmatched = x
	}
	items := b.joinItems(rel.Output(), right.Output(), nil)
	plugin := &PluginRel{
		Name: op.Call.Func.Text, Input: rel, Right: right,
		Args: append([]Scalar{&ColRef{source}, &ColRef{network}, unmatched}, extra...),
	}
	plugin.Outputs = append(append(plugin.Outputs, rel.Output()...), right.Output()...)
	out := Rel(&ComputeRel{Input: plugin, Items: items})
	if want, ok := schemaCols(op, out.Output()); ok {
		return b.conform(out, want, op)
	}
	return out, nil
}

// activityCounts counts new and distinct ids per window.
func (b *binder) activityCounts(op *Evaluate, rel Rel, sc *scope) (Rel, error) {
	if len(op.Call.Args) < 5 {
		return nil, errAt(op.Call, "", "activity_counts_metrics takes an id, a time column, a start, an end and a window")
	}
	c := b.over(rel, sc)
	var args []Scalar
	for _, e := range op.Call.Args {
		x, err := c.expr(e)
		if err != nil {
			return nil, err
		}
		args = append(args, x)
	}
	when, ok := args[1].(*ColRef)
	if !ok || !isTime(when.Col.Type) && !when.Col.Type.IsNumeric() {
		return nil, errAt(op.Call.Args[1], "", "a time column is expected")
	}
	step := when.Col.Type
	if step == schema.DateTime {
		step = schema.TimeSpan
	}
	for i, t := range []schema.Type{when.Col.Type, when.Col.Type, step} {
		x, err := b.assign(args[i+2], t, op.Call.Args[i+2])
		if err != nil {
			return nil, err
		}
		args[i+2] = x
	}
	out := &PluginRel{Name: "activity_counts_metrics", Input: c.rel, Args: args}
	out.Outputs = append(out.Outputs, b.newCol(when.Col.Name, when.Col.Type))
	for i, x := range args[5:] {
		ref, ok := x.(*ColRef)
		if !ok {
			return nil, errAt(op.Call.Args[5+i], "", "a column is expected")
		}
		out.Outputs = append(out.Outputs, b.newCol(ref.Col.Name, ref.Col.Type))
	}
	for _, n := range []string{"count", "dcount", "new_dcount", "aggregated_dcount"} {
		out.Outputs = append(out.Outputs, b.newCol(n, schema.Long))
	}
	return out, nil
}

// rollingPercentile gives a percentile over a moving window of bins.
func (b *binder) rollingPercentile(op *Evaluate, rel Rel, sc *scope) (Rel, error) {
	e := op.Call.Args
	if len(e) < 5 {
		return nil, errAt(op.Call, "", "rolling_percentile takes a value, a percentile, an index, a bin size and a number of bins")
	}
	c := b.over(rel, sc)
	var args []Scalar
	for _, a := range e {
		x, err := c.expr(a)
		if err != nil {
			return nil, err
		}
		args = append(args, x)
	}
	value, ok := args[0].(*ColRef)
	index, ok2 := args[2].(*ColRef)
	bins, ok3 := args[4].(*Lit)
	if !ok || !ok2 || !ok3 {
		return nil, errAt(op.Call, "", "rolling_percentile takes columns and constants")
	}
	out := &PluginRel{Name: "rolling_percentile", Input: c.rel, Args: args}
	out.Outputs = append(out.Outputs, b.newCol(index.Col.Name, index.Col.Type))
	for i, x := range args[5:] {
		ref, ok := x.(*ColRef)
		if !ok {
			return nil, errAt(e[5+i], "", "a column is expected")
		}
		out.Outputs = append(out.Outputs, b.newCol(ref.Col.Name, ref.Col.Type))
	}
	name := fmt.Sprintf("rolling_%v_percentile_%s_%s", bins.Value, value.Col.Name, percentText(e[1]))
	out.Outputs = append(out.Outputs, b.newCol(name, value.Col.Type))
	return out, nil
}

// invoke calls a lambda with the rows so far as its first argument.
func (b *binder) invoke(op *Invoke, rel Rel, sc *scope) (Rel, error) {
	s := b.share("", rel, nil)
	s.deps = append(s.deps, *b.deps...)
	inner := newScope(sc)
	inner.declare("$invoked", &binding{shared: s, used: true})
	call := *op.Call
	call.Args = append([]Expr{&Ident{op.Call.Func.Span, "$invoked"}}, call.Args...)
	bind := sc.lookup(call.Func.Text)
	if bind == nil || bind.fn == nil {
		return nil, unknownName(call.Func, "function", call.Func.Text, sc.allNames(func(b *binding) bool { return b.fn != nil }))
	}
	v, err := b.constScope(inner).userCall(&call, bind)
	if err != nil {
		return nil, err
	}
	if v.rel == nil {
		return nil, errAt(op, "", "function %q gives a scalar, not a table", call.Func.Text)
	}
	return v.rel, nil
}

// topNested binds its levels.
func (b *binder) topNested(op *TopNested, rel Rel, sc *scope) (Rel, error) {
	c := b.over(rel, sc)
	c.hoist = true
	names := newNamer()
	out := &TopNestedRel{}
	for _, cl := range op.Clauses {
		level, err := c.level(cl, names)
		if err != nil {
			return nil, err
		}
		out.Levels = append(out.Levels, level)
		out.Outputs = append(out.Outputs, level.Of.Col, level.ByCol)
	}
	out.Input = c.rel
	return out, nil
}

func (c *row) level(cl *TopNestedClause, names *namer) (TopNestedLevel, error) {
	out := TopNestedLevel{Asc: cl.Dir == "asc"}
	outs, err := c.item(cl.Of)
	if err != nil {
		return out, err
	}
	of := outs[0]
	if of.x.Type() == schema.Dynamic {
		return out, errAt(cl.Of, "use tostring(...)", "top-nested takes no dynamic values")
	}
	ofName, err := names.pick(of)
	if err != nil {
		return out, err
	}
	out.Of = Item{c.newCol(ofName, of.x.Type()), of.x}
	if cl.N != nil {
		if out.N, err = c.number(cl.N, c.sc); err != nil {
			return out, err
		}
	}
	if cl.Others != nil {
		x, err := c.constScope(c.sc).expr(cl.Others)
		if err != nil {
			return out, err
		}
		if out.Others, err = c.assign(x, of.x.Type(), cl.Others); err != nil {
			return out, err
		}
	}
	var aggs []*Agg
	c.aggs, c.aggsOut = &aggs, &aggs
	by, err := c.aggItem(cl.By)
	c.aggs = nil
	if err != nil {
		return out, err
	}
	if len(aggs) != 1 || len(aggs[0].Cols) != 1 || by[0].x.(*ColRef).Col != aggs[0].Cols[0] {
		return out, errAt(cl.By, "", "top-nested takes one plain aggregate")
	}
	o := output{node: cl.By, name: "aggregated_" + ofName}
	if len(cl.By.Names) > 0 {
		o = by[0]
	}
	name, err := names.pick(o)
	if err != nil {
		return out, err
	}
	out.By, out.ByCol = aggs[0], aggs[0].Cols[0]
	out.ByCol.Name = name
	return out, nil
}

// topHitters is an exact count or sum, sorted.
func (b *binder) topHitters(op *TopHitters, rel Rel, sc *scope) (Rel, error) {
	n, err := b.number(op.N, sc)
	if err != nil {
		return nil, err
	}
	c := b.over(rel, sc)
	names := newNamer()
	by, err := c.keys([]*NamedExpr{op.Of}, names, "top-hitters")
	if err != nil {
		return nil, err
	}
	agg := &Agg{Fn: "count"}
	name := "approximate_count_" + by[0].Col.Name
	t := schema.Long
	if op.By != nil {
		x, err := c.expr(op.By)
		if err != nil {
			return nil, err
		}
		if t = x.Type(); !t.IsNumeric() {
			return nil, errAt(op.By, "", "a number is expected, not %s", t)
		}
		t = max(t, schema.Long)
		agg = &Agg{Fn: "sum", Args: []Scalar{x}}
		name = "approximate_sum_" + c.autoName(op.By)
	}
	agg.Cols = []*Col{b.newCol(name, t)}
	sorted := &SortRel{&AggregateRel{Input: c.rel, By: by, Aggs: []*Agg{agg}}, []Order{{X: &ColRef{agg.Cols[0]}, Desc: true}}}
	return &LimitRel{sorted, n}, nil
}

func (b *binder) sampleDistinct(op *SampleDistinct, rel Rel, sc *scope) (Rel, error) {
	n, err := b.number(op.N, sc)
	if err != nil {
		return nil, err
	}
	c := b.over(rel, sc)
	by, err := c.keys([]*NamedExpr{op.Of}, newNamer(), "sample-distinct")
	if err != nil {
		return nil, err
	}
	return &LimitRel{&AggregateRel{Input: c.rel, By: by}, n}, nil
}

func (b *binder) partition(op *Partition, rel Rel, sc *scope) (Rel, error) {
	sub, ok := op.Sub.(*PipeExpr)
	if !ok || op.Braces {
		return nil, errAt(op, "write partition by column (steps)", "this form of partition is not supported")
	}
	c := b.over(rel, sc)
	by, err := c.columnArg(op.By)
	if err != nil {
		return nil, err
	}
	if by.Type == schema.Dynamic {
		return nil, errAt(op.By, "use a column of another type", "partition takes no dynamic column")
	}
	out, err := b.pipe(sub, &SubInputRel{rel.Output()}, sc)
	if err != nil {
		return nil, err
	}
	return &PartitionRel{Outputs: out.Output(), Input: rel, By: &ColRef{by}, Sub: out}, nil
}

// reduce clusters texts; the engine does the work.
func (b *binder) reduce(op *Reduce, rel Rel, sc *scope) (Rel, error) {
	c := b.over(rel, sc)
	c.hoist = true
	x, err := c.expr(op.By)
	if err != nil {
		return nil, err
	}
	args := []Scalar{convert(x, schema.String), &Lit{schema.Real, 0.1}, &Lit{schema.String, ""}}
	for _, o := range op.With {
		v, err := c.expr(o.Value)
		if err != nil {
			return nil, err
		}
		switch o.Name {
		case "threshold":
			args[1] = convert(v, schema.Real)
		case "characters":
			args[2] = convert(v, schema.String)
		}
	}
	return &PluginRel{Name: "reduce", Input: c.rel, Args: args, Outputs: Outputs{
		b.newCol("Pattern", schema.String),
		b.newCol("Count", schema.Long), b.newCol("Representative", schema.String),
	}}, nil
}

// scanOp binds scan.
func (b *binder) scanOp(op *Scan, rel Rel, sc *scope) (Rel, error) {
	if !serialized(rel) && len(op.OrderBy) == 0 {
		return nil, errAt(op, "sort the rows or use serialize first", "scan needs rows that have an order")
	}
	out := &ScanRel{Input: rel}
	c := b.over(rel, sc)
	for _, k := range op.OrderBy {
		x, err := c.expr(k.X)
		if err != nil {
			return nil, err
		}
		desc := k.Dir != "asc"
		out.OrderBy = append(out.OrderBy, Order{x, desc, k.Nulls == "first" || k.Nulls == "" && !desc})
	}
	for _, e := range op.PartitionBy {
		x, err := c.expr(e)
		if err != nil {
			return nil, err
		}
		out.By = append(out.By, x)
	}
	for _, d := range op.Declare {
		t := schema.String
		if d.Column.Type != nil {
			t = d.Column.Type.Type
		}
		def := Scalar(nullOf(t))
		if d.Default != nil {
			x, err := b.constScope(sc).expr(d.Default)
			if err != nil {
				return nil, err
			}
			if def, err = b.assign(x, t, d.Default); err != nil {
				return nil, err
			}
		}
		out.Declare = append(out.Declare, Item{b.newCol(d.Column.Name.Text, t), def})
	}
	for _, s := range op.Steps {
		st := ScanStepRel{Name: s.Name.Text, Optional: s.Optional, Output: s.Output}
		if st.Output == "" {
			st.Output = "all"
		}
		out.Steps = append(out.Steps, st)
	}
	out.Outputs = overlay(rel.Output(), itemCols(nil, out.Declare))
	if n := op.Options.Text("with_match_id"); n != "" {
		out.MatchID = b.newCol(n, schema.Long)
		out.Outputs = append(out.Outputs, out.MatchID)
	}
	return out, b.scanSteps(op, out, rel, sc)
}

func (b *binder) scanSteps(op *Scan, out *ScanRel, rel Rel, sc *scope) error {
	cols := overlay(rel.Output(), itemCols(nil, out.Declare))
	for i, s := range op.Steps {
		c := &row{binder: b, sc: sc, rel: rel, cols: cols, scan: out}
		pred, err := c.boolean(s.Cond)
		if err != nil {
			return err
		}
		out.Steps[i].Cond = pred
		for _, a := range s.Assign {
			if len(a.Names) != 1 {
				return errAt(a, "", "write column = value")
			}
			col := findCol(itemCols(nil, out.Declare), a.Names[0].Text)
			if col == nil {
				return unknownName(a.Names[0], "declared column", a.Names[0].Text, columnNames(itemCols(nil, out.Declare)))
			}
			x, err := c.expr(a.X)
			if err != nil {
				return err
			}
			if x, err = b.assign(x, col.Type, a.X); err != nil {
				return err
			}
			out.Steps[i].Assign = append(out.Steps[i].Assign, Item{col, x})
		}
	}
	return nil
}
