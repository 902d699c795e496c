package tui

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// grid shows the rows of a text. The text runs once; of its result, three
// screens of rows are fetched.
type grid struct {
	asker           // for the result
	window asker    // for rows of it
	bars   asker    // for the histogram
	jump   asker    // for the row of a time
	name   string   // what it is called
	base   string   // a table or KQL
	table  string   // base, if it is a table
	show   []string // columns to project; nil: all
	filter string
	sort   string // column
	desc   bool
	drill  func(m *Model, g *grid) tea.Cmd // enter; nil: the record

	kept    hunt.Kept
	rows    [][]any
	from    int64 // of rows
	widths  []int
	cursor  int64
	top     int64
	column  int
	first   int // column drawn first
	height  int // rows drawn last time
	fault   string
	buckets []bucket
	barsOn  bool
}

// preferred are the columns that a table's grid shows, as far as the table has
// them; KQL shows any.
var preferred = []string{
	"TimeGenerated", "Operation", "OperationName", "UserId", "UserPrincipalName", "Identity", "ServicePrincipalName", "ClientIP", "IPAddress",
	"AppDisplayName", "AppId", "ClientAppId", "ResultStatus", "ResultType", "Result", "MailboxOwnerUPN", "OfficeWorkload", "RequestMethod",
	"RequestUri", "ResponseStatusCode", "SessionId", "OfficeObjectId", "ObjectId", "_Id",
}

const timeColumn = "TimeGenerated"

// newGrid shows a table in time order.
func newGrid(table string) *grid { return &grid{name: table, base: table, table: table, barsOn: true} }

func (g *grid) section() string { return sectionExplore }

func (g *grid) title() string { return g.name }

func (g *grid) filtered() string { return g.filter }

func (g *grid) close() {
	g.stop()
	g.window.stop()
	g.bars.stop()
	g.jump.stop()
	if g.kept != nil {
		_ = g.kept.Close() // a temporary result goes with its connection anyway
		g.kept = nil
	}
}

// begin runs the text.
func (g *grid) begin(m *Model) tea.Cmd {
	if g.table != "" && g.show == nil {
		if t, ok := m.kase.Env().Tables(g.table); ok {
			for _, name := range preferred {
				if _, has := t.Column(name); has {
					g.show = append(g.show, name)
				}
			}
		}
		if g.sort == "" && g.has(timeColumn) {
			g.sort = timeColumn
		}
	}
	return g.run(m)
}

func (g *grid) has(column string) bool {
	for _, c := range g.columns() {
		if c == column {
			return true
		}
	}
	return false
}

func (g *grid) columns() []string {
	if g.kept == nil {
		return g.show
	}
	var out []string
	for _, c := range g.kept.Columns() {
		out = append(out, c.Name)
	}
	return out
}

// rowsText is the text without its order: what is counted and drawn as bars.
func (g *grid) rowsText(m *Model) string {
	text := g.base
	if g.filter != "" {
		text += "\n| where " + g.predicate(m)
	}
	return text
}

// text is what the grid shows, in KQL.
func (g *grid) text(m *Model) string {
	text := g.rowsText(m)
	if g.show != nil {
		text += "\n| project " + strings.Join(bracketed(g.show), ", ")
	}
	if g.sort != "" {
		order := "asc"
		if g.desc {
			order = "desc"
		}
		text += "\n| sort by " + bracket(g.sort) + " " + order
	}
	return text
}

// predicate turns the filter into KQL: it is KQL already, or else a text to look
// for in the columns that are shown.
func (g *grid) predicate(m *Model) string {
	if script, err := kql.Parse(g.base + "\n| where " + g.filter); err == nil {
		env := *m.kase.Env()
		env.Discover = nil
		if _, err := kql.Bind(script, &env); err == nil {
			return g.filter
		}
	}
	want, inverted := strings.CutPrefix(g.filter, "!")
	var tests []string
	for _, c := range g.columns() {
		tests = append(tests, "tostring("+bracket(c)+") contains "+hunt.Quote(want))
	}
	test := "(" + strings.Join(tests, " or ") + ")"
	if inverted {
		return "not" + test
	}
	return test
}

// bracket quotes a column's name where KQL needs it.
func bracket(name string) string {
	for i, r := range name {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && r >= '0' && r <= '9' {
			continue
		}
		return "[" + hunt.Quote(name) + "]"
	}
	return name
}

func bracketed(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = bracket(n)
	}
	return out
}

// run asks for the result, and for the bars beside it. The old rows stay until
// the new ones are there.
func (g *grid) run(m *Model) tea.Cmd {
	g.window.stop()
	g.jump.stop()
	c, text := m.kase, g.text(m)
	return m.ask(&g.asker, func(ctx context.Context) (any, error) { return c.Keep(ctx, text) })
}

func (g *grid) receive(m *Model, msg answered) (tea.Cmd, bool) {
	switch {
	case g.takes(msg):
		return g.heldResult(m, msg), true
	case g.window.takes(msg):
		g.heldRows(msg)
		return nil, true
	case g.bars.takes(msg):
		g.buckets, _ = msg.value.([]bucket)
		return nil, true
	case g.jump.takes(msg):
		return g.jumped(m, msg), true
	}
	return nil, false
}

func (g *grid) heldResult(m *Model, msg answered) tea.Cmd {
	var old tea.Cmd
	if g.kept != nil {
		old = discard(g.kept)
	}
	g.kept, g.rows, g.fault = nil, nil, ""
	if msg.err != nil {
		g.fault = kql.FormatError("query", g.text(m), msg.err)
		if errors.Is(msg.err, context.Canceled) {
			g.fault = "cancelled\n"
		}
		return old
	}
	g.kept, _ = msg.value.(hunt.Kept)
	g.cursor = max(0, min(g.cursor, g.kept.Len()-1))
	g.column = min(g.column, max(len(g.kept.Columns())-1, 0))
	return tea.Batch(old, g.fetch(m, true), g.count(m))
}

// fetch asks for three screens of rows around the cursor, unless they are there.
func (g *grid) fetch(m *Model, anew bool) tea.Cmd {
	if g.kept == nil {
		return nil
	}
	screen := int64(max(m.h, 10))
	g.scroll()
	have := g.from <= g.top && g.top+int64(max(g.height, 1)) <= g.from+int64(len(g.rows))
	end := g.from+int64(len(g.rows)) >= g.kept.Len() && g.from <= g.top
	if !anew && (have || end && len(g.rows) > 0) {
		return nil
	}
	from, kept := max(g.top-screen, 0), g.kept
	return m.ask(&g.window, func(ctx context.Context) (any, error) {
		rows, err := kept.Window(ctx, from, int(3*screen))
		return rowsAt{from, rows}, err
	})
}

type rowsAt struct {
	from int64
	rows [][]any
}

func (g *grid) heldRows(msg answered) {
	if msg.err != nil {
		g.fault = msg.err.Error()
		return
	}
	got, _ := msg.value.(rowsAt)
	g.rows, g.from = got.rows, got.from
	g.measure()
}

// measure gives each column the width of its widest value in the window.
func (g *grid) measure() {
	const widest = 44
	columns := g.kept.Columns()
	if len(g.widths) != len(columns) {
		g.widths = make([]int, len(columns))
	}
	for i, c := range columns {
		w := len([]rune(c.Name)) + 1
		for _, row := range g.rows {
			w = max(w, min(width(cell(row[i], c.Type)), widest))
		}
		g.widths[i] = max(g.widths[i], min(w, widest)) // never narrower while scrolling
	}
}

// cell is a value as the grid shows it; null is told from empty.
func cell(v any, t schema.Type) string {
	if v == nil {
		return "∅"
	}
	return safe(hunt.Text(v, t))
}

// scroll brings the cursor into view.
func (g *grid) scroll() {
	h := int64(max(g.height, 1))
	g.top = max(min(g.top, g.cursor), g.cursor-h+1, 0)
}

// row returns the values under the cursor, nil while they are fetched.
func (g *grid) row() []any {
	i := g.cursor - g.from
	if i < 0 || i >= int64(len(g.rows)) {
		return nil
	}
	return g.rows[i]
}

// value returns the row's value of a column as text.
func (g *grid) value(column string) string {
	row := g.row()
	for i, name := range g.columns() {
		if row != nil && name == column {
			return hunt.Text(row[i], g.kept.Columns()[i].Type)
		}
	}
	return ""
}

func (g *grid) current() line {
	row := g.row()
	if row == nil || g.column >= len(row) {
		return line{}
	}
	return line{
		value: hunt.Text(row[g.column], g.kept.Columns()[g.column].Type),
		whole: func(*Model) string { return rowJSON(g.kept.Columns(), row) },
	}
}

func rowJSON(columns []schema.Column, row []any) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(hunt.JSON(c.Name, schema.String))
		b.WriteByte(':')
		b.Write(hunt.JSON(row[i], c.Type))
	}
	b.WriteByte('}')
	return b.String()
}

func (g *grid) setFilter(m *Model, text string) tea.Cmd {
	g.filter, g.cursor, g.top = text, 0, 0
	return g.run(m)
}

// retreat cancels what runs, or else takes the filter away.
func (g *grid) retreat(m *Model) (tea.Cmd, bool) {
	switch {
	case g.busy && g.kept != nil:
		g.stop()
		m.say("cancelled")
		return nil, true
	case g.filter != "":
		return g.setFilter(m, ""), true
	}
	return nil, false
}

func (g *grid) exported(m *Model) string { return g.text(m) }

func (g *grid) place() Place {
	return Place{View: sectionExplore, Table: g.table, Filter: g.filter, Cursor: g.cursor}
}

// moment of the row under the cursor, for jumps.
func (g *grid) at() (time.Time, bool) {
	row := g.row()
	for i, c := range g.columns() {
		if c == timeColumn && row != nil {
			if ticks, ok := row[i].(int64); ok {
				return schema.Time(ticks), true
			}
		}
	}
	return time.Time{}, false
}
