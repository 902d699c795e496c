package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/ingest"
	"github.com/hunt365/hunt365/hunt/report"
)

// fixtureOptions are the options of `hunt365 queries test`.
type fixtureOptions struct {
	*queriesOptions
	update bool
	ids    []string
}

func newQueriesTest(q *queriesOptions) *cobra.Command {
	o := &fixtureOptions{queriesOptions: q}
	cmd := &cobra.Command{
		Use:   "test [ID...]",
		Short: "Run queries over their fixtures",
		Long: `Test imports a query's fires.jsonl into a case of its own and compares the
findings with expect.json, then does the same with quiet.jsonl and expects none.
The exit code is 1 where a query does not do what its fixtures say.`,
		ValidArgsFunction: q.completeIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ids = args
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&o.update, "update", false, "write expect.json from what is found (needs --queries)")
	return cmd
}

func (o *fixtureOptions) run(ctx context.Context) error {
	if o.update && o.folder == "" {
		return hint(errors.New("the built-in queries cannot be updated"), "name their folder: --queries ./queries")
	}
	list, content, err := loadQueries(o.folder)
	if err != nil {
		return err
	}
	if len(o.ids) > 0 {
		var chosen []*hunt.Query
		for _, id := range o.ids {
			q, err := findQuery(list, id)
			if err != nil {
				return err
			}
			chosen = append(chosen, q)
		}
		list = chosen
	}
	results := make([][]string, len(list))
	next := make(chan int)
	var workers sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) { // much of it waits for the disk
		workers.Go(func() {
			for i := range next {
				results[i] = o.test(ctx, content, list[i])
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	return o.conclude(list, results)
}

// conclude prints what is wrong, in the order of the queries.
func (o *fixtureOptions) conclude(list []*hunt.Query, results [][]string) error {
	failed := 0
	for i, q := range list {
		for _, p := range results[i] {
			fmt.Fprintf(o.out, "%s: %s\n", report.Safe(q.ID), safeLines(p))
		}
		if len(results[i]) > 0 {
			failed++
		}
	}
	fmt.Fprintf(o.err, "%d passed, %d failed\n", len(list)-failed, failed)
	if failed > 0 {
		return exitError(exitFindings)
	}
	return nil
}

// test returns what q does otherwise than its fixtures say.
func (o *fixtureOptions) test(ctx context.Context, content fs.FS, q *hunt.Query) (problems []string) {
	dir := path.Dir(q.File)
	fired, err := fixtureFindings(ctx, content, path.Join(dir, "fires.jsonl"), q)
	if err == nil && len(fired) == 0 {
		err = errors.New("fires.jsonl: no finding")
	}
	if err == nil {
		err = o.compare(content, path.Join(dir, "expect.json"), fired)
	}
	if err != nil {
		problems = append(problems, err.Error())
	}
	quiet, err := fixtureFindings(ctx, content, path.Join(dir, "quiet.jsonl"), q)
	if err != nil {
		problems = append(problems, err.Error())
	}
	for _, f := range quiet {
		problems = append(problems, fmt.Sprintf("quiet.jsonl: found %q on %s", f.Why, strings.Join(f.Records, ", ")))
	}
	return problems
}

// compare holds findings against the golden file name, or rewrites it.
func (o *fixtureOptions) compare(content fs.FS, name string, found []hunt.Finding) error {
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(found); err != nil {
		return err
	}
	if o.update {
		return os.WriteFile(filepath.Join(o.folder, filepath.FromSlash(name)), got.Bytes(), 0o644)
	}
	want, err := fs.ReadFile(content, name)
	if err != nil {
		return err
	}
	if bytes.Equal(want, got.Bytes()) {
		return nil
	}
	return fmt.Errorf("expect.json: %s", firstDifference(string(want), got.String()))
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		a, b := "the end", "the end"
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d: want %s, got %s", i+1, strings.TrimSpace(a), strings.TrimSpace(b))
		}
	}
	return "no difference"
}

// fixtureFindings runs q over a case that holds one fixture and nothing else.
func fixtureFindings(ctx context.Context, content fs.FS, name string, q *hunt.Query) (found []hunt.Finding, err error) {
	text, err := fs.ReadFile(content, name)
	if err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "hunt365-fixture-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	dir := filepath.Join(temp, "case")
	bar := &progress{}
	c, err := openForWriting(dir, "queries test", bar)
	if err != nil {
		return nil, err
	}
	result, err := importInto(ctx, c, []string{"-"}, ingest.Options{Stdin: bytes.NewReader(text)}, bar)
	if err := errors.Join(err, c.Close()); err != nil {
		return nil, err
	}
	if result.rejects > 0 || result.summary.New == 0 {
		return nil, fmt.Errorf("%s: %d records taken, %d rejected", name, result.summary.New, result.rejects)
	}
	eng, err := openEngine(dir, limits{})
	if err != nil {
		return nil, err
	}
	defer eng.Close()
	runner := hunt.Runner{Engine: eng, Clock: eng}
	answer, err := runner.Run(ctx, []*hunt.Query{q})
	if err != nil {
		return nil, err
	}
	if failure := answer.Results[0].Err; failure != nil {
		return nil, failure
	}
	for i := range answer.Findings {
		// What else the fixture happens to hold is not the query's matter.
		answer.Findings[i].Coverage = hunt.Answer{State: hunt.Complete, Gaps: []hunt.Coverage{}}
	}
	return answer.Findings, nil
}
