package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/schema"
)

// settle applies the rules that look at more than one segment. They only
// remove rows that others stand for, whatever order the evidence came in, so
// the tables do not depend on it.
func (m *mapper) settle(ctx context.Context, all []piece) error {
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := m.settleIn(ctx, tx, all); err != nil {
		tx.Rollback() // the first error says what happened
		return err
	}
	if err := m.c.opts.fault("settled"); err != nil {
		tx.Rollback()
		return err
	}
	return tx.Commit()
}

func (m *mapper) settleIn(ctx context.Context, tx *sql.Tx, all []piece) error {
	targets, err := m.writePieces(ctx, tx, all)
	if err != nil {
		return err
	}
	for _, table := range []string{"AuditLogs", "SigninLogs", "OfficeActivity", "UnifiedAuditLog"} {
		if err := dropTwins(ctx, tx, table); err != nil {
			return fmt.Errorf("remove twins from %s: %w", table, err)
		}
	}
	for _, table := range m.present("AuditLogs", "SigninLogs") {
		if err := preferNative(ctx, tx, table); err != nil {
			return fmt.Errorf("prefer native rows in %s: %w", table, err)
		}
	}
	if err := m.writeCoverage(ctx, tx, targets); err != nil {
		return fmt.Errorf("state coverage: %w", err)
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM hunt365_meta WHERE name = 'head'")
	if err == nil {
		_, err = tx.ExecContext(ctx, "INSERT INTO hunt365_meta VALUES ('head', ?)", m.c.manifest.head)
	}
	return err
}

// present returns those of names that are tables already.
func (m *mapper) present(names ...string) []string {
	return slices.DeleteFunc(names, func(n string) bool { return !m.tables[n] })
}

// writePieces lists, per segment and table, where rows stand in the order in
// which twins give way: derived ones last, then later ones. It returns the
// tables.
func (m *mapper) writePieces(ctx context.Context, tx *sql.Tx, all []piece) (map[string]bool, error) {
	targets := map[string]bool{}
	const create = `CREATE OR REPLACE TEMP TABLE pieces (target VARCHAR, file VARCHAR, scope VARCHAR, source VARCHAR, received BIGINT, place BIGINT)`
	if _, err := tx.ExecContext(ctx, create); err != nil {
		return nil, err
	}
	for _, p := range all {
		for _, mp := range m.c.opts.Mappings(p.Format) {
			place := p.seq
			if mp.Derived {
				place += 1 << 32
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO pieces VALUES (?, ?, ?, ?, ?, ?)",
				mp.Table, p.File, p.Scope, p.Source+": "+p.Format, int64(p.Received), place); err != nil {
				return nil, err
			}
			targets[mp.Table] = true
		}
	}
	return targets, nil
}

// dropTwins removes rows of one event that came through several logs, keeping
// the first in the order of pieces. Ids of one scope are unique already.
func dropTwins(ctx context.Context, tx *sql.Tx, table string) error {
	var scopes int
	if err := tx.QueryRowContext(ctx, "SELECT count(DISTINCT scope) FROM pieces WHERE target = ?", table).Scan(&scopes); err != nil || scopes < 2 {
		return err
	}
	_, err := tx.ExecContext(ctx, strings.ReplaceAll(`
DELETE FROM {t} WHERE rowid IN (
  SELECT row FROM (
    SELECT d.rowid AS row, p.place AS place, min(p.place) OVER (PARTITION BY d._Id) AS first
    FROM {t} d JOIN pieces p ON p.target = '{t}' AND p.file = d._Segment)
  WHERE place > first)`, "{t}", table))
	return err
}

// Rows that the unified audit log stands in for give way where the native log
// covers the time: between native rows that are at most a day apart, and a few
// minutes around them, as the two logs do not stamp an event alike.
const (
	nativeGap    = 24 * 3600 * ticksPerSecond
	nativeMargin = 300 * ticksPerSecond
)

func preferNative(ctx context.Context, tx *sql.Tx, table string) error {
	query := strings.NewReplacer("{t}", table, "{gap}", fmt.Sprint(nativeGap), "{margin}", fmt.Sprint(nativeMargin)).Replace(`
DELETE FROM {t} WHERE SourceSystem = 'UnifiedAuditLog' AND EXISTS (
  SELECT 1 FROM (
    SELECT tenant, min(moment) - {margin} AS lo, max(moment) + {margin} AS hi FROM (
      SELECT tenant, moment, sum(starts) OVER (PARTITION BY tenant ORDER BY moment ROWS UNBOUNDED PRECEDING) AS island FROM (
        SELECT lower(AADTenantId) AS tenant, TimeGenerated AS moment,
          CASE WHEN TimeGenerated - lag(TimeGenerated) OVER (PARTITION BY lower(AADTenantId) ORDER BY TimeGenerated) <= {gap} THEN 0 ELSE 1 END AS starts
        FROM {t} WHERE SourceSystem <> 'UnifiedAuditLog' AND TimeGenerated IS NOT NULL))
    GROUP BY tenant, island) AS native
  WHERE (native.tenant = '' OR native.tenant = lower(coalesce(nullif({t}.AADTenantId, ''), {t}.TenantId)))
    AND {t}.TimeGenerated BETWEEN native.lo AND native.hi)`)
	var both bool
	err := tx.QueryRowContext(ctx, "SELECT count(DISTINCT SourceSystem = 'UnifiedAuditLog') = 2 FROM "+table).Scan(&both)
	if err != nil || !both {
		return err
	}
	_, err = tx.ExecContext(ctx, query)
	return err
}

// writeCoverage says what each table holds from each source. What the manifest
// states of a source, last, takes the place of that.
func (m *mapper) writeCoverage(ctx context.Context, tx *sql.Tx, targets map[string]bool) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM "Coverage"`); err != nil {
		return err
	}
	for _, t := range schema.Tables() {
		if _, timed := t.Column("TimeGenerated"); !timed || !targets[t.Name] || !m.tables[t.Name] {
			continue
		}
		_, err := tx.ExecContext(ctx, strings.ReplaceAll(`
INSERT INTO "Coverage" (TimeGenerated, Source, "Table", "Start", "End", Records, State)
SELECT max(p.received), p.source, '{t}', min(d.lo), max(d.hi), sum(d.n), ?
FROM (SELECT _Segment, count(*) AS n, min(TimeGenerated) AS lo, max(TimeGenerated) AS hi FROM "{t}" GROUP BY _Segment) d
JOIN pieces p ON p.target = '{t}' AND p.file = d._Segment
GROUP BY p.source ORDER BY p.source`, "{t}", t.Name), string(hunt.Fetched))
		if err != nil {
			return err
		}
	}
	latest := map[string]Ticks{}
	for _, e := range m.c.manifest.entries {
		if e.Kind == kindCoverage && e.Received > latest[e.Source] {
			latest[e.Source] = e.Received
		}
	}
	for _, source := range slices.Sorted(maps.Keys(latest)) {
		if _, err := tx.ExecContext(ctx, `DELETE FROM "Coverage" WHERE Source = ? OR starts_with(Source, ? || ': ')`, source, source); err != nil {
			return err
		}
	}
	for _, e := range m.c.manifest.entries {
		if e.Kind != kindCoverage || e.Coverage == nil || e.Received != latest[e.Source] {
			continue
		}
		f := e.Coverage
		if _, err := tx.ExecContext(ctx, `INSERT INTO "Coverage" (TimeGenerated, Source, "Table", "Start", "End", Records, State, Reason, Remedy)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, int64(e.Received), f.Source, f.Table, nullTicks(f.Start), nullTicks(f.End),
			f.Records, string(f.State), f.Reason, f.Fix); err != nil {
			return err
		}
	}
	return nil
}
