package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/report"
)

// reportOptions are the options of `hunt365 report`.
type reportOptions struct {
	huntOptions
	file           string
	html, md, json bool
}

func newReport(p *program) *cobra.Command {
	o := &reportOptions{huntOptions: huntOptions{program: p}}
	cmd := &cobra.Command{
		Use:   "report [--html|--md|--json] -o FILE --case DIR",
		Short: "Write the report on a case",
		Long: `Report writes the page that goes to management and counsel: verdicts, the story
of each incident with a picture of its course and of who did what to whom, what
mail was exposed, what the logs do not tell, every finding with its records, and
the method. The HTML is one file that loads nothing and runs no script.`,
		Example: "  hunt365 report --case acme --html -o acme.html\n  hunt365 report --case acme --json -o acme.json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.registerCase(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.file, "output", "o", "", "file to write (default: standard output)")
	f.BoolVar(&o.html, "html", false, "HTML (the default)")
	f.BoolVar(&o.md, "md", false, "Markdown")
	f.BoolVar(&o.json, "json", false, "JSON")
	cmd.MarkFlagsMutuallyExclusive("html", "md", "json")
	return cmd
}

func (o *reportOptions) run(ctx context.Context) error {
	inv, err := o.investigateCase(ctx)
	if err != nil {
		return err
	}
	defer inv.Close()
	if err := inv.report.Conclusion.Expose(ctx, inv.engine, inv.clock.Now()); err != nil {
		return err
	}
	about := inv.engine.store.Info()
	doc := report.Document{Report: inv.report, Case: about.Name, Tool: "hunt365 " + version(), Tenants: about.Tenants}
	for _, e := range inv.engine.store.Entries() {
		doc.Evidence = append(doc.Evidence, report.EvidenceFile{File: e.File, SHA256: e.SHA256, Records: e.Records, Format: e.Format, Source: e.Source})
	}
	write := report.HTML
	switch {
	case o.md:
		write = report.Markdown
	case o.json:
		write = report.DocumentJSON
	}
	if o.file == "" {
		return write(o.out, doc)
	}
	if err := o.outputFile(o.file, func(f *os.File) error { return write(f, doc) }); err != nil {
		return err
	}
	fmt.Fprintf(o.err, "wrote %s: %d incidents, %d findings\n", report.Safe(o.file), len(inv.report.Conclusion.Incidents), len(inv.report.Findings))
	return nil
}
