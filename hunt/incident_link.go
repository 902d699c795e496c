package hunt

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Link says why two findings are in one incident.
type Link struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Shared   []Entity `json:"shared"`
	Strength float64  `json:"strength"`
}

// bond is the linking power of an entity type: its weight when nothing else is
// known, how many neighbours it may have before it counts as common, and how far
// apart in time two findings may lie. The reasons are in the package's README.
type bond struct {
	weight float64
	hub    int
	window time.Duration
}

const day = 24 * time.Hour

var bonds = map[EntityType]bond{
	Account: {1, 25, 30 * day},
	App:     {1, 25, 60 * day},
	Session: {1, 8, 30 * day},
	Token:   {1, 8, 30 * day},
	Device:  {0.8, 8, 60 * day},
	Message: {0.8, 8, 30 * day},
	IP:      {0.7, 5, 7 * day},
	Host:    {0.6, 3, 7 * day},
	Domain:  {0.6, 8, 60 * day},
	URL:     {0.5, 5, 30 * day},
	File:    {0.3, 5, 7 * day},
}

// linkBar is the strength that joins two findings.
const linkBar = 0.5

// weights holds the linking power of each entity, computed from the data.
type weights struct {
	power map[string]float64
	facts Facts
}

// weigh computes each entity's power: its type's weight, made smaller in
// proportion once it has more neighbours than an intrusion would give it. An
// address's neighbours are the identities that the logs show using it; the
// others' are the identities that share a finding with it.
func weigh(nodes []*node, facts Facts) weights {
	neighbours := map[string]map[string]bool{}
	types := map[string]EntityType{}
	for _, n := range nodes {
		for _, k := range n.keys {
			types[k.key] = class(k.entity.Type)
			if neighbours[k.key] == nil {
				neighbours[k.key] = map[string]bool{}
			}
			for _, other := range n.keys {
				c := class(other.entity.Type)
				if other.key != k.key && other.entity.Role != Tried && (c == Account || c == App) {
					neighbours[k.key][other.key] = true
				}
			}
		}
	}
	w := weights{power: map[string]float64{}, facts: facts}
	for key, kind := range types {
		b := bonds[kind]
		crowd := len(neighbours[key])
		id := strings.TrimPrefix(key, string(kind)+":")
		if kind == IP {
			crowd = max(crowd, facts.Users[id])
		}
		w.power[key] = b.weight
		if crowd > b.hub {
			w.power[key] *= float64(b.hub) / float64(crowd)
		}
		if kind == App && facts.Own[id] || kind == Account && systemAccount(id) {
			w.power[key] = 0
		}
	}
	return w
}

// systemAccount reports whether an actor is the service itself: it has neither a
// mail address nor a domain of the organisation.
func systemAccount(id string) bool {
	return id == "" || !strings.ContainsAny(id, `@\`) || strings.HasPrefix(id, `nt authority\`)
}

// anchors reports whether a finding may hold an incident together. Weak ones
// join incidents and never bridge two.
func (n *node) anchors() bool { return n.points >= 10 }

type edge struct {
	a, b     int
	strength float64
	shared   []Entity
}

// join unites nodes along their links, strongest first, never across tenants.
func join(nodes []*node, w weights) ([][]*node, []Link) {
	edges := findEdges(nodes, w)
	parent := make([]int, len(nodes))
	tenant := make([]string, len(nodes))
	weak := make([]bool, len(nodes)) // a weak node that already has its place
	for i, n := range nodes {
		parent[i], tenant[i] = i, n.tenant
	}
	find := func(i int) int {
		for parent[i] != i {
			i = parent[i]
		}
		return i
	}
	var links []Link
	for _, e := range edges {
		a, b := find(e.a), find(e.b)
		ta, tb := tenant[a], tenant[b]
		if ta != "" && tb != "" && ta != tb {
			continue
		}
		if a != b {
			if placed(nodes, weak, e) {
				continue
			}
			parent[max(a, b)] = min(a, b)
			tenant[min(a, b)] = cmp.Or(ta, tb)
		}
		links = append(links, Link{nodes[e.a].finding.ID, nodes[e.b].finding.ID, e.shared, e.strength})
	}
	groups := map[int][]*node{}
	for i, n := range nodes {
		groups[find(i)] = append(groups[find(i)], n)
	}
	out := make([][]*node, 0, len(groups))
	for i := range nodes {
		if g := groups[i]; g != nil {
			out = append(out, g)
		}
	}
	return out, links
}

// placed reports whether an edge would let a weak finding bridge, and marks its
// weak ends as placed otherwise.
func placed(nodes []*node, weak []bool, e edge) bool {
	for _, i := range []int{e.a, e.b} {
		if !nodes[i].anchors() && weak[i] {
			return true
		}
	}
	for _, i := range []int{e.a, e.b} {
		weak[i] = !nodes[i].anchors()
	}
	return false
}

// findEdges compares each pair of nodes that share a key.
func findEdges(nodes []*node, w weights) []edge {
	byKey := map[string][]int{}
	for i, n := range nodes {
		seen := map[string]bool{}
		for _, k := range n.linkKeys() {
			if !seen[k] {
				seen[k] = true
				byKey[k] = append(byKey[k], i)
			}
		}
	}
	pairs := map[[2]int]bool{}
	var edges []edge
	for _, key := range sortedKeys(byKey) {
		list := byKey[key]
		for x, a := range list {
			// A very common key gives each node its next few neighbours only: they
			// chain all the same, and pairs stay linear in number.
			for _, b := range list[x+1 : min(len(list), x+1+32)] {
				p := [2]int{a, b}
				if pairs[p] {
					continue
				}
				pairs[p] = true
				if e, ok := w.edge(nodes, a, b); ok {
					edges = append(edges, e)
				}
			}
		}
	}
	edges = append(edges, trustEdges(nodes)...)
	slices.SortFunc(edges, func(x, y edge) int {
		return cmp.Or(cmp.Compare(y.strength, x.strength), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	return edges
}

func (n *node) linkKeys() []string {
	out := make([]string, len(n.keys))
	for i, k := range n.keys {
		out[i] = k.key
	}
	return out
}

func (w weights) edge(nodes []*node, a, b int) (edge, bool) {
	x, y := nodes[a], nodes[b]
	if !sameTenant(x, y) {
		return edge{}, false
	}
	gap, timed := timeGap(x.finding, y.finding)
	e := edge{a: a, b: b}
	seen := map[string]bool{}
	for _, k := range x.keys {
		for _, l := range y.keys {
			if k.key != l.key || seen[k.key] {
				continue
			}
			if s := w.power[k.key] * roleFactor(k.entity.Role, l.entity.Role) * near(gap, timed, bonds[class(k.entity.Type)].window); s > 0 {
				seen[k.key] = true
				e.strength += s
				e.shared = append(e.shared, Entity{Type: k.entity.Type, ID: k.entity.ID})
			}
		}
	}
	e.strength = min(float64(int(e.strength*1000+0.5))/1000, 1)
	return e, e.strength >= linkBar
}

// roleFactor: what was only tried on someone says little about what else befell
// them; what was done to someone says much.
func roleFactor(a, b Role) float64 {
	factor := map[Role]float64{Acted: 1, Target: 0.75, Tried: 0.2}
	if a == Target && b == Target { // two deeds of others
		return 0.5
	}
	return factor[a] * factor[b]
}

// near falls from one at no distance to a half at the window's end, then to
// nothing. Without a time a link counts half.
func near(gap time.Duration, timed bool, window time.Duration) float64 {
	switch {
	case !timed:
		return 0.5
	case gap > window:
		return 0
	case gap <= day:
		return 1
	}
	return 1 - 0.5*float64(gap)/float64(window)
}

func timeGap(a, b *Finding) (time.Duration, bool) {
	if a.Start.IsZero() || b.Start.IsZero() {
		return 0, false
	}
	switch {
	case b.Start.After(a.End):
		return b.Start.Sub(a.End), true
	case a.Start.After(b.End):
		return a.Start.Sub(b.End), true
	}
	return 0, true
}

// trustTechniques mean that who did it can speak for every account of a domain:
// signing keys stolen, a domain's trust changed, tokens forged.
var trustTechniques = []string{"T1552.004", "T1606.002", "T1484.002", "T1003.006"}

// changeTechniques are what forged tokens are used for first: a hold that
// outlasts them.
var changeTechniques = []string{"T1098.001", "T1098.003", "T1528"}

// trustWindow is how soon after a breach of trust its use is looked for.
const trustWindow = 2 * day

// trustEdges links each breach of trust in a domain with what the first account
// of that domain changed soon after it: the accounts share nothing, because the
// token was made and not stolen.
func trustEdges(nodes []*node) []edge {
	var edges []edge
	for a, breach := range nodes {
		f := breach.finding
		if f.Start.IsZero() || !hasTechnique(f, trustTechniques...) {
			continue
		}
		domains, user := breach.domains(false), ""
		for b := a + 1; b < len(nodes); b++ { // nodes are in time order
			n := nodes[b]
			if n.finding.Start.Sub(f.End) > trustWindow {
				break
			}
			if n.finding.Start.Before(f.Start) || !hasTechnique(n.finding, changeTechniques...) || !sameTenant(breach, n) {
				continue
			}
			d := meet(domains, n.domains(true))
			if d == "" || user != "" && user != n.user() {
				continue
			}
			user = n.user()
			edges = append(edges, edge{a: a, b: b, strength: bonds[Domain].weight, shared: []Entity{{Type: Domain, ID: d}}})
		}
	}
	return edges
}

func sameTenant(a, b *node) bool { return a.tenant == "" || b.tenant == "" || a.tenant == b.tenant }

// user is the account that acted in a node.
func (n *node) user() string {
	for _, k := range n.keys {
		if k.entity.Type == Account && k.entity.Role == Acted {
			return k.key
		}
	}
	return "-"
}

// meet returns the domain that two lists share.
func meet(a, b []string) string {
	for _, d := range a {
		for _, other := range b {
			if sameDomain(d, other) {
				return other
			}
		}
	}
	return ""
}

func sameDomain(a, b string) bool {
	if a == b {
		return true
	}
	// A Windows domain's short name is the first label of its long one.
	short, long := a, b
	if strings.Contains(short, ".") {
		short, long = long, short
	}
	return !strings.Contains(short, ".") && strings.HasPrefix(long, short+".")
}

// domains lists the domains that a node's entities live in: those of cloud
// accounts, or else those whose trust is at stake.
func (n *node) domains(cloud bool) []string {
	var out []string
	for _, k := range n.keys {
		id := strings.ToLower(k.entity.ID)
		switch k.entity.Type {
		case Account:
			if _, domain, ok := strings.Cut(id, "@"); ok && cloud {
				out = append(out, domain)
			} else if domain, _, ok := strings.Cut(id, `\`); ok && !cloud && !strings.HasPrefix(id, "nt ") {
				out = append(out, domain)
			}
		case Host:
			if _, domain, ok := strings.Cut(id, "."); ok && !cloud {
				out = append(out, domain)
			}
		case Domain:
			if !cloud {
				out = append(out, id)
			}
		}
	}
	return sortedUnique(out)
}

func hasTechnique(f *Finding, wanted ...string) bool {
	for _, t := range f.Techniques {
		for _, w := range wanted {
			if t == w || strings.HasPrefix(t, w+".") {
				return true
			}
		}
	}
	return false
}
