package tui

import (
	"fmt"
	"slices"
	"strings"
)

// action is what a key does.
type action int

// The actions; what one does is up to the view.
const (
	none action = iota
	up
	down
	top
	bottom
	pageUp
	pageDown
	left
	right
	nextPane
	prevPane
	open
	back
	filter
	palette
	prompt
	help
	copyCell
	copyRecord
	export
	frequency
	pivot
	sortColumn
	histogram
	prevDay
	nextDay
	prevHour
	nextHour
	nextFinding
	prevFinding
	refresh
	group
	labelBenign
	labelConfirmed
	goHome
	goFindings
	goExplore
	goStart
	quit
	forceQuit
)

// The sections of the key table, one for each kind of view.
const (
	sectionStart    = "start"
	sectionHome     = "home"
	sectionVerdict  = "verdict"
	sectionIncident = "incident"
	sectionFindings = "findings"
	sectionFinding  = "finding"
	sectionRecord   = "record"
	sectionTables   = "tables"
	sectionExplore  = "explore"
	sectionTimeline = "timeline"
	sectionPrompt   = "kql"
	sectionHelp     = "help"
)

// sections lists them in the order of the cheat sheet.
func sections() []string {
	return []string{
		sectionStart, sectionHome, sectionVerdict, sectionIncident, sectionFindings, sectionFinding, sectionRecord,
		sectionTables, sectionExplore, sectionTimeline, sectionPrompt, sectionHelp,
	}
}

// binding is one line of the key table.
type binding struct {
	act  action
	keys []string
	help string
	in   []string // sections; empty: everywhere
}

// bindings is the key table: the keys, the help and the cheat sheet all come
// from it.
func bindings() []binding {
	grid := []string{sectionExplore, sectionPrompt}
	findings := []string{sectionFindings, sectionFinding}
	marked := []string{sectionIncident, sectionTimeline, sectionVerdict, sectionFindings}
	return []binding{
		{up, []string{"k", "up"}, "row up", nil},
		{down, []string{"j", "down"}, "row down", nil},
		{top, []string{"g", "home"}, "first row", nil},
		{bottom, []string{"G", "end"}, "last row", nil},
		{pageUp, []string{"ctrl+u", "pgup"}, "page up", nil},
		{pageDown, []string{"ctrl+d", "pgdown", "space"}, "page down", nil},
		{left, []string{"h", "left"}, "left: column or scroll", nil},
		{right, []string{"l", "right"}, "right: column or scroll", nil},
		{nextPane, []string{"tab"}, "next pane", nil},
		{prevPane, []string{"shift+tab"}, "pane before", nil},
		{open, []string{"enter"}, "open", nil},
		{back, []string{"esc"}, "back one level", nil},
		{filter, []string{"/"}, "filter (! inverts)", nil},
		{pivot, []string{"p"}, "everything about this value", nil},
		{copyCell, []string{"y"}, "copy the value", nil},
		{copyRecord, []string{"Y"}, "copy the whole row or record", nil},
		{sortColumn, []string{"s"}, "sort by this column", grid},
		{frequency, []string{"F"}, "count the values of this column", grid},
		{histogram, []string{"i"}, "histogram on or off", grid},
		{export, []string{"x"}, "export to a file", grid},
		{prevDay, []string{"["}, "a day back", grid},
		{nextDay, []string{"]"}, "a day on", grid},
		{prevHour, []string{"{"}, "an hour back", grid},
		{nextHour, []string{"}"}, "an hour on", grid},
		{nextFinding, []string{"e"}, "next finding", marked},
		{prevFinding, []string{"E"}, "finding before", marked},
		{group, []string{"o"}, "group by query, entity or day", []string{sectionFindings}},
		{labelBenign, []string{"b"}, "label as benign, with a reason", append(findings, sectionIncident)},
		{labelConfirmed, []string{"c"}, "label as confirmed, with a reason", append(findings, sectionIncident)},
		{goHome, []string{"1"}, "home", nil},
		{goFindings, []string{"2"}, "findings", nil},
		{goExplore, []string{"3"}, "tables", nil},
		{goStart, []string{"4"}, "other case, import, demo", nil},
		{prompt, []string{";"}, "KQL", nil},
		{palette, []string{":"}, "command", nil},
		{refresh, []string{"r"}, "hunt again", nil},
		{help, []string{"?"}, "keys of this view", nil},
		{quit, []string{"q"}, "quit", nil},
		{forceQuit, []string{"ctrl+c"}, "quit at once", nil},
	}
}

// keymap finds actions by section and key.
type keymap map[string]map[string]action

// newKeymap indexes the table. A key that is bound twice in one section is an
// error, which a test makes sure never happens.
func newKeymap(table []binding) (keymap, error) {
	m := keymap{}
	var twice []string
	for _, s := range sections() {
		m[s] = map[string]action{}
		for _, b := range table {
			if len(b.in) > 0 && !slices.Contains(b.in, s) {
				continue
			}
			for _, k := range b.keys {
				if _, bound := m[s][k]; bound {
					twice = append(twice, s+": "+k)
				}
				m[s][k] = b.act
			}
		}
	}
	if len(twice) > 0 {
		return m, fmt.Errorf("bound twice: %s", strings.Join(twice, ", "))
	}
	return m, nil
}

// helpLines lists the keys of a section: those of its own first.
func helpLines(section string) (own, common []binding) {
	for _, b := range bindings() {
		switch {
		case len(b.in) == 0:
			common = append(common, b)
		case slices.Contains(b.in, section):
			own = append(own, b)
		}
	}
	return own, common
}

// CheatSheet is the key table as Markdown, the part of README.md between its
// marks.
func CheatSheet() string {
	var b strings.Builder
	b.WriteString("| key | does | where |\n|---|---|---|\n")
	for _, k := range bindings() {
		where := "everywhere"
		if len(k.in) > 0 {
			where = strings.Join(k.in, ", ")
		}
		keys := make([]string, len(k.keys))
		for i, name := range k.keys {
			keys[i] = "`" + name + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", strings.Join(keys, " "), k.help, where)
	}
	return b.String()
}
