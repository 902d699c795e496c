package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/hunt365/hunt365/hunt/kql/duck"
)

// database is one opening of case.duckdb, shut off from everything but the
// case folder before the first statement that an outsider had a hand in.
type database struct {
	db     *sql.DB
	tables map[string]bool // what is there
}

func (c *Case) databasePath() string { return c.path("case.duckdb") }

// dsn names the database with its options. DuckDB keeps spill files in tmp/.
func (c *Case) dsn(memory string, options url.Values) (string, error) {
	if strings.ContainsRune(c.dir, '?') {
		return "", fmt.Errorf("a case folder's name cannot hold a question mark: %q", c.dir)
	}
	options.Set("threads", strconv.Itoa(c.opts.Threads))
	options.Set("memory_limit", memory)
	if err := os.MkdirAll(c.path("tmp"), 0o700); err == nil { // not on a read-only disk; then nothing spills
		options.Set("temp_directory", c.path("tmp"))
	}
	options.Set("autoinstall_known_extensions", "false")
	options.Set("autoload_known_extensions", "false")
	return c.databasePath() + "?" + options.Encode(), nil
}

// openWriter opens the database for mapping; only the evidence and the folder
// for temporary files can be reached from it, and that cannot be undone. Only
// our own SQL runs here, so that its settings need no lock.
func (c *Case) openWriter(ctx context.Context) (*database, error) {
	dsn, err := c.dsn(c.opts.Memory, url.Values{"storage_compatibility_version": {"latest"}})
	if err != nil {
		return nil, err
	}
	connector, err := duckdb.NewConnector(dsn, nil)
	if err != nil {
		return nil, err
	}
	d := &database{db: sql.OpenDB(connector)}
	d.db.SetMaxOpenConns(1)
	settings := []string{
		// A thread holds a block for each column that it writes and what JSON
		// functions work in: 250 MB for OfficeActivity. Two would wait for
		// each other's memory, four times as long; one also keeps rows in
		// the order of the evidence, so that every rebuild gives the same.
		"SET threads=1",
		// What DuckDB frees goes back to the system soon; by default it keeps
		// 100 MB and more.
		"SET allocator_flush_threshold='16MB'",
		"SET allocator_bulk_deallocation_flush_threshold='16MB'",
		"SET allocator_background_threads=true",
		"SET wal_autocheckpoint='1GB'", // one checkpoint on closing is enough
		"SET allowed_directories=[" + literal(c.path("evidence")+"/") + ", " + literal(c.path("tmp")+"/") + "]",
		"SET enable_external_access=false",
	}
	settings = append(settings, c.opts.Macros...)
	for _, s := range settings {
		if _, err := d.db.ExecContext(ctx, s); err != nil {
			return nil, errors.Join(fmt.Errorf("prepare database: %w", err), d.close())
		}
	}
	return d, os.Chmod(c.databasePath(), 0o600)
}

// openReader opens the database for queries: read only, with no way out, and
// with what lowered KQL calls.
func (c *Case) openReader(ctx context.Context) (*database, error) {
	dsn, err := c.dsn(c.opts.Queries, url.Values{"access_mode": {"READ_ONLY"}})
	if err != nil {
		return nil, err
	}
	registered := false
	connector, err := duckdb.NewConnector(dsn, func(conn driver.ExecerContext) error {
		if !registered { // the macros call the functions, which are there after this connection
			return nil
		}
		return execAll(ctx, conn, duck.Macros())
	})
	if err != nil {
		return nil, err
	}
	d := &database{db: sql.OpenDB(connector)}
	err = d.prepare(ctx, c.opts.Geo)
	registered = true // before list, whose connection is kept for queries
	if err == nil {
		err = d.list(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare database: %w", err), d.close())
	}
	return d, nil
}

// list notes which tables are there.
func (d *database) list(ctx context.Context) error {
	rows, err := d.db.QueryContext(ctx, "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary")
	if err != nil {
		return err
	}
	defer rows.Close()
	d.tables = map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		d.tables[name] = true
	}
	return rows.Err()
}

// prepare registers the Go functions and shuts the doors, once for all
// connections, and drops the connection that did it.
func (d *database) prepare(ctx context.Context, geo duck.GeoLookup) error {
	defer d.db.SetMaxIdleConns(4)
	d.db.SetMaxIdleConns(0)
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return err
	}
	var prepared bool // by another Case of this process: DuckDB opens a file once
	err = conn.QueryRowContext(ctx, "SELECT current_setting('lock_configuration')").Scan(&prepared)
	if err != nil || prepared {
		return errors.Join(err, conn.Close())
	}
	for _, f := range duck.Functions(geo) {
		if err := duckdb.RegisterScalarUDF(conn, f.Name, scalar{f}); err != nil {
			return errors.Join(fmt.Errorf("function %s: %w", f.Name, err), conn.Close())
		}
	}
	for _, s := range []string{"SET enable_external_access=false", "SET lock_configuration=true"} {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return errors.Join(err, conn.Close())
		}
	}
	return conn.Close()
}

func execAll(ctx context.Context, conn driver.ExecerContext, statements []string) error {
	for _, s := range statements {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), s, nil); err != nil {
			return fmt.Errorf("%s: %w", s[:min(len(s), 60)], err)
		}
	}
	return nil
}

func (d *database) close() error {
	if d == nil {
		return nil
	}
	return d.db.Close()
}

// query returns the database for queries, opening it the first time.
func (c *Case) query(ctx context.Context) (*database, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reader == nil {
		d, err := c.openReader(context.WithoutCancel(ctx))
		if err != nil {
			return nil, err
		}
		c.reader = d
	}
	return c.reader, nil
}

func (c *Case) closeReader() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.reader.close()
	c.reader = nil
	return err
}

// literal quotes a text for SQL.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// identifier quotes a name for SQL.
func identifier(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
