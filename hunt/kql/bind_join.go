package kql

import (
	"errors"
	"slices"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// joinKinds maps the words of the language to the kinds of [JoinRel].
var joinKinds = map[string]JoinKind{
	"": InnerUnique, "innerunique": InnerUnique, "inner": Inner, "leftouter": LeftOuter, "rightouter": RightOuter,
	"fullouter": FullOuter, "leftsemi": LeftSemi, "rightsemi": RightSemi, "leftanti": LeftAnti, "leftantisemi": LeftAnti,
	"anti": LeftAnti, "rightanti": RightAnti, "rightantisemi": RightAnti,
}

func (b *binder) join(op *Join, rel Rel, sc *scope) (Rel, error) {
	kind, ok := joinKinds[op.Options.Text("kind")]
	if !ok {
		var names []string
		for n := range joinKinds {
			names = append(names, n)
		}
		return nil, unknownName(op.Options.Get("kind"), "kind of join", op.Options.Text("kind"), names)
	}
	right, err := b.tabular(op.Right, sc)
	if err != nil {
		return nil, err
	}
	out := &JoinRel{Kind: kind, Left: rel, Right: right}
	if out.On, err = b.joinKeys(op.On, rel, right, op); err != nil {
		return nil, err
	}
	switch kind {
	case LeftSemi, LeftAnti:
		out.Items = keep(rel.Output())
	case RightSemi, RightAnti:
		out.Items = keep(right.Output())
	default:
		out.Items = b.joinItems(rel.Output(), right.Output(), nil)
	}
	return out, nil
}

// lookup is a join that leaves out the right keys.
func (b *binder) lookup(op *Lookup, rel Rel, sc *scope) (Rel, error) {
	kind := JoinKind(op.Options.Text("kind"))
	if kind == "" {
		kind = LeftOuter
	}
	if kind != LeftOuter && kind != Inner {
		return nil, errAt(op.Options.Get("kind"), "", "lookup is inner or leftouter, not %s", kind)
	}
	right, err := b.tabular(op.Right, sc)
	if err != nil {
		return nil, err
	}
	out := &JoinRel{Kind: kind, Left: rel, Right: right}
	if out.On, err = b.joinKeys(op.On, rel, right, op); err != nil {
		return nil, err
	}
	keys := map[*Col]bool{}
	for _, k := range out.On {
		walkScalar(k.Right, func(x Scalar) {
			if ref, ok := x.(*ColRef); ok {
				keys[ref.Col] = true
			}
		})
	}
	out.Items = b.joinItems(rel.Output(), right.Output(), keys)
	return out, nil
}

// joinItems lists the columns of both sides; those of the right get new names
// where the left has the name already.
func (b *binder) joinItems(left, right []*Col, skip map[*Col]bool) []Item {
	names := newNamer()
	names.reserve(left)
	taken := map[string]bool{}
	for _, c := range left {
		taken[c.Name] = true
	}
	names.reserve(right)
	items := keep(left)
	for _, c := range right {
		if skip[c] {
			continue
		}
		if !taken[c.Name] {
			items = append(items, Item{c, &ColRef{c}})
			continue
		}
		items = append(items, Item{b.newCol(names.unique(c.Name, false), c.Type), &ColRef{c}})
	}
	return items
}

// joinKeys binds the conditions of join and lookup.
func (b *binder) joinKeys(on []Expr, left, right Rel, op Node) ([]JoinKey, error) {
	if len(on) == 0 {
		return nil, errAt(op, "say on which columns", "the join has no condition")
	}
	var keys []JoinKey
	for _, e := range on {
		got, err := b.joinCondition(e, left.Output(), right.Output())
		var u *unknownColumn
		if errors.As(err, &u) && u.right {
			return nil, b.settle(err, right)
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, got...)
	}
	return keys, nil
}

func (b *binder) joinCondition(e Expr, left, right []*Col) ([]JoinKey, error) {
	switch e := Unparen(e).(type) {
	case *Ident:
		l, r := findCol(left, e.Text), findCol(right, e.Text)
		if l == nil {
			return nil, unknownCol(e, onLeft, e.Text, columnNames(left))
		}
		if r == nil {
			return nil, unknownCol(e, onRight, e.Text, columnNames(right))
		}
		key, err := joinKey(l, r, e)
		return []JoinKey{key}, err
	case *Binary:
		if e.Op == "and" {
			x, err := b.joinCondition(e.X, left, right)
			if err != nil {
				return nil, err
			}
			y, err := b.joinCondition(e.Y, left, right)
			return append(x, y...), err
		}
		if e.Op == "==" {
			return joinEquality(e, left, right)
		}
	}
	return nil, errAt(e, "write a column's name or $left.a == $right.b", "this is no join condition")
}

func joinEquality(e *Binary, left, right []*Col) ([]JoinKey, error) {
	ls, lcol, err := sideColumn(e.X, left, right)
	if err != nil {
		return nil, err
	}
	rs, rcol, err := sideColumn(e.Y, left, right)
	if err != nil {
		return nil, err
	}
	if ls == rs {
		return nil, errAt(e, "", "a join condition compares $left with $right")
	}
	if ls == "$right" {
		lcol, rcol = rcol, lcol
	}
	key, err := joinKey(lcol, rcol, e)
	return []JoinKey{key}, err
}

// sideColumn resolves $left.x or $right.x.
func sideColumn(e Expr, left, right []*Col) (string, *Col, error) {
	m, ok := Unparen(e).(*Member)
	var name *Ident
	var side Expr
	if ok {
		side, name = m.X, m.Name
	} else if ix, isIndex := Unparen(e).(*Index); isIndex {
		if l, isLit := ix.Index.(*Literal); isLit && l.Type == schema.String {
			side, name = ix.X, &Ident{ix.Index.Pos(), l.Value.(string)}
		}
	}
	id, ok := side.(*Ident)
	if !ok || id.Text != "$left" && id.Text != "$right" {
		return "", nil, errAt(e, "write $left.a == $right.b", "a join condition compares $left with $right")
	}
	cols := left
	if id.Text == "$right" {
		cols = right
	}
	col := findCol(cols, name.Text)
	if col == nil {
		return "", nil, unknownCol(name, " on the "+strings.TrimPrefix(id.Text, "$")+" side", name.Text, columnNames(cols))
	}
	return id.Text, col, nil
}

func joinKey(l, r *Col, n Node) (JoinKey, error) {
	switch {
	case l.Type == schema.Dynamic || r.Type == schema.Dynamic:
		return JoinKey{}, errAt(n, "extend tostring(...) of it on both sides first", "dynamic columns cannot be join keys")
	case l.Type == r.Type:
		return JoinKey{&ColRef{l}, &ColRef{r}}, nil
	case l.Type.IsNumeric() && r.Type.IsNumeric():
		t := max(l.Type, r.Type)
		return JoinKey{convert(&ColRef{l}, t), convert(&ColRef{r}, t)}, nil
	}
	return JoinKey{}, errAt(n, "convert one of them first", "join keys have different types, %s and %s", l.Type, r.Type)
}

// branch is an input of a union before its columns are mapped.
type branch struct {
	rel  Rel
	name string // for withsource
}

// union appends tables, with columns of the same name and type merged.
func (b *binder) union(op *Union, rel Rel, sc *scope) (Rel, error) {
	fuzzy := optionText(op.Options.Get("isfuzzy")) == "true"
	var list []branch
	if rel != nil {
		list = append(list, branch{rel, sourceName(nil, rel, "union_arg", 0)})
	}
	var firstMissing error
	for _, e := range op.Tables {
		got, err := b.unionTable(e, "union_arg", len(list), sc)
		if errors.As(err, new(missing)) && fuzzy {
			if firstMissing == nil {
				firstMissing = err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, got...)
	}
	if len(list) == 0 {
		return nil, firstMissing
	}
	source := op.Options.Text("withsource")
	if source == "" {
		source = op.Options.Text("with_source")
	}
	return b.merge(list, source, op.Options.Text("kind") == "inner"), nil
}

// unionTable binds one entry of a union's list, which may be a pattern.
func (b *binder) unionTable(e Expr, prefix string, at int, sc *scope) ([]branch, error) {
	w, ok := Unparen(e).(*Wildcard)
	if !ok {
		if _, all := Unparen(e).(*Star); !all {
			rel, err := b.tabular(e, sc)
			name := sourceName(e, rel, prefix, at)
			if id, ok := Unparen(e).(*Ident); ok {
				if bind := sc.lookup(id.Text); bind != nil && bind.fn != nil && bind.fn.View {
					name = id.Text
				}
			}
			return []branch{{rel, name}}, err
		}
		w = &Wildcard{e.Pos(), "*"}
	}
	names := b.wildcardTables(w, sc)
	if len(names) == 0 {
		return nil, missingAt(w, "", "no table matches %q", w.Pattern)
	}
	var out []branch
	for _, n := range names {
		rel, err := b.tabular(&Ident{w.Span, n}, sc)
		if err != nil {
			return nil, err
		}
		out = append(out, branch{rel, n})
	}
	return out, nil
}

// sourceName is what withsource and search say of a branch: the table that it is,
// the name that `as` gave it, or its place in the list.
func sourceName(e Expr, rel Rel, prefix string, at int) string {
	if p, ok := Unparen(e).(*PipeExpr); ok && len(p.Ops) > 0 {
		if as, ok := p.Ops[len(p.Ops)-1].(*As); ok {
			return as.Name.Text
		}
	}
	if ref, ok := rel.(*RefRel); ok {
		rel = ref.Shared.Rel
	}
	if t, ok := rel.(*TableRel); ok {
		return t.Schema.Name
	}
	return prefix + itoa(at)
}

// slot is a column of a union's result.
type slot struct {
	name  string
	types []schema.Type
	in    int // branches that have it
}

// merge maps the branches' columns to those of the result. A name that has
// several types becomes several columns with the types in their names.
func (b *binder) merge(list []branch, source string, inner bool) Rel {
	var slots []*slot
	byName := map[string]*slot{}
	for _, br := range list {
		for _, c := range br.rel.Output() {
			s := byName[c.Name]
			if s == nil {
				s = &slot{name: c.Name}
				byName[c.Name] = s
				slots = append(slots, s)
			}
			s.in++
			if !slices.Contains(s.types, c.Type) {
				s.types = append(s.types, c.Type)
			}
		}
	}
	if inner {
		slots = slices.DeleteFunc(slots, func(s *slot) bool { return s.in < len(list) })
	}
	out := &UnionRel{}
	names := newNamer()
	if source != "" {
		out.Outputs = append(out.Outputs, b.newCol(names.unique(source, true), schema.String))
	}
	type key struct {
		name string
		t    schema.Type
	}
	place := map[key]int{}
	for _, s := range slots {
		for _, t := range s.types {
			name := s.name
			if len(s.types) > 1 {
				name += "_" + t.String()
			}
			place[key{s.name, t}] = len(out.Outputs)
			out.Outputs = append(out.Outputs, b.newCol(names.unique(name, false), t))
		}
	}
	for _, br := range list {
		exprs := make([]Scalar, len(out.Outputs))
		for _, c := range br.rel.Output() {
			if i, ok := place[key{c.Name, c.Type}]; ok {
				exprs[i] = &ColRef{c}
			}
		}
		for i, c := range out.Outputs {
			if exprs[i] == nil {
				exprs[i] = nullOf(c.Type)
			}
		}
		if source != "" {
			exprs[0] = &Lit{schema.String, br.name}
		}
		out.Branches = append(out.Branches, UnionBranch{br.rel, exprs})
	}
	b.leaveOutEmpty(out)
	return out
}

// manyBranches is from where it pays to ask which tables hold anything.
const manyBranches = 16

// leaveOutEmpty drops the branches of a large union that read empty tables, but
// for one.
func (b *binder) leaveOutEmpty(u *UnionRel) {
	if b.env.Empty == nil || len(u.Branches) < manyBranches {
		return
	}
	first := u.Branches[:1:1]
	u.Branches = slices.DeleteFunc(slices.Clone(u.Branches), func(br UnionBranch) bool {
		t := scanned(br.Input)
		return t != nil && b.env.Empty(t.Schema.Name)
	})
	if len(u.Branches) == 0 {
		u.Branches = first
	}
}

// scanned is the table of which rel passes on some rows, or nil.
func scanned(rel Rel) *TableRel {
	switch r := rel.(type) {
	case *TableRel:
		return r
	case *FilterRel:
		return scanned(r.Input)
	case *ComputeRel:
		return scanned(r.Input)
	}
	return nil
}
