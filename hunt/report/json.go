package report

import (
	"bufio"
	"encoding/json"
	"io"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// ReportSchema names the version of the JSON report; fields are only ever added.
const ReportSchema = "hunt365/report/1"

type jsonReport struct {
	Schema   string         `json:"schema"`
	Now      time.Time      `json:"now"`
	Findings []hunt.Finding `json:"findings"`
	Queries  []jsonResult   `json:"queries"`

	Incidents  []*hunt.Incident `json:"incidents,omitempty"`
	Loose      []string         `json:"loose,omitempty"` // findings outside all incidents
	Verdicts   []hunt.Verdict   `json:"verdicts,omitempty"`
	Suppressed int              `json:"suppressed,omitempty"` // findings labelled benign
}

type jsonResult struct {
	ID         string       `json:"id"`
	Outcome    hunt.Outcome `json:"outcome"`
	Error      string       `json:"error,omitempty"`
	Findings   int          `json:"findings"`
	CannotTell bool         `json:"cannotTell"`
	Coverage   hunt.Answer  `json:"coverage"`
}

// JSON writes one document: the findings, and per query how it went and whether
// its silence means anything.
func JSON(w io.Writer, r *hunt.Report) error {
	e := newEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(makeJSON(r))
}

func makeJSON(r *hunt.Report) jsonReport {
	out := jsonReport{Schema: ReportSchema, Now: r.Now.UTC(), Findings: r.Findings, Queries: []jsonResult{}}
	for _, q := range r.Results {
		result := jsonResult{ID: q.Query.ID, Outcome: q.Outcome, Findings: q.Findings, CannotTell: q.CannotTell(), Coverage: q.Coverage}
		if q.Err != nil {
			result.Error = q.Err.Error()
		}
		out.Queries = append(out.Queries, result)
	}
	if c := r.Conclusion; c != nil {
		out.Incidents, out.Verdicts, out.Suppressed = c.Incidents, c.Verdicts, c.Suppressed
		for _, f := range c.Loose {
			out.Loose = append(out.Loose, f.ID)
		}
	}
	return out
}

func newEncoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// JSONL writes one finding a line.
func JSONL(w io.Writer, r *hunt.Report) error {
	b := bufio.NewWriter(w)
	e := newEncoder(b)
	for _, f := range r.Findings {
		if err := e.Encode(f); err != nil {
			return err
		}
	}
	return b.Flush()
}
