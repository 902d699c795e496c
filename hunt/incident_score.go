package hunt

import (
	"cmp"
	"fmt"
	"slices"
	"time"
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
// a chain after the first. It stops at 100.
func score(findings []*Finding, stages []Stage, chain *Chain) (int, []ScoreLine) {
	lines := findingLines(findings)
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

// Chain is a known way of working whose steps were seen in its order.
type Chain struct {
	Name    string      `json:"name"`
	Steps   []ChainStep `json:"steps"`
	Missing []string    `json:"missing"` // steps of the way that were not seen
}

// ChainStep is one step that was seen.
type ChainStep struct {
	Name    string    `json:"name"`
	At      time.Time `json:"at"`
	Finding string    `json:"finding"`
}

type way struct {
	name  string
	steps []wayStep
}

type wayStep struct {
	name       string
	techniques []string
	entity     EntityType // a kind of entity that must be there, or none
}

// ways are the orders in which attackers work, after the public reports on
// Golden SAML, application consent and business mail compromise.
var ways = []way{
	{"Application takes mail", []wayStep{
		{"permission granted", []string{"T1528", "T1098.003"}, ""},
		{"credential added", []string{"T1098.001"}, ""},
		{"application signed in", []string{"T1078.004"}, App},
		{"mail read by the application", []string{"T1114.002"}, App},
	}},
	{"Password attack on mailboxes", []wayStep{
		{"passwords tried", []string{"T1110"}, ""},
		{"signed in", []string{"T1078.004"}, Account},
		{"inbox rule or forwarding", []string{"T1564.008", "T1114.003", "T1137.005"}, ""},
		{"mail read", []string{"T1114.002"}, ""},
		{"mail sent", []string{"T1534"}, ""},
	}},
	{"Forged federation tokens", []wayStep{
		{"signing key or configuration read", []string{"T1552.004", "T1003.006"}, ""},
		{"trust changed or token forged", []string{"T1484.002", "T1606.002"}, ""},
		{"application changed", []string{"T1098.001", "T1098.003", "T1528"}, ""},
		{"mail read", []string{"T1114.002"}, ""},
	}},
	{"Stolen session", []wayStep{
		{"token or session stolen", []string{"T1539", "T1557", "T1528", "T1550.004"}, Account},
		{"inbox rule or forwarding", []string{"T1564.008", "T1114.003", "T1137.005"}, ""},
		{"mail read", []string{"T1114.002"}, ""},
	}},
	{"Backdoor in a federated domain", []wayStep{
		{"domain's trust changed", []string{"T1484.002"}, ""},
		{"signed in through it", []string{"T1606.002", "T1078.004"}, Account},
		{"mailbox opened to others", []string{"T1098.002"}, ""},
		{"mail read", []string{"T1114.002"}, ""},
	}},
	{"Administrator's rights abused", []wayStep{
		{"role granted", []string{"T1098.003"}, ""},
		{"defences weakened", []string{"T1562", "T1556"}, ""},
		{"mailbox opened or forwarded", []string{"T1098.002", "T1114.003", "T1564.008"}, ""},
	}},
}

// recognise finds the way of which most steps were seen in order, each in its
// own finding; of two equals the one listed first.
func recognise(findings []*Finding) *Chain {
	var best *Chain
	for _, w := range ways {
		if c := w.follow(findings); c != nil && (best == nil || len(c.Steps) > len(best.Steps)) {
			best = c
		}
	}
	return best
}

// follow returns the longest run of the way's steps in time order; steps may be
// missing between them. A chain has at least two.
func (w way) follow(findings []*Finding) *Chain {
	var best []ChainStep
	for first := range w.steps {
		var run []ChainStep
		var last time.Time
		used := map[string]bool{}
		for _, s := range w.steps[first:] {
			for _, f := range findings {
				if f.Start.IsZero() || used[f.ID] || !s.seen(f) || last.After(latest(f)) {
					continue
				}
				used[f.ID] = true
				last = f.Start
				run = append(run, ChainStep{s.name, f.Start, f.ID})
				break
			}
		}
		if len(run) > len(best) {
			best = run
		}
	}
	if len(best) < 2 {
		return nil
	}
	c := &Chain{Name: w.name, Steps: best, Missing: []string{}}
	for _, s := range w.steps {
		if !slices.ContainsFunc(best, func(b ChainStep) bool { return b.Name == s.name }) {
			c.Missing = append(c.Missing, s.name)
		}
	}
	return c
}

// latest is when a finding still went on; a step may go on beside the next one.
func latest(f *Finding) time.Time {
	if f.End.After(f.Start) {
		return f.End
	}
	return f.Start
}

func (s wayStep) seen(f *Finding) bool {
	if !hasTechnique(f, s.techniques...) {
		return false
	}
	return s.entity == "" || slices.ContainsFunc(f.Entities, func(e Entity) bool { return class(e.Type) == s.entity && e.Role != Tried })
}
