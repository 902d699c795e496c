package hunt

import (
	"slices"
	"strings"
	"time"
)

// Facts are what incidents need to know of the evidence beyond the findings:
// which tenant a record belongs to, which names mean the same thing, and how
// many identities use an address. [ReadFacts] reads them from an engine.
type Facts struct {
	Tenants map[string]string    // record id -> tenant id; a record without one is absent
	Only    string               // the tenant of every record, where there is but one
	Aliases map[string]string    // name or id of an app or mailbox -> the id that stands for it
	Users   map[string]int       // address -> how many identities used it
	Since   map[string]time.Time // address -> when it was first used with success
	Own     map[string]bool      // apps that belong to the platform
	Roster  []Identity           // every identity that the evidence names
	Reading map[string][]string  // mailbox -> tenants of the records that tell what was read in it

	Keys map[string][]Credential    // record id -> keys of applications that it adds or uses
	Held map[string]map[string]Span // table -> tenant -> its records of that tenant
}

// Identity is someone or something that a verdict can be about.
type Identity struct {
	Type   EntityType `json:"type"`
	ID     string     `json:"id"`
	Tenant string     `json:"tenant,omitempty"`
}

// noTenant is what anonymised exports write in place of an id.
const noTenant = "00000000-0000-0000-0000-000000000000"

func tenantID(raw string) string {
	if id := strings.ToLower(strings.TrimSpace(raw)); id != noTenant {
		return id
	}
	return ""
}

// split returns the finding's records by tenant. Records of no known tenant go
// with the finding's only tenant, or else under the empty name.
func (f Facts) split(records []string) map[string][]string {
	out := map[string][]string{}
	var homeless []string
	for _, r := range records {
		t := f.Tenants[r]
		if t == "" {
			homeless = append(homeless, r)
			continue
		}
		out[t] = append(out[t], r)
	}
	switch {
	case len(out) == 0:
		out[f.Only] = homeless
	case len(homeless) > 0:
		first := sortedKeys(out)[0]
		if len(out) > 1 {
			first = ""
		}
		out[first] = append(out[first], homeless...)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// key is the name under which an entity meets itself in other findings: an
// account and its mailbox are one, and so are an app's id, name and service
// principal.
func (f Facts) key(e Entity) string {
	id := e.ID
	if same := f.Aliases[string(class(e.Type))+":"+strings.ToLower(id)]; same != "" {
		id = same
	}
	return string(class(e.Type)) + ":" + id
}

// class folds the entity types that name the same thing from two sides.
func class(t EntityType) EntityType {
	switch t {
	case Mailbox:
		return Account
	case ServicePrincipal:
		return App
	}
	return t
}
