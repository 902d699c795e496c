package hunt

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt/schema"
)

// row is one result row with its columns by name.
type row struct {
	columns []schema.Column
	values  []any
}

func (r row) find(name string) (any, schema.Type, bool) {
	i := slices.IndexFunc(r.columns, func(c schema.Column) bool { return c.Name == name })
	if i < 0 {
		return nil, schema.Unknown, false
	}
	return r.values[i], r.columns[i].Type, true
}

// first returns the first of the named columns that exists.
func (r row) first(names ...string) (name string, ok bool) {
	for _, n := range names {
		if _, _, found := r.find(n); n != "" && found {
			return n, true
		}
	}
	return "", false
}

// finding turns one row of q's result into a finding. It fails where the query
// names a column that its result does not have.
func (q *Query) finding(r row, answer Answer) (Finding, error) {
	entities, err := q.entities(r)
	if err != nil {
		return Finding{}, err
	}
	why, err := q.explain(r)
	if err != nil {
		return Finding{}, err
	}
	recordColumn, ok := r.first(q.Records, "Records", "_Id")
	if q.Records != "" && recordColumn != q.Records {
		return Finding{}, fmt.Errorf("records: no column %q in the result", q.Records)
	}
	records := []string{}
	if ok {
		v, t, _ := r.find(recordColumn)
		records = sortedUnique(texts(v, t))
	}
	f := Finding{
		Schema: FindingSchema, Rule: q.ID, Version: int(q.Version), Name: q.Name,
		Severity: q.severity, Confidence: q.Confidence,
		Tactics: orEmpty(q.Tactics), Techniques: orEmpty(q.Techniques),
		Entities: entities, Records: records, Why: why, Refute: q.Refute,
		Data: data(r, recordColumn), Coverage: answer, Status: StatusNew,
	}
	f.ID = findingID(f.Rule, f.Entities, f.Records)
	f.Start = r.time(q.Start, "Start", "StartTime", "TimeGenerated", "Timestamp")
	f.End = r.time(q.End, "End", "EndTime", "TimeGenerated", "Timestamp")
	return f, nil
}

// entities reads the mapped columns, in the order of the mappings and sorted
// within each, every entity once.
func (q *Query) entities(r row) ([]Entity, error) {
	out := []Entity{}
	seen := map[Entity]bool{}
	for _, m := range q.Entities {
		v, t, ok := r.find(m.Column)
		if !ok {
			return nil, fmt.Errorf("entityMappings: no column %q in the result", m.Column)
		}
		kind := EntityType(m.Type)
		var ids []string
		for _, s := range texts(v, t) {
			if id := entityID(kind, s); id != "" {
				ids = append(ids, id)
			}
		}
		for _, id := range sortedUnique(ids) {
			if e := (Entity{Type: kind, ID: id}); !seen[e] {
				seen[e] = true
				e.Role = m.Role
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// explain fills the query's sentence. Arrays read as lists.
func (q *Query) explain(r row) (string, error) {
	values := make(map[string]any, len(r.columns))
	for i, c := range r.columns {
		v := r.values[i]
		if c.Type == schema.Dynamic {
			if text, _ := v.(string); strings.HasPrefix(text, "[") {
				values[c.Name] = strings.Join(texts(v, c.Type), ", ")
				continue
			}
		}
		values[c.Name] = Text(v, c.Type)
	}
	var b strings.Builder
	if err := q.why.Execute(&b, values); err != nil {
		return "", fmt.Errorf("why: %w", err)
	}
	return strings.TrimSpace(b.String()), nil
}

func (r row) time(names ...string) time.Time {
	for _, n := range names {
		v, t, ok := r.find(n)
		ticks, isInt := v.(int64)
		if n != "" && ok && isInt && t == schema.DateTime {
			return schema.Time(ticks)
		}
	}
	return time.Time{}
}

// data keeps every column but the record ids, which have their own place.
func data(r row, except string) Data {
	out := Data{}
	for i, c := range r.columns {
		if c.Name != except {
			out = append(out, Field{c.Name, JSON(r.values[i], c.Type)})
		}
	}
	return out
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
