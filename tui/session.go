package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"
)

// Session is where a reader was, for the next start.
type Session struct {
	Case  string           `json:"case"`  // folder that was open last
	Cases map[string]Place `json:"cases"` // by folder
}

// Place is a view with its filter and cursor.
type Place struct {
	View   string `json:"view"`
	Table  string `json:"table,omitempty"`
	Filter string `json:"filter,omitempty"`
	Cursor int64  `json:"cursor,omitempty"`
	Query  string `json:"query,omitempty"`
}

// loadSession reads the session; without one the start is as ever.
func (m *Model) loadSession() tea.Cmd {
	s := m.opts.Starter
	return m.ask(&m.saving, func(context.Context) (any, error) { return s.Load() })
}

func (m *Model) sessionLoaded(msg answered) tea.Cmd {
	if s, ok := msg.value.(Session); ok && msg.err == nil {
		m.saved = s
		m.version++
	}
	return m.restore()
}

// restore goes where the reader was, once the case and the session are there and
// nobody has moved on.
func (m *Model) restore() tea.Cmd {
	if m.kase == nil || m.opts.Fresh || len(m.stack) > 1 || m.view().section() != sectionHome {
		return nil
	}
	p, ok := m.saved.Cases[m.kase.Dir()]
	if !ok {
		return nil
	}
	delete(m.saved.Cases, m.kase.Dir()) // once a start
	switch {
	case p.View == sectionFindings:
		s := findingsScreen("query")
		s.filter = p.Filter
		return m.push(s)
	case p.View == sectionTables:
		return m.push(tablesScreen())
	case p.View == sectionExplore && p.Table != "":
		g := newGrid(p.Table)
		g.filter, g.cursor = p.Filter, p.Cursor
		return m.push(g)
	case p.View == sectionPrompt:
		return m.openPrompt(p.Query)
	}
	if s, ok := m.view().(*screen); ok && p.Filter != "" {
		return s.setFilter(m, p.Filter)
	}
	return nil
}

// placed is a view that says where it is; the others are remembered by section.
type placed interface{ place() Place }

// saveSession writes where the reader is. That it fails does not keep anyone
// from leaving.
func (m *Model) saveSession() tea.Cmd {
	if m.kase == nil {
		return nil
	}
	s := m.saved
	s.Case = m.kase.Dir()
	cases := map[string]Place{}
	for dir, p := range s.Cases {
		cases[dir] = p
	}
	p := Place{View: m.view().section(), Filter: m.view().filtered()}
	if v, ok := m.view().(placed); ok {
		p = v.place()
	}
	cases[s.Case] = p
	s.Cases = cases
	starter := m.opts.Starter
	return func() tea.Msg {
		_ = starter.Save(s)
		return nil
	}
}
