package store

import (
	"encoding/json"
	"strconv"
)

// Record is one source record, as it came.
type Record struct {
	Kind   string // records of one kind with one ID are one event
	Format string // what mappings know it by
	ID     string // the source's own, else a hash of the content
	Time   int64  // ticks
	Timed  bool
	Tenant string
	Raw    []byte // the record as JSON on one line
	File   string // where it came from
	Line   int64
}

// appendEnvelope appends the evidence line of r, the n-th of its segment.
// file is r.File as JSON text.
func appendEnvelope(b []byte, n int64, r *Record, file []byte) []byte {
	b = append(b, `{"n":`...)
	b = strconv.AppendInt(b, n, 10)
	b = append(b, `,"id":`...)
	b = appendString(b, r.ID)
	b = append(b, `,"t":`...)
	if r.Timed {
		b = strconv.AppendInt(b, r.Time, 10)
	} else {
		b = append(b, "null"...)
	}
	b = append(b, `,"src":{"file":`...)
	b = append(b, file...)
	b = append(b, `,"line":`...)
	b = strconv.AppendInt(b, r.Line, 10)
	b = append(b, `},"r":`...)
	b = append(b, r.Raw...)
	return append(b, "}\n"...)
}

// appendString appends s as JSON text; most ids need no escape.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return append(b, quoted(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func quoted(s string) []byte {
	text, _ := json.Marshal(s) // a string always has a JSON form
	return text
}
