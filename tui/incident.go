package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt"
)

// incidentScreen tells one incident: its story, and beside it who did what to
// whom, what mail was reached and what to do.
func incidentScreen(id string) *screen {
	with := func(lines func(m *Model, i *hunt.Incident, w int) []line) func(*Model, int) []line {
		return func(m *Model, w int) []line {
			if m.answer == nil {
				return waiting(m)
			}
			for _, i := range m.answer.Incidents {
				if i.ID == id {
					return lines(m, i, w)
				}
			}
			return []line{note(m, "the last hunt finds no such incident any more")}
		}
	}
	return &screen{in: sectionIncident, name: id, parts: []part{{"What happened", with(storyLines)}, {"Reach and response", with(reachLines)}}}
}

func storyLines(m *Model, i *hunt.Incident, w int) []line {
	id := i.ID
	out := []line{{text: m.theme.title.Render(safe(i.Title)), key: "incident", value: id, about: func(*Model) string { return id }}}
	out = append(out, line{text: fmt.Sprintf("score %d of 100, %s", i.Score, m.theme.severity(i.Severity).Render(i.Severity.String())), head: true})
	out = append(out, line{text: stageChips(m, i.Stages), head: true})
	if c := i.Chain; c != nil {
		var steps []string
		for _, s := range c.Steps {
			steps = append(steps, s.Name)
		}
		out = append(out, pairs(m, w, "chain", strings.Join(steps, " > "), "not seen", strings.Join(c.Missing, ", "))...)
	}
	zero := ""
	if i.Zero != nil {
		zero = "account " + i.Zero.ID
	}
	out = append(out, pairs(m, w, "first", zero, "when", moment(i.Start)+" to "+moment(i.End))...)
	out = append(out, line{head: true})
	for _, f := range story(m, i) {
		out = append(out, findingRow(m, f.ID, moment(f.Start), w)...)
	}
	return out
}

// story lists an incident's findings in time order.
func story(m *Model, i *hunt.Incident) []*hunt.Finding {
	var out []*hunt.Finding
	for _, e := range i.Evidence {
		if f := m.finding(e.Finding); f != nil && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b *hunt.Finding) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func reachLines(m *Model, i *hunt.Incident, w int) []line {
	out := []line{heading(m, "REACHED")}
	out = append(out, note(m, fmt.Sprintf("%d identities, %d mailboxes, %d messages, %d files", i.Blast.Identities, i.Blast.Mailboxes, i.Blast.Messages, i.Blast.Files)))
	out = append(out, exposureLines(m, i.Exposure, w)...)
	out = append(out, line{head: true}, heading(m, "WHAT TO DO"))
	for _, s := range i.Response {
		text := strings.TrimSpace(s.Do + "  " + s.Target)
		for n, part := range wrap(safe(text), w-5) {
			l := line{text: "     " + part, head: true}
			if n == 0 {
				l = line{text: fmt.Sprintf("%3d. %s", s.Order, part), key: fmt.Sprint("step", s.Order), value: s.Target, whole: func(*Model) string { return cmp.Or(s.Script, text) }}
			}
			out = append(out, l)
		}
	}
	if len(i.Response) > 0 {
		out = append(out, note(m, "Y copies a step's PowerShell; hunt365 itself changes nothing"))
	}
	out = append(out, line{head: true}, heading(m, "WHO DID WHAT TO WHOM"))
	return append(out, actorLines(m, i, w)...)
}

// actorLines draws the graph as a list: each actor with what it acted on, the
// worst severity of what names both.
func actorLines(m *Model, i *hunt.Incident, w int) []line {
	var out []line
	for _, actor := range i.Entities {
		acts := actor.Role == hunt.Acted && (actor.Type == hunt.Account || actor.Type == hunt.IP || actor.Type == hunt.App)
		if !acts {
			continue
		}
		targets := targetsOf(m, i, actor)
		name := string(actor.Type) + " " + safe(actor.ID)
		out = append(out, line{text: m.theme.name.Render(clip(name, w)), key: "actor " + name, value: actor.ID, open: func(m *Model) tea.Cmd { return m.pivot(actor.ID) }})
		const most = 8
		for n, t := range targets {
			if n == most {
				out = append(out, note(m, fmt.Sprintf("   └─ and %d more", len(targets)-most)))
				break
			}
			branch := "├─"
			if n == len(targets)-1 {
				branch = "└─"
			}
			out = append(out, line{
				text: " " + branch + m.theme.severity(t.worst).Render(" "+shortSeverity(t.worst)+" ") + "─> " + string(t.Type) + " " + safe(t.ID),
				key:  "edge " + name + t.ID, value: t.ID, open: func(m *Model) tea.Cmd { return m.pivot(t.ID) },
			})
		}
	}
	if len(out) == 0 {
		out = append(out, note(m, "the findings name no actor"))
	}
	return out
}

type target struct {
	hunt.Entity
	worst hunt.Severity
}

// targetsOf lists what is named together with an actor and did not act itself.
func targetsOf(m *Model, i *hunt.Incident, actor hunt.Entity) []target {
	var out []target
	for _, f := range story(m, i) {
		names := slices.ContainsFunc(f.Entities, func(e hunt.Entity) bool { return e.Type == actor.Type && e.ID == actor.ID })
		if !names {
			continue
		}
		for _, e := range f.Entities {
			if e.Type == hunt.IP || e.Type == hunt.Account && e.Role == hunt.Acted || e.Type == actor.Type && e.ID == actor.ID || e.Role == hunt.Tried {
				continue
			}
			if n := slices.IndexFunc(out, func(t target) bool { return t.Type == e.Type && t.ID == e.ID }); n >= 0 {
				out[n].worst = max(out[n].worst, f.Severity)
				continue
			}
			out = append(out, target{e, f.Severity})
		}
	}
	return out
}

func exposureLines(m *Model, e *hunt.Exposure, w int) []line {
	if e == nil {
		return nil
	}
	out := []line{{text: fmt.Sprintf("%d messages, %d whole folders, %d sent, %d searches", len(e.Messages), len(e.Folders), len(e.Sent), len(e.Searches)), key: "exposure"}}
	out = append(out, note(m, fmt.Sprintf("%d accesses on %d records, %d bytes", e.Accesses, e.Records, e.Bytes)))
	for n, t := range e.Totals {
		if n == 8 {
			out = append(out, note(m, fmt.Sprintf("and %d more mailboxes and actors", len(e.Totals)-n)))
			break
		}
		out = append(out, line{text: fmt.Sprintf("%s: %d messages, %d folders, %d sent", safe(t.Mailbox), t.Messages, t.Folders, t.Sent), key: fmt.Sprint("total", n), value: t.Mailbox, open: func(m *Model) tea.Cmd { return m.pivot(t.Mailbox) }})
	}
	for _, u := range e.Unknown {
		text := u.Reason
		if u.Mailbox != "" {
			text = u.Mailbox + ": " + text
		}
		out = append(out, pairs(m, w, "unknown", text, "fix", u.Fix)...)
	}
	return out
}
