package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/store"
)

// benchOptions are the options of `hunt365 bench ...`.
type benchOptions struct {
	*program
	records int
	dir     string
}

func newBench(p *program) *cobra.Command {
	o := &benchOptions{program: p}
	cmd := &cobra.Command{
		Use:   "bench <command>",
		Short: "Measure import, hunt and KQL on generated records",
		Long:  "Bench generates unified audit log records of an invented tenant and measures on\nthem; the same machine and the same run give both sides of each ratio.",
	}
	cmd.PersistentFlags().IntVar(&o.records, "records", 500_000, "how many records to generate")
	cmd.PersistentFlags().StringVar(&o.dir, "dir", "", "folder to work in, kept afterwards (default: a temporary one)")
	cmd.AddCommand(&cobra.Command{
		Use: "import", Short: "Compare import with DuckDB's own reader on one file", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.inFolder(cmd.Context(), o.benchImport) },
	}, &cobra.Command{
		Use: "hunt", Short: "Compare every query with one group-by", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.inFolder(cmd.Context(), o.benchHunt) },
	}, newBenchKQL(o), &cobra.Command{
		Use: "read FILE DATABASE", Short: "Read a file with DuckDB's own reader into one table", Args: cobra.ExactArgs(2), Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error { return store.ReadJSON(cmd.Context(), args[0], args[1]) },
	}, &cobra.Command{
		Use: "read-tables FILE DATABASE", Short: "Read a file with DuckDB's own reader into the tables of a case", Args: cobra.ExactArgs(2), Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return store.ReadTables(cmd.Context(), args[0], args[1], storeOptions())
		},
	})
	cmd.AddCommand(newBenchGen(o.program))
	cmd.AddCommand(newBenchTables(o.program)...)
	return cmd
}

// inFolder runs a benchmark in its folder.
func (o *benchOptions) inFolder(ctx context.Context, run func(context.Context, string) error) error {
	if o.dir != "" {
		if err := os.MkdirAll(o.dir, 0o700); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		return run(ctx, o.dir)
	}
	temp, err := os.MkdirTemp("", "hunt365-bench-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(temp)
	return run(ctx, temp)
}

// generate writes the records, unless a former run left them, and returns the
// file and its size.
func (o *benchOptions) generate(dir string) (name string, size int64, err error) {
	name = filepath.Join(dir, fmt.Sprintf("ual-%d.jsonl", o.records))
	if info, err := os.Stat(name); err == nil {
		return name, info.Size(), nil
	}
	f, err := os.Create(name + ".part")
	if err != nil {
		return "", 0, fmt.Errorf("bench: %w", err)
	}
	size, err = newGenerator(1).write(f, o.records)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(name+".part", name)
	}
	return name, size, err
}

// spent is what one child process took.
type spent struct {
	elapsed time.Duration
	peak    int64 // bytes of memory
}

// self runs this program with args in a process of its own, so that its memory
// is its own too.
func (o *benchOptions) self(ctx context.Context, args ...string) (spent, error) {
	exe, err := os.Executable()
	if err != nil {
		return spent{}, err
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Stderr = o.err
	start := time.Now()
	err = cmd.Run()
	r := spent{elapsed: time.Since(start)}
	if err != nil {
		return r, fmt.Errorf("bench: %v: %w", args, err)
	}
	r.peak = peakMemory(cmd.ProcessState)
	return r, nil
}

func (o *benchOptions) benchImport(ctx context.Context, dir string) error {
	name, size, err := o.generate(dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.out, "%d records, %.0f MB\n", o.records, float64(size)/1e6)
	target := filepath.Join(dir, "case")
	database := filepath.Join(dir, "read.duckdb")
	if err := errors.Join(os.RemoveAll(target), os.RemoveAll(database)); err != nil {
		return err
	}
	read, err := o.self(ctx, "bench", "read", name, database)
	if err != nil {
		return err
	}
	o.line("DuckDB read_json into one table", size, read)
	if err := os.RemoveAll(database); err != nil {
		return err
	}
	same, err := o.self(ctx, "bench", "read-tables", name, database)
	if err != nil {
		return err
	}
	o.line("DuckDB read_json into the same tables", size, same)
	taken, err := o.self(ctx, "import", name, "--case", target)
	if err != nil {
		return err
	}
	o.line("hunt365 import (evidence, hashes, tables)", size, taken)
	fmt.Fprintf(o.out, "ratio %.2f of DuckDB's rate into the same columns, %.2f of its rate into one table\n",
		same.elapsed.Seconds()/taken.elapsed.Seconds(), read.elapsed.Seconds()/taken.elapsed.Seconds())
	return nil
}

func (o *benchOptions) line(what string, size int64, r spent) {
	fmt.Fprintf(o.out, "%-42s %6.1f s  %6.1f MB/s  peak %4.0f MB\n", what, r.elapsed.Seconds(), float64(size)/1e6/r.elapsed.Seconds(), float64(r.peak)/1e6)
}

func (o *benchOptions) benchHunt(ctx context.Context, dir string) error {
	name, _, err := o.generate(dir)
	if err != nil {
		return err
	}
	target := filepath.Join(dir, "case")
	if !isCase(target) {
		if _, err := o.self(ctx, "import", name, "--case", target); err != nil {
			return err
		}
	}
	list, _, err := loadQueries("")
	if err != nil {
		return err
	}
	eng, err := openEngine(target, limits{})
	if err != nil {
		return err
	}
	defer eng.Close()
	base, err := o.time(ctx, eng, "UnifiedAuditLog | summarize count() by Operation")
	if err != nil {
		return err
	}
	fmt.Fprintf(o.out, "%8.3f s  %6s  count by Operation\n", base.Seconds(), "1.0")
	var total time.Duration
	for _, q := range list {
		took, err := o.time(ctx, eng, q.Text)
		if err != nil {
			return fmt.Errorf("bench: query %s: %w", q.ID, err)
		}
		total += took
		fmt.Fprintf(o.out, "%8.3f s  %6.1f  %s\n", took.Seconds(), took.Seconds()/base.Seconds(), q.ID)
	}
	mean := total / time.Duration(len(list))
	fmt.Fprintf(o.out, "%d queries in %.1f s, on average %.1f times the group-by\n", len(list), total.Seconds(), mean.Seconds()/base.Seconds())
	return nil
}

// time runs a query to its end, twice, and takes the second.
func (o *benchOptions) time(ctx context.Context, eng *engine, text string) (took time.Duration, err error) {
	for range 2 {
		start := time.Now()
		rows, err := eng.Query(ctx, hunt.Request{Text: text, Now: eng.Now()})
		if err != nil {
			return 0, err
		}
		for rows.Next() { //nolint:revive // only the time matters
		}
		err = rows.Err()
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return 0, err
		}
		took = time.Since(start)
	}
	return took, nil
}
