package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/report"
	"github.com/hunt365/hunt365/hunt/store"
)

// caseOptions are the options of `hunt365 case ...`.
type caseOptions struct {
	*program
	caseFlag
}

func newCase(p *program) *cobra.Command {
	cmd := &cobra.Command{Use: "case <command>", Short: "Verify, describe and list cases"}
	verify := &caseOptions{program: p}
	verifyCmd := &cobra.Command{
		Use: "verify --case DIR", Short: "Hash all evidence again and name what was altered", Args: cobra.NoArgs,
		Long: "Verify reads every segment of evidence and the manifest, and names what is not\nas it was written. The exit code is 1 where something was altered." + exitStatus,
		RunE: func(cmd *cobra.Command, _ []string) error { return verify.verify(cmd.Context()) },
	}
	info := &caseOptions{program: p}
	infoCmd := &cobra.Command{
		Use: "info --case DIR", Short: "Say what a case holds", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return info.info(cmd.Context()) },
	}
	verify.register(verifyCmd)
	info.register(infoCmd)
	cmd.AddCommand(verifyCmd, infoCmd, &cobra.Command{
		Use: "list [DIR]", Short: "List the cases in a folder", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return p.listCases(append(args, ".")[0]) },
	})
	return cmd
}

func (o *caseOptions) verify(ctx context.Context) error {
	dir, err := o.find()
	if err != nil {
		return err
	}
	problems, err := store.Verify(ctx, dir)
	if err != nil {
		return caseError(dir, err)
	}
	for _, p := range problems {
		fmt.Fprintf(o.out, "%s: %s: %s\n", report.Safe(p.File), p.Kind, report.Safe(p.Detail))
	}
	if len(problems) > 0 {
		fmt.Fprintf(o.err, "case %s: %d problems\n", report.Safe(dir), len(problems))
		return exitError(exitFindings)
	}
	fmt.Fprintf(o.out, "case %s: all evidence is as it was received\n", report.Safe(dir))
	return nil
}

func (o *caseOptions) info(ctx context.Context) error {
	dir, err := o.find()
	if err != nil {
		return err
	}
	eng, err := openEngine(dir, limits{})
	if err != nil {
		return err
	}
	defer eng.Close()
	known, err := eng.Coverage(ctx)
	if err != nil {
		return err
	}
	about := eng.store.Info()
	fmt.Fprintf(o.out, "case     %s\ntenants  %s\ncreated  %s by %s\nclock    %s\n\n", report.Safe(about.Name), report.Safe(fmt.Sprint(about.Tenants)),
		about.Created.Format(time.RFC3339), report.Safe(about.Tool), eng.Now().Format(time.RFC3339))
	w := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "table\tstate\trecords\tfirst\tlast\tsource")
	for _, c := range known {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", c.Table, c.State, c.Records, day(c.Start), day(c.End), report.Safe(c.Source))
	}
	return w.Flush()
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func (p *program) listCases(dir string) error {
	for _, name := range casesIn(dir) {
		fmt.Fprintln(p.out, report.Safe(name))
	}
	return nil
}
