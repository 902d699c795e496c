package ingest

import (
	"slices"
	"testing"

	"github.com/hunt365/hunt365/hunt/schema"
)

func TestMappingsCompose(t *testing.T) {
	all, err := composeMappings()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats() {
		if f.Skip == "" && f.Kind != "state" && f.Kind != "other" && len(all[f.Name]) == 0 {
			t.Errorf("format %s has no mapping", f.Name)
		}
	}
	for name := range all {
		if !slices.ContainsFunc(Formats(), func(f Format) bool { return f.Name == name }) {
			t.Errorf("mapping for %s, which is no format", name)
		}
	}
}

// TestMappingColumns finds columns that no table of the mapping has.
func TestMappingColumns(t *testing.T) {
	entries, err := mappingFS.ReadDir("mappings")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name, ok := cutSQL(e.Name())
		if !ok || name == "macros" || name == "stages" {
			continue
		}
		f, err := readColumns(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range f.columns {
			if !slices.ContainsFunc(schema.Tables(), func(tb *schema.Table) bool { _, ok := tb.Column(c.name); return ok }) {
				t.Errorf("%s: no table has column %s", name, c.name)
			}
		}
	}
}

func cutSQL(s string) (string, bool) {
	if len(s) > 4 && s[len(s)-4:] == ".sql" {
		return s[:len(s)-4], true
	}
	return "", false
}
