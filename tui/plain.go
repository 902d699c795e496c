package tui

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// plainHelp is what the line mode understands.
const plainHelp = `a number opens that line; b goes back; /TEXT filters; :COMMAND as in the palette;
; QUERY runs KQL; m shows more rows; p NUMBER shows everything about its value;
s reads the view again; q quits`

// plainWidth is the width that lines are made for: nothing is cut before it.
const plainWidth = 200

// plainRows is how many rows of a grid are read out at once.
const plainRows = 20

// RunPlain is the screen for screen readers: it prints each view as numbered
// lines, without boxes, and reads one command a line.
func RunPlain(ctx context.Context, opts Options, in io.Reader, out io.Writer) error {
	opts.Colour, opts.Watch = false, 0
	m, err := New(ctx, opts)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	m.w, m.h = plainWidth, 50
	p := &plainMode{m: m, out: bufio.NewWriter(out)}
	p.settle(m.Init())
	lines := bufio.NewScanner(in)
	for p.tell(); !p.over; p.tell() {
		if !lines.Scan() || ctx.Err() != nil {
			break
		}
		p.settle(p.obey(strings.TrimSpace(lines.Text())))
	}
	if err := p.out.Flush(); err != nil {
		return err
	}
	return m.end()
}

type plainMode struct {
	m     *Model
	out   *bufio.Writer
	lines []line // those that were numbered
	over  bool
}

// settle runs a command and what follows from it, one after another: there is no
// screen to keep alive meanwhile.
func (p *plainMode) settle(cmd tea.Cmd) {
	for _, msg := range drain(cmd) {
		if _, ok := msg.(tea.QuitMsg); ok {
			p.over = true
			return
		}
		_, next := p.m.Update(msg)
		p.settle(next)
	}
}

// drain runs a command and the batches in it, and returns the messages.
func drain(cmd tea.Cmd) []tea.Msg {
	if cmd == nil {
		return nil
	}
	switch msg := cmd().(type) {
	case nil:
		return nil
	case tea.BatchMsg:
		var out []tea.Msg
		for _, c := range msg {
			out = append(out, drain(c)...)
		}
		return out
	default:
		return []tea.Msg{msg}
	}
}

// obey carries out one line.
func (p *plainMode) obey(text string) tea.Cmd {
	m := p.m
	m.say("")
	word, rest, _ := strings.Cut(text, " ")
	if n, err := strconv.Atoi(text); err == nil {
		return p.open(n)
	}
	switch {
	case text == "":
		return nil
	case strings.HasPrefix(text, "/"):
		return m.view().setFilter(m, text[1:])
	case strings.HasPrefix(text, ":"):
		return m.command(text[1:])
	case strings.HasPrefix(text, ";"):
		return m.openPrompt(strings.TrimSpace(text[1:]))
	case word == "p":
		if n, err := strconv.Atoi(rest); err == nil && n >= 1 && n <= len(p.lines) {
			return m.pivot(p.lines[n-1].value)
		}
		return m.fail("p NUMBER: the number of a line")
	}
	switch text {
	case "b":
		if v, ok := m.view().(*promptView); ok { // its line is not edited here
			return v.leave(m)
		}
		return m.goBack()
	case "m":
		return p.more()
	case "s":
		return nil
	case "?":
		m.say("%s", strings.ReplaceAll(plainHelp, "\n", " "))
		return nil
	case "q":
		return m.leave()
	}
	return m.fail("not understood; ? says what is")
}

// rowsOf returns the grid of a view that has one.
func rowsOf(v view) *grid {
	switch v := v.(type) {
	case *grid:
		return v
	case *promptView:
		return v.result
	}
	return nil
}

// more goes to the next rows of a grid.
func (p *plainMode) more() tea.Cmd {
	g := rowsOf(p.m.view())
	if g == nil || g.kept == nil {
		return p.m.fail("everything was read")
	}
	return g.move(p.m, g.cursor+plainRows)
}

func (p *plainMode) open(n int) tea.Cmd {
	if g := rowsOf(p.m.view()); g != nil && g.kept != nil {
		g.cursor = max(0, min(int64(n-1), g.kept.Len()-1))
		p.settle(g.fetch(p.m, false))
		return g.enter(p.m)
	}
	if n < 1 || n > len(p.lines) || p.lines[n-1].open == nil {
		return p.m.fail("there is nothing to open at that number")
	}
	return p.lines[n-1].open(p.m)
}

// tell prints the present view.
func (p *plainMode) tell() {
	if p.over {
		return
	}
	m := p.m
	p.lines = nil
	fmt.Fprintf(p.out, "\n%s\n", plainText(strings.TrimSpace(m.header())))
	switch v := m.view().(type) {
	case *screen:
		p.tellScreen(v)
	default:
		if pv, ok := v.(*promptView); ok {
			fmt.Fprintf(p.out, "KQL %s\n", safe(pv.field.Value()))
			if pv.chart != "" {
				fmt.Fprintf(p.out, "%s, as rows:\n", pv.chart)
			}
		}
		p.tellRows(rowsOf(v))
	}
	if m.status != "" {
		fmt.Fprintf(p.out, "%s\n", safe(m.status))
	}
	fmt.Fprint(p.out, "? for help> ")
	_ = p.out.Flush() // the end of Run reports it
}

func (p *plainMode) tellScreen(s *screen) {
	for _, part := range s.parts {
		fmt.Fprintf(p.out, "%s\n", part.title)
		pane := pane{all: part.lines(p.m, plainWidth), at: rect{w: plainWidth, h: 1}}
		pane.sift(s.filter)
		for _, l := range pane.shown {
			text := strings.TrimRight(plainText(l.text), " ")
			if l.head {
				fmt.Fprintf(p.out, "%s\n", words(text))
				continue
			}
			p.lines = append(p.lines, l)
			fmt.Fprintf(p.out, "%d: %s\n", len(p.lines), words(text))
		}
	}
}

func (p *plainMode) tellRows(g *grid) {
	switch {
	case g == nil:
		return
	case g.fault != "":
		fmt.Fprint(p.out, plainText(g.fault))
		return
	case g.kept == nil:
		return
	}
	fmt.Fprintf(p.out, "%s\n", g.heading())
	columns := g.kept.Columns()
	for n := g.cursor; n < min(g.cursor+plainRows, g.kept.Len()); n++ {
		i := n - g.from
		if i < 0 || i >= int64(len(g.rows)) {
			break
		}
		var parts []string
		for c, v := range g.rows[i] {
			if text := cell(v, columns[c].Type); text != "" && v != nil {
				parts = append(parts, columns[c].Name+" "+text)
			}
		}
		fmt.Fprintf(p.out, "%d: %s\n", n+1, strings.Join(parts, ", "))
	}
}

// words takes away what only draws: bars, boxes and runs of spaces.
func words(text string) string {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r >= 0x2500 && r <= 0x25ff || r == ' ' })
	return strings.Join(fields, " ")
}
