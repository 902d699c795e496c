package tui

import (
	"charm.land/lipgloss/v2"

	"github.com/hunt365/hunt365/hunt"
)

// theme holds the styles by what they mean. They use the terminal's own sixteen
// colours, so that the user's palette wins; nothing is told by colour alone.
type theme struct {
	title, muted, accent, selected, cursor lipgloss.Style
	good, warn, bad, worst                 lipgloss.Style
	chip, name, text, number, comment      lipgloss.Style
}

// newTheme returns the styles for a dark or a light background. Without colour
// there is bold, faint, underline and reverse.
func newTheme(colour, dark bool) theme {
	s := lipgloss.NewStyle
	t := theme{
		title: s().Bold(true), muted: s().Faint(true), accent: s().Bold(true), selected: s().Bold(true), cursor: s().Reverse(true),
		good: s(), warn: s().Bold(true), bad: s().Bold(true), worst: s().Bold(true).Reverse(true),
		chip: s().Underline(true), name: s(), text: s(), number: s(), comment: s().Faint(true),
	}
	if !colour {
		return t
	}
	pick := lipgloss.LightDark(dark)
	t.muted = s().Foreground(lipgloss.BrightBlack)
	t.accent = s().Foreground(pick(lipgloss.Blue, lipgloss.BrightCyan)).Bold(true)
	t.good = s().Foreground(lipgloss.Green)
	t.warn = s().Foreground(pick(lipgloss.Magenta, lipgloss.Yellow))
	t.bad = s().Foreground(lipgloss.Red)
	t.worst = s().Foreground(lipgloss.Red).Bold(true)
	t.chip = s().Foreground(pick(lipgloss.Magenta, lipgloss.BrightMagenta))
	t.name = s().Foreground(pick(lipgloss.Blue, lipgloss.Cyan))
	t.text = s().Foreground(lipgloss.Green)
	t.number = s().Foreground(pick(lipgloss.Magenta, lipgloss.Yellow))
	t.comment = t.muted
	return t
}

// severity is the style of a severity's word.
func (t *theme) severity(s hunt.Severity) lipgloss.Style {
	return []lipgloss.Style{t.muted, t.good, t.warn, t.bad, t.worst}[s]
}

// judgement is the style of a verdict's word.
func (t *theme) judgement(j hunt.Judgement) lipgloss.Style {
	switch j {
	case hunt.Compromised:
		return t.worst
	case hunt.Suspicious:
		return t.warn
	case hunt.NoSign:
		return t.good
	}
	return t.muted
}
