package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/kql/duck"
	"github.com/hunt365/hunt365/hunt/schema"
)

// Even SQL that got past the compiler can reach nothing but the tables.
func TestSandbox(t *testing.T) {
	dir := t.TempDir()
	c := open(t, filepath.Join(dir, "case"), options())
	add(t, c, ual(0, 3))
	secret := filepath.Join(dir, "secret.csv")
	if err := os.WriteFile(secret, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"SELECT content FROM read_text('" + secret + "')",
		"SELECT a FROM '" + secret + "'",
		"SELECT a FROM read_csv('" + secret + "')",
		"SELECT file FROM glob('" + dir + "/*')",
		"SELECT json FROM read_ndjson_objects('" + filepath.Join(dir, "case", "evidence", "manifest.ndjson") + "')",
		"SELECT 1) q(x); COPY (SELECT 1) TO '" + filepath.Join(dir, "out.csv") + "'; SELECT 1 FROM (SELECT 1",
		"SELECT 1) q(x); ATTACH '" + filepath.Join(dir, "other.duckdb") + "'; SELECT 1 FROM (SELECT 1",
		"SELECT 1) q(x); INSTALL httpfs; SELECT 1 FROM (SELECT 1",
		"SELECT 1) q(x); LOAD '" + secret + "'; SELECT 1 FROM (SELECT 1",
		"SELECT 1) q(x); SET enable_external_access=true; SELECT 1 FROM (SELECT 1",
		"SELECT 1) q(x); SET memory_limit='100GB'; SELECT 1 FROM (SELECT 1",
		"SELECT 1) q(x); DELETE FROM \"UnifiedAuditLog\"; SELECT 1 FROM (SELECT 1",
		"SELECT 1) q(x); DROP TABLE \"UnifiedAuditLog\"; SELECT 1 FROM (SELECT 1",
		"SELECT getenv('HOME')",
	} {
		rows, err := c.RunSQL(context.Background(), text, []schema.Column{{Type: schema.String}})
		if err == nil {
			for rows.Next() {
			}
			err = errors.Join(rows.Err(), rows.Close())
		}
		var engine *hunt.EngineError
		if !errors.As(err, &engine) {
			t.Errorf("%s: %v, want it refused", text, err)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	same(t, "files", []string{filepath.Join(dir, "case"), secret}, left)
	same(t, "rows", []string{"3"}, query(t, c, `SELECT count(*) FROM "UnifiedAuditLog"`, schema.Long))
	intact(t, c.Dir())
}

const endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = -1"

func TestQueryEnds(t *testing.T) {
	c := open(t, t.TempDir(), options())
	column := []schema.Column{{Name: "n", Type: schema.Long}}
	query(t, c, "SELECT 1", schema.Long) // the first opens the tables
	timed, stop := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer stop()
	cancelled, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	for name, tc := range map[string]struct {
		ctx  context.Context
		text string
		want hunt.Outcome
	}{
		"timeout":   {timed, endless, hunt.Timeout},
		"cancelled": {cancelled, endless, hunt.Cancelled},
		"no table":  {context.Background(), `SELECT 1 FROM "Nowhere"`, hunt.MissingTable},
		"failure":   {context.Background(), "SELECT error('no')", hunt.StoreFailure},
	} {
		began := time.Now()
		rows, err := c.RunSQL(tc.ctx, tc.text, column)
		if err == nil {
			for rows.Next() {
			}
			err = errors.Join(rows.Err(), rows.Close())
		}
		if got := hunt.OutcomeOf(err); got != tc.want {
			t.Errorf("%s: %v (%s), want %s", name, err, got, tc.want)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func TestValues(t *testing.T) {
	c := open(t, t.TempDir(), options())
	var columns []schema.Column
	for _, typ := range []schema.Type{schema.Bool, schema.Int, schema.Long, schema.Real, schema.Decimal, schema.String, schema.DateTime, schema.TimeSpan, schema.GUID, schema.Dynamic, schema.Dynamic} {
		columns = append(columns, schema.Column{Name: "c", Type: typ})
	}
	rows, err := c.RunSQL(context.Background(), `SELECT true, 1::INTEGER, 2::BIGINT, 2.5::DOUBLE, 1.5::DECIMAL(38,18), 'x', 3::BIGINT, 4::BIGINT, 'g', '{"a":[1,2]}'::JSON, NULL::JSON`, columns)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	same(t, "row", []any{true, int64(1), int64(2), 2.5, "1.500000000000000000", "x", int64(3), int64(4), "g", `{"a":[1,2]}`, nil}, rows.Row())
	same(t, "columns", columns, rows.Columns())
}

// Compiled KQL runs with its macros and functions, on several connections.
func TestKQL(t *testing.T) {
	c := open(t, t.TempDir(), options())
	add(t, c, ual(0, 10))
	script, err := kql.Parse(`UnifiedAuditLog | where Operation has "op" and TimeGenerated > datetime(2026-10-01 05:30) | summarize n = count(), ids = make_set(_Id) by strcat(tostring(AuditData.Workload), "!") | order by n`)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := kql.Bind(script, &kql.Env{Tables: schema.Lookup, TableNames: schema.TableNames(), Now: received})
	if err != nil {
		t.Fatal(err)
	}
	statement, err := duck.Lower(plan)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 4)
	for range 4 {
		go func() {
			rows, err := c.Query(context.Background(), statement)
			if err != nil {
				done <- err.Error()
				return
			}
			defer rows.Close()
			var out []string
			for rows.Next() {
				out = append(out, strings.TrimSuffix(rows.Row()[0].(string), "!"))
			}
			done <- strings.Join(out, " ")
		}()
	}
	for range 4 {
		if got := <-done; got != "Exchange AzureActiveDirectory" && got != "AzureActiveDirectory Exchange" {
			t.Errorf("rows: %s", got)
		}
	}
}

func TestFilled(t *testing.T) {
	c := open(t, t.TempDir(), options())
	none, err := c.Filled(context.Background())
	if err != nil || len(none) != 0 {
		t.Fatalf("a new case: %v, %v, want no table", none, err)
	}
	add(t, c, ual(0, 3))
	got, err := c.Filled(context.Background())
	if err != nil || !got["UnifiedAuditLog"] || got["SigninLogs"] {
		t.Fatalf("after import: %v, %v, want UnifiedAuditLog and not SigninLogs", got, err)
	}
}
