package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/hunt365/hunt365/hunt/ingest"
)

// rejects appends to a case's rejects.ndjson what it does not hold yet, so that
// importing a file twice leaves it as it was.
type rejects struct {
	path string
	seen map[[sha256.Size]byte]bool
	file *os.File // nil until there is something to write
	out  *bufio.Writer
}

func openRejects(path string) (*rejects, error) {
	r := &rejects{path: path, seen: map[[sha256.Size]byte]bool{}}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read rejects: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		r.seen[sha256.Sum256(lines.Bytes())] = true
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read rejects: %w", err)
	}
	return r, nil
}

func (r *rejects) add(reject ingest.Reject) error {
	line, err := json.Marshal(reject)
	if err != nil {
		return fmt.Errorf("write rejects: %w", err)
	}
	sum := sha256.Sum256(line)
	if r.seen[sum] {
		return nil
	}
	r.seen[sum] = true
	if r.file == nil {
		if r.file, err = os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
			return fmt.Errorf("write rejects: %w", err)
		}
		r.out = bufio.NewWriter(r.file)
	}
	_, err = r.out.Write(append(line, '\n'))
	return err
}

func (r *rejects) close() error {
	if r.file == nil {
		return nil
	}
	return errors.Join(r.out.Flush(), r.file.Close())
}
