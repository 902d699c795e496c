package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql/duck"
	"github.com/hunt365/hunt365/hunt/schema"
)

// statement is compiled SQL with what its columns mean.
type statement struct {
	sql     string
	args    []any
	columns []schema.Column
}

// text wraps the SQL so that the driver gets plain values: positions instead of
// names, which may differ only in case, and text for what Go has no type for.
func (s statement) text() string {
	names, exprs := make([]string, len(s.columns)), make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = fmt.Sprintf("o%d", i)
		exprs[i] = names[i]
		if c.Type == schema.Dynamic || c.Type == schema.Decimal {
			exprs[i] = "CAST(" + names[i] + " AS VARCHAR)"
		}
	}
	return "SELECT " + strings.Join(exprs, ", ") + "\nFROM (" + s.sql + "\n) AS q(" + strings.Join(names, ", ") + ")"
}

// Query runs what KQL was compiled to. Every error is a *hunt.EngineError.
func (c *Case) Query(ctx context.Context, compiled *duck.Statement) (hunt.Rows, error) {
	s := statement{sql: compiled.SQL, args: compiled.Args}
	for _, col := range compiled.Columns {
		s.columns = append(s.columns, schema.Column{Name: col.Name, Type: col.Type})
	}
	return c.run(ctx, s)
}

// run starts a statement against the tables.
func (c *Case) run(ctx context.Context, s statement) (hunt.Rows, error) {
	if c.isNew() {
		if _, err := c.mapPending(ctx); err != nil {
			return nil, &hunt.EngineError{Outcome: hunt.StoreFailure, Detail: "make the tables", Err: err}
		}
	}
	d, err := c.query(ctx)
	if err != nil {
		return nil, &hunt.EngineError{Outcome: hunt.StoreFailure, Detail: "open the tables", Err: err}
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &resultRows{ctx: ctx, cancel: cancel, statement: s, row: make([]any, len(s.columns))}
	if err := r.start(d); err != nil {
		err = failure(ctx, err)
		_ = r.Close() // the first error says what happened
		return nil, err
	}
	return r, nil
}

func (r *resultRows) start(d *database) (err error) {
	if r.conn, err = d.db.Conn(r.ctx); err != nil {
		return err
	}
	if err := d.emptyTables(r.ctx, r.conn, r.statement.sql); err != nil {
		return err
	}
	if r.rows, err = r.conn.QueryContext(r.ctx, r.statement.text(), r.statement.args...); err != nil { //nolint:rowserrcheck // Next does
		return err
	}
	r.scan = make([]any, len(r.row))
	for i := range r.row {
		r.scan[i] = &r.row[i]
	}
	return nil
}

// emptyTables makes the tables that a statement names and that hold nothing,
// as the database has only those that something was mapped to.
func (d *database) emptyTables(ctx context.Context, conn *sql.Conn, text string) error {
	for _, t := range schema.Tables() {
		if d.tables[t.Name] || !strings.Contains(text, identifier(t.Name)) {
			continue
		}
		ddl := strings.Replace(schema.DDL(t), "CREATE TABLE", "CREATE TEMP TABLE IF NOT EXISTS", 1)
		if _, err := conn.ExecContext(ctx, ddl); err != nil {
			return err
		}
	}
	return nil
}

// failure says how a statement ended that did not end well.
func failure(ctx context.Context, err error) error {
	e := &hunt.EngineError{Outcome: hunt.StoreFailure, Detail: "run the query", Err: err}
	var duckErr *duckdb.Error
	switch cause := ctx.Err(); {
	case errors.Is(cause, context.DeadlineExceeded):
		e.Outcome, e.Detail, e.Err = hunt.Timeout, "", cause
	case cause != nil:
		e.Outcome, e.Detail, e.Err = hunt.Cancelled, "", cause
	case errors.As(err, &duckErr) && duckErr.Type == duckdb.ErrorTypeOutOfMemory:
		e.Hint = "narrow the query, for example with an earlier where, or allow more memory"
	case errors.As(err, &duckErr) && duckErr.Type == duckdb.ErrorTypeCatalog:
		e.Outcome = hunt.MissingTable
	}
	return e
}

// resultRows streams a result as hunt.Rows.
type resultRows struct {
	ctx       context.Context
	cancel    context.CancelFunc
	conn      *sql.Conn
	rows      *sql.Rows
	statement statement
	row, scan []any
	err       error
}

// Columns returns the result's columns.
func (r *resultRows) Columns() []schema.Column { return r.statement.columns }

// Next steps to the next row.
func (r *resultRows) Next() bool {
	if r.err != nil {
		return false
	}
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			r.err = failure(r.ctx, err)
		}
		return false
	}
	if err := r.rows.Scan(r.scan...); err != nil {
		r.err = failure(r.ctx, err)
		return false
	}
	for i, v := range r.row {
		r.row[i] = goValue(v)
	}
	return true
}

// Row returns the current row.
func (r *resultRows) Row() []any { return r.row }

// Err returns what ended the rows early.
func (r *resultRows) Err() error { return r.err }

// Close stops what still runs.
func (r *resultRows) Close() error {
	r.cancel()
	var err error
	if r.rows != nil {
		err = r.rows.Close()
	}
	if r.conn != nil {
		err = errors.Join(err, r.conn.Close())
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("close rows: %w", err)
	}
	return nil
}

// Tables lists the tables that queries can name, sorted by name.
func (c *Case) Tables() []*schema.Table { return schema.Tables() }

// Coverage tells what was collected, sorted by table, source and start.
func (c *Case) Coverage(ctx context.Context) ([]hunt.Coverage, error) {
	t, _ := schema.Lookup("Coverage")
	s := statement{sql: `SELECT "Table", Source, State, "Start", "End", coalesce(Records, 0), Reason, Remedy FROM "Coverage" ORDER BY ALL`}
	for _, name := range []string{"Table", "Source", "State", "Start", "End", "Records", "Reason", "Remedy"} {
		col, _ := t.Column(name)
		s.columns = append(s.columns, col)
	}
	rows, err := c.run(ctx, s)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []hunt.Coverage
	for rows.Next() {
		v := rows.Row()
		f := hunt.Coverage{
			Table: v[0].(string), Source: v[1].(string), State: hunt.CoverageState(v[2].(string)),
			Records: v[5].(int64), Reason: v[6].(string), Fix: v[7].(string),
		}
		if t, ok := v[3].(int64); ok {
			f.Start = Ticks(t).Time()
		}
		if t, ok := v[4].(int64); ok {
			f.End = Ticks(t).Time()
		}
		out = append(out, f)
	}
	return out, rows.Err()
}
