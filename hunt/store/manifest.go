package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hunt365/hunt365/hunt"
)

// Entry is one line of the manifest: a segment of evidence, or a statement
// about what was and was not collected.
type Entry struct {
	Kind     string         `json:"kind"` // segment or coverage
	File     string         `json:"file,omitempty"`
	SHA256   string         `json:"sha256,omitempty"`
	Bytes    int64          `json:"bytes,omitempty"`
	Records  int64          `json:"records,omitempty"`
	Longest  int64          `json:"longest,omitempty"` // bytes of the longest line
	Source   string         `json:"source,omitempty"`
	Format   string         `json:"format,omitempty"`
	Scope    string         `json:"scope,omitempty"` // record ids are unique within it
	First    Ticks          `json:"first,omitzero"`
	Last     Ticks          `json:"last,omitzero"`
	Coverage *hunt.Coverage `json:"coverage,omitempty"`
	Received Ticks          `json:"received"`
	Tool     string         `json:"tool"`
	Prev     string         `json:"prev"` // SHA-256 of the line before, empty on the first
}

const (
	kindSegment  = "segment"
	kindCoverage = "coverage"
)

// manifest is the append-only list of evidence.
type manifest struct {
	path    string
	entries []Entry
	head    string          // SHA-256 of the last line
	heads   map[string]bool // of every line, and of none
	lines   int
	size    int64 // bytes of the whole lines
	torn    bool  // a line without its end follows: a crash came before the acknowledgement
}

// chainError says where the manifest is not what was written.
type chainError struct {
	line int
	what string
}

func (e *chainError) Error() string { return fmt.Sprintf("manifest line %d: %s", e.line, e.what) }

func readManifest(path string) (*manifest, error) {
	return scanManifest(path, func(err error) error { return err })
}

// scanManifest reads the manifest and asks fault about each line that is not
// what was written; where fault returns nil it goes on as well as it can.
func scanManifest(path string, fault func(error) error) (*manifest, error) {
	m := &manifest{path: path, heads: map[string]bool{"": true}}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	for len(data) > 0 {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			m.torn = true
			break
		}
		if err := m.take(line); err != nil {
			if err := fault(err); err != nil {
				return nil, err
			}
		}
		m.head = hashLine(line)
		m.heads[m.head] = true
		m.lines++
		m.size += int64(len(line)) + 1
		data = rest
	}
	return m, nil
}

func (m *manifest) take(line []byte) error {
	var e Entry
	n := m.lines + 1
	if err := json.Unmarshal(line, &e); err != nil {
		return &chainError{n, err.Error()}
	}
	if e.Kind == kindSegment && !filepath.IsLocal(filepath.FromSlash(e.File)) {
		return &chainError{n, fmt.Sprintf("file %q is outside the evidence", e.File)}
	}
	m.entries = append(m.entries, e)
	if e.Prev != m.head {
		return &chainError{n, "does not follow from the line before it: a line was altered, removed or added"}
	}
	return nil
}

func hashLine(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// append adds e durably.
func (m *manifest) append(e Entry) error {
	e.Prev = m.head
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(m.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	// Writing at the known end drops a torn line that a crash left.
	_, err = f.WriteAt(append(line, '\n'), m.size)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("append to manifest: %w", err)
	}
	if m.lines == 0 {
		if err := syncDir(filepath.Dir(m.path)); err != nil {
			return err
		}
	}
	m.entries = append(m.entries, e)
	m.head = hashLine(line)
	m.heads[m.head] = true
	m.lines++
	m.size += int64(len(line)) + 1
	return nil
}

// mend cuts off a torn last line.
func (m *manifest) mend() error {
	if !m.torn {
		return nil
	}
	m.torn = false
	return os.Truncate(m.path, m.size)
}

// segments returns the entries that name a file, in order.
func (m *manifest) segments() []Entry {
	var out []Entry
	for _, e := range m.entries {
		if e.Kind == kindSegment {
			out = append(out, e)
		}
	}
	return out
}
