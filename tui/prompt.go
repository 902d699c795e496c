package tui

import (
	"context"
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt/kql"
)

// promptView is a line of KQL above its result.
type promptView struct {
	asker   // for completions
	field   textinput.Model
	editing bool
	offers  []kql.Candidate
	chosen  int // -1: none
	result  *grid
	chart   string // what render asked for; empty: rows
	past    int    // of the history; len: what is being typed
}

// openPrompt shows the prompt with a text, which is run if it is not empty.
func (m *Model) openPrompt(text string) tea.Cmd {
	if m.kase == nil {
		return m.fail("no case is open")
	}
	if p, ok := m.view().(*promptView); ok && text == "" {
		p.editing = true
		return nil
	}
	p := &promptView{field: newField(text), editing: true, chosen: -1, past: len(m.history)}
	push := m.push(p)
	if text != "" {
		return tea.Batch(push, p.run(m))
	}
	return tea.Batch(push, p.complete(m))
}

func (p *promptView) section() string { return sectionPrompt }

func (p *promptView) title() string { return "KQL" }

func (p *promptView) typing() bool { return p.editing }

func (p *promptView) close() {
	p.stop()
	if p.result != nil {
		p.result.close()
	}
}

func (p *promptView) receive(m *Model, msg answered) (tea.Cmd, bool) {
	if p.takes(msg) {
		p.offers, _ = msg.value.([]kql.Candidate)
		p.chosen = -1
		return nil, true
	}
	if p.result == nil {
		return nil, false
	}
	cmd, mine := p.result.receive(m, msg)
	if mine && p.result.fault != "" {
		p.editing = true
	}
	return cmd, mine
}

func (p *promptView) complete(m *Model) tea.Cmd {
	src := p.field.Value()
	offset := len(string([]rune(src)[:p.field.Position()]))
	env := m.kase.Env()
	return m.ask(&p.asker, func(context.Context) (any, error) { return kql.Complete(src, offset, env), nil })
}

// typed takes a key or a paste while the line is edited.
func (p *promptView) typed(m *Model, msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "enter":
			return p.run(m)
		case "esc":
			return p.leave(m)
		case "tab":
			return p.choose(1)
		case "shift+tab":
			return p.choose(-1)
		case "up":
			return p.recall(m, -1)
		case "down":
			return p.recall(m, 1)
		}
	}
	m.say("")
	before, at := p.field.Value(), p.field.Position()
	p.field, _ = p.field.Update(msg) // its commands only blink the cursor
	if p.field.Value() == before && p.field.Position() == at {
		return nil
	}
	return p.complete(m)
}

// leave cancels what runs, or else leaves the prompt.
func (p *promptView) leave(m *Model) tea.Cmd {
	if p.result != nil && p.result.busy {
		p.result.stop()
		p.result.fault = "cancelled\n"
		return nil
	}
	p.editing = false
	p.result.closeIf()
	p.result = nil
	return m.goBack()
}

func (g *grid) closeIf() {
	if g != nil {
		g.close()
	}
}

// choose puts the next completion in the place of the word.
func (p *promptView) choose(step int) tea.Cmd {
	if len(p.offers) == 0 {
		return nil
	}
	p.chosen = (p.chosen + step + len(p.offers)) % len(p.offers)
	if p.chosen < 0 {
		p.chosen += len(p.offers)
	}
	src := p.field.Value()
	offset := len(string([]rune(src)[:p.field.Position()]))
	start := kql.WordStart(src, offset)
	text := src[:start] + p.offers[p.chosen].Text
	p.field.SetValue(text + src[offset:])
	p.field.SetCursor(len([]rune(text)))
	return nil
}

// recall steps through the history.
func (p *promptView) recall(m *Model, step int) tea.Cmd {
	if len(m.history) == 0 {
		return nil
	}
	p.past = max(0, min(p.past+step, len(m.history)))
	text := ""
	if p.past < len(m.history) {
		text = m.history[p.past]
	}
	p.field.SetValue(text)
	p.field.CursorEnd()
	p.offers = nil
	return nil
}

// run asks for the result of the line.
func (p *promptView) run(m *Model) tea.Cmd {
	text := strings.TrimSpace(p.field.Value())
	if text == "" {
		return nil
	}
	if n := len(m.history); n == 0 || m.history[n-1] != text {
		m.history = append(m.history, text)
	}
	p.past, p.offers, p.chosen = len(m.history), nil, -1
	p.stop()
	p.result.closeIf()
	rows, kind := withoutRender(text)
	p.chart = kind
	p.result = &grid{name: "result", base: rows, barsOn: false}
	p.editing = false
	return p.result.begin(m)
}

// charts are what render draws; the others are shown as rows.
var charts = []string{"timechart", "columnchart", "barchart", "linechart", "areachart", "piechart"}

// withoutRender splits the render off a text, as rows are counted, filtered and
// sorted after it. The kind is empty where nothing is drawn.
func withoutRender(text string) (rows, kind string) {
	script, err := kql.Parse(text)
	if err != nil || len(script.Statements) == 0 {
		return text, ""
	}
	st, ok := script.Statements[len(script.Statements)-1].(*kql.QueryStmt)
	if !ok {
		return text, ""
	}
	pipe, ok := st.X.(*kql.PipeExpr)
	if !ok || len(pipe.Ops) == 0 {
		return text, ""
	}
	op, ok := pipe.Ops[len(pipe.Ops)-1].(*kql.Render)
	if !ok {
		return text, ""
	}
	before := text[:op.Pos().Start]
	rows = strings.TrimSpace(before[:max(strings.LastIndexByte(before, '|'), 0)])
	if slices.Contains(charts, op.Chart.Text) {
		kind = op.Chart.Text
	}
	return rows, kind
}

func (p *promptView) act(m *Model, a action) tea.Cmd {
	if p.result == nil {
		return nil
	}
	return p.result.act(m, a)
}

func (p *promptView) current() line {
	if p.result == nil || p.result.kept == nil {
		return line{value: p.field.Value()}
	}
	return p.result.current()
}

// retreat goes from the rows to the line.
func (p *promptView) retreat(m *Model) (tea.Cmd, bool) {
	if p.result == nil {
		return nil, false
	}
	if cmd, done := p.result.retreat(m); done {
		return cmd, true
	}
	p.editing = true
	return nil, true
}

func (p *promptView) filtered() string {
	if p.result == nil {
		return ""
	}
	return p.result.filter
}

func (p *promptView) setFilter(m *Model, text string) tea.Cmd {
	if p.result == nil {
		return nil
	}
	return p.result.setFilter(m, text)
}

func (p *promptView) exported(m *Model) string {
	if p.result == nil {
		return p.field.Value()
	}
	return p.result.exported(m)
}

func (p *promptView) place() Place { return Place{View: sectionPrompt, Query: p.field.Value()} }

// draw shows the line, what may go on, and the rows or the chart beneath.
func (p *promptView) draw(m *Model, w, h int) []string {
	out := []string{p.drawLine(m, w)}
	if p.editing {
		out = append(out, p.drawOffers(m, w, min(mostOffers, h-1))...)
	}
	rest := h - len(out)
	switch {
	case p.result == nil:
		out = append(out, m.theme.muted.Render(clip(" KQL over the tables of the case, such as: OfficeActivity | summarize count() by Operation", w)))
	case p.chart != "" && p.result.kept != nil && p.result.fault == "" && !p.result.busy:
		out = append(out, rule(m, p.chart, w, !p.editing))
		out = append(out, chart(m, p.chart, p.result.kept.Columns(), p.result.rows, w, rest-1)...)
	default:
		out = append(out, p.result.draw(m, w, rest)...)
	}
	return filled(out, h, w)
}

// drawLine shows the text in colour with the cursor in it.
func (p *promptView) drawLine(m *Model, w int) string {
	mark := m.theme.accent.Render(" KQL> ")
	if !p.editing {
		return fit(mark+highlight(m, p.field.Value()), w)
	}
	text, at := []rune(p.field.Value()), p.field.Position()
	if at > w-10 {
		return fit(mark+caret(m, p.field, w-7), w)
	}
	under, rest := " ", ""
	if at < len(text) {
		under, rest = string(text[at]), string(text[at+1:])
	}
	return fit(mark+highlight(m, string(text[:at]))+m.theme.cursor.Render(safe(under))+highlight(m, rest), w)
}

func (p *promptView) drawOffers(m *Model, w, most int) []string {
	first := max(0, min(p.chosen-most/2, len(p.offers)-most))
	var out []string
	for i := first; i < min(first+most, len(p.offers)); i++ {
		o := p.offers[i]
		text := fit(safe(o.Text), 30) + " " + fit(o.Kind, 10) + " " + safe(o.Detail)
		if i == p.chosen {
			out = append(out, m.theme.cursor.Render(fit("     ▸ "+text, w)))
			continue
		}
		out = append(out, fit("       "+text, w))
	}
	return out
}
