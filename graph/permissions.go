package graph

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Identity is who an access token speaks for, as far as it says.
type Identity struct {
	Tenant string
	App    string // client id
	User   string // empty for an application's own sign-in
	Scopes []string
}

// AppOnly reports whether the application signed in as itself.
func (i Identity) AppOnly() bool { return i.User == "" }

// ParseToken reads an access token's claims. It does not check the signature:
// only the service can, and only what to expect is taken from it.
func ParseToken(token string) (Identity, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Identity{}, errors.New("read access token: it is opaque")
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Identity{}, fmt.Errorf("read access token: %w", err)
	}
	var claims struct {
		Tid, Appid, Upn, Oid, Idtyp string
		Roles                       []string
		Scp                         string
	}
	if err := json.Unmarshal(raw, &claims); err != nil {
		return Identity{}, fmt.Errorf("read access token: %w", err)
	}
	id := Identity{Tenant: claims.Tid, App: claims.Appid, Scopes: claims.Roles}
	if claims.Scp != "" {
		id.User, id.Scopes = claims.Upn, strings.Fields(claims.Scp)
		if id.User == "" {
			id.User = claims.Oid
		}
	}
	slices.Sort(id.Scopes)
	return id, nil
}

// Need is one permission that chosen sources need.
type Need struct {
	Permission string   `json:"permission"`
	Granted    bool     `json:"granted"`
	Through    string   `json:"through,omitempty"` // a broader one that is granted instead
	Sources    []string `json:"sources"`
	Loses      []string `json:"loses"` // what the hunt cannot see without it
	Note       string   `json:"note,omitempty"`
}

// Preflight says, before anything is collected, what will be possible.
type Preflight struct {
	Identity Identity
	Needs    []Need
	Writes   []string // scopes that the token should not carry
}

// GroupMembers is what turning --groups into people needs. It is no source: it
// is read when a run begins.
var GroupMembers = &Source{
	Name: "groups", Title: "members of groups", Kind: Snapshot, Path: "/groups/{id}/transitiveMembers", Class: Directory,
	Permits: []string{"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"}, Serves: "the mailboxes of chosen groups",
}

// needs lists what s needs all of; of each, any one suffices.
func (s *Source) needs() [][]string {
	var all [][]string
	for _, permits := range [][]string{s.Permits, s.Also} {
		if len(permits) > 0 {
			all = append(all, permits)
		}
	}
	return all
}

// CheckPermissions compares what sources need with what the token carries.
func CheckPermissions(sources []*Source, id Identity) Preflight {
	p := Preflight{Identity: id}
	at := map[string]int{}
	for _, s := range sources {
		for _, permits := range s.needs() {
			i, known := at[permits[0]]
			if !known {
				i = len(p.Needs)
				at[permits[0]] = i
				p.Needs = append(p.Needs, Need{Permission: permits[0]})
			}
			p.Needs[i].add(s, permits, id)
		}
	}
	slices.SortFunc(p.Needs, func(a, b Need) int { return strings.Compare(a.Permission, b.Permission) })
	for _, scope := range id.Scopes {
		if writes(scope) {
			p.Writes = append(p.Writes, scope)
		}
	}
	return p
}

// Nothing reports whether an application's own token carries no permission at
// all: nobody has consented to any.
func (p Preflight) Nothing() bool {
	return p.Identity.App != "" && p.Identity.AppOnly() && len(p.Identity.Scopes) == 0
}

func (n *Need) add(s *Source, permits []string, id Identity) {
	n.Sources = append(n.Sources, s.Name)
	if !slices.Contains(n.Loses, s.Serves) {
		n.Loses = append(n.Loses, s.Serves)
	}
	through, granted := granting(permits, id)
	switch {
	case len(n.Sources) == 1:
		n.Granted, n.Through = granted, through
	case !granted: // a broader permission may open one source and not another
		n.Granted, n.Through = false, ""
	}
	switch {
	case s.AppOnly && !id.AppOnly():
		n.Note = "a signed-in user can read only the own mailbox: sign in as an application for the others"
	case s.UserOnly && id.AppOnly() && id.App != "":
		n.Note = "only a signed-in user can read " + s.Title
	}
}

// granting returns whether id holds one of permits, and which if not the first.
func granting(permits []string, id Identity) (string, bool) {
	for i, permit := range permits {
		if slices.Contains(id.Scopes, permit) {
			if i == 0 {
				permit = ""
			}
			return permit, true
		}
	}
	return "", false
}

// readScope is what permissions that only read are called. Any other may change
// things: doubts should fall on a permission, not on its absence from a list.
var readScope = regexp.MustCompile(`(?i)^(openid|profile|email|offline_access)$|[.](Read|ReadBasic|ReadDlp|Export|Evaluate)([.]|$)`)

// writes reports whether a scope may allow changes.
func writes(scope string) bool { return !readScope.MatchString(scope) }

// Permissions lists the least privileged Graph permissions of sources, sorted.
func Permissions(sources []*Source) []string {
	var all []string
	for _, s := range sources {
		for _, permits := range s.needs() {
			if s.Kind != Feed { // another API, with tokens of its own
				all = append(all, permits[0])
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ConsentURL is where an administrator consents to what app asks for.
func ConsentURL(cloud Cloud, tenant, app string) string {
	return cloud.Login + url.PathEscape(tenant) + "/adminconsent?client_id=" + url.QueryEscape(app)
}
