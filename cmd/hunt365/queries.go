package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/report"
)

// queriesOptions are the options that the queries commands share.
type queriesOptions struct {
	*program
	folder string
}

func newQueries(p *program) *cobra.Command {
	o := &queriesOptions{program: p}
	cmd := &cobra.Command{Use: "queries <command>", Short: "List, show, explain, export and test detection queries"}
	cmd.PersistentFlags().StringVar(&o.folder, "queries", "", "folder of queries instead of the built-in ones")
	cmd.AddCommand(&cobra.Command{
		Use: "list", Short: "List the queries", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return o.list() },
	}, &cobra.Command{
		Use: "show ID", Short: "Show one query with what it misses", Args: exactly(1, "the id of a query"),
		ValidArgsFunction: o.completeIDs,
		RunE:              func(_ *cobra.Command, args []string) error { return o.show(args[0]) },
	}, newQueriesCatalogue(o), newQueriesExplain(o), newQueriesExport(o), newQueriesTest(o))
	return cmd
}

func (o *queriesOptions) completeIDs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	list, _, err := loadQueries(o.folder)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	ids := make([]string, len(list))
	for i, q := range list {
		ids[i] = q.ID
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

func (o *queriesOptions) list() error {
	list, _, err := loadQueries(o.folder)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	for _, q := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", report.Safe(q.ID), q.Level(), report.Safe(strings.Join(q.Techniques, " ")), report.Safe(q.Name))
	}
	return w.Flush()
}

func (o *queriesOptions) show(id string) error {
	list, _, err := loadQueries(o.folder)
	if err != nil {
		return err
	}
	q, err := findQuery(list, id)
	if err != nil {
		return err
	}
	o.describe(q)
	return nil
}

func (o *queriesOptions) describe(q *hunt.Query) {
	fmt.Fprintf(o.out, "%s\n%s\n\n", report.Safe(q.Name), safeLines(strings.TrimSpace(q.Description)))
	for _, f := range []struct {
		label string
		items []string
	}{
		{"id", []string{fmt.Sprintf("%s version %d", q.ID, q.Version)}},
		{"severity", []string{q.Level().String() + ", confidence " + q.Confidence}},
		{"techniques", q.Techniques},
		{"tables", q.Tables},
		{"harmless if", []string{q.Refute}},
		{"alike", q.FalsePositives},
		{"misses", q.Misses},
		{"references", q.References},
	} {
		for i, item := range f.items {
			label := f.label
			if i > 0 {
				label = ""
			}
			fmt.Fprintf(o.out, "  %-11s %s\n", label, report.Safe(item))
		}
	}
	fmt.Fprintf(o.out, "\n%s\n", safeLines(strings.TrimSpace(q.Text)))
}
