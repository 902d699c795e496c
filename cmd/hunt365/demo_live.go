package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/entra"
	"github.com/hunt365/hunt365/graph/graphtest"
)

// demoNow is when the fictional tenant is collected. The demo's clock jumps, so
// that hours of polite waiting take no time.
var demoNow = time.Date(2026, 11, 20, 12, 1, 0, 0, time.UTC)

// collectDemo collects a fictional, compromised tenant into the case in dir, over
// HTTPS on the loopback interface, from a service that misbehaves now and then.
func (p *program) collectDemo(ctx context.Context, dir string) error {
	clock := graph.NewSimClock(demoNow)
	tenant := graphtest.NewTenant(graphtest.Config{Seed: 365, Now: demoNow.Add(-time.Minute), Days: 29, Intrusions: graphtest.Intrusions()})
	var scopes []string
	for _, s := range graph.Sources() {
		scopes = append(append(scopes, s.Permits...), s.Also...)
	}
	server := &graphtest.Server{
		Tenant: tenant, Now: clock.Now, Secret: "demo", Scopes: scopes, Limits: true,
		Faults: graphtest.Faults{Throttle: 0.03, ServerError: 0.03, Truncate: 0.02, Reset: 0.02, Duplicate: 0.05},
	}
	live := graphtest.Serve(server)
	defer live.Close()
	talk := *p
	talk.out = p.err // the demo's data are its findings
	talk.fake = &fakeTenant{
		cloud:  graph.Cloud{Name: "global", Graph: live.URL, Login: live.URL + "/", Activity: live.URL},
		client: live.Client, clock: clock, secret: server.Secret,
	}
	o := &collectOptions{
		program: &talk, caseFlag: caseFlag{dir: dir}, allUsers: true, since: sinceFlag{ago: 30 * 24 * time.Hour},
	}
	o.tenant, o.client, o.auth = tenant.ID, "11111111-2222-3333-4444-555555555555", string(entra.Secret)
	fmt.Fprintf(p.err, "collecting the fictional tenant %s from %s\n", tenant.Name, live.URL)
	err := o.run(ctx)
	if errors.Is(err, exitError(exitIncomplete)) { // said in the ledger, and by hunt again
		return nil
	}
	return err
}
