package hunt

import (
	"cmp"
	"fmt"
	"slices"
)

// incidentBar is the score that makes linked findings an incident: what one
// finding of high severity and medium confidence is worth.
const incidentBar = 30

// ScoreLine is one term of a score, so that its arithmetic can be printed.
type ScoreLine struct {
	Points  float64 `json:"points"`
	Because string  `json:"because"`
}

var (
	severityPoints   = map[Severity]float64{Low: 6, Medium: 20, High: 40, Critical: 60}
	confidenceFactor = map[string]float64{"high": 1, "medium": 0.75, "low": 0.4}
)

// blindPoints is what the finding of mail being read would be worth, had it been
// recorded: medium severity, medium confidence. It counts where several people
// let the same application in soon after each other, which is how consent
// phishing looks and a program that one person likes does not.
const (
	blindPoints = 15
	blindWindow = 2 * day
)

// blindGrant counts the people who let an application into mailboxes whose
// reading is not recorded, if they are several within a short time.
func (f Facts) blindGrant(group []*node) (people int) {
	for _, n := range group {
		if !hasTechnique(n.finding, "T1528") || !hasTechnique(n.finding, "T1114") || n.finding.End.Sub(n.finding.Start) > blindWindow {
			continue
		}
		silent := 0
		for _, k := range n.keys {
			if k.entity.Type == Account && k.entity.Role == Acted && f.silent(k.entity.ID, n.tenant) {
				silent++
			}
		}
		if silent > 1 {
			people = max(people, silent)
		}
	}
	return people
}

// points is what a finding is worth alone.
func points(f *Finding) float64 {
	factor, ok := confidenceFactor[f.Confidence]
	if !ok {
		factor = confidenceFactor["medium"]
	}
	return severityPoints[f.Severity] * factor
}

// score adds up: the best finding of each rule, the best whole and each further
// one half of the one before; five for each further tactic; ten for each link of
// a chain after the first; and what a blind grant hides. It stops at 100.
func score(findings []*Finding, stages []Stage, chain *Chain, blind int) (int, []ScoreLine) {
	lines := findingLines(findings)
	if blind > 0 {
		lines = append(lines, ScoreLine{blindPoints, fmt.Sprintf("%d people let an application into their mail within %d days, and no record tells what was read there: the next step cannot be ruled out", blind, int(blindWindow/day))})
	}
	if n := len(stages); n > 1 {
		lines = append(lines, ScoreLine{float64(5 * (n - 1)), fmt.Sprintf("%d tactics, 5 for each after the first", n)})
	}
	if chain != nil {
		lines = append(lines, ScoreLine{float64(10 * (len(chain.Steps) - 1)), fmt.Sprintf("%d steps of the chain %q in the attackers' order, 10 for each after the first", len(chain.Steps), chain.Name)})
	}
	sum := 0.0
	for _, l := range lines {
		sum += l.Points
	}
	if sum > 100 {
		lines = append(lines, ScoreLine{100 - sum, "a score ends at 100"})
		sum = 100
	}
	return int(sum + 0.5), lines
}

func findingLines(findings []*Finding) []ScoreLine {
	best := map[string]*Finding{}
	for _, f := range findings {
		if b := best[f.Rule]; b == nil || points(f) > points(b) {
			best[f.Rule] = f
		}
	}
	list := make([]*Finding, 0, len(best))
	for _, rule := range sortedKeys(best) {
		list = append(list, best[rule])
	}
	slices.SortStableFunc(list, func(a, b *Finding) int { return cmp.Compare(points(b), points(a)) })
	var lines []ScoreLine
	share := 1.0
	for _, f := range list {
		p := points(f) * share
		if p < 0.5 {
			break
		}
		because := fmt.Sprintf("%s: %s severity, %s confidence", f.Rule, f.Severity, f.Confidence)
		if share < 1 {
			because += fmt.Sprintf(", counted %g of %g", share, points(f))
		}
		lines = append(lines, ScoreLine{float64(int(p*100+0.5)) / 100, because})
		share /= 2
	}
	return lines
}

// tacticOrder is ATT&CK's.
var tacticOrder = []string{
	"Reconnaissance", "ResourceDevelopment", "InitialAccess", "Execution", "Persistence", "PrivilegeEscalation",
	"DefenseEvasion", "CredentialAccess", "Discovery", "LateralMovement", "Collection", "CommandAndControl", "Exfiltration", "Impact",
}

// stages sorts findings under their first tactic, in the order in which the
// tactics first appear.
func stages(findings []*Finding) []Stage {
	byTactic := map[string]*Stage{}
	for _, f := range findings {
		if len(f.Tactics) == 0 {
			continue
		}
		name := f.Tactics[0]
		s := byTactic[name]
		if s == nil {
			s = &Stage{Tactic: name, Start: f.Start}
			byTactic[name] = s
		}
		if s.Start.IsZero() || !f.Start.IsZero() && f.Start.Before(s.Start) {
			s.Start = f.Start
		}
		if f.End.After(s.End) {
			s.End = f.End
		}
		s.Findings = append(s.Findings, f.ID)
	}
	out := make([]Stage, 0, len(byTactic))
	for _, name := range sortedKeys(byTactic) {
		out = append(out, *byTactic[name])
	}
	slices.SortStableFunc(out, func(a, b Stage) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(slices.Index(tacticOrder, a.Tactic), slices.Index(tacticOrder, b.Tactic)))
	})
	return out
}
