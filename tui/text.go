package tui

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/hunt365/hunt365/hunt/report"
)

// longest is how many bytes of one value are ever laid out.
const longest = 4000

// safe makes a text from a record fit for one line of the screen.
func safe(s string) string {
	if len(s) > longest {
		s = s[:longest] + "…"
	}
	return report.Safe(s)
}

// fit cuts or pads a styled line to exactly w cells.
func fit(s string, w int) string {
	n := ansi.StringWidth(s)
	if n > w {
		s = ansi.Truncate(s, w, "…")
		n = ansi.StringWidth(s) // a wide character may leave a cell free
	}
	return s + strings.Repeat(" ", max(w-n, 0))
}

// clip cuts a styled line to at most w cells.
func clip(s string, w int) string {
	if w <= 0 {
		return ""
	}
	if ansi.StringWidth(s) <= w {
		return s
	}
	return ansi.Truncate(s, w, "…")
}

// wrap breaks a plain text into lines of at most w cells.
func wrap(s string, w int) []string {
	if w <= 0 {
		return nil
	}
	return strings.Split(ansi.Wrap(s, w, ""), "\n")
}

// moment is how a time is shown everywhere, as in the reports.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// chips are the short names of ATT&CK's tactics.
var chips = map[string]string{
	"Reconnaissance": "Recon", "ResourceDevelopment": "Resource", "InitialAccess": "Initial", "Execution": "Exec", "Persistence": "Persist",
	"PrivilegeEscalation": "PrivEsc", "DefenseEvasion": "Evasion", "CredentialAccess": "Creds", "Discovery": "Discover",
	"LateralMovement": "Lateral", "Collection": "Collect", "CommandAndControl": "C2", "Exfiltration": "Exfil", "Impact": "Impact",
}

func chip(tactic string) string {
	if c := chips[tactic]; c != "" {
		return c
	}
	return safe(tactic)
}
