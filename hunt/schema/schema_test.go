package schema_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hunt365/hunt365/hunt/schema"
)

var update = flag.Bool("update", false, "rewrite microsoft.txt and TABLES.md")

const reference = "../../../shared/reference/la-schema.json"

type column struct{ Name, Type string }

// readReference returns the reference's tables in its own order.
func readReference(t *testing.T) (names []string, tables map[string][]column) {
	t.Helper()
	data, err := os.ReadFile(reference)
	if err != nil {
		t.Skipf("no reference here: %v", err)
	}
	if err := json.Unmarshal(data, &tables); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	depth := 0
	for {
		tok, err := dec.Token()
		if err != nil {
			return names, tables
		}
		switch v := tok.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if depth == 1 {
				names = append(names, v)
			}
		}
	}
}

const header = `# The documented tables of Log Analytics and Defender XDR (xdr:), with every column in order;
# a column without a type is a string.
# Source: FalconForceTeam/KQLAnalyzer environments.json, commit 447cd18, which is generated from
# MicrosoftDocs azure-reference-other and defender-docs (CC-BY-4.0).
`

func TestMicrosoftTextIsTheReference(t *testing.T) {
	names, tables := readReference(t)
	var b strings.Builder
	b.WriteString(header)
	for _, n := range names {
		b.WriteString(n + "\n")
		line := ""
		for _, c := range tables[n] {
			f := c.Name
			if c.Type != "string" {
				f += ":" + c.Type
			}
			if len(line)+len(f) > 118 {
				b.WriteString("\t" + line + "\n")
				line = ""
			}
			line = strings.TrimLeft(line+" "+f, " ")
		}
		b.WriteString("\t" + line + "\n")
	}
	golden(t, "microsoft.txt", b.String())
}

// Every documented column is there with its type and in its place; what we
// added follows it.
func TestTablesMatchReference(t *testing.T) {
	names, tables := readReference(t)
	for _, n := range names {
		if strings.HasPrefix(n, "xdr:") {
			continue
		}
		tab, ok := schema.Lookup(n)
		if !ok {
			t.Errorf("no table %s", n)
			continue
		}
		var got []column
		for _, c := range tab.Columns {
			if !c.Ours {
				got = append(got, column{c.Name, c.Type.String()})
			}
		}
		if d := cmp.Diff(tables[n], got); d != "" {
			t.Errorf("%s (-reference +ours):\n%s", n, d)
		}
	}
}

func TestEveryTable(t *testing.T) {
	for _, tab := range schema.Tables() {
		n := len(tab.Columns)
		var last []string
		for _, c := range tab.Columns[n-3:] {
			last = append(last, c.Name)
		}
		if d := cmp.Diff([]string{"_Id", "_Segment", "_Line"}, last); d != "" {
			t.Errorf("%s ends with (-want +got):\n%s", tab.Name, d)
		}
		if tab.Filled && tab.Doc == "" {
			t.Errorf("%s is filled and has no sentence", tab.Name)
		}
		// Two spellings of a name share one stored column, so they must agree.
		types := map[string]schema.Type{}
		for _, c := range tab.Columns {
			l := strings.ToLower(c.Name)
			if first, ok := types[l]; ok && first != c.Type && tab.Filled {
				t.Errorf("%s.%s has another type than its other spelling", tab.Name, c.Name)
			}
			types[l] = c.Type
		}
	}
}

func TestLookup(t *testing.T) {
	if _, ok := schema.Lookup("signinlogs"); ok {
		t.Error("Lookup ignores case")
	}
	for _, want := range []struct {
		table, column string
		typ           schema.Type
	}{
		{"SigninLogs", "DeviceDetail", schema.Dynamic},
		{"AADNonInteractiveUserSignInLogs", "DeviceDetail", schema.String},
		{"OfficeActivity", "SessionId", schema.String},
		{"OfficeActivity", "AppAccessContext", schema.Dynamic},
		{"UnifiedAuditLog", "AuditData", schema.Dynamic},
		{"Coverage", "Start", schema.DateTime},
		{"IdentityInfo", "Timestamp", schema.DateTime},
	} {
		tab, ok := schema.Lookup(want.table)
		if !ok {
			t.Fatalf("no table %s", want.table)
		}
		c, ok := tab.Column(want.column)
		if !ok || c.Type != want.typ {
			t.Errorf("%s.%s is %v, want %v", want.table, want.column, c.Type, want.typ)
		}
	}
}

func TestEnums(t *testing.T) {
	got := map[string]string{}
	for _, e := range schema.Enums() {
		key := fmt.Sprint(e.Kind, " ", e.Value)
		if _, dup := got[key]; dup {
			t.Errorf("%s twice", key)
		}
		got[key] = e.Name
	}
	for key, want := range map[string]string{
		"RecordType 1": "ExchangeAdmin", "RecordType 50": "ExchangeItemAggregated", "RecordType 15": "AzureActiveDirectoryStsLogon",
		"UserType 2": "Admin", "LogonType 2": "Delegated", "ItemType 1": "File",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
}

func TestReferenceDocument(t *testing.T) {
	golden(t, "TABLES.md", schema.Markdown())
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got), run with -update:\n%s", path, d)
	}
}
