package tui

import (
	tea "charm.land/bubbletea/v2"
)

// startScreen lets the user open or make a case. Each way has its command line
// beside it, so that it can be scripted next time.
func startScreen() *screen {
	return &screen{in: sectionStart, name: "start", parts: []part{{"Start", startLines}}}
}

func startLines(m *Model, w int) []line {
	out := []line{note(m, "Is a mailbox of this Microsoft 365 tenant compromised? Choose the evidence."), {head: true}}
	out = append(out, heading(m, "OPEN A CASE"))
	if last := m.saved.Case; last != "" && m.kase == nil {
		out = append(out, way(m, "last time: "+last, "hunt365 tui --case "+last, func(m *Model) tea.Cmd { return m.openCase(last) })...)
	}
	for _, dir := range m.opts.Starter.Cases() {
		out = append(out, way(m, "case "+dir, "hunt365 tui --case "+dir, func(m *Model) tea.Cmd { return m.openCase(dir) })...)
	}
	out = append(out, way(m, "another folder…", "hunt365 tui --case FOLDER", func(m *Model) tea.Cmd {
		return m.openDialog(&dialog{label: "folder of the case", suggest: m.opts.Starter.Paths, done: func(m *Model, text string) tea.Cmd { return m.openCase(text) }}, "")
	})...)
	out = append(out, line{head: true}, heading(m, "GET EVIDENCE"))
	out = append(out, way(m, "import files…", "hunt365 import PATH --case FOLDER", askImport)...)
	out = append(out, way(m, "collect from a tenant…", "hunt365 collect --tenant TENANT --since 90d --case FOLDER", askCollect)...)
	out = append(out, line{head: true}, heading(m, "LOOK AROUND"))
	return append(out, way(m, "demo: an invented tenant", "hunt365 demo --keep FOLDER && hunt365 tui --case FOLDER", (*Model).openDemo)...)
}

func way(m *Model, text, commandLine string, open func(m *Model) tea.Cmd) []line {
	return []line{
		{text: safe(text), key: text, open: open, value: commandLine},
		note(m, "    $ "+safe(commandLine)),
	}
}

func askImport(m *Model) tea.Cmd {
	return m.openDialog(&dialog{label: "file or folder to import", suggest: m.opts.Starter.Paths, done: func(m *Model, path string) tea.Cmd {
		if path == "" {
			return m.fail("import what? name a file or a folder")
		}
		return m.openDialog(&dialog{label: "into the case (made if there is none)", suggest: m.opts.Starter.Paths, done: func(m *Model, dir string) tea.Cmd {
			if dir == "" {
				return m.fail("name the folder of the case")
			}
			return m.importInto(dir, path)
		}}, "")
	}}, "")
}

// askCollect makes the command line that collects. Collecting itself signs a
// person in and may take hours: it has a terminal of its own.
func askCollect(m *Model) tea.Cmd {
	return m.openDialog(&dialog{label: "tenant, such as contoso.onmicrosoft.com", done: func(m *Model, tenant string) tea.Cmd {
		if tenant == "" {
			return m.fail("name the tenant")
		}
		return m.openDialog(&dialog{label: "folder of the case", suggest: m.opts.Starter.Paths, done: func(m *Model, dir string) tea.Cmd {
			if dir == "" {
				return m.fail("name the folder of the case")
			}
			return m.push(collectScreen("hunt365 collect --tenant "+shellWord(tenant)+" --since 90d --case "+shellWord(dir), dir))
		}}, "")
	}}, "")
}

func collectScreen(commandLine, dir string) *screen {
	return &screen{in: sectionStart, name: "collect", parts: []part{{"Collect", func(m *Model, w int) []line {
		return []line{
			note(m, "Collecting signs in with a code on Microsoft's page and shows which permissions"),
			note(m, "are granted and missing, and every source's progress. Run it in another terminal:"),
			{head: true},
			{text: m.theme.title.Render(safe(commandLine)), key: "line", value: commandLine, open: func(m *Model) tea.Cmd { return m.copy(commandLine, "command line") }},
			{head: true},
			note(m, "enter or y copies it. It can be stopped and goes on where it was. Afterwards:"),
			{text: "open " + safe(dir), key: "open", value: dir, open: func(m *Model) tea.Cmd { return m.openCase(dir) }},
		}
	}}}}
}

// shellWord quotes a word for a shell, if need be.
func shellWord(s string) string {
	plain := s != ""
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' || r == '/' || r == '@') {
			plain = false
		}
	}
	if plain {
		return s
	}
	out := "'"
	for _, r := range s {
		if r == '\'' {
			out += `'\''`
			continue
		}
		out += string(r)
	}
	return out + "'"
}
