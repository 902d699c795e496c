package ingest

import (
	"bytes"
	"strings"
)

// prefixID finds the id of a record whose AuditData is cut off: it stands near
// its start, in the cell itself or in Splunk's copy of the row.
func prefixID(fields []field, canon []string) string {
	for _, name := range []string{"AuditData", "auditData", "_raw"} {
		text := bytes.ReplaceAll(scalar(lookup(fields, canon, name)), []byte(`""`), []byte(`"`))
		_, rest, ok := bytes.Cut(text, []byte(`"Id":"`))
		if id, _, closed := bytes.Cut(rest, []byte(`"`)); ok && closed && len(id) == 36 {
			return string(id)
		}
	}
	return ""
}

// inner returns the members of the payload, an object or JSON text of one.
func (r *reader) inner(val []byte) ([]field, bool) {
	if len(val) == 0 {
		return nil, false
	}
	if val[0] == '"' {
		r.text = unquote(r.text[:0], val)
		val = append(bytes.TrimSpace(r.text), '\n')
		r.text = val
	}
	if val[0] != '{' {
		return nil, false
	}
	n, err := r.payload.scan(val)
	if err != nil || len(bytes.TrimSpace(val[n:])) > 0 {
		return nil, false
	}
	return r.payload.fields, len(r.payload.fields) > 0
}

// first returns the first text that one of paths leads to.
func first(paths []string, fields, inner []field, canon []string) []byte {
	for _, p := range paths {
		if raw := lookupPath(p, fields, inner, canon); len(raw) > 0 && raw[0] != '{' && raw[0] != '[' {
			if s := scalar(raw); len(s) > 0 {
				return s
			}
		}
	}
	return nil
}

// lookupPath resolves a path of Format: ".x" inside the payload, "a.b" inside
// nested objects, else a member.
func lookupPath(path string, fields, inner []field, canon []string) []byte {
	if rest, ok := strings.CutPrefix(path, "."); ok {
		return lookup(inner, nil, rest)
	}
	name, rest, nested := strings.Cut(path, ".")
	raw := lookup(fields, canon, name)
	for nested && len(raw) > 0 && raw[0] == '{' {
		var s scanner
		if _, err := s.scan(raw); err != nil {
			return nil
		}
		name, rest, nested = strings.Cut(rest, ".")
		raw = lookup(s.fields, nil, name)
	}
	if nested {
		return nil
	}
	return raw
}

// lookup finds a member by its exact name, else by its normal one.
func lookup(fields []field, canon []string, name string) []byte {
	for i := range fields {
		if string(fields[i].key) == name {
			return fields[i].val
		}
	}
	if canon != nil {
		name = normal(name)
		for i, c := range canon {
			if c == name && i < len(fields) && len(fields[i].val) > 2 {
				return fields[i].val
			}
		}
		return nil
	}
	for i := range fields {
		if len(fields[i].key) == len(name) && strings.EqualFold(string(fields[i].key), name) {
			return fields[i].val
		}
	}
	return nil
}

// scalar is the text of a JSON scalar; null is empty.
func scalar(raw []byte) []byte {
	if len(raw) >= 2 && raw[0] == '"' {
		if bytes.IndexByte(raw, '\\') >= 0 {
			return unquote(nil, raw)
		}
		return raw[1 : len(raw)-1]
	}
	if string(raw) == "null" {
		return nil
	}
	return raw
}
