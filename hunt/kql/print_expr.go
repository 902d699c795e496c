package kql

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt/schema"
)

// expr prints an expression; a pipeline gets parentheses.
func (pr *printer) expr(e Expr) *doc {
	switch e := e.(type) {
	case *Ident:
		return text(name(e))
	case *Wildcard:
		return text(e.Pattern)
	case *Star:
		return text("*")
	case *Literal:
		return text(literalText(e))
	case *DynamicLit:
		return concat(text("dynamic("), pr.dynamic(e.Value), text(")"))
	case *DynArray, *DynObject:
		return pr.dynamic(e)
	case *Paren:
		return block("(", concat(pr.lead(e.X.Pos().Start), pr.expr(e.X), pr.trailLast(e.X.Pos().End)), ")")
	case *Unary:
		return concat(text(e.Op), pr.expr(e.X))
	case *Binary:
		return pr.binary(e)
	case *In:
		return concat(pr.expr(e.X), text(" "+e.Op+" "), block("(", list(pr, e.List, pr.bare), ")"))
	case *Between:
		op := " between ("
		if e.Not {
			op = " !between ("
		}
		return concat(pr.expr(e.X), text(op), pr.expr(e.Lo), text(" .. "), pr.expr(e.Hi), text(")"))
	case *Call:
		return pr.call(e)
	case *Member:
		return concat(pr.expr(e.X), text("."+word(e.Name.Text)))
	case *Index:
		return concat(pr.expr(e.X), text("["), pr.expr(e.Index), text("]"))
	case *NamedExpr:
		return pr.named(e)
	case *TypeOf:
		return text("typeof(" + e.Type.Type.String() + ")")
	case *FuncLit:
		return pr.funcLit(e)
	case *DataTable:
		return pr.dataTable(e)
	case *ExternalData:
		return pr.externalData(e)
	}
	return block("(", pr.inner(e.(*PipeExpr)), ")")
}

func (pr *printer) call(e *Call) *doc {
	var head *doc
	if e.Target != nil {
		head = concat(pr.expr(e.Target), text("."+word(e.Func.Text)))
	} else {
		head = text(funcName(e.Func))
	}
	return concat(head, block("(", list(pr, e.Args, pr.arg), ")"))
}

func (pr *printer) arg(e Expr) *doc {
	n, ok := e.(*NamedExpr)
	if !ok {
		return pr.bare(e)
	}
	return concat(text(word(n.Names[0].Text)+"="), pr.bare(n.X))
}

func (pr *printer) named(n *NamedExpr) *doc {
	var names []string
	for _, id := range n.Names {
		names = append(names, name(id))
	}
	switch {
	case n.Tuple:
		return concat(text("("+strings.Join(names, ", ")+") = "), pr.expr(n.X))
	case len(names) == 1:
		return concat(text(names[0]+" = "), pr.expr(n.X))
	}
	return pr.expr(n.X)
}

// binary prints X op Y; chains of and, or break before the operator.
func (pr *printer) binary(b *Binary) *doc {
	if b.Op == ":" {
		return concat(pr.expr(b.X), text(":"), pr.expr(b.Y))
	}
	if b.Op != "and" && b.Op != "or" {
		return concat(pr.expr(b.X), text(" "+b.Op+" "), pr.expr(b.Y))
	}
	var terms []Expr
	var e Expr = b
	for {
		x, ok := e.(*Binary)
		if !ok || x.Op != b.Op {
			break
		}
		terms = append(terms, x.Y)
		e = x.X
	}
	kids := []*doc{pr.lead(e.Pos().Start), pr.expr(e), pr.trail(e.Pos().End)}
	for i := len(terms) - 1; i >= 0; i-- {
		at := terms[i].Pos()
		kids = append(kids, line, pr.lead(at.Start), text(b.Op+" "), pr.expr(terms[i]))
		if i > 0 {
			kids = append(kids, pr.trail(at.End))
		} else {
			kids = append(kids, pr.trailLast(at.End))
		}
	}
	return group(nest(kids...))
}

func (pr *printer) dynamic(e Expr) *doc {
	switch e := e.(type) {
	case *DynArray:
		return block("[", list(pr, e.Items, pr.dynamic), "]")
	case *DynObject:
		return block("{", list(pr, e.Entries, func(n *DynEntry) *doc {
			return concat(text(quoteString(n.Key, '"')+": "), pr.dynamic(n.Value))
		}), "}")
	}
	lit := e.(*Literal)
	if lit.Type == schema.Dynamic {
		return text("null")
	}
	return text(literalText(lit))
}

func (pr *printer) dataTable(d *DataTable) *doc {
	head := concat(text("datatable"), block("(", list(pr, d.Columns, pr.column), ")"), text(" "))
	per := max(len(d.Columns), 1)
	var kids []*doc
	for i, v := range d.Values {
		kids = append(kids, pr.lead(v.Pos().Start), pr.expr(v))
		switch {
		case i == len(d.Values)-1:
			kids = append(kids, pr.trailLast(v.Pos().End))
		case (i+1)%per == 0:
			kids = append(kids, text(","), pr.trail(v.Pos().End), line)
		default:
			kids = append(kids, text(", "), pr.trail(v.Pos().End))
		}
	}
	return concat(head, block("[", concat(kids...), "]"))
}

func (pr *printer) externalData(d *ExternalData) *doc {
	kids := []*doc{
		text("externaldata"), block("(", list(pr, d.Columns, pr.column), ")"),
		text(" "), block("[", list(pr, d.URIs, pr.expr), "]"),
	}
	return concat(append(kids, pr.with(d.With))...)
}

// literalText returns a literal as KQL: as written, or built anew.
func literalText(l *Literal) string {
	if l.Raw != "" {
		return l.Raw
	}
	typ := l.Type.String()
	switch v := l.Value.(type) {
	case nil:
		return typ + "(null)"
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return realText(v)
	case int64:
		return integerText(l.Type, v)
	case string:
		if l.Type == schema.String && l.Obfuscated {
			return "h" + quoteString(v, '"')
		}
		if l.Type == schema.String {
			return quoteString(v, '"')
		}
		return typ + "(" + v + ")"
	}
	return typ + "(null)"
}

func realText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "real(nan)"
	case math.IsInf(f, 1):
		return "real(+inf)"
	case math.IsInf(f, -1):
		return "real(-inf)"
	}
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	if math.Signbit(f) {
		return "real(" + s + ")"
	}
	return s
}

func integerText(t schema.Type, v int64) string {
	switch {
	case t == schema.DateTime:
		return "datetime(" + FormatDateTime(v) + ")"
	case t == schema.TimeSpan:
		return "timespan(" + FormatTimeSpan(v) + ")"
	case t == schema.Long && v >= 0:
		return strconv.FormatInt(v, 10)
	}
	return t.String() + "(" + strconv.FormatInt(v, 10) + ")"
}

// FormatDateTime renders ticks as Microsoft's engine does: seven digits and Z.
func FormatDateTime(ticks int64) string {
	t := time.Unix((ticks-unixTicks)/ticksPerSecond, 0).UTC()
	frac := ticks % ticksPerSecond
	if (ticks-unixTicks)%ticksPerSecond < 0 {
		t = t.Add(-time.Second)
	}
	return fmt.Sprintf("%s.%07dZ", t.Format("2006-01-02T15:04:05"), frac)
}

// FormatTimeSpan renders ticks as [-][d.]hh:mm:ss[.fffffff].
func FormatTimeSpan(ticks int64) string {
	sign, u := "", uint64(ticks)
	if ticks < 0 {
		sign, u = "-", -u
	}
	sec := u / uint64(ticksPerSecond)
	s := fmt.Sprintf("%02d:%02d:%02d", sec/3600%24, sec/60%60, sec%60)
	if d := sec / 86400; d > 0 {
		s = fmt.Sprintf("%d.%s", d, s)
	}
	if f := u % uint64(ticksPerSecond); f > 0 {
		s += fmt.Sprintf(".%07d", f)
	}
	return sign + s
}

// quoteString writes s as a KQL string between the given quotes.
func quoteString(s string, q byte) string {
	var b strings.Builder
	b.WriteByte(q)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == q || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte(q)
	return b.String()
}
