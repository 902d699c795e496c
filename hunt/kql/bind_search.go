package kql

import (
	"slices"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// search filters each table by the predicate and unites what is left, with the
// table's name in $table.
func (b *binder) search(op *Search, rel Rel, sc *scope) (Rel, error) {
	list, err := b.searchTables(op, rel, sc)
	if err != nil {
		return nil, err
	}
	kind := "has"
	if k := op.Options.Text("kind"); strings.HasPrefix(k, "case_sensitive") {
		kind = "has_cs"
	}
	var kept []branch
	var fault error
	for _, br := range list {
		s := &searcher{row: b.over(br.rel, sc), op: kind}
		s.hoist = true
		pred, err := s.pred(op.Pred)
		if err != nil {
			fault = err
			continue
		}
		kept = append(kept, branch{s.visible(&FilterRel{s.rel, pred}), br.name})
	}
	if len(kept) == 0 {
		return nil, fault
	}
	return b.merge(kept, "$table", false), nil
}

func (b *binder) searchTables(op *Search, rel Rel, sc *scope) ([]branch, error) {
	if rel != nil {
		name := "search_arg0"
		if t, ok := rel.(*TableRel); ok {
			name = t.Schema.Name
		}
		return []branch{{rel, name}}, nil
	}
	if len(op.Tables) > 0 {
		var list []branch
		for _, e := range op.Tables {
			got, err := b.unionTable(e, "search_arg", len(list), sc)
			if err != nil {
				return nil, err
			}
			list = append(list, got...)
		}
		return list, nil
	}
	var list []branch
	for _, n := range slices.Sorted(slices.Values(b.env.TableNames)) {
		if t, ok := b.table(n); ok {
			list = append(list, branch{b.scanTable(t), n})
		}
	}
	if len(list) == 0 {
		return nil, errAt(op, "", "there are no tables to search")
	}
	return list, nil
}

// searcher binds predicates in which bare texts are terms to look for.
type searcher struct {
	*row
	op string // has or has_cs
}

func (s *searcher) pred(e Expr) (Scalar, error) {
	switch e := e.(type) {
	case *Paren:
		return s.pred(e.X)
	case *Literal:
		return s.term(e, s.cols)
	case *Star:
		return &Lit{schema.Bool, true}, nil
	case *Call:
		if e.Func.Text == "not" && len(e.Args) == 1 {
			x, err := s.pred(e.Args[0])
			if err != nil {
				return nil, err
			}
			return s.apply("not", []Scalar{x}, schema.Bool, e)
		}
	case *Binary:
		switch e.Op {
		case "and", "or":
			x, err := s.pred(e.X)
			if err != nil {
				return nil, err
			}
			y, err := s.pred(e.Y)
			if err != nil {
				return nil, err
			}
			return s.apply(e.Op, []Scalar{x, y}, schema.Bool, e)
		case ":":
			return s.colon(e)
		}
	}
	return s.boolean(e)
}

// colon binds column:term and *:term.
func (s *searcher) colon(e *Binary) (Scalar, error) {
	lit, ok := Unparen(e.Y).(*Literal)
	if !ok {
		return nil, errAt(e.Y, "", "a text is expected after the colon")
	}
	if _, all := e.X.(*Star); all {
		return s.term(lit, s.cols)
	}
	x, err := s.expr(e.X)
	if err != nil {
		return nil, err
	}
	return s.match(x, lit)
}

// term looks for a text or number in any of cols. Like the engine it looks into
// texts, dynamic values and whole numbers.
func (s *searcher) term(l *Literal, cols []*Col) (Scalar, error) {
	var out Scalar
	for _, col := range cols {
		switch col.Type {
		case schema.String, schema.Dynamic, schema.Int, schema.Long:
		default:
			continue
		}
		x, err := s.match(&ColRef{col}, l)
		if err != nil {
			return nil, err
		}
		out = orElse(out, x)
	}
	if out == nil {
		return &Lit{schema.Bool, false}, nil
	}
	return out, nil
}

// match compares one value with a term, which may have a * at either end.
func (s *searcher) match(x Scalar, l *Literal) (Scalar, error) {
	n := &Binary{Span: l.Span, Y: l}
	if x.Type() != schema.Dynamic {
		x = convert(x, schema.String)
	}
	text, ok := l.Value.(string)
	if !ok {
		return s.stringOp(s.op, x, convert(&Lit{l.Type, l.Value}, schema.String), n)
	}
	cs := strings.TrimPrefix(s.op, "has")
	op := s.op
	switch front, back := strings.HasPrefix(text, "*"), strings.HasSuffix(text, "*"); {
	case text == "*" || text == "":
		return &Lit{schema.Bool, true}, nil
	case strings.Contains(strings.Trim(text, "*"), "*"):
		return nil, errAt(l, "", "a * inside a term is not supported")
	case front && back:
		op = "contains" + cs
	case front:
		op = "hassuffix" + cs
	case back:
		op = "hasprefix" + cs
	}
	return s.stringOp(op, x, &Lit{schema.String, strings.Trim(text, "*")}, n)
}

// find has no place in hunting queries and is refused.
func (b *binder) find(op *Find, _ *scope) (Rel, error) {
	return nil, errAt(op, "use union withsource=... | where ..., or search", "find is not supported")
}
