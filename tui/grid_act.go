package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/hunt365/hunt365/hunt"
)

func width(s string) int { return ansi.StringWidth(s) }

func (g *grid) act(m *Model, a action) tea.Cmd {
	if g.kept == nil {
		return nil
	}
	page := int64(max(g.height-1, 1))
	last := len(g.kept.Columns()) - 1
	switch a {
	case up:
		return g.move(m, g.cursor-1)
	case down:
		return g.move(m, g.cursor+1)
	case pageUp:
		return g.move(m, g.cursor-page)
	case pageDown:
		return g.move(m, g.cursor+page)
	case top:
		return g.move(m, 0)
	case bottom:
		return g.move(m, g.kept.Len()-1)
	case left:
		g.column = max(g.column-1, 0)
	case right:
		g.column = max(min(g.column+1, last), 0)
	case sortColumn:
		return g.order(m)
	case frequency:
		return g.countValues(m)
	case histogram:
		g.barsOn = !g.barsOn
		return g.count(m)
	case export:
		return m.askExport()
	case open:
		return g.enter(m)
	case prevDay, nextDay, prevHour, nextHour:
		return g.leap(m, map[action]time.Duration{prevDay: -24 * time.Hour, nextDay: 24 * time.Hour, prevHour: -time.Hour, nextHour: time.Hour}[a])
	}
	return nil
}

func (g *grid) move(m *Model, to int64) tea.Cmd {
	g.cursor = max(0, min(to, g.kept.Len()-1))
	return g.fetch(m, false)
}

// order sorts by the column under the cursor, the other way if it is that
// already.
func (g *grid) order(m *Model) tea.Cmd {
	if g.column >= len(g.columns()) {
		return nil
	}
	name := g.columns()[g.column]
	g.desc = g.sort == name && !g.desc
	g.sort, g.cursor, g.top = name, 0, 0
	return g.run(m)
}

// countValues opens the frequencies of the column under the cursor; enter there
// shows the rows of a value.
func (g *grid) countValues(m *Model) tea.Cmd {
	if g.column >= len(g.columns()) {
		return nil
	}
	name := g.columns()[g.column]
	base := g.rowsText(m)
	of := *g
	return m.push(&grid{
		name: "count by " + name, base: base + "\n| summarize Count = count() by " + bracket(name) + "\n| sort by Count desc, " + bracket(name) + " asc",
		drill: func(m *Model, f *grid) tea.Cmd {
			rows := newGrid(of.name)
			rows.base, rows.table = base+"\n| where tostring("+bracket(name)+") == "+hunt.Quote(f.value(name)), ""
			rows.show, rows.sort = of.show, of.sort
			return m.push(rows)
		},
	})
}

// enter opens the record of a row, or what the grid has instead.
func (g *grid) enter(m *Model) tea.Cmd {
	switch {
	case g.row() == nil:
		return nil
	case g.drill != nil:
		return g.drill(m, g)
	case g.value("_Id") != "":
		return m.push(recordScreen(m, g.value("_Id")))
	}
	return m.push(rowScreen(g))
}

// rowScreen shows a row that is no record: one column a line.
func rowScreen(g *grid) *screen {
	columns, row := g.kept.Columns(), g.row()
	return &screen{in: sectionVerdict, name: "row", parts: []part{{"Row", func(m *Model, w int) []line {
		var out []line
		for i, c := range columns {
			value := hunt.Text(row[i], c.Type)
			for n, part := range wrap(cell(row[i], c.Type), w-30) {
				name := c.Name
				if n > 0 {
					name = ""
				}
				out = append(out, line{text: m.theme.name.Render(fit(safe(name), 29)) + " " + part, key: fmt.Sprint(i, n), value: value})
			}
		}
		return out
	}}}}
}

// leap goes to the first row at or after a time, where rows are in time order.
func (g *grid) leap(m *Model, by time.Duration) tea.Cmd {
	at, ok := g.at()
	if !ok || g.sort != timeColumn || g.desc {
		return m.fail("sort by " + timeColumn + " to jump by time")
	}
	step := by
	if step < 0 {
		step = -step
	}
	to := at.Truncate(step).Add(by)
	text := g.rowsText(m) + fmt.Sprintf("\n| where %s < datetime(%s) | count", timeColumn, to.Format("2006-01-02T15:04:05Z"))
	c := m.kase
	return m.ask(&g.jump, func(ctx context.Context) (any, error) {
		rows, err := all(ctx, c, text, 1)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		return rows[0][0], nil
	})
}

func (g *grid) jumped(m *Model, msg answered) tea.Cmd {
	n, ok := msg.value.(int64)
	if !ok {
		return m.fail(fmt.Sprint("jump: ", msg.err))
	}
	return g.move(m, n)
}

// all reads a small result.
func all(ctx context.Context, c Case, text string, most int) ([][]any, error) {
	kept, err := c.Keep(ctx, text)
	if err != nil {
		return nil, err
	}
	defer kept.Close()
	return kept.Window(ctx, 0, most)
}

// draw returns the title, the bars, the columns' names and the rows.
func (g *grid) draw(m *Model, w, h int) []string {
	out := []string{rule(m, g.heading(), w, true)}
	if g.fault != "" {
		for _, l := range strings.Split(strings.TrimRight(g.fault, "\n"), "\n") {
			out = append(out, m.theme.bad.Render(clip(" "+safe(l), w)))
		}
		return filled(out, h, w)
	}
	if g.kept == nil {
		return filled(append(out, m.theme.muted.Render(" running… esc cancels")), h, w)
	}
	if bars := g.drawBars(m, w, h); len(bars) > 0 {
		out = append(out, bars...)
	}
	g.height = max(h-len(out)-1, 1)
	g.scroll()
	g.reveal(w)
	out = append(out, g.names(m, w))
	for i := range int64(g.height) {
		n := g.top + i
		if n >= g.kept.Len() {
			break
		}
		text := g.text1(n)
		if n == g.cursor {
			text = m.theme.cursor.Render(fit("▸ "+text, w))
		} else {
			text = fit("  "+text, w)
		}
		out = append(out, text)
	}
	if g.kept.Len() == 0 {
		out = append(out, m.theme.muted.Render("  no rows"))
	}
	return filled(out, h, w)
}

// filled makes out h lines.
func filled(out []string, h, w int) []string {
	for len(out) < h {
		out = append(out, "")
	}
	out = out[:h]
	for i := range out {
		out[i] = fit(out[i], w)
	}
	return out
}

func (g *grid) heading() string {
	text := safe(g.name)
	if g.kept != nil {
		n := g.kept.Len()
		text += fmt.Sprintf("  row %d of %d", min(g.cursor+1, n), n)
	}
	if g.sort != "" {
		text += "  by " + g.sort
		if g.desc {
			text += " desc"
		}
	}
	if g.filter != "" {
		text += "  /" + safe(g.filter)
	}
	if g.busy {
		text += "  running…"
	}
	return text
}

// reveal scrolls sideways until the column under the cursor is seen.
func (g *grid) reveal(w int) {
	g.first = min(g.first, g.column)
	for g.first < g.column {
		used := 2
		for i := g.first; i <= g.column && i < len(g.widths); i++ {
			used += g.widths[i] + 2
		}
		if used <= w {
			return
		}
		g.first++
	}
}

func (g *grid) names(m *Model, w int) string {
	var b strings.Builder
	b.WriteString("  ")
	for i, c := range g.kept.Columns() {
		if i < g.first || i >= len(g.widths) {
			continue
		}
		name := safe(c.Name)
		if i == g.column {
			b.WriteString(m.theme.accent.Render(fit("›"+name, g.widths[i])) + "  ")
			continue
		}
		b.WriteString(m.theme.title.Render(fit(name, g.widths[i])) + "  ")
	}
	return clip(b.String(), w)
}

// text1 is a row as text; one that is still fetched is dots.
func (g *grid) text1(n int64) string {
	i := n - g.from
	if i < 0 || i >= int64(len(g.rows)) {
		return "…"
	}
	var b strings.Builder
	for c, v := range g.rows[i] {
		if c < g.first || c >= len(g.widths) {
			continue
		}
		b.WriteString(fit(cell(v, g.kept.Columns()[c].Type), g.widths[c]) + "  ")
		if b.Len() > 1200 { // wider than any screen
			break
		}
	}
	return b.String()
}
