package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
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
		Use:   "label [ID (benign|confirmed|remove)] --why TEXT --case DIR",
		Short: "Say of a finding or an incident what it is",
		Long: `Label keeps in the case what you decided about a finding (f-…) or an incident
(i-…), and why. Findings that are benign take no further part in incidents and
verdicts; they are counted, and never lost. The last label of a finding counts;
remove takes it back, and is kept as well.

Without arguments, the labels are printed as they are kept, one a line of JSON.
The findings that hunt and report print carry theirs as status.`,
		Example: `  hunt365 label f-5b1d20aa31c2d4e5 benign --why "our backup product" --case acme
  hunt365 label i-32f200cd45f7 confirmed --why "owner denies it" --case acme
  hunt365 label f-5b1d20aa31c2d4e5 remove --why "it was not" --case acme
  hunt365 label --case acme > labels.ndjson`,
		Args: cobra.MaximumNArgs(2),
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

// labelVerdicts is what the words of the command mean.
var labelVerdicts = map[string]string{"benign": hunt.StatusBenign, "confirmed": hunt.StatusConfirmed, "remove": hunt.StatusNew}

func (o *labelOptions) run(ctx context.Context, args []string) error {
	if len(args) != 2 || labelVerdicts[args[1]] == "" {
		return hint(errors.New("label wants an id and one of benign, confirmed, remove"), "such as: hunt365 label f-5b1d20aa31c2d4e5 benign --why \"our backup product\"")
	}
	if o.why == "" {
		return hint(errors.New("a label needs a reason"), "say it with --why")
	}
	inv, err := o.investigateCase(ctx)
	if err != nil {
		return err
	}
	defer inv.Close()
	id, findings, err := o.covered(inv.report, args[0])
	if err != nil {
		return err
	}
	l := hunt.Label{ID: id, Verdict: labelVerdicts[args[1]], Why: o.why, At: time.Now().UTC().Truncate(time.Second), Findings: findings}
	if u, err := user.Current(); err == nil {
		l.By = u.Username
	}
	if err := appendLine(filepath.Join(o.dir, labelFile), l); err != nil {
		return err
	}
	fmt.Fprintf(o.err, "%s is %s: %s\n", report.Safe(l.ID), l.Verdict, countFindings(len(findings)))
	return nil
}

// covered lists the findings that an id speaks of, and spells the id out. An incident whose findings
// were all labelled benign is no incident any more, but its label is known.
func (o *labelOptions) covered(r *hunt.Report, id string) (whole string, findings []string, err error) {
	for _, f := range r.Findings {
		if f.ID == id {
			return id, []string{id}, nil
		}
	}
	i, err := r.Conclusion.Incident(id)
	if err == nil {
		for _, f := range i.Findings() {
			findings = append(findings, f.ID)
		}
		return i.ID, findings, nil
	}
	labels, readErr := readLabels(o.dir)
	if readErr != nil {
		return "", nil, readErr
	}
	for _, l := range slices.Backward(labels) {
		if l.ID == id {
			return l.ID, l.Findings, nil
		}
	}
	return "", nil, hint(fmt.Errorf("no finding and no incident %q", id), "hunt365 hunt --case %s prints both", o.dir)
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

func countFindings(n int) string {
	if n == 1 {
		return "1 finding"
	}
	return fmt.Sprintf("%d findings", n)
}
