package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// isFresh reports whether the tables are what the manifest says, so that the
// case can be read as it is.
func (c *Case) isFresh() (bool, error) {
	if c.manifest.torn || exists(c.databasePath()+".wal") || !exists(c.databasePath()) {
		return false, nil
	}
	ctx := context.Background()
	d, err := c.query(ctx)
	if err != nil {
		return false, nil //nolint:nilerr // repair finds out what is wrong, or makes it anew
	}
	stale, err := c.isStale(ctx, d)
	if err != nil || stale {
		return false, c.closeReader()
	}
	head, err := d.meta(ctx, "head")
	if err != nil || head != c.manifest.head {
		return false, c.closeReader()
	}
	return true, nil
}

// isNew reports whether the case holds nothing, not even tables.
func (c *Case) isNew() bool { return len(c.manifest.entries) == 0 && !exists(c.databasePath()) }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// isStale reports whether the tables were made in another way than this
// program would make them. Without mappings that cannot be told.
func (c *Case) isStale(ctx context.Context, d *database) (bool, error) {
	have, err := d.meta(ctx, "schema")
	if err != nil || have != schemaHash() {
		return true, err
	}
	rows, err := d.db.QueryContext(ctx, "SELECT DISTINCT format, mapping FROM hunt365_segments")
	if err != nil {
		return true, err
	}
	defer rows.Close()
	for rows.Next() {
		var format, hash string
		if err := rows.Scan(&format, &hash); err != nil {
			return true, err
		}
		if hash != c.mappingHash(format) {
			return true, nil
		}
	}
	return false, rows.Err()
}

// repair finishes what a crash interrupted; the writer's lock is held.
func (c *Case) repair() error {
	ctx := context.Background()
	if err := c.manifest.mend(); err != nil {
		return err
	}
	fresh, err := c.isFresh()
	if err != nil {
		return err
	}
	usable := fresh
	if !fresh {
		if usable, err = c.usable(ctx); err != nil {
			return err
		}
	}
	if err := c.sweep(); err != nil || fresh {
		return err
	}
	if c.isNew() && c.opts.Write {
		return nil // the first Append or query makes the tables
	}
	if !usable {
		return c.rebuild(ctx)
	}
	_, err = c.mapPending(ctx)
	return err
}

// usable reports whether the database can be continued: it opens and was made
// in this program's way. If it was made from another manifest than the one
// that is there, someone changed that, and nothing may be touched.
func (c *Case) usable(ctx context.Context) (bool, error) {
	if !exists(c.databasePath()) {
		return true, nil
	}
	d, err := c.openWriter(ctx)
	if err != nil {
		return false, nil // it is derived: make it anew
	}
	defer d.close()
	have, err := d.meta(ctx, "schema")
	if err != nil || have == "" {
		return false, nil // damaged, or crashed before its tables were there
	}
	head, err := d.meta(ctx, "head")
	if err == nil && !c.manifest.heads[head] {
		return false, errors.New("the manifest is not the one that the tables were made from: its last lines were altered or removed; see hunt365 case verify")
	}
	stale, err := c.isStale(ctx, d)
	return err == nil && !stale, nil
}

// sweep removes what no manifest line names: files whose writing a crash cut
// short.
func (c *Case) sweep() error {
	if err := os.RemoveAll(c.path("tmp")); err != nil {
		return err
	}
	extra, err := c.unlisted()
	if err != nil {
		return err
	}
	for _, name := range extra {
		if err := os.Remove(c.path("evidence", filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	return nil
}

// unlisted returns the files under evidence that are not in the manifest.
func (c *Case) unlisted() ([]string, error) {
	return unlisted(c.path("evidence"), c.manifest.segments())
}

func unlisted(evidence string, segments []Entry) ([]string, error) {
	known := map[string]bool{"manifest.ndjson": true}
	for _, e := range segments {
		known[e.File] = true
	}
	var extra []string
	err := filepath.WalkDir(evidence, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(evidence, path)
		if name := filepath.ToSlash(rel); err == nil && !known[name] {
			extra = append(extra, name)
		}
		return err
	})
	return extra, err
}

// Rebuild makes the tables anew from the evidence.
func (c *Case) Rebuild(ctx context.Context) error {
	if !c.opts.Write {
		return errors.New("rebuild: case is open for reading")
	}
	if err := c.rebuild(ctx); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return nil
}

func (c *Case) rebuild(ctx context.Context) error {
	if err := c.closeReader(); err != nil {
		return err
	}
	for _, name := range []string{".wal", ""} {
		if err := os.Remove(c.databasePath() + name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := c.opts.fault("database removed"); err != nil {
		return err
	}
	_, err := c.mapPending(ctx)
	return err
}

// isTemporary reports whether a file is one that is still being written.
func isTemporary(name string) bool { return strings.HasSuffix(name, ".tmp") }
