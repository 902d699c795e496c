package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
)

// tablesScreen lists the tables that the case holds.
func tablesScreen() *screen {
	return &screen{in: sectionTables, name: "tables", parts: []part{{"Tables (enter: rows)", func(m *Model, w int) []line {
		if m.answer == nil {
			return waiting(m)
		}
		var out []line
		for _, s := range strips(m.answer) {
			if s.records == 0 {
				continue
			}
			table := s.table
			doc := ""
			if t, ok := m.kase.Env().Tables(table); ok {
				doc = t.Doc
			}
			out = append(out, line{
				text: fit(safe(table), min(36, w/2)) + m.theme.number.Render(fmt.Sprintf("%10d", s.records)) + "  " + m.theme.muted.Render(safe(doc)), key: table, value: table,
				open: func(m *Model) tea.Cmd { return exploreNamed(m, table) },
			})
		}
		if len(out) == 0 {
			out = append(out, note(m, "the case holds no records; :import PATH takes some in"))
		}
		return out
	}}}}
}

// exploreNamed opens a table's rows.
func exploreNamed(m *Model, table string) tea.Cmd {
	if m.kase == nil {
		return m.fail("no case is open")
	}
	if _, ok := m.kase.Env().Tables(table); !ok {
		if near := kql.Nearest(table, m.kase.Env().TableNames); near != "" {
			return m.fail("no table " + table + ": did you mean " + near + "?")
		}
		return m.fail("no table " + table)
	}
	return m.push(newGrid(table))
}

// timelineScreen lists everything that names a value, over all tables.
func timelineScreen(value string) *screen {
	var events []hunt.Event
	var fault string
	known := false
	s := &screen{in: sectionTimeline, name: value}
	s.parts = []part{{"Everything about " + safe(value), func(m *Model, w int) []line {
		switch {
		case fault != "":
			return []line{{text: m.theme.bad.Render(safe(fault)), key: "fault"}}
		case !known:
			return []line{note(m, "looking through all tables…")}
		case len(events) == 0:
			return []line{note(m, "no record names it")}
		}
		return eventLines(m, events, w)
	}}}
	s.asking = func(m *Model) tea.Cmd {
		c := m.kase
		return m.ask(&s.asker, func(ctx context.Context) (any, error) { return c.Timeline(ctx, value) })
	}
	s.heard = func(m *Model, answer any, err error) tea.Cmd {
		m.version++
		if err != nil {
			fault = err.Error()
			return nil
		}
		events, _ = answer.([]hunt.Event)
		known = true
		return nil
	}
	return s
}

func eventLines(m *Model, events []hunt.Event, w int) []line {
	out := []line{note(m, fmt.Sprintf("%d records, %s to %s", len(events), events[0].Datetime, events[len(events)-1].Datetime))}
	for n, e := range events {
		when := e.Datetime
		if len(when) > 19 {
			when = when[:10] + " " + when[11:19] + "Z"
		}
		mark := "  "
		if len(e.Findings) > 0 {
			mark = m.theme.bad.Render("! ")
		}
		text := m.theme.muted.Render(fit(when, 20)) + " " + mark
		if w >= 90 {
			text += m.theme.muted.Render(fit(safe(e.Table), 24)) + " "
		}
		out = append(out, line{
			text: text + safe(e.Message), key: fmt.Sprint(e.Record, n), value: e.Record, mark: len(e.Findings) > 0,
			open: func(m *Model) tea.Cmd { return m.push(recordScreen(m, e.Record)) },
		})
	}
	return out
}
