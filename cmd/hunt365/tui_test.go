package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/tui"
)

// demoCase makes the demo case and returns its folder and what hunt prints.
func demoCase(t *testing.T) (dir string, printed []byte) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "demo")
	var out, errs bytes.Buffer
	if code := Run([]string{"demo", "--keep", dir, "--format", "json"}, strings.NewReader(""), &out, &errs); code != exitFindings {
		t.Fatalf("demo: exit code %d: %s", code, errs.String())
	}
	return dir, out.Bytes()
}

// TestScreenSaysWhatHuntPrints compares what the screen is given with
// `hunt365 hunt --format json`, and the home view's figures with both.
func TestScreenSaysWhatHuntPrints(t *testing.T) {
	dir, printed := demoCase(t)
	var want struct {
		Findings  []hunt.Finding
		Incidents []struct {
			ID    string
			Score int
		}
		Verdicts []hunt.Verdict
		Queries  []struct {
			ID         string
			CannotTell bool
			Findings   int
		}
	}
	if err := json.Unmarshal(printed, &want); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	p := &program{in: strings.NewReader("q\n"), out: &out, err: &out}
	o := tuiOptions{huntOptions: huntOptions{program: p, caseFlag: caseFlag{dir}}, plain: true, fresh: true}
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	if err := o.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	screen := out.String()
	lacks := func(text string) {
		t.Helper()
		if !strings.Contains(screen, text) {
			t.Errorf("home does not say %q", text)
		}
	}
	counts := map[hunt.Judgement]int{}
	for _, v := range want.Verdicts {
		counts[v.Verdict]++
		lacks(strings.ToUpper(string(v.Verdict)) + " " + jsonText(t, v.Score) + " " + string(v.Identity.Type) + " " + v.Identity.ID)
	}
	for _, j := range hunt.Judgements() {
		lacks(jsonText(t, counts[j]) + " " + string(j))
	}
	severities := map[hunt.Severity]int{}
	for _, f := range want.Findings {
		severities[f.Severity]++
	}
	for s := hunt.Informational; s <= hunt.Critical; s++ {
		lacks(s.String() + " " + jsonText(t, severities[s]))
	}
	for _, i := range want.Incidents {
		lacks(i.ID + " score " + jsonText(t, i.Score))
	}
	lacks(jsonText(t, len(want.Queries)) + " queries, " + jsonText(t, len(want.Findings)) + " findings")
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestScreenFixture checks that the answers on which tui's own tests rest can
// still be had, and rewrites them with -update.
func TestScreenFixture(t *testing.T) {
	if !*updateScripts {
		t.Skip("writes tui/testdata/demo.json, with -update only")
	}
	const folder = "../../tui/testdata"
	dir, _ := demoCase(t)
	c, err := openScreenCase(&huntOptions{program: &program{in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{}}}, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var asks struct{ Texts, Records, Entities []string }
	if data, err := os.ReadFile(filepath.Join(folder, "asks.json")); err == nil {
		if err := json.Unmarshal(data, &asks); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := c.Investigate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fixture := map[string]any{"answer": answer, "results": heldResults(t, c, asks.Texts)}
	records, timelines := map[string]*tui.Record{}, map[string][]hunt.Event{}
	for _, id := range asks.Records {
		if records[id], err = c.Record(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range asks.Entities {
		if timelines[e], err = c.Timeline(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	fixture["records"], fixture["timelines"] = records, timelines
	data, err := json.Marshal(fixture)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "demo.json"), append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func heldResults(t *testing.T, c *screenCase, texts []string) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, text := range texts {
		kept, err := c.Keep(t.Context(), text)
		if err != nil {
			t.Logf("left out: %s: %v", text, err)
			continue
		}
		rows, err := kept.Window(t.Context(), 0, int(kept.Len()))
		if err != nil {
			t.Fatal(err)
		}
		names, types := []string{}, []string{}
		for _, col := range kept.Columns() {
			names, types = append(names, col.Name), append(types, col.Type.String())
		}
		out[text] = map[string]any{"names": names, "types": types, "cells": rows}
		if err := kept.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
