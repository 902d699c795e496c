package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
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

// GCC High has no audit search. The activity feed stands in for it, and only an
// option of its own lets it write a subscription.
func TestCollectInGCCHigh(t *testing.T) {
	for _, subscribe := range []bool{false, true} {
		t.Run(fmt.Sprint("subscribe ", subscribe), func(t *testing.T) {
			c := newCollecting(t, graphtest.Faults{})
			c.cloud, c.fake.cloud.Name, c.subscribe = "gcch", "gcch", subscribe
			c.sources = []string{"ual", "activity-feed", "domains"}
			if code := c.exit(c.run(context.Background())); code != exitIncomplete {
				t.Fatalf("exit code %d:\n%s", code, c.err.String())
			}
			if !strings.Contains(c.out.String(), "the gcch cloud does not offer unified audit log") {
				t.Errorf("the ledger does not say what the cloud lacks:\n%s", c.out.String())
			}
			starts := c.server.Requests()["/activity/feed/subscriptions/start"]
			records := c.count(t, "UnifiedAuditLog")["UnifiedAuditLog"]
			if want := int64(len(c.server.Tenant.Lists[graphtest.AuditRecords])); subscribe && (starts != 4 || records != want) {
				t.Errorf("%d subscriptions, %d of %d records", starts, records, want)
			}
			if !subscribe && (starts != 0 || records != 0 || !strings.Contains(c.out.String(), "--start-subscriptions (this writes to the tenant)")) {
				t.Errorf("%d subscriptions, %d records:\n%s", starts, records, c.out.String())
			}
		})
	}
}

// A network that goes away in mid-run is a gap in the ledger, and the same line
// goes on when it is back.
func TestNetworkIsLostAndComesBack(t *testing.T) {
	c := newCollecting(t, graphtest.Faults{})
	whole := c.fake.client.Transport
	cut := &cutOff{next: whole, after: 12}
	c.fake.client = &http.Client{Transport: cut}
	if code := c.exit(c.run(context.Background())); code != exitIncomplete && code != exitFailed {
		t.Fatalf("exit code %d:\n%s", code, c.err.String())
	}
	if text := c.out.String() + c.err.String(); !strings.Contains(text, "check the network") {
		t.Errorf("it says:\n%s", text)
	}
	cut.after = 1 << 30
	if code := c.exit(c.run(context.Background())); code != exitIncomplete && code != exitClean {
		t.Fatalf("exit code %d:\n%s", code, c.err.String())
	}
	if n, want := c.count(t, "UnifiedAuditLog")["UnifiedAuditLog"], int64(len(c.server.Tenant.Lists[graphtest.AuditRecords])); n != want {
		t.Errorf("%d audit records, want %d", n, want)
	}
}

// cutOff is a network that ends after some requests.
type cutOff struct {
	next  http.RoundTripper
	mu    sync.Mutex
	after int
}

func (c *cutOff) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.after--
	over := c.after < 0
	c.mu.Unlock()
	if over {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("network is unreachable")}
	}
	return c.next.RoundTrip(req)
}
