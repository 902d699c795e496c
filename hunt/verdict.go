package hunt

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// VerdictSchema names the version of the verdict contract; fields are only ever
// added to it.
const VerdictSchema = "hunt365/verdict/1"

// Judgement is the answer about one identity.
type Judgement string

// The judgements, worst first.
const (
	Compromised Judgement = "compromised"
	Suspicious  Judgement = "suspicious"
	CannotTell  Judgement = "cannot-tell"
	NoSign      Judgement = "no-sign"
)

// Judgements lists the judgements, worst first.
func Judgements() []Judgement { return []Judgement{Compromised, Suspicious, CannotTell, NoSign} }

// Verdict is what the evidence says about one identity.
type Verdict struct {
	Schema    string        `json:"schema"`
	Identity  Identity      `json:"identity"`
	Verdict   Judgement     `json:"verdict"`
	Score     int           `json:"score"`
	Reasons   []string      `json:"reasons"`
	Chain     []VerdictStep `json:"chain"`
	Incidents []string      `json:"incidents"`
	Refute    []string      `json:"refute"`
	Coverage  Answer        `json:"coverage"`
	Missing   []string      `json:"missing"` // what cannot be seen, and how to get it
	Explain   []ScoreLine   `json:"explain"`
}

// VerdictStep is one event that led to a verdict.
type VerdictStep struct {
	At      time.Time `json:"at,omitzero"`
	Finding string    `json:"finding"`
	Rule    string    `json:"rule"`
	Why     string    `json:"why"`
	Role    Role      `json:"role,omitempty"`
}

// The scores from which an identity counts as compromised or suspicious: what
// one finding of high severity and high confidence, or of medium severity and
// low confidence, is worth.
const (
	compromisedBar = 40
	suspiciousBar  = 8
)

// questions says, for each kind of identity, which tables must be held before
// their silence may be called no sign.
var questions = map[EntityType][]struct{ what, table string }{
	Account: {
		{"interactive sign-ins", "SigninLogs"},
		{"sign-ins of clients", "AADNonInteractiveUserSignInLogs"},
		{"directory changes", "AuditLogs"},
		{"mailbox activity", "OfficeActivity"},
	},
	Mailbox: {{"mailbox activity", "OfficeActivity"}, {"sign-ins of the owner", "SigninLogs"}},
	App:     {{"sign-ins of the application", "AADServicePrincipalSignInLogs"}, {"directory changes", "AuditLogs"}, {"mail read by it", "OfficeActivity"}},
	Domain:  {{"directory changes", "AuditLogs"}},
}

func questionsOf(t EntityType) []struct{ what, table string } {
	if t == ServicePrincipal {
		t = App
	}
	return questions[t]
}

// judged are the kinds of identity that get a verdict.
func judged(t EntityType) bool { return len(questionsOf(t)) > 0 }

// judge gathers what is known of one identity.
type judge struct {
	identity  Identity
	acted     []*Finding
	target    []*Finding
	tried     int
	incidents []string
	chain     int // steps of the longest recognised chain that it took part in
}

// Verdicts judges every identity that a finding or the logs name, worst first.
func Verdicts(incidents []*Incident, loose []Finding, facts Facts, known []Coverage) []Verdict {
	judges := map[Identity]*judge{}
	of := func(id Identity) *judge {
		if judges[id] == nil {
			judges[id] = &judge{identity: id}
		}
		return judges[id]
	}
	for _, id := range facts.Roster {
		of(id)
	}
	for _, i := range incidents {
		for n, f := range i.findings {
			for _, e := range i.members(n, facts) {
				of(Identity{e.Type, e.ID, i.Tenant}).hear(f, e.Role, i)
			}
		}
	}
	for n := range loose {
		f := &loose[n]
		for tenant := range facts.split(f.Records) {
			for _, e := range f.Entities {
				if id, ok := identityOf(f, e, facts, tenant); ok {
					of(id).hear(f, e.Role, nil)
				}
			}
		}
	}
	out := make([]Verdict, 0, len(judges))
	for _, j := range judges {
		out = append(out, j.verdict(facts, known))
	}
	slices.SortFunc(out, compareVerdicts)
	takeMail(out, incidents, facts)
	slices.SortFunc(out, compareVerdicts)
	return out
}

func compareVerdicts(a, b Verdict) int {
	return cmp.Or(cmp.Compare(slices.Index(Judgements(), a.Verdict), slices.Index(Judgements(), b.Verdict)),
		cmp.Compare(b.Score, a.Score), compareIdentities(a.Identity, b.Identity))
}

// identityOf names what an entity stands for; a mailbox by its address where
// that is known.
func identityOf(f *Finding, e Entity, facts Facts, tenant string) (Identity, bool) {
	if !judged(e.Type) || e.Type == Account && systemAccount(e.ID) {
		return Identity{}, false
	}
	if e.Type == Domain && !hasTechnique(f, "T1484.002", "T1606.002") { // else it is where mail went
		return Identity{}, false
	}
	id := strings.TrimPrefix(facts.key(e), string(class(e.Type))+":")
	kind := e.Type
	if kind == ServicePrincipal {
		kind = App
	}
	if kind == App && facts.Own[id] {
		return Identity{}, false
	}
	return Identity{kind, id, tenant}, true
}

// members lists the identities of the incident's n-th finding.
func (i *Incident) members(n int, facts Facts) []Entity {
	var out []Entity
	for _, e := range i.findings[n].Entities {
		if !slices.ContainsFunc(i.Entities, func(x Entity) bool { return x.Type == e.Type && x.ID == e.ID }) {
			continue // of another tenant
		}
		if id, ok := identityOf(i.findings[n], e, facts, i.Tenant); ok {
			out = append(out, Entity{id.Type, id.ID, e.Role})
		}
	}
	return out
}

func (j *judge) hear(f *Finding, role Role, i *Incident) {
	switch role {
	case Tried:
		j.tried++
		return
	case Target:
		if !slices.Contains(j.target, f) { // it may name it by several names
			j.target = append(j.target, f)
		}
	default:
		if !slices.Contains(j.acted, f) {
			j.acted = append(j.acted, f)
		}
	}
	if i == nil {
		return
	}
	if !slices.Contains(j.incidents, i.ID) {
		j.incidents = append(j.incidents, i.ID)
	}
	if i.Chain != nil && role == Acted {
		for _, s := range i.Chain.Steps {
			if s.Finding == f.ID {
				j.chain = max(j.chain, len(i.Chain.Steps))
			}
		}
	}
}

// weigh adds up the evidence: what it did as for an incident, what was done to
// it at a quarter, and five for each step of a chain that it took part in.
func (j *judge) weigh() (int, []ScoreLine) {
	lines := findingLines(j.acted)
	if n := len(stages(j.acted)); n > 1 {
		lines = append(lines, ScoreLine{float64(5 * (n - 1)), fmt.Sprintf("%d tactics, 5 for each after the first", n)})
	}
	if j.chain > 1 {
		lines = append(lines, ScoreLine{float64(5 * (j.chain - 1)), fmt.Sprintf("took part in a chain of %d steps, 5 for each after the first", j.chain)})
	}
	for _, l := range findingLines(j.target) {
		lines = append(lines, ScoreLine{float64(int(l.Points*25+0.5)) / 100, "done to it, a quarter: " + l.Because})
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

func (j *judge) verdict(facts Facts, known []Coverage) Verdict {
	v := Verdict{
		Schema: VerdictSchema, Identity: j.identity, Reasons: []string{}, Chain: []VerdictStep{}, Refute: []string{},
		Incidents: sortedUnique(j.incidents), Missing: []string{}, Explain: []ScoreLine{},
	}
	score, lines := j.weigh()
	v.Score = score
	v.Explain = append(v.Explain, lines...)
	var window string
	v.Coverage, v.Missing, window = j.coverage(facts, known)
	switch {
	case score >= compromisedBar && len(j.acted) > 0 && len(v.Incidents) > 0:
		v.Verdict = Compromised
	case score >= suspiciousBar || len(j.acted) > 0:
		v.Verdict = Suspicious
	case len(v.Missing) > 0:
		v.Verdict = CannotTell
		v.Reasons = append(v.Reasons, "no sign was found, and what would show one is not all there")
	default:
		v.Verdict = NoSign
		v.Reasons = append(v.Reasons, strings.TrimSpace("the logs that would show a sign are there and show none "+window))
	}
	j.tell(&v)
	return v
}

// tell fills the reasons, the chain of events and what would refute it.
func (j *judge) tell(v *Verdict) {
	for role, list := range map[Role][]*Finding{Acted: j.acted, Target: j.target} {
		for _, f := range list {
			v.Chain = append(v.Chain, VerdictStep{f.Start, f.ID, f.Rule, f.Why, role})
			if f.Refute != "" && !slices.Contains(v.Refute, f.Refute) {
				v.Refute = append(v.Refute, f.Refute)
			}
		}
	}
	slices.SortFunc(v.Chain, func(a, b VerdictStep) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Finding, b.Finding), cmp.Compare(a.Role, b.Role))
	})
	v.Chain = slices.Compact(v.Chain)
	slices.Sort(v.Refute)
	part := "it acted, or it was done in its name"
	if j.identity.Type == Mailbox || j.identity.Type == Domain { // these do nothing themselves
		part = "it happened in it"
	}
	for _, r := range []struct {
		n    int
		part string
	}{{len(j.acted), part}, {len(j.target), "it was done to it"}, {j.tried, "it was tried in vain, which counts for nothing"}} {
		if r.n > 0 {
			v.Reasons = append(v.Reasons, r.part+": "+count(r.n, "finding"))
		}
	}
}

// coverage names the tables that the verdict needs and does not have, for the
// identity's own tenant.
func (j *judge) coverage(facts Facts, known []Coverage) (answer Answer, missing []string, window string) {
	var tables []string
	names := map[string]string{}
	for _, q := range questionsOf(j.identity.Type) {
		tables = append(tables, q.table)
		names[q.table] = q.what
	}
	answer = facts.coverage(j.identity.Tenant, tables, known)
	missing = []string{}
	for _, g := range answer.Gaps {
		text := fmt.Sprintf("%s (%s): %s", names[g.Table], g.Table, cmp.Or(g.Reason, string(g.State)))
		if g.Fix != "" {
			text += "; to get it: " + g.Fix
		}
		if !slices.Contains(missing, text) {
			missing = append(missing, text)
		}
	}
	if j.identity.Type == Mailbox && answer.State != None && facts.silent(j.identity.ID, j.identity.Tenant) {
		missing = append(missing, "what was read (MailItemsAccessed): the mailbox has audit records but none of these; its licence or its audit settings do not record what is read; to get it: license it for MailItemsAccessed and see that the owner's actions are audited")
	}
	start, end, ok := facts.window(j.identity.Tenant, tables, known)
	if !ok && len(answer.Gaps) == 0 {
		missing = append(missing, "one time that all logs cover: "+strings.Join(tables, ", ")+" are held, but of different times; to get it: import or collect the same weeks of each")
	}
	return answer, missing, strings.TrimSpace(spell("from", start) + spell("to", end))
}

func spell(word string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " " + word + " " + t.UTC().Format("2006-01-02 15:04:05Z")
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
