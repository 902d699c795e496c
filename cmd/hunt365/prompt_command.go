package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/report"
	"github.com/hunt365/hunt365/hunt/schema"
)

// promptCommands are the words that are no KQL.
var promptCommands = []string{".exit", ".format", ".help", ".quit", ".schema", ".tables"}

// promptFormats are the formats that a terminal can show.
var promptFormats = []string{"csv", "json", "jsonl", "table"}

// command obeys a line that begins with a dot.
func (p *prompt) command(ctx context.Context, words []string) error {
	argument := strings.TrimSuffix(strings.Join(words[1:], " "), ";")
	switch name := strings.TrimSuffix(words[0], ";"); name {
	case ".quit", ".exit":
		return errLeft
	case ".help":
		fmt.Fprint(p.err, promptHelp)
	case ".tables":
		p.say(p.tables(ctx, argument == "all"))
	case ".schema":
		if argument == "" {
			argument = "of what?"
		}
		p.say(p.describeTable(argument))
	case ".format":
		p.say(p.setFormat(argument))
	default:
		near := kql.Nearest(name, promptCommands)
		if near == "" {
			near = ".help"
		}
		p.say(hint(fmt.Errorf("no command %s", name), "try %s", near))
	}
	return nil
}

// say prints what went wrong, if anything did.
func (p *prompt) say(err error) {
	if err != nil {
		p.exit(err)
	}
}

func (p *prompt) setFormat(name string) error {
	if _, err := report.FindRowFormat(name); err != nil {
		return err
	}
	if name == "parquet" {
		return errors.New("parquet is binary; a terminal cannot show it")
	}
	p.format = name
	return nil
}

// tables lists the tables that hold records, or all of them.
func (p *prompt) tables(ctx context.Context, all bool) error {
	filled, err := p.eng.store.Filled(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	empty := 0
	for _, t := range schema.Tables() {
		if !filled[t.Name] && !all {
			empty++
			continue
		}
		fmt.Fprintf(w, "%s\t%d columns\t%s\n", t.Name, len(t.Columns), t.Doc)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if empty > 0 {
		fmt.Fprintf(p.err, "%d more hold nothing: .tables all\n", empty)
	}
	return nil
}

// complete lists what may replace the word before the cursor, which is counted in
// characters.
func (p *prompt) complete(line string, cursor int) (head string, words []string, tail string) {
	runes := []rune(line)
	before, tail := string(runes[:cursor]), string(runes[cursor:])
	if strings.TrimSpace(before) == "" && len(p.lines) > 0 {
		return before, nil, tail // indentation, most likely of a text that is pasted
	}
	if len(p.lines) == 0 && strings.HasPrefix(before, ".") {
		head, words = completeCommand(before)
		return head, words, tail
	}
	text := strings.Join(append(p.lines[:len(p.lines):len(p.lines)], before), "\n")
	start := len(before) - (len(text) - kql.WordStart(text, len(text)))
	for _, c := range kql.Complete(text, len(text), p.eng.env(context.Background(), p.clock.Now())) {
		words = append(words, c.Text)
	}
	return before[:start], oneSpelling(before[start:], words), tail
}

func completeCommand(before string) (head string, words []string) {
	choices := promptCommands
	word := before
	if command, rest, ok := strings.Cut(before, " "); ok {
		word = rest
		switch command {
		case ".schema":
			choices = schema.TableNames()
		case ".format":
			choices = promptFormats
		case ".tables":
			choices = []string{"all"}
		default:
			return before, nil
		}
	}
	for _, c := range choices {
		if strings.HasPrefix(strings.ToLower(c), strings.ToLower(word)) {
			words = append(words, c)
		}
	}
	return before[:len(before)-len(word)], words
}

// oneSpelling keeps the words that begin as the typed one does, or else as the
// best candidate: the line editor puts what all have in common in the place of
// what was typed, and SigninLogs and sign have nothing.
func oneSpelling(typed string, words []string) []string {
	if typed == "" {
		return words
	}
	keep := func(prefix string) (out []string) {
		for _, w := range words {
			if strings.HasPrefix(w, prefix) {
				out = append(out, w)
			}
		}
		return out
	}
	if same := keep(typed); len(same) > 0 || len(words) == 0 {
		return same
	}
	n := min(utf8.RuneCountInString(typed), utf8.RuneCountInString(words[0]))
	return keep(string([]rune(words[0])[:n]))
}
