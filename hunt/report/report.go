// Package report writes what a run found, or the rows that a query gave, in one
// format per file. Every writer is a pure function of its input: the same
// report gives the same bytes.
//
// The texts in a finding come from audit records, which an attacker writes to.
// What goes to a terminal passes [Safe]; the structured formats escape by their
// own rules.
package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/hunt365/hunt365/hunt"
)

// Format is one way to print a report.
type Format struct {
	Name  string
	Write func(w io.Writer, r *hunt.Report) error
}

// Formats lists the formats for findings; the first is the default.
func Formats() []Format {
	return []Format{{"table", Table}, {"json", JSON}, {"jsonl", JSONL}}
}

// RowFormat is one way to print the rows of a query.
type RowFormat struct {
	Name  string
	Write func(w io.Writer, rows hunt.Rows) error
}

// RowFormats lists the formats for rows; the first is the default.
func RowFormats() []RowFormat {
	return []RowFormat{{"table", RowsTable}, {"json", RowsJSON}, {"jsonl", RowsJSONL}, {"csv", RowsCSV}, {"parquet", RowsParquet}}
}

// FindFormat returns the format called name.
func FindFormat(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("unknown format %q (one of %s)", name, strings.Join(names, ", "))
}

// FindRowFormat returns the row format called name.
func FindRowFormat(name string) (RowFormat, error) {
	var names []string
	for _, f := range RowFormats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return RowFormat{}, fmt.Errorf("unknown format %q (one of %s)", name, strings.Join(names, ", "))
}
