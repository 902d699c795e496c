package duck

import (
	"math"
	"slices"
	"sort"

	"github.com/hunt365/hunt365/hunt/schema"
)

var seriesFunctions = []Function{
	{Name: "kql_go_series_stats", Params: []schema.Type{schema.Dynamic, schema.Bool}, Result: schema.Dynamic, Eval: evalSeriesStats},
	{Name: "kql_go_series_fit_line", Params: []schema.Type{schema.Dynamic}, Result: schema.Dynamic, Eval: evalSeriesFitLine},
	{Name: "kql_go_series_fit_2lines", Params: []schema.Type{schema.Dynamic}, Result: schema.Dynamic, Eval: evalSeriesFit2Lines},
	{Name: "kql_go_series_fir", Params: []schema.Type{schema.Dynamic, schema.Dynamic, schema.Bool, schema.Bool}, Result: schema.Dynamic, Nulls: true, Eval: evalSeriesFir},
	{Name: "kql_go_series_iir", Params: []schema.Type{schema.Dynamic, schema.Dynamic, schema.Dynamic}, Result: schema.Dynamic, Eval: evalSeriesIir},
	{Name: "kql_go_series_fill", Params: []schema.Type{schema.String, schema.Dynamic, schema.Dynamic, schema.Dynamic}, Result: schema.Dynamic, Nulls: true, Eval: evalSeriesFill},
	{Name: "kql_go_series_math", Params: []schema.Type{schema.String, schema.Dynamic, schema.Dynamic}, Result: schema.Dynamic, Nulls: true, Eval: evalSeriesMath},
	{Name: "kql_go_series_compare", Params: []schema.Type{schema.String, schema.Dynamic, schema.Dynamic}, Result: schema.Dynamic, Nulls: true, Eval: evalSeriesCompare},
	{Name: "kql_go_series_pearson", Params: []schema.Type{schema.Dynamic, schema.Dynamic}, Result: schema.Real, Eval: evalSeriesPearson},
	{Name: "kql_go_series_outliers", Params: []schema.Type{schema.Dynamic}, Result: schema.Dynamic, Eval: evalSeriesOutliers},
	{Name: "kql_go_series_fold", Params: []schema.Type{schema.String, schema.Dynamic, schema.Dynamic}, Result: schema.Real, Nulls: true, Eval: evalSeriesFold},
	{Name: "kql_go_series_sum", Params: []schema.Type{schema.Dynamic}, Result: schema.Real, Eval: evalSeriesSum},
	{Name: "kql_go_series_decompose", Params: []schema.Type{schema.Dynamic, schema.Long, schema.String, schema.Long, schema.Real}, Result: schema.Dynamic, Eval: evalSeriesDecompose},
	{Name: "kql_go_series_anomalies", Params: []schema.Type{schema.Dynamic, schema.Real, schema.Long, schema.String, schema.Long, schema.String, schema.Real}, Result: schema.Dynamic, Eval: evalSeriesAnomalies},
	{Name: "kql_go_series_forecast", Params: []schema.Type{schema.Dynamic, schema.Long, schema.Long, schema.String, schema.Real}, Result: schema.Dynamic, Eval: evalSeriesForecast},
	{Name: "kql_go_series_periods", Params: []schema.Type{schema.Dynamic, schema.Real, schema.Real, schema.Long}, Result: schema.Dynamic, Eval: evalSeriesPeriods},
	{Name: "kql_go_series_periods_validate", Params: []schema.Type{schema.Dynamic, schema.Dynamic}, Result: schema.Dynamic, Eval: evalSeriesPeriodsValidate},
}

// reals reads a series; a missing point is NaN. ok is false where a point is
// no number.
func reals(v any) (xs []float64, ok bool) {
	l, ok := listArg(v)
	if !ok {
		return nil, false
	}
	for _, e := range l {
		f, isReal := dynReal(e)
		switch {
		case isReal:
			xs = append(xs, f)
		case e == nil || e == "NaN":
			xs = append(xs, math.NaN())
		default:
			return nil, false
		}
	}
	return xs, true
}

// realsLike reads a series, or a number as a series as long as the other one.
func realsLike(v, other any) (xs []float64, ok bool) {
	n, isNumber := dynReal(dynArg(v))
	if !isNumber {
		return reals(v)
	}
	l, ok := listArg(other)
	return slices.Repeat([]float64{n}, len(l)), ok
}

func realList(xs []float64) []any {
	out := make([]any, len(xs))
	for i, x := range xs {
		out[i] = x
	}
	return out
}

func evalSeriesSum(args []any) (any, error) {
	xs, ok := reals(args[0])
	if !ok {
		return nil, nil
	}
	sum := 0.0
	for _, x := range xs {
		if !math.IsNaN(x) {
			sum += x
		}
	}
	return sum, nil
}

// evalSeriesStats ignores missing points; the second argument asks to ignore
// infinite ones too.
func evalSeriesStats(args []any) (any, error) {
	xs, ok := reals(args[0])
	if !ok || len(xs) == 0 {
		return nil, nil
	}
	lo, hi, loAt, hiAt := math.Inf(1), math.Inf(-1), 0, 0
	sum, n := 0.0, 0
	for i, x := range xs {
		if math.IsNaN(x) || args[1] == true && math.IsInf(x, 0) {
			continue
		}
		if x < lo {
			lo, loAt = x, i
		}
		if x > hi {
			hi, hiAt = x, i
		}
		sum += x
		n++
	}
	if n == 0 {
		return nil, nil
	}
	avg, sq := sum/float64(n), 0.0
	for _, x := range xs {
		if !math.IsNaN(x) && !(args[1] == true && math.IsInf(x, 0)) {
			sq += (x - avg) * (x - avg)
		}
	}
	variance := 0.0
	if n > 1 {
		variance = sq / float64(n-1)
	}
	out := newBag()
	out.set("min", lo)
	out.set("min_idx", int64(loAt))
	out.set("max", hi)
	out.set("max_idx", int64(hiAt))
	out.set("avg", avg)
	out.set("stdev", math.Sqrt(variance))
	out.set("variance", variance)
	out.set("sum", sum)
	out.set("len", int64(len(xs)))
	return writeDynamic(out), nil
}

// line is a least-squares fit over xs[from:to].
type line struct{ slope, intercept, variance, rvariance, rsquare float64 }

func fitLine(xs []float64) line {
	n := float64(len(xs))
	if n == 0 {
		return line{}
	}
	var sx, sy, sxx, sxy float64
	for i, y := range xs {
		x := float64(i)
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	l := line{intercept: sy / n}
	if d := n*sxx - sx*sx; d != 0 {
		l.slope = (n*sxy - sx*sy) / d
		l.intercept = (sy - l.slope*sx) / n
	}
	mean, tot, res := sy/n, 0.0, 0.0
	for i, y := range xs {
		tot += (y - mean) * (y - mean)
		r := y - l.at(i)
		res += r * r
	}
	l.rsquare = 1
	if tot != 0 {
		l.rsquare = 1 - res/tot
	}
	if n > 1 {
		l.variance, l.rvariance = tot/(n-1), res/(n-1)
	}
	return l
}

func (l line) at(i int) float64 { return l.intercept + l.slope*float64(i) }

func evalSeriesFitLine(args []any) (any, error) {
	xs, ok := reals(args[0])
	if !ok || len(xs) == 0 {
		return nil, nil
	}
	l := fitLine(xs)
	fit := make([]float64, len(xs))
	for i := range fit {
		fit[i] = l.at(i)
	}
	out := newBag()
	for _, kv := range []struct {
		k string
		v any
	}{{"rsquare", l.rsquare}, {"slope", l.slope}, {"variance", l.variance}, {"rvariance", l.rvariance}, {"interception", l.intercept}, {"line_fit", realList(fit)}} {
		out.set(kv.k, kv.v)
	}
	return writeDynamic(out), nil
}

// evalSeriesFit2Lines tries every break and keeps the one with the least squares.
func evalSeriesFit2Lines(args []any) (any, error) {
	xs, ok := reals(args[0])
	n := len(xs)
	if !ok || n < 2 {
		return nil, nil
	}
	all := fitLine(xs)
	best, bestRes := 0, math.Inf(1)
	var left, right line
	for cut := 1; cut < n; cut++ {
		l, r := fitLine(xs[:cut]), fitLine(xs[cut:])
		res := l.rvariance*float64(max(cut-1, 1)) + r.rvariance*float64(max(n-cut-1, 1))
		if res < bestRes-1e-12 {
			best, bestRes, left, right = cut, res, l, r
		}
	}
	fit := make([]float64, n)
	for i := range fit {
		if i < best {
			fit[i] = left.at(i)
		} else {
			fit[i] = right.at(i - best)
		}
	}
	total := all.variance * float64(n-1)
	rsq := 1.0
	if total != 0 {
		rsq = 1 - bestRes/total
	}
	out := newBag()
	for _, kv := range []struct {
		k string
		v any
	}{
		{"rsquare", rsq},
		{"split_idx", int64(best)},
		{"variance", all.variance},
		{"rvariance", bestRes / float64(n-1)},
		{"line_fit", realList(fit)},
		{"right_rsquare", right.rsquare},
		{"right_slope", right.slope},
		{"right_interception", right.intercept},
		{"right_variance", right.variance},
		{"right_rvariance", right.rvariance},
		{"left_rsquare", left.rsquare},
		{"left_slope", left.slope},
		{"left_interception", left.intercept},
		{"left_variance", left.variance},
		{"left_rvariance", left.rvariance},
	} {
		out.set(kv.k, kv.v)
	}
	return writeDynamic(out), nil
}

func evalSeriesFir(args []any) (any, error) {
	xs, ok := reals(args[0])
	filter, okF := reals(args[1])
	if !ok || !okF || len(filter) == 0 {
		return nil, nil
	}
	sum := 0.0
	for _, f := range filter {
		sum += f
	}
	normalize := args[2] == true
	if args[2] == nil {
		normalize = true
		for _, f := range filter {
			normalize = normalize && f >= 0
		}
	}
	shift := 0
	if args[3] == true {
		shift = (len(filter) - 1) / 2
	}
	out := make([]float64, len(xs))
	for i := range xs {
		for j, f := range filter {
			if k := i + shift - j; k >= 0 && k < len(xs) && !math.IsNaN(xs[k]) {
				out[i] += f * xs[k]
			}
		}
		if normalize && sum != 0 {
			out[i] /= sum
		}
	}
	return writeDynamic(realList(out)), nil
}

func evalSeriesIir(args []any) (any, error) {
	xs, ok := reals(args[0])
	num, okN := reals(args[1])
	den, okD := reals(args[2])
	if !ok || !okN || !okD || len(den) == 0 || den[0] == 0 {
		return nil, nil
	}
	out := make([]float64, len(xs))
	for i := range xs {
		v := 0.0
		for j, b := range num {
			if i-j >= 0 && !math.IsNaN(xs[i-j]) {
				v += b * xs[i-j]
			}
		}
		for j := 1; j < len(den); j++ {
			if i-j >= 0 {
				v -= den[j] * out[i-j]
			}
		}
		out[i] = v / den[0]
	}
	return writeDynamic(realList(out)), nil
}

// evalSeriesFill fills the points that equal a placeholder (null where it is
// null): forward, backward, linear or const.
func evalSeriesFill(args []any) (any, error) {
	l, ok := listArg(args[1])
	if !ok {
		return nil, nil
	}
	hole, value := dynArg(args[2]), dynArg(args[3])
	missing := func(v any) bool { return v == nil && hole == nil || v != nil && hole != nil && dynEqual(v, hole) }
	out := append([]any{}, l...)
	switch args[0] {
	case "forward":
		for i := 1; i < len(out); i++ {
			if missing(out[i]) {
				out[i] = out[i-1]
			}
		}
	case "backward":
		for i := len(out) - 2; i >= 0; i-- {
			if missing(out[i]) {
				out[i] = out[i+1]
			}
		}
	case "const":
		for i := range out {
			if missing(out[i]) {
				out[i] = value
			}
		}
	case "linear", "inner":
		if !slices.ContainsFunc(out, func(v any) bool { return !missing(v) }) {
			if value == nil {
				value = 0.0
			}
			for i := range out {
				out[i] = value
			}
			break
		}
		fillLinear(out, missing, args[0] == "linear")
	}
	return writeDynamic(out), nil
}

// fillLinear interpolates, among whole numbers in whole numbers; edges, if
// wanted, take the nearest value.
func fillLinear(out []any, missing func(any) bool, edges bool) {
	whole := !slices.ContainsFunc(out, func(v any) bool { _, isInt := v.(int64); return !isInt && !missing(v) })
	last := -1
	for i := 0; i <= len(out); i++ {
		if i < len(out) && missing(out[i]) {
			continue
		}
		for j := last + 1; j < i; j++ {
			switch {
			case last < 0 && edges:
				out[j] = out[i]
			case i == len(out) && edges:
				out[j] = out[last]
			case last >= 0 && i < len(out):
				a, _ := dynReal(out[last])
				b, _ := dynReal(out[i])
				x := a + (b-a)*float64(j-last)/float64(i-last)
				if out[j] = x; whole {
					out[j] = int64(x)
				}
			}
		}
		last = i
	}
}

var seriesOps = map[string]func(a, b float64) float64{
	"add": func(a, b float64) float64 { return a + b }, "subtract": func(a, b float64) float64 { return a - b },
	"multiply": func(a, b float64) float64 { return a * b }, "divide": func(a, b float64) float64 { return a / b },
	"pow": math.Pow, "abs": func(a, _ float64) float64 { return math.Abs(a) }, "exp": func(a, _ float64) float64 { return math.Exp(a) },
	"log": func(a, _ float64) float64 { return math.Log(a) }, "sign": func(a, _ float64) float64 { return sign(a) },
	"floor": func(a, _ float64) float64 { return math.Floor(a) }, "ceiling": func(a, _ float64) float64 { return math.Ceil(a) },
	"sin": func(a, _ float64) float64 { return math.Sin(a) }, "cos": func(a, _ float64) float64 { return math.Cos(a) }, "tan": func(a, _ float64) float64 { return math.Tan(a) },
	"asin": func(a, _ float64) float64 { return math.Asin(a) }, "acos": func(a, _ float64) float64 { return math.Acos(a) }, "atan": func(a, _ float64) float64 { return math.Atan(a) },
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

// operand returns point i of a series, or the number itself.
func operand(v any, i int) (float64, bool) {
	if l, ok := v.([]any); ok {
		if i >= len(l) {
			return 0, false
		}
		v = l[i]
	}
	return dynReal(v)
}

func seriesLength(a, b any) int {
	n := -1
	for _, v := range []any{a, b} {
		if l, ok := v.([]any); ok {
			n = max(n, len(l))
		}
	}
	return n
}

func evalSeriesMath(args []any) (any, error) {
	op := seriesOps[args[0].(string)]
	a, b := dynArg(args[1]), dynArg(args[2])
	n := seriesLength(a, b)
	if n < 0 {
		return nil, nil
	}
	out := make([]any, n)
	for i := range out {
		x, ok := operand(a, i)
		y, okY := operand(b, i)
		if ok && (okY || args[2] == nil) {
			out[i] = op(x, y)
		}
	}
	return writeDynamic(out), nil
}

func evalSeriesCompare(args []any) (any, error) {
	a, b := dynArg(args[1]), dynArg(args[2])
	n := seriesLength(a, b)
	if n < 0 {
		return nil, nil
	}
	out := make([]any, n)
	for i := range out {
		x, ok := operand(a, i)
		y, okY := operand(b, i)
		if !ok || !okY {
			continue
		}
		switch args[0] {
		case "greater":
			out[i] = x > y
		case "greater_equals":
			out[i] = x >= y
		case "less":
			out[i] = x < y
		case "less_equals":
			out[i] = x <= y
		case "equals":
			out[i] = x == y
		case "not_equals":
			out[i] = x != y
		}
	}
	return writeDynamic(out), nil
}

func evalSeriesPearson(args []any) (any, error) {
	xs, ok := reals(args[0])
	ys, okY := reals(args[1])
	if !ok || !okY || len(xs) != len(ys) || len(xs) == 0 {
		return nil, nil
	}
	return pearson(xs, ys), nil
}

func pearson(xs, ys []float64) float64 {
	n := float64(len(xs))
	var sx, sy, sxx, syy, sxy float64
	for i := range xs {
		sx, sy = sx+xs[i], sy+ys[i]
		sxx, syy, sxy = sxx+xs[i]*xs[i], syy+ys[i]*ys[i], sxy+xs[i]*ys[i]
	}
	return (n*sxy - sx*sy) / (math.Sqrt(n*sxx-sx*sx) * math.Sqrt(n*syy-sy*sy))
}

// quantile interpolates linearly between the sorted points.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// tukeyScores measures how far points lie outside the fence that the low and
// high quantiles span, in units of k times their distance.
func tukeyScores(xs []float64, low, high, k float64) []float64 {
	sorted := append([]float64(nil), xs...)
	sort.Float64s(sorted)
	lo, hi := quantile(sorted, low), quantile(sorted, high)
	spread := (hi - lo) * k
	out := make([]float64, len(xs))
	for i, x := range xs {
		var d float64
		switch {
		case x > hi:
			d = x - hi
		case x < lo:
			d = x - lo
		}
		switch {
		case d == 0:
		case spread != 0:
			out[i] = d / spread
		default:
			out[i] = math.Copysign(math.Inf(1), d)
		}
	}
	return out
}

func evalSeriesOutliers(args []any) (any, error) {
	xs, ok := reals(args[0])
	if !ok || len(xs) == 0 {
		return nil, nil
	}
	return writeDynamic(realList(tukeyScores(xs, 0.1, 0.9, tukeyScale))), nil
}

// evalSeriesFold reduces one or two series to a number.
func evalSeriesFold(args []any) (any, error) {
	xs, ok := realsLike(args[1], args[2])
	ys, okY := realsLike(args[2], args[1])
	if !ok || args[2] != nil && (!okY || len(xs) != len(ys)) {
		return nil, nil
	}
	product, dot, xx, yy := 1.0, 0.0, 0.0, 0.0
	for i, x := range xs {
		product *= x
		xx += x * x
		if okY {
			dot += x * ys[i]
			yy += ys[i] * ys[i]
		}
	}
	switch args[0] {
	case "product":
		return product, nil
	case "magnitude":
		return math.Sqrt(xx), nil
	case "dot":
		return dot, nil
	}
	return dot / (math.Sqrt(xx) * math.Sqrt(yy)), nil
}
