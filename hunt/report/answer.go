package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// shownVerdicts is how many verdicts of one kind the table lists.
const shownVerdicts = 40

// answer ends the table of findings: the incidents, and the verdict on every
// identity that is not clean.
func answer(b *bufio.Writer, c *hunt.Conclusion) {
	fmt.Fprintf(b, "INCIDENTS (%d)\n\n", len(c.Incidents))
	for n, i := range c.Incidents {
		fmt.Fprintf(b, "  %d. %s  score %d, %s  %s\n", n+1, i.ID, i.Score, i.Severity, plain(i.Title))
		line(b, "when", period(i.Start, i.End))
		line(b, "stages", tactics(i.Stages))
		line(b, "chain", chainText(i.Chain))
		line(b, "findings", fmt.Sprintf("%d; %d identities, %d mailboxes", len(i.Evidence), i.Blast.Identities, i.Blast.Mailboxes))
		b.WriteByte('\n')
	}
	b.WriteString("VERDICTS\n\n")
	for _, j := range hunt.Judgements() {
		fmt.Fprintf(b, "  %-12s %d\n", j, c.Count(j))
	}
	b.WriteByte('\n')
	shown := map[hunt.Judgement]int{}
	for _, v := range c.Verdicts {
		if v.Verdict != hunt.Compromised && v.Verdict != hunt.Suspicious {
			continue
		}
		if shown[v.Verdict]++; shown[v.Verdict] > shownVerdicts {
			continue
		}
		writeVerdict(b, v)
	}
	for _, j := range hunt.Judgements() {
		if more := shown[j] - shownVerdicts; more > 0 {
			fmt.Fprintf(b, "  and %d more that are %s; --format json lists all\n\n", more, j)
		}
	}
	for _, text := range missing(c) {
		line(b, "missing", text)
	}
	if c.Suppressed > 0 {
		fmt.Fprintf(b, "\n%d findings are labelled benign and take no part.\n", c.Suppressed)
	}
}

func writeVerdict(b *bufio.Writer, v hunt.Verdict) {
	fmt.Fprintf(b, "  %s  %s %s  score %d\n", strings.ToUpper(string(v.Verdict)), v.Identity.Type, plain(v.Identity.ID), v.Score)
	for _, r := range v.Reasons {
		line(b, "because", r)
	}
	for n, s := range v.Chain {
		if n == 4 {
			line(b, "", fmt.Sprintf("and %d more events", len(v.Chain)-n))
			break
		}
		line(b, "event", strings.TrimSpace(moment(s.At)+" "+s.Why))
	}
	if len(v.Refute) > 0 {
		line(b, "unless", v.Refute[0])
	}
	line(b, "incidents", strings.Join(v.Incidents, ", "))
	line(b, "coverage", coverageText(v.Coverage))
	b.WriteByte('\n')
}

// missing lists what keeps verdicts from being told, each once.
func missing(c *hunt.Conclusion) []string {
	var out []string
	seen := map[string]bool{}
	for _, v := range c.Verdicts {
		for _, m := range v.Missing {
			if !seen[m] {
				seen[m] = true
				out = append(out, m)
			}
		}
	}
	return out
}

func line(b *bufio.Writer, label, text string) {
	if text != "" {
		fmt.Fprintf(b, "    %-9s %s\n", label, plain(text))
	}
}

// plain is Safe, and keeps a hostile ten megabytes off the terminal.
func plain(s string) string {
	const most = 2000
	if len(s) > most {
		s = s[:most] + "…"
	}
	return Safe(s)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func tactics(stages []hunt.Stage) string {
	var out []string
	for _, s := range stages {
		out = append(out, s.Tactic)
	}
	return strings.Join(out, " > ")
}

func chainText(c *hunt.Chain) string {
	if c == nil {
		return ""
	}
	var steps []string
	for _, s := range c.Steps {
		steps = append(steps, s.Name)
	}
	text := c.Name + ": " + strings.Join(steps, " > ")
	if len(c.Missing) > 0 {
		text += " (not seen: " + strings.Join(c.Missing, ", ") + ")"
	}
	return text
}

// Story tells one incident in time order for people.
func Story(w io.Writer, i *hunt.Incident, explain bool) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s  %s\n\n", i.ID, plain(i.Title))
	line(b, "score", fmt.Sprintf("%d of 100, %s", i.Score, i.Severity))
	line(b, "tenant", i.Tenant)
	line(b, "when", period(i.Start, i.End))
	if i.Zero != nil {
		line(b, "first", "account "+i.Zero.ID)
	}
	line(b, "chain", chainText(i.Chain))
	line(b, "reached", fmt.Sprintf("%d identities, %d mailboxes, %d messages, %d files", i.Blast.Identities, i.Blast.Mailboxes, i.Blast.Messages, i.Blast.Files))
	b.WriteString("\nWHAT HAPPENED\n\n")
	for _, f := range i.Findings() {
		fmt.Fprintf(b, "  %s  %s\n", orText(moment(f.Start), "(no time)"), plain(f.Why))
		line(b, "stage", strings.Join(f.Tactics, ", "))
		line(b, "finding", f.ID+"  "+f.Rule+"  "+f.Severity.String()+"/"+f.Confidence)
		line(b, "records", recordList(i.RecordsOf(f.ID)))
		line(b, "unless", f.Refute)
		b.WriteByte('\n')
	}
	writeExposure(b, i.Exposure)
	if explain {
		writeArithmetic(b, i)
	}
	b.WriteString("WHAT TO DO\n\n")
	for _, s := range i.Response {
		fmt.Fprintf(b, "  %2d. %s\n", s.Order, plain(strings.TrimSpace(s.Do+"  "+s.Target)))
		line(b, "", s.Why)
	}
	return b.Flush()
}

func orText(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func writeArithmetic(b *bufio.Writer, i *hunt.Incident) {
	b.WriteString("THE SCORE\n\n")
	for _, l := range i.Explain {
		fmt.Fprintf(b, "  %8.2f  %s\n", l.Points, plain(l.Because))
	}
	fmt.Fprintf(b, "  %8d  in all\n\nWHY THESE BELONG TOGETHER\n\n", i.Score)
	for _, l := range i.Links {
		var shared []string
		for _, e := range l.Shared {
			shared = append(shared, string(e.Type)+" "+e.ID)
		}
		fmt.Fprintf(b, "  %s - %s  %.2f  %s\n", l.From, l.To, l.Strength, plain(strings.Join(shared, ", ")))
	}
	b.WriteByte('\n')
}

// Script writes the containment steps as PowerShell.
func Script(w io.Writer, i *hunt.Incident) error {
	_, err := io.WriteString(w, hunt.Script(i))
	return err
}
