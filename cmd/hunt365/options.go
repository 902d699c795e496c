package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// caseFlag is the --case of a command.
type caseFlag struct{ dir string }

func (c *caseFlag) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.dir, "case", "", "folder of the case (default: this folder, if it is a case)")
	_ = cmd.RegisterFlagCompletionFunc("case", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return casesIn("."), cobra.ShellCompDirectiveFilterDirs
	})
}

// find returns the folder of the case: what the user named, or the current
// folder if it is one.
func (c *caseFlag) find() (string, error) {
	if c.dir != "" {
		return c.dir, nil
	}
	if isCase(".") {
		return ".", nil
	}
	err := errors.New("which case?")
	if known := casesIn("."); len(known) > 0 {
		return "", hint(err, "name it with --case; here are: %s", strings.Join(known, ", "))
	}
	return "", hint(err, "name its folder with --case, such as --case acme")
}

func isCase(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "case.json"))
	return err == nil
}

// casesIn lists the folders in dir that are cases.
func casesIn(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && isCase(filepath.Join(dir, e.Name())) {
			out = append(out, e.Name())
		}
	}
	return out
}

// limits bound what one query may use.
type limits struct {
	timeout time.Duration
	maxRows int
	memory  byteSize
	lookups
}

func (l *limits) register(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&l.timeout, "timeout", 0, "longest time for one query, such as 30s (default: none)")
	cmd.Flags().IntVar(&l.maxRows, "max-rows", 0, "most rows of one query; more is an error (default: no limit)")
	cmd.Flags().Var(&l.memory, "memory", "memory for the database, such as 2GB (default: most of the machine's)")
	l.lookups.register(cmd)
}

// byteSize is a flag that reads 500MB or 2GB.
type byteSize int64

// String prints the size in bytes.
func (b *byteSize) String() string {
	if *b == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*b), 10)
}

// Type names the flag's kind in the help.
func (b *byteSize) Type() string { return "size" }

// Set reads a size.
func (b *byteSize) Set(s string) error {
	upper := strings.ToUpper(strings.TrimSpace(s))
	for _, unit := range []struct {
		suffix string
		bytes  float64
	}{{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1}} {
		number, ok := strings.CutSuffix(upper, unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(n*unit.bytes >= 1 && n*unit.bytes < 1<<62) {
			break
		}
		*b = byteSize(n * unit.bytes)
		return nil
	}
	return fmt.Errorf("%q is not a size such as 500MB or 2GB", s)
}

// complete gives a flag's values to the shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
