package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql/duck"
	"github.com/hunt365/hunt365/hunt/schema"
)

// kept is a result in a temporary table, which lives as long as its connection.
type kept struct {
	mu        sync.Mutex // a connection runs one statement at a time
	conn      *sql.Conn
	statement statement
	rows      int64
}

const keptTable = "kept_rows"

// Hold runs what KQL was compiled to and holds its rows in DuckDB, spilling to
// the case's tmp folder. Every error is a *hunt.EngineError.
func (c *Case) Hold(ctx context.Context, compiled *duck.Statement) (hunt.Kept, error) {
	s := statement{sql: compiled.SQL, args: compiled.Args}
	for _, col := range compiled.Columns {
		s.columns = append(s.columns, schema.Column{Name: col.Name, Type: col.Type})
	}
	if c.isNew() {
		if _, err := c.mapPending(ctx); err != nil {
			return nil, &hunt.EngineError{Outcome: hunt.StoreFailure, Detail: "make the tables", Err: err}
		}
	}
	d, err := c.query(ctx)
	if err != nil {
		return nil, &hunt.EngineError{Outcome: hunt.StoreFailure, Detail: "open the tables", Err: err}
	}
	k := &kept{statement: s}
	if err := k.fill(ctx, d); err != nil {
		err = failure(ctx, err)
		_ = k.Close() // the first error says what happened
		return nil, err
	}
	return k, nil
}

func (k *kept) fill(ctx context.Context, d *database) (err error) {
	if k.conn, err = d.db.Conn(ctx); err != nil {
		return err
	}
	if err := d.emptyTables(ctx, k.conn, k.statement.sql); err != nil {
		return err
	}
	text := "CREATE OR REPLACE TEMP TABLE " + keptTable + " AS " + k.statement.text()
	if _, err := k.conn.ExecContext(ctx, text, k.statement.args...); err != nil {
		return err
	}
	return k.conn.QueryRowContext(ctx, "SELECT count(*) FROM "+keptTable).Scan(&k.rows)
}

// Columns returns the result's columns.
func (k *kept) Columns() []schema.Column { return k.statement.columns }

// Len is how many rows there are.
func (k *kept) Len() int64 { return k.rows }

// Window returns rows by their place. The row ids of a table that only ever was
// filled are their numbers, and DuckDB skips what cannot hold them.
func (k *kept) Window(ctx context.Context, offset int64, n int) ([][]any, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.conn == nil {
		return nil, &hunt.EngineError{Outcome: hunt.Cancelled, Detail: "the result was closed"}
	}
	names := make([]string, len(k.statement.columns))
	for i := range names {
		names[i] = fmt.Sprintf("#%d", i+1)
	}
	rows, err := k.conn.QueryContext(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+keptTable+" WHERE rowid >= ? AND rowid < ? ORDER BY rowid", offset, offset+int64(n)) //nolint:rowserrcheck // Next does
	if err != nil {
		return nil, failure(ctx, err)
	}
	r := &resultRows{ctx: ctx, cancel: func() {}, rows: rows, statement: k.statement, row: make([]any, len(names))}
	r.scan = make([]any, len(names))
	for i := range r.row {
		r.scan[i] = &r.row[i]
	}
	var out [][]any
	for r.Next() {
		out = append(out, append([]any(nil), r.row...))
	}
	return out, errors.Join(r.err, r.Close())
}

// Close drops the rows.
func (k *kept) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.conn == nil {
		return nil
	}
	_, err := k.conn.ExecContext(context.Background(), "DROP TABLE IF EXISTS "+keptTable)
	err = errors.Join(err, k.conn.Close())
	k.conn = nil
	if err != nil {
		return fmt.Errorf("drop a kept result: %w", err)
	}
	return nil
}
