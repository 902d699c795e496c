package report

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/schema"
)

// widestCell is how many characters of a value the table shows.
const widestCell = 120

// RowsTable writes rows as aligned columns for people. Long values are cut; the
// other formats never cut.
func RowsTable(w io.Writer, rows hunt.Rows) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	columns := rows.Columns()
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = Safe(c.Name)
	}
	if err := writeCells(t, cells); err != nil {
		return err
	}
	for rows.Next() {
		for i, v := range rows.Row() {
			cells[i] = cut(Safe(hunt.Text(v, columns[i].Type)))
		}
		if err := writeCells(t, cells); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return t.Flush()
}

func writeCells(w io.Writer, cells []string) error {
	_, err := io.WriteString(w, strings.Join(cells, "\t")+"\n")
	return err
}

func cut(s string) string {
	if utf8.RuneCountInString(s) <= widestCell {
		return s
	}
	return string([]rune(s)[:widestCell-1]) + "…"
}

// RowsJSON writes rows as one array of objects, keys in column order.
func RowsJSON(w io.Writer, rows hunt.Rows) error {
	b := bufio.NewWriter(w)
	b.WriteString("[")
	separator := "\n"
	for rows.Next() {
		b.WriteString(separator)
		writeObject(b, rows.Columns(), rows.Row())
		separator = ",\n"
	}
	if err := rows.Err(); err != nil {
		return err
	}
	b.WriteString("\n]\n")
	return b.Flush()
}

// RowsJSONL writes one object a line, keys in column order.
func RowsJSONL(w io.Writer, rows hunt.Rows) error {
	b := bufio.NewWriter(w)
	for rows.Next() {
		writeObject(b, rows.Columns(), rows.Row())
		b.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return b.Flush()
}

func writeObject(b *bufio.Writer, columns []schema.Column, values []any) {
	b.WriteByte('{')
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(hunt.JSON(c.Name, schema.String))
		b.WriteByte(':')
		b.Write(hunt.JSON(values[i], c.Type))
	}
	b.WriteByte('}')
}

// RowsCSV writes a header and one record a row; null is an empty cell.
func RowsCSV(w io.Writer, rows hunt.Rows) error {
	out := csv.NewWriter(w)
	columns := rows.Columns()
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.Name
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	for rows.Next() {
		for i, v := range rows.Row() {
			cells[i] = hunt.Text(v, columns[i].Type)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}
