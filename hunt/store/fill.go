package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/hunt365/hunt365/hunt/schema"
)

// Fill makes tables of the schema in a new case, which is open for writing, and
// runs text to fill them, without evidence behind the rows. Only the benchmark
// uses it.
func (c *Case) Fill(ctx context.Context, tables []string, text string) error {
	if _, err := c.mapPending(ctx); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	var statements []string
	for _, name := range tables {
		t, ok := schema.Lookup(name)
		if !ok {
			return fmt.Errorf("fill: no table %q", name)
		}
		statements = append(statements, tableDDL(t))
	}
	connector, err := duckdb.NewConnector(c.databasePath()+"?threads=2&memory_limit=2GB&storage_compatibility_version=latest", nil)
	if err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1) // the text's macros belong to a connection
	_, err = db.ExecContext(ctx, strings.Join(append(statements, text), ";\n"))
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	return nil
}
