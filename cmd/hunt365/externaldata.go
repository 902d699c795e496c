package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// What externaldata may bring into one query.
const (
	mostExternalBytes = 64 << 20
	mostExternalRows  = 200_000
)

// externalFiles answers externaldata from one folder. Nothing outside it is ever
// read, and nothing from the network: a query that names
// https://host/lists/feed.csv reads lists/feed.csv or feed.csv in the folder.
type externalFiles struct{ root *os.Root }

func (f externalFiles) dataSet(src kql.External) (*kql.DataSet, error) {
	set := &kql.DataSet{Columns: src.Columns}
	for _, uri := range src.URIs {
		text, name, err := f.read(uri)
		if err != nil {
			return nil, err
		}
		rows, err := externalRows(text, name, src)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if set.Rows = append(set.Rows, rows...); len(set.Rows) > mostExternalRows {
			return nil, fmt.Errorf("more than %d rows", mostExternalRows)
		}
	}
	return set, nil
}

// read finds the file that stands for an address: the longest end of its path
// that is in the folder.
func (f externalFiles) read(uri string) (text []byte, name string, err error) {
	uri, _, _ = strings.Cut(uri, ";") // a key may follow the address
	full := uri
	if u, err := url.Parse(uri); err == nil && u.Host != "" {
		full = u.Path
	}
	full = strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(full, `\`, "/")), "/")
	for rest := full; rest != ""; {
		text, err := f.readFile(rest)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return text, rest, err
		}
		_, rest, _ = strings.Cut(rest, "/")
	}
	return nil, "", fmt.Errorf("there is no %s in the folder of --allow-file", path.Base(full))
}

func (f externalFiles) readFile(name string) ([]byte, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			return nil, err
		}
	}
	text, err := io.ReadAll(io.LimitReader(r, mostExternalBytes+1))
	if err == nil && len(text) > mostExternalBytes {
		err = fmt.Errorf("larger than %d MB", mostExternalBytes>>20)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), err
}

var separators = map[string]rune{"csv": ',', "tsv": '\t', "tsve": '\t', "psv": '|', "scsv": ';', "sohsv": '\x01'}

// externalRows reads a file in the format that the query or its name says.
func externalRows(text []byte, name string, src kql.External) ([][]any, error) {
	format := strings.ToLower(src.Props["format"])
	if format == "" {
		format = strings.TrimPrefix(path.Ext(strings.TrimSuffix(name, ".gz")), ".")
	}
	var rows [][]any
	var err error
	switch {
	case separators[format] != 0:
		rows, err = separatedRows(text, separators[format], src.Columns)
	case format == "txt" || format == "":
		rows = lineRows(strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"), "\n"), src.Columns)
	case format == "raw":
		rows = lineRows([]string{string(text)}, src.Columns)
	case format == "json" || format == "multijson" || format == "singlejson":
		return jsonRows(text, src) // it has no header
	default:
		return nil, fmt.Errorf("the format %q is not supported", format)
	}
	if strings.EqualFold(src.Props["ignorefirstrecord"], "true") && len(rows) > 0 {
		rows = rows[1:]
	}
	return rows, err
}

func separatedRows(text []byte, comma rune, cols []kql.Column) ([][]any, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
	records, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	rows := make([][]any, len(records))
	for i, rec := range records {
		rows[i] = make([]any, len(cols))
		for j, c := range cols {
			cell := ""
			if j < len(rec) {
				cell = rec[j]
			}
			rows[i][j] = textCell(cell, c.Type)
		}
	}
	return rows, nil
}

// lineRows puts each line into the first column.
func lineRows(lines []string, cols []kql.Column) [][]any {
	var rows [][]any
	for _, line := range lines {
		row := make([]any, len(cols))
		for j, c := range cols {
			if row[j] = textCell("", c.Type); j == 0 {
				row[j] = textCell(line, c.Type)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// jsonRows reads objects, one after another or in one array.
func jsonRows(text []byte, src kql.External) ([][]any, error) {
	paths, err := jsonPaths(src)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	add := func(raw json.RawMessage) {
		row := make([]any, len(src.Columns))
		for i, c := range src.Columns {
			row[i] = jsonCell(jsonAt(raw, paths[i]), c.Type)
		}
		rows = append(rows, row)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	for {
		var raw json.RawMessage
		if err := d.Decode(&raw); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, err
		}
		var list []json.RawMessage
		if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) && json.Unmarshal(raw, &list) == nil {
			for _, item := range list {
				add(item)
			}
			continue
		}
		add(raw)
	}
}

// jsonPaths tells where each column's value is: under its own name, unless the
// query's ingestionMapping says otherwise.
func jsonPaths(src kql.External) ([][]string, error) {
	var mapping []struct {
		Column     string
		Properties struct{ Path string }
	}
	if text := src.Props["ingestionmapping"]; text != "" {
		if err := json.Unmarshal([]byte(text), &mapping); err != nil {
			return nil, fmt.Errorf("read ingestionMapping: %w", err)
		}
	}
	paths := make([][]string, len(src.Columns))
	for i, c := range src.Columns {
		paths[i] = []string{c.Name}
		for _, m := range mapping {
			if m.Column == c.Name {
				paths[i] = pathSteps(m.Properties.Path)
			}
		}
	}
	return paths, nil
}

// pathSteps reads $.a.b and $['a']['b'].
func pathSteps(text string) []string {
	text = strings.NewReplacer("['", ".", "']", "", `["`, ".", `"]`, "").Replace(strings.TrimPrefix(text, "$"))
	return strings.FieldsFunc(text, func(r rune) bool { return r == '.' })
}

// jsonAt follows property names; nil where there is nothing.
func jsonAt(raw json.RawMessage, steps []string) json.RawMessage {
	for _, name := range steps {
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil {
			return nil
		}
		raw = object[name]
	}
	return raw
}

func jsonCell(raw json.RawMessage, t schema.Type) any {
	if t == schema.Dynamic {
		var compact bytes.Buffer
		if raw == nil || string(raw) == "null" || json.Compact(&compact, raw) != nil {
			return nil
		}
		return compact.String()
	}
	var s string
	if raw == nil || string(raw) == "null" {
		return textCell("", t)
	}
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw)
	}
	return textCell(s, t)
}

// textCell reads a value as the type's to… function does; what is none is null.
func textCell(s string, t schema.Type) any {
	var v any
	ok := false
	switch t {
	case schema.String:
		return s
	case schema.Int, schema.Long:
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		v, ok = n, err == nil && (t == schema.Long || int64(int32(n)) == n)
	case schema.Real:
		x, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		v, ok = x, err == nil
	case schema.Bool:
		b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(s)))
		v, ok = b, err == nil
	case schema.DateTime:
		v, ok = anyOf(kql.ParseDateTime(s))
	case schema.TimeSpan:
		v, ok = anyOf(kql.ParseTimeSpan(s))
	case schema.GUID:
		v, ok = anyOf(kql.ParseGUID(s))
	case schema.Dynamic:
		if ok = s != ""; ok {
			v = dynamicText(s)
		}
	}
	if !ok {
		return nil
	}
	return v
}

func anyOf[T any](v T, ok bool) (any, bool) { return v, ok }

// dynamicText is what parse_json makes of s: JSON, or else the text itself.
func dynamicText(s string) string {
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(s)) == nil {
		return compact.String()
	}
	quoted, _ := json.Marshal(s) // a string always has a JSON form
	return string(quoted)
}
