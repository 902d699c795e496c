package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hunt365/hunt365/hunt"
)

// Raw returns one record as it came, by its place in the evidence: the file of a
// segment and the number of the record in it, from 1.
func (c *Case) Raw(ctx context.Context, file string, record int64) ([]byte, error) {
	if !filepath.IsLocal(file) {
		return nil, fmt.Errorf("read evidence: %q is not a file of the case", file)
	}
	f, err := os.Open(c.path("evidence", filepath.FromSlash(file)))
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	defer f.Close()
	var n int64
	var raw []byte
	found := errors.New("found")
	err = eachLine(f, func(line []byte) error {
		if n++; n < record {
			return ctx.Err()
		}
		var envelope struct {
			R json.RawMessage `json:"r"`
		}
		if err := json.Unmarshal(line, &envelope); err != nil {
			return err
		}
		raw = envelope.R
		return found
	})
	switch {
	case ctx.Err() != nil:
		return nil, &hunt.EngineError{Outcome: hunt.Cancelled, Err: ctx.Err()}
	case errors.Is(err, found):
		return raw, nil
	case err != nil:
		return nil, fmt.Errorf("read evidence %s: %w", file, err)
	}
	return nil, fmt.Errorf("read evidence %s: it has %d records, not %d", file, n, record)
}
