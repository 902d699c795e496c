package kql

import (
	"slices"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// evaluate binds a plugin.
func (b *binder) evaluate(op *Evaluate, rel Rel, sc *scope) (Rel, error) {
	name := op.Call.Func.Text
	switch name {
	case "bag_unpack":
		return b.bagUnpack(op, rel, sc)
	case "pivot":
		return b.pivot(op, rel, sc)
	case "ipv4_lookup", "ipv6_lookup":
		return b.ipLookup(op, rel, sc)
	case "activity_counts_metrics":
		return b.activityCounts(op, rel, sc)
	case "rolling_percentile":
		return b.rollingPercentile(op, rel, sc)
	}
	if LookupFunc(Unsupported, name) != nil {
		return nil, errAt(op.Call.Func, "", "the plugin %s is not supported", name)
	}
	var names []string
	for n := range Functions(PluginFunc) {
		names = append(names, n)
	}
	return nil, unknownName(op.Call.Func, "plugin", name, names)
}

// columnArg binds an argument that must be a column.
func (c *row) columnArg(e Expr) (*Col, error) {
	x, err := c.expr(e)
	if err != nil {
		return nil, err
	}
	ref, ok := x.(*ColRef)
	if !ok {
		return nil, errAt(e, "", "a column is expected")
	}
	return ref.Col, nil
}

// schemaCols are the columns that `: (…)` asks for; ok is false without one. A * stands for
// keepers.
func schemaCols(op *Evaluate, keepers []*Col) (cols []Column, ok bool) {
	for _, d := range op.Schema {
		if d.Name.Text == "*" && d.Type == nil {
			for _, c := range keepers {
				cols = append(cols, Column{c.Name, c.Type})
			}
			continue
		}
		cols = append(cols, Column{d.Name.Text, d.Type.Type})
	}
	return cols, op.Schema != nil
}

// namedArg splits plugin arguments into positional and named ones.
func namedArgs(list []Expr) (positional []Expr, named map[string]Expr) {
	named = map[string]Expr{}
	for _, a := range list {
		if n, ok := a.(*NamedExpr); ok && len(n.Names) == 1 {
			named[n.Names[0].Text] = n.X
			continue
		}
		positional = append(positional, a)
	}
	return positional, named
}

// bagUnpack replaces a bag column by a column per property.
func (b *binder) bagUnpack(op *Evaluate, rel Rel, sc *scope) (Rel, error) {
	args, named := namedArgs(op.Call.Args)
	if len(args) == 0 || len(args) > 4 {
		return nil, errAt(op.Call, "", "bag_unpack takes a column, a prefix, a conflict rule and keys to leave out")
	}
	c := b.over(rel, sc)
	bag, err := c.columnArg(args[0])
	if err != nil {
		return nil, err
	}
	if bag.Type != schema.Dynamic {
		return nil, errAt(args[0], "", "bag_unpack needs a dynamic column, not %s", bag.Type)
	}
	text := map[string]string{}
	for i, n := range []string{"", "OutputColumnPrefix", "columnsConflict"} {
		e := named[n]
		if i > 0 && i < len(args) {
			e = args[i]
		}
		if e == nil {
			continue
		}
		if text[n], err = b.constScope(sc).constString(e); err != nil {
			return nil, err
		}
	}
	ignored, err := b.ignoredKeys(args, named, sc)
	if err != nil {
		return nil, err
	}
	return b.unpacked(op, rel, bag, text["OutputColumnPrefix"], text["columnsConflict"], ignored)
}

func (b *binder) ignoredKeys(args []Expr, named map[string]Expr, sc *scope) ([]string, error) {
	e := named["ignoredProperties"]
	if len(args) == 4 {
		e = args[3]
	}
	if e == nil {
		return nil, nil
	}
	x, err := b.constScope(sc).expr(e)
	if err != nil {
		return nil, err
	}
	l, ok := x.(*Lit)
	if !ok {
		return nil, errAt(e, "", "a constant list is expected")
	}
	s, _ := l.Value.(string)
	return stringList(s), nil
}

// unpacked computes a column per key. The keys are those of the schema, else
// those in the data.
func (b *binder) unpacked(op *Evaluate, rel Rel, bag *Col, prefix, conflict string, ignored []string) (Rel, error) {
	others := slices.DeleteFunc(slices.Clone(rel.Output()), func(c *Col) bool { return c == bag })
	want, given := schemaCols(op, others)
	if !given {
		keys, err := b.bagKeys(op, rel, bag)
		if err != nil {
			return nil, err
		}
		keys = slices.DeleteFunc(keys, func(k Column) bool { return slices.Contains(ignored, k.Name) })
		open := len(keys) == 0
		if open {
			keys = b.guessedBag(op.Call)
			for i := range keys {
				keys[i].Name = strings.TrimPrefix(keys[i].Name, prefix)
			}
		}
		out, err := b.unpackKeys(op, rel, bag, others, keys, prefix, conflict)
		if open && err == nil {
			b.openTable(out, op.Call)
		}
		return out, err
	}
	var items []Item
	for _, w := range want {
		if col := findCol(others, w.Name); col != nil && col.Type == w.Type {
			items = append(items, Item{col, &ColRef{col}})
			continue
		}
		key, ok := strings.CutPrefix(w.Name, prefix)
		if !ok {
			return nil, errAt(op, "", "column %q does not begin with %q", w.Name, prefix)
		}
		items = append(items, Item{b.newCol(w.Name, w.Type), property(bag, key, w.Type)})
	}
	return &ComputeRel{Input: rel, Items: items}, nil
}

func property(bag *Col, key string, t schema.Type) Scalar {
	return convert(&Path{&ColRef{bag}, []Step{{Name: key}}}, t)
}

func (b *binder) unpackKeys(op *Evaluate, rel Rel, bag *Col, others []*Col, keys []Column, prefix, conflict string) (Rel, error) {
	items := keep(others)
	if len(others)+len(keys) == 0 {
		return rel, nil // a table has columns
	}
	for _, k := range keys {
		name := prefix + k.Name
		i := slices.IndexFunc(items, func(it Item) bool { return it.Col.Name == name })
		it := Item{b.newCol(name, k.Type), property(bag, k.Name, k.Type)}
		switch {
		case i < 0:
			items = append(items, it)
		case conflict == "replace_source":
			items[i] = it
		case conflict == "keep_source":
		default:
			return nil, errAt(op.Call, "give bag_unpack a prefix, or a conflict rule such as 'replace_source'", "the bag has a key %q, and so is a column called", name)
		}
	}
	return &ComputeRel{Input: rel, Items: items}, nil
}

// discover runs a plan over rel while binding.
func (b *binder) discover(op *Evaluate, rel Rel) ([][]string, error) {
	if b.env.Discover == nil {
		return nil, errAt(op.Call, "write its columns after it: evaluate "+op.Call.Func.Text+"(...) : (name:type, ...)", "the columns of %s depend on the data", op.Call.Func.Text)
	}
	if b.asked++; b.asked <= len(b.guess.answers) {
		return b.guess.answers[b.asked-1], nil
	}
	rows, err := b.env.Discover(b.plan(rel, *b.deps))
	if err != nil {
		return nil, errAt(op.Call, "", "%s: %s", op.Call.Func.Text, err)
	}
	b.guess.answers = append(b.guess.answers, rows)
	return rows, nil
}

// bagKeys asks the data for the keys of a bag and the types of their values.
func (b *binder) bagKeys(op *Evaluate, rel Rel, bag *Col) ([]Column, error) {
	key, kind := b.newCol("key", schema.String), b.newCol("type", schema.String)
	keys := &Apply{"bag_keys", []Scalar{&ColRef{bag}}, schema.Dynamic}
	expanded := &ExpandRel{Outputs: Outputs{bag, key}, Input: rel, Items: []Item{{key, keys}}}
	value := &Path{&ColRef{bag}, []Step{{Index: &ColRef{key}}}}
	kinds := &ComputeRel{Input: expanded, Items: []Item{{key, &ColRef{key}}, {kind, &Apply{"gettype", []Scalar{value}, schema.String}}}}
	pairs := &AggregateRel{Input: kinds, By: keep([]*Col{key, kind})}
	rows, err := b.discover(op, &SortRel{pairs, []Order{{X: &ColRef{key}}, {X: &ColRef{kind}}}})
	if err != nil {
		return nil, err
	}
	var out []Column
	for _, r := range rows {
		if r[0] == "" {
			continue
		}
		t := valueType(r[1])
		if n := len(out); n > 0 && out[n-1].Name == r[0] {
			out[n-1].Type = joinTypes(out[n-1].Type, t)
			continue
		}
		out = append(out, Column{r[0], t})
	}
	for i := range out {
		if out[i].Type == schema.Unknown {
			out[i].Type = schema.Dynamic
		}
	}
	return out, nil
}

// valueType is the column type for values of which gettype says kind; Unknown for null.
func valueType(kind string) schema.Type {
	switch kind {
	case "null", "":
		return schema.Unknown
	case "int":
		return schema.Long
	case "double":
		return schema.Real
	}
	if t, err := schema.ParseType(kind); err == nil {
		return t
	}
	return schema.Dynamic
}

func joinTypes(a, b schema.Type) schema.Type {
	switch {
	case a == schema.Unknown || a == b:
		return b
	case b == schema.Unknown:
		return a
	case a.IsNumeric() && b.IsNumeric():
		return max(a, b)
	}
	return schema.Dynamic
}

// pivot turns the values of a column into columns of aggregates.
func (b *binder) pivot(op *Evaluate, rel Rel, sc *scope) (Rel, error) {
	if len(op.Call.Args) == 0 {
		return nil, errAt(op.Call, "", "pivot needs a column")
	}
	c := b.over(rel, sc)
	col, err := c.columnArg(op.Call.Args[0])
	if err != nil {
		return nil, err
	}
	agg, used, err := c.pivotAgg(op.Call.Args)
	if err != nil {
		return nil, err
	}
	by, err := c.pivotKeys(op, col, used)
	if err != nil {
		return nil, err
	}
	label := convert(&ColRef{col}, schema.String)
	want, given := schemaCols(op, by)
	var values []string
	if given {
		for _, w := range want {
			if findCol(by, w.Name) == nil {
				values = append(values, w.Name)
			}
		}
	} else if values, err = b.pivotValues(op, c.rel, label); err != nil {
		return nil, err
	}
	open := !given && len(values) == 0
	if open {
		values = b.guessed(op.Call)
	}
	names := newNamer()
	names.reserve(by)
	out := &AggregateRel{Input: c.rel, By: keep(by)}
	for _, v := range values {
		is := Scalar(&Apply{"==", []Scalar{label, &Lit{schema.String, v}}, schema.Bool})
		if agg.Filter != nil {
			is = andAlso(agg.Filter, is)
		}
		out.Aggs = append(out.Aggs, &Agg{Fn: agg.Fn, Args: agg.Args, Filter: is, Cols: []*Col{b.newCol(names.unique(v, false), agg.Cols[0].Type)}})
	}
	if open {
		b.openTable(out, op.Call)
	}
	if !given {
		return out, nil
	}
	return b.conform(out, want, op)
}

// conform gives rel the columns of a declared schema.
func (b *binder) conform(rel Rel, want []Column, op *Evaluate) (Rel, error) {
	var items []Item
	for _, w := range want {
		col := findCol(rel.Output(), w.Name)
		if col == nil {
			return nil, errAt(op, "", "there is no column %q", w.Name)
		}
		if col.Type == w.Type {
			items = append(items, Item{col, &ColRef{col}})
		} else {
			items = append(items, Item{b.newCol(w.Name, w.Type), convert(&ColRef{col}, w.Type)})
		}
	}
	return &ComputeRel{Input: rel, Items: items}, nil
}

// pivotAgg binds the aggregate, count() by default, and the columns it reads.
func (c *row) pivotAgg(args []Expr) (*Agg, []*Col, error) {
	if len(args) < 2 {
		return &Agg{Fn: "count", Cols: []*Col{c.newCol("", schema.Long)}}, nil, nil
	}
	var aggs []*Agg
	c.aggs, c.aggsOut = &aggs, &aggs
	_, err := c.aggItem(&NamedExpr{Span: args[1].Pos(), X: args[1]})
	c.aggs = nil
	if err != nil {
		return nil, nil, err
	}
	if len(aggs) != 1 || len(aggs[0].Cols) != 1 {
		return nil, nil, errAt(args[1], "", "pivot takes one plain aggregate")
	}
	var used []*Col
	for _, a := range aggs[0].Args {
		walkScalar(a, func(x Scalar) {
			if ref, ok := x.(*ColRef); ok {
				used = append(used, ref.Col)
			}
		})
	}
	return aggs[0], used, nil
}

// pivotKeys are the columns named, or all but the pivot's and the aggregate's.
func (c *row) pivotKeys(op *Evaluate, pivot *Col, used []*Col) ([]*Col, error) {
	var by []*Col
	if len(op.Call.Args) > 2 {
		for _, a := range op.Call.Args[2:] {
			col, err := c.columnArg(a)
			if err != nil {
				return nil, err
			}
			by = append(by, col)
		}
	} else {
		for _, col := range c.cols {
			if col != pivot && !slices.Contains(used, col) {
				by = append(by, col)
			}
		}
	}
	for _, col := range by {
		if col.Type == schema.Dynamic {
			return nil, errAt(op.Call, "name the columns to keep", "pivot cannot group by the dynamic column %q", col.Name)
		}
	}
	return by, nil
}

func (b *binder) pivotValues(op *Evaluate, rel Rel, label Scalar) ([]string, error) {
	v := b.newCol("value", schema.String)
	list := &AggregateRel{Input: rel, By: []Item{{v, label}}}
	rows, err := b.discover(op, &SortRel{list, []Order{{X: &ColRef{v}}}})
	var out []string
	for _, r := range rows {
		out = append(out, r[0])
	}
	return out, err
}
