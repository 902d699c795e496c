package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "github.com/hunt365/hunt365"
	root   = "../.."
)

// arrows says which packages of the house each may import. Anything that is not
// listed is forbidden, so that a new arrow is a decision and not an accident.
func arrows() map[string][]string {
	return map[string][]string{
		"cmd/hunt365":     {"tui", "graph", "graph/entra", "graph/sdk", "graph/graphtest", "hunt", "hunt/store", "hunt/ingest", "hunt/report", "hunt/kql", "hunt/kql/duck", "hunt/schema", "queries"},
		"tui":             {"hunt", "hunt/report", "hunt/kql", "hunt/schema"},
		"graph":           {"hunt", "hunt/schema"},
		"graph/entra":     {"graph"},
		"graph/sdk":       {"graph"},
		"graph/graphtest": {},
		"queries":         {},
		"hunt":            {"hunt/kql", "hunt/schema"},
		"hunt/report":     {"hunt", "hunt/schema"},
		"hunt/store":      {"hunt", "hunt/ingest", "hunt/kql", "hunt/kql/duck", "hunt/schema"},
		"hunt/ingest":     {"hunt", "hunt/schema"},
		"hunt/kql/duck":   {"hunt/kql", "hunt/schema"},
		"hunt/kql":        {"hunt/schema"},
		"hunt/schema":     {},
	}
}

// imports returns the import paths of every package's non-test files.
func imports(t *testing.T) map[string]map[string]bool {
	t.Helper()
	found := map[string]map[string]bool{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); base == "testdata" || base == "node_modules" || base != ".." && strings.HasPrefix(base, ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		if found[pkg] == nil {
			found[pkg] = map[string]bool{}
		}
		for _, spec := range file.Imports {
			value, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[pkg][value] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestImportsPointDown(t *testing.T) {
	allowed := arrows()
	for pkg, paths := range imports(t) {
		may, known := allowed[pkg]
		if !known {
			t.Errorf("package %s is in no room of the house", pkg)
			continue
		}
		for p := range paths {
			if target, inside := strings.CutPrefix(p, module+"/"); inside && !slices.Contains(may, target) {
				t.Errorf("%s imports %s", pkg, target)
			}
		}
	}
}

// TestRooms holds the rules about other people's packages: which room alone may
// know the database driver, Microsoft's Graph models or the terminal.
func TestRooms(t *testing.T) {
	only := map[string][]string{
		"github.com/duckdb/": {"hunt/store"},
		"database/sql":       {"hunt/store"},
		"net/http":           {"graph", "graph/entra", "graph/graphtest", "graph/sdk"},
		"github.com/microsoftgraph/msgraph-sdk-go": {"graph/sdk"},
		"github.com/Azure/":                        {"graph/entra"},
		"charm.land/":                              {"tui"},
		"github.com/spf13/cobra":                   {"cmd/hunt365"},
		"C":                                        {},
	}
	for pkg, paths := range imports(t) {
		for p := range paths {
			for prefix, rooms := range only {
				matches := p == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(p, prefix) || strings.HasPrefix(p, prefix+"/")
				if matches && !slices.Contains(rooms, pkg) {
					t.Errorf("%s imports %s, which only %v may", pkg, p, rooms)
				}
			}
			if pkg == "hunt/kql" && strings.Contains(strings.Split(p, "/")[0], ".") && !strings.HasPrefix(p, module) {
				t.Errorf("hunt/kql imports %s: it may use the standard library only", p)
			}
		}
	}
}

func TestTopLevel(t *testing.T) {
	allowed := []string{"cmd", "graph", "hunt", "queries", "tui", "go.mod", "go.sum", "README.md", "LICENSE", "CHANGELOG.md"}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s does not belong at the top level", path.Join("/", e.Name()))
		}
	}
}
