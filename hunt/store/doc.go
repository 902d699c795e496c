// Package store keeps a case: a folder with the evidence exactly as received,
// and a DuckDB database derived from it.
//
// Evidence is written first. Records go into compressed segments; a segment is
// synced and renamed before a line of the manifest, chained to the line before
// by its hash, names it. That line is the acknowledgement: what it names is
// never lost, and what it does not name never happened. Mapping fills the
// tables from the segments with SQL, so import, catching up after a crash and
// rebuilding are one path.
//
// This is the only package that needs cgo.
package store
