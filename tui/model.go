package tui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// view is one level of the stack.
type view interface {
	section() string // of the key table
	title() string
	draw(m *Model, w, h int) []string // h lines of at most w cells
	act(m *Model, a action) tea.Cmd
	receive(m *Model, msg answered) (tea.Cmd, bool)
	current() line
	retreat(m *Model) (tea.Cmd, bool) // esc undid something within the view
	filtered() string
	setFilter(m *Model, text string) tea.Cmd
	close()
}

// typist is a view that takes letters while it is being typed into.
type typist interface {
	typing() bool
	typed(m *Model, msg tea.Msg) tea.Cmd
}

// Model is the screen's only model.
type Model struct {
	ctx    context.Context
	opts   Options
	keys   keymap
	theme  theme
	w, h   int
	lastID int

	kase    Case
	answer  *Answer
	stack   []view
	input   *dialog
	status  string
	failed  bool // the status is about a failure
	version int  // rises whenever panes have to be made anew
	stamp   string
	saved   Session
	history []string // of the KQL prompt

	opening, hunting, working, watching, saving asker
	asked                                       bool // q was pressed while work runs
}

// New returns the model; Run runs it.
func New(ctx context.Context, opts Options) (*Model, error) {
	keys, err := newKeymap(bindings())
	if err != nil {
		return nil, err
	}
	m := &Model{ctx: ctx, opts: opts, keys: keys, theme: newTheme(opts.Colour, true), w: 80, h: 24}
	m.stack = []view{startScreen()}
	return m, nil
}

// Init opens the case that was named.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.loadSession()}
	if m.opts.Colour {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	if m.opts.Dir != "" {
		m.stack = []view{homeScreen()}
		cmds = append(cmds, m.openCase(m.opts.Dir))
	}
	return tea.Batch(cmds...)
}

// Update takes one message. It reads nothing and waits for nothing.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.theme = newTheme(m.opts.Colour, msg.IsDark())
		m.version++
	case tea.KeyPressMsg:
		return m, m.pressed(msg)
	case tea.PasteMsg:
		return m, m.pasted(msg)
	case answered:
		return m, m.heard(msg)
	case watchTick:
		return m, m.look()
	}
	return m, nil
}

func (m *Model) view() view { return m.stack[len(m.stack)-1] }

// pressed routes a key: what always works, then an open dialog, then a view that
// is being typed into, then the key table.
func (m *Model) pressed(msg tea.KeyPressMsg) tea.Cmd {
	if msg.String() == "ctrl+c" {
		return m.leave()
	}
	if m.input != nil {
		return m.input.typed(m, msg)
	}
	if t, ok := m.view().(typist); ok && t.typing() {
		return t.typed(m, msg)
	}
	a := m.keys[m.view().section()][msg.String()]
	if a != quit {
		m.asked = false
	}
	if a == none {
		return nil
	}
	m.say("")
	return m.do(a)
}

func (m *Model) pasted(msg tea.PasteMsg) tea.Cmd {
	if m.input != nil {
		return m.input.typed(m, msg)
	}
	if t, ok := m.view().(typist); ok && t.typing() {
		return t.typed(m, msg)
	}
	return nil
}

// do carries out what every view has; the rest is the view's own.
func (m *Model) do(a action) tea.Cmd {
	if s, ok := m.view().(*screen); ok { // its cursor is on a line even before the next frame
		s.lay(m, m.w, m.bodyHeight())
	}
	switch a {
	case back:
		return m.goBack()
	case quit:
		return m.quit()
	case help:
		return m.push(helpScreen(m.view().section()))
	case filter:
		return m.askFilter()
	case palette:
		return m.askCommand()
	case prompt:
		return m.openPrompt("")
	case pivot:
		return m.pivot(m.view().current().value)
	case copyCell:
		return m.copy(m.view().current().value, "value")
	case copyRecord:
		return m.copyWhole()
	case goHome:
		return m.reset(homeScreen())
	case goFindings:
		return m.push(findingsScreen("query"))
	case goExplore:
		return m.push(tablesScreen())
	case goStart:
		return m.push(startScreen())
	case refresh:
		return m.hunt()
	case labelBenign, labelConfirmed:
		return m.askLabel(a)
	}
	return m.view().act(m, a)
}

// push shows v above the present view.
func (m *Model) push(v view) tea.Cmd {
	m.stack = append(m.stack, v)
	m.version++
	if s, ok := v.(interface{ begin(m *Model) tea.Cmd }); ok {
		return s.begin(m)
	}
	return nil
}

// reset shows v alone.
func (m *Model) reset(v view) tea.Cmd {
	if m.kase == nil {
		return m.fail("no case is open")
	}
	for _, old := range m.stack {
		old.close()
	}
	m.stack = []view{v}
	m.version++
	return nil
}

// goBack undoes one level: first within the view, then the view. The last view
// stays.
func (m *Model) goBack() tea.Cmd {
	v := m.view()
	if cmd, done := v.retreat(m); done {
		return cmd
	}
	if len(m.stack) == 1 {
		m.say("q quits")
		return nil
	}
	v.close()
	m.stack = m.stack[:len(m.stack)-1]
	m.version++
	return nil
}

// quit asks once more while something is being written or read.
func (m *Model) quit() tea.Cmd {
	if (m.working.busy || m.opening.busy) && !m.asked {
		m.asked = true
		m.say("work is going on; q again stops it and quits")
		return nil
	}
	return m.leave()
}

// leave saves the session and ends the program.
func (m *Model) leave() tea.Cmd {
	save := m.saveSession()
	return func() tea.Msg {
		if save != nil {
			save()
		}
		return tea.QuitMsg{}
	}
}

func (m *Model) say(format string, args ...any) {
	m.status, m.failed = format, false
	if len(args) > 0 {
		m.status = fmt.Sprintf(format, args...)
	}
}

func (m *Model) fail(text string) tea.Cmd {
	m.status, m.failed = text, true
	return nil
}

// heard gives an answer to who asked, and closes it if nobody did.
func (m *Model) heard(msg answered) tea.Cmd {
	switch {
	case m.opening.takes(msg):
		return m.opened(msg)
	case m.hunting.takes(msg):
		return m.hunted(msg)
	case m.working.takes(msg):
		return m.worked(msg)
	case m.watching.takes(msg):
		return m.looked(msg)
	case m.saving.takes(msg):
		return m.sessionLoaded(msg)
	case m.input != nil && m.input.takes(msg):
		m.input.offer(msg)
		return nil
	}
	for _, v := range m.stack {
		if cmd, mine := v.receive(m, msg); mine {
			return cmd
		}
	}
	return discard(msg.value)
}

func (m *Model) shape() shape { return shapeOf(m.w, m.h) }

func (m *Model) bodyHeight() int {
	extra := 0
	if m.input != nil {
		extra = len(m.input.shown())
	}
	return max(m.h-2-extra, 1)
}

// View draws the frame.
func (m *Model) View() tea.View {
	v := tea.NewView(m.frame())
	v.AltScreen = true
	v.WindowTitle = "hunt365"
	return v
}

func (m *Model) frame() string {
	if m.shape() == tooSmall {
		return clip(fmt.Sprintf("terminal too small (%dx%d, need 40x10)", m.w, m.h), m.w)
	}
	body := m.view().draw(m, m.w, m.bodyHeight())
	lines := make([]string, 0, m.h)
	lines = append(lines, m.header())
	lines = append(lines, body...)
	if m.input != nil {
		lines = append(lines, m.input.draw(m, m.w)...)
	} else {
		lines = append(lines, m.footer())
	}
	return strings.Join(lines, "\n")
}

func (m *Model) header() string {
	var trail []string
	for _, v := range m.stack {
		trail = append(trail, safe(v.title()))
	}
	name := "no case"
	if m.kase != nil {
		name = safe(m.kase.Name())
	}
	leftText := " " + m.theme.accent.Render("hunt365") + "  " + m.theme.title.Render(name) + "  " + strings.Join(trail, " › ")
	rightText := ""
	if m.answer != nil {
		rightText = "data to " + minute(m.answer.Now) + "Z "
	}
	if m.hunting.busy {
		rightText = "hunting… "
	}
	free := m.w - ansi.StringWidth(rightText)
	if free < 40 {
		return fit(leftText, m.w)
	}
	return fit(leftText, free-1) + " " + m.theme.muted.Render(rightText)
}

func (m *Model) footer() string {
	if m.status != "" {
		style := m.theme.title
		if m.failed {
			style = m.theme.bad
		}
		return style.Render(fit(" "+safe(m.status), m.w))
	}
	if t, ok := m.view().(typist); ok && t.typing() {
		return m.theme.muted.Render(fit(" enter run · tab complete · up/down history · esc cancel or leave", m.w))
	}
	var hints []string
	own, common := helpLines(m.view().section())
	for _, b := range append(own, common...) {
		switch b.act {
		case up, down, left, right, top, bottom, pageUp, pageDown, prevPane, nextPane, forceQuit, copyRecord, prevDay, nextDay, prevHour, nextHour, prevFinding, goStart:
			continue
		}
		hints = append(hints, b.keys[0]+" "+b.help)
	}
	return m.theme.muted.Render(fit(" "+strings.Join(hints, " · "), m.w))
}
