package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/report"
)

func newQueriesExplain(o *queriesOptions) *cobra.Command {
	return &cobra.Command{
		Use: "explain ID", Short: "Say in words what a query needs, how to tune it and when its silence means nothing",
		Args: exactly(1, "the id of a query"), ValidArgsFunction: o.completeIDs,
		RunE: func(_ *cobra.Command, args []string) error { return o.explain(args[0]) },
	}
}

// listOf finds the lists that a query names.
var listOf = regexp.MustCompile(`_GetWatchlist\(\s*["']([^"']+)["']`)

func (o *queriesOptions) explain(id string) error {
	list, _, err := loadQueries(o.folder)
	if err != nil {
		return err
	}
	q, err := findQuery(list, id)
	if err != nil {
		return err
	}
	tunable, err := thresholds(q.Text)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.out, "%s\n%s\n\n", report.Safe(q.Name), safeLines(strings.TrimSpace(q.Description)))
	o.sentences("It needs", q.Tables)
	var lists []string
	for _, m := range listOf.FindAllStringSubmatch(q.Text, -1) {
		lists = append(lists, m[1])
	}
	slices.Sort(lists)
	o.sentences("It looks things up in", slices.Compact(lists))
	var settings []string
	for _, t := range tunable {
		settings = append(settings, t.name+": "+t.value)
	}
	if len(settings) > 0 {
		o.sentences("A case's "+tuningFile+" may set, under "+q.ID, settings)
	}
	o.sentences("What else looks like this", q.FalsePositives)
	o.sentences("What it does not see", q.Misses)
	fmt.Fprintf(o.out, "\nA finding is %s, with %s confidence, and harmless if: %s\n", q.Level(), report.Safe(q.Confidence), report.Safe(q.Refute))
	fmt.Fprintf(o.out, "Without rows of %s its silence means nothing: hunt then says that it cannot tell.\n", report.Safe(strings.Join(q.Tables, ", or of ")))
	return nil
}

func (o *queriesOptions) sentences(label string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(o.out, "%s:\n", label)
	for _, i := range items {
		fmt.Fprintf(o.out, "  - %s\n", report.Safe(i))
	}
}
