package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// schemaOptions are the options of `hunt365 schema`.
type schemaOptions struct {
	*program
	format string
}

func newSchema(p *program) *cobra.Command {
	o := &schemaOptions{program: p}
	cmd := &cobra.Command{
		Use:               "schema [TABLE]",
		Short:             "List the tables of a case, or the columns of one",
		Example:           "  hunt365 schema\n  hunt365 schema OfficeActivity\n  hunt365 schema --format json",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(schema.TableNames(), cobra.ShellCompDirectiveNoFileComp),
		RunE:              func(_ *cobra.Command, args []string) error { return o.run(args) },
	}
	cmd.Flags().StringVar(&o.format, "format", "table", "table, or json: columns with their types by table")
	complete(cmd, "format", "table", "json")
	return cmd
}

func (o *schemaOptions) run(args []string) error {
	switch {
	case o.format == "json":
		return o.json(args)
	case o.format != "table":
		return fmt.Errorf("unknown format %q (one of table, json)", o.format)
	case len(args) == 1:
		return o.describeTable(args[0])
	}
	return o.listTables()
}

func (o *schemaOptions) json(args []string) error {
	type column struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	tables := map[string][]column{}
	for _, t := range schema.Tables() {
		if len(args) == 1 && t.Name != args[0] {
			continue
		}
		for _, c := range t.Columns {
			tables[t.Name] = append(tables[t.Name], column{c.Name, c.Type.String()})
		}
	}
	if len(tables) == 0 {
		return unknownTable(args[0])
	}
	e := json.NewEncoder(o.out)
	e.SetIndent("", " ")
	return e.Encode(tables)
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
