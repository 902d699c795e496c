package hunt

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// IncidentSchema names the version of the incident contract; fields are only
// ever added to it.
const IncidentSchema = "hunt365/incident/1"

// Incident is findings that belong to one intrusion: same tenant, linked by what
// they share, close in time.
type Incident struct {
	Schema   string          `json:"schema"`
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Tenant   string          `json:"tenant,omitempty"`
	Severity Severity        `json:"severity"`
	Score    int             `json:"score"`
	Start    time.Time       `json:"start,omitzero"`
	End      time.Time       `json:"end,omitzero"`
	Chain    *Chain          `json:"chain,omitempty"`
	Stages   []Stage         `json:"stages"`
	Zero     *Entity         `json:"patientZero,omitempty"`
	Blast    Blast           `json:"blast"`
	Entities []Entity        `json:"entities"`
	Evidence []Evidence      `json:"evidence"`
	Links    []Link          `json:"links"`
	Explain  []ScoreLine     `json:"explain"`
	Exposure *Exposure       `json:"exposure,omitempty"`
	Response []Step          `json:"response,omitempty"`
	findings []*Finding      // in time order
	acted    map[string]bool // keys of those who acted
}

// Findings returns the incident's findings in time order.
func (i *Incident) Findings() []*Finding { return i.findings }

// RecordsOf returns those of a finding's records that are of the incident's
// tenant.
func (i *Incident) RecordsOf(finding string) []string {
	for _, e := range i.Evidence {
		if e.Finding == finding {
			return e.Records
		}
	}
	return nil
}

// Evidence is one finding of an incident, with those of its records that are of
// the incident's tenant.
type Evidence struct {
	Finding string   `json:"finding"`
	Rule    string   `json:"rule"`
	Records []string `json:"records"`
}

// Blast counts what an incident reached.
type Blast struct {
	Identities int `json:"identities"`
	Mailboxes  int `json:"mailboxes"`
	Messages   int `json:"messages"`
	Files      int `json:"files"`
}

// Stage is what an incident did under one ATT&CK tactic.
type Stage struct {
	Tactic   string    `json:"tactic"`
	Start    time.Time `json:"start,omitzero"`
	End      time.Time `json:"end,omitzero"`
	Findings []string  `json:"findings"`
}

// node is one finding as far as it concerns one tenant.
type node struct {
	finding *Finding
	tenant  string
	records []string
	keys    []nodeKey
	points  float64
}

type nodeKey struct {
	key    string
	entity Entity
}

// Incidents groups findings. What is left over is returned as loose: findings
// too weak, alone or together, to be called an intrusion. Findings that were
// labelled benign take no part.
func Incidents(findings []Finding, facts Facts) (incidents []*Incident, loose []Finding) {
	nodes := makeNodes(findings, facts)
	w := weigh(nodes, facts)
	groups, links := join(nodes, w)
	inside := map[string]bool{}
	for _, group := range groups {
		i := newIncident(group, facts, links)
		if i.Score < incidentBar {
			continue
		}
		for _, n := range group {
			inside[n.finding.ID] = true
		}
		incidents = append(incidents, i)
	}
	slices.SortFunc(incidents, func(a, b *Incident) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	})
	for _, f := range findings {
		if !inside[f.ID] && f.Status != StatusBenign {
			loose = append(loose, f)
		}
	}
	return incidents, loose
}

func makeNodes(findings []Finding, facts Facts) []*node {
	var nodes []*node
	for i := range findings {
		f := &findings[i]
		if f.Status == StatusBenign || f.Severity == Informational {
			continue
		}
		parts := facts.split(f.Records)
		for _, tenant := range sortedKeys(parts) {
			n := &node{finding: f, tenant: tenant, records: sortedUnique(parts[tenant]), points: points(f)}
			for _, e := range f.Entities {
				if n.foreign(e, parts, facts) {
					continue
				}
				n.keys = append(n.keys, nodeKey{facts.key(e), e})
			}
			nodes = append(nodes, n)
		}
	}
	slices.SortStableFunc(nodes, func(a, b *node) int {
		return cmp.Or(a.finding.Start.Compare(b.finding.Start), cmp.Compare(a.finding.Rule, b.finding.Rule),
			cmp.Compare(a.finding.ID, b.finding.ID), cmp.Compare(a.tenant, b.tenant))
	})
	return nodes
}

// foreign reports whether e, in a finding over several tenants, is known to be
// of another one.
func (n *node) foreign(e Entity, parts map[string][]string, facts Facts) bool {
	if len(parts) < 2 || class(e.Type) != Account {
		return false
	}
	known := false
	for _, id := range facts.Roster {
		if class(id.Type) == Account && id.ID == e.ID {
			if id.Tenant == n.tenant {
				return false
			}
			known = true
		}
	}
	return known
}

func newIncident(group []*node, facts Facts, links []Link) *Incident {
	i := &Incident{Schema: IncidentSchema, acted: map[string]bool{}, Links: []Link{}, Entities: []Entity{}}
	ids := map[string]bool{}
	for _, n := range group {
		i.findings = append(i.findings, n.finding)
		i.Evidence = append(i.Evidence, Evidence{n.finding.ID, n.finding.Rule, n.records})
		ids[n.finding.ID] = true
		i.Tenant = cmp.Or(i.Tenant, n.tenant)
		i.Severity = max(i.Severity, n.finding.Severity)
		i.stretch(n.finding)
		for _, k := range n.keys {
			if k.entity.Role == Acted {
				i.acted[k.key] = true
			}
		}
	}
	for _, l := range links {
		if ids[l.From] && ids[l.To] {
			i.Links = append(i.Links, l)
		}
	}
	i.ID = incidentID(group)
	i.Entities = incidentEntities(group)
	i.Stages = stages(i.findings)
	i.Chain = recognise(i.findings, facts)
	i.Score, i.Explain = score(i.findings, i.Stages, i.Chain, facts.blindGrant(group))
	i.Zero = patientZero(i.findings)
	i.Blast = blast(i.Entities, facts)
	i.Title = title(i)
	return i
}

func (i *Incident) stretch(f *Finding) {
	if !f.Start.IsZero() && (i.Start.IsZero() || f.Start.Before(i.Start)) {
		i.Start = f.Start
	}
	if f.End.After(i.End) {
		i.End = f.End
	}
}

// incidentID hashes the tenant and the earliest finding strong enough to stand
// for the incident, so that an incident keeps its id as it grows.
func incidentID(group []*node) string {
	first := group[0]
	for _, n := range group {
		if n.anchors() {
			first = n
			break
		}
	}
	sum := sha256.Sum256([]byte(first.tenant + "\n" + first.finding.ID))
	return "i-" + hex.EncodeToString(sum[:6])
}

// incidentEntities lists every entity once, with the most active of its roles.
func incidentEntities(group []*node) []Entity {
	roles := map[Entity]Role{}
	for _, n := range group {
		for _, k := range n.keys {
			bare := Entity{Type: k.entity.Type, ID: k.entity.ID}
			role, seen := roles[bare]
			if !seen || roleRank[k.entity.Role] < roleRank[role] {
				roles[bare] = k.entity.Role
			}
		}
	}
	out := make([]Entity, 0, len(roles))
	for e, role := range roles {
		e.Role = role
		out = append(out, e)
	}
	slices.SortFunc(out, compareEntities)
	return out
}

var roleRank = map[Role]int{Acted: 0, Target: 1, Tried: 2}

func compareEntities(a, b Entity) int {
	types := EntityTypes()
	return cmp.Or(cmp.Compare(roleRank[a.Role], roleRank[b.Role]),
		cmp.Compare(slices.Index(types, a.Type), slices.Index(types, b.Type)), cmp.Compare(a.ID, b.ID))
}

// patientZero is the account that was first used, where the data shows one.
func patientZero(findings []*Finding) *Entity {
	for _, f := range findings {
		if f.Start.IsZero() {
			continue
		}
		for _, e := range f.Entities {
			if e.Type == Account && e.Role == Acted {
				return &e
			}
		}
	}
	return nil
}

func blast(entities []Entity, facts Facts) Blast {
	var b Blast
	people := map[string]bool{}
	boxes := map[string]bool{}
	for _, e := range entities {
		if e.Role == Tried {
			continue
		}
		switch e.Type {
		case Account, App, ServicePrincipal:
			people[facts.key(e)] = true
		case Mailbox:
			boxes[facts.key(e)] = true
		case Message:
			b.Messages++
		case File:
			b.Files++
		}
	}
	b.Identities, b.Mailboxes = len(people), len(boxes)
	return b
}

func title(i *Incident) string {
	what := "Linked findings"
	switch {
	case i.Chain != nil:
		what = i.Chain.Name
	case len(i.findings) > 0:
		worst := slices.MaxFunc(i.findings, func(a, b *Finding) int { return cmp.Compare(points(a), points(b)) })
		what = worst.Name
	}
	if i.Zero != nil {
		what += ": " + i.Zero.ID
	}
	return what
}
