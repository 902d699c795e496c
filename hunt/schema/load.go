package schema

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed microsoft.txt
var microsoftText string

//go:embed ours.tsv
var oursText string

//go:embed enums.tsv
var enumsText string

// Catalog is a set of tables.
type Catalog struct {
	tables []*Table
	byName map[string]*Table
}

var builtin = sync.OnceValue(func() *Catalog {
	c, err := parseCatalog(microsoftText, oursText)
	if err != nil {
		panic("embedded tables: " + err.Error()) // cannot happen: a test parses the same bytes
	}
	return c
})

// Lookup returns the table called name, matching case exactly.
func Lookup(name string) (*Table, bool) {
	t, ok := builtin().byName[name]
	return t, ok
}

// Tables returns every table, sorted by name. The caller must not change them.
func Tables() []*Table { return slices.Clone(builtin().tables) }

// TableNames returns the name of every table, sorted.
func TableNames() []string {
	names := make([]string, len(builtin().tables))
	for i, t := range builtin().tables {
		names[i] = t.Name
	}
	return names
}

func parseCatalog(microsoft, ours string) (*Catalog, error) {
	c := &Catalog{byName: map[string]*Table{}}
	if err := c.readMicrosoft(microsoft); err != nil {
		return nil, err
	}
	if err := c.readOurs(ours); err != nil {
		return nil, err
	}
	slices.SortFunc(c.tables, func(a, b *Table) int { return strings.Compare(a.Name, b.Name) })
	return c, nil
}

// table returns the table called name, making it if it is new.
func (c *Catalog) table(name string) *Table {
	t := c.byName[name]
	if t == nil {
		t = &Table{Name: name}
		c.byName[name] = t
		c.tables = append(c.tables, t)
	}
	return t
}

// readMicrosoft reads lines of two kinds: a table's name at the margin, and
// its columns indented. A name that starts with "xdr:" is the Defender flavour
// of a table: its own columns follow the Log Analytics ones and count as ours.
func (c *Catalog) readMicrosoft(text string) error {
	var t *Table
	var defender bool
	for n, line := range lines(text) {
		if !strings.HasPrefix(line, "\t") {
			var name string
			name, defender = strings.CutPrefix(line, "xdr:")
			t = c.table(name)
			continue
		}
		if t == nil {
			return fmt.Errorf("line %d: column before any table", n)
		}
		for _, f := range strings.Fields(line) {
			if err := t.add(f, defender); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
	}
	return nil
}

// add appends the column that field ("Name" or "Name:type") describes.
func (t *Table) add(field string, defender bool) error {
	name, typ, typed := strings.Cut(field, ":")
	if !typed {
		typ = "string"
	}
	col := Column{Name: name, Ours: defender}
	var err error
	if col.Type, err = ParseType(typ); err != nil {
		return err
	}
	if _, dup := t.Column(name); dup {
		if defender {
			return nil
		}
		return fmt.Errorf("column %s of %s: given twice", name, t.Name)
	}
	if defender {
		col.Doc = "Defender XDR's own column."
		if name == "Timestamp" {
			col.Doc = "Defender XDR's name for TimeGenerated."
		}
	}
	t.Columns = append(t.Columns, col)
	return nil
}

func (c *Catalog) readOurs(text string) error {
	for n, line := range lines(text) {
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			return fmt.Errorf("ours line %d: %d fields, not 4", n, len(f))
		}
		targets := c.tables
		if f[0] != "*" {
			targets = []*Table{c.table(f[0])}
		}
		for _, t := range targets {
			if err := t.addOurs(f[1], f[2], f[3]); err != nil {
				return fmt.Errorf("ours line %d: %w", n, err)
			}
		}
	}
	return nil
}

func (t *Table) addOurs(name, typ, doc string) error {
	if name == "-" {
		t.Doc, t.Ours, t.Filled = doc, typ == "new", true
		return nil
	}
	if _, dup := t.Column(name); dup {
		return fmt.Errorf("column %s of %s: given twice", name, t.Name)
	}
	parsed, err := ParseType(typ)
	if err != nil {
		return err
	}
	t.Columns = append(t.Columns, Column{Name: name, Type: parsed, Ours: true, Doc: doc})
	return nil
}

// Enum is one number of an audit record and the name it stands for.
type Enum struct {
	Kind  string // RecordType, UserType, LogonType, ItemType…
	Value int
	Name  string
}

// Enums returns the numbers and names of audit records, by kind and value.
func Enums() []Enum {
	var out []Enum
	for _, line := range lines(enumsText) {
		f := strings.Split(line, "\t")
		v, _ := strconv.Atoi(f[1])
		out = append(out, Enum{Kind: f[0], Value: v, Name: f[2]})
	}
	return out
}

// lines yields the numbered lines of text that are neither empty nor comments.
func lines(text string) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		n := 0
		for line := range strings.SplitSeq(text, "\n") {
			n++
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if !yield(n, line) {
				return
			}
		}
	}
}
