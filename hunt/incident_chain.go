package hunt

import (
	"slices"
	"time"
)

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
	KeyID   string    `json:"keyId,omitempty"` // the key that ties a credential to its use
}

type way struct {
	name  string
	opens int // at how many of the steps it may be seen to begin: those that make it this way and no other
	steps []wayStep
}

type wayStep struct {
	name       string
	techniques []string
	entity     EntityType // a kind of entity that must be there, or none
}

// ways are the orders in which attackers work, after the public reports on
// Golden SAML, application consent and business mail compromise. Those that reach
// the whole tenant come first.
var ways = []way{
	{"Forged federation tokens", 2, []wayStep{
		{"signing key or configuration read", []string{"T1552.004", "T1003.006"}, ""},
		{"trust changed or token forged", []string{"T1484.002", "T1606.002"}, ""},
		{"application changed", []string{"T1098.001", "T1098.003", "T1528"}, ""},
		{"mail read", []string{"T1114.002"}, ""},
	}},
	{"Backdoor in a federated domain", 1, []wayStep{
		{"domain's trust changed", []string{"T1484.002"}, ""},
		{"signed in through it", []string{"T1606.002", "T1078.004"}, Account},
		{"mailbox opened to others", []string{"T1098.002"}, ""},
		{"mail read", []string{"T1114.002"}, ""},
	}},
	{"Application takes mail", 3, []wayStep{
		{permissionStep, []string{"T1528", "T1098.003"}, App},
		{credentialStep, []string{"T1098.001"}, App},
		{useStep, []string{"T1078.004"}, App},
		{"mail read by the application", []string{"T1114.002", "T1534"}, App},
	}},
	{"Application with a new key takes mail", 2, []wayStep{
		{credentialStep, []string{"T1098.001"}, App},
		{permissionStep, []string{"T1528", "T1098.003"}, App},
		{useStep, []string{"T1078.004"}, App},
		{"mail read by the application", []string{"T1114.002", "T1534"}, App},
	}},
	{"Password attack on mailboxes", 2, []wayStep{
		{"passwords tried", []string{"T1110"}, ""},
		{"signed in", []string{"T1078.004"}, Account},
		{"inbox rule or forwarding", []string{"T1564.008", "T1114.003", "T1137.005"}, ""},
		{"mail read", []string{"T1114.002"}, ""},
		{"mail sent", []string{"T1534"}, ""},
	}},
	{"Stolen session", 1, []wayStep{
		{"token or session stolen", []string{"T1539", "T1557", "T1528", "T1550.004"}, Account},
		{"inbox rule or forwarding", []string{"T1564.008", "T1114.003", "T1137.005"}, ""},
		{"mail read", []string{"T1114.002"}, ""},
	}},
	{"Administrator's rights abused", 2, []wayStep{
		{"role granted", []string{"T1098.003"}, ""},
		{"defences weakened", []string{"T1562", "T1556"}, ""},
		{"mailbox opened or forwarded", []string{"T1098.002", "T1114.003", "T1564.008"}, ""},
	}},
}

// The steps in which an application's credential is added and used.
const (
	permissionStep = "permission granted"
	credentialStep = "credential added"
	useStep        = "application signed in"
)

// recognise finds the way of which most steps were seen in order, each in its
// own finding; of two equals the one listed first. The steps of a way that are
// about an application are about the same one.
func recognise(findings []*Finding, facts Facts) *Chain {
	apps := appsOf(findings, facts)
	var best *Chain
	for _, w := range ways {
		subjects := []string{""}
		if slices.ContainsFunc(w.steps, func(s wayStep) bool { return s.entity == App }) {
			subjects = apps
		}
		for _, app := range subjects {
			if c := w.follow(findings, facts, app); c != nil && (best == nil || len(c.Steps) > len(best.Steps)) {
				best = c
			}
		}
	}
	return best
}

// appsOf lists the applications that findings name, under one name each.
func appsOf(findings []*Finding, facts Facts) []string {
	var out []string
	for _, f := range findings {
		for _, e := range f.Entities {
			if class(e.Type) == App && e.Role != Tried {
				out = append(out, facts.key(e))
			}
		}
	}
	return sortedUnique(out)
}

// follow returns the longest run of the way's steps in time order; steps may be
// missing between them. A chain has at least two.
func (w way) follow(findings []*Finding, facts Facts, app string) *Chain {
	var best []ChainStep
	for first := range w.opens {
		if run := w.followFrom(first, findings, facts, app); len(run) > len(best) {
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

func (w way) followFrom(first int, findings []*Finding, facts Facts, app string) []ChainStep {
	var run []ChainStep
	var last time.Time
	var added []Credential // by the credential step, where the records name keys
	used := map[string]bool{}
	for n, s := range w.steps[first:] {
		if n > 0 && len(run) == 0 { // it begins elsewhere, or not at all
			return nil
		}
		for _, f := range findings {
			if f.Start.IsZero() || used[f.ID] || !s.seen(f, facts, app) || last.After(latest(f)) {
				continue
			}
			key, ok := "", true
			switch s.name {
			case credentialStep:
				added = facts.keysOf(f.Records, true)
			case useStep:
				key, ok = sameKey(added, facts.keysOf(f.Records, false))
			}
			if !ok {
				continue
			}
			used[f.ID] = true
			last = f.Start
			run = append(run, ChainStep{Name: s.name, At: f.Start, Finding: f.ID, KeyID: key})
			for k := range run {
				if run[k].Name == credentialStep && key != "" {
					run[k].KeyID = key
				}
			}
			break
		}
	}
	return run
}

// sameKey returns the added key that was used. Where both sides name keys and
// share none, it was another key's use.
func sameKey(added, used []Credential) (key string, ok bool) {
	for _, a := range added {
		for _, u := range used {
			if a.KeyID == u.KeyID {
				return a.KeyID, true
			}
		}
	}
	return "", len(added) == 0 || len(used) == 0
}

// latest is when a finding still went on; a step may go on beside the next one.
func latest(f *Finding) time.Time {
	if f.End.After(f.Start) {
		return f.End
	}
	return f.Start
}

func (s wayStep) seen(f *Finding, facts Facts, app string) bool {
	if !hasTechnique(f, s.techniques...) {
		return false
	}
	return s.entity == "" || slices.ContainsFunc(f.Entities, func(e Entity) bool {
		return class(e.Type) == s.entity && e.Role != Tried && (s.entity != App || facts.key(e) == app)
	})
}
