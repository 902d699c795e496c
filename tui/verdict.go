package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt"
)

// verdictScreen tells why an identity was judged as it was. key is its type and
// id, by which it is found again after another hunt.
func verdictScreen(key string) *screen {
	_, name, _ := strings.Cut(key, ":")
	return &screen{in: sectionVerdict, name: name, parts: []part{{"Verdict", func(m *Model, w int) []line {
		if m.answer == nil {
			return waiting(m)
		}
		for i := range m.answer.Verdicts {
			v := &m.answer.Verdicts[i]
			if string(v.Identity.Type)+":"+v.Identity.ID == key {
				return verdictLines(m, v, w)
			}
		}
		return []line{note(m, "the last hunt says nothing of it any more")}
	}}}}
}

func verdictLines(m *Model, v *hunt.Verdict, w int) []line {
	out := []line{{
		text: m.theme.judgement(v.Verdict).Render(strings.ToUpper(string(v.Verdict))) + fmt.Sprintf("  %s %s  score %d", v.Identity.Type, safe(v.Identity.ID), v.Score),
		key:  "identity", value: v.Identity.ID, open: func(m *Model) tea.Cmd { return m.pivot(v.Identity.ID) },
	}, {head: true}}
	for _, r := range v.Reasons {
		out = append(out, pairs(m, w, "because", r)...)
	}
	if len(v.Chain) > 0 {
		out = append(out, line{head: true}, heading(m, "EVENTS"))
	}
	for _, s := range v.Chain {
		out = append(out, findingRow(m, s.Finding, moment(s.At), w)...)
	}
	if len(v.Incidents) > 0 {
		out = append(out, line{head: true}, heading(m, "INCIDENTS"))
	}
	for n, i := range m.answer.Incidents {
		for _, id := range v.Incidents {
			if id == i.ID {
				out = append(out, incidentLine(m, n, i))
			}
		}
	}
	out = append(out, line{head: true}, heading(m, "WHAT WOULD REFUTE IT, AND WHAT IS MISSING"))
	for _, r := range v.Refute {
		out = append(out, pairs(m, w, "unless", r)...)
	}
	for _, r := range v.Missing {
		out = append(out, pairs(m, w, "missing", r)...)
	}
	out = append(out, pairs(m, w, "coverage", coverageText(v.Coverage))...)
	out = append(out, line{head: true}, heading(m, "THE SCORE"))
	for _, l := range v.Explain {
		out = append(out, note(m, fmt.Sprintf("%8.2f  %s", l.Points, safe(l.Because))))
	}
	return out
}

func coverageText(a hunt.Answer) string {
	var gaps []string
	for _, g := range a.Gaps {
		gaps = append(gaps, g.Table+" "+string(g.State))
	}
	if len(gaps) == 0 {
		return string(a.State)
	}
	return string(a.State) + ": " + strings.Join(gaps, ", ")
}

// findingRow is a finding in a story: when, how bad, what, with the rest of the
// sentence beneath.
func findingRow(m *Model, id, when string, w int) []line {
	f := m.finding(id)
	if f == nil {
		return nil
	}
	var out []line
	if when == "" {
		when = "(no time)"
	}
	indent := strings.Repeat(" ", 31)
	if w < 70 {
		indent = "  "
	}
	first := m.theme.muted.Render(fit(when, 20)) + " " + m.theme.severity(f.Severity).Render(fit(shortSeverity(f.Severity), 9)) + " "
	for n, part := range wrap(safe(f.Why), w-len(indent)) {
		l := line{text: indent + part, head: true}
		switch {
		case n == 0 && w < 70:
			out = append(out, line{text: first + strings.Join(f.Techniques, " "), head: true})
			l = line{text: indent + part, key: f.ID, mark: true}
		case n == 0:
			l = line{text: first + part, key: f.ID, mark: true}
		}
		if l.mark {
			l.open = func(m *Model) tea.Cmd { return m.push(findingScreen(id)) }
			l.value, l.about = firstEntity(f), func(*Model) string { return id }
		}
		out = append(out, l)
	}
	return out
}

func shortSeverity(s hunt.Severity) string {
	if s == hunt.Informational {
		return "info"
	}
	return s.String()
}

func firstEntity(f *hunt.Finding) string {
	if len(f.Entities) == 0 {
		return ""
	}
	return f.Entities[0].ID
}

// finding returns a finding by its id, nil if the last hunt has none.
func (m *Model) finding(id string) *hunt.Finding {
	if m.answer == nil {
		return nil
	}
	for i := range m.answer.Findings {
		if m.answer.Findings[i].ID == id {
			return &m.answer.Findings[i]
		}
	}
	return nil
}
