package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// line is one row of a pane.
type line struct {
	text  string                     // styled; texts from records are safe already
	key   string                     // by which the cursor finds it again after a rebuild
	open  func(m *Model) tea.Cmd     // enter
	value string                     // what p looks for and y copies
	whole func(m *Model) string      // what Y copies; nil: the text
	head  bool                       // a heading: the cursor passes over it
	mark  bool                       // a finding: e and E go there
	about func(m *Model) (id string) // the finding or incident that a label is for
}

// part is one pane of a screen: its heading and how its lines are made for a
// width in cells.
type part struct {
	title string
	lines func(m *Model, w int) []line
}

// pane is a part as it is shown.
type pane struct {
	at     rect
	all    []line
	shown  []line // after the filter
	cursor int
	top    int
	shift  int // columns scrolled to the right
}

// screen is a view made of panes of lines.
type screen struct {
	asker
	in, name string
	parts    []part
	on       func(m *Model, a action) (tea.Cmd, bool)     // actions of its own
	heard    func(m *Model, value any, err error) tea.Cmd // its question was answered
	asking   func(m *Model) tea.Cmd                       // its question, asked when it is pushed
	panes    []pane
	focus    int
	filter   string
	built    layoutKey
}

// layoutKey is what the panes were laid out for.
type layoutKey struct{ w, h, focus, version int }

func (s *screen) section() string { return s.in }

func (s *screen) title() string { return s.name }

func (s *screen) close() { s.stop() }

func (s *screen) receive(m *Model, msg answered) (tea.Cmd, bool) {
	if !s.takes(msg) {
		return nil, false
	}
	return s.heard(m, msg.value, msg.err), true
}

func (s *screen) filtered() string { return s.filter }

func (s *screen) setFilter(m *Model, text string) tea.Cmd {
	s.filter = text
	m.version++
	return nil
}

// retreat undoes the filter, if there is one.
func (s *screen) retreat(m *Model) (tea.Cmd, bool) {
	if s.filter == "" {
		return nil, false
	}
	return s.setFilter(m, ""), true
}

// lay makes the panes for a body of w by h cells.
func (s *screen) lay(m *Model, w, h int) {
	key := layoutKey{w, h, s.focus, m.version}
	if s.built == key && s.panes != nil {
		return
	}
	s.built = key
	if s.panes == nil {
		s.panes = make([]pane, len(s.parts))
	}
	for i, at := range divide(m.shape(), len(s.parts), s.focus, w, h) {
		p := &s.panes[i]
		if p.at = at; at.w == 0 {
			continue
		}
		p.all = s.parts[i].lines(m, at.w-2)
		p.sift(s.filter)
	}
}

// sift filters the lines and keeps the cursor on the line that it was on.
func (p *pane) sift(filter string) {
	key := p.current().key
	p.shown = p.all
	if filter != "" {
		p.shown = nil
		for _, l := range p.all {
			if l.head || matches(ansi.Strip(l.text)+" "+l.value, filter) {
				p.shown = append(p.shown, l)
			}
		}
	}
	if i := slices.IndexFunc(p.shown, func(l line) bool { return l.key == key && key != "" }); i >= 0 {
		p.cursor = i
	}
	p.settle(1)
}

// matches reports whether a text holds the filter in any case; ! inverts it.
func matches(text, filter string) bool {
	want, inverted := strings.CutPrefix(filter, "!")
	return strings.Contains(strings.ToLower(text), strings.ToLower(want)) != inverted
}

// settle moves the cursor off headings, onwards or back, and into view.
func (p *pane) settle(step int) {
	p.cursor = max(0, min(p.cursor, len(p.shown)-1))
	for range 2 {
		i := p.cursor
		for i >= 0 && i < len(p.shown) && p.shown[i].head {
			i += step
		}
		if i >= 0 && i < len(p.shown) {
			p.cursor = i
			break
		}
		step = -step
	}
	rows := max(p.at.h-1, 1)
	if p.cursor < p.top {
		p.top = p.cursor
		for p.top > 0 && p.shown[p.top-1].head { // a heading stays with its first line
			p.top--
		}
		p.top = max(p.top, p.cursor-rows+1)
	}
	p.top = max(p.top, p.cursor-rows+1)
	p.top = max(0, min(p.top, len(p.shown)-rows))
}

func (p *pane) current() line {
	if p.cursor < 0 || p.cursor >= len(p.shown) {
		return line{}
	}
	return p.shown[p.cursor]
}

func (p *pane) move(by int) {
	p.cursor += by
	p.settle(min(max(by, -1), 1))
}

// seek goes to the next line with a mark.
func (p *pane) seek(step int) {
	for i := p.cursor + step; i >= 0 && i < len(p.shown); i += step {
		if p.shown[i].mark {
			p.cursor = i
			p.settle(step)
			return
		}
	}
}

func (s *screen) pane() *pane {
	if s.focus < len(s.panes) {
		return &s.panes[s.focus]
	}
	return &pane{}
}

func (s *screen) current() line { return s.pane().current() }

func (s *screen) act(m *Model, a action) tea.Cmd {
	s.lay(m, m.w, m.bodyHeight())
	if s.on != nil {
		if cmd, done := s.on(m, a); done {
			return cmd
		}
	}
	p := s.pane()
	page := max(p.at.h-2, 1)
	switch a {
	case up:
		p.move(-1)
	case down:
		p.move(1)
	case pageUp:
		p.move(-page)
	case pageDown:
		p.move(page)
	case top:
		p.move(-len(p.shown))
	case bottom:
		p.move(len(p.shown))
	case left:
		p.shift = max(p.shift-8, 0)
	case right:
		p.shift += 8
	case nextPane:
		s.focus = (s.focus + 1) % len(s.parts)
	case prevPane:
		s.focus = (s.focus + len(s.parts) - 1) % len(s.parts)
	case nextFinding:
		p.seek(1)
	case prevFinding:
		p.seek(-1)
	case open:
		if o := p.current().open; o != nil {
			return o(m)
		}
	}
	return nil
}

// draw returns h lines of w cells.
func (s *screen) draw(m *Model, w, h int) []string {
	s.lay(m, w, h)
	out := make([]string, h)
	for i := range s.panes {
		p := &s.panes[i]
		if p.at.w == 0 {
			continue
		}
		rows := p.draw(m, s.heading(i), i == s.focus)
		for y, row := range rows {
			if p.at.x > 0 {
				out[p.at.y+y] += m.theme.muted.Render("│") + row
			} else {
				out[p.at.y+y] = row
			}
		}
	}
	return out
}

func (s *screen) heading(i int) string {
	title := s.parts[i].title
	if s.filter != "" {
		title += "  /" + safe(s.filter)
	}
	if len(s.parts) > 1 && oneShown(s.panes) {
		title += "  (tab: next)"
	}
	return title
}

// oneShown reports whether only one of several panes is shown.
func oneShown(panes []pane) bool {
	n := 0
	for _, p := range panes {
		if p.at.w > 0 {
			n++
		}
	}
	return n == 1
}

func (p *pane) draw(m *Model, title string, focused bool) []string {
	w, rows := p.at.w, p.at.h
	if rows <= 0 {
		return nil
	}
	out := make([]string, 0, rows)
	out = append(out, rule(m, title, w, focused))
	for i := p.top; len(out) < rows; i++ {
		if i >= len(p.shown) {
			out = append(out, strings.Repeat(" ", w))
			continue
		}
		text := p.shown[i].text
		if p.shift > 0 && !p.shown[i].head {
			text = ansi.TruncateLeft(text, p.shift, "…")
		}
		switch {
		case i == p.cursor && focused && !p.shown[i].head:
			out = append(out, m.theme.cursor.Render(fit("▸ "+ansi.Strip(text), w)))
		case p.shown[i].head:
			out = append(out, fit(text, w))
		default:
			out = append(out, fit("  "+text, w))
		}
	}
	return out
}

// rule is a pane's title line.
func rule(m *Model, title string, w int, focused bool) string {
	style := m.theme.title
	if focused {
		style = m.theme.accent
	}
	text := clip("─ "+title+" ", w)
	return style.Render(text) + m.theme.muted.Render(strings.Repeat("─", max(w-ansi.StringWidth(text), 0)))
}

// begin asks what the screen needs to know.
func (s *screen) begin(m *Model) tea.Cmd {
	if s.asking == nil {
		return nil
	}
	return s.asking(m)
}
