package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/report"
)

// fmtOptions are the options of `hunt365 fmt`.
type fmtOptions struct {
	*program
	write bool
	diff  bool
	paths []string
}

func newFmt(p *program) *cobra.Command {
	o := &fmtOptions{program: p}
	cmd := &cobra.Command{
		Use:   "fmt [-w | -d] [PATH...]",
		Short: "Print KQL in its one canonical layout",
		Long: `Fmt prints KQL in one canonical layout: of .kql files, of the query in YAML files,
of both in folders, or of standard input without a path. With -w it rewrites the
files; with -d it prints what would change, and the exit code is 1 where
something would. A file that is no KQL is reported and left as it is.` + exitStatus,
		Example: `  hunt365 fmt spray.kql
  hunt365 fmt -w ./my-kql
  hunt365 fmt -d queries
  pbpaste | hunt365 fmt`,
		RunE: func(_ *cobra.Command, args []string) error {
			o.paths = args
			return o.run()
		},
	}
	cmd.Flags().BoolVarP(&o.write, "write", "w", false, "rewrite the files instead of printing")
	cmd.Flags().BoolVarP(&o.diff, "diff", "d", false, "print what would change instead")
	cmd.MarkFlagsMutuallyExclusive("write", "diff")
	return cmd
}

func (o *fmtOptions) run() error {
	if len(o.paths) == 0 {
		if o.write {
			return hint(fmt.Errorf("-w needs files to rewrite"), "name them, or drop -w")
		}
		o.paths = []string{"-"}
	}
	files, err := queryFiles(o.paths)
	if err != nil {
		return err
	}
	code := exitClean
	for _, name := range files {
		changed, err := o.file(name)
		if err != nil {
			o.exit(err)
			code = exitFailed
		}
		if changed && o.diff && code == exitClean {
			code = exitFindings
		}
	}
	if code != exitClean {
		return exitError(code)
	}
	return nil
}

// queryFiles returns the files that paths name: those in a folder that hold
// queries, and every other one as it is.
func queryFiles(paths []string) ([]string, error) {
	var files []string
	for _, name := range paths {
		info, err := os.Stat(name)
		if name == "-" || err == nil && !info.IsDir() {
			files = append(files, name)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read queries: %w", err)
		}
		err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if ext := filepath.Ext(path); err == nil && d.Type().IsRegular() && (ext == ".kql" || isYAML(ext)) {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read queries: %w", err)
		}
	}
	return files, nil
}

// file formats one file and reports whether that changes it.
func (o *fmtOptions) file(name string) (changed bool, err error) {
	src, err := o.readFile(name)
	if err != nil {
		return false, err
	}
	text, err := o.formatted(name, src)
	if err != nil {
		return false, err
	}
	switch {
	case o.diff:
		_, err = fmt.Fprint(o.out, safeLines(string(diff.Diff(report.Safe(name)+".orig", []byte(src), report.Safe(name), []byte(text)))))
	case !o.write:
		_, err = fmt.Fprint(o.out, text)
	case text != src:
		err = rewrite(name, text)
	}
	return text != src, err
}

// formatted returns the text of a file in the canonical layout.
func (o *fmtOptions) formatted(name, src string) (string, error) {
	block := yamlBlock{query: src}
	if isYAML(filepath.Ext(name)) {
		var ok bool
		if block, ok = findYAMLQuery(src); !ok {
			return src, nil // no query, or not written as a block: there is nothing to lay out
		}
	}
	script, err := kql.Parse(block.query)
	if err != nil {
		return "", o.badQuery(report.Safe(name), block.query, err)
	}
	return block.with(kql.Print(script)), nil
}

// rewrite replaces a file's text and keeps its mode.
func rewrite(name, text string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), info.Mode().Perm())
}
