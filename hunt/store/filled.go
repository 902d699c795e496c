package store

import (
	"context"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// Filled lists the tables that hold rows.
func (c *Case) Filled(ctx context.Context) (map[string]bool, error) {
	var each []string
	for _, t := range schema.Tables() {
		each = append(each, `SELECT '`+t.Name+`' WHERE EXISTS (SELECT 1 FROM "`+t.Name+`")`)
	}
	rows, err := c.run(ctx, statement{sql: strings.Join(each, "\nUNION ALL "), columns: []schema.Column{{Name: "name", Type: schema.String}}})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		if name, ok := rows.Row()[0].(string); ok {
			out[name] = true
		}
	}
	return out, rows.Err()
}
