package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/hunt365/hunt365/hunt"
)

//go:embed report.html
var pageText string

//go:embed report.css
var pageStyle string

// widestText is how much of one text the page shows; the JSON has all of it.
const widestText = 600

// HTML writes the report as one page that loads nothing and runs no script. All
// texts pass through html/template, and first through [Safe], so that neither
// markup nor direction marks of a record have an effect.
func HTML(w io.Writer, d Document) error {
	page, err := template.New("report").Funcs(template.FuncMap{
		"safe": shorten, "moment": moment, "period": period,
		"timeline": timelinePicture, "graph": graphPicture, "missing": func() []string { return missing(d.Report.Conclusion) },
		"inc": func(n int) int { return n + 1 }, "join": func(s []string) string { return shorten(strings.Join(s, ", ")) },
		"records": func(s []string) string { return shorten(recordList(s)) }, "count": d.Report.Conclusion.Count, "judgements": hunt.Judgements,
		"told": told, "grouped": grouped, "first": firstSteps, "plural": plural, "few": few,
		"style": func() template.CSS { return template.CSS(pageStyle) }, //nolint:gosec // our own file
	}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("parse page: %w", err) // cannot happen: a test parses it
	}
	return page.Execute(w, d)
}

func shorten(v any) string {
	s := fmt.Sprint(v)
	if len(s) > widestText {
		s = s[:widestText] + "…"
	}
	return Safe(s)
}

// told are the verdicts that say something.
func told(list []hunt.Verdict) []hunt.Verdict {
	var out []hunt.Verdict
	for _, v := range list {
		if v.Verdict == hunt.Compromised || v.Verdict == hunt.Suspicious {
			out = append(out, v)
		}
	}
	return out
}

// shownSteps is how many events of one identity's chain the page lists.
const shownSteps = 12

func firstSteps(steps []hunt.VerdictStep) []hunt.VerdictStep {
	return steps[:min(len(steps), shownSteps)]
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// few joins the first sentences of a list.
func few(list []string) string {
	return shorten(strings.Join(list[:min(len(list), 3)], " "))
}
