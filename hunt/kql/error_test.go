package kql_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/hunt/kql"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden compares got with the file, or rewrites the file under -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it)\n--- want\n%s--- got\n%s", file, want, got)
	}
}

// TestErrors parses every testdata/errors/*.kql, one faulty query per
// paragraph, and compares the messages with the .txt beside it.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.kql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no error cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, q := range strings.Split(strings.TrimSpace(string(src)), "\n\n") {
				_, err := kql.Parse(q)
				if err == nil {
					t.Errorf("no error for\n%s", q)
					continue
				}
				b.WriteString(kql.FormatError("query", q, err) + "\n")
			}
			golden(t, strings.TrimSuffix(file, ".kql")+".txt", b.String())
		})
	}
}

func TestFormatErrorOther(t *testing.T) {
	if got := kql.FormatError("a.kql", "T", errors.New("no case")); got != "a.kql: no case\n" {
		t.Errorf("got %q", got)
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.kql")
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
		for _, q := range strings.Split(string(src), "\n\n") {
			f.Add(q)
		}
	}
	f.Fuzz(func(t *testing.T, src string) {
		_, err := kql.Parse(src)
		var e *kql.Error
		if err == nil {
			return
		}
		if !errors.As(err, &e) || e.Start < 0 || e.End < e.Start || e.End > len(src)+1 {
			t.Fatalf("error without a place: %v", err)
		}
		if kql.FormatError("f", src, err) == "" {
			t.Fatal("no message")
		}
	})
}

// TestDeepNesting shows that nesting is bounded, and generously.
func TestDeepNesting(t *testing.T) {
	nested := func(n int) string {
		return "print " + strings.Repeat("f(", n) + "1" + strings.Repeat(")", n)
	}
	if _, err := kql.Parse(nested(300)); err != nil {
		t.Errorf("300 levels: %v", err)
	}
	for _, src := range []string{nested(100_000), "print " + strings.Repeat("(", 1_000_000), strings.Repeat("T | join (", 100_000), "print dynamic(" + strings.Repeat("[", 100_000)} {
		if _, err := kql.Parse(src); err == nil || !strings.Contains(err.Error(), "too deeply") {
			t.Errorf("%.20s...: got %v, want an error about nesting", src, err)
		}
	}
	if s, err := kql.Parse("print 1" + strings.Repeat(" + 1", 100_000)); err != nil || len(kql.Print(s)) < 100_000 {
		t.Errorf("a long sum: %v", err)
	}
}
