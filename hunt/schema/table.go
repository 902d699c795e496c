package schema

// Column is one column of a table.
type Column struct {
	Name string
	Type Type
	Ours bool   // not in Microsoft's documentation; added because the raw record holds it
	Doc  string // one sentence, for columns that are ours
}

// Table is one table of the case.
type Table struct {
	Name    string
	Columns []Column
	Doc     string // one sentence: what a row is; empty for tables that are not filled
	Ours    bool   // the whole table is ours (UnifiedAuditLog, Coverage, Tenant…)
	Filled  bool   // imports or collection write rows; other tables exist so that queries compile
}

// Column returns the column called name, matching case exactly.
func (t *Table) Column(name string) (Column, bool) {
	for _, c := range t.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}
