package main

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

func isYAML(ext string) bool { return ext == ".yaml" || ext == ".yml" }

// yamlBlock is the query of a YAML file with what stands around it, so that
// comments and the order of the fields stay as they are.
type yamlBlock struct {
	before, query, after string
	indent               string
}

// with returns the file with another query; without an indent the query is all.
func (b yamlBlock) with(query string) string {
	if b.indent == "" {
		return query
	}
	var out strings.Builder
	for line := range strings.Lines(query) {
		if strings.TrimSpace(line) != "" {
			out.WriteString(b.indent)
		}
		out.WriteString(line)
	}
	return b.before + out.String() + b.after
}

// findYAMLQuery finds the top-level field query, written as a literal block.
func findYAMLQuery(src string) (b yamlBlock, ok bool) {
	var doc yaml.Node
	if yaml.Unmarshal([]byte(src), &doc) != nil || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return b, false
	}
	fields := doc.Content[0].Content
	for i := 0; i+1 < len(fields); i += 2 {
		value := fields[i+1]
		if fields[i].Value != "query" || value.Style&yaml.LiteralStyle == 0 {
			continue
		}
		lines := strings.SplitAfter(src, "\n")
		from, to := value.Line, value.Line // the lines after the one with the |
		for to < len(lines) && (strings.TrimSpace(lines[to]) == "" || strings.HasPrefix(lines[to], " ")) {
			to++
		}
		for to > from && strings.TrimSpace(lines[to-1]) == "" {
			to-- // empty lines at the end are the file's
		}
		for _, l := range lines[from:to] {
			if text := strings.TrimLeft(l, " "); strings.TrimSpace(text) != "" {
				b.indent = l[:len(l)-len(text)]
				break
			}
		}
		b.before, b.after = strings.Join(lines[:from], ""), strings.Join(lines[to:], "")
		b.query = value.Value
		return b, b.indent != ""
	}
	return b, false
}
