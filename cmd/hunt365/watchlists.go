package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
	"github.com/hunt365/hunt365/queries"
)

// watchlists finds the lists that _GetWatchlist names: the case's own, then the
// built-in ones.
type watchlists struct{ dir string }

// read returns a list's header and rows. ok is false where there is no such
// list.
func (w watchlists) read(name string) (header []string, rows [][]string, ok bool, err error) {
	if name == "" || strings.ContainsAny(name, `/\`) || !filepath.IsLocal(name) {
		return nil, nil, false, nil
	}
	text, err := os.ReadFile(filepath.Join(w.dir, name+".csv"))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = fs.ReadFile(queries.FS, "lists/"+name+".csv")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, false, nil
	}
	if err != nil {
		return nil, nil, false, fmt.Errorf("read watchlist: %w", err)
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	all, err := r.ReadAll()
	if err != nil {
		return nil, nil, false, fmt.Errorf("read watchlist %s: %w", name, err)
	}
	if len(all) == 0 {
		return nil, nil, false, fmt.Errorf("read watchlist %s: no header", name)
	}
	return all[0], all[1:], true, nil
}

// dataSet returns a list as _GetWatchlist gives it: every column as text. The
// key column SearchKey is the first one where the list has none of that name.
func (w watchlists) dataSet(name string) (*kql.DataSet, error) {
	header, rows, ok, err := w.read(name)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, noWatchlist{name, w.names()}
	}
	if !slices.Contains(header, "SearchKey") {
		header = append(slices.Clone(header), "SearchKey")
		for i, r := range rows {
			rows[i] = append(r, r[0])
		}
	}
	set := &kql.DataSet{}
	for _, h := range header {
		set.Columns = append(set.Columns, kql.Column{Name: h, Type: schema.String})
	}
	for _, r := range rows {
		cells := make([]any, len(r))
		for i, c := range r {
			cells[i] = c
		}
		set.Rows = append(set.Rows, cells)
	}
	return set, nil
}

// noWatchlist is the error about a list that is not there.
type noWatchlist struct {
	name  string
	known []string
}

// Error names the list, and those that there are.
func (e noWatchlist) Error() string {
	if near := kql.Nearest(e.name, e.known); near != "" {
		return fmt.Sprintf("watchlist %q; did you mean %s?", e.name, near)
	}
	return fmt.Sprintf("watchlist %q; there are: %s", e.name, strings.Join(e.known, ", "))
}

// names lists the watchlists there are.
func (w watchlists) names() []string {
	found := map[string]bool{}
	own, _ := filepath.Glob(filepath.Join(w.dir, "*.csv"))
	builtin, _ := fs.Glob(queries.FS, "lists/*.csv")
	for _, name := range append(own, builtin...) {
		found[strings.TrimSuffix(filepath.Base(name), ".csv")] = true
	}
	return sortedKeys(found)
}
