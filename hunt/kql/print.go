package kql

import "strings"

// Print returns the query in its canonical layout: one step of a pipeline a
// line, lets ending in ';', comments kept. Parsing the result gives the same
// tree.
func Print(s *Script) string {
	pr := &printer{comments: s.Comments, src: s.src}
	var kids []*doc
	end := 0
	for i, st := range s.Statements {
		if i > 0 {
			kids = append(kids, hard)
		}
		if i > 0 && pr.blankBefore(end, st.Pos().Start) {
			kids = append(kids, hard)
		}
		kids = append(kids, pr.lead(st.Pos().Start), pr.statement(st))
		if _, query := st.(*QueryStmt); !query || i < len(s.Statements)-1 {
			kids = append(kids, text(";"))
		}
		kids = append(kids, pr.trail(st.Pos().End))
		end = st.Pos().End
	}
	kids = append(kids, hard, pr.lead(len(s.src)+1))
	var r renderer
	r.render(concat(kids...), false)
	return strings.TrimRight(r.b.String(), "\n ") + "\n"
}

// printer turns nodes into docs in source order and hands out the comments on
// the way: those before a node become lines of their own, those behind it on
// its line stay there. None is left out.
type printer struct {
	src      string
	comments []Comment // still to print
}

// lead returns the comments that stand before pos, each on a line of its own.
func (pr *printer) lead(pos int) *doc {
	var kids []*doc
	for len(pr.comments) > 0 && pr.comments[0].Start < pos {
		c := &doc{kind: docComment, text: pr.comments[0].Text, hard: true}
		kids = append(kids, c, hard)
		pr.comments = pr.comments[1:]
	}
	return concat(kids...)
}

// trail returns the comment that follows end on the same line.
func (pr *printer) trail(end int) *doc {
	if len(pr.comments) == 0 || pr.comments[0].OwnLine || pr.comments[0].Start < end {
		return concat()
	}
	c := pr.comments[0]
	if strings.Trim(pr.src[end:c.Start], " \t,;)]}") != "" {
		return concat()
	}
	pr.comments = pr.comments[1:]
	return concat(text(" "), &doc{kind: docComment, text: c.Text, hard: true})
}

// trailLast is trail for the last of a list: a comment on the line belongs to the
// list only if the list's bracket closes below it, else to the whole step.
func (pr *printer) trailLast(end int) *doc {
	if len(pr.comments) == 0 || pr.comments[0].Start < end || end > len(pr.src) {
		return concat()
	}
	after := strings.TrimLeft(pr.src[pr.comments[0].End:], " \t\r\n")
	if after == "" || !strings.ContainsRune(")]}", rune(after[0])) || strings.Trim(pr.src[end:pr.comments[0].Start], " \t,") != "" {
		return concat()
	}
	return pr.trail(end)
}

// blankBefore reports whether the source has an empty line between two
// statements, above the comments of the second.
func (pr *printer) blankBefore(end, start int) bool {
	if len(pr.comments) > 0 && pr.comments[0].Start < start {
		start = pr.comments[0].Start
	}
	if end > start || start > len(pr.src) {
		return false
	}
	gap := pr.src[end:start]
	i := strings.IndexByte(gap, '\n')
	return i >= 0 && strings.Contains(gap[i+1:], "\n")
}

// list joins items with commas; each keeps its comments.
func list[T Node](pr *printer, items []T, show func(T) *doc) *doc {
	var kids []*doc
	for i, it := range items {
		kids = append(kids, pr.lead(it.Pos().Start), show(it))
		if i < len(items)-1 {
			kids = append(kids, text(","), pr.trail(it.Pos().End), line)
		} else {
			kids = append(kids, pr.trailLast(it.Pos().End))
		}
	}
	return concat(kids...)
}

// block puts a list between brackets, indented if it needs several lines.
func block(open string, inner *doc, end string) *doc {
	if len(inner.kids) == 0 {
		return text(open + end)
	}
	return group(text(open), nest(soft, inner), soft, text(end))
}

func (pr *printer) statement(s Statement) *doc {
	switch s := s.(type) {
	case *LetStmt:
		head := text("let " + name(s.Name) + " =")
		if p, ok := s.Value.(*PipeExpr); ok && len(p.Ops) > 1 {
			return concat(head, nest(hard, pr.pipe(p)))
		}
		return concat(head, text(" "), pr.bare(s.Value))
	case *SetStmt:
		if s.Value == nil {
			return text("set " + name(s.Name))
		}
		return concat(text("set "+name(s.Name)+" = "), pr.expr(s.Value))
	case *DeclareStmt:
		return concat(text("declare query_parameters"), block("(", list(pr, s.Params, pr.param), ")"))
	case *AliasStmt:
		return concat(text("alias database "+name(s.Name)+" = "), pr.expr(s.Value))
	case *RestrictStmt:
		return concat(text("restrict access to "), block("(", list(pr, s.Items, pr.expr), ")"))
	}
	q := s.(*QueryStmt)
	if p, ok := q.X.(*PipeExpr); ok {
		return pr.pipe(p)
	}
	return pr.expr(q.X)
}

// pipe prints a pipeline without parentheses, one step a line.
func (pr *printer) pipe(p *PipeExpr) *doc { return concat(pr.pipeParts(p, hard)...) }

func (pr *printer) pipeParts(p *PipeExpr, sep *doc) []*doc {
	var kids []*doc
	if p.Source != nil {
		start := p.Source.Pos()
		kids = append(kids, pr.lead(start.Start), pr.expr(p.Source), pr.trail(start.End))
	}
	for i, op := range p.Ops {
		if i > 0 || p.Source != nil {
			kids = append(kids, sep, pr.lead(op.Pos().Start), text("| "))
		} else {
			kids = append(kids, pr.lead(op.Pos().Start))
		}
		kids = append(kids, pr.operator(op), pr.trail(op.Pos().End))
	}
	return kids
}

// inner prints a pipeline inside brackets: one step may stay on the line.
func (pr *printer) inner(p *PipeExpr) *doc {
	if len(p.Ops) == 1 {
		return concat(pr.pipeParts(p, line)...)
	}
	return concat(pr.pipeParts(p, hard)...)
}

// bare prints an expression where a pipeline needs no parentheses.
func (pr *printer) bare(e Expr) *doc {
	if p, ok := e.(*PipeExpr); ok {
		return pr.inner(p)
	}
	return pr.expr(e)
}

func (pr *printer) param(p *Param) *doc {
	head := name(p.Name) + ":"
	var typ *doc
	switch {
	case p.AnyCols:
		typ = text("(*)")
	case p.Tabular:
		typ = block("(", list(pr, p.Columns, pr.column), ")")
	default:
		typ = text(p.Type.Type.String())
	}
	if p.Default == nil {
		return concat(text(head), typ)
	}
	return concat(text(head), typ, text("="), pr.expr(p.Default))
}

func (pr *printer) column(c *ColumnDecl) *doc {
	switch {
	case c.Type != nil:
		return text(word(c.Name.Text) + ":" + c.Type.Type.String())
	case c.Name.Text == "*":
		return text("*")
	}
	return text(name(c.Name))
}

// name prints a name where keywords would be mistaken.
func name(id *Ident) string {
	if isBareName(id.Text) {
		return id.Text
	}
	return bracket(id.Text)
}

// word prints a name where keywords cannot be meant.
func word(s string) string {
	if s != "" && !(s[0] >= '0' && s[0] <= '9') && identLen(s) == len(s) {
		return s
	}
	return bracket(s)
}

func bracket(s string) string { return "[" + quoteString(s, '\'') + "]" }

// funcName prints the name of a called function.
func funcName(id *Ident) string {
	switch s := id.Text; {
	case literalForms[s] != nil, sourceOps[s] && s != "range", binaryOps[s].level != 0, setOps[s] != "":
		return bracket(s)
	case s == "dynamic", s == "typeof", s == "datatable", s == "externaldata", s == "external_data", s == "between", s == "true", s == "false":
		return bracket(s)
	}
	return word(id.Text)
}

func (pr *printer) funcLit(f *FuncLit) *doc {
	head := block("(", list(pr, f.Params, pr.param), ")")
	if f.View {
		head = concat(text("view "), head)
	}
	if len(f.Body) == 0 && f.Result != nil {
		at := f.Result.Pos()
		body := concat(pr.lead(at.Start), pr.bare(f.Result), pr.trail(at.End))
		return concat(head, text(" "), group(text("{"), nest(line, body), line, text("}")))
	}
	var kids []*doc
	for _, s := range f.Body {
		kids = append(kids, hard, pr.lead(s.Pos().Start), pr.statement(s), text(";"), pr.trail(s.Pos().End))
	}
	if f.Result != nil {
		at := f.Result.Pos()
		kids = append(kids, hard, pr.lead(at.Start), pr.statement(&QueryStmt{X: f.Result}), pr.trail(at.End))
	}
	return concat(head, text(" {"), nest(kids...), hard, text("}"))
}
