package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// watchTick says that it is time to look for new evidence.
type watchTick struct{}

// watch starts the clock that looks for new evidence, if asked to.
func (m *Model) watch() tea.Cmd {
	if m.opts.Watch <= 0 {
		return nil
	}
	return tea.Tick(m.opts.Watch, func(time.Time) tea.Msg { return watchTick{} })
}

// look asks whether evidence arrived.
func (m *Model) look() tea.Cmd {
	if m.kase == nil || m.hunting.busy {
		return m.watch()
	}
	c := m.kase
	return m.ask(&m.watching, func(context.Context) (any, error) { return c.Stamp() })
}

// looked hunts again where it did. The views keep their cursors.
func (m *Model) looked(msg answered) tea.Cmd {
	stamp, _ := msg.value.(string)
	if msg.err != nil || stamp == m.stamp {
		return m.watch()
	}
	first := m.stamp == ""
	m.stamp = stamp
	if first {
		return m.watch()
	}
	m.say("new evidence arrived")
	return tea.Batch(m.hunt(), m.watch())
}
