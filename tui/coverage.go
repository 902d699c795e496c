package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt"
)

// strip is what is known about one table over time.
type strip struct {
	table   string
	records int64
	gaps    []hunt.Coverage
	windows []hunt.Coverage
	blind   int // queries that found nothing and cannot tell because of it
}

// strips gathers the tables that the case holds or that queries missed.
func strips(a *Answer) []strip {
	byTable := map[string]*strip{}
	at := func(table string) *strip {
		if byTable[table] == nil {
			byTable[table] = &strip{table: table}
		}
		return byTable[table]
	}
	for _, c := range a.Coverage {
		s := at(c.Table)
		s.records += c.Records
		if c.State.IsGap() {
			s.gaps = append(s.gaps, c)
		} else {
			s.windows = append(s.windows, c)
		}
	}
	for _, q := range a.Queries {
		if q.Outcome != hunt.Answered || !q.CannotTell {
			continue
		}
		for _, g := range q.Coverage.Gaps {
			s := at(g.Table)
			s.blind++
			if !slices.ContainsFunc(s.gaps, func(c hunt.Coverage) bool { return c.State == g.State && c.Source == g.Source }) {
				s.gaps = append(s.gaps, g)
			}
		}
	}
	var out []strip
	for _, name := range slices.Sorted(maps.Keys(byTable)) {
		out = append(out, *byTable[name])
	}
	return out
}

// span is the time that the strip covers: from the first record to the clock.
func (a *Answer) span() (from, to time.Time) {
	for _, d := range a.Days {
		if from.IsZero() || d.Day.Before(from) {
			from = d.Day
		}
		if d.Day.After(to) {
			to = d.Day
		}
	}
	for _, c := range a.Coverage {
		if !c.Start.IsZero() && (from.IsZero() || c.Start.Before(from)) {
			from = c.Start.UTC().Truncate(24 * time.Hour)
		}
		if c.End.After(to) {
			to = c.End.UTC().Truncate(24 * time.Hour)
		}
	}
	return from, to
}

var levels = []rune("▁▂▃▄▅▆▇█")

// coverageLines draws one bar of days a table. A day without records is a dot,
// a gap an x: both are told in words too.
func coverageLines(m *Model, w int) []line {
	a := m.answer
	from, to := a.span()
	out := []line{heading(m, "COVERAGE")}
	if from.IsZero() {
		return append(out, note(m, "the case holds no timed records"))
	}
	name := min(32, w/2)
	bar := max(w-name-1, 8)
	out = append(out, note(m, fit("", name)+" "+axis(from, to, bar)))
	for _, s := range strips(a) {
		out = append(out, s.line(m, from, to, name, bar))
		for _, g := range s.gaps {
			text := fmt.Sprintf("gap: %s: %s", g.Table, g.State)
			if s.blind > 0 {
				text += fmt.Sprintf(" (%d queries found nothing and cannot tell)", s.blind)
			}
			out = append(out, line{text: "  " + m.theme.bad.Render(text), key: "gap " + g.Table + string(g.State) + g.Source, value: g.Table, open: func(m *Model) tea.Cmd { return m.push(gapScreen(g)) }})
		}
	}
	return append(out, note(m, "▁▃█ records a day   · none that day   x gap"))
}

func axis(from, to time.Time, w int) string {
	a, b := from.Format("01-02"), to.Format("01-02")
	return a + strings.Repeat(" ", max(w-len(a)-len(b), 1)) + b
}

func (s *strip) line(m *Model, from, to time.Time, name, bar int) line {
	table := s.table
	text := fit(safe(table), name) + " " + s.draw(m, from, to, bar)
	return line{text: text, key: "table " + table, value: table, open: func(m *Model) tea.Cmd { return exploreNamed(m, table) }}
}

// draw puts the days into cells; a cell of several days shows their most.
func (s *strip) draw(m *Model, from, to time.Time, w int) string {
	days := int(to.Sub(from)/(24*time.Hour)) + 1
	w = min(w, days)
	counts := make([]int64, w)
	var most int64
	for _, d := range m.answer.Days {
		if d.Table != s.table {
			continue
		}
		i := int(d.Day.Sub(from)/(24*time.Hour)) * w / days
		if i >= 0 && i < w {
			counts[i] = max(counts[i], d.Records)
			most = max(most, counts[i])
		}
	}
	var b strings.Builder
	for i, n := range counts {
		at := from.Add(time.Duration(i*days/w) * 24 * time.Hour)
		switch {
		case n > 0:
			b.WriteString(m.theme.good.Render(string(levels[min(n*int64(len(levels)-1)/most, int64(len(levels)-1))])))
		case s.gapAt(at):
			b.WriteString(m.theme.bad.Render("x"))
		default:
			b.WriteString(m.theme.warn.Render("·"))
		}
	}
	return b.String()
}

// gapAt reports whether a gap covers the day at t. One without a window covers
// all days.
func (s *strip) gapAt(t time.Time) bool {
	return slices.ContainsFunc(s.gaps, func(c hunt.Coverage) bool {
		return (c.Start.IsZero() || !c.Start.After(t.Add(24*time.Hour-1))) && (c.End.IsZero() || !c.End.Before(t))
	})
}

// gapScreen says what a gap is and how to close it.
func gapScreen(g hunt.Coverage) *screen {
	return &screen{in: sectionVerdict, name: "gap", parts: []part{{"Gap in " + g.Table, func(m *Model, w int) []line {
		var out []line
		out = append(out, pairs(m, w, "table", g.Table, "state", string(g.State), "source", g.Source, "from", moment(g.Start), "to", moment(g.End), "reason", g.Reason, "fix", g.Fix)...)
		return out
	}}}}
}

// pairs are labels and texts, wrapped; empty texts are left out.
func pairs(m *Model, w int, labelsAndTexts ...string) []line {
	const label = 11
	var out []line
	for i := 0; i+1 < len(labelsAndTexts); i += 2 {
		name, text := labelsAndTexts[i], labelsAndTexts[i+1]
		if text == "" {
			continue
		}
		for n, part := range wrap(safe(text), w-label) {
			if n > 0 {
				name = ""
			}
			out = append(out, line{text: m.theme.muted.Render(fit(name, label)) + part, key: labelsAndTexts[i] + fmt.Sprint(i, n), value: text})
		}
	}
	return out
}
