package duck_test

import (
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// cell is a value with its KQL type; v is as DuckDB gave it.
type cell struct {
	t schema.Type
	v any
}

// String prints a cell as .NET's invariant culture does.
func (c cell) String() string {
	switch x := c.v.(type) {
	case nil:
		if c.t == schema.String {
			return "''"
		}
		return "null"
	case bool:
		if x {
			return "True"
		}
		return "False"
	case float64:
		return netReal(x)
	case int64:
		switch c.t {
		case schema.DateTime:
			return time.Unix((x-621355968000000000)/1e7, (x-621355968000000000)%1e7*100).UTC().Format("2006-01-02T15:04:05.0000000Z")
		case schema.TimeSpan:
			return spanText(x)
		}
		return strconv.FormatInt(x, 10)
	case string:
		if c.t == schema.String || c.t == schema.GUID {
			return "'" + x + "'"
		}
		return x
	}
	return fmt.Sprint(c.v)
}

func spanText(x int64) string {
	sign, u := "", uint64(x)
	if x < 0 {
		sign, u = "-", uint64(-x)
	}
	s := ""
	if d := u / 864000000000; d > 0 {
		s = fmt.Sprintf("%d.", d)
	}
	s += fmt.Sprintf("%02d:%02d:%02d", u/36000000000%24, u/600000000%60, u/10000000%60)
	if f := u % 10000000; f > 0 {
		s += fmt.Sprintf(".%07d", f)
	}
	return sign + s
}

func netReal(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(fmt.Sprintf("%+v", f)[:1], "+") + "Infinity"
	case f == 0 && math.Signbit(f):
		return "-0"
	case f == 0:
		return "0"
	}
	if a := math.Abs(f); a >= 1e-5 && a < 1e15 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'E', -1, 64)
}

// unordered reports whether the order inside arrays is unspecified.
func unordered(features []string) bool {
	for _, f := range features {
		if strings.Contains(f, "make_set") || strings.Contains(f, "makeset") || strings.HasPrefix(f, "fn:set_") || strings.Contains(f, "bag_keys") {
			return true
		}
	}
	return false
}

// canonical prints a JSON value so that equal values print equally.
func canonical(v any, loose bool) string {
	switch x := v.(type) {
	case []any:
		parts := make([]string, len(x))
		for i, e := range x {
			parts[i] = canonical(e, loose)
		}
		if loose {
			sort.Strings(parts)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[string]any:
		var parts []string
		for k, e := range x {
			parts = append(parts, strconv.Quote(k)+":"+canonical(e, loose))
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, ",") + "}"
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return strconv.FormatInt(n, 10)
		}
		f, _ := x.Float64()
		if f == math.Trunc(f) && math.Abs(f) < 1e15 {
			return strconv.FormatInt(int64(f), 10)
		}
		return netReal(f)
	case string:
		return strconv.Quote(x)
	}
	return fmt.Sprint(v)
}

// takeJSON reads one JSON value at the start of text.
func takeJSON(text string) (v any, rest string, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, "", err
	}
	return v, text[d.InputOffset():], nil
}

// sameRow reports whether the printed row says what row holds.
func sameRow(row []cell, printed string, loose bool) bool {
	rest := strings.TrimPrefix(printed, "(")
	for i, c := range row {
		if i > 0 {
			if !strings.HasPrefix(rest, ", ") {
				return false
			}
			rest = rest[2:]
		}
		text := c.String()
		if c.t == schema.Dynamic && c.v != nil {
			want, after, err := takeJSON(rest)
			got, _, gotErr := takeJSON(text)
			if err != nil || gotErr != nil || canonical(want, loose) != canonical(got, loose) {
				return false
			}
			rest = after
			continue
		}
		if c.t == schema.Decimal {
			text = decimalText(text)
		}
		if !strings.HasPrefix(rest, text) {
			return false
		}
		rest = rest[len(text):]
	}
	return rest == ")"
}

// decimalText prints a decimal as the recorded results do, as a double.
func decimalText(s string) string {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return netReal(f)
}

// ordered reports whether the query's last steps keep an order that it set.
func ordered(features []string, query string) bool {
	last := query
	for _, op := range []string{"summarize", "join", "union", "distinct", "mv-apply", "make-series", "lookup"} {
		if i := strings.LastIndex(last, "| "+op); i >= 0 {
			last = last[i:]
		}
	}
	for _, w := range []string{"| sort", "| order", "| top "} {
		if strings.Contains(last, w) {
			return true
		}
	}
	return false
}

// diffEmulator describes how rows differ from the recorded ones; "" if not.
func diffEmulator(v vector, cols []kql.Column, rows [][]cell) string {
	var names []string
	for _, c := range v.Columns {
		names = append(names, c[0])
	}
	if got := columnNames(cols); strings.Join(got, ",") != strings.Join(names, ",") {
		return fmt.Sprintf("columns %v, want %v", got, names)
	}
	if len(rows) != v.RowCount {
		return fmt.Sprintf("%d rows, want %d: %v want %q", len(rows), v.RowCount, rows, v.Rows)
	}
	loose := unordered(v.Features)
	if ordered(v.Features, v.Query) {
		for i, want := range v.Rows {
			if !sameRow(rows[i], want, loose) {
				// Ties may come in any order.
				if bad := missing(v.Rows, rows, loose); bad == "" && !v.Complete {
					return ""
				}
				if bad := missing(v.Rows, rows, loose); bad == "" {
					return fmt.Sprintf("order: got %v want %q", rows, v.Rows)
				}
				return fmt.Sprintf("row %d: got %v want %q", i, rows[i], want)
			}
		}
		return ""
	}
	return missing(v.Rows, rows, loose)
}

func columnNames(cols []kql.Column) []string {
	var out []string
	for _, c := range cols {
		out = append(out, c.Name)
	}
	return out
}

func missing(want []string, rows [][]cell, loose bool) string {
	used := make([]bool, len(rows))
next:
	for _, w := range want {
		for i, r := range rows {
			if !used[i] && sameRow(r, w, loose) {
				used[i] = true
				continue next
			}
		}
		return fmt.Sprintf("no row %q in %v", w, rows)
	}
	return ""
}

// diffDoc compares with a documentation table after undoing its formatting.
func diffDoc(v vector, cols []kql.Column, rows [][]cell) string {
	relaxed := map[string]bool{}
	for _, f := range v.Flags {
		relaxed[f] = true
	}
	names := columnNames(cols)
	if !relaxed["column_names_differ"] && !relaxed["columns_subset"] && !relaxed["columns_reordered"] && strings.Join(names, ",") != strings.Join(v.ExpectedColumns, ",") {
		return fmt.Sprintf("columns %v, want %v", names, v.ExpectedColumns)
	}
	if len(rows) != len(v.ExpectedRows) {
		return fmt.Sprintf("%d rows, want %d: %v want %q", len(rows), len(v.ExpectedRows), rows, v.ExpectedRows)
	}
	loose := unordered(v.Features)
	used := make([]bool, len(rows))
next:
	for _, want := range v.ExpectedRows {
		for i, r := range rows {
			if !used[i] && sameDocRow(r, want, v.ExpectedColumns, names, relaxed, loose) {
				used[i] = true
				continue next
			}
		}
		return fmt.Sprintf("no row %q in %v", want, rows)
	}
	return ""
}

func sameDocRow(row []cell, want, wantNames, names []string, relaxed map[string]bool, loose bool) bool {
	byName := relaxed["columns_subset"] || relaxed["columns_reordered"]
	if !byName && len(row) != len(want) {
		return false
	}
	for i, w := range want {
		at := i
		if byName {
			at = -1
			for j, n := range names {
				if n == wantNames[i] {
					at = j
				}
			}
			if at < 0 {
				return false
			}
		}
		if !sameDocCell(row[at], w, loose) {
			return false
		}
	}
	return true
}

func sameDocCell(c cell, want string, loose bool) bool {
	want = strings.TrimSpace(want)
	if c.v == nil || c.v == "" {
		return want == "" || want == "null" || want == "NaN" && c.v == nil || want == `""`
	}
	switch c.t {
	case schema.Bool:
		w := strings.ToLower(want)
		return (w == "true" || w == "1") == (c.v == true) && (w == "true" || w == "false" || w == "1" || w == "0")
	case schema.Int, schema.Long:
		return c.String() == strings.ReplaceAll(want, ",", "")
	case schema.Real, schema.Decimal:
		return sameReal(c.String(), strings.ReplaceAll(want, ",", ""))
	case schema.DateTime:
		w, ok := kql.ParseDateTime(want)
		return ok && c.v == w
	case schema.TimeSpan:
		w, ok := kql.ParseTimeSpan(want)
		return ok && c.v == w
	case schema.Dynamic:
		text, ok := c.v.(string)
		return ok && sameDynamic(text, want, loose)
	}
	text := fmt.Sprint(c.v)
	if inner, ok := strings.CutPrefix(want, "<http"); ok { // an address that Markdown made a link
		want = "http" + strings.TrimSuffix(inner, ">")
	}
	return text == want || strings.Trim(want, `"'`) == text || strings.Join(strings.Fields(text), " ") == strings.Join(strings.Fields(want), " ")
}

// sameReal allows for a documented number that its author rounded.
func sameReal(got, want string) bool {
	g, err := strconv.ParseFloat(got, 64)
	w, werr := strconv.ParseFloat(want, 64)
	if err != nil || werr != nil {
		return got == want
	}
	if g == w || math.IsNaN(g) && math.IsNaN(w) {
		return true
	}
	_, frac, _ := strings.Cut(want, ".")
	return frac != "" && !strings.ContainsAny(want, "eE") && math.Abs(g-w) <= 0.5*math.Pow(10, -float64(len(frac)))*1.0001
}

func sameDynamic(got, want string, loose bool) bool {
	g, _, err := takeJSON(got)
	if err != nil {
		return false
	}
	if s, ok := g.(string); ok && s == want {
		return true
	}
	w, rest, err := takeJSON(want)
	if err != nil || strings.TrimSpace(rest) != "" {
		return canonical(g, loose) == want
	}
	return canonical(g, loose) == canonical(w, loose)
}
