package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/report"
)

// timelineOptions are the options of `hunt365 timeline`.
type timelineOptions struct {
	huntOptions
	incident, entity string
}

func newTimeline(p *program) *cobra.Command {
	o := &timelineOptions{huntOptions: huntOptions{program: p}}
	cmd := &cobra.Command{
		Use:   "timeline (--incident ID | --entity NAME) --case DIR",
		Short: "Put the records of an incident or about an entity in one order",
		Long: `Timeline prints one ordered stream of records over all tables: those that an
incident rests on, or those that name an entity (a user, an address, an app, a
session). JSONL and CSV can be taken into Timesketch as they are. An asterisk
marks records that a finding rests on.`,
		Example: "  hunt365 timeline --case acme --incident 1\n  hunt365 timeline --case acme --entity ana@contoso.example --format jsonl > ana.jsonl",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.registerCase(cmd)
	cmd.Flags().StringVar(&o.incident, "incident", "", "id or number of an incident")
	cmd.Flags().StringVar(&o.entity, "entity", "", "text that the records name")
	cmd.Flags().StringVar(&o.format, "format", "table", "table, jsonl or csv")
	complete(cmd, "format", "table", "jsonl", "csv")
	return cmd
}

func (o *timelineOptions) run(ctx context.Context) error {
	format, err := report.FindTimelineFormat(o.format)
	if err != nil {
		return err
	}
	if (o.incident == "") == (o.entity == "") {
		return hint(errors.New("timeline of what?"), "name an --incident or an --entity")
	}
	inv, err := o.investigateCase(ctx)
	if err != nil {
		return err
	}
	defer inv.Close()
	var incident *hunt.Incident
	if o.incident != "" {
		if incident, err = inv.report.Conclusion.Incident(o.incident); err != nil {
			return hint(err, "hunt365 hunt --case %s lists the incidents at its end", o.dir)
		}
	}
	events, err := hunt.Timeline(ctx, inv.engine, inv.clock.Now(), inv.report.Findings, incident, o.entity)
	if err != nil {
		return err
	}
	if len(events) == 0 {
		fmt.Fprintln(o.err, "no record names it; a part of a name will do, in any case")
	}
	if format.Name != "table" {
		events = o.timed(events)
	}
	return format.Write(o.out, events)
}

// timed leaves out records without a time: Timesketch refuses a file with one.
func (o *timelineOptions) timed(events []hunt.Event) []hunt.Event {
	kept := slices.DeleteFunc(events, func(e hunt.Event) bool { return e.Datetime == "" })
	if n := len(events) - len(kept); n > 0 {
		fmt.Fprintf(o.err, "%d records have no time and are left out; --format table shows them\n", n)
	}
	return kept
}
