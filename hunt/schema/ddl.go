package schema

import "strings"

// DuckType returns how the case database keeps a value of type t (see Type).
func (t Type) DuckType() string {
	return [...]string{"VARCHAR", "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL(38,18)", "VARCHAR", "BIGINT", "BIGINT", "VARCHAR", "JSON"}[t]
}

// Stored returns the columns that a row of the case database holds: all of the
// table's, except that two names which differ only in case share one column,
// as the database ignores case. Such pairs are the spellings of one fact in
// Log Analytics and Defender (ISP, Isp), so either name reads the same value.
func (t *Table) Stored() []Column {
	seen := make(map[string]bool, len(t.Columns))
	out := make([]Column, 0, len(t.Columns))
	for _, c := range t.Columns {
		if l := strings.ToLower(c.Name); !seen[l] {
			seen[l] = true
			out = append(out, c)
		}
	}
	return out
}

// DDL returns the CREATE TABLE statement of t for the case database.
func DDL(t *Table) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + quote(t.Name) + " (")
	for i, c := range t.Stored() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(c.Name) + " " + c.Type.DuckType())
		if c.Type == String {
			b.WriteString(" NOT NULL DEFAULT ''")
		}
	}
	b.WriteString(")")
	return b.String()
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
