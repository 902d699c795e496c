package tui

import (
	"context"
	"errors"
	"fmt"
	"io"

	tea "charm.land/bubbletea/v2"
)

// Run shows the screen until the user leaves.
func Run(ctx context.Context, opts Options, in io.Reader, out io.Writer) error {
	m, err := New(ctx, opts)
	if err != nil {
		return fmt.Errorf("start the screen: %w", err)
	}
	_, err = tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out)).Run()
	if closeErr := m.end(); err == nil {
		err = closeErr
	}
	if err != nil && !errors.Is(err, tea.ErrInterrupted) {
		return fmt.Errorf("show the screen: %w", err)
	}
	return nil
}

// end stops what runs and closes the case.
func (m *Model) end() error {
	for _, v := range m.stack {
		v.close()
	}
	for _, a := range []*asker{&m.opening, &m.hunting, &m.working, &m.watching, &m.saving} {
		a.stop()
	}
	if m.kase == nil {
		return nil
	}
	return m.kase.Close()
}
