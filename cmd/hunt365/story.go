package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/report"
)

// storyOptions are the options of `hunt365 story`.
type storyOptions struct {
	huntOptions
	explain bool
	script  bool
}

func newStory(p *program) *cobra.Command {
	o := &storyOptions{huntOptions: huntOptions{program: p}}
	cmd := &cobra.Command{
		Use:   "story INCIDENT --case DIR",
		Short: "Tell one incident in time order",
		Long: `Story tells one incident from its first sign to its last: what happened, on
which records each sentence rests, what was reached, why these findings belong
together, and what to do about it in which order. INCIDENT is its id, the start
of it, or its number in the list that hunt prints.`,
		Example: "  hunt365 story 1 --case acme\n  hunt365 story i-5b1d20 --case acme --explain\n  hunt365 story 1 --case acme --script > contain.ps1",
		Args:    exactly(1, "one incident"),
		RunE:    func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args[0]) },
	}
	o.registerCase(cmd)
	cmd.Flags().BoolVar(&o.explain, "explain", false, "show the arithmetic of the score and what links the findings")
	cmd.Flags().BoolVar(&o.script, "script", false, "print the containment steps as a PowerShell script instead")
	return cmd
}

func (o *storyOptions) run(ctx context.Context, id string) error {
	inv, err := o.investigateCase(ctx)
	if err != nil {
		return err
	}
	defer inv.Close()
	incident, err := inv.report.Conclusion.Incident(id)
	if err != nil {
		return hint(err, "hunt365 hunt --case %s lists the incidents at its end", o.dir)
	}
	if o.script {
		return report.Script(o.out, incident)
	}
	if err := inv.report.Conclusion.Expose(ctx, inv.engine, inv.clock.Now()); err != nil {
		return err
	}
	return report.Story(o.out, incident, o.explain)
}
