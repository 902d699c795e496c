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

// CheckPermissions compares what sources need with what the token carries.
func CheckPermissions(sources []*Source, id Identity) Preflight {
	p := Preflight{Identity: id}
	at := map[string]int{}
	for _, s := range sources {
		if len(s.Permits) == 0 {
			continue
		}
		i, known := at[s.Permits[0]]
		if !known {
			i = len(p.Needs)
			at[s.Permits[0]] = i
			p.Needs = append(p.Needs, Need{Permission: s.Permits[0]})
		}
		p.Needs[i].add(s, id)
	}
	slices.SortFunc(p.Needs, func(a, b Need) int { return strings.Compare(a.Permission, b.Permission) })
	for _, scope := range id.Scopes {
		if writes(scope) {
			p.Writes = append(p.Writes, scope)
		}
	}
	return p
}

func (n *Need) add(s *Source, id Identity) {
	n.Sources = append(n.Sources, s.Name)
	if !slices.Contains(n.Loses, s.Serves) {
		n.Loses = append(n.Loses, s.Serves)
	}
	for i, permit := range s.Permits {
		if slices.Contains(id.Scopes, permit) {
			n.Granted = true
			if i > 0 {
				n.Through = permit
			}
			break
		}
	}
	if s.AppOnly && !id.AppOnly() {
		n.Note = "a signed-in user can read only the own mailbox: sign in as an application for the others"
	}
}

var writeScope = regexp.MustCompile(`(?i)ReadWrite|\.Write|\.Send|\.Manage|FullControl|full_access|AccessAsUser|ManageAsApp|\.Create|\.Update|\.Delete|\.Invite|EnableDisable`)

// writes reports whether a scope allows changes. Only hunters' own doubts should
// fall on a tool that can do no harm.
func writes(scope string) bool { return writeScope.MatchString(scope) }

// Permissions lists the least privileged permissions of sources, sorted.
func Permissions(sources []*Source) []string {
	var all []string
	for _, s := range sources {
		if len(s.Permits) > 0 && s.Kind != Feed {
			all = append(all, s.Permits[0])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ConsentURL is where an administrator consents to what app asks for.
func ConsentURL(cloud Cloud, tenant, app string) string {
	return cloud.Login + url.PathEscape(tenant) + "/adminconsent?client_id=" + url.QueryEscape(app)
}

// SetupScript prints the commands that register an application with exactly the
// permissions that sources need. hunt365 runs none of them.
func SetupScript(cloud Cloud, sources []*Source) string {
	var b strings.Builder
	fmt.Fprintf(&b, `#!/bin/sh
# Registers an application that may read what hunt365 collects, and nothing else.
# Run it with the Azure CLI as a Privileged Role Administrator; read it first.
set -eu
graph=00000003-0000-0000-c000-000000000000
app=$(az ad app create --display-name hunt365 --sign-in-audience AzureADMyOrg --query appId --output tsv)
az ad sp create --id "$app" --output none
for permission in \
`)
	for _, p := range Permissions(sources) {
		fmt.Fprintf(&b, "    %s \\\n", p)
	}
	fmt.Fprintf(&b, `; do
  role=$(az ad sp show --id $graph --query "appRoles[?value=='$permission'].id | [0]" --output tsv)
  az ad app permission add --id "$app" --api $graph --api-permissions "$role=Role" --output none
done
echo "consent here: %s$(az account show --query tenantId --output tsv)/adminconsent?client_id=$app"
echo "then upload a certificate: az ad app credential reset --id $app --cert @hunt365.pem --append"
echo "and collect: hunt365 collect --client-id $app --certificate hunt365.pem ..."
`, cloud.Login)
	return b.String()
}
