package kql

import (
	"slices"

	"github.com/hunt365/hunt365/hunt/schema"
)

// behind appends added, and drops columns of the same names.
func behind(cols, added []*Col) []*Col {
	out := slices.DeleteFunc(slices.Clone(cols), func(c *Col) bool { return findCol(added, c.Name) != nil })
	return append(out, added...)
}

func (b *binder) parse(op *ParseOp, rel Rel, sc *scope) (Rel, error) {
	c := b.over(rel, sc)
	c.hoist = true
	x, err := c.expr(op.X)
	if err != nil {
		return nil, err
	}
	out := &ParseRel{X: convert(x, schema.String), Where: op.Where}
	out.Pattern.Kind, out.Pattern.Flags = op.Options.Text("kind"), op.Options.Text("flags")
	switch out.Pattern.Kind {
	case "":
		out.Pattern.Kind = "simple"
	case "simple", "relaxed", "regex":
	default:
		return nil, unknownName(op.Options.Get("kind"), "kind of parse", out.Pattern.Kind, []string{"simple", "relaxed", "regex"})
	}
	var cols []*Col
	for i, p := range op.Pattern {
		seg, err := b.segment(p, cols, c)
		if err != nil {
			return nil, err
		}
		if seg.Col != nil {
			if i > 0 && op.Pattern[i-1].Col != nil {
				return nil, errAt(p, "put a text between them", "two columns stand next to each other")
			}
			cols = append(cols, seg.Col)
		}
		out.Pattern.Parts = append(out.Pattern.Parts, seg)
	}
	out.Input, out.Outputs = c.rel, behind(c.cols, cols)
	return out, nil
}

func (b *binder) segment(p *ParsePart, cols []*Col, c *row) (ParseSegment, error) {
	switch {
	case p.Star:
		return ParseSegment{}, nil
	case p.Text != nil:
		s, ok := p.Text.Value.(string)
		if !ok {
			return ParseSegment{}, errAt(p, "", "a text is expected")
		}
		return ParseSegment{Text: s}, nil
	}
	if findCol(cols, p.Col.Text) != nil {
		return ParseSegment{}, errAt(p.Col, "", "column %q is declared twice", p.Col.Text)
	}
	t := schema.String
	if p.Type != nil {
		t = p.Type.Type
	}
	return ParseSegment{Col: b.newCol(p.Col.Text, t)}, nil
}

func (b *binder) parseKv(op *ParseKv, rel Rel, sc *scope) (Rel, error) {
	c := b.over(rel, sc)
	c.hoist = true
	x, err := c.expr(op.X)
	if err != nil {
		return nil, err
	}
	cols, err := b.columnDecls(op.Columns)
	if err != nil {
		return nil, err
	}
	out := &KvRel{X: convert(x, schema.String), Cols: cols}
	for _, o := range op.With {
		if err := c.kvOption(out, o); err != nil {
			return nil, err
		}
	}
	out.Input, out.Outputs = c.rel, behind(c.cols, cols)
	return out, nil
}

func (c *row) kvOption(out *KvRel, o *Option) error {
	if list, ok := o.Value.(*DynArray); ok && o.Name == "quote" {
		for _, x := range list.Items {
			out.Quotes = append(out.Quotes, optionText(x))
		}
		return nil
	}
	x, err := c.expr(o.Value)
	if err != nil {
		return err
	}
	l, ok := x.(*Lit)
	if !ok {
		return errAt(o, "", "%s must be a constant", o.Name)
	}
	s, _ := l.Value.(string)
	switch o.Name {
	case "pair_delimiter":
		out.Pair = s
	case "kv_delimiter":
		out.Kv = s
	case "quote":
		out.Quotes = []string{s}
	case "escape":
		out.Escape = s
	case "greedy":
		out.Greedy, _ = l.Value.(bool)
	case "regex":
		out.Regex = s
		return c.checkRegex(l, o)
	default:
		return unknownName(o, "option", o.Name, []string{"pair_delimiter", "kv_delimiter", "quote", "escape", "greedy", "regex"})
	}
	return nil
}
