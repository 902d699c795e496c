package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Segments are closed at either size: small enough that a crash costs little
// and that DuckDB reads several at a time, large enough to compress well.
const (
	segmentBytes   = 64 << 20
	segmentRecords = 1 << 16
	blockBytes     = 1 << 20
)

// segment is an evidence file being written. Lines are gathered in blocks and
// compressed beside the goroutine that frames records.
type segment struct {
	path    string // of the final file
	entry   Entry
	raw     int64 // bytes before compression
	block   []byte
	blocks  chan []byte // to the compressor
	spare   chan []byte // and back
	done    chan error
	keys    []key
	counter countHash
	file    *os.File
}

// countHash counts and hashes what is written through it.
type countHash struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (c *countHash) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.sum.Write(p[:n])
	c.n += int64(n)
	return n, err
}

// newSegment starts the evidence file that entry names, under a name that is
// not yet the final one.
func newSegment(evidence string, entry Entry) (*segment, error) {
	s := &segment{path: filepath.Join(evidence, filepath.FromSlash(entry.File)), entry: entry}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(s.path+".tmp", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	s.file = f
	s.counter = countHash{w: f, sum: sha256.New()}
	enc, err := newEncoder(&s.counter)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s.blocks, s.spare, s.done = make(chan []byte, 2), make(chan []byte, 4), make(chan error, 1)
	go s.compress(enc)
	return s, nil
}

func newEncoder(w io.Writer) (*zstd.Encoder, error) {
	return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
}

// compress drains blocks even after an error, so that nobody waits for it.
func (s *segment) compress(enc *zstd.Encoder) {
	var err error
	for b := range s.blocks {
		if err == nil {
			_, err = enc.Write(b)
		}
		select {
		case s.spare <- b[:0]:
		default:
		}
	}
	s.done <- errors.Join(err, enc.Close())
}

func (s *segment) full(records int64) bool {
	return s.raw >= segmentBytes || s.entry.Records >= records
}

// add writes one record's envelope.
func (s *segment) add(r *Record, k key, file []byte) {
	if cap(s.block)-len(s.block) < len(r.Raw)+len(file)+len(r.ID)+128 {
		s.flush(len(r.Raw) + len(file) + len(r.ID) + 128)
	}
	start := len(s.block)
	s.entry.Records++
	s.block = appendEnvelope(s.block, s.entry.Records, r, file)
	s.keys = append(s.keys, k)
	line := int64(len(s.block) - start)
	s.raw += line
	s.entry.Longest = max(s.entry.Longest, line)
	if r.Timed {
		t := Ticks(r.Time)
		if s.entry.First == 0 || t < s.entry.First {
			s.entry.First = t
		}
		s.entry.Last = max(s.entry.Last, t)
	}
}

// flush hands the block to the compressor and takes one with room for need.
func (s *segment) flush(need int) {
	if len(s.block) > 0 {
		s.blocks <- s.block
	}
	s.block = nil
	select {
	case s.block = <-s.spare:
	default:
	}
	if cap(s.block) < need {
		s.block = make([]byte, 0, max(blockBytes, need))
	}
}

// finish makes the file durable, still under its temporary name.
func (s *segment) finish() error {
	s.flush(0)
	close(s.blocks)
	err := errors.Join(<-s.done, s.file.Sync(), s.file.Close())
	s.entry.Bytes = s.counter.n
	s.entry.SHA256 = hex.EncodeToString(s.counter.sum.Sum(nil))
	if err != nil {
		return fmt.Errorf("write segment %s: %w", s.entry.File, err)
	}
	return nil
}

// publish gives the finished file its name.
func (s *segment) publish() error {
	if err := os.Rename(s.path+".tmp", s.path); err != nil {
		return err
	}
	// The folder may be new, and so may those above it.
	dir := filepath.Dir(s.path)
	for range strings.Count(s.entry.File, "/") + 1 {
		if err := syncDir(dir); err != nil {
			return err
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

// abandon drops the file.
func (s *segment) abandon() error {
	close(s.blocks)
	<-s.done //nolint:errcheck // the file goes: how it ended does not matter
	return errors.Join(s.file.Close(), os.Remove(s.path+".tmp"))
}
