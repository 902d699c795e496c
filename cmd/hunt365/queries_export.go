package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/schema"
)

// exportOptions are the options of `hunt365 queries export`.
type exportOptions struct {
	*queriesOptions
	sentinel     bool
	format, into string
}

func newQueriesExport(q *queriesOptions) *cobra.Command {
	o := &exportOptions{queriesOptions: q}
	cmd := &cobra.Command{
		Use:   "export --sentinel [ID...]",
		Short: "Write queries as Microsoft Sentinel analytic rules",
		Long: `Export writes each query as a scheduled analytic rule of Microsoft Sentinel, as
YAML or as one ARM template. A query that reads a table or column which only
hunt365 has, or a built-in list that the workspace lacks, says so in its
description and is written disabled. Rules look back 14 days, the most that Sentinel allows.`,
		Example:           "  hunt365 queries export --sentinel -o rules\n  hunt365 queries export --sentinel --format arm password-spray > rule.json",
		ValidArgsFunction: q.completeIDs,
		RunE:              func(_ *cobra.Command, args []string) error { return o.run(args) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.sentinel, "sentinel", false, "as Sentinel rules, the only form so far")
	f.StringVar(&o.format, "format", "yaml", "yaml or arm")
	f.StringVarP(&o.into, "output", "o", "", "folder for one file a rule (default: standard output)")
	complete(cmd, "format", "yaml", "arm")
	return cmd
}

func (o *exportOptions) run(ids []string) error {
	if !o.sentinel || (o.format != "yaml" && o.format != "arm") {
		return hint(errors.New("export as what?"), "hunt365 queries export --sentinel --format yaml or arm")
	}
	list, _, err := loadQueries(o.folder)
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		var chosen []*hunt.Query
		for _, id := range ids {
			q, err := findQuery(list, id)
			if err != nil {
				return err
			}
			chosen = append(chosen, q)
		}
		list = chosen
	}
	if o.into != "" {
		if err := os.MkdirAll(o.into, 0o755); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	if o.format == "arm" {
		return o.write("hunt365.json", armTemplate(list))
	}
	for i, q := range list {
		text, err := yaml.Marshal(sentinelRule(q))
		if err != nil {
			return err
		}
		if o.into == "" && i > 0 {
			text = append([]byte("---\n"), text...)
		}
		if err := o.write(q.ID+".yaml", text); err != nil {
			return err
		}
	}
	return nil
}

func (o *exportOptions) write(name string, text []byte) error {
	if o.into == "" {
		_, err := o.out.Write(text)
		return err
	}
	return os.WriteFile(filepath.Join(o.into, name), text, 0o644)
}

// rule is a scheduled rule in the fields of Sentinel's own rule files.
type rule struct {
	ID          string       `yaml:"id" json:"-"`
	Name        string       `yaml:"name" json:"displayName"`
	Description string       `yaml:"description" json:"description"`
	Enabled     bool         `yaml:"-" json:"enabled"`
	Severity    string       `yaml:"severity" json:"severity"`
	Status      string       `yaml:"status,omitempty" json:"-"`
	Frequency   string       `yaml:"queryFrequency" json:"queryFrequency"`
	Period      string       `yaml:"queryPeriod" json:"queryPeriod"`
	Operator    string       `yaml:"triggerOperator" json:"triggerOperator"`
	Threshold   int          `yaml:"triggerThreshold" json:"triggerThreshold"`
	Tactics     []string     `yaml:"tactics" json:"tactics"`
	Techniques  []string     `yaml:"relevantTechniques" json:"techniques"`
	Query       string       `yaml:"query" json:"query"`
	Entities    []ruleEntity `yaml:"entityMappings" json:"entityMappings"`
	Version     string       `yaml:"version" json:"-"`
	Kind        string       `yaml:"kind" json:"-"`
	Suppression string       `yaml:"-" json:"suppressionDuration"`
	Suppressed  bool         `yaml:"-" json:"suppressionEnabled"`
}

type ruleEntity struct {
	Type   string              `yaml:"entityType" json:"entityType"`
	Fields []map[string]string `yaml:"fieldMappings" json:"fieldMappings"`
}

// recordID is our name for what Log Analytics calls _ItemId.
var recordID = regexp.MustCompile(`\b_Id\b`)

func sentinelRule(q *hunt.Query) rule {
	needs := lacking(q)
	r := rule{
		ID: stableGUID(q.ID), Name: q.Name, Description: strings.TrimSpace(q.Description), Enabled: len(needs) == 0,
		Severity: sentinelSeverity(q.Level()), Frequency: "P1D", Period: "P14D", Operator: "GreaterThan",
		Tactics: q.Tactics, Techniques: q.Techniques, Query: recordID.ReplaceAllString(q.Text, "_ItemId"), Entities: []ruleEntity{},
		Version: fmt.Sprintf("%d.0.0", q.Version), Kind: "Scheduled", Suppression: "PT5H",
	}
	if len(needs) > 0 {
		r.Description += " Disabled: a workspace does not have " + strings.Join(needs, ", ") + "."
	}
	for _, m := range q.Entities {
		kind, field := sentinelEntity(hunt.EntityType(m.Type))
		if kind != "" && len(r.Entities) < 5 { // Sentinel takes five
			r.Entities = append(r.Entities, ruleEntity{kind, []map[string]string{{"identifier": field, "columnName": m.Column}}})
		}
	}
	return r
}

// lacking names what a query reads that a Sentinel workspace does not have.
func lacking(q *hunt.Query) (out []string) {
	seen := map[string]bool{}
	words := strings.FieldsFunc(q.Text, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	for _, name := range q.Tables {
		t, ok := schema.Lookup(name)
		if !ok {
			continue
		}
		if t.Ours {
			seen["table "+name] = true
			continue
		}
		for _, w := range words {
			if c, ok := t.Column(w); ok && c.Ours && w != "_Id" {
				seen["column "+w] = true
			}
		}
	}
	for _, m := range listOf.FindAllStringSubmatch(q.Text, -1) {
		seen["watchlist "+m[1]] = true
	}
	return sortedKeys(seen)
}

func sentinelSeverity(s hunt.Severity) string {
	switch {
	case s >= hunt.High:
		return "High"
	case s == hunt.Medium:
		return "Medium"
	case s == hunt.Low:
		return "Low"
	}
	return "Informational"
}

func sentinelEntity(t hunt.EntityType) (kind, field string) {
	switch t {
	case hunt.Account:
		return "Account", "FullName"
	case hunt.Mailbox:
		return "Mailbox", "MailboxPrimaryAddress"
	case hunt.App, hunt.ServicePrincipal:
		return "CloudApplication", "Name"
	case hunt.IP:
		return "IP", "Address"
	case hunt.Domain:
		return "DNS", "DomainName"
	case hunt.Host:
		return "Host", "FullName"
	case hunt.File:
		return "File", "Name"
	case hunt.URL:
		return "URL", "Url"
	}
	return "", ""
}

// stableGUID makes the same GUID for the same query everywhere.
func stableGUID(id string) string {
	h := sha256.Sum256([]byte("hunt365 " + id))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// armTemplate deploys the rules into the workspace that its parameter names.
func armTemplate(list []*hunt.Query) []byte {
	resources := []map[string]any{}
	for _, q := range list {
		resources = append(resources, map[string]any{
			"type": "Microsoft.OperationalInsights/workspaces/providers/alertRules", "apiVersion": "2023-02-01", "kind": "Scheduled",
			"name":       "[concat(parameters('workspace'), '/Microsoft.SecurityInsights/" + stableGUID(q.ID) + "')]",
			"properties": sentinelRule(q),
		})
	}
	text, _ := json.MarshalIndent(map[string]any{ // of strings and numbers only
		"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
		"parameters": map[string]any{"workspace": map[string]string{"type": "String"}},
		"resources":  resources,
	}, "", "  ")
	return append(text, '\n')
}
