package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/kql"
)

// fmtOptions are the options of `hunt365 fmt`.
type fmtOptions struct {
	*program
	write bool
	files []string
}

func newFmt(p *program) *cobra.Command {
	o := &fmtOptions{program: p}
	cmd := &cobra.Command{
		Use:   "fmt [-w] [FILE...]",
		Short: "Print KQL in its one canonical layout",
		Long:  "Fmt reads KQL files, or standard input without any, and prints them in one\ncanonical layout; with -w it rewrites the files.",
		Example: `  hunt365 fmt spray.kql
  hunt365 fmt -w my-kql/*.kql
  pbpaste | hunt365 fmt`,
		RunE: func(_ *cobra.Command, args []string) error {
			o.files = args
			return o.run()
		},
	}
	cmd.Flags().BoolVarP(&o.write, "write", "w", false, "rewrite the files instead of printing")
	return cmd
}

func (o *fmtOptions) run() error {
	if len(o.files) == 0 {
		if o.write {
			return hint(fmt.Errorf("-w needs files to rewrite"), "name them, or drop -w")
		}
		o.files = []string{"-"}
	}
	for _, name := range o.files {
		src, err := o.readFile(name)
		if err != nil {
			return err
		}
		script, err := kql.Parse(src)
		if err != nil {
			return o.badQuery(name, src, err)
		}
		text := kql.Print(script)
		switch {
		case !o.write:
			_, err = fmt.Fprint(o.out, text)
		case text != src:
			err = os.WriteFile(name, []byte(text), 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
