package duck_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/hunt/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// eventTable is the table of the golden cases; testdata/tables.sql fills it.
var eventTable = &schema.Table{Name: "Events", Columns: []schema.Column{
	{Name: "Time", Type: schema.DateTime},
	{Name: "User", Type: schema.String},
	{Name: "Action", Type: schema.String},
	{Name: "Bytes", Type: schema.Long},
	{Name: "Ok", Type: schema.Bool},
	{Name: "Detail", Type: schema.Dynamic},
	{Name: "Score", Type: schema.Real},
	{Name: `odd " 'name`, Type: schema.String},
}}

func eventEngine(t testing.TB) *engine {
	e := newEngine(t)
	setup, err := os.ReadFile("testdata/tables.sql")
	if err != nil {
		t.Fatal(err)
	}
	e.exec(t, string(setup))
	e.tables = map[string]*schema.Table{"Events": eventTable}
	return e
}

// TestGolden compiles testdata/<case>/query.kql and compares the SQL and the
// rows it gives with output.sql and rows.json.
func TestGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*/query.kql")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	e := eventEngine(t)
	for _, path := range cases {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			query, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			st, err := e.compile(string(query))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(dir, "output.sql"), st.SQL+"\n")
			rows, cols, err := run(e, string(query))
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			b.WriteString("[\n")
			for i, r := range rows {
				texts := map[string]string{}
				for j, c := range r {
					texts[cols[j].Name] = c.String()
				}
				line, err := json.Marshal(texts)
				if err != nil {
					t.Fatal(err)
				}
				b.WriteString("  " + string(line))
				if i+1 < len(rows) {
					b.WriteString(",")
				}
				b.WriteString("\n")
			}
			b.WriteString("]\n")
			golden(t, filepath.Join(dir, "rows.json"), b.String())
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}

// TestHostileText proves that no text of a query leaves its literal or its
// identifier.
func TestHostileText(t *testing.T) {
	e := eventEngine(t)
	hostile := []string{
		`'`, `''`, `\`, `'; DROP TABLE Events; --`, `") ; DROP TABLE Events; --`, "\x00", "a\x00'; DROP TABLE Events; --",
		`$1`, `?`, `{0}`, `{*}`, `%s`, `/* */`, "--", "\n", `"]["`, `$."a"`, `*`, "\u202e", "'||(SELECT 1)||'", `c1`, `\'`,
	}
	for _, h := range hostile {
		text := kqlText(h)
		rows, _, err := run(e, "print x = "+text)
		if err != nil || len(rows) != 1 || rows[0][0].v != h {
			t.Errorf("print %q: %v %v", h, rows, err)
		}
		for _, q := range []string{
			"Events | where User == " + text, "Events | where User has " + text, "Events | where User contains " + text,
			"Events | where User in~ (" + text + ")", "Events | where User has_any (" + text + ", 'x')", "Events | extend x = split(User, " + text + ")",
			"Events | extend x = Detail[" + text + "]", "Events | extend x = Detail.a[" + text + "].b", "Events | extend x = bag_pack(" + text + ", User)",
			"Events | parse User with * " + text + " rest", "Events | summarize count() by x = " + text,
			"Events | project-rename [" + text + "] = User", "Events | extend [" + text + "] = 1 | sort by [" + text + "] asc",
			"Events | extend x = strcat_array(pack_array(User), " + text + ")", "Events | extend x = replace_string(User, " + text + ", " + text + ")",
			"Events | where Detail.a == " + text, "Events | summarize make_bag(bag_pack(" + text + ", 1))",
		} {
			if _, _, err := run(e, q); err != nil && !strings.Contains(err.Error(), "parse:") && !strings.Contains(err.Error(), "bind:") {
				t.Errorf("%q: %v", q, err)
			}
		}
	}
	rows, err := e.rows("SELECT count(*) FROM Events")
	if err != nil || rows[0][0].(int64) == 0 {
		t.Fatalf("the table is gone: %v", err)
	}
}

// kqlText spells s as a KQL string.
func kqlText(s string) string {
	r := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\x00", `\u0000`)
	return `"` + r.Replace(s) + `"`
}
