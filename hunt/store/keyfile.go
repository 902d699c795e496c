package store

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// The keys of a segment's records lie beside the evidence, in index/, so that
// opening a case does not read it all: the segment's hash, 16 bytes per
// record, and a checksum. Such a file is derived; a missing or damaged one is
// made again from the segment.

func (c *Case) keyFile(e Entry) string {
	return c.path("index", strings.TrimSuffix(filepath.Base(e.File), ".ndjson.zst")+".keys")
}

func (c *Case) writeKeys(e Entry, keys []key) error {
	sum, err := hex.DecodeString(e.SHA256)
	if err != nil {
		return err
	}
	buf := make([]byte, 0, len(sum)+len(key{})*len(keys)+4)
	buf = append(buf, sum...)
	for _, k := range keys {
		buf = append(buf, k[:]...)
	}
	buf = binary.LittleEndian.AppendUint32(buf, crc32.ChecksumIEEE(buf))
	path := c.keyFile(e)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, buf, 0o600)
}

// loadKeys fills c.keys with the keys of every acknowledged record.
func (c *Case) loadKeys() error {
	if c.keys != nil {
		return nil
	}
	keys := &keySet{}
	for _, e := range c.manifest.segments() {
		list, err := c.readKeys(e)
		if err != nil {
			if list, err = c.keysOf(e); err != nil {
				return fmt.Errorf("%s: %w", e.File, err)
			}
			if err := c.writeKeys(e, list); err != nil {
				return err
			}
		}
		for _, k := range list {
			keys.add(k)
		}
	}
	c.keys = keys
	return nil
}

func (c *Case) readKeys(e Entry) ([]key, error) {
	data, err := os.ReadFile(c.keyFile(e))
	if err != nil {
		return nil, err
	}
	const sum = 32
	if len(data) != sum+int(e.Records)*len(key{})+4 || hex.EncodeToString(data[:sum]) != e.SHA256 {
		return nil, errors.New("keys of another segment")
	}
	body := data[:len(data)-4]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(data[len(body):]) {
		return nil, errors.New("damaged keys")
	}
	keys := make([]key, e.Records)
	for i := range keys {
		copy(keys[i][:], body[sum+i*len(key{}):])
	}
	return keys, nil
}

// keysOf reads the keys from the segment itself.
func (c *Case) keysOf(e Entry) ([]key, error) {
	var keys []key
	var buf []byte
	err := c.eachLine(e, func(line []byte) error {
		var id string
		dec := json.NewDecoder(bytes.NewReader(line))
		for {
			tok, err := dec.Token()
			if err != nil {
				return err
			}
			if tok == "id" {
				if err := dec.Decode(&id); err != nil {
					return err
				}
				break
			}
		}
		var k key
		k, buf = keyOf(buf, e.Scope, id)
		keys = append(keys, k)
		return nil
	})
	return keys, err
}

// eachLine passes every line of a segment to take.
func (c *Case) eachLine(e Entry, take func([]byte) error) error {
	f, err := os.Open(c.path("evidence", filepath.FromSlash(e.File)))
	if err != nil {
		return err
	}
	defer f.Close()
	return eachLine(f, take)
}

func eachLine(r io.Reader, take func([]byte) error) error {
	dec, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return err
	}
	defer dec.Close()
	lines := bufio.NewReaderSize(dec, 1<<20)
	var long []byte
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, line...)
			continue
		}
		if err == io.EOF && len(line)+len(long) == 0 {
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
		if len(long) > 0 {
			line = append(long, line...)
			long = nil
		}
		if err := take(line); err != nil {
			return err
		}
	}
}
