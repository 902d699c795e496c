package ingest

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// Format is one kind of record that hunt365 recognises by its content.
// Records of one Kind that have one id are one event, whatever format brought
// them; the store removes duplicates by (Kind, id).
type Format struct {
	Name   string
	Kind   string
	Doc    string
	Shape  Shape
	Need   []string            // members or columns that must be there, in normal form
	Not    []string            // and those that must not
	When   map[string][]string // values (lower case) one of which the member must have
	ID     []string            // where the record's own id is; the first that is not empty
	GUID   bool                // whether only a GUID is an id
	Time   []string            // where its time is
	Tenant []string            // where its tenant is
	// Payload names the member that holds the record proper, as an object or
	// as JSON text; a path that starts with "." looks inside it.
	Payload string
	// Fallback is the format of rows whose Payload is missing or cut off.
	Fallback string
	// Table names the member that holds the name of the documented table that
	// the record belongs to, behind Prefix; the format is then one of that table.
	Table, Prefix string
	// Note is said once per file, for what is kept but becomes no table row.
	Note string
	// Skip says why records of this format are not taken.
	Skip string
}

// Shape says in which containers a format occurs.
type Shape uint8

// The shapes; a format may have both.
const (
	JSON Shape = 1 << iota
	CSV
)

// recognizer finds the format of a record from the names of its members.
type recognizer struct {
	formats []Format
	bits    map[string]uint
	need    []keySet
	not     []keySet
	byName  map[string]*Format
	aliases map[string]string
	tables  map[string]*Format // formats of tables found by name, in lower case
	starts  [65]uint32         // by length: the first letters of the known names
}

type keySet [4]uint64

func (k *keySet) add(bit uint) { k[bit>>6] |= 1 << (bit & 63) }

func (k keySet) holds(o keySet) bool {
	for i := range k {
		if k[i]&o[i] != o[i] {
			return false
		}
	}
	return true
}

func (k keySet) meets(o keySet) bool {
	for i := range k {
		if k[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

func newRecognizer(formats []Format) *recognizer {
	r := &recognizer{formats: formats, bits: map[string]uint{}, byName: map[string]*Format{}, aliases: headerAliases(), tables: map[string]*Format{}}
	set := func(names []string) (k keySet) {
		for _, n := range names {
			bit, ok := r.bits[n]
			if !ok {
				bit = uint(len(r.bits))
				r.bits[n] = bit
				r.starts[len(n)] |= 1 << (n[0] & 31)
			}
			k.add(bit)
		}
		return k
	}
	for i := range formats {
		f := &formats[i]
		need := f.Need
		for k := range f.When {
			need = append(slices.Clone(need), k)
		}
		r.need = append(r.need, set(need))
		r.not = append(r.not, set(f.Not))
		if r.byName[f.Name] == nil {
			r.byName[f.Name] = f
		}
	}
	return r
}

// columnSet marks the known names among the columns of a CSV file.
func (r *recognizer) columnSet(cols []string) (k keySet) {
	for _, c := range cols {
		n := r.canonical(c)
		if bit, ok := r.bits[n]; ok {
			k.add(bit)
		}
	}
	return k
}

// canonical is the normal form of a column name, in English.
func (r *recognizer) canonical(col string) string {
	n := normal(col)
	for _, suffix := range []string{"_dynamic", "_string"} {
		n = strings.TrimSuffix(n, suffix)
	}
	if a, ok := r.aliases[n]; ok {
		return a
	}
	return n
}

// fieldSet marks the known names among the members of a JSON object.
func (r *recognizer) fieldSet(fields []field) (k keySet) {
	var low [64]byte
	for _, f := range fields {
		n := len(f.key)
		if n == 0 || n > len(low) {
			continue
		}
		suffixed := n > 8 && (f.key[n-8] == '_' || f.key[n-7] == '_')
		if !suffixed && r.starts[n]&(1<<(f.key[0]&31)) == 0 {
			continue // no known name has this length and first letter
		}
		key := low[:n]
		for i, c := range f.key {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			key[i] = c
		}
		bit, ok := r.bits[string(key)]
		if !ok && suffixed {
			for _, suffix := range []string{"_dynamic", "_string"} {
				if bytes.HasSuffix(key, []byte(suffix)) {
					bit, ok = r.bits[string(key[:n-len(suffix)])]
				}
			}
		}
		if ok {
			k.add(bit)
		}
	}
	return k
}

// find returns the first format that fits, or nil.
func (r *recognizer) find(shape Shape, keys keySet, fields []field) *Format {
	for i := range r.formats {
		f := &r.formats[i]
		if f.Shape&shape != 0 && keys.holds(r.need[i]) && !keys.meets(r.not[i]) && whenHolds(f.When, fields) {
			return f
		}
	}
	return nil
}

// loose returns f under a name whose mapping finds columns whatever their
// spelling, at the cost of speed.
func (r *recognizer) loose(f *Format) *Format {
	key := "loose " + f.Name
	if r.tables[key] == nil {
		c := *f
		c.Name = "ual-loose"
		r.tables[key] = &c
	}
	return r.tables[key]
}

// byTable returns the format of the table that a record of f names, or f.
func (r *recognizer) byTable(f *Format, fields []field) *Format {
	name := strings.ToLower(string(scalar(looseField(fields, f.Table))))
	key := f.Name + " " + name
	if g, ok := r.tables[key]; ok {
		return g
	}
	g := f
	for _, t := range schema.Tables() {
		table := t.Name
		if rest, ok := strings.CutPrefix(name, f.Prefix); ok && strings.EqualFold(table, rest) {
			c := *f
			base, _, _ := strings.Cut(f.Name, "/")
			c.Name, c.Kind, c.Note = base+"/"+table, "table "+table, ""
			c.Doc = strings.Replace(f.Doc, "other tables", table, 1)
			g = &c
		}
	}
	if len(r.tables) < 1000 { // names are data: bound what they can make us keep
		r.tables[key] = g
	}
	return g
}

func whenHolds(when map[string][]string, fields []field) bool {
	for key, values := range when {
		raw := looseField(fields, key)
		if !slices.ContainsFunc(values, func(v string) bool {
			if p, ok := strings.CutSuffix(v, "*"); ok {
				return len(raw) > len(p) && strings.EqualFold(string(bytes.TrimLeft(raw, `["`)[:min(len(p), len(bytes.TrimLeft(raw, `["`)))]), p)
			}
			return strings.EqualFold(string(bytes.Trim(raw, `[" ]`)), v)
		}) {
			return false
		}
	}
	return true
}

// looseField finds a member by its normal name.
func looseField(fields []field, name string) []byte {
	for _, f := range fields {
		if len(f.key) == len(name) && strings.EqualFold(string(f.key), name) {
			return f.val
		}
	}
	for _, f := range fields {
		if normal(string(f.key)) == name {
			return f.val
		}
	}
	return nil
}

// nearest names the format that fits best and what it lacks, for a message.
func (r *recognizer) nearest(shape Shape, keys keySet) (f *Format, missing []string) {
	best := 0.0
	for i := range r.formats {
		c := &r.formats[i]
		if c.Shape&shape == 0 || len(c.Need) == 0 || c.Skip != "" {
			continue
		}
		var lack []string
		for _, n := range c.Need {
			var k keySet
			k.add(r.bits[n])
			if !keys.holds(k) {
				lack = append(lack, n)
			}
		}
		if score := float64(len(c.Need)-len(lack)) / float64(len(c.Need)); score > best {
			best, f, missing = score, c, lack
		}
	}
	return f, missing
}
