package kql

import "strings"

// printWidth is the length that the printer tries to keep lines to.
const printWidth = 100

type docKind uint8

const (
	docText    docKind = iota
	docLine            // a space, or a line break in a broken group
	docSoft            // nothing, or a line break in a broken group
	docHard            // a line break always
	docComment         // text up to the end of the line
	docConcat
	docGroup // on one line if it fits
	docNest  // indented after line breaks
)

// doc is a layout to choose line breaks in, after Wadler.
type doc struct {
	kind  docKind
	text  string
	kids  []*doc
	width int  // on one line
	hard  bool // holds a line break or comment
}

func text(s string) *doc {
	return &doc{kind: docText, text: s, width: len(s), hard: strings.Contains(s, "\n")}
}

var (
	line = &doc{kind: docLine, text: " ", width: 1}
	soft = &doc{kind: docSoft}
	hard = &doc{kind: docHard, hard: true}
)

func build(kind docKind, kids []*doc) *doc {
	d := &doc{kind: kind, kids: kids}
	for _, k := range kids {
		d.width += k.width
		d.hard = d.hard || k.hard
	}
	return d
}

func concat(kids ...*doc) *doc { return build(docConcat, kids) }
func group(kids ...*doc) *doc  { return build(docGroup, kids) }
func nest(kids ...*doc) *doc   { return build(docNest, kids) }

// renderer writes a doc.
type renderer struct {
	b       strings.Builder
	col     int
	indent  int
	pending bool // a comment was written: a line break must come first
	fresh   bool // at the beginning of a line, before its indent
}

func (r *renderer) write(s string) {
	if s == "" {
		return
	}
	if r.pending {
		r.newline()
	}
	if r.fresh {
		if s == " " {
			return
		}
		r.b.WriteString(strings.Repeat(" ", r.indent))
		r.col, r.fresh = r.indent, false
	}
	r.b.WriteString(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		r.col = len(s) - i
	} else {
		r.col += len(s)
	}
}

func (r *renderer) newline() {
	r.b.WriteByte('\n')
	r.pending, r.fresh, r.col = false, true, r.indent
}

func (r *renderer) render(d *doc, flat bool) {
	switch d.kind {
	case docText:
		r.write(d.text)
	case docComment:
		r.write(d.text)
		r.pending = true
	case docLine, docSoft:
		if flat {
			if !r.pending {
				r.write(d.text)
			}
			return
		}
		r.newline()
	case docHard:
		r.newline()
	case docGroup:
		flat = !d.hard && (flat || r.col+d.width <= printWidth)
		r.kids(d, flat)
	case docNest:
		r.indent += 4
		r.kids(d, flat)
		r.indent -= 4
	default:
		r.kids(d, flat)
	}
}

func (r *renderer) kids(d *doc, flat bool) {
	for _, k := range d.kids {
		r.render(k, flat)
	}
}
