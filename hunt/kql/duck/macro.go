package duck

import (
	_ "embed"
	"strings"
)

//go:embed macros.sql
var macroSource string

// Macros returns the CREATE MACRO statements that lowered queries rely on. They
// are temporary: run them once on every connection, after Functions.
func Macros() []string {
	var out []string
	for _, line := range strings.Split(macroSource, "\n") {
		if strings.HasPrefix(line, "CREATE ") {
			out = append(out, strings.TrimSuffix(line, ";"))
		}
	}
	return out
}
