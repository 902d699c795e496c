package kql

import (
	"github.com/hunt365/hunt365/hunt/schema"
)

// makeSeries binds make-series: keys, aggregates per step, and the axis.
func (b *binder) makeSeries(op *MakeSeries, rel Rel, sc *scope) (Rel, error) {
	c := b.over(rel, sc)
	names := newNamer(c.cols...)
	by, err := c.keys(op.By, names, "make-series by")
	if err != nil {
		return nil, err
	}
	out := &SeriesRel{By: by, NonEmpty: op.Options.Text("kind") == "nonempty"}
	out.Outputs = itemCols(nil, by)
	if err := c.seriesAggs(op, out, names); err != nil {
		return nil, err
	}
	if err := c.axis(op, out, names); err != nil {
		return nil, err
	}
	out.Input = c.rel
	return out, nil
}

func (c *row) seriesAggs(op *MakeSeries, out *SeriesRel, names *namer) error {
	for _, it := range op.Items {
		var aggs []*Agg
		c.by, c.aggs, c.aggsOut = out.By, &aggs, &aggs
		outs, err := c.aggItem(it.Item)
		c.aggs = nil
		if err != nil {
			return err
		}
		if l, isLit := outs[0].x.(*Lit); isLit { // a series of defaults
			a := &Agg{Fn: "take_any", Args: []Scalar{l}}
			aggs = append(aggs, a)
			outs[0].x = c.result(a, it, "", l.T).x
		}
		ref, ok := outs[0].x.(*ColRef)
		if !ok || len(aggs) != 1 || len(outs) != 1 {
			return errAt(it, "", "make-series takes plain aggregates only")
		}
		name, err := names.pick(outs[0])
		if err != nil {
			return err
		}
		s := SeriesAgg{Col: c.newCol(name, schema.Dynamic), Agg: aggs[0]}
		if s.Default, err = c.seriesDefault(it, ref.Col.Type); err != nil {
			return err
		}
		out.Aggs = append(out.Aggs, s)
		out.Outputs = append(out.Outputs, s.Col)
	}
	return nil
}

// seriesDefault is what an empty step holds: 0 unless the text says otherwise.
func (c *row) seriesDefault(it *SeriesItem, t schema.Type) (Scalar, error) {
	if it.Default == nil {
		if t.IsNumeric() || t == schema.TimeSpan {
			return convert(&Lit{schema.Long, int64(0)}, t), nil
		}
		return nullOf(t), nil
	}
	x, err := c.expr(it.Default)
	if err != nil {
		return nil, err
	}
	if x.Type() == schema.Dynamic && isNull(x) {
		return nullOf(t), nil
	}
	return c.assign(x, t, it.Default)
}

func (c *row) axis(op *MakeSeries, out *SeriesRel, names *namer) error {
	c.hoist = true
	outs, err := c.item(op.On)
	if err != nil {
		return err
	}
	out.On = outs[0].x
	t := out.On.Type()
	if !t.IsNumeric() && !isTime(t) {
		return errAt(op.On, "", "a series runs over numbers or times, not %s", t)
	}
	name, err := names.pick(outs[0])
	if err != nil {
		return err
	}
	out.Axis = c.newCol(name, schema.Dynamic)
	out.Outputs = append(out.Outputs, out.Axis)
	plain := c.constScope(c.sc)
	stepType := t
	if t == schema.DateTime {
		stepType = schema.TimeSpan
	}
	for _, part := range []struct {
		e    Expr
		t    schema.Type
		dest *Scalar
	}{{op.From, t, &out.From}, {op.To, t, &out.To}, {op.Step, stepType, &out.Step}} {
		if part.e == nil {
			continue
		}
		x, err := plain.expr(part.e)
		if err != nil {
			return err
		}
		if *part.dest, err = c.assign(x, part.t, part.e); err != nil {
			return err
		}
	}
	if out.Step == nil {
		return errAt(op, "", "make-series needs a step")
	}
	return nil
}
