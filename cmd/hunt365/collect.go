package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/sdk"
)

// collectOptions are the options of `hunt365 collect`.
type collectOptions struct {
	*program
	caseFlag
	signIn
	sources    []string
	since      sinceFlag
	users      []string
	groups     []string
	allUsers   bool
	sample     int
	stopAfter  time.Duration
	again      bool
	subscribe  bool
	verbose    bool
	clock      graph.Clock
	collecting func(collected)
}

// collected is what a run came to, for those who go on with it.
type collected struct {
	entries []graph.Entry
	records int64
}

func newCollect(p *program) *cobra.Command {
	o := &collectOptions{program: p}
	cmd := &cobra.Command{
		Use:   "collect --tenant TENANT --case DIR",
		Short: "Collect a tenant through Microsoft Graph into a case",
		Long: `Collect signs in, says which permissions are granted and missing, and reads the
tenant's logs and settings into a case. It changes nothing in the tenant, unless
--start-subscriptions says so.

It may be interrupted at any time: the same line again goes on where it was. At
the end it says for every source what is verified, fetched or a gap, and why.
The exit code is 3 where there is a gap.

Every option can also be set as HUNT365_OPTION in the environment (such as
HUNT365_TENANT) or in hunt365/config.yaml in the user's configuration folder.
A client secret is read from HUNT365_CLIENT_SECRET or a file only.` + exitStatus,
		Example: `  hunt365 collect --tenant contoso.onmicrosoft.com --since 90d --case contoso
  hunt365 collect --tenant contoso.onmicrosoft.com --auth certificate --client-id ID \
    --certificate hunt365.pem --all-users --case contoso
  hunt365 collect --tenant contoso.us --cloud gcch --sources logs --case contoso`,
		Args:    cobra.NoArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return applySettings(cmd) },
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.caseFlag.register(cmd)
	o.signIn.register(cmd)
	o.since.ago = 90 * 24 * time.Hour
	f := cmd.Flags()
	f.StringSliceVar(&o.sources, "sources", nil, "what to collect: names, or logs, snapshots, default, all (default: default)")
	f.Var(&o.since, "since", "how far back: 90d, 12h or a date")
	f.StringSliceVar(&o.users, "users", nil, "whose mailboxes to read: user principal names or object ids")
	f.StringSliceVar(&o.groups, "groups", nil, "ids of groups whose members' mailboxes to read (needs "+graph.GroupMembers.Permits[0]+")")
	f.BoolVar(&o.allUsers, "all-users", false, "read every mailbox (default: a sample)")
	f.IntVar(&o.sample, "sample", 25, "how many mailboxes are in the sample")
	f.DurationVar(&o.stopAfter, "stop-after", 0, "longest time for the run (default: none)")
	f.BoolVar(&o.again, "again", false, "read every log a second time and compare")
	f.BoolVar(&o.subscribe, "start-subscriptions", false, "start Management Activity subscriptions; this writes to the tenant")
	f.BoolVar(&o.verbose, "verbose", false, "log every failed request with its ids")
	cmd.MarkFlagsMutuallyExclusive("users", "all-users")
	cmd.MarkFlagsMutuallyExclusive("groups", "all-users")
	complete(cmd, "sources", sourceNames()...)
	return cmd
}

func sourceNames() []string {
	names := []string{"default", "all", "logs", "snapshots"}
	for _, s := range graph.Sources() {
		names = append(names, s.Name)
	}
	return names
}

func (o *collectOptions) run(ctx context.Context) error {
	dir, err := o.find()
	if err != nil {
		return err
	}
	sources, cloud, err := o.choose(o.program, o.sources)
	if err != nil {
		return err
	}
	o.clock = graph.SystemClock{}
	if o.fake != nil {
		o.clock = o.fake.clock
	}
	needed := o.needed(sources, cloud)
	tokens, identity, err := o.open(ctx, o.program, cloud, needed)
	if err != nil {
		return err
	}
	check := graph.CheckPermissions(needed, identity)
	printPreflight(o.err, check, cloud, o.tenant)
	if check.Nothing() {
		return hint(errors.New("nobody has consented to this application: it may read nothing"), "let an administrator consent at the address above, then run the same line again")
	}
	bar := o.newProgress()
	defer bar.clear()
	c, err := openForWriting(dir, "collect", bar)
	if err != nil {
		return err
	}
	sink, err := newCaseSink(c, tenantID(identity, o.tenant))
	if err != nil {
		return errors.Join(err, c.Close())
	}
	entries, err := o.collect(ctx, dir, sink, sources, cloud, tokens)
	if closeErr := sink.close(); err == nil {
		err = closeErr
	}
	if entries != nil {
		printLedger(o.out, entries)
	}
	if ctx.Err() != nil {
		fmt.Fprintln(o.err, "stopped: the case can be used as it is, and the same line again goes on")
	}
	return o.outcome(entries, sink.rejected, err)
}

// needed are the sources to ask permissions for.
func (o *collectOptions) needed(sources []*graph.Source, cloud graph.Cloud) []*graph.Source {
	needed := graph.Available(sources, cloud.Name)
	if len(o.groups) > 0 {
		needed = append(needed, graph.GroupMembers)
	}
	return needed
}

func tenantID(id graph.Identity, named string) string {
	if id.Tenant != "" {
		return id.Tenant
	}
	return named
}

// collect wires a collector to the case and runs it.
func (o *collectOptions) collect(ctx context.Context, dir string, sink *caseSink, sources []*graph.Source, cloud graph.Cloud, tokens graph.TokenSource) ([]graph.Entry, error) {
	shown := o.newCollectProgress(len(sources))
	defer shown.clear()
	c := &graph.Collector{
		Root: cloud.Graph, Sink: sink, Clock: o.clock, Dir: dir, Tenant: sink.tenant, Cloud: cloud.Name,
		Log: o.logger(), Progress: shown.show,
	}
	client := graph.ClientOptions{
		Tokens: tokens, Clock: o.clock, Pacer: graph.NewPacer(o.clock), Log: c.Log, Seed: uint64(o.clock.Now().UnixNano()),
	}
	if o.stopAfter > 0 {
		client.Deadline = o.clock.Now().Add(o.stopAfter)
	}
	if o.fake != nil {
		client.Base = o.fake.client.Transport
	}
	var err error
	if c.Fetch, err = sdk.New(cloud.Graph, client); err != nil {
		return nil, err
	}
	if err := o.activity(c, client, cloud, sources); err != nil {
		return nil, err
	}
	return c.Run(ctx, graph.Plan{
		Sources: sources, Since: o.since.start(o.clock.Now()), Batch: 20, Again: o.again, Subscribe: o.subscribe,
		Mailboxes: graph.Mailboxes{All: o.allUsers, Users: o.users, Groups: o.groups, Sample: o.sample},
	})
}

// activity sets the Management Activity API up when it was asked for: it wants
// a token of its own.
func (o *collectOptions) activity(c *graph.Collector, client graph.ClientOptions, cloud graph.Cloud, sources []*graph.Source) error {
	for _, s := range sources {
		if s.Kind != graph.Feed {
			continue
		}
		tokens, err := o.activityTokens(o.program, cloud)
		if err != nil {
			return err
		}
		client.Tokens = tokens
		c.ActivityRoot = cloud.Activity
		c.Activity = graph.NewHTTPFetcher(cloud.Activity+"/api/v1.0/"+c.Tenant, client)
	}
	return nil
}

func (o *collectOptions) logger() *slog.Logger {
	if !o.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(o.err, nil))
}

// outcome is the exit code: 3 where the ledger has a gap. Windows that the
// service does not keep so long are gaps too, but nobody can close them by
// collecting, so they are said and do not count.
func (o *collectOptions) outcome(entries []graph.Entry, rejected int64, err error) error {
	if o.collecting != nil {
		out := collected{entries: entries}
		for _, e := range entries {
			out.records += e.Records
		}
		o.collecting(out)
	}
	if err != nil {
		return signInError(err)
	}
	if rejected > 0 {
		fmt.Fprintf(o.err, "%d records could not be read; they are in rejects.ndjson\n", rejected)
		return exitError(exitIncomplete)
	}
	for _, e := range entries {
		if e.State.IsGap() && e.State != "expired" {
			return exitError(exitIncomplete)
		}
	}
	return nil
}
