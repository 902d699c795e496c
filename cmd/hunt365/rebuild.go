package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/report"
)

// rebuildOptions are the options of `hunt365 rebuild`.
type rebuildOptions struct {
	*program
	caseFlag
}

func newRebuild(p *program) *cobra.Command {
	o := &rebuildOptions{program: p}
	cmd := &cobra.Command{
		Use:   "rebuild --case DIR",
		Short: "Make the database of a case anew from its evidence",
		Long:  "Rebuild throws the database of a case away and makes it anew from the evidence.\nThe evidence is only read; every query answers as before.",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.register(cmd)
	return cmd
}

func (o *rebuildOptions) run(ctx context.Context) error {
	dir, err := o.find()
	if err != nil {
		return err
	}
	if !isCase(dir) { // opening for writing would make one
		return hint(fmt.Errorf("no case in %s", dir), "hunt365 import PATH --case %s makes one", dir)
	}
	bar := o.newProgress()
	defer bar.clear()
	c, err := openForWriting(dir, "rebuild", bar)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Rebuild(ctx); err != nil {
		return err
	}
	bar.clear()
	fmt.Fprintf(o.out, "case %s: rebuilt from %d segments of evidence\n", report.Safe(dir), len(c.Entries()))
	return nil
}
