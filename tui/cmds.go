package tui

import (
	"context"
	"io"

	tea "charm.land/bubbletea/v2"
)

// asker is who asks questions: a view, a dialog or the model itself. It waits
// for the answer to its last question only.
type asker struct {
	id     int
	seq    int
	busy   bool
	cancel context.CancelFunc
}

// answered is the answer to question seq of asker id.
type answered struct {
	id, seq int
	value   any
	err     error
}

// ask starts work that is not Update's: reading a case or a file. A question
// that is still open is cancelled.
func (m *Model) ask(a *asker, work func(ctx context.Context) (any, error)) tea.Cmd {
	a.stop()
	if a.id == 0 {
		m.lastID++
		a.id = m.lastID
	}
	ctx, cancel := context.WithCancel(m.ctx)
	a.seq, a.cancel, a.busy = a.seq+1, cancel, true
	id, seq := a.id, a.seq
	return func() tea.Msg {
		value, err := work(ctx)
		return answered{id, seq, value, err}
	}
}

// stop cancels what is asked; its answer will be stale.
func (a *asker) stop() {
	if a.cancel != nil {
		a.cancel()
		a.cancel = nil
	}
	if a.busy {
		a.seq++
		a.busy = false
	}
}

// takes reports whether msg answers the last question, which is closed then.
func (a *asker) takes(msg answered) bool {
	if a.id == 0 || a.id != msg.id || a.seq != msg.seq || !a.busy {
		return false
	}
	a.busy = false
	return true
}

// discard closes what a stale answer holds.
func discard(value any) tea.Cmd {
	c, ok := value.(io.Closer)
	if !ok || c == nil {
		return nil
	}
	return func() tea.Msg {
		_ = c.Close() // nobody waits for it
		return nil
	}
}
