package main

import (
	"os"
	"testing"
)

func TestCatalogueIsCurrent(t *testing.T) {
	text, err := (&queriesOptions{}).catalogue()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../../queries/CATALOGUE.md")
	if err != nil || string(want) != text {
		t.Errorf("queries/CATALOGUE.md is not what `hunt365 queries catalogue` prints (%v)", err)
	}
}

func TestWhereSteps(t *testing.T) {
	const text = "let A = T | where X == \"a|b\" | count;\nT\n| where Y in ((U | where Z == @'\\' | project Z))\n| mv-apply S = P on (where S > 1)\n| where W // end | where no\n"
	var got []string
	for _, s := range whereSteps(text) {
		got = append(got, text[s.start:s.end])
	}
	want := []string{"| where X == \"a|b\" ", "| where Z == @'\\' ", "| where Y in ((U | where Z == @'\\' | project Z))\n", "| where W // end | where no\n"}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("step %d: got %q, want %q", i, got[i], want[i])
		}
	}
}
