package store_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hunt365/hunt365/hunt/ingest"
	"github.com/hunt365/hunt365/hunt/schema"
	"github.com/hunt365/hunt365/hunt/store"
)

var updateRows = flag.Bool("update-rows", false, "write ingest's rows.json anew")

const cases = "../ingest/testdata"

// TestMappings imports each of ingest's cases that has a rows.json and compares
// the rows of every table with it. Columns that are empty are left out.
func TestMappings(t *testing.T) {
	dirs, err := os.ReadDir(cases)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(cases, d.Name(), "rows.json")); err != nil {
			continue // a case of framing only
		}
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			got := mappedRows(t, filepath.Join(cases, d.Name()))
			compareRows(t, filepath.Join(cases, d.Name(), "rows.json"), got)
		})
	}
}

func compareRows(t *testing.T, path string, got map[string][]map[string]any) {
	if *updateRows {
		b, _ := json.MarshalIndent(got, "", " ")
		if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]map[string]any
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	b, _ = json.Marshal(got) // the same number types as in want
	var plain map[string][]map[string]any
	if err := json.Unmarshal(b, &plain); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, plain); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}

// mappedRows imports dir into a new case and returns what is in its tables.
func mappedRows(t *testing.T, dir string) map[string][]map[string]any {
	c, err := store.Open(filepath.Join(t.TempDir(), "case"), ingestOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	inputs, _ := filepath.Glob(filepath.Join(dir, "*"))
	var paths []string
	for _, p := range inputs {
		if b := filepath.Base(p); b != "expect.json" && b != "rows.json" {
			paths = append(paths, p)
		}
	}
	sum, err := c.Append(t.Context(), "test", func(add store.AddFunc) error {
		return ingest.Walk(t.Context(), paths, ingest.Options{}, func(r *ingest.Record) error {
			_, err := add(&store.Record{Kind: r.Kind, Format: r.Format, ID: r.ID, Time: r.Time, Timed: r.Timed, Tenant: r.Tenant, Raw: r.Raw, File: r.File, Line: r.Line})
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Unmapped > 0 {
		t.Errorf("%d records unmapped", sum.Unmapped)
	}
	out := map[string][]map[string]any{}
	for _, tb := range schema.Tables() {
		if tb.Name == "Coverage" || !tb.Filled && sum.Tables[tb.Name] == 0 {
			continue
		}
		if rows := tableRows(t, c, tb); len(rows) > 0 {
			out[tb.Name] = rows
		}
	}
	return out
}

func ingestOptions() store.Options {
	o := options()
	o.Macros = ingest.Macros()
	o.Mappings = func(format string) (list []store.Mapping) {
		for _, m := range ingest.Mappings(format) {
			list = append(list, store.Mapping(m))
		}
		return list
	}
	return o
}

func tableRows(t *testing.T, c *store.Case, tb *schema.Table) (out []map[string]any) {
	var list []string
	cols := tb.Stored()
	for _, col := range cols {
		list = append(list, fmt.Sprintf("%q", col.Name))
	}
	rows, err := c.RunSQL(t.Context(), "SELECT "+strings.Join(list, ", ")+" FROM "+fmt.Sprintf("%q", tb.Name)+" ORDER BY _Id, _Line", cols)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		row := map[string]any{}
		for i, v := range rows.Row() {
			if v == nil || v == "" || cols[i].Name == "_Segment" || cols[i].Name == "Type" {
				continue
			}
			switch cols[i].Type {
			case schema.DateTime:
				v = schema.FormatDateTime(v.(int64))
			case schema.Dynamic:
				v = json.RawMessage(v.(string))
			}
			row[cols[i].Name] = v
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
