package duck

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

const (
	ticksPerSecond = int64(10_000_000)
	ticksPerDay    = 86_400 * ticksPerSecond
	unixTicks      = int64(621_355_968_000_000_000)
	maxTicks       = int64(3_155_378_975_999_999_999)
)

var timeFunctions = []Function{
	{Name: "kql_go_todatetime", Params: []schema.Type{schema.String}, Result: schema.DateTime, Eval: evalToDateTime},
	{Name: "kql_go_totimespan", Params: []schema.Type{schema.String}, Result: schema.TimeSpan, Eval: evalToTimeSpan},
	{Name: "kql_go_datetime_add", Params: []schema.Type{schema.String, schema.Long, schema.DateTime}, Result: schema.DateTime, Eval: evalDateTimeAdd},
	{Name: "kql_go_format_datetime", Params: []schema.Type{schema.DateTime, schema.String}, Result: schema.String, Eval: evalFormatDateTime},
	{Name: "kql_go_format_timespan", Params: []schema.Type{schema.TimeSpan, schema.String}, Result: schema.String, Eval: evalFormatTimeSpan},
	{Name: "kql_go_make_datetime", Params: []schema.Type{schema.Long, schema.Long, schema.Long, schema.Long, schema.Long, schema.Real}, Result: schema.DateTime, Eval: evalMakeDateTime},
	{Name: "kql_go_make_timespan", Params: []schema.Type{schema.Long, schema.Long, schema.Long, schema.Real}, Result: schema.TimeSpan, Eval: evalMakeTimeSpan},
	{Name: "kql_go_to_zone", Params: []schema.Type{schema.DateTime, schema.String, schema.Bool}, Result: schema.DateTime, Eval: evalToZone},
	{Name: "kql_go_toguid", Params: []schema.Type{schema.String}, Result: schema.GUID, Eval: evalToGUID},
}

func evalToDateTime(args []any) (any, error) {
	if t, ok := kql.ParseDateTime(args[0].(string)); ok {
		return t, nil
	}
	return nil, nil
}

func evalToTimeSpan(args []any) (any, error) {
	if t, ok := kql.ParseTimeSpan(args[0].(string)); ok {
		return t, nil
	}
	return nil, nil
}

func evalToGUID(args []any) (any, error) {
	if g, ok := kql.ParseGUID(args[0].(string)); ok {
		return g, nil
	}
	return nil, nil
}

// goTime returns the UTC time of ticks; the seventh digit is in its nanoseconds.
func goTime(ticks int64) time.Time {
	d := ticks - unixTicks
	sec := d / ticksPerSecond
	rest := d % ticksPerSecond
	return time.Unix(sec, rest*100).UTC()
}

// inRange returns ticks as a result, or null where KQL's calendar ends.
func inRange(ticks int64) (any, error) {
	if ticks < 0 || ticks > maxTicks {
		return nil, nil
	}
	return ticks, nil
}

func timeTicks(t time.Time) int64 {
	return t.Unix()*ticksPerSecond + int64(t.Nanosecond()/100) + unixTicks
}

var partTicks = map[string]int64{
	"week": 7 * ticksPerDay, "day": ticksPerDay, "hour": 3600 * ticksPerSecond, "minute": 60 * ticksPerSecond,
	"second": ticksPerSecond, "millisecond": 10_000, "microsecond": 10,
}

var partMonths = map[string]int64{"year": 12, "quarter": 3, "month": 1}

func evalDateTimeAdd(args []any) (any, error) {
	part, n, at := strings.ToLower(args[0].(string)), args[1].(int64), args[2].(int64)
	if part == "nanosecond" {
		return inRange(at + n/100)
	}
	if unit, ok := partTicks[part]; ok {
		if n > maxTicks/unit || n < -maxTicks/unit {
			return nil, nil
		}
		return inRange(at + n*unit)
	}
	months, ok := partMonths[part]
	if !ok || n > 120_000 || n < -120_000 {
		return nil, nil
	}
	return inRange(addMonths(at, n*months))
}

// addMonths keeps the day of the month, or takes the month's last one.
func addMonths(ticks, n int64) int64 {
	t := goTime(ticks)
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	day := first.AddDate(0, 0, min(t.Day(), last)-1)
	return timeTicks(day) + ticks%ticksPerDay
}

func evalFormatDateTime(args []any) (any, error) {
	ticks := args[0].(int64)
	t := goTime(ticks)
	h12 := t.Hour() % 12
	if h12 == 0 {
		h12 = 12
	}
	half := "AM"
	if t.Hour() >= 12 {
		half = "PM"
	}
	parts := map[byte]int64{
		'y': int64(t.Year()), 'M': int64(t.Month()), 'd': int64(t.Day()), 'H': int64(t.Hour()),
		'h': int64(h12), 'm': int64(t.Minute()), 's': int64(t.Second()),
	}
	return formatParts(args[1].(string), parts, ticks%ticksPerSecond, half), nil
}

func evalFormatTimeSpan(args []any) (any, error) {
	ticks, sign := args[0].(int64), ""
	if ticks < 0 {
		ticks, sign = -ticks, "-"
	}
	sec := ticks / ticksPerSecond
	parts := map[byte]int64{
		'd': sec / 86400, 'H': sec / 3600 % 24, 'h': sec / 3600 % 24, 'm': sec / 60 % 60, 's': sec % 60,
	}
	return sign + formatParts(args[1].(string), parts, ticks%ticksPerSecond, ""), nil
}

// formatWidths are the longest runs that format_datetime reads as one
// specifier; longer runs are cut into several.
var formatWidths = map[byte]int{'y': 4, 'M': 2, 'd': 2, 'H': 2, 'h': 2, 'm': 2, 's': 2, 'f': 7, 'F': 7, 't': 2}

func formatParts(layout string, parts map[byte]int64, frac int64, half string) string {
	if half == "" {
		formatWidthDays := 8
		return formatRuns(layout, parts, frac, half, formatWidthDays)
	}
	return formatRuns(layout, parts, frac, half, 2)
}

func formatRuns(layout string, parts map[byte]int64, frac int64, half string, dayWidth int) string {
	var b strings.Builder
	for i := 0; i < len(layout); {
		c := layout[i]
		width, known := formatWidths[c]
		if c == 'd' {
			width = dayWidth
		}
		if !known {
			b.WriteByte(c)
			i++
			continue
		}
		n := 1
		for i+n < len(layout) && layout[i+n] == c && n < width {
			n++
		}
		b.WriteString(formatRun(c, n, parts, frac, half))
		i += n
	}
	return b.String()
}

func formatRun(c byte, n int, parts map[byte]int64, frac int64, half string) string {
	digits := strconv.FormatInt(frac+ticksPerSecond, 10)[1:]
	switch c {
	case 'f':
		return digits[:n]
	case 'F':
		return strings.TrimRight(digits[:n], "0")
	case 't':
		return half[:min(n, len(half))]
	}
	v, ok := parts[c]
	if !ok {
		return strings.Repeat(string(c), n)
	}
	if c == 'y' && n <= 2 {
		v %= 100
	}
	s := strconv.FormatInt(v, 10)
	return strings.Repeat("0", max(0, n-len(s))) + s
}

func evalMakeDateTime(args []any) (any, error) {
	var p [5]int
	for i := range p {
		v := args[i].(int64)
		if v < 0 || v > 9999 {
			return nil, nil
		}
		p[i] = int(v)
	}
	sec := args[5].(float64)
	t := time.Date(p[0], time.Month(p[1]), p[2], p[3], p[4], 0, 0, time.UTC)
	if sec < 0 || sec >= 60 || t.Day() != p[2] || t.Hour() != p[3] || t.Minute() != p[4] || int(t.Month()) != p[1] {
		return nil, nil
	}
	return inRange(timeTicks(t) + int64(math.Round(sec*float64(ticksPerSecond))))
}

func evalMakeTimeSpan(args []any) (any, error) {
	d, h, m, sec := args[0].(int64), args[1].(int64), args[2].(int64), args[3].(float64)
	if h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec >= 60 || d > 10_675_198 || d < 0 {
		return nil, nil
	}
	return ((d*24+h)*60+m)*60*ticksPerSecond + int64(math.Round(sec*float64(ticksPerSecond))), nil
}

// evalToZone shifts a UTC time into the named zone, or back where the last
// argument is true.
func evalToZone(args []any) (any, error) {
	loc, err := time.LoadLocation(args[1].(string))
	if err != nil || args[1].(string) == "Local" {
		return nil, nil
	}
	t := goTime(args[0].(int64))
	if args[2].(bool) {
		wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc)
		return inRange(timeTicks(wall))
	}
	_, off := t.In(loc).Zone()
	return inRange(args[0].(int64) + int64(off)*ticksPerSecond)
}
