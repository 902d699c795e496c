package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/hunt/report"
)

// listsOptions are the options of `hunt365 lists ...`.
type listsOptions struct {
	*program
	caseFlag
	from string
}

func newLists(p *program) *cobra.Command {
	o := &listsOptions{program: p}
	cmd := &cobra.Command{Use: "lists <command>", Short: "Show and refresh the lists that queries look things up in"}
	show := &cobra.Command{
		Use: "list", Short: "Name the lists, with where each comes from and how long it is", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return o.list() },
	}
	update := &cobra.Command{
		Use:   "update --from FILE --case DIR",
		Short: "Take a newer list from a file into a case",
		Long: `Update reads NAME.csv, or every .csv of a folder, and keeps it in the case's
watchlists, where it takes the place of the built-in list of that name. A file
that lacks a column of the list which it replaces, or has a key twice or none,
is refused. Nothing is fetched.`,
		Example: "  hunt365 lists update --from RogueApps.csv --case acme",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return o.update() },
	}
	update.Flags().StringVar(&o.from, "from", "", "CSV file, or folder of them")
	_ = update.MarkFlagRequired("from")
	for _, c := range []*cobra.Command{show, update} {
		o.caseFlag.register(c)
		cmd.AddCommand(c)
	}
	return cmd
}

func (o *listsOptions) list() error {
	own := ""
	if dir, err := o.find(); err == nil {
		own = filepath.Join(dir, "watchlists")
	}
	w := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	for _, name := range (watchlists{dir: own}).names() {
		_, rows, _, err := watchlists{dir: own}.read(name)
		if err != nil {
			return err
		}
		from := "built in"
		if _, err := os.Stat(filepath.Join(own, name+".csv")); own != "" && err == nil {
			from = "case"
		}
		fmt.Fprintf(w, "%s\t%d\t%s\n", report.Safe(name), len(rows), from)
	}
	return w.Flush()
}

func (o *listsOptions) update() error {
	dir, err := o.find()
	if err != nil {
		return err
	}
	if !isCase(dir) {
		return hint(fmt.Errorf("no case in %s", dir), "hunt365 import PATH --case %s makes one", dir)
	}
	files := []string{o.from}
	if info, err := os.Stat(o.from); err != nil {
		return fmt.Errorf("update lists: %w", err)
	} else if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(o.from, "*.csv")); err != nil || len(files) == 0 {
			return errors.Join(err, fmt.Errorf("update lists: no .csv in %s", o.from))
		}
	}
	for _, f := range files {
		if err := o.take(f, filepath.Join(dir, "watchlists")); err != nil {
			return fmt.Errorf("update lists: %s: %w", f, err)
		}
	}
	return nil
}

// take checks one file and puts it into the case's folder of lists.
func (o *listsOptions) take(file, folder string) error {
	name, ok := strings.CutSuffix(filepath.Base(file), ".csv")
	if !ok {
		return hint(errors.New("not a .csv file"), "the file's name is the list's name: RogueApps.csv")
	}
	header, rows, _, err := watchlists{dir: filepath.Dir(file)}.read(name)
	if err != nil {
		return err
	}
	had, old, known, err := watchlists{dir: folder}.read(name)
	if err != nil {
		return err
	}
	for _, h := range had {
		if !slices.Contains(header, h) {
			return fmt.Errorf("column %q of the present list is missing", h)
		}
	}
	after, err := keyed(header, rows)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	target := filepath.Join(folder, name+".csv")
	if err := errors.Join(os.WriteFile(target+".part", text, 0o600), os.Rename(target+".part", target)); err != nil {
		return err
	}
	if !known {
		fmt.Fprintf(o.out, "%s: new, %d entries; no built-in query reads it\n", report.Safe(name), len(rows))
		return nil
	}
	before, _ := keyed(had, old)
	added, removed, changed := differences(before, after)
	fmt.Fprintf(o.out, "%s: %d entries, %d added, %d removed, %d changed\n", report.Safe(name), len(rows), added, removed, changed)
	return nil
}

// keyed returns the rows by their key column.
func keyed(header []string, rows [][]string) (map[string]string, error) {
	at := max(slices.Index(header, "SearchKey"), 0)
	out := map[string]string{}
	for i, r := range rows {
		key := strings.ToLower(r[at])
		if key == "" {
			return nil, fmt.Errorf("row %d has no key", i+2)
		}
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("key %q stands twice", r[at])
		}
		out[key] = strings.Join(r, "\x00")
	}
	return out, nil
}

func differences(before, after map[string]string) (added, removed, changed int) {
	for k, v := range after {
		if old, ok := before[k]; !ok {
			added++
		} else if old != v {
			changed++
		}
	}
	for k := range before {
		if _, ok := after[k]; !ok {
			removed++
		}
	}
	return added, removed, changed
}
