package kql

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Candidate is one way to go on with a query.
type Candidate struct {
	Text   string
	Kind   string // step, column, let, table, function, aggregate, window, plugin, operator or value
	Detail string // a type, or what it gives
}

// Complete lists what may replace the word that ends at the byte offset, best
// first: what the place asks for, limited to what the word begins. The query may be faulty
// or unfinished.
func Complete(src string, offset int, env *Env) []Candidate {
	offset = min(max(offset, 0), len(src))
	c := &completer{src: src, env: env}
	if env == nil {
		c.env = &Env{}
	}
	c.word = WordStart(src, offset)
	if !c.scan() {
		return nil
	}
	var out []Candidate
	prefix := strings.ToLower(src[c.word:offset])
	for _, cand := range c.candidates() {
		if strings.HasPrefix(strings.ToLower(cand.Text), prefix) && !slices.Contains(out, cand) {
			out = append(out, cand)
		}
	}
	return out
}

// WordStart returns the byte offset where the word begins that ends at offset and
// that a [Candidate] replaces.
func WordStart(src string, offset int) int {
	for offset > 0 {
		r, n := utf8.DecodeLastRuneInString(src[:offset])
		isWord := r == '_' || r == '$' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= utf8.RuneSelf
		dash := r == '-' && stepWord(src[:offset-n])
		if !isWord && !dash {
			break
		}
		offset -= n
	}
	return offset
}

// stepWord reports whether a dash after s belongs to a step's name: project-away.
func stepWord(s string) bool {
	i := strings.LastIndexByte(s, '|')
	if i < 0 {
		return false
	}
	switch strings.TrimSpace(s[i+1:]) {
	case "project", "mv", "make", "parse", "top", "sample":
		return true
	}
	return false
}

type completer struct {
	src    string
	env    *Env
	word   int     // where the word begins
	frames []frame // open brackets, outermost first
}

// frame is a bracket that is open at the word, or the whole text.
type frame struct {
	before string // the word before the bracket
	start  int    // of the pipeline in it
	pipe   int    // its last |, or -1
}

// scan finds the brackets around the word; it is false inside a text or comment.
func (c *completer) scan() bool {
	toks, comments := lex(c.src[:c.word])
	for _, cm := range comments {
		if cm.End == c.word && !strings.HasSuffix(c.src[:c.word], "\n") {
			return false
		}
	}
	c.frames = []frame{{pipe: -1}}
	prev := ""
	for _, t := range toks {
		top := &c.frames[len(c.frames)-1]
		switch {
		case t.kind == tBad:
			return false // most likely a text that is still open
		case t.kind != tPunct:
		case t.text == "(" || t.text == "[" || t.text == "{":
			c.frames = append(c.frames, frame{prev, t.End, -1})
		case t.text == ")" || t.text == "]" || t.text == "}":
			if len(c.frames) > 1 {
				c.frames = c.frames[:len(c.frames)-1]
			}
		case t.text == ";":
			*top = frame{top.before, t.End, -1}
		case t.text == "|":
			top.pipe = t.Start
		case t.text == "," && top.pipe < 0 && len(c.frames) > 1:
			top.start = t.End
		}
		prev = t.text
	}
	return true
}

// tableWords come before a table.
var tableWords = map[string]bool{
	"": true, "union": true, "join": true, "lookup": true, "in": true, "toscalar": true, "materialize": true, "has_any": true, "invoke": true,
}

func (c *completer) candidates() []Candidate {
	top := c.frames[len(c.frames)-1]
	if top.pipe >= 0 {
		return c.inStep(strings.Fields(c.src[top.pipe+1:c.word]), len(c.frames)-1)
	}
	text := strings.Fields(c.src[top.start:c.word])
	if len(c.frames) == 1 {
		return c.source(text)
	}
	if last := len(text); last == 0 && tableWords[top.before] {
		return append(c.tables(), c.values(len(c.frames)-2, false)...)
	}
	for i := len(c.frames) - 2; i >= 0; i-- {
		if f := c.frames[i]; f.pipe >= 0 {
			if top.before == "on" && len(text) == 0 {
				return funcs(StepFunc, "step")
			}
			step := strings.Fields(c.src[f.pipe+1 : c.word])
			return c.values(i, len(step) > 0 && isAggregating(step[0]))
		}
	}
	return append(c.lets(), funcs(ScalarFunc, "function")...)
}

// source completes the start of a statement.
func (c *completer) source(text []string) []Candidate {
	switch {
	case len(text) == 0:
		out := append(c.tables(), c.lets()...)
		for _, w := range []string{"let", "print", "range", "union", "search", "datatable", "externaldata"} {
			out = append(out, Candidate{Text: w, Kind: "step"})
		}
		return out
	case text[0] == "union" || len(text) >= 2 && text[0] == "let" && text[len(text)-1] == "=":
		return append(append(c.tables(), c.lets()...), funcs(ScalarFunc, "function")...)
	}
	return append(c.lets(), funcs(ScalarFunc, "function")...)
}

func isAggregating(step string) bool {
	return step == "summarize" || step == "make-series" || step == "top-nested"
}

// inStep completes after a |; frame i holds the pipeline.
func (c *completer) inStep(text []string, i int) []Candidate {
	if len(text) == 0 {
		return funcs(StepFunc, "step")
	}
	last := text[len(text)-1]
	switch step := text[0]; {
	case strings.HasSuffix(last, "kind=") && (step == "join" || step == "lookup"):
		var out []Candidate
		for _, k := range slices.Sorted(maps.Keys(joinKinds)) {
			if k != "" {
				out = append(out, Candidate{Text: k, Kind: "value"})
			}
		}
		return out
	case (step == "join" || step == "lookup") && !slices.Contains(text, "on"), step == "union":
		return append(c.tables(), c.lets()...)
	case step == "evaluate":
		return funcs(PluginFunc, "plugin")
	case step == "render":
		var out []Candidate
		for _, k := range []string{"timechart", "columnchart", "barchart", "piechart", "areachart", "linechart", "scatterchart", "table", "card"} {
			out = append(out, Candidate{Text: k, Kind: "value"})
		}
		return out
	case isAggregating(step):
		return c.values(i, true)
	}
	return c.values(i, false)
}

// values lists what an expression in frame i may use.
func (c *completer) values(i int, aggregates bool) []Candidate {
	var out []Candidate
	for _, col := range c.columns(i) {
		out = append(out, Candidate{col.Name, "column", col.Type.String()})
	}
	out = append(out, c.lets()...)
	if aggregates {
		out = append(out, funcs(AggregateFunc, "aggregate")...)
	}
	out = append(out, funcs(ScalarFunc, "function")...)
	if !aggregates {
		out = append(out, funcs(WindowFunc, "window")...)
	}
	return append(out, funcs(OperatorFunc, "operator")...)
}

// columns binds the pipeline of frame i up to its last | and returns its columns; where that
// fails, those of the pipeline around it.
func (c *completer) columns(i int) []Column {
	for ; i >= 0; i-- {
		f := c.frames[i]
		if f.pipe < 0 {
			continue
		}
		text := c.src[f.start:f.pipe]
		if fields := strings.Fields(text); len(fields) > 2 && fields[0] == "let" {
			_, text, _ = strings.Cut(text, "=")
		}
		if p := c.bind(text); p != nil {
			return p.Columns
		}
	}
	return nil
}

// bind binds a pipeline after the statements before it.
func (c *completer) bind(text string) *Plan {
	env := *c.env
	env.Discover = nil
	if env.External == nil {
		env.External = func(x External) (*DataSet, error) { return &DataSet{Columns: x.Columns}, nil }
	}
	for _, src := range []string{c.src[:c.frames[0].start] + text, text} {
		if s, err := Parse(src); err == nil {
			if p, err := Bind(s, &env); err == nil {
				return p
			}
		}
	}
	return nil
}

func (c *completer) tables() []Candidate {
	var out []Candidate
	for _, n := range slices.Sorted(slices.Values(c.env.TableNames)) {
		detail := ""
		if c.env.Tables != nil {
			if t, ok := c.env.Tables(n); ok {
				detail = t.Doc
			}
		}
		out = append(out, Candidate{n, "table", detail})
	}
	return out
}

// lets lists the names that the statements before declare.
func (c *completer) lets() []Candidate {
	s, err := Parse(c.src[:c.frames[0].start])
	if err != nil {
		return nil
	}
	var out []Candidate
	for _, st := range s.Statements {
		if let, ok := st.(*LetStmt); ok {
			out = append(out, Candidate{Text: let.Name.Text, Kind: "let"})
		}
	}
	return out
}

// funcs lists the functions of a kind by name, without aliases.
func funcs(kind FuncKind, label string) []Candidate {
	list := Functions(kind)
	var out []Candidate
	for _, n := range slices.Sorted(maps.Keys(list)) {
		if list[n].Canonical == n {
			out = append(out, Candidate{n, label, list[n].Doc})
		}
	}
	return out
}
