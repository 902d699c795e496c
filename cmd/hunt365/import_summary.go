package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/hunt365/hunt365/hunt/ingest"
	"github.com/hunt365/hunt365/hunt/report"
	"github.com/hunt365/hunt365/hunt/schema"
)

// print writes one line a file and a total.
func (r *importResult) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(r.files) > 0 {
		fmt.Fprintln(t, "read\tnew\tduplicate\trejected\t  file")
	}
	for _, f := range r.files {
		fmt.Fprintf(t, "%d\t%d\t%d\t%d\t  %s\n", f.Read, f.fresh, f.duplicate, f.Rejected, describeFile(f))
	}
	_ = t.Flush()
	if len(r.files) == 0 {
		fmt.Fprintln(w, "no files there")
	}
	fmt.Fprintf(w, "%d new, %d duplicate, %d rejected records in case %s\n", r.summary.New, r.summary.Duplicate, r.rejects, report.Safe(r.dir))
	if r.summary.Unmapped > 0 {
		fmt.Fprintf(w, "%d records are in the evidence and in no table: the database could not read them\n", r.summary.Unmapped)
	}
	if r.rejects > 0 {
		fmt.Fprintf(w, "rejected records are in %s/rejects.ndjson with file, line and reason\n", report.Safe(r.dir))
	}
}

// describeFile says what a file is, in one line.
func describeFile(f imported) string {
	text := report.Safe(f.Name)
	if f.Format != "" {
		text += ": " + report.Safe(f.Format)
	}
	switch f.State {
	case ingest.Empty:
		text += ": empty"
	case ingest.Unknown:
		text += ": not recognised"
	case ingest.Skipped:
		text += ": left out"
	case ingest.Failed:
		text += ": FAILED"
	}
	if f.Err != nil {
		text += ": " + report.Safe(f.Err.Error())
	}
	if f.Timed {
		text += fmt.Sprintf(" (%s to %s)", schema.FormatDateTime(f.First), schema.FormatDateTime(f.Last))
	}
	for _, n := range f.Notes {
		text += "; " + report.Safe(n)
	}
	if f.reject != nil {
		text += fmt.Sprintf("; rejected line %d: %s", f.reject.Line, report.Safe(f.reject.Reason))
	}
	return text
}
