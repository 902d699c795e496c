package hunt

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	appID = "842cef72-745d-463c-8b49-ce16ccc5ebd2"
	keyID = "d75cca9f-66dd-4519-8c95-acd190d548a3"
)

// quoted is a PowerShell literal; what is left of a line without them runs.
var quoted = regexp.MustCompile(`'(?:[^']|'')*'`)

// incidentOf makes one incident of findings that name an account, a mailbox and
// an app by the given names.
func incidentOf(t *testing.T, account, app string, facts Facts) *Incident {
	t.Helper()
	findings := []Finding{
		made("one", 0, "T1098.001", "account="+account, "app="+app, "mailbox="+account),
		made("two", time.Hour, "T1114.003", "account="+account, "app="+app, "mailbox="+account, "domain="+app),
	}
	incidents, _ := Incidents(findings, facts)
	if len(incidents) != 1 {
		t.Fatalf("%d incidents, want 1", len(incidents))
	}
	incidents[0].Response = Respond(incidents[0], facts)
	return incidents[0]
}

func TestScriptRunsNoName(t *testing.T) {
	for name, hostile := range map[string]string{
		"quote":   `x'; Remove-Everything; '`,
		"curly":   "x\u2019; Remove-Everything; \u2018",
		"odata":   `x' or appId ne '`,
		"lines":   "x\r\nRemove-Everything\n",
		"comment": "x #> Remove-Everything <#",
		"expand":  "$(Remove-Everything)`n",
		"marks":   "$X $FIND Remove-Everything",
		"rtl":     "x\u202eRemove-Everything",
		"huge":    strings.Repeat("Remove-Everything;", 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			script := Script(incidentOf(t, hostile+"@a.example", hostile, Facts{Only: "a"}))
			if len(script) > 64<<10 {
				t.Errorf("script of %d bytes", len(script))
			}
			for line := range strings.Lines(script) {
				code, _, commented := strings.Cut(quoted.ReplaceAllString(line, "''"), "#")
				if strings.TrimSpace(line) != "" && !commented {
					t.Errorf("no comment: %q", line)
				}
				if strings.Contains(code, "Remove-Everything") || strings.ContainsAny(code, "\u2018\u2019\u202e\r") {
					t.Errorf("a name runs: %q", line)
				}
				if strings.Contains(line, "appId eq") && strings.Contains(line, "x''") {
					t.Errorf("a name is taken for an id: %q", line)
				}
			}
		})
	}
}

func TestKeysAreRemovedByID(t *testing.T) {
	properties := `[{"displayName":"KeyDescription","oldValue":"[\"[KeyIdentifier=11111111-66dd-4519-8c95-acd190d548a3,KeyType=Password]\"]",` +
		`"newValue":"[\"[KeyIdentifier=11111111-66dd-4519-8c95-acd190d548a3,KeyType=Password]\",\"[KeyIdentifier=` + strings.ToUpper(keyID) + `,KeyType=AsymmetricX509Cert,DisplayName=CN=x]\"]"}]`
	keys := addedKeys(properties)
	if len(keys) != 1 || keys[0].KeyID != keyID || keys[0].Kind != "AsymmetricX509Cert" {
		t.Fatalf("keys %+v", keys)
	}
	for kind, want := range map[string]string{
		"Password":           "Remove-MgApplicationPassword -ApplicationId '" + appID + "' -KeyId '" + keyID + "'",
		"AsymmetricX509Cert": "Where-Object { $_.KeyId -ne '" + keyID + "' }",
	} {
		keys[0].Kind, keys[0].Object, keys[0].Type = kind, appID, "Application"
		script := Script(incidentOf(t, "ana@a.example", appID, Facts{Only: "a", Keys: map[string][]Credential{"r-one": keys}}))
		if !strings.Contains(script, want) {
			t.Errorf("%s: no %q in\n%s", kind, want, script)
		}
	}
	unknown := incidentOf(t, "ana@a.example", appID, Facts{Only: "a"})
	if !strings.Contains(Script(unknown), "do not say its keyId") {
		t.Error("a key that no record names is passed over")
	}
}

func TestChainNeedsTheSameKeyAndApp(t *testing.T) {
	one, other := "app="+appID, "app=00000000-745d-463c-8b49-ce16ccc5ebd2"
	key := func(id string, added bool) []Credential { return []Credential{{KeyID: id, Added: added}} }
	for _, test := range []struct {
		name, app, used string
		steps           int
	}{
		{"same key", one, keyID, 3}, {"another key", one, appID, 2}, {"another app", other, keyID, 2},
	} {
		findings := []Finding{made("add", 0, "T1098.001", one), made("use", time.Hour, "T1078.004", test.app), made("read", 2*time.Hour, "T1114.002", test.app)}
		facts := Facts{Keys: map[string][]Credential{"r-add": key(keyID, true), "r-use": key(test.used, false)}}
		chain, steps := recognise([]*Finding{&findings[0], &findings[1], &findings[2]}, facts), 0
		if chain != nil {
			steps = len(chain.Steps)
		}
		if steps != test.steps {
			t.Errorf("%s: %d steps, want %d: %+v", test.name, steps, test.steps, chain)
		}
		if steps == 2 && test.app == other && chain.Steps[0].Name == credentialStep {
			t.Errorf("%s: two applications in one chain: %+v", test.name, chain)
		}
		if steps == 3 && (chain.Steps[0].KeyID != keyID || chain.Steps[1].KeyID != keyID) {
			t.Errorf("%s: %+v", test.name, chain.Steps)
		}
	}
}

func TestVerdictsRestOnTheOwnTenant(t *testing.T) {
	held := map[string]map[string]Span{}
	var known []Coverage
	for _, table := range []string{"SigninLogs", "AADNonInteractiveUserSignInLogs", "AuditLogs", "OfficeActivity"} {
		held[table] = map[string]Span{"a": {Records: 9, Start: began, End: began.Add(day)}}
		known = append(known, Coverage{Table: table, State: Fetched, Records: 18})
	}
	held["OfficeActivity"]["b"] = Span{Records: 9, Start: began, End: began.Add(day)}
	facts := Facts{Held: held, Roster: []Identity{{Account, "eva@a.example", "a"}, {Account, "eva@b.example", "b"}}}
	check := func(id string, want Judgement, says string) {
		t.Helper()
		for _, v := range Verdicts(nil, nil, facts, known) {
			if v.Identity.ID != id {
				continue
			}
			if text := strings.Join(append(v.Reasons, v.Missing...), " "); v.Verdict != want || !strings.Contains(text, says) {
				t.Errorf("%s: %s, want %s and %q in %q", id, v.Verdict, want, says, text)
			}
		}
	}
	check("eva@a.example", NoSign, "from 2026-10-03 08:00:00Z to 2026-10-04 08:00:00Z")
	check("eva@b.example", CannotTell, "no SigninLogs records of tenant b")
	held["AuditLogs"]["a"] = Span{Records: 9, Start: began.Add(5 * day), End: began.Add(6 * day)}
	check("eva@a.example", CannotTell, "of different times")
}
