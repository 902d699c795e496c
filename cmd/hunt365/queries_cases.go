package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/ingest"
)

// fixtures are the two cases of one query.
type fixtures struct{ fires, quiet *engine }

func (o *fixtureOptions) openFixtures(ctx context.Context, q *hunt.Query) (t *fixtures, err error) {
	t = &fixtures{}
	dir := path.Dir(q.File)
	if t.fires, err = o.openFixture(ctx, path.Join(dir, "fires.jsonl")); err != nil {
		return nil, err
	}
	if t.quiet, err = o.openFixture(ctx, path.Join(dir, "quiet.jsonl")); err != nil {
		return nil, errors.Join(err, t.fires.Close())
	}
	return t, nil
}

func (t *fixtures) close() error { return errors.Join(t.fires.Close(), t.quiet.Close()) }

// run returns what q finds in both cases.
func (t *fixtures) run(ctx context.Context, q *hunt.Query) (fired, quiet []hunt.Finding, err error) {
	if fired, err = fixtureFindings(ctx, t.fires, q); err != nil {
		return nil, nil, err
	}
	quiet, err = fixtureFindings(ctx, t.quiet, q)
	return fired, quiet, err
}

// openFixture opens the case that holds one fixture and nothing else, and makes
// it if a former run left none.
func (o *fixtureOptions) openFixture(ctx context.Context, name string) (*engine, error) {
	text, err := fs.ReadFile(o.content, name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	dir := filepath.Join(o.cases, hex.EncodeToString(sum[:12]))
	one, _ := o.making.LoadOrStore(dir, &sync.Mutex{}) // two queries may have the same fixture
	one.(*sync.Mutex).Lock()
	defer one.(*sync.Mutex).Unlock()
	if !isCase(dir) {
		if err := o.importFixture(ctx, dir, name, text); err != nil {
			return nil, err
		}
	}
	return openEngine(dir, limits{})
}

func (o *fixtureOptions) importFixture(ctx context.Context, dir, name string, text []byte) error {
	part := dir + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	bar := &progress{}
	c, err := openForWriting(part, "queries test", bar)
	if err != nil {
		return err
	}
	result, err := importInto(ctx, c, []string{"-"}, ingest.Options{Stdin: bytes.NewReader(text)}, bar)
	if err := errors.Join(err, c.Close()); err != nil {
		return err
	}
	if result.rejects > 0 || result.summary.New == 0 {
		return fmt.Errorf("%s: %d records taken, %d rejected", name, result.summary.New, result.rejects)
	}
	return os.Rename(part, dir)
}

// filled tells which tables have rows.
func (e *engine) filled(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{"Coverage": true}
	for _, t := range e.Tables() {
		rows, err := e.Query(ctx, hunt.Request{Text: t.Name + " | take 1 | project Any = 1", Now: e.Now()})
		if err != nil {
			return nil, err
		}
		out[t.Name] = rows.Next()
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fixtureFindings runs q over one case.
func fixtureFindings(ctx context.Context, eng *engine, q *hunt.Query) ([]hunt.Finding, error) {
	runner := hunt.Runner{Engine: eng, Clock: eng}
	answer, err := runner.Run(ctx, []*hunt.Query{q})
	if err != nil {
		return nil, err
	}
	if failure := answer.Results[0].Err; failure != nil {
		return nil, failure
	}
	return answer.Findings, nil
}
