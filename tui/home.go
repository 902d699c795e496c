package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt"
)

// homeScreen is the answer: who is compromised, by what, and what the evidence
// covers.
func homeScreen() *screen {
	return &screen{in: sectionHome, name: "home", parts: []part{
		{"Verdicts and incidents", homeAnswer},
		{"Findings and coverage", homeCoverage},
	}}
}

func heading(m *Model, text string) line {
	return line{text: m.theme.title.Render(text), head: true}
}

func note(m *Model, text string) line { return line{text: m.theme.muted.Render(text), head: true} }

// waiting is what a pane shows before the first answer.
func waiting(m *Model) []line {
	switch {
	case m.opening.busy:
		return []line{note(m, "opening the case…")}
	case m.kase == nil:
		return []line{note(m, "no case is open; 4 opens one")}
	}
	if !m.hunting.busy {
		return []line{note(m, "no answer; r hunts again")}
	}
	return []line{note(m, "hunting: every query is asked over the whole case…")}
}

// Count returns how many identities got judgement j.
func (a *Answer) Count(j hunt.Judgement) (n int) {
	for _, v := range a.Verdicts {
		if v.Verdict == j {
			n++
		}
	}
	return n
}

func homeAnswer(m *Model, w int) []line {
	a := m.answer
	if a == nil {
		return waiting(m)
	}
	var counts []string
	for _, j := range hunt.Judgements() {
		counts = append(counts, m.theme.judgement(j).Render(fmt.Sprintf("%d %s", a.Count(j), j)))
	}
	out := []line{{text: strings.Join(counts, "   "), head: true}, {head: true}}
	out = append(out, heading(m, fmt.Sprintf("INCIDENTS (%d)", len(a.Incidents))))
	for n, i := range a.Incidents {
		out = append(out, incidentLine(m, n, i))
		out = append(out, line{text: "   " + stageChips(m, i.Stages), head: true})
		out = append(out, note(m, fmt.Sprintf("   %s to %s  %d findings  %d identities  %d mailboxes", minute(i.Start), minute(i.End), len(i.Evidence), i.Blast.Identities, i.Blast.Mailboxes)))
	}
	if len(a.Incidents) == 0 {
		out = append(out, note(m, "none"))
	}
	out = append(out, line{head: true}, heading(m, fmt.Sprintf("VERDICTS (%d)", len(a.Verdicts))))
	for i := range a.Verdicts {
		out = append(out, verdictLine(m, &a.Verdicts[i], w))
	}
	if a.Suppressed > 0 {
		out = append(out, note(m, fmt.Sprintf("%d findings are labelled benign and take no part", a.Suppressed)))
	}
	return out
}

func incidentLine(m *Model, n int, i *hunt.Incident) line {
	text := fmt.Sprintf("%d. %s  score %d, %s  %s", n+1, i.ID, i.Score, m.theme.severity(i.Severity).Render(i.Severity.String()), safe(i.Title))
	id := i.ID
	return line{text: text, key: id, value: id, open: func(m *Model) tea.Cmd { return m.push(incidentScreen(id)) }, about: func(*Model) string { return id }}
}

func stageChips(m *Model, stages []hunt.Stage) string {
	var out []string
	for _, s := range stages {
		out = append(out, m.theme.chip.Render(chip(s.Tactic)))
	}
	return strings.Join(out, " > ")
}

// verdictLine says one verdict: word, score, identity, stages, last activity.
func verdictLine(m *Model, v *hunt.Verdict, w int) line {
	var last time.Time
	var stages []string
	seen := map[string]bool{}
	for _, step := range v.Chain {
		if step.At.After(last) {
			last = step.At
		}
		f := m.finding(step.Finding)
		if f == nil {
			continue
		}
		for _, t := range f.Tactics {
			if !seen[t] {
				seen[t] = true
				stages = append(stages, chip(t))
			}
		}
	}
	word := fit(strings.ToUpper(string(v.Verdict)), 11)
	when := fit(minute(last), 16)
	if w < 100 {
		when = fit(strings.TrimSuffix(minute(last), last.UTC().Format(" 15:04")), 10)
	}
	room := w - 11 - 1 - 3 - 2 - 2 - width(when)
	chipRoom := 0
	if room > 44 {
		chipRoom = room * 2 / 5
	}
	who := fit(string(v.Identity.Type)+" "+safe(v.Identity.ID), max(room-chipRoom, 10))
	text := m.theme.judgement(v.Verdict).Render(word) + fmt.Sprintf(" %3d  ", v.Score) + who
	if chipRoom > 0 {
		text += " " + m.theme.chip.Render(fit(strings.Join(stages, " "), chipRoom-1))
	}
	text += "  " + when
	key := string(v.Identity.Type) + ":" + v.Identity.ID
	return line{text: text, key: key, value: v.Identity.ID, open: func(m *Model) tea.Cmd { return m.push(verdictScreen(key)) }}
}

func homeCoverage(m *Model, w int) []line {
	a := m.answer
	if a == nil {
		return nil
	}
	out := []line{heading(m, fmt.Sprintf("FINDINGS (%d)", len(a.Findings)))}
	for s := hunt.Critical; s >= hunt.Informational; s-- {
		n := 0
		for _, f := range a.Findings {
			if f.Severity == s {
				n++
			}
		}
		name := s.String()
		out = append(out, line{
			text: m.theme.severity(s).Render(fmt.Sprintf("%-14s %4d", name, n)) + " " + m.theme.severity(s).Render(strings.Repeat("■", min(n, max(w-22, 0)))),
			key:  "severity " + name, open: func(m *Model) tea.Cmd {
				list := findingsScreen("query")
				list.filter = name
				return m.push(list)
			},
		})
	}
	failed := 0
	for _, q := range a.Queries {
		if q.Outcome != hunt.Answered {
			failed++
		}
	}
	out = append(out, note(m, fmt.Sprintf("%d queries, %d findings, %d queries failed", len(a.Queries), len(a.Findings), failed)), line{head: true})
	out = append(out, coverageLines(m, w)...)
	for _, q := range a.Queries {
		if q.Outcome != hunt.Answered {
			out = append(out, line{text: m.theme.bad.Render("failed: ") + q.ID + ": " + safe(q.Error), key: "failed " + q.ID})
		}
	}
	return out
}
