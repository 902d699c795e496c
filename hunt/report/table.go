package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

const shownRecords = 3

// Table writes findings for people: grouped by severity, worst first, each with
// who, when, from where, the records and the coverage.
func Table(w io.Writer, r *hunt.Report) error {
	b := bufio.NewWriter(w)
	for i, f := range r.Findings {
		if i == 0 || f.Severity != r.Findings[i-1].Severity {
			fmt.Fprintf(b, "%s (%d)\n\n", strings.ToUpper(f.Severity.String()), countSeverity(r.Findings, f.Severity))
		}
		writeFinding(b, f)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintln(b, "No findings.")
	}
	if r.Conclusion != nil {
		answer(b, r.Conclusion)
	}
	return b.Flush()
}

func countSeverity(findings []hunt.Finding, s hunt.Severity) (n int) {
	for _, f := range findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

func writeFinding(b *bufio.Writer, f hunt.Finding) {
	title := f.Name
	if len(f.Techniques) > 0 {
		title += "  [" + strings.Join(f.Techniques, " ") + "]"
	}
	fmt.Fprintf(b, "  %s\n", plain(title))
	lines := []struct{ label, text string }{
		{"what", f.Why},
		{"who", entityList(f, func(t hunt.EntityType) bool { return t != hunt.IP })},
		{"when", period(f.Start, f.End)},
		{"from", entityList(f, func(t hunt.EntityType) bool { return t == hunt.IP })},
		{"records", recordList(f.Records)},
		{"coverage", coverageText(f.Coverage)},
		{"unless", f.Refute},
		{"finding", f.ID + "  " + f.Rule},
	}
	for _, l := range lines {
		if l.text != "" {
			fmt.Fprintf(b, "    %-9s %s\n", l.label, plain(l.text))
		}
	}
	b.WriteByte('\n')
}

func entityList(f hunt.Finding, want func(hunt.EntityType) bool) string {
	var out []string
	for _, e := range f.Entities {
		switch {
		case !want(e.Type):
		case e.Type == hunt.IP:
			out = append(out, e.ID)
		default:
			out = append(out, string(e.Type)+" "+e.ID)
		}
	}
	return strings.Join(out, ", ")
}

func period(start, end time.Time) string {
	const layout = "2006-01-02 15:04:05Z"
	switch {
	case start.IsZero():
		return ""
	case end.IsZero() || start.Equal(end):
		return start.Format(layout)
	}
	return start.Format(layout) + " to " + end.Format(layout)
}

func recordList(records []string) string {
	if len(records) == 0 {
		return ""
	}
	shown := records[:min(len(records), shownRecords)]
	text := fmt.Sprintf("%d: %s", len(records), strings.Join(shown, ", "))
	if more := len(records) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func coverageText(a hunt.Answer) string {
	var gaps []string
	for _, g := range a.Gaps {
		gaps = append(gaps, g.Table+" "+string(g.State))
	}
	if len(gaps) == 0 {
		return string(a.State)
	}
	return string(a.State) + ": " + strings.Join(gaps, ", ")
}
