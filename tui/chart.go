package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/schema"
)

// bucket counts the rows of one step of time.
type bucket struct {
	at time.Time
	n  int64
}

// steps are the widths that a histogram's buckets may have.
var steps = []struct {
	d   time.Duration
	kql string
}{{time.Minute, "1m"}, {10 * time.Minute, "10m"}, {time.Hour, "1h"}, {6 * time.Hour, "6h"}, {24 * time.Hour, "1d"}, {7 * 24 * time.Hour, "7d"}, {28 * 24 * time.Hour, "28d"}}

// mostBuckets is about how many there are at most.
const mostBuckets = 100

// count asks for the bars, if they are on and rows have a time.
func (g *grid) count(m *Model) tea.Cmd {
	if !g.barsOn || !g.has(timeColumn) || m.answer == nil {
		return nil
	}
	from, to := m.answer.span()
	step := steps[len(steps)-1]
	for _, s := range steps {
		if to.Add(24*time.Hour).Sub(from)/s.d <= mostBuckets {
			step = s
			break
		}
	}
	c, text := m.kase, g.rowsText(m)+"\n| where isnotnull("+timeColumn+")\n| summarize Count = count() by At = bin("+timeColumn+", "+step.kql+")\n| sort by At asc"
	return m.ask(&g.bars, func(ctx context.Context) (any, error) {
		rows, err := all(ctx, c, text, 10*mostBuckets)
		if err != nil {
			return nil, err
		}
		return evenly(rows, step.d), nil
	})
}

// evenly puts the empty buckets between the others.
func evenly(rows [][]any, step time.Duration) []bucket {
	var out []bucket
	for _, r := range rows {
		at, isTime := r[0].(int64)
		n, isCount := r[1].(int64)
		if !isTime || !isCount {
			continue
		}
		b := bucket{schema.Time(at), n}
		for len(out) > 0 && len(out) < 20*mostBuckets && out[len(out)-1].at.Add(step).Before(b.at) {
			out = append(out, bucket{at: out[len(out)-1].at.Add(step)})
		}
		out = append(out, b)
	}
	return out
}

// drawBars draws the histogram above the rows, where there is room.
func (g *grid) drawBars(m *Model, w, h int) []string {
	if !g.barsOn || len(g.buckets) == 0 || h < 14 {
		return nil
	}
	high := 2
	if h >= 28 {
		high = 4
	}
	values := make([]float64, len(g.buckets))
	for i, b := range g.buckets {
		values[i] = float64(b.n)
	}
	var out []string
	for _, l := range columns(values, min(w-4, 3*len(values)), high) {
		out = append(out, "  "+m.theme.good.Render(l))
	}
	first, last := minute(g.buckets[0].at), minute(g.buckets[len(g.buckets)-1].at)
	peak := slices.Max(values)
	return append(out, m.theme.muted.Render(fmt.Sprintf("  %s to %s, most %.0f", first, last, peak)))
}

// columns draws values as columns of w cells and high lines.
func columns(values []float64, w, high int) []string {
	if len(values) == 0 || w <= 0 || high <= 0 {
		return nil
	}
	cells := make([]float64, w)
	var most float64
	for i := range cells {
		from, to := i*len(values)/w, max((i+1)*len(values)/w, i*len(values)/w+1)
		for _, v := range values[from:min(to, len(values))] {
			cells[i] = max(cells[i], v)
		}
		most = max(most, cells[i])
	}
	out := make([]string, high)
	for row := range high {
		var b strings.Builder
		for _, v := range cells {
			eighths := 0
			if most > 0 {
				eighths = int(v/most*float64(high*8)+0.5) - (high-1-row)*8
			}
			if v > 0 && row == high-1 {
				eighths = max(eighths, 1)
			}
			switch {
			case eighths <= 0:
				b.WriteByte(' ')
			default:
				b.WriteRune(levels[min(eighths, 8)-1])
			}
		}
		out[row] = b.String()
	}
	return out
}

// chart draws rows as render asked: columns over time or labels, or bars.
func chart(m *Model, kind string, cols []schema.Column, rows [][]any, w, h int) []string {
	label, numbers := axes(cols)
	if len(numbers) == 0 || len(rows) == 0 {
		return []string{m.theme.muted.Render(" nothing to draw: a chart needs a column of numbers and rows")}
	}
	if kind == "barchart" || kind == "piechart" {
		return barChart(m, cols, rows, label, numbers[0], w, h)
	}
	return columnChart(m, cols, rows, label, numbers, w, h)
}

// axes picks the column of labels and those of numbers.
func axes(cols []schema.Column) (label int, numbers []int) {
	label = -1
	for i, c := range cols {
		switch {
		case c.Type.IsNumeric():
			numbers = append(numbers, i)
		case label < 0:
			label = i
		}
	}
	if label < 0 && len(numbers) > 1 {
		return numbers[0], numbers[1:]
	}
	return label, numbers
}

func number(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	case string:
		var f float64
		_, _ = fmt.Sscanf(v, "%g", &f) // a decimal's digits
		return f
	}
	return 0
}

func labelOf(cols []schema.Column, row []any, i int) string {
	if i < 0 {
		return ""
	}
	return cell(row[i], cols[i].Type)
}

func barChart(m *Model, cols []schema.Column, rows [][]any, label, value, w, h int) []string {
	name := 0
	var most float64
	for _, r := range rows {
		name = max(name, min(width(labelOf(cols, r, label)), w/3))
		most = max(most, number(r[value]))
	}
	var out []string
	for n, r := range rows {
		if n == h-1 && len(rows) > h {
			out = append(out, m.theme.muted.Render(fmt.Sprintf(" and %d more", len(rows)-n)))
			break
		}
		v := number(r[value])
		bar := 0
		if most > 0 {
			bar = int(v / most * float64(max(w-name-16, 1)))
		}
		out = append(out, " "+fit(labelOf(cols, r, label), name)+" "+m.theme.good.Render(strings.Repeat("█", max(bar, 0)))+" "+hunt.Text(r[value], cols[value].Type))
	}
	return out
}

// columnChart draws a band of columns for each series.
func columnChart(m *Model, cols []schema.Column, rows [][]any, label int, numbers []int, w, h int) []string {
	names, bands := series(cols, rows, label, numbers)
	high := max(1, min(8, (h-1)/len(bands)-1))
	var out []string
	for i, values := range bands {
		if len(out)+high+1 > h-1 && i > 0 {
			out = append(out, m.theme.muted.Render(fmt.Sprintf(" and %d more series", len(bands)-i)))
			break
		}
		out = append(out, fmt.Sprintf(" %s  most %g", names[i], slices.Max(values)))
		for _, l := range columns(values, min(w-2, max(len(values), min(len(values)*3, w-2))), high) {
			out = append(out, " "+m.theme.good.Render(l))
		}
	}
	return append(out, m.theme.muted.Render(" "+labelOf(cols, rows[0], label)+"  to  "+labelOf(cols, rows[len(rows)-1], label)))
}

// series splits rows by a second column of labels, if there is one, else by
// column of numbers.
func series(cols []schema.Column, rows [][]any, label int, numbers []int) (names []string, bands [][]float64) {
	split := -1
	for i, c := range cols {
		if i != label && !c.Type.IsNumeric() {
			split = i
			break
		}
	}
	if split < 0 {
		for _, n := range numbers {
			values := make([]float64, len(rows))
			for i, r := range rows {
				values[i] = number(r[n])
			}
			names, bands = append(names, safe(cols[n].Name)), append(bands, values)
		}
		return names, bands
	}
	var at []string // labels in order of appearance
	for _, r := range rows {
		if l := labelOf(cols, r, label); !slices.Contains(at, l) {
			at = append(at, l)
		}
	}
	for _, r := range rows {
		name := labelOf(cols, r, split)
		i := slices.Index(names, name)
		if i < 0 {
			i = len(names)
			names, bands = append(names, name), append(bands, make([]float64, len(at)))
		}
		bands[i][slices.Index(at, labelOf(cols, r, label))] += number(r[numbers[0]])
	}
	return names, bands
}
