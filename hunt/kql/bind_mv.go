package kql

import (
	"slices"

	"github.com/hunt365/hunt365/hunt/schema"
)

// expansion is what mv-expand and mv-apply have in common.
type expansion struct {
	row   *row
	items []Item
	bare  map[*Col]bool // columns that are expanded themselves
	index *Col
	pairs bool
	limit Scalar
}

func (b *binder) expansion(list []*MvItem, opts Options, limit Expr, rel Rel, sc *scope) (*expansion, error) {
	x := &expansion{row: b.over(rel, sc), bare: map[*Col]bool{}}
	x.row.hoist = true
	names := newNamer()
	for _, it := range list {
		outs, err := x.row.item(it.Item)
		if err != nil {
			return nil, err
		}
		o := outs[0]
		if o.x.Type() != schema.Dynamic {
			return nil, errAt(it, expandHint(o.x), "only dynamic arrays and bags can be expanded, not %s", o.x.Type())
		}
		t := schema.Dynamic
		if it.To != nil {
			t = it.To.Type
		}
		name, err := names.pick(o)
		if err != nil {
			return nil, err
		}
		if ref, ok := o.x.(*ColRef); ok && ref.Col.Name == name {
			x.bare[ref.Col] = true
		}
		x.items = append(x.items, Item{b.newCol(name, t), o.x})
	}
	if n := opts.Text("with_itemindex"); n != "" {
		x.index = b.newCol(names.unique(n, true), schema.Long)
	}
	x.pairs = opts.Text("kind") == "array" || opts.Text("bagexpansion") == "array"
	if limit != nil {
		n, err := b.number(limit, sc)
		if err != nil {
			return nil, err
		}
		x.limit = n
	}
	return x, nil
}

func expandHint(x Scalar) string {
	if x.Type() == schema.String {
		return "use parse_json(...) or split(...)"
	}
	return ""
}

// added lists the new columns.
func (x *expansion) added() []*Col {
	out := itemCols(nil, x.items)
	if x.index != nil {
		out = append(out, x.index)
	}
	return out
}

// overlay puts each of added in the place of the column with its name, or at the end.
func overlay(cols, added []*Col) []*Col {
	out := slices.Clone(cols)
	for _, a := range added {
		if i := slices.IndexFunc(out, func(c *Col) bool { return c.Name == a.Name }); i >= 0 {
			out[i] = a
		} else {
			out = append(out, a)
		}
	}
	return out
}

func (b *binder) mvExpand(op *MvExpand, rel Rel, sc *scope) (Rel, error) {
	x, err := b.expansion(op.Items, op.Options, op.Limit, rel, sc)
	if err != nil {
		return nil, err
	}
	return &ExpandRel{Outputs: overlay(x.row.cols, x.added()), Input: x.row.rel, Items: x.items, Index: x.index, ArrayPairs: x.pairs, Limit: x.limit}, nil
}

func (b *binder) mvApply(op *MvApply, rel Rel, sc *scope) (Rel, error) {
	x, err := b.expansion(op.Items, op.Options, op.Limit, rel, sc)
	if err != nil {
		return nil, err
	}
	// Columns that are expanded themselves give way; what comes back under another
	// input column's name takes that column's place.
	base := slices.DeleteFunc(slices.Clone(x.row.cols), func(c *Col) bool { return x.bare[c] })
	in := &SubInputRel{overlay(base, x.added())}
	if at, ok := b.openSource(rel); ok {
		b.open[in] = at
	}
	sub, err := b.pipe(op.Sub, in, sc)
	if err != nil {
		return nil, err
	}
	return &ApplyRel{Outputs: overlay(base, sub.Output()), Input: x.row.rel, Items: x.items, Index: x.index, ArrayPairs: x.pairs, Limit: x.limit, Sub: sub}, nil
}
