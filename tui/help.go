package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// helpScreen lists the keys of a kind of view, its own first.
func helpScreen(section string) *screen {
	return &screen{in: sectionHelp, name: "help", parts: []part{{"Keys in " + section, func(m *Model, w int) []line {
		own, common := helpLines(section)
		var out []line
		add := func(title string, list []binding) {
			if len(list) == 0 {
				return
			}
			out = append(out, heading(m, title))
			for _, b := range list {
				out = append(out, line{text: m.theme.accent.Render(fit(strings.Join(b.keys, " "), 18)) + b.help, key: b.help})
			}
			out = append(out, line{head: true})
		}
		add("IN THIS VIEW", own)
		add("EVERYWHERE", common)
		out = append(out, heading(m, "COMMANDS (:)"))
		for _, c := range commands() {
			out = append(out, line{text: m.theme.accent.Render(fit(c.name+" "+c.arg, 26)) + c.help, key: "command " + c.name})
		}
		return out
	}}}}
}

// plainText is a styled text without its styles.
func plainText(s string) string { return ansi.Strip(s) }
