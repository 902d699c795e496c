package hunt_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/schema"
)

const ruleYAML = `id: rule
name: A rule
description: A rule for the test.
severity: High
tactics: [Collection]
relevantTechniques: [T1114.003]
kind: hunt
version: 3
tables: [OfficeActivity, SigninLogs]
query: |
  OfficeActivity
  | take 1
entityMappings:
  - {entityType: Account, column: Actor}
  - {entityType: ip, column: Addresses}
why: "{{.Actor}} came from {{.Addresses}} {{.Count}} times."
refute: They say so.
falsePositives: [Testers]
misses: [Everything else]
`

// fakeEngine gives the same rows to every query.
type fakeEngine struct {
	columns  []schema.Column
	rows     [][]any
	err      error
	coverage []hunt.Coverage
}

func (e *fakeEngine) Tables() []*schema.Table { return nil }

func (e *fakeEngine) Coverage(context.Context) ([]hunt.Coverage, error) { return e.coverage, nil }

func (e *fakeEngine) Query(context.Context, hunt.Request) (hunt.Rows, error) {
	return &fakeRows{engine: e, at: -1}, nil
}

type fakeRows struct {
	engine *fakeEngine
	at     int
}

func (r *fakeRows) Columns() []schema.Column { return r.engine.columns }
func (r *fakeRows) Next() bool               { r.at++; return r.at < len(r.engine.rows) }
func (r *fakeRows) Row() []any               { return r.engine.rows[r.at] }
func (r *fakeRows) Err() error               { return r.engine.err }
func (r *fakeRows) Close() error             { return nil }

func start() time.Time { return time.Date(2026, 10, 3, 8, 11, 2, 0, time.UTC) }

func testEngine() *fakeEngine {
	at := schema.Ticks(start())
	return &fakeEngine{
		columns: []schema.Column{
			{Name: "TimeGenerated", Type: schema.DateTime},
			{Name: "Actor", Type: schema.String},
			{Name: "Addresses", Type: schema.Dynamic},
			{Name: "Count", Type: schema.Long},
			{Name: "Span", Type: schema.TimeSpan},
			{Name: "Share", Type: schema.Real},
			{Name: "Records", Type: schema.Dynamic},
		},
		rows: [][]any{
			{at, "Ana@Contoso.example", `["203.0.113.7:443","[2001:db8::1]:80","203.0.113.7"]`, int64(2), int64(15_000_000), 0.5, `["b",["a"],"b"]`},
			{at, "ana@contoso.example", `["203.0.113.7","2001:db8::1"]`, int64(2), int64(15_000_000), 0.5, `["a","b"]`},
			{at, "<bob>", `[]`, int64(1), nil, 1.0, `["c"]`},
		},
		coverage: []hunt.Coverage{{Table: "OfficeActivity", State: hunt.Fetched, Records: 3}},
	}
}

func loadRule(t *testing.T) []*hunt.Query {
	t.Helper()
	queries, err := hunt.LoadQueries(fstest.MapFS{"rule/query.yaml": {Data: []byte(ruleYAML)}})
	if err != nil {
		t.Fatal(err)
	}
	return queries
}

func TestRun(t *testing.T) {
	runner := hunt.Runner{Engine: testEngine(), Clock: hunt.At(start()), Workers: 2}
	report, err := runner.Run(t.Context(), loadRule(t))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range report.Findings {
		line, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(line))
	}
	const gaps = `"coverage":{"state":"incomplete","gaps":[{"table":"SigninLogs","state":"not-collected","reason":"the case holds no SigninLogs records","fix":"import an export that holds them"}]},"status":"new"}`
	const head = `"rule":"rule","version":3,"name":"A rule","severity":"high","confidence":"medium","tactics":["Collection"],"techniques":["T1114.003"],"start":"2026-10-03T08:11:02Z","end":"2026-10-03T08:11:02Z",`
	want := []string{
		`{"schema":"hunt365/finding/1","id":"f-81bb554c47b3ab47",` + head + `"entities":[{"type":"account","id":"\u003cbob\u003e"}],"records":["c"],"why":"\u003cbob\u003e came from  1 times.","refute":"They say so.","data":{"TimeGenerated":"2026-10-03T08:11:02Z","Actor":"\u003cbob\u003e","Addresses":[],"Count":1,"Span":null,"Share":1.0},` + gaps,
		`{"schema":"hunt365/finding/1","id":"f-e421674e3af0d7ad",` + head + `"entities":[{"type":"account","id":"ana@contoso.example"},{"type":"ip","id":"2001:db8::1"},{"type":"ip","id":"203.0.113.7"}],"records":["a","b"],"why":"Ana@Contoso.example came from 203.0.113.7:443, [2001:db8::1]:80, 203.0.113.7 2 times.","refute":"They say so.","data":{"TimeGenerated":"2026-10-03T08:11:02Z","Actor":"Ana@Contoso.example","Addresses":["203.0.113.7:443","[2001:db8::1]:80","203.0.113.7"],"Count":2,"Span":"00:00:01.5000000","Share":0.5},` + gaps,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestRunKeepsGoing(t *testing.T) {
	engine := testEngine()
	engine.err = &hunt.EngineError{Outcome: hunt.TooManyRows, Detail: "more than 3"}
	runner := hunt.Runner{Engine: engine, Clock: hunt.At(start())}
	report, err := runner.Run(t.Context(), loadRule(t))
	if err != nil {
		t.Fatal(err)
	}
	got := report.Results[0]
	if got.Outcome != hunt.TooManyRows || len(report.Findings) != 0 || !got.CannotTell() {
		t.Errorf("outcome %s with %d findings, want too-many-rows with none", got.Outcome, len(report.Findings))
	}
	if want := "query rule: too many rows: more than 3"; got.Err.Error() != want {
		t.Errorf("error %q, want %q", got.Err, want)
	}
}

func TestInherit(t *testing.T) {
	known := []hunt.Coverage{
		{Table: "A", State: hunt.Verified, Records: 1},
		{Table: "B", State: hunt.Truncated, Records: 1},
		{Table: "C", State: hunt.NotLicensed},
	}
	for tables, want := range map[string]hunt.AnswerState{
		"": hunt.Complete, "A": hunt.Complete, "A B": hunt.Incomplete, "A C": hunt.Incomplete, "C": hunt.None, "D": hunt.None,
	} {
		if got := hunt.Inherit(strings.Fields(tables), known).State; got != want {
			t.Errorf("coverage of %q is %s, want %s", tables, got, want)
		}
	}
}

func TestLoadQueries(t *testing.T) {
	queries, err := hunt.LoadQueries(fstest.MapFS{
		"mine/spray.kql":       {Data: []byte("SigninLogs | take 1\n")},
		"sentinel/Rule.yaml":   {Data: []byte("id: 6d63efa6\nseverity: Low\nversion: 1.2.3\ntriggerOperator: gt\nquery: |\n  SigninLogs\nentityMappings:\n  - entityType: Account\n    fieldMappings:\n      - {identifier: FullName, columnName: User}\n")},
		"sentinel/notes.yaml":  {Data: []byte("title: no query\n")},
		"bad/query.yaml":       {Data: []byte("id: bad\nseverty: high\nquery: A\n")},
		"worse/query.yaml":     {Data: []byte("id: worse\nseverity: grave\nquery: A\n")},
		"template/query.yaml":  {Data: []byte("id: template\nquery: A\nwhy: '{{.X'\n")},
		"duplicate/query.yaml": {Data: []byte("id: spray\nquery: A\n")},
		"README.md":            {Data: []byte("# no query\n")},
	})
	var got []string
	for _, q := range queries {
		got = append(got, q.ID+" "+q.Level().String()+" "+q.File)
	}
	want := []string{"6d63efa6 low sentinel/Rule.yaml", "spray medium duplicate/query.yaml"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
	const problems = `bad/query.yaml: yaml: unmarshal errors:
  line 2: field severty not found in type hunt.Query
mine/spray.kql: id "spray" is taken by duplicate/query.yaml
template/query.yaml: why: template: template:1: unclosed action
worse/query.yaml: unknown severity "grave" (one of informational, low, medium, high, critical)`
	if diff := cmp.Diff(problems, err.Error()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if q := queries[0]; q.Entities[0].Column != "User" || q.Version != 1 {
		t.Errorf("Sentinel rule read as %+v", q)
	}
}

func TestCancelledRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	runner := hunt.Runner{Engine: testEngine(), Clock: hunt.At(start())}
	if _, err := runner.Run(ctx, loadRule(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("run of a cancelled context: %v", err)
	}
}
