package duck_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/kql/duck"
	"github.com/hunt365/hunt365/hunt/schema"
)

// TestCollections compiles and runs every query below the folders that
// KQL_COLLECTIONS names (colon separated; an ok.txt in a folder lists the files
// that count), once over an empty case and once over three rows per table, and
// reports what does not. Nothing of such collections is part of this project.
func TestCollections(t *testing.T) {
	folders := filepath.SplitList(os.Getenv("KQL_COLLECTIONS"))
	if len(folders) == 0 {
		t.Skip("KQL_COLLECTIONS names no folder")
	}
	empty, filled := caseEngine(t, false), caseEngine(t, true)
	for _, dir := range folders {
		files := collected(t, dir)
		inEmpty, inFilled := runCollection(empty, files, func(string) bool { return true }), runCollection(filled, files, nil)
		n := max(len(files), 1)
		t.Logf("%-40.40s %4d queries: %5.1f%% over an empty case, %5.1f%% over rows, compiled in %s each", filepath.Base(dir), len(files),
			inEmpty.percent(), inFilled.percent(), (inEmpty.compiling / time.Duration(n)).Round(time.Microsecond))
		inEmpty.report(t)
		inFilled.report(t)
	}
}

// caseEngine has every table of a case.
func caseEngine(t *testing.T, rows bool) *engine {
	t.Helper()
	e := newEngine(t)
	e.tables = map[string]*schema.Table{}
	for _, table := range schema.Tables() {
		e.tables[table.Name] = table
		e.exec(t, schema.DDL(table))
		if rows {
			fillTable(t, e, table)
		}
	}
	return e
}

// collection is how the queries of one folder fared.
type collection struct {
	good, all int
	compiling time.Duration
	faults    map[string][]string // files by message
}

func (c *collection) percent() float64 { return 100 * float64(c.good) / float64(max(c.all, 1)) }

func (c *collection) report(t *testing.T) {
	t.Helper()
	for _, fault := range slices.Sorted(maps.Keys(c.faults)) {
		t.Logf("    %d %.200s %v", len(c.faults[fault]), fault, c.faults[fault])
	}
}

func runCollection(e *engine, files []string, empty func(table string) bool) *collection {
	c := &collection{all: len(files), faults: map[string][]string{}}
	for _, file := range files {
		took, err := runCollected(e, file, empty)
		c.compiling += took
		if err == nil {
			c.good++
			continue
		}
		fault, _, _ := strings.Cut(err.Error(), "\n")
		c.faults[fault] = append(c.faults[fault], filepath.Base(file))
	}
	return c
}

// collected lists a folder's queries.
func collected(t *testing.T, dir string) []string {
	t.Helper()
	if list, err := os.ReadFile(filepath.Join(dir, "ok.txt")); err == nil {
		return strings.FieldsFunc(string(list), func(r rune) bool { return r == '\n' })
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.kql"))
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(files)
	return files
}

// runCollected compiles and runs one file. Files elsewhere (externaldata) and
// watchlists are there, but empty.
func runCollected(e *engine, file string, empty func(table string) bool) (compiling time.Duration, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	script, err := kql.Parse(string(text))
	if err != nil {
		return 0, fmt.Errorf("parse: %w", err)
	}
	env := e.env()
	env.Empty = empty
	env.External = func(x kql.External) (*kql.DataSet, error) { return &kql.DataSet{Columns: x.Columns}, nil }
	env.Watchlist = func(string) (*kql.DataSet, error) { return nil, nil }
	plan, err := kql.Bind(script, env)
	if err != nil {
		return 0, fmt.Errorf("bind: %w", err)
	}
	statement, err := duck.Lower(plan)
	compiling = time.Since(start)
	if err != nil {
		return compiling, fmt.Errorf("lower: %w", err)
	}
	if _, err = e.rows(statement.SQL, statement.Args...); err != nil {
		return compiling, fmt.Errorf("run: %w", err)
	}
	return compiling, nil
}

// fillTable gives a table three rows: nothing in it, plain values, and
// values that have structure.
func fillTable(t *testing.T, e *engine, table *schema.Table) {
	t.Helper()
	var rows [3][]string
	for _, c := range table.Stored() {
		for i, cell := range sampleCells(c.Type) {
			rows[i] = append(rows[i], cell)
		}
	}
	for _, r := range rows {
		e.exec(t, fmt.Sprintf("INSERT INTO %q VALUES (%s)", table.Name, strings.Join(r, ", ")))
	}
}

func sampleCells(t schema.Type) [3]string {
	switch t {
	case schema.String:
		return [3]string{"''", "'ana@contoso.example'", `'{"a":[1,{"b":"203.0.113.7"}],"key":"https://contoso.example/c?d=1"}'`}
	case schema.Dynamic:
		return [3]string{
			"NULL",
			`'[{"displayName":"Role.DisplayName","id":"1","modifiedProperties":[{"displayName":"x","oldValue":"[]","newValue":"[{\"a\":1}]"}]}]'`,
			`'{"user":{"userPrincipalName":"ana@contoso.example"},"app":{},"errorCode":"50126","countryOrRegion":"DE"}'`,
		}
	case schema.DateTime:
		return [3]string{"NULL", fmt.Sprint(kql.Ticks(clock.Add(-time.Hour))), fmt.Sprint(kql.Ticks(clock.Add(-30 * 24 * time.Hour)))}
	case schema.Bool:
		return [3]string{"NULL", "true", "false"}
	case schema.GUID:
		return [3]string{"NULL", "'0f0f0f0f-0f0f-0f0f-0f0f-0f0f0f0f0f0f'", "NULL"}
	}
	return [3]string{"NULL", "7", "-1"}
}
