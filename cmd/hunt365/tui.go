package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/tui"
)

// tuiOptions are the options of `hunt365 tui`.
type tuiOptions struct {
	huntOptions
	plain, fresh, watch bool
	every               time.Duration
}

func newTUI(p *program) *cobra.Command {
	o := &tuiOptions{huntOptions: huntOptions{program: p}}
	cmd := &cobra.Command{
		Use:   "tui [--case DIR]",
		Short: "Hunt on a screen: verdicts, incidents, findings, records, KQL",
		Long: `Tui shows a case on the terminal: who is compromised and why, each incident's
story, every finding with its records, and all tables to filter, count, query and
export. Without a case it offers to open, import or make one. Press ? for keys.

What it shows, the other commands print in the same words. It changes nothing in
a case but labels, and imports when told to. With --watch it looks for new
evidence and hunts again; the case is closed in between, so that hunt365 import
can add to it.

NO_COLOR turns colours off. --plain reads each view out as numbered lines, for
screen readers.`,
		Example: "  hunt365 tui --case acme\n  hunt365 tui --case acme --watch\n  hunt365 tui --case acme --plain",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.registerCase(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.plain, "plain", false, "numbered lines instead of a screen, for screen readers")
	f.BoolVar(&o.watch, "watch", false, "hunt again when evidence arrives")
	f.DurationVar(&o.every, "every", 2*time.Second, "how often --watch looks")
	f.BoolVar(&o.fresh, "fresh", false, "start at home, not where the last session ended")
	return cmd
}

func (o *tuiOptions) run(ctx context.Context) error {
	if !o.plain && (!isTerminal(o.in) || !isTerminal(o.out)) {
		return hint(errors.New("tui wants a terminal"), "hunt365 hunt prints the same; --plain reads lines from standard input")
	}
	if o.dir == "" && isCase(".") {
		o.dir = "."
	}
	s := &starter{tuiOptions: o}
	defer s.remove()
	opts := tui.Options{Starter: s, Dir: o.dir, Colour: os.Getenv("NO_COLOR") == "", Fresh: o.fresh}
	if o.watch {
		opts.Watch = max(o.every, 100*time.Millisecond)
	}
	if o.plain {
		return tui.RunPlain(ctx, opts, o.in, o.out)
	}
	return tui.Run(ctx, opts, o.in, o.out)
}

// starter opens and makes cases for the screen.
type starter struct {
	*tuiOptions
	mu    sync.Mutex
	demos []string // folders to remove at the end
}

func (s *starter) remove() {
	for _, dir := range s.demos {
		_ = os.RemoveAll(dir) // what is left over is in the folder for temporary files
	}
}

// Cases lists the cases in the current folder.
func (s *starter) Cases() []string { return casesIn(".") }

// Open opens the case in dir.
func (s *starter) Open(_ context.Context, dir string) (tui.Case, error) {
	whole, err := filepath.Abs(dir) // so that the session finds it from anywhere
	if err != nil {
		return nil, fmt.Errorf("open case: %w", err)
	}
	c, err := openScreenCase(&s.huntOptions, whole, s.watch)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// quiet is the program with its words kept instead of printed: the screen is in
// use.
func (s *starter) quiet(said *bytes.Buffer) *program {
	return &program{in: strings.NewReader(""), out: said, err: said, fake: s.fake}
}

// Import takes files into the case in dir and says what came of it.
func (s *starter) Import(ctx context.Context, dir string, paths []string) (string, error) {
	var said bytes.Buffer
	o := importOptions{program: s.quiet(&said), caseFlag: caseFlag{dir}, paths: paths}
	err := o.run(ctx)
	var code exitError
	last := lastLine(said.String())
	switch {
	case errors.As(err, &code) && int(code) == exitIncomplete:
		return last, nil
	case errors.As(err, &code):
		return "", fmt.Errorf("nothing could be imported: %s", last)
	}
	return last, err
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// Demo makes the demo case in a folder that goes at the end.
func (s *starter) Demo(ctx context.Context) (string, error) {
	temp, err := os.MkdirTemp("", "hunt365-tui-")
	if err != nil {
		return "", fmt.Errorf("make the demo: %w", err)
	}
	s.mu.Lock()
	s.demos = append(s.demos, temp)
	s.mu.Unlock()
	exports := filepath.Join(temp, "exports")
	if err := os.CopyFS(exports, mustSub(demoFS, "demo")); err != nil {
		return "", fmt.Errorf("make the demo: %w", err)
	}
	dir := filepath.Join(temp, "demo")
	var said bytes.Buffer
	o := demoOptions{program: s.quiet(&said)}
	return dir, o.build(ctx, dir, exports)
}

// Paths completes the start of a file name; folders end with a slash.
func (s *starter) Paths(prefix string) []string {
	dir, start := filepath.Split(prefix)
	entries, err := os.ReadDir(filepath.Clean("./" + dir))
	if filepath.IsAbs(prefix) {
		entries, err = os.ReadDir(filepath.Clean(dir))
	}
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), start) || start == "" && strings.HasPrefix(e.Name(), ".") {
			continue
		}
		name := dir + e.Name()
		if e.IsDir() {
			name += "/"
		}
		out = append(out, name)
	}
	return out
}

// sessionFile is where sessions are kept from one start to the next.
func sessionFile() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the session: %w", err)
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "hunt365", "session.json"), nil
}

// Load reads the session of the last start.
func (s *starter) Load() (tui.Session, error) {
	session := tui.Session{Cases: map[string]tui.Place{}}
	name, err := sessionFile()
	if err != nil {
		return session, err
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return session, nil
	}
	if err != nil {
		return session, fmt.Errorf("read session: %w", err)
	}
	if err := json.Unmarshal(data, &session); err != nil {
		return session, fmt.Errorf("read session: %w", err)
	}
	if !isCase(session.Case) {
		session.Case = ""
	}
	return session, nil
}

// Save writes the session for the next start; cases are named by their whole
// path, and the demo, which goes, is not kept.
func (s *starter) Save(session tui.Session) error {
	for _, dir := range s.demos {
		if strings.HasPrefix(session.Case, dir) {
			return nil
		}
	}
	name, err := sessionFile()
	if err != nil {
		return err
	}
	data, err := json.Marshal(session)
	if err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	return nil
}
