package tui

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files and the cheat sheet")

func TestNoKeyIsBoundTwice(t *testing.T) {
	if _, err := newKeymap(bindings()); err != nil {
		t.Error(err)
	}
	if _, err := newKeymap(append(bindings(), binding{open, []string{"q"}, "twice", []string{sectionHome}})); err == nil {
		t.Error("a second binding of q in home went unnoticed")
	}
}

// TestEveryActionHasAKey fails for an action that was forgotten in the table.
func TestEveryActionHasAKey(t *testing.T) {
	bound := map[action]bool{}
	for _, b := range bindings() {
		bound[b.act] = true
		if b.help == "" || len(b.keys) == 0 {
			t.Errorf("%v: no key or no help", b)
		}
	}
	for a := none + 1; a <= forceQuit; a++ {
		if !bound[a] {
			t.Errorf("action %d has no key", a)
		}
	}
}

func TestCheatSheetIsCurrent(t *testing.T) {
	const from, to = "<!-- keys -->\n", "<!-- end of keys -->"
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), from)
	old, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the keys")
	}
	if old == CheatSheet() {
		return
	}
	if !*update {
		t.Fatal("the keys in README.md are not those of the table: go test ./tui -run CheatSheet -update")
	}
	if err := os.WriteFile("README.md", []byte(before+from+CheatSheet()+to+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
