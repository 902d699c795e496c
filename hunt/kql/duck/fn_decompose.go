package duck

import (
	"math"
	"sort"
)

// tukeyScale makes a score of 1.5 on the 10th to 90th percentile fence as rare,
// for normal noise, as the classic fence of 1.5 between the quartiles.
const tukeyScale = 0.5263

// decomposition splits a series into trend, repeating season and the rest.
type decomposition struct {
	seasonal, trend, residual, baseline []float64
	period                              int
}

// decompose fits the first len(xs)-test points. seasonality is a period in
// points, -1 to look for one, 0 for none; trend is avg, linefit or none.
func decompose(xs []float64, seasonality int64, trend string, test int64, threshold float64) decomposition {
	n := len(xs)
	train := max(1, n-int(max(test, 0)))
	filled := fillGaps(xs)
	d := decomposition{seasonal: make([]float64, n), trend: make([]float64, n), residual: make([]float64, n), baseline: make([]float64, n)}
	d.period = int(seasonality)
	if seasonality < 0 {
		d.period = 0
		if periods := detectPeriods(filled[:train], 4, float64(train)/2, 1); len(periods) > 0 && periods[0].score >= threshold {
			d.period = periods[0].length
		}
	}
	if d.period > 1 && d.period <= train {
		d.fitSeason(filled, train)
	}
	d.fitTrend(filled, train, trend)
	for i := range xs {
		d.baseline[i] = d.seasonal[i] + d.trend[i]
		d.residual[i] = filled[i] - d.baseline[i]
	}
	return d
}

func fillGaps(xs []float64) []float64 {
	out := append([]float64(nil), xs...)
	for i, x := range out {
		if math.IsNaN(x) {
			out[i] = 0
			if i > 0 {
				out[i] = out[i-1]
			}
		}
	}
	return out
}

// fitSeason takes the mean of each phase of the period, less the whole mean.
func (d *decomposition) fitSeason(xs []float64, train int) {
	sums, counts := make([]float64, d.period), make([]float64, d.period)
	whole := 0.0
	for i := range train {
		sums[i%d.period] += xs[i]
		counts[i%d.period]++
		whole += xs[i]
	}
	whole /= float64(train)
	for i := range xs {
		p := i % d.period
		d.seasonal[i] = sums[p]/counts[p] - whole
	}
}

func (d *decomposition) fitTrend(xs []float64, train int, trend string) {
	rest := make([]float64, train)
	sum := 0.0
	for i := range rest {
		rest[i] = xs[i] - d.seasonal[i]
		sum += rest[i]
	}
	switch trend {
	case "linefit":
		l := fitLine(rest)
		for i := range d.trend {
			d.trend[i] = l.at(i)
		}
	case "none":
	default:
		for i := range d.trend {
			d.trend[i] = sum / float64(train)
		}
	}
}

func evalSeriesDecompose(args []any) (any, error) {
	xs, ok := reals(args[0])
	if !ok || len(xs) == 0 {
		return nil, nil
	}
	d := decompose(xs, args[1].(int64), args[2].(string), args[3].(int64), args[4].(float64))
	return writeDynamic([]any{realList(d.baseline), realList(d.seasonal), realList(d.trend), realList(d.residual)}), nil
}

func evalSeriesAnomalies(args []any) (any, error) {
	xs, ok := reals(args[0])
	if !ok || len(xs) == 0 {
		return nil, nil
	}
	threshold := args[1].(float64)
	d := decompose(xs, args[2].(int64), args[3].(string), args[4].(int64), args[6].(float64))
	scores := tukeyScores(d.residual, 0.1, 0.9, tukeyScale)
	if args[5] == "tukey" {
		scores = tukeyScores(d.residual, 0.25, 0.75, 1)
	}
	flags := make([]any, len(scores))
	for i, s := range scores {
		switch {
		case s >= threshold:
			flags[i] = int64(1)
		case s <= -threshold:
			flags[i] = int64(-1)
		default:
			flags[i] = int64(0)
		}
	}
	return writeDynamic([]any{flags, realList(scores), realList(d.baseline)}), nil
}

func evalSeriesForecast(args []any) (any, error) {
	xs, ok := reals(args[0])
	if !ok || len(xs) == 0 {
		return nil, nil
	}
	d := decompose(xs, args[2].(int64), args[3].(string), args[1].(int64), args[4].(float64))
	return writeDynamic([]any{realList(d.baseline), realList(d.seasonal), realList(d.trend), realList(d.residual)}), nil
}

type period struct {
	length int
	score  float64
}

// detectPeriods finds the lags at which the series resembles itself most: the
// local peaks of its autocorrelation, best first.
func detectPeriods(xs []float64, shortest, longest float64, count int) []period {
	var peaks []period
	lo, hi := max(2, int(math.Ceil(shortest))), min(len(xs)/2, int(longest))
	ac := func(lag int) float64 { return autocorrelation(xs, lag) }
	for lag := lo; lag <= hi; lag++ {
		score := ac(lag)
		if score > 0 && score >= ac(lag-1) && (lag+1 > len(xs)/2 || score >= ac(lag+1)) {
			peaks = append(peaks, period{lag, score})
		}
	}
	sort.SliceStable(peaks, func(i, j int) bool { return peaks[i].score > peaks[j].score })
	return peaks[:min(count, len(peaks))]
}

func autocorrelation(xs []float64, lag int) float64 {
	if lag <= 0 || lag >= len(xs) {
		return 1
	}
	r := pearson(xs[:len(xs)-lag], xs[lag:])
	if math.IsNaN(r) {
		return 0
	}
	return r
}

func evalSeriesPeriods(args []any) (any, error) {
	xs, ok := reals(args[0])
	if !ok {
		return nil, nil
	}
	var periods, scores []float64
	for _, p := range detectPeriods(fillGaps(xs), args[1].(float64), args[2].(float64), int(args[3].(int64))) {
		periods, scores = append(periods, float64(p.length)), append(scores, p.score)
	}
	return writeDynamic([]any{realList(periods), realList(scores)}), nil
}

func evalSeriesPeriodsValidate(args []any) (any, error) {
	xs, ok := reals(args[0])
	wanted, okW := reals(args[1])
	if !ok || !okW {
		return nil, nil
	}
	scores := make([]float64, len(wanted))
	for i, p := range wanted {
		if lag := int(math.Round(p)); lag >= 2 && lag <= len(xs)/2 {
			scores[i] = max(0, autocorrelation(fillGaps(xs), lag))
		}
	}
	return writeDynamic([]any{realList(wanted), realList(scores)}), nil
}
