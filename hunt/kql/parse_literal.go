package kql

import (
	"strconv"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// literalForm reads the text between the parentheses of type(...).
type literalForm struct {
	typ   schema.Type
	parse func(text string) (value any, ok bool)
	hint  string
}

// literalForms are the forms under all their names.
var literalForms = formTable(map[string]*literalForm{
	"bool boolean":       {schema.Bool, parseBool, "bool(true) is a constant; to convert a value use tobool(...)"},
	"int":                {schema.Int, parseIntText(32), "int(1) is a constant; to convert a value use toint(...)"},
	"long":               {schema.Long, parseIntText(64), "long(1) is a constant; to convert a value use tolong(...)"},
	"real double":        {schema.Real, parseReal, "real(1.5) is a constant; to convert a value use toreal(...)"},
	"decimal":            {schema.Decimal, parseDecimal, "decimal(1.5) is a constant; to convert a value use todecimal(...)"},
	"datetime date":      {schema.DateTime, parseDate, "datetime(2024-05-01 10:00) is a constant; to convert a value use todatetime(...)"},
	"timespan time":      {schema.TimeSpan, parseSpan, "timespan(1.02:03:04) is a constant; to convert a value use totimespan(...)"},
	"guid uuid uniqueid": {schema.GUID, parseGUID, "guid(...) is a constant; to convert a value use toguid(...)"},
})

func formTable(rows map[string]*literalForm) map[string]*literalForm {
	out := map[string]*literalForm{}
	for names, f := range rows {
		for _, n := range strings.Fields(names) {
			out[n] = f
		}
	}
	return out
}

func parseBool(s string) (any, bool) {
	switch strings.ToLower(s) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return nil, false
}

func parseIntText(bits int) func(string) (any, bool) {
	return func(s string) (any, bool) {
		n, ok := parseInteger(s)
		return n, ok && n == n<<(64-bits)>>(64-bits)
	}
}

// parseInteger reads a decimal or 0x integer with an optional sign.
func parseInteger(s string) (int64, bool) {
	if strings.ContainsRune(s, '_') {
		return 0, false
	}
	if h := strings.ToLower(s); strings.HasPrefix(h, "0x") {
		u, err := strconv.ParseUint(h[2:], 16, 64)
		return int64(u), err == nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func parseReal(s string) (any, bool) {
	switch l := strings.ToLower(s); {
	case strings.ContainsAny(l, "_x"):
		return nil, false
	case l == "nan" || l == "+inf" || l == "-inf" || l == "inf":
	case strings.ContainsAny(l, "ni"):
		return nil, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

func parseDecimal(s string) (any, bool) { return s, decimalPattern.MatchString(s) }
func parseDate(s string) (any, bool)    { n, ok := ParseDateTime(s); return n, ok }
func parseSpan(s string) (any, bool)    { n, ok := ParseTimeSpan(s); return n, ok }
func parseGUID(s string) (any, bool)    { g, ok := ParseGUID(s); return g, ok }

// typedLiteral reads type(text). The text is not made of tokens, so it is cut
// from the source.
func (p *parser) typedLiteral(form *literalForm) Expr {
	name := p.take()
	open := p.take()
	inner, end := p.rawText(open)
	lit := &Literal{Span: Span{name.Start, end}, Type: form.typ}
	lit.Raw = name.text + "(" + inner + ")"
	text := inner
	if inner != "" && (inner[0] == '"' || inner[0] == '\'') {
		if toks, _ := lex(inner); len(toks) == 2 && toks[0].kind == tString {
			text = strings.TrimSpace(p.stringToken(toks[0]))
		}
	}
	if text == "null" || text == "" && form.typ != schema.String {
		lit.Raw = name.text + "(null)"
		return lit
	}
	if form.typ == schema.DateTime && text == "now" {
		return &Call{Span: lit.Span, Func: &Ident{name.Span, "now"}}
	}
	v, ok := form.parse(text)
	if !ok {
		p.fail(lit.Span, "cannot read "+quote(text)+" as "+form.typ.String(), form.hint)
	}
	lit.Value = v
	return lit
}

// rawText returns the text up to the parenthesis that closes open, trimmed, and
// moves past it. Line breaks and comments end it: they are never part of it.
func (p *parser) rawText(open token) (text string, end int) {
	rest := p.src[open.End:]
	i := strings.IndexByte(rest, ')')
	if q := strings.TrimLeft(rest, " \t\r\n"); q != "" && (q[0] == '"' || q[0] == '\'') {
		if t := p.tok(); t.kind == tString && p.punctAt(1, ")") {
			i = p.at(1).Start - open.End
		}
	}
	if i < 0 {
		p.fail(open.Span, "expected ')' to close this", "")
		return "", open.End
	}
	end = open.End + i + 1
	for p.tok().kind != tEOF && p.tok().Start < end {
		p.i++
	}
	return strings.Join(strings.Fields(rest[:i]), " "), end
}

// stringToken returns the text that a string token stands for.
func (p *parser) stringToken(t token) string {
	if t.kind != tString {
		return ""
	}
	v, _, at, ok := unquoteString(t.text)
	if !ok {
		p.fail(Span{t.Start + at, min(t.Start+at+2, t.End)}, "unknown escape in a string", `write \\ for a backslash, or @"..." for a text without escapes`)
	}
	return v
}

// stringLiteral reads one string, or several side by side, which are joined.
func (p *parser) stringLiteral() *Literal {
	t := p.take()
	v, hidden := p.stringToken(t), t.text[0]|0x20 == 'h'
	lit := &Literal{Type: schema.String, Obfuscated: hidden, Raw: t.text}
	if p.tok().kind == tString {
		var b strings.Builder
		b.WriteString(v)
		for p.tok().kind == tString {
			t := p.take()
			b.WriteString(p.stringToken(t))
			lit.Obfuscated = lit.Obfuscated || t.text[0]|0x20 == 'h'
		}
		v, lit.Raw = b.String(), ""
	}
	lit.Span, lit.Value = p.from(t.Start), v
	return lit
}

func (p *parser) number() *Literal {
	t := p.take()
	lit := &Literal{Span: t.Span, Raw: t.text}
	var ok bool
	switch t.kind {
	case tInt:
		lit.Type = schema.Long
		lit.Value, ok = parseIntText(64)(t.text)
	case tReal:
		lit.Type = schema.Real
		lit.Value, ok = parseReal(t.text)
	case tTimeSpan:
		lit.Type = schema.TimeSpan
		lit.Value, ok = parseSpan(t.text)
	}
	if !ok {
		p.fail(t.Span, "the number "+quote(t.text)+" is too large for "+lit.Type.String(), "")
	}
	return lit
}

// dynamicLit reads dynamic(json), where scalars may also be KQL literals.
func (p *parser) dynamicLit() Expr {
	start := p.take().Start
	open := p.take()
	d := &DynamicLit{Value: p.dynamicValue()}
	p.closing(")", open)
	d.Span = p.from(start)
	return d
}

func (p *parser) dynamicValue() Expr {
	p.enter()
	defer func() { p.depth-- }()
	t := p.tok()
	switch {
	case t.kind == tString:
		return p.stringLiteral()
	case p.isPunct("["):
		return p.dynArray()
	case p.isPunct("{"):
		return p.dynObject()
	case p.isPunct("-") || p.isPunct("+"):
		return p.signedNumber()
	case t.kind == tInt:
		if _, ok := parseInteger(t.text); !ok {
			p.take()
			f, _ := parseReal(t.text)
			return &Literal{Span: t.Span, Type: schema.Real, Value: f, Raw: t.text}
		}
		return p.number()
	case t.kind == tReal || t.kind == tTimeSpan:
		return p.number()
	case t.kind == tIdent && (t.text == "true" || t.text == "false"):
		p.take()
		return &Literal{Span: t.Span, Type: schema.Bool, Value: t.text == "true", Raw: t.text}
	case p.word("null"):
		return &Literal{Span: t.Span, Type: schema.Dynamic, Raw: "null"}
	case t.kind == tIdent && p.punctAt(1, "(") && literalForms[t.text] != nil:
		if lit, ok := p.typedLiteral(literalForms[t.text]).(*Literal); ok {
			return lit
		}
		p.fail(t.Span, "a dynamic constant cannot hold now", "")
	case t.kind == tIdent && p.punctAt(1, "(") && t.text == "dynamic":
		p.take()
		open := p.take()
		v := p.dynamicValue()
		p.closing(")", open)
		return v
	}
	p.expectedHint("a JSON value", `texts need quotes: dynamic(["a", "b"]); for values of columns use pack_array(...) or bag_pack(...)`)
	return &Literal{Span: t.Span, Type: schema.Dynamic}
}

func (p *parser) signedNumber() Expr {
	sign := p.take()
	t := p.tok()
	text := sign.text + t.text
	lit := &Literal{Raw: text}
	var ok bool
	switch t.kind {
	case tInt:
		lit.Type = schema.Long
		if lit.Value, ok = parseIntText(64)(text); !ok {
			lit.Type = schema.Real
			lit.Value, ok = parseReal(text)
		}
	case tReal:
		lit.Type = schema.Real
		lit.Value, ok = parseReal(text)
	case tTimeSpan:
		lit.Type = schema.TimeSpan
		lit.Value, ok = parseSpan(text)
	}
	if !ok {
		p.expected("a number after the sign")
	}
	p.take()
	lit.Span = p.from(sign.Start)
	return lit
}

func (p *parser) dynArray() Expr {
	open := p.take()
	a := &DynArray{}
	if !p.isPunct("]") {
		a.Items = commaList(p, p.dynamicValue)
	}
	p.closing("]", open)
	a.Span = p.from(open.Start)
	return a
}

func (p *parser) dynObject() Expr {
	open := p.take()
	o := &DynObject{}
	if !p.isPunct("}") {
		o.Entries = commaList(p, p.dynEntry)
	}
	p.closing("}", open)
	o.Span = p.from(open.Start)
	return o
}

func (p *parser) dynEntry() *DynEntry {
	t := p.tok()
	if t.kind != tString {
		p.expected("a quoted property name")
		return &DynEntry{}
	}
	e := &DynEntry{Key: p.stringToken(p.take())}
	p.needPunct(":", "after the property name")
	e.Value = p.dynamicValue()
	e.Span = p.from(t.Start)
	return e
}

// dataTable reads datatable(columns)[values].
func (p *parser) dataTable() Expr {
	start := p.take().Start
	d := &DataTable{Columns: p.columnDecls()}
	open := p.tok()
	p.needPunct("[", "before the values of the datatable")
	for !p.isPunct("]") && p.tok().kind != tEOF {
		d.Values = append(d.Values, p.expr())
		if !p.punct(",") {
			break
		}
	}
	p.closing("]", open)
	d.Span = p.from(start)
	return d
}

// externalData reads externaldata(columns)[urls] with (options).
func (p *parser) externalData() Expr {
	start := p.take().Start
	d := &ExternalData{Columns: p.columnDecls()}
	open := p.tok()
	p.needPunct("[", "before the addresses of the externaldata")
	for !p.isPunct("]") && p.tok().kind != tEOF {
		d.URIs = append(d.URIs, p.expr())
		if !p.punct(",") {
			break
		}
	}
	p.closing("]", open)
	if p.isWord("with") {
		d.With = p.withOptions()
	}
	d.Span = p.from(start)
	return d
}
