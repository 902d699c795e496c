package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt/kql"
)

// command is one word of the palette.
type command struct {
	name, arg, help string
	run             func(m *Model, arg string) tea.Cmd
	args            func(m *Model, prefix string) []string // completes arg; may read the disk
}

func commands() []command {
	pivoting := func(m *Model, arg string) tea.Cmd { return m.pivot(arg) }
	folders := func(m *Model, prefix string) []string { return m.opts.Starter.Paths(prefix) }
	return []command{
		{"home", "", "verdicts, incidents, coverage", func(m *Model, _ string) tea.Cmd { return m.reset(homeScreen()) }, nil},
		{"findings", "query|entity|day", "all findings, grouped", func(m *Model, arg string) tea.Cmd { return m.push(findingsScreen(arg)) }, fixed("query", "entity", "day")},
		{"tables", "", "tables of the case", func(m *Model, _ string) tea.Cmd { return m.push(tablesScreen()) }, nil},
		{"explore", "TABLE", "rows of a table", exploreNamed, tableNames},
		{"kql", "QUERY", "run KQL", func(m *Model, arg string) tea.Cmd { return m.openPrompt(arg) }, nil},
		{"pivot", "VALUE", "everything about a value", pivoting, nil},
		{"user", "NAME", "everything about a user", pivoting, identities},
		{"ip", "ADDRESS", "everything about an address", pivoting, nil},
		{"app", "ID", "everything about an application", pivoting, nil},
		{"record", "ID", "one record by its id", func(m *Model, arg string) tea.Cmd { return m.push(recordScreen(m, arg)) }, nil},
		{"export", "FILE", "rows in view to .csv, .json, .jsonl or .parquet", func(m *Model, arg string) tea.Cmd { return m.exportTo(arg) }, folders},
		{"open", "FOLDER", "open a case", func(m *Model, arg string) tea.Cmd { return m.openCase(arg) }, folders},
		{"import", "PATH", "take files into the open case", func(m *Model, arg string) tea.Cmd { return m.importPath(arg) }, folders},
		{"demo", "", "the demo case", func(m *Model, _ string) tea.Cmd { return m.openDemo() }, nil},
		{"start", "", "open, import, collect, demo", func(m *Model, _ string) tea.Cmd { return m.push(startScreen()) }, nil},
		{"hunt", "", "ask all queries again", func(m *Model, _ string) tea.Cmd { return m.hunt() }, nil},
		{"help", "", "keys of this view", func(m *Model, _ string) tea.Cmd { return m.push(helpScreen(m.view().section())) }, nil},
		{"quit", "", "leave", func(m *Model, _ string) tea.Cmd { return m.quit() }, nil},
	}
}

func fixed(words ...string) func(*Model, string) []string {
	return func(*Model, string) []string { return words }
}

func tableNames(m *Model, _ string) []string {
	if m.kase == nil {
		return nil
	}
	return m.kase.Env().TableNames
}

func identities(m *Model, _ string) []string {
	var out []string
	if m.answer != nil {
		for _, v := range m.answer.Verdicts {
			out = append(out, v.Identity.ID)
		}
	}
	return out
}

// askCommand opens the palette.
func (m *Model) askCommand() tea.Cmd {
	return m.openDialog(&dialog{label: ":", suggest: m.suggestCommand, done: func(m *Model, text string) tea.Cmd { return m.command(text) }}, "")
}

// suggestCommand completes a command's name, or its argument.
func (m *Model) suggestCommand(text string) []string {
	name, arg, hasArg := strings.Cut(text, " ")
	var names []string
	for _, c := range commands() {
		if hasArg && c.name == name && c.args != nil {
			var lines []string
			for _, a := range c.args(m, arg) {
				lines = append(lines, name+" "+a)
			}
			return startsWith(text, lines)
		}
		names = append(names, c.name)
	}
	if hasArg {
		return nil
	}
	return startsWith(text, names)
}

// command runs a line of the palette.
func (m *Model) command(text string) tea.Cmd {
	name, arg, _ := strings.Cut(strings.TrimSpace(text), " ")
	if name == "" {
		return nil
	}
	var names []string
	for _, c := range commands() {
		if c.name == name {
			return c.run(m, strings.TrimSpace(arg))
		}
		names = append(names, c.name)
	}
	if near := kql.Nearest(name, names); near != "" {
		return m.fail("no command " + name + ": did you mean " + near + "?")
	}
	return m.fail("no command " + name + ": " + strings.Join(names, ", "))
}
