package schema

import (
	"fmt"
	"strings"
)

// Markdown returns the table reference: the filled tables with every column,
// then the names of those that exist only so that queries compile.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Tables\n\nGenerated from the embedded table definitions; `go test ./hunt/schema -update` rewrites it.\n" +
		"A column in *italics* is ours: Microsoft's documented table lacks it. Columns without a type are strings.\n" +
		"Every table ends with `_Id` (the record's id), `_Segment` and `_Line` (where the evidence holds it).\n")
	var empty []string
	for _, t := range Tables() {
		if !t.Filled {
			empty = append(empty, t.Name)
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", t.Name, t.Doc)
		writeColumns(&b, t)
	}
	fmt.Fprintf(&b, "\n## Tables without rows\n\nThese %d are known, so that public queries compile, and are empty: %s.\n",
		len(empty), strings.Join(empty, ", "))
	return b.String()
}

func writeColumns(b *strings.Builder, t *Table) {
	var names, notes []string
	for _, c := range t.Columns[:len(t.Columns)-3] {
		n := "`" + c.Name + "`"
		if c.Type != String {
			n += " " + c.Type.String()
		}
		if c.Ours {
			n = "*" + n + "*"
			notes = append(notes, "- `"+c.Name+"`: "+c.Doc)
		}
		names = append(names, n)
	}
	b.WriteString(strings.Join(names, ", ") + "\n")
	if len(notes) > 0 {
		b.WriteString("\n" + strings.Join(notes, "\n") + "\n")
	}
}
