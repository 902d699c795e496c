package store_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/hunt/store"
)

// threeSegments makes a case of three segments and returns its folder.
func threeSegments(t *testing.T) string {
	dir := t.TempDir()
	c := open(t, dir, options())
	for i := range 3 {
		add(t, c, ual(i*10, 10))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func segmentFile(n int) string { return fmt.Sprintf("2026/11/22/test-ual-%06d.ndjson.zst", n) }

func TestTampering(t *testing.T) {
	evidence := func(dir string, name string) string { return filepath.Join(dir, "evidence", filepath.FromSlash(name)) }
	edit := func(name string, change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			data, err := os.ReadFile(evidence(dir, name))
			if err == nil {
				err = os.WriteFile(evidence(dir, name), change(data), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	line := func(n int, change func([][]byte) [][]byte) func(*testing.T, string) {
		return edit("manifest.ndjson", func(b []byte) []byte {
			return bytes.Join(change(bytes.SplitAfter(b, []byte("\n"))), nil)
		})
	}
	const broken = "does not follow from the line before it: a line was altered, removed or added"
	for name, tc := range map[string]struct {
		do   func(*testing.T, string)
		want []string // problems
		open string   // what Open says of it, if it refuses
	}{
		"nothing": {do: func(*testing.T, string) {}},
		"byte in a segment": {
			do:   edit(segmentFile(2), func(b []byte) []byte { b[len(b)/2] ^= 1; return b }),
			want: []string{"altered " + segmentFile(2) + ": its SHA-256 is not"},
		},
		"cut segment": {
			do:   edit(segmentFile(3), func(b []byte) []byte { return b[:len(b)/2] }),
			want: []string{"altered " + segmentFile(3) + ": its SHA-256 is not"},
		},
		"longer segment": {
			do:   edit(segmentFile(3), func(b []byte) []byte { return append(b, "more"...) }),
			want: []string{"altered " + segmentFile(3) + ": its SHA-256 is not"},
		},
		"removed segment": {
			do: func(t *testing.T, dir string) {
				if err := os.Remove(evidence(dir, segmentFile(1))); err != nil {
					t.Fatal(err)
				}
			},
			want: []string{"missing " + segmentFile(1) + ": 10 records from test are gone"},
		},
		"added file": {
			do: func(t *testing.T, dir string) {
				if err := os.WriteFile(evidence(dir, "2026/planted.ndjson.zst"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			},
			want: []string{"extra 2026/planted.ndjson.zst: no manifest line names it"},
		},
		"changed line": {
			do:   edit("manifest.ndjson", func(b []byte) []byte { return bytes.Replace(b, []byte(`"records":10`), []byte(`"records":9`), 1) }),
			want: []string{"chain manifest.ndjson: manifest line 2: " + broken, "count " + segmentFile(1) + ": it holds 10 records, the manifest says 9"},
			open: "manifest line 2",
		},
		"changed last line": {
			do: edit("manifest.ndjson", func(b []byte) []byte {
				i := bytes.LastIndex(b, []byte(`"tool":"test"`))
				copy(b[i:], `"tool":"tset"`)
				return b
			}),
			want: []string{}, // nothing but a copy of the hash could tell; the tables have one
			open: "its last lines were altered or removed",
		},
		"removed line": {
			do:   line(2, func(l [][]byte) [][]byte { return append(l[:1:1], l[2:]...) }),
			want: []string{"chain manifest.ndjson: manifest line 2: " + broken, "extra " + segmentFile(2) + ": no manifest line names it"},
			open: "manifest line 2",
		},
		"removed last line": {
			do:   line(3, func(l [][]byte) [][]byte { return l[:2] }),
			want: []string{"extra " + segmentFile(3) + ": no manifest line names it"},
			open: "its last lines were altered or removed",
		},
		"no text": {
			do:   line(2, func(l [][]byte) [][]byte { l[1] = []byte("{\n"); return l }),
			want: []string{"chain manifest.ndjson: manifest line 2: unexpected end of JSON input", "chain manifest.ndjson: manifest line 3: " + broken, "extra " + segmentFile(2) + ": no manifest line names it"},
			open: "manifest line 2",
		},
		"path out of the case": {
			do:   edit("manifest.ndjson", func(b []byte) []byte { return bytes.Replace(b, []byte(segmentFile(3)), []byte("../../case.json"), 1) }),
			want: []string{`chain manifest.ndjson: manifest line 3: file "../../case.json" is outside the evidence`, "extra " + segmentFile(3) + ": no manifest line names it"},
			open: "outside the evidence",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := threeSegments(t)
			tc.do(t, dir)
			problems, err := store.Verify(context.Background(), dir)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for _, p := range problems {
				got = append(got, p.Error())
			}
			if len(got) != len(tc.want) {
				t.Fatalf("problems: %q, want %q", got, tc.want)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], tc.want[i]) {
					t.Errorf("problem %d: %q, want %q", i, got[i], tc.want[i])
				}
			}
			c, err := store.Open(dir, options())
			if err == nil {
				defer c.Close()
			}
			if tc.open == "" && err != nil || tc.open != "" && (err == nil || !strings.Contains(err.Error(), tc.open)) {
				t.Errorf("open: %v, want …%s…", err, tc.open)
			}
			if _, err := os.Stat(evidence(dir, segmentFile(3))); err != nil && name != "removed segment" {
				t.Errorf("opening removed evidence: %v", err)
			}
		})
	}
}

func TestDamagedDatabaseIsMadeAnew(t *testing.T) {
	dir := threeSegments(t)
	c := open(t, dir, reading())
	want := counts(t, c)
	c.Close()
	for name, damage := range map[string]func(string) error{
		"removed": os.Remove,
		"garbage": func(p string) error { return os.WriteFile(p, bytes.Repeat([]byte("garbage"), 4096), 0o600) },
		"cut":     func(p string) error { return os.Truncate(p, 20_000) },
		"empty":   func(p string) error { return os.WriteFile(p, nil, 0o600) },
	} {
		if err := damage(filepath.Join(dir, "case.duckdb")); err != nil {
			t.Fatal(err)
		}
		c := open(t, dir, reading())
		same(t, name, want, counts(t, c))
		c.Close()
	}
}

func TestOtherMappingsMakeTheTablesAnew(t *testing.T) {
	dir := threeSegments(t)
	o := reading()
	o.Mappings = func(format string) []store.Mapping {
		list := testMappings(format)
		list[0].SQL = strings.Replace(list[0].SQL, "json_extract_string(r, '$.Operation')", "'other'", 1)
		return list
	}
	c := open(t, dir, o)
	same(t, "operations", []string{"other"}, query(t, c, `SELECT DISTINCT Operation FROM "UnifiedAuditLog"`, 6))
}
