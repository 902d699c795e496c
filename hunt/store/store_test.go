package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/schema"
	"github.com/hunt365/hunt365/hunt/store"
)

// The mappings of these tests: format "ual" fills UnifiedAuditLog and, for
// directory records, AuditLogs; "native" fills AuditLogs; "loose" nothing.
func testMappings(format string) []store.Mapping {
	const ids = ", id AS _Id, _Segment, n AS _Line FROM segment"
	switch format {
	case "ual":
		return []store.Mapping{
			{Table: "UnifiedAuditLog", SQL: "SELECT t AS TimeGenerated, id AS Id, json_extract_string(r, '$.Operation') AS Operation, r AS AuditData" + ids},
			{Table: "AuditLogs", Derived: true, SQL: `SELECT t AS TimeGenerated, 'UnifiedAuditLog' AS SourceSystem, json_extract_string(r, '$.Tenant') AS AADTenantId,
				json_extract_string(r, '$.Operation') AS OperationName` + ids + " WHERE json_extract_string(r, '$.Workload') = 'AzureActiveDirectory'"},
		}
	case "native":
		return []store.Mapping{{Table: "AuditLogs", SQL: `SELECT t AS TimeGenerated, 'Azure AD' AS SourceSystem, json_extract_string(r, '$.Tenant') AS AADTenantId,
			json_extract_string(r, '$.Operation') AS OperationName` + ids}}
	}
	return nil
}

var received = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func options() store.Options {
	return store.Options{
		Write: true, Create: true, Tool: "test", Command: "test import", Mappings: testMappings,
		Now: func() time.Time { return received },
	}
}

func open(t testing.TB, dir string, opts store.Options) *store.Case {
	t.Helper()
	c, err := store.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func reading() store.Options {
	o := options()
	o.Write, o.Create = false, false
	return o
}

var start = int64(store.TicksOf(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)))

const hour = int64(3600 * 10_000_000)

// ual makes n records of the unified audit log, an hour apart.
func ual(from, n int) []store.Record {
	var out []store.Record
	for i := from; i < from+n; i++ {
		workload := "Exchange"
		if i%2 == 1 {
			workload = "AzureActiveDirectory"
		}
		out = append(out, store.Record{
			Kind: "ual", Format: "ual", ID: fmt.Sprintf("id-%d", i), Time: start + int64(i)*hour, Timed: true, Tenant: "t-1", File: "a.json", Line: int64(i),
			Raw: fmt.Appendf(nil, `{"Operation":"op %d","Workload":%q,"Tenant":"t-1"}`, i, workload),
		})
	}
	return out
}

func add(t testing.TB, c *store.Case, recs []store.Record) store.Summary {
	t.Helper()
	sum, err := c.Append(context.Background(), "test", feed(recs))
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func feed(recs []store.Record) func(store.AddFunc) error {
	return func(add store.AddFunc) error {
		for i := range recs {
			if _, err := add(&recs[i]); err != nil {
				return err
			}
		}
		return nil
	}
}

// query returns the rows of a SELECT as text.
func query(t testing.TB, c *store.Case, text string, types ...schema.Type) []string {
	t.Helper()
	var cols []schema.Column
	for _, typ := range types {
		cols = append(cols, schema.Column{Type: typ})
	}
	rows, err := c.RunSQL(context.Background(), text, cols)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		out = append(out, fmt.Sprint(rows.Row()...))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func counts(t testing.TB, c *store.Case) []string {
	t.Helper()
	return query(t, c, `SELECT 'u ' || count(*) || ' ' || count(DISTINCT _Id) FROM UnifiedAuditLog UNION ALL SELECT 'a ' || count(*) || ' ' || count(DISTINCT _Id) FROM AuditLogs`, schema.String)
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func intact(t testing.TB, dir string) {
	t.Helper()
	problems, err := store.Verify(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "problems", []store.Problem(nil), problems)
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "acme")
	c := open(t, dir, options())
	sum := add(t, c, ual(0, 10))
	same(t, "first append", store.Summary{New: 10, Segments: 1, Tables: map[string]int64{"UnifiedAuditLog": 10, "AuditLogs": 5}}, sum)
	sum = add(t, c, ual(0, 12))
	same(t, "second append", store.Summary{New: 2, Duplicate: 10, Segments: 1, Tables: map[string]int64{"UnifiedAuditLog": 2, "AuditLogs": 1}}, sum)
	same(t, "row", []string{"639264096000000000 id-3 op 3 " + `{"Operation":"op 3","Workload":"AzureActiveDirectory","Tenant":"t-1"}` + " UnifiedAuditLog id-3 2026/11/22/test-ual-000001.ndjson.zst 4"}[0:0],
		query(t, c, "SELECT 1 WHERE false", schema.Long))
	got := query(t, c, "SELECT Operation || '|' || AuditData || '|' || Type || '|' || _Id || '|' || _Segment || '|' || _Line || '|' || UserId FROM UnifiedAuditLog WHERE Id = 'id-3'", schema.String)
	same(t, "row", []string{`op 3|{"Operation":"op 3","Workload":"AzureActiveDirectory","Tenant":"t-1"}|UnifiedAuditLog|id-3|2026/11/22/test-ual-000001.ndjson.zst|4|`}, got)
	same(t, "clock", time.Date(2026, 10, 1, 11, 0, 0, 0, time.UTC), c.End())
	same(t, "tenants", []string{"t-1"}, c.Info().Tenants)
	before := counts(t, c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, "rows after opening again", before, counts(t, open(t, dir, reading())))
	intact(t, dir)
}

func TestImportTwiceChangesNothing(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, options())
	add(t, c, ual(0, 10))
	c.Close()
	before, _ := os.ReadFile(filepath.Join(dir, "evidence", "manifest.ndjson"))
	c = open(t, dir, options())
	same(t, "second append", store.Summary{Duplicate: 10, Tables: map[string]int64{}}, add(t, c, ual(0, 10)))
	after, _ := os.ReadFile(filepath.Join(dir, "evidence", "manifest.ndjson"))
	same(t, "manifest", string(before), string(after))
}

func TestIDsOfOtherKindsAreOthers(t *testing.T) {
	c := open(t, t.TempDir(), options())
	recs := ual(0, 2)
	recs[1].ID = recs[0].ID
	recs[1].Kind, recs[1].Format = "audit", "native"
	if sum := add(t, c, recs); sum.New != 2 {
		t.Errorf("%d new, want 2", sum.New)
	}
}

func TestLostKeysAreMadeAgain(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, options())
	add(t, c, ual(0, 10))
	c.Close()
	for _, damage := range []func(string) error{
		os.Remove,
		func(p string) error { return os.Truncate(p, 40) },
		func(p string) error { return os.WriteFile(p, make([]byte, 32+160+4), 0o600) },
	} {
		files, _ := filepath.Glob(filepath.Join(dir, "index", "*"))
		if len(files) != 1 {
			t.Fatalf("key files: %v", files)
		}
		if err := damage(files[0]); err != nil {
			t.Fatal(err)
		}
		c = open(t, dir, options())
		if sum := add(t, c, ual(0, 10)); sum.New != 0 {
			t.Errorf("%d new, want 0", sum.New)
		}
		c.Close()
	}
}

func TestRebuildGivesTheSame(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, options())
	add(t, c, ual(0, 50))
	add(t, c, native(20, 5))
	add(t, c, ual(30, 50))
	all := func() []string {
		var out []string
		for _, table := range []string{"UnifiedAuditLog", "AuditLogs", "Coverage"} {
			out = append(out, query(t, c, "SELECT CAST(to_json(x) AS VARCHAR) FROM "+table+" x", schema.String)...)
		}
		return out
	}
	before := all()
	if err := c.Rebuild(context.Background()); err != nil {
		t.Fatal(err)
	}
	same(t, "rows in their order", before, all())
}

func native(from, n int) []store.Record {
	out := ual(from, n)
	for i := range out {
		out[i].Kind, out[i].Format, out[i].ID = "audit", "native", "native-"+out[i].ID
		out[i].Time += 10_000_000
	}
	return out
}

func TestNativeRowsWin(t *testing.T) {
	unknown := native(20, 5)
	for i := range unknown {
		unknown[i].Raw = []byte(`{"Operation":"x"}`)
	}
	other := native(20, 5)
	for i := range other {
		other[i].Raw = []byte(`{"Operation":"x","Tenant":"t-2"}`)
	}
	for name, tc := range map[string]struct {
		native []store.Record
		want   []string
	}{
		"same tenant":    {native(20, 5), []string{"UnifiedAuditLog 23", "Azure AD 5"}},
		"tenant unknown": {unknown, []string{"UnifiedAuditLog 23", "Azure AD 5"}},
		"other tenant":   {other, []string{"UnifiedAuditLog 25", "Azure AD 5"}},
		"two islands":    {append(native(1, 1), native(41, 1)...), []string{"UnifiedAuditLog 23", "Azure AD 2"}},
	} {
		for _, nativeFirst := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " native first ", nativeFirst), func(t *testing.T) {
				c := open(t, t.TempDir(), options())
				if nativeFirst {
					add(t, c, tc.native)
					add(t, c, ual(0, 50))
				} else {
					add(t, c, ual(0, 50))
					add(t, c, tc.native)
				}
				same(t, "rows", tc.want, query(t, c, "SELECT SourceSystem || ' ' || count(*) FROM AuditLogs GROUP BY SourceSystem ORDER BY SourceSystem DESC", schema.String))
			})
		}
	}
}

func TestTwinsGiveWay(t *testing.T) {
	twins := ual(1, 1) // a native row with the id of a derived one, far from it in time
	twins[0].Kind, twins[0].Format, twins[0].Time = "audit", "native", start+9999*hour
	for _, nativeFirst := range []bool{false, true} {
		c := open(t, t.TempDir(), options())
		if nativeFirst {
			add(t, c, twins)
		}
		add(t, c, ual(0, 4))
		if !nativeFirst {
			add(t, c, twins)
		}
		same(t, "rows", []string{"id-1 Azure AD", "id-3 UnifiedAuditLog"}, query(t, c, "SELECT _Id || ' ' || SourceSystem FROM AuditLogs ORDER BY _Id", schema.String))
	}
}

func TestCoverage(t *testing.T) {
	ctx := context.Background()
	c := open(t, t.TempDir(), options())
	add(t, c, ual(0, 10))
	gap := hunt.Coverage{Table: "SigninLogs", Source: "graph", State: hunt.NotPermitted, Start: received, End: received.Add(time.Hour), Reason: "AuditLog.Read.All is missing", Fix: "consent to it"}
	if err := c.RecordCoverage(ctx, []hunt.Coverage{gap}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Coverage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	same(t, "coverage", []hunt.Coverage{
		{Table: "AuditLogs", Source: "test: ual", State: hunt.Fetched, Start: first.Add(time.Hour), End: first.Add(9 * time.Hour), Records: 5},
		gap,
		{Table: "UnifiedAuditLog", Source: "test: ual", State: hunt.Fetched, Start: first, End: first.Add(9 * time.Hour), Records: 10},
	}, got)
	better := hunt.Coverage{Table: "SigninLogs", Source: "graph", State: hunt.Verified, Start: received, End: received.Add(time.Hour), Records: 3}
	whole := hunt.Coverage{Table: "UnifiedAuditLog", Source: "test", State: hunt.Truncated, Start: first, End: first.Add(time.Hour), Reason: "cut", Fix: "ask again"}
	if err := c.RecordCoverage(ctx, []hunt.Coverage{better, whole}); err != nil {
		t.Fatal(err)
	}
	if got, err = c.Coverage(ctx); err != nil {
		t.Fatal(err)
	}
	same(t, "coverage after another statement", []hunt.Coverage{better, whole}, got)
}

func TestBrokenText(t *testing.T) {
	recs := ual(0, 3)
	recs[1].Raw = []byte(`{"Operation":"cut \ud83d","Workload":"Exchange"}`)
	recs[2].Raw = []byte("{\"Operation\":\"bytes \xff\xfe \\u0000 \\ud83d\\ude00\",\"Workload\":\"Exchange\"}")
	c := open(t, t.TempDir(), options())
	if sum := add(t, c, recs); sum.Unmapped != 0 {
		t.Errorf("%d records unmapped", sum.Unmapped)
	}
	same(t, "operations", []string{"op 0", "cut \uFFFD", "bytes \uFFFD \x00 \U0001F600"}, query(t, c, "SELECT Operation FROM UnifiedAuditLog ORDER BY _Line", schema.String))
	intact(t, c.Dir())
}

func TestUnreadableRecordIsCounted(t *testing.T) {
	recs := ual(0, 3)
	recs[1].Raw = []byte(`{"Operation":`)
	c := open(t, t.TempDir(), options())
	if sum := add(t, c, recs); sum.Unmapped != 1 {
		t.Errorf("%d records unmapped, want 1", sum.Unmapped)
	}
	same(t, "rows", []string{"2"}, query(t, c, "SELECT count(*) FROM UnifiedAuditLog", schema.Long))
}

func TestCleanJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"\ud83d\ude00"}`:        `{"a":"\ud83d\ude00"}`,
		`{"a":"\ud83d"}`:              `{"a":"\uFFFD"}`,
		`{"a":"\ude00\ud83d\u0041"}`:  `{"a":"\uFFFD\uFFFD\u0041"}`,
		`{"a":"\\ud83d \" \n"}`:       `{"a":"\\ud83d \" \n"}`,
		"{\"a\":\"\xff\"}":            "{\"a\":\"\uFFFD\"}",
		`{"a":"\ud83d\ud83d\ude00x"}`: `{"a":"\uFFFD\ud83d\ude00x"}`,
		`\`:                           `\`,
		`\ud8`:                        `\ud8`,
	} {
		same(t, in, want, store.CleanJSON(in))
	}
}

func TestPermissions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "acme")
	c := open(t, dir, options())
	add(t, c, ual(0, 3))
	query(t, c, "SELECT 1", schema.Long)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTablesThatHoldNothing(t *testing.T) {
	c := open(t, t.TempDir(), options())
	for range 2 {
		same(t, "rows", []string{"0"}, query(t, c, `SELECT count("Timestamp") + count("_Id") FROM "CampaignInfo"`, schema.Long))
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, options())
	_, err := store.Open(dir, options())
	want := fmt.Sprintf("is locked by test import (process %d on ", os.Getpid())
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("second writer: %v, want …%s…", err, want)
	}
	var locked *store.LockedError
	if _, err := store.Open(dir, reading()); !errors.As(err, &locked) || !locked.Writer {
		t.Errorf("reader beside writer: %v", err)
	}
	c.Close()
	r := open(t, dir, reading())
	open(t, dir, reading())
	if _, err := store.Open(dir, options()); !errors.As(err, &locked) || locked.Writer {
		t.Errorf("writer beside readers: %v", err)
	}
	same(t, "rows", []string{"0"}, query(t, r, `SELECT count(*) FROM "AuditLogs"`, schema.Long))
}

func TestNoCase(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if _, err := store.Open(dir, reading()); !errors.Is(err, store.ErrNoCase) {
			t.Errorf("open %s: %v", dir, err)
		}
		if _, err := store.Verify(context.Background(), dir); !errors.Is(err, store.ErrNoCase) {
			t.Errorf("verify %s: %v", dir, err)
		}
	}
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o600)
	if _, err := store.Open(dir, options()); err == nil {
		t.Error("a folder with other files became a case")
	}
}

func TestRefusedRecords(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, options())
	bad := ual(0, 2)
	bad[1].Raw = []byte("{\n}")
	if _, err := c.Append(context.Background(), "test", feed(bad)); err == nil {
		t.Error("a record on two lines was taken")
	}
	same(t, "append after a failed one", int64(2), add(t, c, ual(0, 2)).New)
	intact(t, dir)
}
