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
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/report"
)

// fixtureOptions are the options of `hunt365 queries test`.
type fixtureOptions struct {
	*queriesOptions
	update, cross, mutate bool
	cases                 string
	ids                   []string

	all      []*hunt.Query // what --cross holds against every quiet file
	content  fs.FS
	excepted exceptions
	making   sync.Map // case folder → lock
}

// newTest is `hunt365 test queries/ID`, as short as `go test`.
func newTest(p *program) *cobra.Command {
	q := &queriesOptions{program: p}
	cmd := newQueriesTest(q)
	cmd.Flags().StringVar(&q.folder, "queries", "", "folder of queries instead of the built-in ones")
	return cmd
}

func newQueriesTest(q *queriesOptions) *cobra.Command {
	o := &fixtureOptions{queriesOptions: q}
	cmd := &cobra.Command{
		Use:   "test [ID...]",
		Short: "Run queries over their fixtures",
		Long: `Test imports a query's fires.jsonl into a case of its own and compares the
findings with expect.json, then does the same with quiet.jsonl and expects none.
With --cross every query must be silent on every other query's quiet.jsonl too.
With --mutate it takes out one where after the other and expects that a fixture
then breaks; mutations.csv beside the queries names the exceptions.
The exit code is 1 where a query does not do what its fixtures say.`,
		ValidArgsFunction: q.completeIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ids = args
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.update, "update", false, "write expect.json from what is found (needs --queries)")
	f.BoolVar(&o.cross, "cross", false, "hold every query against every quiet file")
	f.BoolVar(&o.mutate, "mutate", false, "check that each where is needed by a fixture")
	f.StringVar(&o.cases, "cases", "", "folder that keeps the fixtures' cases for the next run (default: a temporary one)")
	return cmd
}

func (o *fixtureOptions) run(ctx context.Context) (err error) {
	if o.update && o.folder == "" {
		return hint(errors.New("the built-in queries cannot be updated"), "name their folder: --queries ./queries")
	}
	if o.all, o.content, err = loadQueries(o.folder); err != nil {
		return err
	}
	if o.mutate {
		if o.excepted, err = readExceptions(o.content); err != nil {
			return err
		}
	}
	list, err := o.chosen()
	if err != nil {
		return err
	}
	if o.cases == "" {
		if o.cases, err = os.MkdirTemp("", "hunt365-fixtures-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.cases)) }()
	}
	results := make([][]string, len(list))
	next := make(chan int)
	var workers sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) { // much of it waits for the disk
		workers.Go(func() {
			for i := range next {
				results[i] = o.test(ctx, list[i])
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

// chosen returns the queries to test: those that were named, or all.
func (o *fixtureOptions) chosen() ([]*hunt.Query, error) {
	if len(o.ids) == 0 {
		return o.all, nil
	}
	var list []*hunt.Query
	for _, id := range o.ids {
		q, err := findQuery(o.all, path.Base(filepath.ToSlash(id))) // queries/ID is as good as ID
		if err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return list, nil
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
	if o.mutate && len(o.ids) == 0 {
		for _, stale := range o.excepted.unused() {
			fmt.Fprintf(o.out, "%s: needless or unknown: %s\n", exceptionsFile, report.Safe(stale))
			failed++
		}
	}
	fmt.Fprintf(o.err, "%d queries, %d failures\n", len(list), failed)
	if failed > 0 {
		return exitError(exitFindings)
	}
	return nil
}

// test returns what q does otherwise than its fixtures say.
func (o *fixtureOptions) test(ctx context.Context, q *hunt.Query) (problems []string) {
	t, err := o.openFixtures(ctx, q)
	if err != nil {
		return []string{err.Error()}
	}
	defer func() {
		if err := t.close(); err != nil {
			problems = append(problems, err.Error())
		}
	}()
	fired, quiet, err := t.run(ctx, q)
	switch {
	case err != nil:
		return []string{err.Error()}
	case len(fired) == 0:
		problems = append(problems, "fires.jsonl: no finding")
	default:
		if err := o.compare(path.Join(path.Dir(q.File), "expect.json"), fired); err != nil {
			problems = append(problems, err.Error())
		}
	}
	for _, f := range quiet {
		problems = append(problems, fmt.Sprintf("quiet.jsonl: found %q on %s", f.Why, strings.Join(f.Records, ", ")))
	}
	if o.cross {
		problems = append(problems, o.crossed(ctx, q, t.quiet)...)
	}
	if o.mutate && len(problems) == 0 {
		problems = append(problems, o.survivors(ctx, q, t, fired)...)
	}
	return problems
}

// crossed returns which other queries find something in q's quiet file. Those
// that read none of its tables cannot.
func (o *fixtureOptions) crossed(ctx context.Context, q *hunt.Query, quiet *engine) (problems []string) {
	filled, err := quiet.filled(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	for _, other := range o.all {
		if other.ID == q.ID || !slices.ContainsFunc(namedTables(other.Text), func(t string) bool { return filled[t] }) {
			continue
		}
		found, err := fixtureFindings(ctx, quiet, other)
		if err != nil {
			problems = append(problems, err.Error())
		}
		for _, f := range found {
			problems = append(problems, fmt.Sprintf("quiet.jsonl: %s found %q on %s", other.ID, f.Why, strings.Join(f.Records, ", ")))
		}
	}
	return problems
}

// expected is what a fixture says of a finding: what the query's author decides.
type expected struct {
	Severity hunt.Severity `json:"severity"`
	Why      string        `json:"why"`
	Start    time.Time     `json:"start"`
	End      time.Time     `json:"end"`
	Entities []hunt.Entity `json:"entities"`
	Records  []string      `json:"records"`
}

// golden writes findings as expect.json has them.
func golden(found []hunt.Finding) ([]byte, error) {
	list := []expected{}
	for _, f := range found {
		list = append(list, expected{f.Severity, f.Why, f.Start, f.End, f.Entities, f.Records})
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(list)
	return out.Bytes(), err
}

// compare holds findings against the golden file name, or rewrites it.
func (o *fixtureOptions) compare(name string, found []hunt.Finding) error {
	got, err := golden(found)
	if err != nil {
		return err
	}
	if o.update {
		return os.WriteFile(filepath.Join(o.folder, filepath.FromSlash(name)), got, 0o644)
	}
	want, err := fs.ReadFile(o.content, name)
	if err != nil {
		return err
	}
	if bytes.Equal(want, got) {
		return nil
	}
	return fmt.Errorf("expect.json: %s", firstDifference(string(want), string(got)))
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
