package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Problem is one thing about the evidence that is not as it was written.
type Problem struct {
	Kind   string `json:"kind"` // altered, missing, extra, chain, count
	File   string `json:"file"`
	Detail string `json:"detail"`
}

// Error says it in a line.
func (p Problem) Error() string { return p.Kind + " " + p.File + ": " + p.Detail }

// verification gathers what Verify finds.
type verification struct {
	problems []Problem
}

const manifestName = "manifest.ndjson"

// Verify reads all evidence of the case in dir and compares it with the
// manifest. It needs no lock and changes nothing. The error is about reading,
// not about what was found.
func Verify(ctx context.Context, dir string) ([]Problem, error) {
	var v verification
	evidence := filepath.Join(dir, "evidence")
	if !exists(filepath.Join(dir, "case.json")) {
		return nil, fmt.Errorf("verify %q: %w", dir, ErrNoCase)
	}
	m, err := scanManifest(filepath.Join(evidence, manifestName), func(err error) error {
		v.add("chain", manifestName, err.Error())
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("verify %q: %w", dir, err)
	}
	if m.torn {
		v.add("chain", manifestName, "the last line is cut off; the next import removes it")
	}
	for _, e := range m.segments() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := v.segment(evidence, e); err != nil {
			return nil, fmt.Errorf("verify %s: %w", e.File, err)
		}
	}
	extra, err := unlisted(evidence, m.segments())
	for _, name := range extra {
		detail := "no manifest line names it"
		if isTemporary(name) {
			detail = "an import that is running or was cut off left it"
		}
		v.add("extra", name, detail)
	}
	return v.problems, err
}

func (v *verification) add(kind, file, detail string) {
	v.problems = append(v.problems, Problem{kind, file, detail})
}

// segment checks one file: its bytes, and if they are right what they hold.
func (v *verification) segment(evidence string, e Entry) error {
	f, err := os.Open(filepath.Join(evidence, filepath.FromSlash(e.File)))
	if errors.Is(err, fs.ErrNotExist) {
		v.add("missing", e.File, fmt.Sprintf("%d records from %s are gone", e.Records, e.Source))
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	var lines int64
	err = eachLine(io.TeeReader(f, sum), func(line []byte) error {
		lines++
		if !bytes.HasPrefix(line, fmt.Appendf(nil, `{"n":%d,`, lines)) {
			return fmt.Errorf("line %d is not record %d", lines, lines)
		}
		return nil
	})
	broken := err
	if _, err := io.Copy(sum, f); err != nil { // what the decoder did not need
		return err
	}
	switch {
	case hex.EncodeToString(sum.Sum(nil)) != e.SHA256:
		v.add("altered", e.File, fmt.Sprintf("its SHA-256 is not %s", e.SHA256))
	case broken != nil:
		v.add("count", e.File, broken.Error())
	case lines != e.Records:
		v.add("count", e.File, fmt.Sprintf("it holds %d records, the manifest says %d", lines, e.Records))
	}
	return nil
}
