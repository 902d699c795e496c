package main

import (
	"context"
	"errors"

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
session). JSONL and CSV can be taken into Timesketch as they are.`,
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
			return err
		}
	}
	events, err := hunt.Timeline(ctx, inv.engine, inv.clock.Now(), inv.report.Findings, incident, o.entity)
	if err != nil {
		return err
	}
	return format.Write(o.out, events)
}
