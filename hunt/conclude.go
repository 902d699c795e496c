package hunt

import (
	"context"
	"fmt"
)

// Conclusion is the answer that the findings of a run lead to.
type Conclusion struct {
	Incidents  []*Incident
	Loose      []Finding // findings outside all incidents
	Verdicts   []Verdict
	Suppressed int // findings that a label calls benign
	Coverage   []Coverage
	Facts      Facts
}

// Conclude turns a run's findings into incidents and verdicts. The labels shape
// the findings' status, and so what takes part.
func Conclude(ctx context.Context, engine Engine, r *Report, labels []Label) (*Conclusion, error) {
	known, err := engine.Coverage(ctx)
	if err != nil {
		return nil, fmt.Errorf("read coverage: %w", err)
	}
	facts, err := ReadFacts(ctx, engine, r.Now, r.Findings)
	if err != nil {
		return nil, err
	}
	c := &Conclusion{Coverage: known, Facts: facts, Suppressed: ApplyLabels(r.Findings, labels)}
	c.Incidents, c.Loose = Incidents(r.Findings, facts)
	c.Verdicts = Verdicts(c.Incidents, c.Loose, facts, known)
	for _, i := range c.Incidents {
		i.Response = Respond(i, facts)
	}
	r.Conclusion = c
	return c, nil
}

// Count returns how many identities got judgement j.
func (c *Conclusion) Count(j Judgement) (n int) {
	for _, v := range c.Verdicts {
		if v.Verdict == j {
			n++
		}
	}
	return n
}

// Incident returns the incident whose id starts with id, or the one of that
// number, counted from 1.
func (c *Conclusion) Incident(id string) (*Incident, error) {
	var found *Incident
	for n, i := range c.Incidents {
		if fmt.Sprint(n+1) == id || i.ID == id {
			return i, nil
		}
		if len(id) > 3 && len(i.ID) > len(id) && i.ID[:len(id)] == id {
			if found != nil {
				return nil, fmt.Errorf("%q is the start of several incidents", id)
			}
			found = i
		}
	}
	if found == nil {
		return nil, fmt.Errorf("no incident %q", id)
	}
	return found, nil
}
