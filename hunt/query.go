package hunt

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"
)

// Query is one detection: KQL and everything needed to turn its rows into
// findings. The first block has Microsoft Sentinel's field names.
type Query struct {
	ID          string          `yaml:"id"`
	Name        string          `yaml:"name"`
	Description string          `yaml:"description"`
	Severity    string          `yaml:"severity"`
	Tactics     []string        `yaml:"tactics"`
	Techniques  []string        `yaml:"relevantTechniques"`
	Text        string          `yaml:"query"`
	Entities    []EntityMapping `yaml:"entityMappings"`
	Version     Version         `yaml:"version"`

	Kind           string   `yaml:"kind"`
	Tables         []string `yaml:"tables"`
	Confidence     string   `yaml:"confidence"`
	FalsePositives []string `yaml:"falsePositives"`
	Misses         []string `yaml:"misses"`
	References     []string `yaml:"references"`
	Refute         string   `yaml:"refute"`
	Why            string   `yaml:"why"`     // Go text template over the row's columns
	Records        string   `yaml:"records"` // column of record ids
	Start          string   `yaml:"start"`   // column of the first time
	End            string   `yaml:"end"`     // column of the last time

	File     string `yaml:"-"` // where it was read from, for messages
	severity Severity
	why      *template.Template
}

// EntityMapping says which column names entities of one type. Column is ours;
// Sentinel's fieldMappings are read too, and their first column is taken.
type EntityMapping struct {
	Type   string         `yaml:"entityType"`
	Column string         `yaml:"column"`
	Role   Role           `yaml:"role"` // empty, target or tried
	Fields []FieldMapping `yaml:"fieldMappings"`
}

// FieldMapping is Sentinel's way to name a column of an entity.
type FieldMapping struct {
	Identifier string `yaml:"identifier"`
	Column     string `yaml:"columnName"`
}

// Version is a whole number; of Sentinel's 1.2.3 the first part is kept.
type Version int

// UnmarshalYAML reads 3 or 1.2.3.
func (v *Version) UnmarshalYAML(node *yaml.Node) error {
	var n int
	if _, err := fmt.Sscanf(node.Value, "%d", &n); err != nil {
		return fmt.Errorf("line %d: version %q is not a number", node.Line, node.Value)
	}
	*v = Version(n)
	return nil
}

// Level returns the query's severity.
func (q *Query) Level() Severity { return q.severity }

// Columns returns the result columns that the query's fields name: its entities,
// and the records, start and end where they are set.
func (q *Query) Columns() []string {
	var out []string
	for _, m := range q.Entities {
		out = append(out, m.Column)
	}
	for _, name := range []string{q.Records, q.Start, q.End} {
		if name != "" {
			out = append(out, name)
		}
	}
	return out
}

// LoadQueries reads every query of fsys, sorted by id: each <id>/query.yaml, and
// also plain .kql files and Sentinel's rule files (.yaml, .yml), whose folder
// does not matter. All that is wrong is reported at once.
func LoadQueries(fsys fs.FS) ([]*Query, error) {
	var queries []*Query
	var problems []error
	seen := map[string]string{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		q, err := LoadQuery(fsys, name)
		switch {
		case err != nil:
			problems = append(problems, err)
		case q == nil:
		case seen[q.ID] != "":
			problems = append(problems, fmt.Errorf("%s: id %q is taken by %s", name, q.ID, seen[q.ID]))
		default:
			seen[q.ID] = name
			queries = append(queries, q)
		}
		return nil
	})
	slices.SortFunc(queries, func(a, b *Query) int { return strings.Compare(a.ID, b.ID) })
	if err != nil {
		return nil, fmt.Errorf("read queries: %w", err)
	}
	return queries, errors.Join(problems...)
}

// LoadQuery reads one query; it returns nil for a file that is no query.
func LoadQuery(fsys fs.FS, name string) (*Query, error) {
	ext := path.Ext(name)
	if ext != ".yaml" && ext != ".yml" && ext != ".kql" {
		return nil, nil
	}
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("read query: %w", err)
	}
	q := &Query{}
	switch {
	case ext == ".kql":
		q.Text = string(text)
	case path.Base(name) == "query.yaml":
		err = decode(text, q, true)
	default:
		err = decode(text, q, false)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if q.Text == "" && path.Base(name) != "query.yaml" {
		return nil, nil // some other YAML
	}
	q.File = name
	q.fillDefaults(name)
	if err := q.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return q, nil
}

func decode(text []byte, q *Query, strict bool) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(strict)
	return d.Decode(q)
}

// fillDefaults gives what a file of someone else's making lacks.
func (q *Query) fillDefaults(name string) {
	stem := strings.TrimSuffix(path.Base(name), path.Ext(name))
	if q.ID == "" && stem != "query" {
		q.ID = stem
	}
	setDefault(&q.Name, q.ID)
	setDefault(&q.Severity, Medium.String())
	setDefault(&q.Confidence, "medium")
	setDefault(&q.Kind, "hunt")
	setDefault(&q.Why, q.Name)
	for i, m := range q.Entities {
		if m.Column == "" && len(m.Fields) > 0 {
			q.Entities[i].Column = m.Fields[0].Column
		}
		if m.Role == Acted {
			q.Entities[i].Role = q.usualRole(q.Entities[i])
		}
	}
}

// roleOfColumn is the part that a column's name tells, where the mapping tells
// none.
var roleOfColumn = map[string]Role{
	"Target": Target, "Targets": Target, "Grantee": Target, "Member": Target, "Members": Target, "Failed": Tried,
}

// attempts are techniques that say nothing of success.
var attempts = []string{"T1110", "T1621", "T1531"}

// usualRole is the part of a mapped entity that was given none. An account in a
// query for attempts alone was tried, not used.
func (q *Query) usualRole(m EntityMapping) Role {
	isAttempt := func(t string) bool { t, _, _ = strings.Cut(t, "."); return slices.Contains(attempts, t) }
	kind, _ := entityType(m.Type)
	if kind == Account && len(q.Techniques) > 0 && !slices.ContainsFunc(q.Techniques, func(t string) bool { return !isAttempt(t) }) {
		return Tried
	}
	return roleOfColumn[m.Column]
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

func (q *Query) check() (err error) {
	if q.ID == "" || strings.TrimSpace(q.Text) == "" {
		return errors.New("a query needs an id and a query text")
	}
	if q.severity, err = ParseSeverity(q.Severity); err != nil {
		return err
	}
	q.why, err = template.New(q.ID).Option("missingkey=error").Parse(q.Why)
	if err != nil {
		return fmt.Errorf("why: %w", err)
	}
	for i, m := range q.Entities {
		if m.Role != Acted && m.Role != Target && m.Role != Tried {
			return fmt.Errorf("unknown entity role %q (target or tried)", m.Role)
		}
		kind, ok := entityType(m.Type)
		if ok {
			q.Entities[i].Type = string(kind)
		} else if len(m.Fields) == 0 {
			return fmt.Errorf("unknown entity type %q", m.Type)
		}
	}
	return nil
}

// entityType finds ours by name in any case, and what Sentinel calls otherwise.
func entityType(name string) (EntityType, bool) {
	sentinel := map[string]EntityType{"cloudapplication": App, "dns": Domain, "mailmessage": Message, "azureresource": Host}
	for _, t := range EntityTypes() {
		if strings.EqualFold(string(t), name) {
			return t, true
		}
	}
	t, ok := sentinel[strings.ToLower(name)]
	return t, ok
}
