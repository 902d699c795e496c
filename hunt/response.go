package hunt

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Step is one step to contain an incident. Hunt365 itself changes nothing: the
// script is for a person to read and run.
type Step struct {
	Order  int    `json:"order"`
	Do     string `json:"do"`
	Why    string `json:"why"`
	Target string `json:"target,omitempty"`
	KeyID  string `json:"keyId,omitempty"`  // of the credential to remove
	Script string `json:"script,omitempty"` // PowerShell; every line has its comment
}

// Respond lists the steps that contain an incident, in order.
func Respond(i *Incident, facts Facts) []Step {
	var steps []Step
	for _, r := range remedies {
		if len(r.techniques) > 0 && !slices.ContainsFunc(i.findings, func(f *Finding) bool { return hasTechnique(f, r.techniques...) }) {
			continue
		}
		switch {
		case r.do == removeKeys:
			steps = append(steps, keySteps(i, facts, r)...)
		case r.entity == "":
			steps = append(steps, Step{Do: r.do, Why: r.why, Script: r.script})
		case r.entity == App:
			for _, target := range r.appTargets(r.entities(i), facts) {
				steps = append(steps, Step{Do: r.do, Why: r.why, Target: target, Script: appScript(r.script, target)})
			}
		default:
			for _, target := range r.targets(r.entities(i)) {
				steps = append(steps, Step{Do: r.do, Why: r.why, Target: target, Script: r.fill(target)})
			}
		}
	}
	for n := range steps {
		steps[n].Order = n + 1
	}
	return steps
}

// fill puts a name into the script, or gives none for an account that Graph does
// not know by that name, and for a name that no directory would hand out: then a
// person has to look.
func (r remedy) fill(name string) string {
	if !ordinary(name) || r.entity == Account && !strings.Contains(name, "@") {
		return ""
	}
	return strings.ReplaceAll(r.script, "$X", quotePowerShell(name))
}

// longestName is longer than any address or display name that Entra allows.
const longestName = 320

// ordinary reports whether a name is of a sane length and of characters that are
// seen.
func ordinary(name string) bool {
	return name != "" && len(name) <= longestName && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

// entities are those that the remedy is for: of the findings that show one of its
// techniques, or all.
func (r remedy) entities(i *Incident) []Entity {
	if len(r.techniques) == 0 {
		return i.Entities
	}
	var out []Entity
	for _, f := range i.findings {
		if !hasTechnique(f, r.techniques...) {
			continue
		}
		for _, e := range f.Entities {
			ours := slices.ContainsFunc(i.Entities, func(x Entity) bool { return x.Type == e.Type && x.ID == e.ID }) // and not of another tenant
			if ours && !slices.Contains(out, e) {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, compareEntities)
	return out
}

func (r remedy) targets(entities []Entity) []string {
	var out []string
	for _, e := range entities {
		if e.Type == r.entity && slices.Contains(r.roles, e.Role) && !(e.Type == Account && systemAccount(e.ID)) {
			out = append(out, e.ID)
		}
	}
	return sortedUnique(out)
}

// appTargets lists the incident's applications, each under the best of its
// names: its client id, or else the id of its service principal, or else what it
// is called. Those of the platform are left alone.
func (r remedy) appTargets(entities []Entity, facts Facts) []string {
	best := map[string]string{}
	for _, rank := range []func(Entity) bool{
		func(e Entity) bool { return e.Type == App && guidPattern.MatchString(e.ID) },
		func(e Entity) bool { return guidPattern.MatchString(e.ID) },
		func(Entity) bool { return true },
	} {
		for _, e := range entities {
			key := facts.key(e)
			if class(e.Type) != App || best[key] != "" || !slices.Contains(r.roles, e.Role) || !rank(e) || facts.Own[e.ID] {
				continue
			}
			best[key] = e.ID
			if e.Type == ServicePrincipal {
				best[key] = servicePrincipalPrefix + e.ID
			}
		}
	}
	var out []string
	for _, key := range sortedKeys(best) {
		if id := strings.TrimPrefix(key, string(App)+":"); !facts.Own[id] {
			out = append(out, best[key])
		}
	}
	return sortedUnique(out)
}

const servicePrincipalPrefix = "service principal "

// appScript finds the application in a script by what its target is. A filter is
// text in OData inside text in PowerShell, so that quotes are doubled twice.
func appScript(script, target string) string {
	id, isPrincipal := strings.CutPrefix(target, servicePrincipalPrefix)
	if !ordinary(id) {
		return ""
	}
	odata := strings.ReplaceAll(id, "'", "''")
	find := "-Filter " + quotePowerShell("displayName eq '"+odata+"'")
	switch isGUID := guidPattern.FindString(id) == id; {
	case isGUID && isPrincipal:
		find = "-ServicePrincipalId " + quotePowerShell(id)
	case isGUID:
		find = "-Filter " + quotePowerShell("appId eq '"+odata+"'")
	default: // anyone may choose a name
		return "Get-MgServicePrincipal " + find + "  # known by its name only, which several may bear: find out which one it is, and do this by hand"
	}
	return strings.ReplaceAll(script, "$FIND", find)
}

// removeKeys is done once for each key that the incident's records add.
const removeKeys = "Remove the credential that was added"

func keySteps(i *Incident, facts Facts, r remedy) []Step {
	var records []string
	for _, e := range i.Evidence {
		records = append(records, e.Records...)
	}
	keys := facts.keysOf(sortedUnique(records), true)
	slices.SortFunc(keys, func(a, b Credential) int {
		return cmp.Or(cmp.Compare(a.App, b.App), cmp.Compare(a.Object, b.Object), cmp.Compare(a.KeyID, b.KeyID))
	})
	var steps []Step
	for _, k := range keys {
		steps = append(steps, Step{Do: r.do, Why: r.why, Target: fmt.Sprintf("keyId %s of %s", k.KeyID, cmp.Or(k.App, k.Object)), KeyID: k.KeyID, Script: k.script()})
	}
	if len(steps) == 0 {
		steps = append(steps, Step{Do: "Look through the credentials of the incident's applications and remove those that nobody knows", Why: "One was added, and the records do not say its keyId."})
	}
	return steps
}

// script removes the key. Graph takes a secret away by its id; a certificate
// only by writing the list again without it.
func (c Credential) script() string {
	kind := "Application"
	if c.Type == "ServicePrincipal" {
		kind = "ServicePrincipal"
	}
	if guidPattern.FindString(c.Object) != c.Object || guidPattern.FindString(c.KeyID) != c.KeyID || c.Object == "" {
		return ""
	}
	object, key := quotePowerShell(c.Object), quotePowerShell(c.KeyID)
	secret := fmt.Sprintf("Remove-Mg%sPassword -%sId %s -KeyId %s  # the secret with this keyId", kind, kind, object, key)
	certificate := fmt.Sprintf("Update-Mg%s -%sId %s -KeyCredentials @((Get-Mg%s -%sId %s).KeyCredentials | Where-Object { $_.KeyId -ne %s })  # all certificates but the one with this keyId", kind, kind, object, kind, kind, object, key)
	switch c.Kind {
	case "Password", "Symmetric":
		return secret
	case "":
		return secret + "\n" + certificate
	}
	return certificate
}

// quotePowerShell writes s as a PowerShell literal that nothing expands. Line
// breaks and control characters, which no name needs, become question marks; the
// quotes that PowerShell takes for ' are doubled too.
func quotePowerShell(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, c := range s {
		switch {
		case c == '\'' || c == '\u2018' || c == '\u2019' || c == '\u201a' || c == '\u201b':
			b.WriteRune(c)
			b.WriteRune(c)
		case c < ' ' || c >= 0x7f && c < 0xa0 || c == '\u2028' || c == '\u2029' || c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069':
			b.WriteByte('?')
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// Script is the response as one PowerShell text, every line commented. Texts
// from records stand in quotes or behind a comment's sign, on one line.
func Script(i *Incident) string {
	var b strings.Builder
	b.WriteString("# Containment of " + i.ID + ". Read every line before you run it; hunt365 changes nothing itself.\n")
	b.WriteString("Connect-MgGraph -Scopes User.ReadWrite.All,UserAuthenticationMethod.ReadWrite.All,Application.ReadWrite.All,Domain.ReadWrite.All  # Graph, with rights to change\n")
	b.WriteString("Connect-ExchangeOnline  # mailboxes\n")
	for _, s := range i.Response {
		fmt.Fprintf(&b, "\n# %d. %s. %s\n", s.Order, s.Do, s.Why)
		if s.Target != "" {
			b.WriteString("#    " + commented(s.Target) + "\n")
		}
		b.WriteString(cmp.Or(s.Script, "# (by hand)") + "\n")
	}
	return b.String()
}

// commented makes a name fit for a comment: one line, a sane length, nothing
// unseen.
func commented(s string) string {
	s = s[:min(len(s), longestName*utf8.UTFMax)]
	s = strings.Trim(quotePowerShell(strings.ToValidUTF8(s, "?")), "'")
	if r := []rune(s); len(r) > longestName {
		s = string(r[:longestName]) + "…"
	}
	return s
}
