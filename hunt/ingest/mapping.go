package ingest

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hunt365/hunt365/hunt/schema"
)

//go:embed mappings/*.sql mappings/index.tsv
var mappingFS embed.FS

// Mapping says how the records of a format become rows of one table.
type Mapping struct {
	Table string
	// SQL is a SELECT over the relation segment(n BIGINT, id VARCHAR, t BIGINT,
	// r JSON, _Segment VARCHAR). It yields columns of Table by name, typed as
	// hunt/schema keeps them, with _Id, _Segment and _Line.
	SQL string
	// Derived marks rows made from another log's record. They give way to rows
	// of the same _Id, and to the log that the table is made for where it
	// covers the same time.
	Derived bool
}

// Mappings returns the mappings of the format called name, in the order of the
// index; none for formats that are only kept as evidence.
func Mappings(name string) []Mapping {
	if m, ok := mappings()[name]; ok {
		return slices.Clone(m)
	}
	base, tableName, _ := strings.Cut(name, "/")
	stage := map[string]string{"la": "record", "xdr-stream": "properties"}[base]
	table, ok := schema.Lookup(tableName)
	if stage == "" || !ok {
		return nil
	}
	stages, err := readStages()
	if err != nil {
		return nil
	}
	sql, err := compose(table, stages[stage], "la") // a documented table under its own column names
	if err != nil {
		return nil
	}
	return []Mapping{{Table: tableName, SQL: sql}}
}

var mappings = sync.OnceValue(func() map[string][]Mapping {
	m, err := composeMappings()
	if err != nil {
		panic("embedded mappings: " + err.Error()) // cannot happen: a test composes the same bytes
	}
	return m
})

// Macros returns the statements that create what the mappings call. The store
// runs them on every connection that maps.
func Macros() []string {
	text, _ := mappingFS.ReadFile("mappings/macros.sql")
	s := string(text)
	for _, kind := range []string{"RecordType", "UserType", "LogonType", "ItemType"} {
		s = strings.ReplaceAll(s, "{"+kind+"}", enumList(kind))
	}
	s = strings.ReplaceAll(s, "{headers}", headerCases())
	var out []string
	for _, st := range strings.Split(s[strings.Index(s, "CREATE"):], ";\n") {
		if st = strings.TrimSpace(st); st != "" {
			out = append(out, st)
		}
	}
	return out
}

// enumList is an SQL list in which the name of number n stands at n + 1.
func enumList(kind string) string {
	var names []string
	for _, e := range schema.Enums() {
		if e.Kind != kind || e.Value < 0 {
			continue
		}
		for len(names) <= e.Value {
			names = append(names, "NULL")
		}
		names[e.Value] = sqlText(e.Name)
	}
	return "[" + strings.Join(names, ",") + "]"
}

// headerCases are the branches of a CASE from localised to English columns. (A
// MAP literal inside a lambda costs DuckDB a copy of the map per cell.)
func headerCases() string {
	aliases := headerAliases()
	keys := make([]string, 0, len(aliases))
	for k := range aliases {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		keys[i] = "WHEN " + sqlText(k) + " THEN " + sqlText(aliases[k])
	}
	return strings.Join(keys, " ")
}

func sqlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func sqlName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// columnsFile is one file of column expressions; see mappings/README.md.
type columnsFile struct {
	pre, where string
	generic    string
	envelope   []string
	types      map[string]string
	lets       []assignment
	columns    []assignment
}

type assignment struct {
	name, expr string
	typed      bool // the expression has the column's type already
}

func composeMappings() (map[string][]Mapping, error) {
	stages, err := readStages()
	if err != nil {
		return nil, err
	}
	index, err := mappingFS.ReadFile("mappings/index.tsv")
	if err != nil {
		return nil, err
	}
	out := map[string][]Mapping{}
	for line := range strings.Lines(string(index)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) < 4 {
			return nil, fmt.Errorf("index: line %q has %d fields", line, len(f))
		}
		table, ok := schema.Lookup(f[1])
		if !ok {
			return nil, fmt.Errorf("index: no table %s", f[1])
		}
		stage, ok := stages[f[2]]
		if !ok {
			return nil, fmt.Errorf("index: no stage %s", f[2])
		}
		sql, err := compose(table, stage, f[3])
		if err != nil {
			return nil, fmt.Errorf("mapping %s to %s: %w", f[0], f[1], err)
		}
		out[f[0]] = append(out[f[0]], Mapping{Table: f[1], SQL: sql, Derived: len(f) > 4 && f[4] == "derived"})
	}
	return out, nil
}

func readStages() (map[string]string, error) {
	text, err := mappingFS.ReadFile("mappings/stages.sql")
	if err != nil {
		return nil, err
	}
	stages := map[string]string{}
	name := ""
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "stage "); ok {
			name = strings.TrimSpace(rest)
		} else if name != "" && !strings.HasPrefix(line, "--") {
			stages[name] += line
		}
	}
	return stages, nil
}

func readColumns(name string) (*columnsFile, error) {
	text, err := mappingFS.ReadFile("mappings/" + name + ".sql")
	if err != nil {
		return nil, err
	}
	f := &columnsFile{types: map[string]string{}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "--") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "pre":
			f.pre = rest
		case "where":
			f.where = rest
		case "generic":
			f.generic = rest
		case "envelope":
			f.envelope = strings.Fields(rest)
		case "type":
			key, typ, _ := strings.Cut(rest, " ")
			f.types[key] = typ
		case "let":
			name, expr, _ := strings.Cut(rest, " = ")
			f.lets = append(f.lets, assignment{name: name, expr: expr})
		default:
			a := assignment{name: word}
			var ok bool
			if a.expr, ok = strings.CutPrefix(rest, ":= "); ok {
				a.typed = true
			} else if a.expr, ok = strings.CutPrefix(rest, "= "); !ok {
				return nil, fmt.Errorf("%s: cannot read %q", name, line)
			}
			f.columns = append(f.columns, a)
		}
	}
	return f, nil
}

// compose writes the SELECT of one mapping.
func compose(table *schema.Table, stage, columns string) (string, error) {
	f, err := readColumns(columns)
	if err != nil {
		return "", err
	}
	var list []string
	for _, c := range table.Stored() {
		if expr := f.column(table, c); expr != "" {
			list = append(list, expr+" AS "+sqlName(c.Name))
		}
	}
	lets := ""
	for _, l := range f.lets {
		lets += ", " + l.expr + " AS " + l.name
	}
	body := "SELECT *" + lets + " FROM s"
	if f.where != "" {
		body += " WHERE " + f.where
	}
	rest, members := membersOf("l AS ("+body+")\nSELECT "+strings.Join(list, ",\n  ")+"\nFROM l", f.types)
	source := "SELECT *"
	if len(members) > 0 {
		source += ", json_transform(a, " + sqlText("{"+strings.Join(members, ",")+"}") + ") AS j"
	}
	if len(f.envelope) > 0 {
		source += ", json_transform(env, " + sqlText(`{"`+strings.Join(f.envelope, `":"VARCHAR","`)+`":"VARCHAR"}`) + ") AS k"
	}
	source += " FROM src"
	if f.pre != "" {
		source += " WHERE " + f.pre
	}
	return "WITH src AS (" + strings.TrimSpace(stage) + "),\ns AS (" + source + "),\n" + rest, nil
}

// memberRef is j.Name or j."Name", a member as text, or x.Name, as JSON.
var memberRef = regexp.MustCompile(`\b([jx])\.(?:"([^"]+)"|([A-Za-z_][A-Za-z0-9_]*))`)

// membersOf collects the members that sql refers to, as a structure for
// json_transform, and makes every reference one to j. DuckDB ignores the case
// of names, so of two that differ only in case the second is extracted.
func membersOf(sql string, types map[string]string) (string, []string) {
	var members []string
	first := map[string]string{}
	sql = memberRef.ReplaceAllStringFunc(sql, func(ref string) string {
		m := memberRef.FindStringSubmatch(ref)
		name := m[2] + m[3]
		low := strings.ToLower(name)
		if first[low] == "" {
			first[low] = name
			typ := `"VARCHAR"`
			if m[1] == "x" {
				typ = `"JSON"`
			}
			if t := types[name]; t != "" {
				typ = t
			}
			members = append(members, `"`+name+`":`+typ)
		}
		if first[low] != name {
			return "json_extract_string(a, " + sqlText(`$."`+name+`"`) + ")"
		}
		return "j." + sqlName(name)
	})
	return sql, members
}

// column returns the expression of a column, or "" if the mapping has none.
func (f *columnsFile) column(table *schema.Table, c schema.Column) string {
	switch c.Name {
	case "_Id":
		return "id"
	case "_Segment":
		return "_Segment"
	case "_Line":
		return "n"
	case "Type":
		return sqlText(table.Name)
	}
	for _, a := range f.columns {
		if a.name == c.Name {
			if a.typed {
				return a.expr
			}
			return convert(c.Type, a.expr)
		}
	}
	if c.Name == "TimeGenerated" || c.Name == "Timestamp" {
		return "t"
	}
	if f.generic == "" {
		return ""
	}
	expr := genericColumn(c, f.generic == "custom")
	if c.Type == schema.DateTime {
		return "m_any_ticks(" + expr + ")" // portals write local forms
	}
	return convert(c.Type, expr)
}

// convert makes a text expression a value of type t.
func convert(t schema.Type, expr string) string {
	switch t {
	case schema.Bool:
		return "m_bool(" + expr + ")"
	case schema.Int:
		return "TRY_CAST(m_long(" + expr + ") AS INTEGER)"
	case schema.Long:
		return "m_long(" + expr + ")"
	case schema.Real:
		return "TRY_CAST(" + expr + " AS DOUBLE)"
	case schema.Decimal:
		return "TRY_CAST(" + expr + " AS DECIMAL(38,18))"
	case schema.DateTime:
		return "m_ticks(" + expr + ")"
	case schema.Dynamic:
		return "m_dyn(" + expr + ")"
	case schema.GUID:
		return "lower(" + expr + ")"
	}
	return "coalesce(" + expr + ", '')"
}

// genericColumn reads a column under the names that exports give it.
func genericColumn(c schema.Column, custom bool) string {
	var names []string
	switch {
	case custom && c.Type == schema.Bool:
		names = []string{"_b", "_s"}
	case custom && c.Type == schema.DateTime:
		names = []string{"_t", "_t [UTC]", "_s"}
	case custom && c.Type.IsNumeric():
		names = []string{"_d", "_s"}
	case custom:
		names = []string{"_s", "_g"}
	case c.Type == schema.Dynamic:
		names = []string{"", "_dynamic", "_string"}
	case c.Type == schema.DateTime:
		names = []string{"", " [UTC]"}
	default:
		names = []string{"", "_string", "_dynamic"}
	}
	refs := make([]string, len(names))
	for i, suffix := range names {
		refs[i] = `j."` + c.Name + suffix + `"`
		if i < len(names)-1 {
			refs[i] = "nullif(" + refs[i] + ", '')"
		}
	}
	return "coalesce(" + strings.Join(refs, ", ") + ")"
}
