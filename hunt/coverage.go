package hunt

import (
	"slices"
	"strings"
	"time"
)

// CoverageState tells how well one source is known for a time window.
type CoverageState string

// The states. The first three hold data; the others are gaps.
const (
	Verified     CoverageState = "verified" // fetched, and the counts agree with the source's
	Fetched      CoverageState = "fetched"
	Partial      CoverageState = "partial"
	NotCollected CoverageState = "not-collected"
	NotPermitted CoverageState = "not-permitted"
	NotLicensed  CoverageState = "not-licensed"
	NotLogged    CoverageState = "not-logged"
	Truncated    CoverageState = "truncated"
	Throttled    CoverageState = "throttled"
	Expired      CoverageState = "expired" // past the source's retention
	Failed       CoverageState = "failed"
)

// IsGap reports whether a source in state s cannot answer for its window.
func (s CoverageState) IsGap() bool { return s != Verified && s != Fetched }

// Coverage is what is known about one source of one table over one window.
type Coverage struct {
	Table   string        `json:"table"`
	Source  string        `json:"source,omitempty"`
	State   CoverageState `json:"state"`
	Start   time.Time     `json:"start,omitzero"`
	End     time.Time     `json:"end,omitzero"`
	Records int64         `json:"records,omitempty"`
	Reason  string        `json:"reason,omitempty"` // one sentence: why it is a gap
	Fix     string        `json:"fix,omitempty"`    // how to close the gap
}

// Answer is the coverage that one query's answer rests on.
type Answer struct {
	State AnswerState `json:"state"`
	Gaps  []Coverage  `json:"gaps"`
}

// AnswerState sums up the coverage of a query's tables.
type AnswerState string

// Complete: every table has data and no gap. Incomplete: some do not. None: no
// table has any data, so that silence says nothing.
const (
	Complete   AnswerState = "complete"
	Incomplete AnswerState = "incomplete"
	None       AnswerState = "none"
)

const coverageTable = "Coverage"

// Inherit returns the coverage of a query that reads tables, given everything
// that is known about the case. A table of which nothing is known was not
// collected.
func Inherit(tables []string, known []Coverage) Answer {
	answer := Answer{State: Complete, Gaps: []Coverage{}}
	held := 0
	for _, table := range tables {
		if table == coverageTable { // what is known is always known
			held++
			continue
		}
		data := false
		before := len(answer.Gaps)
		for _, c := range known {
			if c.Table != table {
				continue
			}
			data = data || c.Records > 0 || !c.State.IsGap()
			if c.State.IsGap() {
				answer.Gaps = append(answer.Gaps, c)
			}
		}
		if data {
			held++
		}
		if !data && len(answer.Gaps) == before {
			answer.Gaps = append(answer.Gaps, notCollected(table))
		}
	}
	if len(answer.Gaps) > 0 {
		answer.State = Incomplete
	}
	if held == 0 && len(tables) > 0 {
		answer.State = None
	}
	slices.SortStableFunc(answer.Gaps, func(a, b Coverage) int {
		return strings.Compare(a.Table+"\x00"+a.Source, b.Table+"\x00"+b.Source)
	})
	return answer
}

func notCollected(table string) Coverage {
	return Coverage{
		Table: table, State: NotCollected,
		Reason: "the case holds no " + table + " records",
		Fix:    "import an export that holds them",
	}
}
