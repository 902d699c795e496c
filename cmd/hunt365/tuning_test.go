package main

import (
	"strings"
	"testing"
)

func TestSetThreshold(t *testing.T) {
	const text = "let Most = 3;\nlet Window = 6h;\nlet Name = \"a;b\";\nlet T = SigninLogs | take 5;\nT | where 1 < Most"
	for _, c := range []struct{ name, value, want, err string }{
		{"Most", "20", "let Most = 20;", ""},
		{"Window", "2d", "let Window = 2d;", ""},
		{"Name", `"x"`, `let Name = "x";`, ""},
		{"Most", "2d", "", "no long"},
		{"Most", "1; SigninLogs", "", "no long"},
		{"T", "1", "", "no threshold"},
		{"Moste", "1", "", "no threshold"},
	} {
		got, err := setThreshold(text, c.name, c.value)
		switch {
		case c.err == "" && (err != nil || !strings.Contains(got, c.want) || strings.Count(got, "\n") != 4):
			t.Errorf("%s = %s: got %q, %v", c.name, c.value, got, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s = %s: got error %v, want %q", c.name, c.value, err, c.err)
		}
	}
}
