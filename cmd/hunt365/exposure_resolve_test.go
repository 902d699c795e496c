package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/graph/graphtest"
	"github.com/hunt365/hunt365/hunt"
)

// resolve runs exposure --resolve over what c collected, for everyone.
func (c *collecting) resolve(t *testing.T, change func(*exposureOptions)) (hunt.Exposure, error) {
	t.Helper()
	c.out.Reset()
	c.err.Reset()
	o := &exposureOptions{huntOptions: huntOptions{program: c.program, caseFlag: c.caseFlag, format: "json"}, signIn: c.signIn, resolve: true}
	for _, p := range c.server.Tenant.People() {
		o.scope.Mailboxes = append(o.scope.Mailboxes, p.UPN)
	}
	if change != nil {
		change(o)
	}
	err := o.run(context.Background())
	var code exitError
	if errors.As(err, &code) && int(code) == exitIncomplete {
		err = nil
	}
	var e hunt.Exposure
	if err == nil {
		err = json.Unmarshal(c.out.Bytes(), &e)
	}
	return e, err
}

func collected365(t *testing.T) *collecting {
	t.Helper()
	c := newCollecting(t, graphtest.Faults{})
	c.sources = []string{"ual"}
	var code exitError
	if err := c.run(context.Background()); err != nil && !errors.As(err, &code) {
		t.Fatalf("%v\n%s", err, c.err.String())
	}
	c.server.Faults = graphtest.Faults{Throttle: 0.1, Reset: 0.05, Truncate: 0.05, ServerError: 0.05}
	return c
}

// TestExposureResolve looks up what was read in a fake tenant that misbehaves.
func TestExposureResolve(t *testing.T) {
	c := collected365(t)
	before, err := c.resolve(t, func(o *exposureOptions) { o.resolve = false })
	if err != nil || len(before.Messages) < 3 || before.Resolution != nil {
		t.Fatalf("without --resolve: %v, %d messages, %v", err, len(before.Messages), before.Resolution)
	}
	if _, err := os.Stat(filepath.Join(c.dir, auditFile)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the audit trail speaks of what nobody asked for")
	}
	gone := before.Messages[0].ID
	c.server.Gone = []string{gone}
	c.server.Scopes = append(c.server.Scopes, "Mail.Read")
	e, err := c.resolve(t, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, c.err.String())
	}
	if r := e.Resolution; r == nil || r.Gone != 1 || r.Found == 0 || r.Found+r.Gone != r.Asked || len(r.Refused) > 0 {
		t.Errorf("resolution %+v", e.Resolution)
	}
	for _, m := range e.Messages {
		if found := m.Subject != "" && m.From != "" && !m.Received.IsZero() && m.Sensitivity != ""; found == (m.ID == gone) {
			t.Errorf("message %+v, gone is %s", m, gone)
		}
	}
	for path := range c.server.Requests() {
		if strings.Contains(path, "$value") || strings.Contains(path, "attachments") {
			t.Errorf("asked for %s", path)
		}
	}
	checkTrail(t, c, e)
}

// checkTrail wants a line before the first request and one with the result.
func checkTrail(t *testing.T, c *collecting, e hunt.Exposure) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, auditFile))
	if err != nil {
		t.Fatal(err)
	}
	var lines []auditLine
	for l := range bytes.Lines(text) {
		var line auditLine
		if err := json.Unmarshal(l, &line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if len(lines) != 2 || lines[0].Action != "resolve" || lines[0].Result != nil || lines[1].Action != "resolved" || lines[1].Result == nil ||
		lines[0].Messages != e.Resolution.Asked || lines[0].Tenant != c.server.Tenant.ID {
		t.Errorf("audit trail %s", text)
	}
}

func TestExposureResolveRefusals(t *testing.T) {
	c := collected365(t)
	scopes := c.server.Scopes
	e, err := c.resolve(t, nil)
	if err != nil || e.Resolution.Found > 0 || len(e.Resolution.Refused) == 0 {
		t.Errorf("without permission: %v, %+v", err, e.Resolution)
	}
	c.server.Scopes = append(scopes, "Mail.ReadBasic.All")
	e, err = c.resolve(t, nil)
	if err != nil || e.Resolution.Found == 0 || e.Messages[0].Subject == "" || e.Messages[0].Sensitivity != "" {
		t.Errorf("with the basic permission: %v, %+v", err, e.Resolution)
	}
	other := filepath.Join(c.dir, "case.json")
	text, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	moved := strings.ReplaceAll(string(text), c.server.Tenant.ID, "99999999-0000-0000-0000-000000000000")
	if err := os.WriteFile(other, []byte(moved), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.resolve(t, nil); err == nil || !strings.Contains(err.Error(), "the case is about") {
		t.Errorf("another tenant's case: %v", err)
	}
}
