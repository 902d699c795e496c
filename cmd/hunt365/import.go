package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/ingest"
	"github.com/hunt365/hunt365/hunt/store"
)

// importOptions are the options of `hunt365 import`.
type importOptions struct {
	*program
	caseFlag
	paths []string
}

func newImport(p *program) *cobra.Command {
	o := &importOptions{program: p}
	cmd := &cobra.Command{
		Use:   "import PATH... --case DIR",
		Short: "Take audit exports into a case",
		Long: `Import reads files, folders, .gz, .zst and .zip, or standard input for -, and
recognises audit exports by their content. Every record is kept as it came, as
hashed evidence in the case, which is made if there is none. A record that the
case holds already changes nothing.

What cannot be taken is named, and goes to rejects.ndjson in the case.` + exitStatus,
		Example: `  hunt365 import ./exports --case acme
  hunt365 import audit.csv sign-ins.json.gz --case acme
  zcat audit.jsonl.gz | hunt365 import - --case acme`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			return o.run(cmd.Context())
		},
	}
	o.caseFlag.register(cmd)
	return cmd
}

func (o *importOptions) run(ctx context.Context) error {
	dir, err := o.find()
	if err != nil {
		return err
	}
	for _, p := range o.paths { // before a case is made for nothing
		if _, err := os.Stat(p); p != "-" && err != nil {
			return fmt.Errorf("import: %w", err)
		}
	}
	bar := o.newProgress()
	defer bar.clear()
	c, err := openForWriting(dir, "import", bar)
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(importMemory)
	result, err := importInto(ctx, c, o.paths, ingest.Options{Stdin: o.in}, bar)
	bar.clear()
	if closeErr := c.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	result.print(o.out)
	return result.status(o.paths)
}

// importMemory makes the collector work harder rather than let its heap double
// when the ids of ten million records are in it. In bytes.
const importMemory = 300 << 20

// imported is one file's summary with what was new in it.
type imported struct {
	ingest.File
	fresh, duplicate int64
	reject           *ingest.Reject // the first one
}

// importResult is what an import did.
type importResult struct {
	dir     string
	files   []imported
	summary store.Summary
	rejects int64
}

// importInto reads paths into c.
func importInto(ctx context.Context, c *store.Case, paths []string, opts ingest.Options, bar *progress) (*importResult, error) {
	result := &importResult{dir: c.Dir()}
	rejects, err := openRejects(filepath.Join(c.Dir(), "rejects.ndjson"))
	if err != nil {
		return nil, err
	}
	var now imported
	var rejectErr error
	opts.OnFile = func(f ingest.File) {
		now.File = f
		result.files = append(result.files, now)
		now = imported{}
	}
	opts.OnReject = func(r ingest.Reject) {
		result.rejects++
		if now.reject == nil {
			now.reject = &r
		}
		rejectErr = errors.Join(rejectErr, rejects.add(r))
	}
	total := sizeOf(paths)
	opts.OnBytes = func(n int64) { bar.show("reading", n, total) }
	result.summary, err = c.Append(ctx, "import", func(add store.AddFunc) error {
		return ingest.Walk(ctx, paths, opts, func(r *ingest.Record) error {
			fresh, err := add(&store.Record{
				Kind: r.Kind, Format: r.Format, ID: r.ID, Time: r.Time, Timed: r.Timed, Tenant: r.Tenant, Raw: r.Raw, File: r.File, Line: r.Line,
			})
			if fresh {
				now.fresh++
			} else {
				now.duplicate++
			}
			return err
		})
	})
	return result, errors.Join(err, rejectErr, rejects.close())
}

// sizeOf adds up the files under paths, for the progress bar; what cannot be
// seen counts nothing.
func sizeOf(paths []string) (total int64) {
	for _, p := range paths {
		_ = filepath.WalkDir(p, func(_ string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // the import itself reports it
			}
			if info, err := d.Info(); err == nil {
				total += info.Size()
			}
			return nil
		})
	}
	return total
}

// status picks the exit code: 2 where nothing could be read, 3 where something
// could not. Unknown files in a folder are only mentioned; a file that the user
// named must be readable.
func (r *importResult) status(named []string) error {
	read, bad := false, r.rejects > 0 || r.summary.Unmapped > 0
	for _, f := range r.files {
		switch f.State {
		case ingest.Taken, ingest.Empty, ingest.Skipped:
			read = true
		case ingest.Failed:
			bad = true
			read = read || f.Read > 0
		case ingest.Unknown:
			bad = bad || slices.Contains(named, f.Name)
		}
	}
	switch {
	case !read:
		return exitError(exitFailed)
	case bad:
		return exitError(exitIncomplete)
	}
	return nil
}
