package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/entra"
	"github.com/hunt365/hunt365/graph/graphtest"
	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/ingest"
	"github.com/hunt365/hunt365/hunt/schema"
)

// collecting is a collect command in front of a fake tenant.
type collecting struct {
	*collectOptions
	server   *graphtest.Server
	out, err bytes.Buffer
}

func newCollecting(t *testing.T, faults graphtest.Faults) *collecting {
	t.Helper()
	clock := graph.NewSimClock(demoNow)
	c := &collecting{server: &graphtest.Server{
		Tenant: graphtest.NewTenant(graphtest.Config{Seed: 2, Now: demoNow.Add(-time.Minute), Days: 3, Users: 20}), Now: clock.Now, Secret: "right", Faults: faults,
	}}
	for _, s := range append(graph.Sources(), graph.GroupMembers) {
		c.server.Scopes = append(append(c.server.Scopes, s.Permits...), s.Also...)
	}
	live := graphtest.Serve(c.server)
	t.Cleanup(live.Close)
	p := &program{out: &c.out, err: &c.err, fake: &fakeTenant{
		cloud:  graph.Cloud{Name: "global", Graph: live.URL, Login: live.URL + "/", Activity: live.URL},
		client: live.Client, clock: clock, secret: "right",
	}}
	c.collectOptions = &collectOptions{
		program: p, caseFlag: caseFlag{dir: filepath.Join(t.TempDir(), "case")}, allUsers: true, since: sinceFlag{ago: 4 * 24 * time.Hour},
		sources: []string{"signin-interactive", "directory-audits", "ual", "users", "message-rules", "domains", "federation"},
	}
	c.tenant, c.client, c.auth = c.server.Tenant.ID, "app", string(entra.Secret)
	return c
}

func (c *collecting) count(t *testing.T, tables ...string) map[string]int64 {
	t.Helper()
	eng, err := openEngine(c.dir, limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	known, err := eng.Coverage(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, table := range tables {
		for _, k := range known {
			if k.Table == table {
				counts[table] += k.Records
			}
		}
	}
	return counts
}

func TestCollectIntoCase(t *testing.T) {
	c := newCollecting(t, graphtest.Faults{Throttle: 0.05, Reset: 0.03, Truncate: 0.03})
	err := c.run(context.Background())
	var code exitError
	if err != nil && !errors.As(err, &code) {
		t.Fatalf("%v\n%s", err, c.err.String())
	}
	counts := c.count(t, "SigninLogs", "AuditLogs", "UnifiedAuditLog", "TenantUsers", "TenantMessageRules", "TenantFederationConfigurations")
	if counts["TenantUsers"] != 20 || counts["UnifiedAuditLog"] != int64(len(c.server.Tenant.Lists[graphtest.AuditRecords])) || counts["SigninLogs"] == 0 || counts["TenantFederationConfigurations"] != 1 {
		t.Errorf("records by table: %v\n%s", counts, c.out.String())
	}
	if !strings.Contains(c.out.String(), "ual") || !strings.Contains(c.err.String(), "AuditLogsQuery.Read.All") {
		t.Errorf("ledger or preflight is missing:\n%s\n%s", c.out.String(), c.err.String())
	}
}

func TestCollectSaysGaps(t *testing.T) {
	c := newCollecting(t, graphtest.Faults{Deny: map[string]int{"/auditLogs/directoryAudits": 403}})
	if err := c.run(context.Background()); !errors.Is(err, exitError(exitIncomplete)) {
		t.Fatalf("error is %v, want exit code 3", err)
	}
	eng, err := openEngine(c.dir, limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	known, err := eng.Coverage(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	answer := hunt.Inherit([]string{"AuditLogs"}, known)
	if answer.State == hunt.Complete || len(answer.Gaps) == 0 || answer.Gaps[0].State != hunt.NotPermitted {
		t.Errorf("a hunt in AuditLogs rests on %+v", answer)
	}
}

// Interrupted at any write, the case stays usable and the same line goes on.
func TestCollectGoesOn(t *testing.T) {
	c := newCollecting(t, graphtest.Faults{})
	for range 3 {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		_ = c.run(ctx)
		cancel()
		if isCase(c.dir) {
			c.count(t)
		}
	}
	var code exitError
	if err := c.run(context.Background()); err != nil && !errors.As(err, &code) {
		t.Fatal(err)
	}
	if n := c.count(t, "UnifiedAuditLog")["UnifiedAuditLog"]; n != int64(len(c.server.Tenant.Lists[graphtest.AuditRecords])) {
		t.Errorf("%d audit records, want %d", n, len(c.server.Tenant.Lists[graphtest.AuditRecords]))
	}
}

// What the collector brings must have a format and tables to go to.
func TestSourcesHaveAPlace(t *testing.T) {
	kinds := map[string]string{}
	for _, f := range ingest.Formats() {
		kinds[f.Name] = f.Kind
	}
	for _, s := range graph.Sources() {
		if kinds[s.Format] == "" {
			t.Errorf("%s: no format %q", s.Name, s.Format)
		}
		for _, name := range s.Tables {
			if _, ok := schema.Lookup(name); !ok {
				t.Errorf("%s: no table %q", s.Name, name)
			}
		}
		if len(ingest.Mappings(s.Format)) == 0 {
			t.Errorf("%s: format %q fills no table", s.Name, s.Format)
		}
	}
}

func TestPermissions(t *testing.T) {
	c := newCollecting(t, graphtest.Faults{})
	c.server.Scopes = []string{"AuditLog.Read.All", "Mail.ReadWrite"}
	o := &permissionsOptions{program: c.program, signIn: c.signIn, format: "table"}
	if err := o.run(context.Background()); !errors.Is(err, exitError(exitIncomplete)) {
		t.Fatalf("error is %v", err)
	}
	text := c.out.String()
	for _, want := range []string{"AuditLog.Read.All", "granted", "missing", "without it: inbox rules", "adminconsent?client_id=", "warning: this sign-in may also change things (Mail.ReadWrite)"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	c.out.Reset()
	o.script = true
	if err := o.run(context.Background()); err != nil || !strings.Contains(c.out.String(), "az ad app create") {
		t.Errorf("%v\n%s", err, c.out.String())
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{"90d": "2026-08-22T00:00:00Z", "12h": "2026-11-19T12:00:00Z", "2026-09-01": "2026-09-01T00:00:00Z"} {
		var s sinceFlag
		if err := s.Set(text); err != nil || s.start(now).Format(time.RFC3339) != want {
			t.Errorf("%s is %s, error %v", text, s.start(now), err)
		}
	}
	for _, text := range []string{"", "d", "-3d", "90 days", "tomorrow"} {
		if err := new(sinceFlag).Set(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
