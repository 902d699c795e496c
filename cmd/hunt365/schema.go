package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

func newSchema(p *program) *cobra.Command {
	return &cobra.Command{
		Use:               "schema [TABLE]",
		Short:             "List the tables of a case, or the columns of one",
		Example:           "  hunt365 schema\n  hunt365 schema OfficeActivity",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(schema.TableNames(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return p.listTables()
			}
			return p.describeTable(args[0])
		},
	}
}

func (p *program) listTables() error {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, t := range schema.Tables() {
		fmt.Fprintf(w, "%s\t%d columns\t%s\n", t.Name, len(t.Columns), t.Doc)
	}
	return w.Flush()
}

func (p *program) describeTable(name string) error {
	t, ok := schema.Lookup(name)
	if !ok {
		return unknownTable(name)
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, c := range t.Stored() {
		note := c.Doc
		if c.Ours {
			note = strings.TrimSpace("(ours) " + note)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Name, c.Type, note)
	}
	return w.Flush()
}

func unknownTable(name string) error {
	err := fmt.Errorf("no table %q", name)
	if near := kql.Nearest(name, schema.TableNames()); near != "" {
		return hint(err, "did you mean %s?", near)
	}
	return hint(err, "hunt365 schema lists the tables")
}
