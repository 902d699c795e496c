package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/hunt365/hunt365/hunt/schema"
)

// bookkeeping holds what the database knows about the evidence it came from.
// KQL cannot name these tables: they are not in the schema.
const bookkeeping = `
CREATE TABLE IF NOT EXISTS hunt365_meta (name VARCHAR, value VARCHAR);
CREATE TABLE IF NOT EXISTS hunt365_segments (seq BIGINT, file VARCHAR, format VARCHAR, scope VARCHAR, mapping VARCHAR, unread BIGINT);
`

// batchSegments is how many segments one transaction maps: a million records.
const batchSegments = 16

// mapResult counts what mapping did.
type mapResult struct {
	tables   map[string]int64
	unmapped int64
}

// mapPending brings the tables up to the manifest.
func (c *Case) mapPending(ctx context.Context) (res mapResult, err error) {
	res.tables = map[string]int64{}
	if err := c.closeReader(); err != nil {
		return res, err
	}
	d, err := c.openWriter(ctx)
	if err != nil {
		return res, err
	}
	defer func() {
		err = errors.Join(err, d.close())
		if err == nil {
			err = os.Chmod(c.databasePath(), 0o600)
		}
	}()
	if err := c.createTables(ctx, d); err != nil {
		return res, err
	}
	m := &mapper{c: c, db: d.db, tables: d.tables, res: &res}
	return res, m.run(ctx)
}

// createTables makes what every database has; a table of the schema is made
// when something is mapped to it, which keeps opening a case fast.
func (c *Case) createTables(ctx context.Context, d *database) error {
	if _, err := d.db.ExecContext(ctx, bookkeeping); err != nil {
		return fmt.Errorf("create tables: %w", err)
	}
	have, err := d.meta(ctx, "schema")
	if err != nil || have == schemaHash() {
		return errors.Join(err, d.list(ctx))
	}
	coverage, _ := schema.Lookup("Coverage")
	_, err = d.db.ExecContext(ctx, "BEGIN;\n"+tableDDL(coverage)+";\nINSERT INTO hunt365_meta VALUES ('schema', "+literal(schemaHash())+");\nCOMMIT;")
	if err != nil {
		return fmt.Errorf("create tables: %w", err)
	}
	return d.list(ctx)
}

// tableDDL is the table's DDL, with the one column that holds whole records
// compressed by a method made for long texts.
func tableDDL(t *schema.Table) string {
	return strings.Replace(schema.DDL(t), `"AuditData" JSON`, `"AuditData" JSON USING COMPRESSION zstd`, 1)
}

// schemaHash stands for the shape of the tables and of the rules over them.
func schemaHash() string {
	h := sha256.New()
	for _, t := range schema.Tables() {
		h.Write([]byte(tableDDL(t)))
	}
	h.Write([]byte(bookkeeping + "rules 1"))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// mappingHash stands for how records of format become rows.
func (c *Case) mappingHash(format string) string {
	list := c.opts.Mappings(format)
	if len(list) == 0 {
		return ""
	}
	h := sha256.New()
	for _, s := range c.opts.Macros {
		h.Write([]byte(s))
	}
	for _, m := range list {
		fmt.Fprintf(h, "%s\x00%s\x00%v\x00", m.Table, m.SQL, m.Derived)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (d *database) meta(ctx context.Context, name string) (string, error) {
	var value string
	err := d.db.QueryRowContext(ctx, "SELECT value FROM hunt365_meta WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// mapped returns, per segment in the tables, the mapping that was used.
func (d *database) mapped(ctx context.Context) (map[string]string, error) {
	rows, err := d.db.QueryContext(ctx, "SELECT file, mapping FROM hunt365_segments")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	files := map[string]string{}
	for rows.Next() {
		var file, hash string
		if err := rows.Scan(&file, &hash); err != nil {
			return nil, err
		}
		files[file] = hash
	}
	return files, rows.Err()
}

// mapper fills tables from segments.
type mapper struct {
	c      *Case
	db     *sql.DB
	tables map[string]bool // those that are there
	res    *mapResult
}

// piece is a segment with its place in the manifest.
type piece struct {
	Entry
	seq int
}

func (m *mapper) run(ctx context.Context) error {
	pending, all, err := m.pending(ctx)
	if err != nil {
		return err
	}
	var done, total int64
	for _, p := range pending {
		total += p.Records
	}
	for len(pending) > 0 {
		n := 1
		for n < len(pending) && n < batchSegments && pending[n].Format == pending[0].Format && pending[n].Scope == pending[0].Scope {
			n++
		}
		if err := m.batch(ctx, pending[:n]); err != nil {
			return err
		}
		for _, p := range pending[:n] {
			done += p.Records
		}
		m.c.opts.Progress("tables", done, total)
		pending = pending[n:]
	}
	return m.settle(ctx, all)
}

// pending returns the segments that are not in the tables, and all of them.
func (m *mapper) pending(ctx context.Context) (pending, all []piece, err error) {
	have, err := (&database{db: m.db}).mapped(ctx)
	if err != nil {
		return nil, nil, err
	}
	for i, e := range m.c.manifest.entries {
		if e.Kind != kindSegment {
			continue
		}
		p := piece{e, i + 1}
		all = append(all, p)
		if _, ok := have[e.File]; !ok {
			pending = append(pending, p)
		}
	}
	return pending, all, nil
}

// batch maps segments of one format in one transaction. Where that fails it
// tries again with what the failure calls for.
func (m *mapper) batch(ctx context.Context, list []piece) error {
	err := m.try(ctx, list, m.c.path("evidence"))
	if err == nil || ctx.Err() != nil {
		return err
	}
	var duckErr *duckdb.Error
	if !errors.As(err, &duckErr) {
		return err
	}
	if duckErr.Type == duckdb.ErrorTypeOutOfMemory {
		return m.smaller(ctx, list, err)
	}
	// Something in the records is not what DuckDB takes for JSON: map a
	// cleaned copy, and lose as few rows as possible.
	clean, cleanErr := m.c.cleanCopies(list)
	if cleanErr != nil {
		return errors.Join(err, cleanErr)
	}
	if again := m.try(ctx, list, clean); again != nil {
		return errors.Join(err, again, os.RemoveAll(clean))
	}
	return os.RemoveAll(clean)
}

// smaller maps list in halves, after memory was too small for it.
func (m *mapper) smaller(ctx context.Context, list []piece, err error) error {
	if len(list) == 1 {
		return err
	}
	if err := m.batch(ctx, list[:len(list)/2]); err != nil {
		return err
	}
	return m.batch(ctx, list[len(list)/2:])
}

func (m *mapper) try(ctx context.Context, list []piece, dir string) (err error) {
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tx.Rollback() // the first error says what happened
		}
	}()
	lenient := dir != m.c.path("evidence")
	if _, err := tx.ExecContext(ctx, segmentView(list, dir, lenient)); err != nil {
		return fmt.Errorf("map %s: %w", list[0].File, err)
	}
	rows := map[string]int64{}
	for _, mp := range m.c.opts.Mappings(list[0].Format) {
		n, err := m.insert(ctx, tx, mp)
		if err != nil {
			return fmt.Errorf("map %s as %s to %s: %w", list[0].File, list[0].Format, mp.Table, err)
		}
		rows[mp.Table] += n
		if err := m.c.opts.fault("table mapped"); err != nil {
			return err
		}
	}
	unread, err := m.unread(ctx, tx, list, lenient)
	if err != nil {
		return err
	}
	for i, p := range list {
		if _, err := tx.ExecContext(ctx, "INSERT INTO hunt365_segments VALUES (?, ?, ?, ?, ?, ?)",
			p.seq, p.File, p.Format, p.Scope, m.c.mappingHash(p.Format), unread[i]); err != nil {
			return err
		}
		m.res.unmapped += unread[i]
	}
	if err := errors.Join(tx.Commit(), m.c.opts.fault("batch committed")); err != nil {
		return err
	}
	for t, n := range rows {
		m.tables[t] = true
		m.res.tables[t] += n
	}
	return nil
}

// unread counts the records of each segment that DuckDB could not read.
func (m *mapper) unread(ctx context.Context, tx *sql.Tx, list []piece, lenient bool) ([]int64, error) {
	lost := make([]int64, len(list))
	if !lenient {
		return lost, nil
	}
	for i, p := range list {
		var n int64
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM segment WHERE _Segment = ?", p.File).Scan(&n); err != nil {
			return nil, err
		}
		lost[i] = p.Records - n
	}
	return lost, nil
}

// segmentView makes the relation that mappings read. The buffer that DuckDB
// takes per thread is twice the largest object, so it is told the real size.
func segmentView(list []piece, dir string, lenient bool) string {
	longest := int64(1 << 20)
	files := make([]string, len(list))
	for i, p := range list {
		files[i] = literal(dir + "/" + p.File)
		longest = max(longest, p.Longest+64)
	}
	if lenient {
		longest *= 2 // cleaning can make a line longer
	}
	where := ""
	if lenient {
		where = " WHERE id IS NOT NULL AND r IS NOT NULL"
	}
	return fmt.Sprintf(`CREATE OR REPLACE TEMP VIEW segment AS
SELECT n, id, t, r, substr(filename, %d) AS _Segment
FROM read_json([%s], format = 'newline_delimited', compression = 'zstd', filename = true, maximum_object_size = %d, ignore_errors = %v,
  columns = {n: 'BIGINT', id: 'VARCHAR', t: 'BIGINT', r: 'JSON'})%s`,
		len(dir)+2, strings.Join(files, ", "), longest, lenient, where)
}
