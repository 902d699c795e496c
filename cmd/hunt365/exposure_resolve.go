package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/report"
	"github.com/hunt365/hunt365/hunt/store"
)

// auditFile is where a case keeps what was read in the tenant besides collecting.
const auditFile = "audit.ndjson"

// auditLine is one such reading, written before it begins and after it ended.
type auditLine struct {
	At        time.Time        `json:"at"`
	Tool      string           `json:"tool"`
	Action    string           `json:"action"` // resolve or resolved
	Tenant    string           `json:"tenant"`
	App       string           `json:"app,omitempty"`  // as which application
	User      string           `json:"user,omitempty"` // and which user
	Messages  int              `json:"messages"`
	Mailboxes int              `json:"mailboxes"`
	Result    *hunt.Resolution `json:"result,omitempty"`
}

// lookUp fills in what the mailboxes themselves show of the messages.
func (o *exposureOptions) lookUp(ctx context.Context, e *hunt.Exposure) error {
	line := auditLine{Tool: "hunt365 " + version(), Action: "resolve"}
	if line.Messages, line.Mailboxes = e.Resolvable(); line.Messages == 0 {
		fmt.Fprintln(o.err, "there is no message to look up")
		return nil
	}
	dir, err := o.find()
	if err != nil {
		return err
	}
	fetch, id, clock, err := o.openMailboxes(ctx, dir)
	if err != nil {
		return err
	}
	line.At, line.Tenant, line.App, line.User = clock.Now().UTC(), id.Tenant, id.App, id.User
	if err := appendLine(filepath.Join(dir, auditFile), line); err != nil {
		return err
	}
	fmt.Fprintf(o.err, "looking up %d messages in %d mailboxes, reading only; noted in %s\n", line.Messages, line.Mailboxes, auditFile)
	err = e.Resolve(ctx, &graph.MessageResolver{Fetch: fetch})
	line.At, line.Action, line.Result = clock.Now().UTC(), "resolved", e.Resolution
	if err := errors.Join(signInError(err), appendLine(filepath.Join(dir, auditFile), line)); err != nil {
		return err
	}
	for _, u := range e.Resolution.Refused {
		fmt.Fprintf(o.err, "%s: %d messages not looked up: %s\n", report.Safe(u.Mailbox), u.Messages, u.Reason)
	}
	return nil
}

// openMailboxes signs in to a tenant that the case is about, and to no other.
func (o *exposureOptions) openMailboxes(ctx context.Context, dir string) (graph.Fetcher, graph.Identity, graph.Clock, error) {
	var clock graph.Clock = graph.SystemClock{}
	if o.fake != nil {
		clock = o.fake.clock
	}
	tenants, err := tenantsOfCase(dir)
	if err != nil {
		return nil, graph.Identity{}, clock, err
	}
	if o.tenant == "" && len(tenants) == 1 {
		o.tenant = tenants[0]
	}
	_, cloud, err := o.choose(o.program, nil)
	if err != nil {
		return nil, graph.Identity{}, clock, err
	}
	tokens, id, err := o.open(ctx, o.program, cloud, []*graph.Source{graph.Messages})
	if err != nil {
		return nil, id, clock, err
	}
	known := slices.ContainsFunc(tenants, func(t string) bool { return strings.EqualFold(t, id.Tenant) })
	if id.Tenant != "" && len(tenants) > 0 && !known {
		return nil, id, clock, hint(fmt.Errorf("signed in to tenant %s, and the case is about %s", id.Tenant, strings.Join(tenants, ", ")), "name the case's tenant with --tenant")
	}
	if id.Tenant == "" {
		id.Tenant = o.tenant
	}
	client := graph.ClientOptions{Tokens: tokens, Clock: clock, Pacer: graph.NewPacer(clock), Seed: uint64(clock.Now().UnixNano())}
	if o.fake != nil {
		client.Base = o.fake.client.Transport
	}
	return graph.NewHTTPFetcher(cloud.Graph, client), id, clock, nil
}

// tenantsOfCase reads which tenants a case is about.
func tenantsOfCase(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "case.json"))
	if err != nil {
		return nil, fmt.Errorf("read case: %w", err)
	}
	var info store.Info
	if err := json.Unmarshal(text, &info); err != nil {
		return nil, fmt.Errorf("read case: %w", err)
	}
	return info.Tenants, nil
}
