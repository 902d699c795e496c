package kql

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	ticksPerSecond = int64(10_000_000)
	ticksPerDay    = 86_400 * ticksPerSecond
	unixTicks      = int64(621_355_968_000_000_000) // 1970-01-01
	maxTicks       = int64(3_155_378_975_999_999_999)
)

// timeUnits are the suffixes of timespan literals, in nanoseconds.
var timeUnits = unitTable(map[string]int64{
	"d day days": 86_400e9, "h hr hrs hour hours": 3_600e9, "m min minute minutes": 60e9,
	"s sec second seconds": 1e9, "ms milli millis millisecond milliseconds": 1e6,
	"micro micros microsecond microseconds": 1e3, "nano nanos nanosecond nanoseconds": 1,
	"tick ticks": 100,
})

func unitTable(rows map[string]int64) map[string]int64 {
	out := map[string]int64{}
	for names, ns := range rows {
		for _, n := range strings.Fields(names) {
			out[n] = ns
		}
	}
	return out
}

// parseUnits reads a number with a time unit, such as 1.5h or -10m, as ticks.
func parseUnits(s string) (int64, bool) {
	i := strings.IndexFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' })
	if i <= 0 {
		return 0, false
	}
	ns, num := timeUnits[s[i:]], strings.TrimSpace(s[:i])
	if ns == 0 {
		return 0, false
	}
	if n, err := strconv.ParseInt(num, 10, 64); err == nil && ns >= 100 {
		t := n * (ns / 100)
		return t, t/(ns/100) == n
	}
	f, err := strconv.ParseFloat(num, 64)
	f = math.Round(f * float64(ns) / 100)
	return int64(f), err == nil && math.Abs(f) < math.MaxInt64
}

var clockPattern = regexp.MustCompile(`^([+-]?)(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$`)

// ParseTimeSpan reads a timespan as KQL's timespan(...) and totimespan do:
// 1.02:03:04.5, 12:30, 1.5h, or a bare number of days. The result is in ticks.
func ParseTimeSpan(s string) (ticks int64, ok bool) {
	s = strings.TrimSpace(s)
	if m := clockPattern.FindStringSubmatch(s); m != nil {
		return clockTicks(m)
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n * ticksPerDay, n > -10_675_200 && n < 10_675_200
	}
	return parseUnits(s)
}

func clockTicks(m []string) (int64, bool) {
	num := func(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }
	h, mi, sec := num(m[3]), num(m[4]), num(m[5])
	frac := num((m[6] + "0000000")[:7])
	days := num(m[2])
	if h > 23 || mi > 59 || sec > 59 || days > 10_675_199 {
		return 0, false
	}
	t := ((days*24+h)*60+mi)*60*ticksPerSecond + sec*ticksPerSecond + frac
	if m[1] == "-" {
		t = -t
		return t, t <= 0
	}
	return t, t >= 0
}

var datePattern = regexp.MustCompile(`^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ]\s*(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?)?)?)?\s*(Z|z|[+-]\d{2}:?\d{2})?$`)

// looseDate finds dates such as 2024 - 05 - 01 and 2024, 5, 1.
var looseDate = regexp.MustCompile(`^(\d{4})\s*[-,]\s*(\d{1,2})\s*[-,]\s*(\d{1,2})`)

// dateLayouts are the other forms that KQL reads: RFC 822, RFC 850, asctime and
// American dates.
var dateLayouts = []string{
	time.RFC1123, time.RFC1123Z, "Mon, 2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 MST", "02 Jan 06 15:04 MST",
	time.RFC850, time.ANSIC, "Mon, 02 Jan 06 15:04:05 MST", "Monday, January 2, 2006", "January 2, 2006", "2 January 2006",
	"2 Jan 2006", "2 Jan 2006 15:04:05", "Jan 2 2006", "Jan 2, 2006", "1/2/2006", "1/2/2006 15:04", "1/2/2006 15:04:05", "1/2/2006 3:04:05 PM",
	"2006/1/2", "1-2-2006", "1-2-2006 15:04:05", "2006/1/2 15:04:05", "20060102",
}

// ParseDateTime reads a datetime as KQL's datetime(...) and todatetime do, and
// returns it in ticks since 0001-01-01 UTC. A time without a zone is UTC.
func ParseDateTime(s string) (ticks int64, ok bool) {
	s = strings.TrimSpace(s)
	if m := datePattern.FindStringSubmatch(s); m != nil {
		return isoTicks(m)
	}
	loose := looseDate.ReplaceAllString(s, "$1-$2-$3")
	if m := datePattern.FindStringSubmatch(loose); m != nil {
		return isoTicks(m)
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			n := t.Unix()*ticksPerSecond + int64(t.Nanosecond()/100) + unixTicks
			return n, n >= 0 && n <= maxTicks
		}
	}
	return 0, false
}

func isoTicks(m []string) (int64, bool) {
	num := func(s string, missing int) int {
		if s == "" {
			return missing
		}
		n, _ := strconv.Atoi(s)
		return n
	}
	y, mo, d := num(m[1], 1), num(m[2], 1), num(m[3], 1)
	h, mi, sec := num(m[4], 0), num(m[5], 0), num(m[6], 0)
	frac := num((m[7] + "0000000")[:7], 0)
	t := time.Date(y, time.Month(mo), d, h, mi, sec, 0, time.UTC)
	if t.Year() != y || int(t.Month()) != mo || t.Day() != d || h > 23 || mi > 59 || sec > 59 {
		return 0, false
	}
	n := t.Unix()*ticksPerSecond + unixTicks + int64(frac)
	if z := m[8]; len(z) > 1 {
		off := int64(num(z[1:3], 0)*3600+num(z[len(z)-2:], 0)*60) * ticksPerSecond
		if z[0] == '+' {
			off = -off
		}
		n += off
	}
	return n, n >= 0 && n <= maxTicks
}

var guidPattern = regexp.MustCompile(`^\{?([0-9a-fA-F]{8})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{12})\}?$`)

// ParseGUID reads a guid and returns it in lower case with dashes.
func ParseGUID(s string) (string, bool) {
	m := guidPattern.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return "", false
	}
	return strings.ToLower(strings.Join(m[1:], "-")), true
}

var decimalPattern = regexp.MustCompile(`^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?$`)

// unquoteString returns the text that a tString token stands for. On a bad
// escape, at is its offset within text.
func unquoteString(text string) (value string, obfuscated bool, at int, ok bool) {
	body := text
	if body[0] == 'h' || body[0] == 'H' {
		obfuscated, body = true, body[1:]
	}
	if strings.HasPrefix(body, "```") || strings.HasPrefix(body, "~~~") {
		return body[3 : len(body)-3], obfuscated, 0, true
	}
	if body[0] == '@' {
		q := body[1:2]
		return strings.ReplaceAll(body[2:len(body)-1], q+q, q), obfuscated, 0, true
	}
	offset := len(text) - len(body) + 1
	body = body[1 : len(body)-1]
	if !strings.Contains(body, `\`) {
		return body, obfuscated, 0, true
	}
	value, at, ok = unescape(body)
	return value, obfuscated, offset + at, ok
}

var simpleEscapes = map[byte]byte{
	'\'': '\'', '"': '"', '\\': '\\', 'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
}

// unescape resolves the backslash escapes of s.
func unescape(s string) (value string, at int, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			i++
			continue
		}
		n := 0
		if i+1 < len(s) {
			if c, found := simpleEscapes[s[i+1]]; found {
				b.WriteByte(c)
				i += 2
				continue
			}
			n = codeEscape(&b, s[i+1:])
		}
		if n == 0 {
			return "", i, false
		}
		i += 1 + n
	}
	return b.String(), 0, true
}

// codeEscape writes the character of \xHH, \uHHHH, \UHHHHHHHH or an octal
// escape and returns how many bytes of s, after the backslash, it took.
// Surrogate pairs of \u escapes become one character.
func codeEscape(b *strings.Builder, s string) int {
	width := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	if width == 0 {
		n := 0
		for n < len(s) && n < 3 && s[n] >= '0' && s[n] <= '7' {
			n++
		}
		if n > 0 {
			v, _ := strconv.ParseUint(s[:n], 8, 32)
			b.WriteRune(rune(v))
		}
		return n
	}
	v, ok := hexAt(s, 1, width)
	if !ok {
		return 0
	}
	n := 1 + width
	if v >= 0xd800 && v < 0xdc00 && strings.HasPrefix(s[n:], `\u`) {
		if low, ok := hexAt(s, n+2, 4); ok && low >= 0xdc00 && low < 0xe000 {
			b.WriteRune(rune(0x10000 + (v-0xd800)<<10 + (low - 0xdc00)))
			return n + 6
		}
	}
	if v > utf8.MaxRune {
		return 0
	}
	b.WriteRune(rune(v))
	return n
}

func hexAt(s string, from, width int) (uint64, bool) {
	if from+width > len(s) {
		return 0, false
	}
	v, err := strconv.ParseUint(s[from:from+width], 16, 32)
	return v, err == nil
}
