package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// applySettings gives flags that were not named their value from the environment
// (HUNT365_NAME) or, behind it, from the user's configuration file.
func applySettings(cmd *cobra.Command) error {
	file, name, err := readSettings()
	if err != nil {
		return err
	}
	if err := knownSettings(cmd.Root(), file, name); err != nil {
		return err
	}
	var problem error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || problem != nil {
			return
		}
		variable := "HUNT365_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, from := os.Getenv(variable), variable
		if value == "" {
			value, from = file[f.Name], name
		}
		if value == "" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			problem = fmt.Errorf("%s: %s: %w", from, f.Name, err)
		}
	})
	return problem
}

// knownSettings refuses a setting that no command has: it would be a typing
// error without effect, or a secret in the wrong place.
func knownSettings(root *cobra.Command, file map[string]string, name string) error {
	for _, setting := range sortedKeys(file) {
		known := slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Flags().Lookup(setting) != nil })
		switch {
		case strings.Contains(setting, "secret") && !known, strings.Contains(setting, "password"):
			return hint(fmt.Errorf("%s: secrets are not kept in settings", name), "set HUNT365_CLIENT_SECRET or HUNT365_CERTIFICATE_PASSWORD, or name a file with client-secret-file")
		case !known:
			return hint(fmt.Errorf("%s: no command has an option %q", name, setting), "see hunt365 collect --help for their names")
		}
	}
	return nil
}

// readSettings reads hunt365/config.yaml: option names and their values.
func readSettings() (map[string]string, string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return nil, "", nil //nolint:nilerr // without a home there is no file
	}
	name := filepath.Join(dir, "hunt365", "config.yaml")
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, name, nil
	}
	if err != nil {
		return nil, name, fmt.Errorf("read settings: %w", err)
	}
	settings := map[string]string{}
	if err := yaml.Unmarshal(data, &settings); err != nil {
		return nil, name, fmt.Errorf("read settings %s: %w", name, err)
	}
	return settings, name, nil
}

// sinceFlag reads 90d, 12h or a date.
type sinceFlag struct {
	ago time.Duration
	at  time.Time
}

// String prints the value as it can be read again.
func (s *sinceFlag) String() string {
	switch {
	case !s.at.IsZero():
		return s.at.Format(time.RFC3339)
	case s.ago%(24*time.Hour) == 0 && s.ago > 0:
		return fmt.Sprintf("%dd", s.ago/(24*time.Hour))
	case s.ago > 0:
		return s.ago.String()
	}
	return ""
}

// Type names the flag's kind in the help.
func (s *sinceFlag) Type() string { return "time" }

// Set reads a value.
func (s *sinceFlag) Set(text string) error {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			*s = sinceFlag{at: at.UTC()}
			return nil
		}
	}
	var days int
	if rest, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := fmt.Sscanf(rest+" ", "%d ", &days); err == nil && n == 1 && days > 0 {
			*s = sinceFlag{ago: time.Duration(days) * 24 * time.Hour}
			return nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		*s = sinceFlag{ago: d}
		return nil
	}
	return fmt.Errorf("%q is not a time such as 90d, 12h or 2026-09-01", text)
}

// start is the moment that the value means.
func (s *sinceFlag) start(now time.Time) time.Time {
	if !s.at.IsZero() {
		return s.at
	}
	return now.Add(-s.ago)
}
