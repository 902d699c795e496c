package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
	"github.com/hunt365/hunt365/queries"
)

// loadQueries reads the queries of a folder or of one file, or the built-in
// ones without a name. Their File is a path in content.
func loadQueries(name string) (list []*hunt.Query, content fs.FS, err error) {
	if name == "" {
		content = queries.FS
		list, err = hunt.LoadQueries(content)
	} else if info, statErr := os.Stat(name); statErr != nil {
		return nil, nil, fmt.Errorf("read queries: %w", statErr)
	} else if info.IsDir() {
		content = os.DirFS(name)
		list, err = hunt.LoadQueries(content)
	} else {
		content = os.DirFS(filepath.Dir(name))
		list, err = loadOne(content, filepath.Base(name))
	}
	if err != nil {
		return nil, nil, err
	}
	if len(list) == 0 {
		return nil, nil, hint(fmt.Errorf("no queries in %s", name), "a query is <id>/query.yaml, a Sentinel rule (.yaml) or a .kql file")
	}
	for _, q := range list {
		if q.Tables == nil {
			q.Tables = namedTables(q.Text)
		}
	}
	return list, content, nil
}

func loadOne(content fs.FS, name string) ([]*hunt.Query, error) {
	q, err := hunt.LoadQuery(content, name)
	if q == nil || err != nil {
		return nil, err
	}
	return []*hunt.Query{q}, nil
}

// namedTables returns the tables whose names occur in a text that declares
// none, such as a plain .kql file.
func namedTables(text string) []string {
	words := map[string]bool{}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		words[w] = true
	}
	var out []string
	for _, name := range schema.TableNames() {
		if words[name] {
			out = append(out, name)
		}
	}
	return out
}

// findQuery returns the query called id, or an error that names the nearest.
func findQuery(list []*hunt.Query, id string) (*hunt.Query, error) {
	var ids []string
	for _, q := range list {
		if q.ID == id {
			return q, nil
		}
		ids = append(ids, q.ID)
	}
	err := fmt.Errorf("no query %q", id)
	if near := kql.Nearest(id, ids); near != "" {
		return nil, hint(err, "did you mean %s?", near)
	}
	return nil, hint(err, "hunt365 queries list names them")
}
