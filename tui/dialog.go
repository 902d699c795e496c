package tui

import (
	"context"
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// dialog is a line that is being typed at the foot of the screen.
type dialog struct {
	asker
	label   string
	field   textinput.Model
	suggest func(text string) []string // whole lines to go on with; may read the disk; may be nil
	done    func(m *Model, text string) tea.Cmd
	offers  []string
	chosen  int // of the offers; -1: none
}

// mostOffers is how many completions are shown at once.
const mostOffers = 6

func newField(text string) textinput.Model {
	f := textinput.New()
	f.Prompt = ""
	f.SetValue(text)
	f.CursorEnd()
	f.Focus()
	return f
}

// openDialog asks for a line that starts as text.
func (m *Model) openDialog(d *dialog, text string) tea.Cmd {
	d.field, d.chosen = newField(text), -1
	m.input = d
	m.version++
	return d.complete(m)
}

func (d *dialog) complete(m *Model) tea.Cmd {
	if d.suggest == nil {
		return nil
	}
	text := d.field.Value()
	return m.ask(&d.asker, func(context.Context) (any, error) { return d.suggest(text), nil })
}

func (d *dialog) offer(msg answered) {
	d.offers, _ = msg.value.([]string)
	d.chosen = -1
}

func (d *dialog) typed(m *Model, msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "esc":
			return m.closeDialog()
		case "enter":
			text := d.field.Value()
			m.closeDialog()
			return d.done(m, text)
		case "tab", "down":
			return d.choose(m, 1)
		case "shift+tab", "up":
			return d.choose(m, -1)
		}
	}
	before := d.field.Value()
	d.field, _ = d.field.Update(msg) // its commands only blink the cursor
	if d.field.Value() == before {
		return nil
	}
	return d.complete(m)
}

func (m *Model) closeDialog() tea.Cmd {
	m.input.stop()
	m.input = nil
	m.version++
	return nil
}

// choose steps through what may be meant. A single offer is taken and asked for
// its own completions, so that tab walks down a path.
func (d *dialog) choose(m *Model, step int) tea.Cmd {
	if len(d.offers) == 0 {
		return nil
	}
	d.chosen = (d.chosen + step + len(d.offers)) % len(d.offers)
	d.field.SetValue(d.offers[d.chosen])
	d.field.CursorEnd()
	if len(d.offers) == 1 {
		return d.complete(m)
	}
	return nil
}

// shown are the offers in sight, around the chosen one.
func (d *dialog) shown() []string {
	first := max(0, min(d.chosen-mostOffers/2, len(d.offers)-mostOffers))
	return d.offers[first:min(first+mostOffers, len(d.offers))]
}

func (d *dialog) draw(m *Model, w int) []string {
	var out []string
	for _, o := range d.shown() {
		text := fit("   "+safe(o), w)
		if d.chosen >= 0 && o == d.offers[d.chosen] {
			text = m.theme.cursor.Render(fit(" ▸ "+safe(o), w))
		}
		out = append(out, text)
	}
	return append(out, fit(m.theme.accent.Render(" "+d.label+" ")+caret(m, d.field, w-len(d.label)-3), w))
}

// caret draws a field with its cursor, scrolled so that the cursor is seen.
func caret(m *Model, f textinput.Model, w int) string {
	text := []rune(f.Value())
	at := min(f.Position(), len(text))
	from := max(0, at-max(w-2, 1))
	under, rest := " ", ""
	if at < len(text) {
		under, rest = string(text[at]), string(text[at+1:])
	}
	return safe(string(text[from:at])) + m.theme.cursor.Render(safe(under)) + safe(rest)
}

func (m *Model) askFilter() tea.Cmd {
	return m.openDialog(&dialog{label: "filter /", done: func(m *Model, text string) tea.Cmd { return m.view().setFilter(m, text) }}, m.view().filtered())
}

// startsWith keeps the lines that go on from text.
func startsWith(text string, all []string) []string {
	var out []string
	for _, s := range all {
		if strings.HasPrefix(strings.ToLower(s), strings.ToLower(text)) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
