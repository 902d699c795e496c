package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/ingest"
)

// demoFS holds the exports of an invented tenant: a month of ordinary work, and
// two evenings on which someone changes how a domain signs in, adds a key to an
// application and reads mail with it.
//
//go:embed demo/*.jsonl
var demoFS embed.FS

// demoOptions are the options of `hunt365 demo`.
type demoOptions struct {
	*program
	huntOptions *huntOptions
	keep        string
	live        bool
}

func newDemo(p *program) *cobra.Command {
	o := &demoOptions{program: p, huntOptions: &huntOptions{program: p, failOn: "low"}}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Hunt in a bundled, invented tenant",
		Long: `Demo imports the exports of an invented tenant into a case and hunts in it, as
import and hunt would. The case is thrown away, unless --keep names a folder.

With --live, an invented tenant is served on this machine as Microsoft Graph
would serve it, faults included, and collected over HTTPS as collect would. The
clock is simulated, so that hours of polite waiting pass at once.` + exitStatus,
		Example: "  hunt365 demo\n  hunt365 demo --live\n  hunt365 demo --keep contoso && hunt365 case info --case contoso",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	cmd.Flags().StringVar(&o.huntOptions.format, "format", "table", "table, json or jsonl")
	cmd.Flags().BoolVar(&o.live, "live", false, "collect an invented tenant over HTTPS instead")
	cmd.Flags().StringVar(&o.keep, "keep", "", "folder to keep the case in")
	complete(cmd, "format", "table", "json", "jsonl")
	return cmd
}

func (o *demoOptions) run(ctx context.Context) (err error) {
	temp, err := os.MkdirTemp("", "hunt365-demo-")
	if err != nil {
		return fmt.Errorf("make the demo: %w", err)
	}
	defer func() {
		if removeErr := os.RemoveAll(temp); err == nil {
			err = removeErr
		}
	}()
	exports := filepath.Join(temp, "exports")
	if err := os.CopyFS(exports, mustSub(demoFS, "demo")); err != nil {
		return fmt.Errorf("make the demo: %w", err)
	}
	dir := o.keep
	if dir == "" {
		dir = filepath.Join(temp, "demo")
	} else if isCase(dir) {
		return hint(fmt.Errorf("%s is a case already", dir), "name a folder that does not exist yet")
	}
	if o.live {
		err = o.collectDemo(ctx, dir)
	} else {
		err = o.build(ctx, dir, exports)
	}
	if err != nil {
		return err
	}
	o.huntOptions.dir = dir
	return o.huntOptions.run(ctx)
}

func (o *demoOptions) build(ctx context.Context, dir, exports string) error {
	bar := o.newProgress()
	defer bar.clear()
	c, err := openForWriting(dir, "demo", bar)
	if err != nil {
		return err
	}
	result, err := importInto(ctx, c, []string{exports}, ingest.Options{}, bar)
	if err := errors.Join(err, c.Close()); err != nil {
		return err
	}
	fmt.Fprintf(o.err, "imported %d records of an invented tenant\n", result.summary.New)
	return nil
}

// mustSub is fs.Sub for a folder that is embedded, and so is there.
func mustSub(fsys fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		panic(err)
	}
	return sub
}
