package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// insert runs one mapping and returns how many rows it made.
func (m *mapper) insert(ctx context.Context, tx *sql.Tx, mp Mapping) (int64, error) {
	t, ok := schema.Lookup(mp.Table)
	if !ok {
		return 0, fmt.Errorf("no table %q in the schema", mp.Table)
	}
	if !m.tables[t.Name] {
		if _, err := tx.ExecContext(ctx, strings.Replace(tableDDL(t), "CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1)); err != nil {
			return 0, err
		}
	}
	given, err := describe(ctx, tx, mp.SQL)
	if err != nil {
		return 0, err
	}
	stmt, err := insertSQL(t, mp.SQL, given)
	if err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, stmt)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// describe returns the columns of a SELECT with their DuckDB types.
func describe(ctx context.Context, tx *sql.Tx, query string) (map[string]string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT column_name, column_type FROM (DESCRIBE "+query+")")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cols := map[string]string{}
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			return nil, err
		}
		cols[name] = typ
	}
	return cols, rows.Err()
}

// insertSQL makes rows of t from query, which yields the columns in given:
// each as the schema keeps it, and the few that every row has though no
// mapping names them.
func insertSQL(t *schema.Table, query string, given map[string]string) (string, error) {
	var names, exprs []string
	used := 0
	for _, col := range t.Stored() {
		from, ok := given[col.Name]
		var expr string
		switch {
		case ok:
			expr = keptAs(col.Type, identifier(col.Name), from)
			used++
		case col.Name == "Type":
			expr = literal(t.Name)
		case col.Name == "Timestamp" && given["TimeGenerated"] != "":
			expr = keptAs(schema.DateTime, `"TimeGenerated"`, given["TimeGenerated"])
		default:
			continue
		}
		names = append(names, identifier(col.Name))
		exprs = append(exprs, expr)
	}
	if used != len(given) {
		var unknown []string
		for name := range given {
			if _, ok := t.Column(name); !ok || !slices.Contains(names, identifier(name)) {
				unknown = append(unknown, name)
			}
		}
		slices.Sort(unknown)
		return "", fmt.Errorf("mapping names columns that the table lacks: %s", strings.Join(unknown, ", "))
	}
	for _, name := range []string{"_Id", "_Segment", "_Line"} {
		if given[name] == "" {
			return "", fmt.Errorf("mapping lacks %s", name)
		}
	}
	return fmt.Sprintf("INSERT INTO %s (%s)\nSELECT %s\nFROM (%s)",
		identifier(t.Name), strings.Join(names, ", "), strings.Join(exprs, ", "), query), nil
}

// keptAs converts an expression of DuckDB type from to how the database keeps
// t. What does not convert is null: the evidence still holds it.
func keptAs(t schema.Type, expr, from string) string {
	to := t.DuckType()
	if from != to {
		expr = "TRY_CAST(" + expr + " AS " + to + ")"
	}
	switch t {
	case schema.String:
		return "coalesce(" + expr + ", '')"
	case schema.GUID:
		return "lower(" + expr + ")"
	}
	return expr
}
