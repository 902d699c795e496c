package hunt

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// The statuses of a finding.
const (
	StatusNew       = "new"
	StatusBenign    = "benign"
	StatusConfirmed = "confirmed"
)

// Label is what a person decided about a finding or an incident.
type Label struct {
	ID       string    `json:"id"`      // f-… or i-…
	Verdict  string    `json:"verdict"` // benign, confirmed, or new: the label is taken back
	Why      string    `json:"why"`
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at"`
	Findings []string  `json:"findings"` // the findings that it speaks of
}

// ReadLabels reads labels, one a line.
func ReadLabels(r io.Reader) ([]Label, error) {
	var out []Label
	s := bufio.NewScanner(r)
	s.Buffer(nil, 16<<20)
	for n := 1; s.Scan(); n++ {
		if len(s.Bytes()) == 0 {
			continue
		}
		var l Label
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("read labels: line %d: %w", n, err)
		}
		out = append(out, l)
	}
	return out, s.Err()
}

// ApplyLabels sets the findings' status; the last label of a finding counts, and
// one that was taken back makes it new again. It returns how many are benign:
// they are suppressed, not forgotten.
func ApplyLabels(findings []Finding, labels []Label) (benign int) {
	status := map[string]string{}
	for _, l := range labels {
		for _, id := range append(l.Findings, l.ID) {
			status[id] = l.Verdict
		}
	}
	for i := range findings {
		if s := status[findings[i].ID]; s != "" {
			findings[i].Status = s
		}
		if findings[i].Status == StatusBenign {
			benign++
		}
	}
	return benign
}
