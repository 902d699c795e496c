package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
)

// labelFile is where a case keeps what people decided.
const labelFile = "labels.ndjson"

// investigation is a hunt and what it was asked of.
type investigation struct {
	engine *engine
	clock  hunt.Clock
	report *hunt.Report
	dir    string
}

// Close ends the engine.
func (i *investigation) Close() error { return i.engine.Close() }

// registerCase adds the options that every command which hunts first has.
func (o *huntOptions) registerCase(cmd *cobra.Command) {
	o.caseFlag.register(cmd)
	o.limits.register(cmd)
	cmd.Flags().StringVar(&o.queries, "queries", "", "folder or file of queries instead of the built-in ones")
	cmd.Flags().StringVar(&o.asOf, "as-of", "", "what now() returns, such as 2026-10-03T12:00:00Z (default: the end of the data)")
}

// investigate runs every query over the case and, if asked, draws the incidents
// and verdicts from what it found. The caller closes the result.
func (o *huntOptions) investigate(ctx context.Context, conclude bool) (_ *investigation, err error) {
	list, _, err := loadQueries(o.queries)
	if err != nil {
		return nil, err
	}
	if list, err = tune(o.dir, list); err != nil {
		return nil, err
	}
	eng, err := openEngine(o.dir, o.limits)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, eng.Close())
		}
	}()
	clock, err := asOf(o.asOf, eng)
	if err != nil {
		return nil, err
	}
	labels, err := readLabels(o.dir)
	if err != nil {
		return nil, err
	}
	workers := runtime.GOMAXPROCS(0)
	if o.profile {
		workers = 1 // so that no query waits for another
	}
	runner := hunt.Runner{Engine: eng, Clock: clock, Workers: workers, MaxRows: o.maxRows, Timeout: o.timeout}
	result, err := runner.Run(ctx, list)
	if err != nil {
		return nil, err
	}
	if !conclude {
		hunt.ApplyLabels(result.Findings, labels)
	} else if _, err := hunt.Conclude(ctx, eng, result, labels); err != nil {
		return nil, err
	}
	return &investigation{engine: eng, clock: clock, report: result, dir: o.dir}, nil
}

// investigateCase is investigate for the commands that need a case to be named.
func (o *huntOptions) investigateCase(ctx context.Context) (*investigation, error) {
	dir, err := o.find()
	if err != nil {
		return nil, err
	}
	o.dir = dir
	inv, err := o.investigate(ctx, true)
	if err != nil {
		return nil, err
	}
	for _, r := range inv.report.Results {
		if r.Outcome != hunt.Answered {
			o.explainFailure(r)
		}
	}
	return inv, nil
}

func readLabels(dir string) ([]hunt.Label, error) {
	if dir == "" {
		return nil, nil
	}
	f, err := os.Open(filepath.Join(dir, labelFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read labels: %w", err)
	}
	defer f.Close()
	return hunt.ReadLabels(f)
}

// outputFile opens what -o names, standard output without it.
func (p *program) outputFile(name string, write func(w *os.File) error) (err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return write(f)
}
