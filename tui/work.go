package tui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// openCase opens the case in dir beside the present one, which is closed when
// the other is there.
func (m *Model) openCase(dir string) tea.Cmd {
	m.say("opening %s…", dir)
	return m.ask(&m.opening, func(ctx context.Context) (any, error) { return m.opts.Starter.Open(ctx, dir) })
}

// opened shows the case that was opened.
func (m *Model) opened(msg answered) tea.Cmd {
	m.version++
	if msg.err != nil {
		return m.fail(msg.err.Error())
	}
	old := m.kase
	m.kase, _ = msg.value.(Case)
	m.answer, m.stamp = nil, ""
	m.say("")
	cmds := []tea.Cmd{m.reset(homeScreen())}
	if old != nil {
		m.hunting.stop()
		cmds = append(cmds, discard(old))
	}
	return tea.Batch(append(cmds, m.hunt(), m.restore(), m.watch())...)
}

// hunt asks all queries; the views are made anew when they are answered.
func (m *Model) hunt() tea.Cmd {
	if m.kase == nil {
		return m.fail("no case is open")
	}
	c := m.kase
	return m.ask(&m.hunting, func(ctx context.Context) (any, error) { return c.Investigate(ctx) })
}

func (m *Model) hunted(msg answered) tea.Cmd {
	if msg.err != nil {
		return m.fail("hunt: " + msg.err.Error())
	}
	m.answer, _ = msg.value.(*Answer)
	m.version++
	return nil
}

// done is what a piece of work ends with: something to say and to do next.
type done struct {
	say  string
	next func(m *Model) tea.Cmd
}

// work runs what changes something outside: an export, a label, an import.
func (m *Model) work(what string, f func(ctx context.Context) (done, error)) tea.Cmd {
	if m.working.busy {
		return m.fail("wait for the work before this to end")
	}
	m.say("%s…", what)
	return m.ask(&m.working, func(ctx context.Context) (any, error) { return f(ctx) })
}

func (m *Model) worked(msg answered) tea.Cmd {
	if msg.err != nil {
		return m.fail(msg.err.Error())
	}
	d, _ := msg.value.(done)
	m.say("%s", d.say)
	if d.next != nil {
		return d.next(m)
	}
	return nil
}

// importPath takes files into the open case.
func (m *Model) importPath(path string) tea.Cmd {
	if m.kase == nil {
		return m.fail("open a case first, or import into a new one from the start screen (4)")
	}
	return m.importInto(m.kase.Dir(), path)
}

// importInto closes the case if it is open, as an import needs it alone, and
// opens it again.
func (m *Model) importInto(dir, path string) tea.Cmd {
	if path == "" {
		return m.fail("import what? name a file or a folder")
	}
	var open Case
	if m.kase != nil && m.kase.Dir() == dir {
		for _, v := range m.stack {
			v.close()
		}
		m.hunting.stop()
		m.stack = []view{startScreen()}
		open, m.kase, m.answer = m.kase, nil, nil
	}
	return m.work("importing "+path, func(ctx context.Context) (done, error) {
		if open != nil {
			if err := open.Close(); err != nil {
				return done{}, err
			}
		}
		said, err := m.opts.Starter.Import(ctx, dir, []string{path})
		return done{said, func(m *Model) tea.Cmd { return m.openCase(dir) }}, err
	})
}

func (m *Model) openDemo() tea.Cmd {
	return m.work("making the demo case", func(ctx context.Context) (done, error) {
		dir, err := m.opts.Starter.Demo(ctx)
		return done{"demo case in " + dir, func(m *Model) tea.Cmd { return m.openCase(dir) }}, err
	})
}

// copy puts a text on the clipboard through the terminal (OSC 52), which works
// over SSH too.
func (m *Model) copy(text, what string) tea.Cmd {
	if text == "" {
		return m.fail("nothing to copy here")
	}
	m.say("copied %s: %s", what, clip(safe(text), 60))
	return tea.SetClipboard(text)
}

func (m *Model) copyWhole() tea.Cmd {
	l := m.view().current()
	if l.whole != nil {
		return m.copy(l.whole(m), "record")
	}
	return m.copy(strings.TrimSpace(plainText(l.text)), "line")
}

// exporter is a view whose rows can be written to a file.
type exporter interface{ exported(m *Model) (text string) }

func (m *Model) askExport() tea.Cmd {
	return m.openDialog(&dialog{
		label: "export to (.csv .json .jsonl .parquet)", suggest: func(text string) []string { return m.opts.Starter.Paths(text) },
		done: func(m *Model, text string) tea.Cmd { return m.exportTo(text) },
	}, "")
}

func (m *Model) exportTo(file string) tea.Cmd {
	v, ok := m.view().(exporter)
	if !ok || m.kase == nil {
		return m.fail("there are no rows to export in this view; open a table or run KQL")
	}
	if file == "" {
		return m.fail("export to which file? the name's ending says the format")
	}
	text, c := v.exported(m), m.kase
	return m.work("exporting to "+file, func(ctx context.Context) (done, error) {
		return done{say: "wrote " + file}, c.Export(ctx, text, file)
	})
}

// askLabel asks for the reason of a label.
func (m *Model) askLabel(a action) tea.Cmd {
	id := ""
	if about := m.view().current().about; about != nil {
		id = about(m)
	}
	if id == "" || m.kase == nil {
		return m.fail("put the cursor on a finding or an incident")
	}
	verdict := map[action]string{labelBenign: "benign", labelConfirmed: "confirmed"}[a]
	c := m.kase
	return m.openDialog(&dialog{label: id + " is " + verdict + " because", done: func(m *Model, why string) tea.Cmd {
		if strings.TrimSpace(why) == "" {
			return m.fail("a label needs a reason")
		}
		return m.work("labelling", func(ctx context.Context) (done, error) {
			return done{fmt.Sprintf("%s is %s", id, verdict), (*Model).hunt}, c.Label(ctx, id, verdict, why)
		})
	}}, "")
}

// pivot shows everything about a value.
func (m *Model) pivot(value string) tea.Cmd {
	switch {
	case m.kase == nil:
		return m.fail("no case is open")
	case strings.TrimSpace(value) == "":
		return m.fail("put the cursor on a value to pivot on")
	}
	return m.push(timelineScreen(value))
}
