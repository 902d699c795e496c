package kql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

func printName(i int) string { return "print_" + strconv.Itoa(i) }

// optionText is the name, text or number that an option holds.
func optionText(e Expr) string {
	switch e := e.(type) {
	case *Ident:
		return e.Text
	case *Literal:
		switch v := e.Value.(type) {
		case string:
			return v
		case int64:
			return strconv.FormatInt(v, 10)
		case float64:
			return strconv.FormatFloat(v, 'g', -1, 64)
		case bool:
			return strconv.FormatBool(v)
		}
	}
	return ""
}

// extend adds columns, or replaces those of the same name in place.
func (b *binder) extend(list []*NamedExpr, rel Rel, sc *scope, serialize bool) (Rel, error) {
	if serialize {
		rel = &ComputeRel{Input: rel, Items: keep(rel.Output()), Serialize: true}
	}
	c := b.over(rel, sc)
	names := newNamer(c.cols...)
	items := keep(c.cols)
	for _, it := range list {
		outs, err := c.item(it)
		if err != nil {
			return nil, err
		}
		for _, o := range outs {
			name, err := names.pick(o)
			if err != nil {
				return nil, err
			}
			items = put(items, c.column(name, o.x))
		}
	}
	if len(list) == 0 {
		return rel, nil
	}
	return &ComputeRel{Input: c.rel, Items: items, Window: anyWindow(items)}, nil
}

// put replaces the item of the same name, or appends.
func put(items []Item, it Item) []Item {
	for i := range items {
		if items[i].Col.Name == it.Col.Name {
			items[i] = it
			return items
		}
	}
	return append(items, it)
}

func anyWindow(items []Item) bool {
	return slices.ContainsFunc(items, func(it Item) bool { return hasWindow(it.X) })
}

func (b *binder) project(op *Project, rel Rel, sc *scope) (Rel, error) {
	c := b.over(rel, sc)
	items, err := c.projected(op.Items)
	if err != nil {
		return nil, err
	}
	return &ComputeRel{Input: c.rel, Items: items, Window: anyWindow(items)}, nil
}

func (c *row) projected(list []*NamedExpr) ([]Item, error) {
	names := newNamer(c.cols...)
	var items []Item
	for _, it := range list {
		outs, err := c.item(it)
		if err != nil {
			return nil, err
		}
		for _, o := range outs {
			name, err := names.pick(o)
			if err != nil {
				return nil, err
			}
			items = append(items, c.column(name, o.x))
		}
	}
	return items, nil
}

// selection finds the columns that names and patterns mean.
func selection(list []Expr, cols []*Col) ([]*Col, error) {
	var out []*Col
	for _, e := range list {
		switch e := e.(type) {
		case *Ident:
			col := findCol(cols, e.Text)
			if col == nil {
				return nil, unknownCol(e, "", e.Text, columnNames(cols))
			}
			out = append(out, col)
		case *Wildcard:
			for _, col := range cols {
				if matchWildcard(e.Pattern, col.Name) {
					out = append(out, col)
				}
			}
		case *Star:
			out = append(out, cols...)
		default:
			return nil, errAt(e, "", "a column name is expected")
		}
	}
	return out, nil
}

func (b *binder) projectAway(op *ProjectAway, rel Rel) (Rel, error) {
	drop, err := selection(op.Columns, rel.Output())
	if err != nil {
		return nil, err
	}
	var left []*Col
	for _, c := range rel.Output() {
		if !slices.Contains(drop, c) {
			left = append(left, c)
		}
	}
	return &ComputeRel{Input: rel, Items: keep(left)}, nil
}

func (b *binder) projectKeep(op *ProjectKeep, rel Rel) (Rel, error) {
	want, err := selection(op.Columns, rel.Output())
	if err != nil {
		return nil, err
	}
	var left []*Col
	for _, c := range rel.Output() {
		if slices.Contains(want, c) {
			left = append(left, c)
		}
	}
	return &ComputeRel{Input: rel, Items: keep(left)}, nil
}

func (b *binder) projectRename(op *ProjectRename, rel Rel) (Rel, error) {
	items := keep(rel.Output())
	for _, it := range op.Items {
		id, ok := it.X.(*Ident)
		if !ok || len(it.Names) != 1 {
			return nil, errAt(it, "", "write new = old")
		}
		i := slices.IndexFunc(items, func(x Item) bool { return x.X.(*ColRef).Col.Name == id.Text })
		if i < 0 {
			return nil, unknownCol(id, "", id.Text, columnNames(rel.Output()))
		}
		name := it.Names[0].Text
		if j := slices.IndexFunc(items, func(x Item) bool { return x.Col.Name == name }); j >= 0 && j != i {
			return nil, errAt(it.Names[0], "", "column %q is there already", name)
		}
		items[i].Col = b.newCol(name, items[i].Col.Type)
	}
	return &ComputeRel{Input: rel, Items: items}, nil
}

// projectReorder moves the columns named to the front.
func (b *binder) projectReorder(op *ProjectReorder, rel Rel) (Rel, error) {
	cols := rel.Output()
	var front []*Col
	explicit := map[*Col]bool{}
	for _, k := range op.Items {
		if id, ok := k.X.(*Ident); ok {
			col := findCol(cols, id.Text)
			if col == nil {
				return nil, unknownCol(id, "", id.Text, columnNames(cols))
			}
			explicit[col] = true
		}
	}
	add := func(list []*Col) {
		for _, c := range list {
			if !slices.Contains(front, c) {
				front = append(front, c)
			}
		}
	}
	star := -1
	for _, k := range op.Items {
		got, err := selection([]Expr{k.X}, cols)
		if err != nil {
			return nil, err
		}
		if _, ok := k.X.(*Ident); !ok {
			got = slices.DeleteFunc(slices.Clone(got), func(c *Col) bool { return explicit[c] })
			sortNames(got, k.Dir)
		}
		if _, ok := k.X.(*Star); ok && k.Dir == "" {
			star = len(front)
			continue
		}
		add(got)
	}
	rest := slices.DeleteFunc(slices.Clone(cols), func(c *Col) bool { return slices.Contains(front, c) })
	if star < 0 {
		star = len(front)
	}
	return &ComputeRel{Input: rel, Items: keep(slices.Insert(front, star, rest...))}, nil
}

// sortNames orders columns by name as project-reorder's asc, desc and granny-asc do.
func sortNames(cols []*Col, dir string) {
	if dir == "" {
		return
	}
	natural := strings.HasPrefix(dir, "granny")
	slices.SortStableFunc(cols, func(a, b *Col) int {
		n := strings.Compare(a.Name, b.Name)
		if natural {
			n = compareNatural(a.Name, b.Name)
		}
		if strings.HasSuffix(dir, "desc") {
			return -n
		}
		return n
	})
}

// compareNatural compares runs of digits by value.
func compareNatural(a, b string) int {
	digits := func(s string) int {
		return len(s) - len(strings.TrimLeft(s, "0123456789"))
	}
	for a != "" && b != "" {
		if n, m := digits(a), digits(b); n > 0 && m > 0 {
			x, _ := strconv.ParseUint(a[:n], 10, 64)
			y, _ := strconv.ParseUint(b[:m], 10, 64)
			if x != y {
				if x < y {
					return -1
				}
				return 1
			}
			a, b = a[n:], b[m:]
			continue
		}
		if a[0] != b[0] {
			return strings.Compare(a, b)
		}
		a, b = a[1:], b[1:]
	}
	return strings.Compare(a, b)
}

// distinct is a grouping without aggregates.
func (b *binder) distinct(op *Distinct, rel Rel, sc *scope) (Rel, error) {
	c := b.over(rel, sc)
	var list []*NamedExpr
	for _, it := range op.Columns {
		switch it.X.(type) {
		case *Star, *Wildcard:
			cols, err := selection([]Expr{it.X}, c.cols)
			if err != nil {
				return nil, err
			}
			for _, col := range cols {
				if col.Type == schema.Dynamic {
					return nil, errAt(it, "use tostring(...)", "distinct takes no dynamic values, and %q is one", col.Name)
				}
				list = append(list, &NamedExpr{Span: it.Span, X: &Ident{it.Pos(), col.Name}})
			}
		default:
			list = append(list, it)
		}
	}
	by, err := c.keys(list, newNamer(c.cols...), "distinct")
	if err != nil {
		return nil, err
	}
	return &AggregateRel{Input: c.rel, By: by}, nil
}
