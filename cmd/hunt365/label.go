package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/report"
)

// labelOptions are the options of `hunt365 label`.
type labelOptions struct {
	huntOptions
	why string
}

func newLabel(p *program) *cobra.Command {
	o := &labelOptions{huntOptions: huntOptions{program: p}}
	cmd := &cobra.Command{
		Use:   "label ID (benign|confirmed) --why TEXT --case DIR",
		Short: "Say of a finding or an incident what it is",
		Long: `Label keeps in the case what you decided about a finding (f-…) or an incident
(i-…), and why. Findings that are benign take no further part in incidents and
verdicts; they are counted, and never lost. The last label of a finding counts.
Without arguments, the labels are printed as they are kept, one a line.`,
		Example: "  hunt365 label f-5b1d20aa31c2d4e5 benign --why \"our backup product\" --case acme\n  hunt365 label --case acme > labels.ndjson",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return o.list()
			}
			return o.run(cmd.Context(), args)
		},
	}
	o.registerCase(cmd)
	cmd.Flags().StringVar(&o.why, "why", "", "the reason")
	return cmd
}

func (o *labelOptions) list() error {
	dir, err := o.find()
	if err != nil {
		return err
	}
	labels, err := readLabels(dir)
	if err != nil {
		return err
	}
	e := json.NewEncoder(o.out)
	for _, l := range labels {
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

func (o *labelOptions) run(ctx context.Context, args []string) error {
	if len(args) != 2 || args[1] != hunt.StatusBenign && args[1] != hunt.StatusConfirmed {
		return hint(errors.New("label wants an id and benign or confirmed"), "such as: hunt365 label f-5b1d20aa31c2d4e5 benign --why \"our backup product\"")
	}
	if o.why == "" {
		return hint(errors.New("a label needs a reason"), "say it with --why")
	}
	inv, err := o.investigateCase(ctx)
	if err != nil {
		return err
	}
	defer inv.Close()
	findings, err := covered(inv.report, args[0])
	if err != nil {
		return err
	}
	l := hunt.Label{ID: args[0], Verdict: args[1], Why: o.why, At: time.Now().UTC().Truncate(time.Second), Findings: findings}
	if u, err := user.Current(); err == nil {
		l.By = u.Username
	}
	if err := appendLine(filepath.Join(o.dir, labelFile), l); err != nil {
		return err
	}
	fmt.Fprintf(o.err, "%s is %s: %d findings\n", report.Safe(l.ID), l.Verdict, len(findings))
	return nil
}

// covered lists the findings that an id speaks of.
func covered(r *hunt.Report, id string) ([]string, error) {
	for _, f := range r.Findings {
		if f.ID == id {
			return []string{id}, nil
		}
	}
	i, err := r.Conclusion.Incident(id)
	if err != nil {
		return nil, hint(fmt.Errorf("no finding and no incident %q", id), "hunt365 hunt prints both")
	}
	var out []string
	for _, f := range i.Findings() {
		out = append(out, f.ID)
	}
	return out, nil
}

// appendLine adds one line of JSON to a file of the case.
func appendLine(name string, v any) (err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(name), err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(name), err)
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(name), err)
	}
	return f.Sync()
}
