package ingest

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzScan holds the scanner to encoding/json: what it takes is valid, and
// what encoding/json takes it takes, but for depth.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e+3,"x\u00e9\ud83d\ude00",true,null],"b":{}}`, `{"a":"\ud83d"}`, `[[]]`, `{"a" : 1 , "b":"\/"}`, `{"a":01}`, "{\"a\":\"\xff\"}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in := append(bytes.Clone(b), '\n')
		var s scanner
		n, err := s.scan(bytes.TrimLeft(in, " \t\r\n"))
		if err != nil {
			return
		}
		doc := bytes.TrimLeft(in, " \t\r\n")[:n]
		if !json.Valid(doc) {
			t.Fatalf("scanner takes %q", doc)
		}
		small := compact(nil, doc)
		var want bytes.Buffer
		if err := json.Compact(&want, doc); err != nil || !bytes.Equal(small, want.Bytes()) {
			t.Fatalf("compact(%q) = %q, want %q", doc, small, want.Bytes())
		}
		if c := canonical(nil, doc); !json.Valid(c) || !bytes.Equal(canonical(nil, c), c) {
			t.Fatalf("canonical(%q) = %q", doc, c)
		}
		var v any
		if doc[0] == '"' && json.Unmarshal(doc, &v) == nil {
			if got := string(unquote(nil, doc)); got != v.(string) {
				t.Fatalf("unquote(%q) = %q, want %q", doc, got, v)
			}
		}
	})
}

func FuzzQuote(f *testing.F) {
	f.Add("a\"\\\n\x00é")
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		var back string
		if err := json.Unmarshal(quote(nil, []byte(s)), &back); err != nil || back != s {
			t.Fatalf("quote(%q) reads back as %q, %v", s, back, err)
		}
	})
}

// FuzzCSV holds csvRow to encoding/csv where that takes the input strictly.
func FuzzCSV(f *testing.F) {
	f.Add("a,\"b\"\"c\",d\r\n\"x\ny\",,z\n")
	f.Add("a;b\n")
	f.Fuzz(func(t *testing.T, s string) {
		r := csv.NewReader(strings.NewReader(s))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		if err != nil || strings.Contains(s, "\r") {
			return
		}
		var got [][]string
		for b := []byte(s); len(b) > 0; {
			n, cells, _, err := csvRow(b, ',', true, nil, nil)
			if err != nil {
				t.Fatalf("%q: %v", s, err)
			}
			if n == 0 {
				t.Fatalf("%q: no progress", s)
			}
			b = b[n:]
			if len(cells) == 1 && len(cells[0]) == 0 {
				continue // encoding/csv leaves out empty lines
			}
			row := make([]string, len(cells))
			for i, c := range cells {
				row[i] = string(c)
			}
			got = append(got, row)
		}
		var strict [][]string
		for _, w := range want {
			if len(w) != 1 || w[0] != "" {
				strict = append(strict, w)
			}
		}
		if len(got) != len(strict) {
			t.Fatalf("%q: %d rows, want %d", s, len(got), len(strict))
		}
		for i := range got {
			if strings.Join(got[i], "\x00") != strings.Join(strict[i], "\x00") {
				t.Fatalf("%q: row %d is %q, want %q", s, i, got[i], strict[i])
			}
		}
	})
}

// FuzzWalk: whatever comes in, records are one line of JSON, and reading in
// small pieces gives what reading at once gives.
func FuzzWalk(f *testing.F) {
	f.Add(auditLine(1))
	f.Add([]byte(`{"value":[{"a":1},{"id":"x","activityDisplayName":"a","activityDateTime":"2026-01-01","initiatedBy":{}}]}`))
	f.Add([]byte("CreationDate,UserIds,Operations,AuditData\n1/2/2026,a,b,\"{\"\"Id\"\":\"\"1\"\"}\"\n"))
	f.Add([]byte(`{"tables":[{"columns":[{"name":"a"}],"rows":[[1],[2,3]]}]}`))
	f.Add([]byte("\xff\xfe{\x00}\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole, pieces := drain(t, b, false), drain(t, b, true)
		if whole != pieces {
			t.Fatalf("%q: reading in pieces differs:\n%s\n%s", b, whole, pieces)
		}
	})
}

func drain(t *testing.T, b []byte, pieces bool) string {
	var out strings.Builder
	o := Options{Stdin: bytes.NewReader(b), TempDir: t.TempDir(), OnReject: func(r Reject) { out.WriteString("reject " + r.Reason + "\n") }}
	if pieces {
		o.Stdin = iotest.OneByteReader(bytes.NewReader(b))
	}
	err := Walk(context.Background(), []string{"-"}, o, func(r *Record) error {
		if !json.Valid(r.Raw) || bytes.ContainsAny(r.Raw, "\n\r") || r.ID == "" {
			t.Fatalf("%q: bad record %q", b, r.Raw)
		}
		out.WriteString(r.Format + r.ID + "\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}
