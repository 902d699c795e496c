// Package queries holds the detection content: one folder per query, and the
// lists that queries look things up in.
package queries

import "embed"

// FS holds every <id>/query.yaml with its fixtures, the catalogue of public
// detections, the exceptions of the mutation check, and lists/*.csv, which are
// the built-in watchlists (name = file name without .csv, key column SearchKey).
//
//go:embed */query.yaml */*.jsonl */expect.json lists/*.csv mutations.csv catalogue.csv
var FS embed.FS
