package ingest

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"sort"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// magic are the first bytes of files that are not text.
var magic = []struct{ prefix, name string }{
	{"PK\x03\x04", "zip"},
	{"PK\x05\x06", "zip"},
	{"\x1f\x8b", "gzip"},
	{"\x28\xb5\x2f\xfd", "zstd"},
	{"\x89PNG", "a PNG image"},
	{"\xff\xd8\xff", "a JPEG image"},
	{"GIF8", "a GIF image"},
	{"%PDF", "a PDF document"},
	{"ElfFile\x00", "a Windows event log in binary form (export it as JSON, for example with Get-WinEvent or evtx_dump)"},
	{"SQLite format 3", "an SQLite database"},
	{"PAR1", "a Parquet file"},
	{"\x7fELF", "a program"},
	{"MZ", "a Windows program"},
	{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive (unpack it first)"},
	{"Rar!", "a RAR archive (unpack it first)"},
	{"BZh", "a bzip2 file (unpack it first)"},
	{"\xfd7zXZ", "an xz file (unpack it first)"},
	{"!BDN", "an Outlook data file"},
	{"\xd0\xcf\x11\xe0", "an old Office document (save it as CSV)"},
	{"<?xml", "XML (export it as JSON or CSV)"},
	{"<!DOCTYPE", "HTML"},
	{"<html", "HTML"},
}

// sniff names what is not text; it returns "" for text.
func sniff(head []byte) string {
	for _, m := range magic {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return m.name
		}
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return "a tar archive (unpack it first)"
	}
	return ""
}

// meter refuses streams that unpack to more than an honest one would.
type meter struct {
	r        io.Reader
	packed   func() int64
	out      int64
	ratio    int64
	maxTotal int64
	total    *int64 // across the members of an archive
}

// bombFloor is how much may unpack before its ratio is looked at.
const bombFloor = 64 << 20

var errBomb = errors.New("unpacks to far more than an audit export would (a zip bomb?): refused")

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.out += int64(n)
	*m.total += int64(n)
	if *m.total > m.maxTotal || m.out > bombFloor && m.out/m.ratio > m.packed() {
		return 0, errBomb
	}
	return n, err
}

// countReader counts what is read through it. Decoders read ahead in a
// goroutine of their own.
type countReader struct {
	r io.Reader
	n atomic.Int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func (w *walker) compressed(name string, r io.Reader, depth int, kind string) error {
	if depth >= 3 {
		return w.fail(name, errors.New("archives are nested too deep"))
	}
	src := &countReader{r: r}
	var plain io.Reader
	if kind == "gzip" {
		z, err := gzip.NewReader(src)
		if err != nil {
			return w.fail(name, fmt.Errorf("gzip: %w", err))
		}
		plain = z
	} else {
		z, err := zstd.NewReader(src, zstd.WithDecoderMaxMemory(256<<20), zstd.WithDecoderConcurrency(2))
		if err != nil {
			return w.fail(name, fmt.Errorf("zstd: %w", err))
		}
		defer z.Close()
		plain = z
	}
	var total int64
	m := &meter{r: plain, packed: src.n.Load, ratio: w.opts.MaxRatio, maxTotal: w.opts.MaxTotal, total: &total}
	return w.stream(name, m, depth+1, nil)
}

// archive reads the members of a zip, sorted by name.
func (w *walker) archive(name string, r io.Reader, depth int, at *sized) error {
	if depth >= 2 {
		return w.fail(name, errors.New("archives are nested too deep"))
	}
	if at == nil {
		spooled, done, err := w.spool(r)
		if err != nil {
			return w.failOrStop(name, err)
		}
		defer done()
		at = spooled
	}
	z, err := zip.NewReader(at.at, at.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return w.fail(name, fmt.Errorf("zip: %w", err))
	}
	for _, f := range z.File {
		if f.Name == "[Content_Types].xml" {
			w.opts.OnFile(File{Name: name, State: Unknown, Err: errors.New("an Office document (save it as CSV), not an audit export")})
			return nil
		}
	}
	files := z.File
	sort.SliceStable(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	var total int64
	for _, f := range files {
		if err := w.ctx.Err(); err != nil {
			return &stopError{err}
		}
		if f.FileInfo().IsDir() {
			continue
		}
		if err := w.zipped(name+"!"+f.Name, f, depth, &total); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) zipped(name string, f *zip.File, depth int, total *int64) error {
	switch {
	case unsafePath(f.Name):
		return w.fail(name, errors.New("path leads out of the archive: refused"))
	case !f.Mode().IsRegular():
		return w.skip(name, "not a regular file inside the archive")
	case f.Flags&1 != 0:
		return w.fail(name, errors.New("encrypted: unpack it with its password first"))
	}
	r, err := f.Open()
	if err != nil {
		return w.fail(name, fmt.Errorf("zip: %w", err))
	}
	defer r.Close()
	packed := int64(f.CompressedSize64)
	m := &meter{r: r, packed: func() int64 { return packed }, ratio: w.opts.MaxRatio, maxTotal: w.opts.MaxTotal, total: total}
	return w.stream(name, m, depth+1, nil)
}

func unsafePath(p string) bool {
	p = strings.ReplaceAll(p, `\`, "/")
	if path.IsAbs(p) || len(p) > 1 && p[1] == ':' {
		return true
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// spool puts a zip that came from a pipe or another zip into a temporary file.
func (w *walker) spool(r io.Reader) (*sized, func(), error) {
	f, err := os.CreateTemp(w.opts.TempDir, "hunt365-*.zip")
	if err != nil {
		return nil, nil, fmt.Errorf("unpack inner archive: %w", err)
	}
	done := func() {
		_ = f.Close() // a temporary file: losing it loses nothing
		_ = os.Remove(f.Name())
	}
	const limit = 8 << 30
	n, err := io.Copy(f, io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = errBomb
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return &sized{f, n}, done, nil
}

func (w *walker) failOrStop(name string, err error) error {
	if stop := (*stopError)(nil); errors.As(err, &stop) {
		return err
	}
	return w.fail(name, err)
}
