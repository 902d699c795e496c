package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"
)

// catalogueFile tells of each known public detection what became of it: entry,
// state, and queries or reason.
const catalogueFile = "catalogue.csv"

func newQueriesCatalogue(o *queriesOptions) *cobra.Command {
	return &cobra.Command{
		Use: "catalogue", Short: "Print, as Markdown, which public detections are shipped, later or out of scope", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := o.catalogue()
			if err == nil {
				_, err = fmt.Fprint(o.out, text)
			}
			return err
		},
	}
}

// catalogueParts names the families of entries by their prefix.
var catalogueParts = []struct{ prefix, title string }{
	{"tf-", "Token forgery, federation trust, sessions"},
	{"oa-", "Applications and service principals"},
	{"mb-", "Mailboxes"},
	{"si-", "Sign-ins"},
	{"pp-", "Persistence and privilege"},
	{"hc-", "Health checks"},
}

// catalogue writes the table; a shipped entry must name queries that exist.
func (o *queriesOptions) catalogue() (string, error) {
	list, content, err := loadQueries(o.folder)
	if err != nil {
		return "", err
	}
	raw, err := fs.ReadFile(content, catalogueFile)
	if err != nil {
		return "", fmt.Errorf("read catalogue: %w", err)
	}
	all, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return "", fmt.Errorf("read catalogue: %w", err)
	}
	counts := map[string]int{}
	var body strings.Builder
	for _, part := range catalogueParts {
		fmt.Fprintf(&body, "\n## %s\n\n| entry | state | queries or reason |\n|---|---|---|\n", part.title)
		for _, r := range all[1:] {
			if !strings.HasPrefix(r[0], part.prefix) {
				continue
			}
			counts[r[1]]++
			said := r[2]
			if r[1] == "shipped" {
				var links []string
				for _, id := range strings.Fields(said) {
					if _, err := findQuery(list, id); err != nil {
						return "", fmt.Errorf("catalogue: %s: %w", r[0], err)
					}
					links = append(links, "["+id+"]("+id+"/query.yaml)")
				}
				said = strings.Join(links, ", ")
			}
			fmt.Fprintf(&body, "| %s | %s | %s |\n", r[0], r[1], said)
		}
	}
	return fmt.Sprintf("# Catalogue\n\nWhat became of each of %d public detections: %d shipped, %d later, %d out of scope. Made by `hunt365 queries catalogue` from `catalogue.csv`.\n",
		len(all)-1, counts["shipped"], counts["later"], counts["out of scope"]) + body.String(), nil
}
