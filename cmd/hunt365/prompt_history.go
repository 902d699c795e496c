package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/peterh/liner"
)

// historyLines is how many statements are kept.
const historyLines = 1000

// history is the file of what was typed. It belongs to the user, not to a case:
// a case may be handed on.
type history struct{ file *os.File }

// historyPath returns where the file is: the place for state that is not worth a
// backup, as each system has it.
func historyPath() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	var err error
	switch {
	case filepath.IsAbs(dir):
	case runtime.GOOS == "windows", runtime.GOOS == "darwin":
		dir, err = os.UserCacheDir()
	default:
		if dir, err = os.UserHomeDir(); err == nil {
			dir = filepath.Join(dir, ".local", "state")
		}
	}
	return filepath.Join(dir, "hunt365", "history"), err
}

// openHistory gives the line editor what was typed before and keeps what will be.
// A file that cannot be read or written is no reason to answer no queries: then
// nothing is kept.
func openHistory(line *liner.State) *history {
	name, err := historyPath()
	if err != nil || os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return nil
	}
	former := readHistory(name)
	for _, l := range former {
		line.AppendHistory(l)
	}
	if len(former) > historyLines {
		text := strings.Join(former[len(former)-historyLines:], "\n") + "\n"
		if os.WriteFile(name+".tmp", []byte(text), 0o600) == nil {
			_ = os.Rename(name+".tmp", name) // next time, then
		}
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil
	}
	if err := f.Chmod(0o600); err != nil && runtime.GOOS != "windows" {
		_ = f.Close() // nothing was written
		return nil
	}
	return &history{f}
}

func readHistory(name string) []string {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	var out []string
	s := bufio.NewScanner(io.LimitReader(f, 16<<20))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		out = append(out, strings.ToValidUTF8(s.Text(), "?"))
	}
	return out
}

// add keeps a line.
func (h *history) add(line string) {
	if h != nil {
		fmt.Fprintln(h.file, line)
	}
}

func (h *history) close() error {
	if h == nil {
		return nil
	}
	return h.file.Close()
}

// remember keeps a statement as one line, so that it can be called back and run
// again as a whole. Where it may hold a comment, which ends with its line, the
// lines are kept one by one.
func (p *prompt) remember(text string) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if !strings.Contains(text, "//") {
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i])
		}
		lines = []string{strings.Join(lines, " ")}
	}
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			p.line.AppendHistory(l)
			p.past.add(l)
		}
	}
}
