package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

type walker struct {
	ctx   context.Context
	opts  Options
	take  func(*Record) error
	rec   *recognizer
	trail []os.FileInfo // folders being read, to notice loops of links
	read  int64
}

// stopError carries an error of the caller through the framers, to tell it
// from an error of a file.
type stopError struct{ err error }

func (e *stopError) Error() string { return e.err.Error() }
func (e *stopError) Unwrap() error { return e.err }

func (w *walker) path(p string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if p == "-" {
		return w.stdin()
	}
	info, err := os.Stat(p)
	if err != nil {
		return w.fail(p, err)
	}
	switch {
	case info.IsDir():
		return w.folder(p, info)
	case info.Mode().IsRegular():
		return w.file(p, info)
	case info.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice) != 0:
		return w.pipe(p)
	}
	return w.fail(p, errors.New("not a file or folder"))
}

func (w *walker) stdin() error {
	if w.opts.Stdin == nil {
		return w.fail("-", errors.New("standard input is not available"))
	}
	return w.finish(w.stream("-", w.opts.Stdin, 0, nil))
}

func (w *walker) folder(p string, info os.FileInfo) error {
	for _, up := range w.trail {
		if os.SameFile(up, info) {
			return w.skip(p, "a link back to a folder that contains it: not followed")
		}
	}
	entries, err := os.ReadDir(p) // sorted by name
	if err != nil {
		return w.fail(p, err)
	}
	w.trail = append(w.trail, info)
	defer func() { w.trail = w.trail[:len(w.trail)-1] }()
	for _, e := range entries {
		child := filepath.Join(p, e.Name())
		if t := e.Type(); t&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeDevice) != 0 {
			continue
		}
		if err := w.path(child); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) file(p string, info os.FileInfo) error {
	f, err := os.Open(p)
	if err != nil {
		return w.fail(p, err)
	}
	defer f.Close()
	return w.finish(w.stream(filepath.ToSlash(p), f, 0, &sized{f, info.Size()}))
}

func (w *walker) pipe(p string) error {
	f, err := os.Open(p)
	if err != nil {
		return w.fail(p, err)
	}
	defer f.Close()
	return w.finish(w.stream(filepath.ToSlash(p), f, 0, nil))
}

// finish unwraps the caller's own error; errors of files were reported.
func (w *walker) finish(err error) error {
	if stop := (*stopError)(nil); errors.As(err, &stop) {
		return stop.err
	}
	return err
}

func (w *walker) fail(p string, err error) error {
	w.opts.OnFile(File{Name: filepath.ToSlash(p), State: Failed, Err: plainError(err)})
	return nil
}

func (w *walker) skip(p, why string) error {
	w.opts.OnFile(File{Name: filepath.ToSlash(p), State: Skipped, Notes: []string{why}})
	return nil
}

// plainError drops the path from a PathError: the file is named beside it.
func plainError(err error) error {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", pe.Op, pe.Err)
	}
	return err
}

// sized is a source that can be read anywhere, as zip needs.
type sized struct {
	at   io.ReaderAt
	size int64
}

// counted reports what is read from the outermost stream.
type counted struct {
	w *walker
	r io.Reader
}

func (c *counted) Read(p []byte) (int, error) {
	if err := c.w.ctx.Err(); err != nil {
		return 0, &stopError{err}
	}
	n, err := c.r.Read(p)
	c.w.read += int64(n)
	c.w.opts.OnBytes(c.w.read)
	return n, err
}

// stream finds out what name is and reads it. depth counts the archives around
// it; at, if not nil, is the same bytes with random access.
func (w *walker) stream(name string, r io.Reader, depth int, at *sized) error {
	if depth == 0 {
		r = &counted{w, r}
	}
	head := make([]byte, 4096)
	n, err := io.ReadFull(r, head)
	head = head[:n]
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		if stop := (*stopError)(nil); errors.As(err, &stop) {
			return err
		}
		return w.fail(name, err)
	}
	whole := io.MultiReader(bytes.NewReader(head), r)
	switch kind := sniff(head); kind {
	case "zip":
		return w.archive(name, whole, depth, at)
	case "gzip", "zstd":
		return w.compressed(name, whole, depth, kind)
	case "":
		return w.text(name, head, whole)
	default:
		w.opts.OnFile(File{Name: name, State: Unknown, Err: fmt.Errorf("%s, not an audit export", kind)})
		return nil
	}
}
