package hunt

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Credential is a key of an application that a record names: one that was added,
// or one that a sign-in used.
type Credential struct {
	KeyID  string `json:"keyId"`
	Kind   string `json:"kind,omitempty"`   // Password or AsymmetricX509Cert
	Object string `json:"object,omitempty"` // id of the application or service principal that it was added to
	Type   string `json:"type,omitempty"`   // Application or ServicePrincipal
	App    string `json:"app,omitempty"`    // its display name
	Added  bool   `json:"added"`
}

var (
	keyPattern  = regexp.MustCompile(`KeyIdentifier=([0-9a-fA-F-]{36})[^\]]*`)
	kindPattern = regexp.MustCompile(`KeyType=(\w+)`)
)

// keys reads which keys the records of findings add or use.
func (r *factReader) keys(findings []Finding) map[string][]Credential {
	var ids []string
	for _, f := range findings {
		if hasTechnique(&f, "T1098.001", "T1078.004") {
			ids = append(ids, f.Records...)
		}
	}
	out := map[string][]Credential{}
	for chunk := range slices.Chunk(sortedUnique(ids), idsPerQuery) {
		list := quoteList(chunk)
		r.each(fmt.Sprintf(`AuditLogs | where _Id in (%s) and tostring(TargetResources) has "KeyDescription" | mv-expand T = TargetResources
			| project _Id, tostring(T.id), tostring(T.type), tostring(T.displayName), tostring(T.modifiedProperties)`, list), func(v []string) {
			for _, c := range addedKeys(v[4]) {
				c.Object, c.Type, c.App = v[1], v[2], v[3]
				out[v[0]] = append(out[v[0]], c)
			}
		})
		r.each(fmt.Sprintf(`AADServicePrincipalSignInLogs | where _Id in (%s) and isnotempty(ServicePrincipalCredentialKeyId)
			| project _Id, ServicePrincipalCredentialKeyId, AppId`, list), func(v []string) {
			out[v[0]] = append(out[v[0]], Credential{KeyID: strings.ToLower(v[1]), App: v[2]})
		})
	}
	return out
}

// addedKeys are the keys that a directory record's changed properties have after
// the change and not before.
func addedKeys(properties string) []Credential {
	var list []struct {
		Name string `json:"displayName"`
		Old  any    `json:"oldValue"`
		New  any    `json:"newValue"`
	}
	_ = json.Unmarshal([]byte(properties), &list) // what is not JSON adds nothing
	var out []Credential
	for _, p := range list {
		if p.Name != "KeyDescription" {
			continue
		}
		before := strings.ToLower(fmt.Sprint(p.Old))
		for _, m := range keyPattern.FindAllStringSubmatch(fmt.Sprint(p.New), -1) {
			id := strings.ToLower(m[1])
			if strings.Contains(before, id) || slices.ContainsFunc(out, func(c Credential) bool { return c.KeyID == id }) {
				continue
			}
			c := Credential{KeyID: id, Added: true}
			if kind := kindPattern.FindStringSubmatch(m[0]); kind != nil {
				c.Kind = kind[1]
			}
			out = append(out, c)
		}
	}
	return out
}

// keysOf lists the keys that a finding's records add or use, each once.
func (f Facts) keysOf(records []string, added bool) []Credential {
	var out []Credential
	for _, r := range records {
		for _, c := range f.Keys[r] {
			if c.Added == added && !slices.ContainsFunc(out, func(x Credential) bool { return x.KeyID == c.KeyID && x.Object == c.Object }) {
				out = append(out, c)
			}
		}
	}
	return out
}
