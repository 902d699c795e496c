package main

import (
	"context"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/graph/graphtest"
)

// What goes wrong before anything is collected is one sentence and one piece of
// advice, and no evidence.
func TestCollectFailsInOneSentence(t *testing.T) {
	tests := []struct {
		name string
		with func(*collecting)
		want string
		hint string
	}{
		{"no tenant", func(c *collecting) { c.tenant = "" }, "which tenant?", "--tenant"},
		{"no case", func(c *collecting) { c.dir = "" }, "which case?", "--case"},
		{"wrong tenant", func(c *collecting) { c.tenant = "nowhere.example" }, "there is no such tenant (AADSTS90002)", "--tenant"},
		{"wrong secret", func(c *collecting) { c.server.Secret = "other" }, "the client secret is wrong (AADSTS7000215)", "HUNT365_CLIENT_SECRET"},
		{"no consent", func(c *collecting) {
			c.auth = "device-code"
			c.server.Refusal = graphtest.Refusal{Number: 65001, Status: 400, Code: "invalid_grant", Text: "The user or administrator has not consented."}
		}, "nobody has consented to this application (AADSTS65001)", "/adminconsent?client_id=app"},
		{"no permissions", func(c *collecting) { c.server.Scopes = nil }, "nobody has consented to this application: it may read nothing", "consent"},
		{"unknown source", func(c *collecting) { c.sources = []string{"signins"} }, `unknown source "signins"`, "hunt365 permissions"},
		{"unknown cloud", func(c *collecting) { c.cloud = "mars" }, `unknown cloud "mars": it is one of global, gcch, dod, china`, ""},
		{"unknown method", func(c *collecting) { c.auth = "magic" }, `unknown sign-in method "magic"`, "device-code, browser"},
		{"no method", func(c *collecting) { c.auth = "" }, "how to sign in? there is no terminal", "--auth"},
		{"unused certificate", func(c *collecting) { c.auth, c.certificate = "", "a.pem" }, "a certificate is given, but not that it is to be used", "--auth certificate"},
		{"no certificate", func(c *collecting) { c.auth, c.certificate = "certificate", "absent.pem" }, "the certificate's file cannot be read", "--certificate"},
		{"no sign-in service", func(c *collecting) { c.fake.cloud.Login = "https://127.0.0.1:1/" }, "the sign-in service cannot be reached", "HTTPS_PROXY"},
		{"no Graph", func(c *collecting) { c.fake.cloud.Graph = "https://127.0.0.1:1" }, "Microsoft Graph cannot be reached: dial tcp 127.0.0.1:1: connect: connection refused", "network"},
		{"no group", func(c *collecting) { c.allUsers, c.groups = false, []string{"11111111-0000-0000-0000-000000000000"} }, "the tenant has no group 11111111-0000-0000-0000-000000000000", "object ids"},
		{"group not permitted", func(c *collecting) {
			c.allUsers, c.groups, c.server.Scopes = false, []string{c.server.Tenant.Group}, []string{"AuditLog.Read.All"}
		}, "the sign-in may not read the members of group", "GroupMember.Read.All"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCollecting(t, graphtest.Faults{})
			test.with(c)
			if code := c.exit(c.run(context.Background())); code != exitFailed {
				t.Errorf("exit code %d", code)
			}
			said := failure(c.err.String())
			if len(said) == 0 || !strings.HasPrefix(said[0], "hunt365: "+test.want) || len(said) > 2 {
				t.Fatalf("it says:\n%s", c.err.String())
			}
			if test.hint != "" && (len(said) < 2 || !strings.HasPrefix(said[1], "hint: ") || !strings.Contains(said[1], test.hint)) {
				t.Errorf("it advises:\n%s", c.err.String())
			}
			if c.dir == "" || !isCase(c.dir) {
				return
			}
			for table, n := range c.count(t, "SigninLogs", "UnifiedAuditLog", "TenantUsers") {
				t.Errorf("%d records came into %s", n, table)
			}
		})
	}
}

// failure is what is said from the error on, behind preflight and progress.
func failure(text string) []string {
	i := strings.Index(text, "hunt365: ")
	if i < 0 {
		return nil
	}
	return strings.Split(strings.TrimSpace(text[i:]), "\n")
}
