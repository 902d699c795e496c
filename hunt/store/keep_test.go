package store

import (
	"context"
	"testing"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/kql/duck"
	"github.com/hunt365/hunt365/hunt/schema"
)

// TestHold looks at a result in windows, at its end and past it, and twice side
// by side.
func TestHold(t *testing.T) {
	c, err := Open(t.TempDir(), Options{Write: true, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	script, err := kql.Parse("range n from 1 to 5000 step 1 | extend text = strcat('row ', n), d = dynamic([1]) | sort by n desc")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := kql.Bind(script, &kql.Env{Tables: schema.Lookup, TableNames: schema.TableNames()})
	if err != nil {
		t.Fatal(err)
	}
	statement, err := duck.Lower(plan)
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.Hold(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.Hold(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	if first.Len() != 5000 || len(first.Columns()) != 3 {
		t.Fatalf("%d rows, columns %v", first.Len(), first.Columns())
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	for _, w := range []struct {
		offset int64
		n, got int
		text   string
	}{{0, 10, 10, "row 5000"}, {4990, 30, 10, "row 10"}, {3000, 1, 1, "row 2000"}, {5000, 10, 0, ""}} {
		rows, err := first.Window(t.Context(), w.offset, w.n)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != w.got || w.got > 0 && rows[0][1] != w.text {
			t.Errorf("window %d+%d: %d rows, %v", w.offset, w.n, len(rows), rows)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Window(t.Context(), 0, 1); err == nil {
		t.Error("a closed result still answers")
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := c.Hold(stopped, statement); err == nil {
		t.Error("a cancelled question was answered")
	}
}

func TestRawStaysInTheCase(t *testing.T) {
	c, err := Open(t.TempDir(), Options{Write: true, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, file := range []string{"../case.json", "/etc/passwd", "2026/none.zst"} {
		if raw, err := c.Raw(t.Context(), file, 1); err == nil {
			t.Errorf("%s: %s", file, raw)
		}
	}
}
