package main

import (
	"fmt"
	"io"
	"os"

	"github.com/hunt365/hunt365/hunt/kql"
)

// readFile returns the text of a file, or of standard input for "-".
func (p *program) readFile(name string) (string, error) {
	if name == "-" {
		text, err := io.ReadAll(p.in)
		if err != nil {
			return "", fmt.Errorf("read standard input: %w", err)
		}
		return string(text), nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("read query: %w", err)
	}
	return string(text), nil
}

// badQuery shows where a query text is wrong and fails.
func (p *program) badQuery(name, src string, err error) error {
	if name == "-" {
		name = "stdin"
	}
	fmt.Fprint(p.err, kql.FormatError(name, src, err))
	return exitError(exitFailed)
}
