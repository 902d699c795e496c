package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql/duck"
	"github.com/hunt365/hunt365/hunt/schema"
)

// benchShapes holds the queries of `bench kql`, as KQL and as SQL.
//
//go:embed bench/shapes.yaml
var benchShapes []byte

// benchRecords is the SQL that makes the rows which they are measured on.
//
//go:embed bench/records.sql
var benchRecords string

// benchKQLOptions are the options of `hunt365 bench kql`.
type benchKQLOptions struct {
	*benchOptions
	rows   int
	repeat int
	only   string
	format string
	sql    bool
}

// shape is one query in both languages.
type shape struct {
	Name string `yaml:"name"`
	KQL  string `yaml:"kql"`
	SQL  string `yaml:"sql"`
	Bags bool   `yaml:"bags"` // the order inside arrays is free
}

// shapeTime is what a shape took: medians of all repetitions.
type shapeTime struct {
	Name  string  `json:"shape"`
	Rows  int     `json:"rows"` // of the result
	KQL   float64 `json:"kqlSeconds"`
	SQL   float64 `json:"sqlSeconds"`
	Ratio float64 `json:"ratio"`
}

func newBenchKQL(bench *benchOptions) *cobra.Command {
	o := &benchKQLOptions{benchOptions: bench}
	cmd := &cobra.Command{
		Use: "kql", Short: "Compare compiled KQL with hand-written SQL", Args: cobra.NoArgs,
		Long: `Kql asks each of about thirty shapes of queries over generated activities and
sign-ins twice, as KQL that is compiled and as SQL that a person wrote for
DuckDB. Both have to give the same rows; their times are taken in turn, from the
text to the last row, and the medians compared.`,
		Example: "  hunt365 bench kql\n  hunt365 bench kql --rows 200000 --only join --sql",
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.inFolder(cmd.Context(), o.run) },
	}
	f := cmd.Flags()
	f.IntVar(&o.rows, "rows", 5_000_000, "how many rows to generate, three activities to two sign-ins")
	f.IntVar(&o.repeat, "repeat", 5, "how often to take each time")
	f.StringVar(&o.only, "only", "", "measure only the shapes whose name holds this text")
	f.StringVar(&o.format, "format", "table", "table or json")
	f.BoolVar(&o.sql, "sql", false, "print both SQL texts of each shape to standard error")
	complete(cmd, "format", "table", "json")
	return cmd
}

func (o *benchKQLOptions) run(ctx context.Context, dir string) error {
	if o.format != "table" && o.format != "json" {
		return fmt.Errorf("unknown format %q (one of table, json)", o.format)
	}
	if o.rows < 5 || o.repeat < 1 {
		return fmt.Errorf("--rows is at least 5 and --repeat at least 1")
	}
	shapes, err := readShapes(benchShapes)
	if err != nil {
		return err
	}
	target, err := o.fill(ctx, dir)
	if err != nil {
		return err
	}
	eng, err := openEngine(target, limits{memory: 2_000_000_000})
	if err != nil {
		return err
	}
	defer eng.Close()
	var times []shapeTime
	for _, s := range shapes {
		if !strings.Contains(s.Name, o.only) {
			continue
		}
		t, err := o.measure(ctx, eng, s)
		if err != nil {
			return fmt.Errorf("bench: shape %q: %w", s.Name, err)
		}
		times = append(times, t)
	}
	if len(times) == 0 {
		return fmt.Errorf("no shape is called %q", o.only)
	}
	return o.print(times)
}

// ticksCall is a time in the SQL of a shape.
var ticksCall = regexp.MustCompile(`ticks\('(\d{4}-\d\d-\d\d)'\)`)

// readShapes reads the shapes and puts numbers for the times in their SQL.
func readShapes(text []byte) ([]shape, error) {
	var shapes []shape
	if err := yaml.Unmarshal(text, &shapes); err != nil {
		return nil, fmt.Errorf("bench: shapes: %w", err)
	}
	for i := range shapes {
		shapes[i].SQL = ticksCall.ReplaceAllStringFunc(shapes[i].SQL, func(call string) string {
			day, err := time.Parse(time.DateOnly, ticksCall.FindStringSubmatch(call)[1])
			if err != nil {
				return call // DuckDB says that there is no ticks()
			}
			return strconv.FormatInt(schema.Ticks(day), 10)
		})
	}
	return shapes, nil
}

// fill makes the case that is measured, unless a former run left it.
func (o *benchKQLOptions) fill(ctx context.Context, dir string) (string, error) {
	target := filepath.Join(dir, fmt.Sprintf("kql-%d", o.rows))
	if isCase(target) {
		return target, nil
	}
	part := target + ".part"
	if err := os.RemoveAll(part); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	c, err := openForWriting(part, "bench", o.newProgress())
	if err != nil {
		return "", err
	}
	start := time.Now()
	activities := strconv.Itoa(o.rows * 3 / 5)
	signIns := strconv.Itoa(o.rows - o.rows*3/5)
	text := strings.NewReplacer("$activities", activities, "$signins", signIns).Replace(benchRecords)
	err = c.Fill(ctx, []string{"OfficeActivity", "SigninLogs"}, text)
	if closeErr := c.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", err
	}
	fmt.Fprintf(o.err, "%s activities and %s sign-ins generated in %.0f s\n", activities, signIns, time.Since(start).Seconds())
	return target, os.Rename(part, target)
}

// measure checks that both sides agree and takes their times in turn.
func (o *benchKQLOptions) measure(ctx context.Context, eng *engine, s shape) (shapeTime, error) {
	now := time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)
	compiled, err := eng.compile(ctx, s.KQL, now)
	if err != nil {
		return shapeTime{}, err
	}
	if o.sql {
		fmt.Fprintf(o.err, "-- %s, compiled\n%s;\n-- %s, by hand\n%s;\n", s.Name, compiled.SQL, s.Name, s.SQL)
	}
	byHand := &duck.Statement{SQL: s.SQL, Columns: compiled.Columns}
	query := func() (hunt.Rows, error) { return eng.Query(ctx, hunt.Request{Text: s.KQL, Now: now}) }
	hand := func() (hunt.Rows, error) { return eng.store.Query(ctx, byHand) }
	n, err := sameRows(query, hand, s.Bags)
	if err != nil {
		return shapeTime{}, err
	}
	var kqlTimes, sqlTimes []time.Duration
	for range o.repeat {
		a, err := timeRows(query)
		if err != nil {
			return shapeTime{}, err
		}
		b, err := timeRows(hand)
		if err != nil {
			return shapeTime{}, err
		}
		kqlTimes, sqlTimes = append(kqlTimes, a), append(sqlTimes, b)
	}
	a, b := median(kqlTimes).Seconds(), median(sqlTimes).Seconds()
	return shapeTime{Name: s.Name, Rows: n, KQL: a, SQL: b, Ratio: a / b}, nil
}

// timeRows takes the time of a query to its last row.
func timeRows(query func() (hunt.Rows, error)) (time.Duration, error) {
	start := time.Now()
	rows, err := query()
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() { //nolint:revive // only the time matters
	}
	return time.Since(start), rows.Err()
}

// median returns the middle of the values, which it sorts.
func median[T time.Duration | float64](values []T) T {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

func (o *benchKQLOptions) print(times []shapeTime) error {
	var ratios []float64
	for _, t := range times {
		ratios = append(ratios, t.Ratio)
	}
	middle, largest := median(ratios), slices.Max(ratios)
	if o.format == "json" {
		e := json.NewEncoder(o.out)
		e.SetIndent("", " ")
		return e.Encode(map[string]any{"rows": o.rows, "repeat": o.repeat, "shapes": times, "median": middle, "max": largest})
	}
	w := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "rows\tKQL ms\tSQL ms\tratio\t shape")
	for _, t := range times {
		fmt.Fprintf(w, "%d\t%.1f\t%.1f\t%.2f\t %s\n", t.Rows, 1000*t.KQL, 1000*t.SQL, t.Ratio, t.Name)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(o.out, "%d shapes over %d rows: median ratio %.2f, largest %.2f; both sides gave the same rows\n", len(times), o.rows, middle, largest)
	return err
}
