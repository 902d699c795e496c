package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/report"
	"github.com/hunt365/hunt365/hunt/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func testReport() *hunt.Report {
	at := time.Date(2026, 10, 3, 8, 11, 2, 0, time.UTC)
	gap := hunt.Coverage{Table: "SigninLogs", State: hunt.NotCollected, Reason: "the case holds no SigninLogs records"}
	quiet := &hunt.Query{ID: "quiet", Tables: []string{"SigninLogs"}}
	return &hunt.Report{
		Now: at,
		Findings: []hunt.Finding{{
			Schema: hunt.FindingSchema, ID: "f-0123456789abcdef", Rule: "inbox-rule", Version: 2, Name: "Inbox rule", Severity: hunt.High,
			Confidence: "medium", Tactics: []string{"Collection"}, Techniques: []string{"T1114.003"}, Start: at, End: at.Add(time.Hour),
			Entities: []hunt.Entity{{Type: hunt.Mailbox, ID: "ana@contoso.example"}, {Type: hunt.IP, ID: "203.0.113.7"}},
			Records:  []string{"a", "b", "c", "d"}, Why: "rule \"\x1b[31mred\u202egpj\nnext\" <made>", Refute: "The owner says so.",
			Data:     hunt.Data{{Name: "Rule", Value: hunt.JSON("\x1b[31m", schema.String)}},
			Coverage: hunt.Answer{State: hunt.Incomplete, Gaps: []hunt.Coverage{gap}}, Status: "new",
		}, {
			Schema: hunt.FindingSchema, ID: "f-1", Rule: "app", Version: 1, Name: "App", Severity: hunt.Low, Confidence: "low",
			Tactics: []string{}, Techniques: []string{}, Start: at, End: at, Entities: []hunt.Entity{}, Records: []string{},
			Why: "An app.", Data: hunt.Data{}, Coverage: hunt.Answer{State: hunt.Complete, Gaps: []hunt.Coverage{}}, Status: "new",
		}},
		Results: []hunt.Result{
			{Query: quiet, Outcome: hunt.Answered, Coverage: hunt.Answer{State: hunt.None, Gaps: []hunt.Coverage{gap}}},
			{Query: quiet, Outcome: hunt.Timeout, Err: &hunt.EngineError{Outcome: hunt.Timeout, Detail: "1s"}, Coverage: hunt.Answer{State: hunt.Complete, Gaps: []hunt.Coverage{}}},
		},
	}
}

func TestFormats(t *testing.T) {
	for _, f := range report.Formats() {
		var out bytes.Buffer
		if err := f.Write(&out, testReport()); err != nil {
			t.Fatal(err)
		}
		golden(t, "findings."+f.Name, out.Bytes())
	}
}

func TestNoFindings(t *testing.T) {
	for _, f := range report.Formats() {
		var out bytes.Buffer
		if err := f.Write(&out, &hunt.Report{Findings: []hunt.Finding{}}); err != nil {
			t.Fatal(err)
		}
		golden(t, "none."+f.Name, out.Bytes())
	}
}

// memoryRows is a result held in memory.
type memoryRows struct {
	columns []schema.Column
	rows    [][]any
	at      int
}

func (r *memoryRows) Columns() []schema.Column { return r.columns }
func (r *memoryRows) Next() bool               { r.at++; return r.at <= len(r.rows) }
func (r *memoryRows) Row() []any               { return r.rows[r.at-1] }
func (r *memoryRows) Err() error               { return nil }
func (r *memoryRows) Close() error             { return nil }

func testRows() *memoryRows {
	rows := &memoryRows{columns: []schema.Column{
		{Name: "z", Type: schema.String},
		{Name: "b", Type: schema.Bool},
		{Name: "n", Type: schema.Long},
		{Name: "r", Type: schema.Real},
		{Name: "t", Type: schema.DateTime},
		{Name: "s", Type: schema.TimeSpan},
		{Name: "d", Type: schema.Dynamic},
		{Name: "m", Type: schema.Decimal},
	}}
	at := schema.Ticks(time.Date(2026, 10, 3, 8, 11, 2, 123456700, time.UTC))
	rows.rows = [][]any{
		{"a,\"<b>\"\n\x1b[31m", true, int64(1), 0.1, at, int64(937_845_000_000), `{"k":[1]}`, "1.50"},
		{"", nil, nil, math.NaN(), nil, nil, nil, nil},
		{"ü", false, int64(math.MinInt64), math.Inf(-1), int64(0), int64(0), `"text"`, "0"},
		{"", false, int64(0), 1e20, int64(0), int64(0), `[]`, "0"},
		{"", false, int64(0), 3.0, int64(0), int64(0), `1`, "0"},
	}
	return rows
}

func TestRowFormats(t *testing.T) {
	for _, f := range report.RowFormats() {
		var out bytes.Buffer
		if err := f.Write(&out, testRows()); err != nil {
			t.Fatal(err)
		}
		if f.Name == "parquet" {
			out = *bytes.NewBufferString(readParquet(t, out.Bytes()))
		}
		golden(t, "rows."+f.Name, out.Bytes())
	}
}

// readParquet prints a Parquet file's schema and rows.
func readParquet(t *testing.T, data []byte) string {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintln(file.Schema())
	rows := file.RowGroups()[0].Rows()
	defer rows.Close()
	buffer := make([]parquet.Row, 10)
	n, err := rows.ReadRows(buffer)
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	for _, r := range buffer[:n] {
		text += fmt.Sprintf("%q\n", r)
	}
	return text
}

func TestRowsJSONIsValid(t *testing.T) {
	var out bytes.Buffer
	if err := report.RowsJSON(&out, testRows()); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out.Bytes()) {
		t.Errorf("not JSON:\n%s", out.Bytes())
	}
}

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"plain ~":              "plain ~",
		"Ünïcode 日本 👍":         "Ünïcode 日本 👍",
		"\x1b]0;title\x07":     `\u{1b}]0;title\u{7}`,
		"a\nb\tc\rd":           `a\nb\tc\rd`,
		"\u202eevil\u2066":     `\u{202e}evil\u{2066}`,
		"zero\u200bwidth":      `zero\u{200b}width`,
		"\u009b31m\x7f":        `\u{9b}31m\u{7f}`,
		"bad\xff":              `bad\xff`,
		"\u00a0wide\u3000":     " wide ",
		"tag\U000e0041":        `tag\u{e0041}`,
		"line\u2028para\ufeff": `line\u{2028}para\u{feff}`,
	} {
		if got := report.Safe(in); got != want {
			t.Errorf("Safe(%q) = %q, want %q", in, got, want)
		}
	}
}
