package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/report"
)

func newBenchTables(p *program) []*cobra.Command {
	var users, days int
	alarms := &cobra.Command{
		Use: "alarms FINDINGS.jsonl", Short: "Count findings of a tenant without intrusions, by query", Args: exactly(1, "a file of findings"),
		RunE: func(_ *cobra.Command, args []string) error { return p.alarms(args[0], users, days) },
	}
	alarms.Flags().IntVar(&users, "users", 300, "how many people the tenant has")
	alarms.Flags().IntVar(&days, "days", 30, "how many days it covers")
	return []*cobra.Command{alarms, {
		Use: "recall TRUTH.json FINDINGS.jsonl", Short: "Count the intrusions that findings cite, by family", Args: exactly(2, "the truth and a file of findings"),
		RunE: func(_ *cobra.Command, args []string) error { return p.recall(args[0], args[1]) },
	}}
}

// cited is what the tables need of a finding.
type cited struct {
	Rule     string        `json:"rule"`
	Severity hunt.Severity `json:"severity"`
	Records  []string      `json:"records"`
}

// loud returns the findings of medium severity or more.
func loud(name string) (out []cited, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<28)
	for lines.Scan() {
		var c cited
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("read findings: %w", err)
		}
		if c.Severity >= hunt.Medium {
			out = append(out, c)
		}
	}
	return out, lines.Err()
}

func (p *program) alarms(name string, users, days int) error {
	findings, err := loud(name)
	if err != nil {
		return err
	}
	byRule := map[string]int{}
	for _, f := range findings {
		byRule[f.Rule]++
	}
	unit := float64(users) / 1000 * float64(days) / 7
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "findings\tper 1,000 users and week\tquery")
	for _, rule := range sortedKeys(byRule) {
		fmt.Fprintf(w, "%d\t%.3f\t%s\n", byRule[rule], float64(byRule[rule])/unit, report.Safe(rule))
	}
	fmt.Fprintf(w, "%d\t%.3f\tall, medium or higher\n", len(findings), float64(len(findings))/unit)
	return w.Flush()
}

func (p *program) recall(truthFile, findingsFile string) error {
	text, err := os.ReadFile(truthFile)
	if err != nil {
		return err
	}
	var truth []told
	if err := json.Unmarshal(text, &truth); err != nil {
		return fmt.Errorf("read truth: %w", err)
	}
	findings, err := loud(findingsFile)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, f := range findings {
		for _, r := range f.Records {
			seen[r] = true
		}
	}
	total, found := map[string]int{}, map[string]int{}
	for _, t := range truth {
		total[t.Family]++
		hit := false
		for _, r := range t.Records {
			hit = hit || seen[r]
		}
		if hit {
			found[t.Family]++
		} else {
			fmt.Fprintf(p.err, "missed: %s, %s\n", report.Safe(t.Family), report.Safe(t.Variant))
		}
	}
	all := 0
	for _, family := range sortedKeys(total) {
		fmt.Fprintf(p.out, "%-12s %3d of %3d  %.2f\n", report.Safe(family), found[family], total[family], float64(found[family])/float64(total[family]))
		all += found[family]
	}
	fmt.Fprintf(p.out, "%-12s %3d of %3d  %.2f\n", "all", all, len(truth), float64(all)/float64(max(len(truth), 1)))
	return nil
}
