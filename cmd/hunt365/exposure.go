package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/report"
)

// exposureOptions are the options of `hunt365 exposure`.
type exposureOptions struct {
	huntOptions
	signIn
	scope    hunt.Scope
	incident string
	from, to string
	resolve  bool
}

func newExposure(p *program) *cobra.Command {
	o := &exposureOptions{huntOptions: huntOptions{program: p}}
	cmd := &cobra.Command{
		Use:   "exposure [--app ID] [--user UPN] [--mailbox UPN] [--session ID] [--ip ADDRESS] [--incident ID] --case DIR",
		Short: "List what mail was touched",
		Long: `Exposure accounts for the mail that an app, a user, a session or an address
touched, from MailItemsAccessed and Send records: each message once, folders
that were synchronised as a whole, and what the logs cannot tell as unknown
exposure. Options of different kinds narrow each other; several of one kind add.

With --incident, the accesses are those of the incident's own applications,
sessions and addresses.

With --resolve, and only then, it signs in to the tenant and looks up subject,
sender, date and sensitivity of those messages through Microsoft Graph. It only
reads, fetches no body and no attachment, and says so in the case's audit.ndjson
before the first request; the tenant's own audit log will show these reads too.

The exit code is 3 where some exposure is unknown.` + exitStatus,
		Example: "  hunt365 exposure --case acme --app 842cef72-745d-463c-8b49-ce16ccc5ebd2\n  hunt365 exposure --case acme --user ana@contoso.example --ip 203.0.113.7 --format csv\n  hunt365 exposure --case acme --incident 1 --resolve --auth certificate --client-id ID --certificate hunt365.pem",
		Args:    cobra.NoArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return applySettings(cmd) },
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.registerCase(cmd)
	o.signIn.register(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.resolve, "resolve", false, "look the messages up through Microsoft Graph (reads only)")
	f.StringSliceVar(&o.scope.Apps, "app", nil, "client id of an app")
	f.StringSliceVar(&o.scope.Users, "user", nil, "who acted")
	f.StringSliceVar(&o.scope.Mailboxes, "mailbox", nil, "whose mailbox")
	f.StringSliceVar(&o.scope.Sessions, "session", nil, "session id")
	f.StringSliceVar(&o.scope.IPs, "ip", nil, "address")
	f.StringVar(&o.incident, "incident", "", "id or number of an incident")
	f.StringVar(&o.from, "since", "", "accesses from then on")
	f.StringVar(&o.to, "until", "", "accesses until then")
	f.StringVar(&o.format, "format", "table", "table, json or csv")
	complete(cmd, "format", "table", "json", "csv")
	return cmd
}

func (o *exposureOptions) run(ctx context.Context) error {
	format, err := report.FindExposureFormat(o.format)
	if err != nil {
		return err
	}
	if o.scope.Empty() == (o.incident == "") {
		return hint(errors.New("exposure of whom?"), "name an --app, --user, --mailbox, --session or --ip, or else an --incident")
	}
	e, err := o.account(ctx)
	if err != nil {
		return err
	}
	if e.Records == 0 {
		fmt.Fprintln(o.err, "no record of mail being touched is in this scope")
	}
	if o.resolve {
		if err := o.lookUp(ctx, e); err != nil {
			return err
		}
	}
	if err := format.Write(o.out, e); err != nil {
		return err
	}
	if len(e.Unknown) > 0 {
		return exitError(exitIncomplete)
	}
	return nil
}

func (o *exposureOptions) account(ctx context.Context) (*hunt.Exposure, error) {
	if o.incident != "" {
		inv, err := o.investigateCase(ctx)
		if err != nil {
			return nil, err
		}
		defer inv.Close()
		i, err := inv.report.Conclusion.Incident(o.incident)
		if err != nil {
			return nil, hint(err, "hunt365 hunt --case %s lists the incidents at its end", o.dir)
		}
		if err := inv.report.Conclusion.Expose(ctx, inv.engine, inv.clock.Now()); err != nil {
			return nil, err
		}
		return i.Exposure, nil
	}
	dir, err := o.find()
	if err != nil {
		return nil, err
	}
	eng, err := openEngine(dir, o.limits)
	if err != nil {
		return nil, err
	}
	defer eng.Close()
	if err := o.times(); err != nil {
		return nil, err
	}
	known, err := eng.Coverage(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := hunt.ReadFacts(ctx, eng, eng.Now(), nil)
	if err != nil {
		return nil, err
	}
	return hunt.ReadExposure(ctx, eng, eng.Now(), o.scope, facts, known)
}

func (o *exposureOptions) times() error {
	for i := range o.scope.Apps {
		o.scope.Apps[i] = strings.TrimSpace(o.scope.Apps[i])
	}
	if o.from != "" {
		at, err := asOf(o.from, nil)
		if err != nil {
			return hint(errors.New("--since: not a time"), "write it as 2026-10-03T12:00:00Z or 2026-10-03")
		}
		o.scope.Start = at.Now()
	}
	if o.to != "" {
		at, err := asOf(o.to, nil)
		if err != nil {
			return hint(errors.New("--until: not a time"), "write it as 2026-10-03T12:00:00Z or 2026-10-03")
		}
		o.scope.End = at.Now()
	}
	return nil
}
