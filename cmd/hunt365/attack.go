package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/report"
)

// attackOptions are the options of `hunt365 coverage`.
type attackOptions struct {
	*program
	caseFlag
	queries, format string
	attack          bool
}

func newCoverage(p *program) *cobra.Command {
	o := &attackOptions{program: p}
	cmd := &cobra.Command{
		Use:   "coverage --attack",
		Short: "Show which ATT&CK techniques the queries look for, and what each needs",
		Long: `Coverage --attack prints, by tactic, the techniques that queries look for and the
tables that they need to be seen. With a case it tells which of them the case
can answer for. --format navigator writes a layer for the ATT&CK Navigator.`,
		Example: "  hunt365 coverage --attack --case acme\n  hunt365 coverage --attack --format navigator > layer.json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.caseFlag.register(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.attack, "attack", false, "by ATT&CK technique")
	f.StringVar(&o.queries, "queries", "", "folder or file of queries instead of the built-in ones")
	f.StringVar(&o.format, "format", "table", "table or navigator")
	complete(cmd, "format", "table", "navigator")
	return cmd
}

// technique is what the queries do for one ATT&CK technique.
type technique struct {
	id      string
	tactics []string
	queries []string
	tables  []string
	seen    int // queries that the case has all tables for
}

func (o *attackOptions) run(ctx context.Context) error {
	if !o.attack {
		return hint(errors.New("coverage of what?"), "hunt365 coverage --attack")
	}
	if o.format != "table" && o.format != "navigator" {
		return hint(fmt.Errorf("unknown format %q", o.format), "table or navigator")
	}
	list, _, err := loadQueries(o.queries)
	if err != nil {
		return err
	}
	known, hasCase, err := o.known(ctx)
	if err != nil {
		return err
	}
	all := techniquesOf(list, known)
	if o.format == "navigator" {
		return o.layer(all, hasCase)
	}
	return o.matrix(all, len(list), hasCase)
}

// known returns what the case holds, if there is one.
func (o *attackOptions) known(ctx context.Context) ([]hunt.Coverage, bool, error) {
	dir, err := o.find()
	if err != nil {
		return nil, false, nil //nolint:nilerr // without a case the queries alone are shown
	}
	eng, err := openEngine(dir, limits{})
	if err != nil {
		return nil, false, err
	}
	known, err := eng.Coverage(ctx)
	return known, true, errors.Join(err, eng.Close())
}

func techniquesOf(list []*hunt.Query, known []hunt.Coverage) []*technique {
	byID := map[string]*technique{}
	for _, q := range list {
		complete := hunt.Inherit(q.Tables, known).State == hunt.Complete
		for _, id := range q.Techniques {
			t := byID[id]
			if t == nil {
				t = &technique{id: id}
				byID[id] = t
			}
			t.queries = append(t.queries, q.ID)
			t.tactics = append(t.tactics, q.Tactics...)
			t.tables = append(t.tables, q.Tables...)
			if complete {
				t.seen++
			}
		}
	}
	var out []*technique
	for _, id := range sortedKeys(byID) {
		t := byID[id]
		for _, s := range []*[]string{&t.tactics, &t.tables} {
			slices.Sort(*s)
			*s = slices.Compact(*s)
		}
		out = append(out, t)
	}
	return out
}

// tacticOrder is the order of ATT&CK's own matrix.
var tacticOrder = []string{
	"Reconnaissance", "ResourceDevelopment", "InitialAccess", "Execution", "Persistence", "PrivilegeEscalation", "DefenseEvasion",
	"CredentialAccess", "Discovery", "LateralMovement", "Collection", "CommandAndControl", "Exfiltration", "Impact",
}

func (o *attackOptions) matrix(all []*technique, queries int, hasCase bool) error {
	w := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	for _, tactic := range tacticOrder {
		named := false
		for _, t := range all {
			if !slices.Contains(t.tactics, tactic) {
				continue
			}
			if !named {
				fmt.Fprintf(w, "%s\n", tactic)
				named = true
			}
			answer := ""
			if hasCase {
				answer = fmt.Sprintf("%d of them here", t.seen)
			}
			fmt.Fprintf(w, "  %s\t%d queries\t%s\t%s\n", report.Safe(t.id), len(t.queries), answer, report.Safe(strings.Join(t.tables, " ")))
		}
	}
	fmt.Fprintf(o.err, "%d techniques, %d queries\n", len(all), queries)
	return w.Flush()
}

// layer writes what the Navigator reads: layer format 4.5.
func (o *attackOptions) layer(all []*technique, hasCase bool) error {
	type cell struct {
		ID      string `json:"techniqueID"`
		Score   int    `json:"score"`
		Comment string `json:"comment"`
		Enabled bool   `json:"enabled"`
	}
	cells, most := []cell{}, 1
	for _, t := range all {
		score := len(t.queries)
		if hasCase {
			score = t.seen
		}
		most = max(most, score)
		cells = append(cells, cell{t.id, score, strings.Join(t.queries, ", ") + "; needs " + strings.Join(t.tables, ", "), true})
	}
	e := json.NewEncoder(o.out)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{
		"name": "hunt365", "domain": "enterprise-attack", "description": "Techniques that the queries of hunt365 look for; the score counts queries.",
		"versions":   map[string]string{"attack": "17", "navigator": "5.1.0", "layer": "4.5"},
		"gradient":   map[string]any{"colors": []string{"#ffffff", "#66b1ff"}, "minValue": 0, "maxValue": most},
		"techniques": cells,
	})
}
