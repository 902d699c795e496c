package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt"
)

// findingsScreen lists all findings, grouped by query, entity or day.
func findingsScreen(by string) *screen {
	groups := []string{"query", "entity", "day"}
	if !slices.Contains(groups, by) {
		by = groups[0]
	}
	s := &screen{in: sectionFindings, name: "findings"}
	s.parts = []part{{"Findings by " + by, func(m *Model, w int) []line { return findingsLines(m, by, w) }}}
	s.on = func(m *Model, a action) (tea.Cmd, bool) {
		if a != group {
			return nil, false
		}
		by = groups[(slices.Index(groups, by)+1)%len(groups)]
		s.parts[0].title = "Findings by " + by
		m.version++
		return nil, true
	}
	return s
}

// bundle is the findings under one heading.
type bundle struct {
	name     string
	findings []*hunt.Finding
}

// bundles groups findings; those of the worst findings come first, days in time
// order. A finding about several entities is under each.
func bundles(findings []hunt.Finding, by string) []bundle {
	var out []bundle
	add := func(name string, f *hunt.Finding) {
		i := slices.IndexFunc(out, func(b bundle) bool { return b.name == name })
		if i < 0 {
			i = len(out)
			out = append(out, bundle{name: name})
		}
		if !slices.Contains(out[i].findings, f) {
			out[i].findings = append(out[i].findings, f)
		}
	}
	for i := range findings {
		f := &findings[i]
		switch by {
		case "entity":
			for _, e := range f.Entities {
				add(string(e.Type)+" "+e.ID, f)
			}
		case "day":
			name := "(no time)"
			if !f.Start.IsZero() {
				name = day(f.Start)
			}
			add(name, f)
		default:
			add(f.Name+"  "+f.Rule, f)
		}
	}
	if by == "day" {
		slices.SortFunc(out, func(a, b bundle) int { return cmp.Compare(a.name, b.name) })
	}
	return out
}

func findingsLines(m *Model, by string, w int) []line {
	if m.answer == nil {
		return waiting(m)
	}
	if len(m.answer.Findings) == 0 {
		return []line{note(m, "no findings; home says what the silence rests on")}
	}
	var out []line
	for n, b := range bundles(m.answer.Findings, by) {
		if n > 0 {
			out = append(out, line{head: true})
		}
		out = append(out, heading(m, clip(fmt.Sprintf("%s (%d)", safe(b.name), len(b.findings)), w)))
		for _, f := range b.findings {
			out = append(out, findingLine(m, f, b.name))
		}
	}
	return out
}

func findingLine(m *Model, f *hunt.Finding, under string) line {
	status := ""
	if f.Status != hunt.StatusNew {
		status = m.theme.accent.Render("[" + f.Status + "] ")
	}
	id := f.ID
	return line{
		text: m.theme.severity(f.Severity).Render(fit(strings.ToUpper(shortSeverity(f.Severity)), 9)) + m.theme.muted.Render(fit(minute(f.Start), 17)) + status + safe(f.Why),
		key:  under + id, value: firstEntity(f), mark: true, about: func(*Model) string { return id },
		open: func(m *Model) tea.Cmd { return m.push(findingScreen(id)) },
	}
}

// findingScreen shows one finding: why it fired, on what, and the query.
func findingScreen(id string) *screen {
	with := func(lines func(m *Model, f *hunt.Finding, w int) []line) func(*Model, int) []line {
		return func(m *Model, w int) []line {
			if m.answer == nil {
				return waiting(m)
			}
			if f := m.finding(id); f != nil {
				out := lines(m, f, w)
				for i := range out {
					out[i].about = func(*Model) string { return id }
				}
				return out
			}
			return []line{note(m, "the last hunt does not find it any more")}
		}
	}
	return &screen{in: sectionFinding, name: id, parts: []part{{"Finding", with(findingLines)}, {"Query", with(queryLines)}}}
}

func findingLines(m *Model, f *hunt.Finding, w int) []line {
	out := []line{{text: m.theme.severity(f.Severity).Render(strings.ToUpper(f.Severity.String())) + "  " + m.theme.title.Render(safe(f.Name)), key: "name", value: f.Rule}}
	out = append(out, pairs(m, w, "why", f.Why, "when", moment(f.Start)+" to "+moment(f.End), "unless", f.Refute, "confidence", f.Confidence,
		"tactics", strings.Join(f.Tactics, ", "), "techniques", strings.Join(f.Techniques, ", "), "coverage", coverageText(f.Coverage), "status", f.Status)...)
	out = append(out, line{head: true}, heading(m, "ENTITIES (enter: everything about it)"))
	for _, e := range f.Entities {
		text := m.theme.muted.Render(fit(string(e.Type), 17)) + safe(e.ID)
		if e.Role != hunt.Acted {
			text += m.theme.muted.Render("  " + string(e.Role))
		}
		out = append(out, line{text: text, key: "entity " + string(e.Type) + e.ID, value: e.ID, open: func(m *Model) tea.Cmd { return m.pivot(e.ID) }})
	}
	out = append(out, line{head: true}, heading(m, fmt.Sprintf("RECORDS (%d) (enter: as it came)", len(f.Records))))
	for _, r := range f.Records {
		out = append(out, line{text: safe(r), key: "record " + r, value: r, open: func(m *Model) tea.Cmd { return m.push(recordScreen(m, r)) }})
	}
	out = append(out, line{head: true}, heading(m, "DATA"))
	for _, d := range f.Data {
		value := strings.Trim(string(d.Value), `"`)
		text := m.theme.name.Render(fit(safe(d.Name), min(28, w/3))) + " " + safe(value)
		out = append(out, line{text: text, key: "data " + d.Name, value: value})
	}
	return out
}

func queryLines(m *Model, f *hunt.Finding, w int) []line {
	var q *Query
	for i := range m.answer.Queries {
		if m.answer.Queries[i].ID == f.Rule {
			q = &m.answer.Queries[i]
		}
	}
	if q == nil {
		return []line{note(m, "the query is not in this hunt")}
	}
	out := pairs(m, w, "query", fmt.Sprintf("%s, version %d", q.ID, f.Version), "about", strings.TrimSpace(q.Description), "found", fmt.Sprintf("%d findings", q.Findings))
	out = append(out, line{head: true}, heading(m, "KQL (enter: run it)"))
	text := strings.TrimSpace(q.Text)
	for n, l := range strings.Split(text, "\n") {
		out = append(out, line{
			text: highlight(m, l), key: fmt.Sprint("kql", n), value: l, whole: func(*Model) string { return text },
			open: func(m *Model) tea.Cmd { return m.openPrompt(strings.Join(strings.Fields(stripComments(text)), " ")) },
		})
	}
	return out
}

// stripComments drops comments that fill a line, so that a query fits on one.
func stripComments(text string) string {
	var out []string
	for _, l := range strings.Split(text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(l), "//") {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}
