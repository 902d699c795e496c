package hunt

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

var began = time.Date(2026, 10, 3, 8, 0, 0, 0, time.UTC)

// made is a finding of high severity; entities are written type:id or
// type:id:role.
func made(rule string, after time.Duration, technique string, entities ...string) Finding {
	f := Finding{
		Schema: FindingSchema, Rule: rule, Severity: High, Confidence: "high", Tactics: []string{"Collection"}, Techniques: []string{technique},
		Start: began.Add(after), End: began.Add(after), Records: []string{"r-" + rule}, Why: rule, Status: StatusNew, Data: Data{},
	}
	for _, e := range entities {
		parts := strings.SplitN(e, "=", 3)
		role := Acted
		if len(parts) == 3 {
			role = Role(parts[2])
		}
		f.Entities = append(f.Entities, Entity{EntityType(parts[0]), parts[1], role})
	}
	f.ID = findingID(f.Rule, f.Entities, f.Records)
	return f
}

func TestIncidents(t *testing.T) {
	ana, bob := "account=ana@a.example", "account=bob@a.example"
	twoTenants := Facts{Tenants: map[string]string{"r-one": "a", "r-two": "b"}}
	crowd := Facts{Only: "a", Users: map[string]int{"203.0.113.7": 400}}
	tests := []struct {
		name     string
		findings []Finding
		facts    Facts
		want     int
	}{
		{"one account", []Finding{made("one", 0, "T1114", ana), made("two", time.Hour, "T1114", ana)}, Facts{Only: "a"}, 1},
		{"two accounts", []Finding{made("one", 0, "T1114", ana), made("two", time.Hour, "T1114", bob)}, Facts{Only: "a"}, 2},
		{"account and mailbox", []Finding{made("one", 0, "T1114", ana), made("two", time.Hour, "T1114", "mailbox=ana@a.example")}, Facts{Only: "a"}, 1},
		{"too late", []Finding{made("one", 0, "T1114", ana), made("two", 40*day, "T1114", ana)}, Facts{Only: "a"}, 2},
		{"own address", []Finding{made("one", 0, "T1114", ana, "ip=203.0.113.7"), made("two", time.Hour, "T1114", bob, "ip=203.0.113.7")}, Facts{Only: "a"}, 1},
		{"the office's address", []Finding{made("one", 0, "T1114", ana, "ip=203.0.113.7"), made("two", time.Hour, "T1114", bob, "ip=203.0.113.7")}, crowd, 2},
		{"two tenants", []Finding{made("one", 0, "T1114", ana), made("two", time.Hour, "T1114", ana)}, twoTenants, 2},
		{"only tried", []Finding{made("one", 0, "T1110", "account=ana@a.example=tried"), made("two", time.Hour, "T1114", ana)}, Facts{Only: "a"}, 2},
		{"the service itself", []Finding{made("one", 0, "T1114", `account=nt authority\system`), made("two", time.Hour, "T1114", `account=nt authority\system`)}, Facts{Only: "a"}, 2},
		{"a platform's app", []Finding{made("one", 0, "T1114", "app=x"), made("two", time.Hour, "T1114", "app=x")}, Facts{Only: "a", Own: map[string]bool{"x": true}}, 2},
		{"stolen keys, then a change", []Finding{made("one", 0, "T1552.004", `account=corp\eve`, "host=dc1.corp.example"), made("two", time.Hour, "T1098.001", "account=ana@corp.example")}, Facts{}, 1},
		{"stolen keys elsewhere", []Finding{made("one", 0, "T1552.004", `account=corp\eve`, "host=dc1.corp.example"), made("two", time.Hour, "T1098.001", "account=ana@a.example")}, Facts{}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			incidents, _ := Incidents(test.findings, test.facts)
			if len(incidents) != test.want {
				t.Errorf("%d incidents, want %d", len(incidents), test.want)
			}
		})
	}
}

func TestIncidentsAreTheSameInAnyOrder(t *testing.T) {
	var findings []Finding
	for n := range 30 {
		findings = append(findings, made(fmt.Sprint("rule", n), time.Duration(n)*time.Hour, "T1114", fmt.Sprintf("account=u%d@a.example", n%7), fmt.Sprintf("ip=203.0.113.%d", n%5)))
	}
	first, _ := Incidents(findings, Facts{Only: "a"})
	for i, j := 0, len(findings)-1; i < j; i, j = i+1, j-1 {
		findings[i], findings[j] = findings[j], findings[i]
	}
	second, _ := Incidents(findings, Facts{Only: "a"})
	a, _ := json.Marshal(first)
	b, _ := json.Marshal(second)
	if string(a) != string(b) {
		t.Errorf("another order gives another answer:\n%s\n%s", a, b)
	}
}

func TestVerdicts(t *testing.T) {
	whole := []Coverage{}
	for _, table := range []string{"SigninLogs", "AADNonInteractiveUserSignInLogs", "AuditLogs", "OfficeActivity"} {
		whole = append(whole, Coverage{Table: table, State: Fetched, Records: 1})
	}
	facts := Facts{Only: "a", Roster: []Identity{{Account, "eva@a.example", "a"}}}
	findings := []Finding{made("one", 0, "T1110.003", "account=bob@a.example=tried", "account=ana@a.example"), made("two", time.Hour, "T1114.003", "account=ana@a.example", "mailbox=ana@a.example")}
	incidents, loose := Incidents(findings, facts)
	for _, test := range []struct {
		id    string
		known []Coverage
		want  Judgement
	}{
		{"ana@a.example", whole, Compromised}, {"eva@a.example", whole, NoSign}, {"eva@a.example", whole[:2], CannotTell},
	} {
		for _, v := range Verdicts(incidents, loose, facts, test.known) {
			if v.Identity.ID == test.id && v.Identity.Type == Account && v.Verdict != test.want {
				t.Errorf("%s over %d tables: %s, want %s", test.id, len(test.known), v.Verdict, test.want)
			}
			if v.Verdict == CannotTell && len(v.Missing) == 0 {
				t.Errorf("%s: cannot tell, and nothing is named as missing", v.Identity.ID)
			}
			if v.Identity.ID == "bob@a.example" && v.Verdict == Compromised {
				t.Error("an attempt made an account compromised")
			}
		}
	}
}

func TestQuotePowerShell(t *testing.T) {
	for in, want := range map[string]string{"ana": "'ana'", "o'hara": "'o''hara'", "x\n; rm": "'x?; rm'", "$(calc)": "'$(calc)'", "a\u2019; calc": "'a\u2019\u2019; calc'"} {
		if got := quotePowerShell(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
