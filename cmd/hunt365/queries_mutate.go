package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/hunt365/hunt365/hunt"
)

// exceptionsFile names, beside the queries, the where steps that no fixture
// needs, each with the reason: query, where, reason.
const exceptionsFile = "mutations.csv"

type exception struct{ query, where string }

// exceptions tells which where steps need no fixture; used counts how often
// each was called for.
type exceptions struct {
	mu   *sync.Mutex
	used map[exception]int
}

func readExceptions(content fs.FS) (exceptions, error) {
	e := exceptions{&sync.Mutex{}, map[exception]int{}}
	text, err := fs.ReadFile(content, exceptionsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return e, fmt.Errorf("read exceptions: %w", err)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = 3
	all, err := r.ReadAll()
	if err != nil {
		return e, fmt.Errorf("read %s: %w", exceptionsFile, err)
	}
	for i, line := range all {
		if i == 0 {
			continue
		}
		if line[2] == "" {
			return e, fmt.Errorf("read %s: line %d gives no reason", exceptionsFile, i+1)
		}
		e.used[exception{line[0], line[1]}] = 0
	}
	return e, nil
}

func (e exceptions) allow(x exception) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.used[x]; !ok {
		return false
	}
	e.used[x]++
	return true
}

// unused lists the exceptions that nothing called for.
func (e exceptions) unused() (out []string) {
	left := map[string]bool{}
	for x, n := range e.used {
		if n == 0 {
			left[x.query+": "+x.where] = true
		}
	}
	return sortedKeys(left)
}

// survivors returns the where steps that can be taken out of q with no change
// on its fixtures.
func (o *fixtureOptions) survivors(ctx context.Context, q *hunt.Query, t *fixtures, fired []hunt.Finding) (problems []string) {
	want, err := golden(fired)
	if err != nil {
		return []string{err.Error()}
	}
	for _, step := range whereSteps(q.Text) {
		mutant := *q
		mutant.Text = q.Text[:step.start] + q.Text[step.end:]
		fired, quiet, err := t.run(ctx, &mutant)
		if err != nil || len(quiet) > 0 {
			continue
		}
		if got, err := golden(fired); err != nil || !bytes.Equal(got, want) {
			continue
		}
		if where := strings.Join(strings.Fields(q.Text[step.start:step.end]), " "); !o.excepted.allow(exception{q.ID, where}) {
			problems = append(problems, "no fixture needs: "+where)
		}
	}
	return problems
}

// step is a piece of a query text, in bytes.
type step struct{ start, end int }

// whereSteps finds each `| where ...` of a text, up to what follows it.
func whereSteps(text string) (out []step) {
	type open struct{ start, depth int }
	var inside []open
	depth := 0
	finish := func(at int) { // ends the step that stands at this depth
		if n := len(inside) - 1; n >= 0 && inside[n].depth == depth {
			out = append(out, step{inside[n].start, at})
			inside = inside[:n]
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			i = endOfText(text, i)
		case strings.HasPrefix(text[i:], "//"):
			if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
				i += n
			}
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			finish(i)
			depth--
		case c == ';':
			finish(i)
		case c == '|':
			finish(i)
			if strings.HasPrefix(strings.TrimLeft(text[i+1:], " \n"), "where ") {
				inside = append(inside, open{i, depth})
			}
		}
	}
	finish(len(text))
	return out
}

// endOfText returns where the quoted text that starts at i ends. A verbatim one,
// after @, has no escapes.
func endOfText(text string, i int) int {
	quote, verbatim := text[i], i > 0 && text[i-1] == '@'
	for i++; i < len(text) && text[i] != quote; i++ {
		if text[i] == '\\' && !verbatim {
			i++
		}
	}
	return i
}
