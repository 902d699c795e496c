package kql_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/hunt365/hunt365/hunt/kql"
)

// vectorsDir holds queries with the result schemas that Microsoft's binder infers.
const vectorsDir = "../../../shared/kql"

type bindVector struct {
	ID, Family, Query, File string
	Error, Relevant         bool
	Schema                  [][]string `json:"kusto_schema"`
	Features                []string
	Usability               string
}

func readBindVectors(t *testing.T, name string) []bindVector {
	t.Helper()
	f, err := os.Open(filepath.Join(vectorsDir, name))
	if err != nil {
		t.Skipf("no reference schemas at %s", vectorsDir)
	}
	defer f.Close()
	var out []bindVector
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		var v bindVector
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func bindText(src string) (*kql.Plan, error) {
	s, err := kql.Parse(src)
	if err != nil {
		return nil, err
	}
	return kql.Bind(s, &kql.Env{Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)})
}

func schemaText(p *kql.Plan) string {
	var parts []string
	for _, c := range p.Columns {
		parts = append(parts, c.Name+":"+c.Type.String())
	}
	return strings.Join(parts, ", ")
}

// TestBindVectors compares result schemas with those of Microsoft's binder.
func TestBindVectors(t *testing.T) {
	type tally struct{ right, all int }
	families := map[string]*tally{}
	add := func(key string, ok bool) {
		if families[key] == nil {
			families[key] = &tally{}
		}
		families[key].all++
		if ok {
			families[key].right++
		}
	}
	for _, file := range []string{"kustainer-vectors.jsonl", "doc-examples.jsonl"} {
		for _, v := range readBindVectors(t, file) {
			if !v.Relevant || v.Schema == nil && !v.Error || strings.Contains(v.Query, "bag_unpack") {
				continue // bag_unpack needs an engine to ask
			}
			family := v.Family
			if file == "doc-examples.jsonl" {
				family = "documentation"
			}
			p, err := bindText(v.Query)
			if v.Error {
				add("refused", err != nil)
				if err == nil {
					t.Logf("ALLOWED %s", oneLine(v.Query))
				}
				continue
			}
			var want []string
			for _, c := range v.Schema {
				want = append(want, c[0]+":"+c[1])
			}
			switch {
			case err != nil:
				t.Logf("ERROR %s\n    %v", oneLine(v.Query), err)
			case !sameSchema(p, want):
				t.Logf("DIFFERS %s\n    got  %s\n    want %s", oneLine(v.Query), schemaText(p), strings.Join(want, ", "))
			}
			add(family, err == nil && sameSchema(p, want))
			add("all", err == nil && sameSchema(p, want))
		}
	}
	var names []string
	for n := range families {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, n := range names {
		f := families[n]
		fmt.Fprintf(&b, "%-24s %4d of %4d  %5.1f%%\n", n, f.right, f.all, 100*float64(f.right)/float64(f.all))
	}
	if f := families["all"]; 100*f.right < 98*f.all {
		t.Errorf("%d of %d result schemas agree, want 98%%", f.right, f.all)
	}
	if f := families["refused"]; 100*f.right < 90*f.all {
		t.Errorf("%d of %d faulty queries are refused, want 90%%", f.right, f.all)
	}
	t.Logf("result schemas as Microsoft's binder infers them\n%s", b.String())
}

// sameSchema compares with what the binder infers, but for the match_id that it
// adds to every scan while the engine gives one only where it is asked for.
func sameSchema(p *kql.Plan, want []string) bool {
	got := schemaText(p)
	return got == strings.Join(want, ", ") || got+", match_id:long" == strings.Join(want, ", ")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
