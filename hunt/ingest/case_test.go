package ingest

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write expect.json anew")

// outcome is what expect.json holds: all that Walk says of a case.
type outcome struct {
	Files   []fileOutcome   `json:"files"`
	Records []recordOutcome `json:"records"`
	Rejects []Reject        `json:"rejects,omitempty"`
}

type fileOutcome struct {
	Name     string   `json:"name"`
	State    State    `json:"state"`
	Format   string   `json:"format,omitempty"`
	Read     int64    `json:"read"`
	Rejected int64    `json:"rejected,omitempty"`
	First    string   `json:"first,omitempty"`
	Last     string   `json:"last,omitempty"`
	Notes    []string `json:"notes,omitempty"`
	Err      string   `json:"error,omitempty"`
}

type recordOutcome struct {
	Format string `json:"format"`
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Time   string `json:"time,omitempty"`
	Tenant string `json:"tenant,omitempty"`
	Line   int64  `json:"line"`
}

// TestCases imports testdata/<case>/ and compares with its expect.json.
func TestCases(t *testing.T) {
	dirs, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if d.Name() != "fuzz" {
			t.Run(d.Name(), func(t *testing.T) { testCase(t, filepath.Join("testdata", d.Name())) })
		}
	}
}

func testCase(t *testing.T, dir string) {
	got := importDir(t, dir)
	want := filepath.Join(dir, "expect.json")
	if *update {
		b, _ := json.MarshalIndent(got, "", " ")
		if err := os.WriteFile(want, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	var exp outcome
	if err := json.Unmarshal(b, &exp); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(exp, got); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}

func importDir(t *testing.T, dir string) (out outcome) {
	t.Helper()
	inputs, _ := filepath.Glob(filepath.Join(dir, "*"))
	var paths []string
	for _, p := range inputs {
		if b := filepath.Base(p); b != "expect.json" && b != "rows.json" {
			paths = append(paths, p)
		}
	}
	name := func(s string) string { return strings.TrimPrefix(s, filepath.ToSlash(dir)+"/") }
	err := Walk(context.Background(), paths, Options{
		OnFile: func(f File) {
			o := fileOutcome{Name: name(f.Name), State: f.State, Format: f.Format, Read: f.Read, Rejected: f.Rejected, Notes: f.Notes}
			if f.Timed {
				o.First, o.Last = showTicks(f.First), showTicks(f.Last)
			}
			if f.Err != nil {
				o.Err = f.Err.Error()
			}
			out.Files = append(out.Files, o)
		},
		OnReject: func(r Reject) { r.File = name(r.File); out.Rejects = append(out.Rejects, r) },
	}, func(r *Record) error {
		if !json.Valid(r.Raw) || strings.ContainsAny(string(r.Raw), "\n\r") {
			t.Errorf("line %d: not one line of JSON: %s", r.Line, r.Raw)
		}
		o := recordOutcome{Format: r.Format, Kind: r.Kind, ID: r.ID, Tenant: r.Tenant, Line: r.Line}
		if r.Timed {
			o.Time = showTicks(r.Time)
		}
		out.Records = append(out.Records, o)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
