package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// hostile are texts that an attacker may write into a name, a subject or a rule.
var hostile = map[string]string{
	"script":  `</title></style><script>alert(1)</script><img src=x onerror=alert(1)>`,
	"svg":     `"/><svg onload=alert(1)>`,
	"ansi":    "\x1b[2J\x1b]0;owned\x07red",
	"formula": `=cmd|' /C calc'!A0`,
	"rtl":     "invoice\u202efdp.exe",
	"lines":   "a\r\nb\u2028c",
	"broken":  "\xff\xfe",
	"huge":    strings.Repeat("A", 10<<20),
}

func hostileDocument(s string) Document {
	at := time.Date(2026, 10, 3, 8, 0, 0, 0, time.UTC)
	findings := []hunt.Finding{}
	for n, rule := range []string{"one", "two"} {
		findings = append(findings, hunt.Finding{
			Schema: hunt.FindingSchema, ID: "f-000000000000000" + rule, Rule: rule, Name: s, Severity: hunt.High, Confidence: "high", Tactics: []string{"Collection", s}, Techniques: []string{"T1114.003", s},
			Start: at.Add(time.Duration(n) * time.Hour), End: at.Add(time.Duration(n) * time.Hour), Records: []string{s}, Why: s, Refute: s, Status: "new",
			Entities: []hunt.Entity{{Type: hunt.Account, ID: s + "@x.example"}, {Type: hunt.Mailbox, ID: s + "@x.example"}, {Type: hunt.App, ID: s}, {Type: hunt.IP, ID: "203.0.113.7"}},
			Data:     hunt.Data{}, Coverage: hunt.Answer{State: hunt.Complete, Gaps: []hunt.Coverage{}},
		})
	}
	facts := hunt.Facts{Only: "t"}
	c := &hunt.Conclusion{Coverage: []hunt.Coverage{{Table: s, State: hunt.Failed, Reason: s, Fix: s}}, Facts: facts}
	c.Incidents, c.Loose = hunt.Incidents(findings, facts)
	c.Verdicts = hunt.Verdicts(c.Incidents, c.Loose, facts, c.Coverage)
	for _, i := range c.Incidents {
		i.Response = hunt.Respond(i, facts)
		i.Exposure = hostileExposure(s)
	}
	return Document{Report: &hunt.Report{Now: at, Findings: findings, Conclusion: c}, Case: s, Tool: "hunt365", Tenants: []string{s}, Evidence: []EvidenceFile{{File: s, SHA256: "00"}}}
}

func hostileExposure(s string) *hunt.Exposure {
	return &hunt.Exposure{
		Schema: hunt.ExposureSchema, Messages: []hunt.Message365{{ID: s, Mailbox: s, Subject: s, Folder: s, Records: []string{s}}},
		Folders: []hunt.WholeFolder{{Mailbox: s, Folder: s}}, Searches: []hunt.Search{{Actor: s, Query: s}}, Unknown: []hunt.Unknown{{Mailbox: s, Reason: s, Fix: s}},
		Totals: []hunt.Total{{Mailbox: s, Actor: s, App: s, IP: s}}, Mailboxes: []string{s},
	}
}

// TestHostile checks that such texts do nothing in a terminal, a page, a table
// for spreadsheets, Markdown or a script.
func TestHostile(t *testing.T) {
	for name, s := range hostile {
		t.Run(name, func(t *testing.T) {
			d := hostileDocument(s)
			if len(d.Report.Conclusion.Incidents) != 1 {
				t.Fatalf("%d incidents, want 1", len(d.Report.Conclusion.Incidents))
			}
			var page, terminal, markdown, script bytes.Buffer
			i := d.Report.Conclusion.Incidents[0]
			for _, err := range []error{HTML(&page, d), Table(&terminal, d.Report), Story(&terminal, i, true), ExposureTable(&terminal, i.Exposure), Markdown(&markdown, d), Script(&script, i)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, tag := range []string{"<script", "<img", "<svg onload", "onerror=alert(1)>", "\x1b", "\u202e", "\xff"} {
				if strings.Contains(page.String(), tag) {
					t.Errorf("the page holds %q", tag)
				}
			}
			for _, r := range terminal.String() {
				if r < ' ' && r != '\n' || r == '\u202e' || r == '\u2028' {
					t.Fatalf("the terminal gets %q", r)
				}
			}
			if strings.Contains(markdown.String(), "<script") || strings.Contains(script.String(), "\x1b") || strings.Contains(script.String(), "\u202e") {
				t.Error("markup or control characters in Markdown or script")
			}
			if page.Len() > 1<<20 || terminal.Len() > 1<<20 {
				t.Errorf("page of %d bytes, terminal of %d", page.Len(), terminal.Len())
			}
			checkCSV(t, i.Exposure, s)
		})
	}
}

func checkCSV(t *testing.T, e *hunt.Exposure, s string) {
	t.Helper()
	var exposure, timeline bytes.Buffer
	if err := ExposureCSV(&exposure, e); err != nil {
		t.Fatal(err)
	}
	if err := TimelineCSV(&timeline, []hunt.Event{{Message: s, Actor: s, Findings: []string{}, Tags: []string{}}}); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*bytes.Buffer{&exposure, &timeline} {
		rows, err := csv.NewReader(b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Errorf("a cell starts with %q", cell[:1])
				}
			}
		}
	}
}
