package tui

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// recordScreen shows a record as it came, one JSON value a line.
func recordScreen(m *Model, id string) *screen {
	var r *Record
	var fault string
	s := &screen{in: sectionRecord, name: "record"}
	s.parts = []part{{"Record " + safe(id), func(m *Model, w int) []line {
		switch {
		case fault != "":
			return []line{{text: m.theme.bad.Render(safe(fault)), key: "fault"}}
		case r == nil:
			return []line{note(m, "reading the evidence…")}
		}
		return recordLines(m, r)
	}}}
	s.heard = func(m *Model, value any, err error) tea.Cmd {
		m.version++
		if err != nil {
			fault = err.Error()
			return nil
		}
		r, _ = value.(*Record)
		return nil
	}
	s.asking = func(m *Model) tea.Cmd {
		c := m.kase
		if c == nil {
			fault = "no case is open"
			return nil
		}
		return m.ask(&s.asker, func(ctx context.Context) (any, error) { return c.Record(ctx, id) })
	}
	return s
}

func recordLines(m *Model, r *Record) []line {
	out := []line{
		note(m, fmt.Sprintf("table     %s", safe(r.Table))),
		note(m, fmt.Sprintf("evidence  %s, record %d", safe(r.File), r.Line)),
		{head: true},
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, r.Raw, "", "  "); err != nil {
		pretty.Reset()
		pretty.Write(r.Raw)
	}
	whole := pretty.String()
	for n, text := range strings.Split(whole, "\n") {
		out = append(out, line{
			text: jsonLine(m, text), key: fmt.Sprint(n), value: jsonValue(text), whole: func(*Model) string { return whole },
			open: func(m *Model) tea.Cmd { return m.pivot(jsonValue(text)) },
		})
	}
	return out
}

// jsonLine colours a line of pretty-printed JSON.
func jsonLine(m *Model, text string) string {
	body := strings.TrimLeft(text, " ")
	indent := text[:len(text)-len(body)]
	name, value, ok := cutKey(body)
	if !ok {
		return indent + jsonStyle(m, body)
	}
	return indent + m.theme.name.Render(safe(name)) + ": " + jsonStyle(m, value)
}

// cutKey splits `"name": value`; a string alone has no name.
func cutKey(body string) (name, value string, ok bool) {
	if !strings.HasPrefix(body, `"`) {
		return "", body, false
	}
	for i := 1; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			if rest, isKey := strings.CutPrefix(body[i+1:], ": "); isKey {
				return body[:i+1], rest, true
			}
			return "", body, false
		}
	}
	return "", body, false
}

func jsonStyle(m *Model, value string) string {
	text := safe(value)
	switch {
	case value == "":
		return ""
	case value[0] == '"':
		return m.theme.text.Render(text)
	case value[0] == '{' || value[0] == '[' || value[0] == '}' || value[0] == ']':
		return text
	}
	return m.theme.number.Render(text)
}

// jsonValue is the value on a line of pretty-printed JSON, without quotes; empty
// for brackets.
func jsonValue(text string) string {
	body := strings.TrimSpace(text)
	if _, value, ok := cutKey(body); ok {
		body = value
	}
	body = strings.TrimSuffix(body, ",")
	var s string
	if json.Unmarshal([]byte(body), &s) == nil {
		return s
	}
	if strings.ContainsAny(body, "{}[]") {
		return ""
	}
	return body
}
