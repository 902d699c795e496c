package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// Document is everything that a written report is made of.
type Document struct {
	Report   *hunt.Report
	Case     string
	Tool     string
	Tenants  []string
	Evidence []EvidenceFile
}

// EvidenceFile is one file of evidence with its hash.
type EvidenceFile struct {
	File    string    `json:"file"`
	SHA256  string    `json:"sha256"`
	Records int64     `json:"records"`
	Format  string    `json:"format"`
	Source  string    `json:"source"`
	First   time.Time `json:"first,omitzero"`
	Last    time.Time `json:"last,omitzero"`
}

// DocumentJSON writes the report as one JSON document.
func DocumentJSON(w io.Writer, d Document) error {
	out := struct {
		jsonReport
		Case     string          `json:"case"`
		Tool     string          `json:"tool"`
		Tenants  []string        `json:"tenants"`
		Coverage []hunt.Coverage `json:"coverage"`
		Evidence []EvidenceFile  `json:"evidence"`
	}{makeJSON(d.Report), d.Case, d.Tool, d.Tenants, d.Report.Conclusion.Coverage, d.Evidence}
	e := newEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// Markdown writes the report for a wiki or a ticket.
func Markdown(w io.Writer, d Document) error {
	b := bufio.NewWriter(w)
	c := d.Report.Conclusion
	fmt.Fprintf(b, "# %s: are mailboxes compromised?\n\nAs of %s. Tenants: %s.\n\n", mark(d.Case), moment(d.Report.Now), mark(strings.Join(d.Tenants, ", ")))
	b.WriteString("## Verdicts\n\n| verdict | identities |\n|---|---|\n")
	for _, j := range hunt.Judgements() {
		fmt.Fprintf(b, "| %s | %d |\n", j, c.Count(j))
	}
	b.WriteString("\n| verdict | identity | score | reasons |\n|---|---|---|---|\n")
	for _, v := range c.Verdicts {
		if v.Verdict == hunt.Compromised || v.Verdict == hunt.Suspicious {
			fmt.Fprintf(b, "| %s | %s %s | %d | %s |\n", v.Verdict, v.Identity.Type, mark(v.Identity.ID), v.Score, mark(strings.Join(v.Reasons, "; ")))
		}
	}
	for n, i := range c.Incidents {
		fmt.Fprintf(b, "\n## Incident %d: %s\n\n%s, score %d, %s, %s.\n\n", n+1, mark(i.Title), i.ID, i.Score, i.Severity, period(i.Start, i.End))
		if i.Chain != nil {
			fmt.Fprintf(b, "Chain: %s.\n\n", mark(chainText(i.Chain)))
		}
		for _, f := range i.Findings() {
			fmt.Fprintf(b, "- %s %s (%s, %d records)\n", moment(f.Start), mark(f.Why), f.ID, len(i.RecordsOf(f.ID)))
		}
		if e := i.Exposure; e != nil {
			fmt.Fprintf(b, "\nMail: %d messages read, %d whole folders, %d sent, in %d mailboxes.\n", len(e.Messages), len(e.Folders), len(e.Sent), len(e.Mailboxes))
			for _, u := range grouped(e.Unknown) {
				fmt.Fprintf(b, "- unknown exposure: %s %s\n", mark(u.Mailbox), mark(u.Reason))
			}
		}
		b.WriteString("\n")
		for _, s := range i.Response {
			fmt.Fprintf(b, "%d. %s %s\n", s.Order, s.Do, mark(s.Target))
		}
	}
	b.WriteString("\n## What the logs do not tell\n\n")
	for _, m := range missing(c) {
		fmt.Fprintf(b, "- %s\n", mark(m))
	}
	b.WriteString("\n## Evidence\n\n| file | sha256 | records |\n|---|---|---|\n")
	for _, e := range d.Evidence {
		fmt.Fprintf(b, "| %s | %s | %d |\n", mark(e.File), e.SHA256, e.Records)
	}
	return b.Flush()
}

// mark makes text from a record plain in Markdown: nothing of it is markup.
func mark(s string) string {
	s = plain(s)
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_{}[]()#+!|~$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
