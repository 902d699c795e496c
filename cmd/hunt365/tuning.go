package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
)

// tuningFile holds a case's thresholds: query id, then let name and value.
const tuningFile = "tuning.yaml"

// threshold is a scalar let of a query, which a case may set otherwise.
type threshold struct {
	name, value string
	literal     *kql.Literal
}

// thresholds returns a query's scalar lets in order.
func thresholds(text string) ([]threshold, error) {
	script, err := kql.Parse(text)
	if err != nil {
		return nil, err
	}
	var out []threshold
	for _, s := range script.Statements {
		let, ok := s.(*kql.LetStmt)
		if !ok {
			continue
		}
		if l, ok := let.Value.(*kql.Literal); ok {
			out = append(out, threshold{let.Name.Text, text[l.Start:l.End], l})
		}
	}
	return out, nil
}

// tune returns list with the thresholds that the case in dir sets.
func tune(dir string, list []*hunt.Query) ([]*hunt.Query, error) {
	text, err := os.ReadFile(filepath.Join(dir, tuningFile))
	if dir == "" || errors.Is(err, fs.ErrNotExist) {
		return list, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read thresholds: %w", err)
	}
	wanted := map[string]map[string]string{}
	if err := yaml.Unmarshal(text, &wanted); err != nil {
		return nil, hint(fmt.Errorf("read %s: %w", tuningFile, err), "write a query's id, and under it NAME: VALUE")
	}
	list = slices.Clone(list)
	for _, id := range sortedKeys(wanted) {
		q, err := findQuery(list, id)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", tuningFile, err)
		}
		tuned := *q
		for _, name := range sortedKeys(wanted[id]) {
			if tuned.Text, err = setThreshold(tuned.Text, name, wanted[id][name]); err != nil {
				return nil, fmt.Errorf("read %s: query %s: %w", tuningFile, id, err)
			}
		}
		list[slices.Index(list, q)] = &tuned
	}
	return list, nil
}

// setThreshold writes another value of the same type into a text.
func setThreshold(text, name, value string) (string, error) {
	all, err := thresholds(text)
	if err != nil {
		return "", err
	}
	var names []string
	for _, t := range all {
		if t.name != name {
			names = append(names, t.name)
			continue
		}
		given, err := thresholds("let " + name + " = " + value + ";\nprint 1")
		if err != nil || len(given) != 1 || given[0].value != value || given[0].literal.Type != t.literal.Type {
			return "", fmt.Errorf("%s: %q is no %s, such as %s", name, value, t.literal.Type, t.value)
		}
		return text[:t.literal.Start] + value + text[t.literal.End:], nil
	}
	err = fmt.Errorf("no threshold %q", name)
	if near := kql.Nearest(name, names); near != "" {
		return "", hint(err, "did you mean %s?", near)
	}
	return "", hint(err, "hunt365 queries explain shows a query's thresholds")
}
