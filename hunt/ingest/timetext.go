package ingest

import (
	"bytes"
	"strconv"
	"time"
)

// unixTicks is 1970-01-01 in 100 ns ticks since 0001-01-01 UTC.
const unixTicks = 621355968000000000

// moment is a parsed time.
type moment struct {
	ticks int64
	// order is set for a date written as a/b/year: first or second if one of
	// the two numbers is above twelve and so must be the day, either if not.
	order dayOrder
}

type dayOrder uint8

const (
	orderFixed  dayOrder = iota // year first, a dotted date or an epoch
	orderMonth                  // month first, proven
	orderDay                    // day first, proven
	orderEither                 // both readings are dates
)

// parseTime reads any of the time texts that audit exports hold. A text
// without a zone is UTC. dayFirst settles dates that could be read both ways.
func parseTime(b []byte, dayFirst bool) (moment, bool) {
	b = bytes.TrimSpace(b)
	if n := len(b); n > 1 && b[0] == '"' && b[n-1] == '"' {
		b = bytes.TrimSpace(b[1 : n-1])
	}
	if m, ok := epochDate(b); ok {
		return m, true
	}
	p := timeParser{b: b}
	m, ok := p.date(dayFirst)
	if !ok {
		return moment{}, false
	}
	if !p.clock() {
		return moment{}, false
	}
	zone, ok := p.zone()
	if !ok || p.i != len(p.b) {
		return moment{}, false
	}
	return p.moment(m, zone)
}

// epochDate reads /Date(ms)/, with or without a zone, and bare epochs: ten
// digits of seconds or thirteen of milliseconds.
func epochDate(b []byte) (moment, bool) {
	for _, open := range []string{"/Date(", `\/Date(`} {
		if !bytes.HasPrefix(b, []byte(open)) {
			continue
		}
		b = b[len(open):]
		end := bytes.IndexByte(b, ')')
		if end < 0 {
			return moment{}, false
		}
		b = b[:end]
		if k := bytes.LastIndexAny(b, "+-"); k > 0 {
			b = b[:k] // the zone of display; the number is UTC
		}
		ms, err := strconv.ParseInt(string(b), 10, 64)
		if err != nil || ms < -62135596800000 || ms > 253402300799999 {
			return moment{}, false
		}
		return moment{ticks: unixTicks + ms*10000}, true
	}
	n := digits(b, 0)
	if n != len(b) || n != 10 && n != 13 {
		return moment{}, false
	}
	v, _ := strconv.ParseInt(string(b), 10, 64)
	if n == 10 {
		v *= 1000
	}
	return moment{ticks: unixTicks + v*10000}, true
}

type timeParser struct {
	b                    []byte
	i                    int
	year, month, day     int
	hour, minute, second int
	frac                 int64 // ticks below the second
}

func (p *timeParser) int(maxDigits int) (v, n int) {
	for n < maxDigits && p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		v = v*10 + int(p.b[p.i]-'0')
		p.i++
		n++
	}
	return v, n
}

func (p *timeParser) byte(c byte) bool {
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *timeParser) spaces() {
	for p.i < len(p.b) {
		switch {
		case p.b[p.i] == ' ' || p.b[p.i] == '\t':
			p.i++
		case bytes.HasPrefix(p.b[p.i:], []byte("\u202f")): // before AM in newer browsers
			p.i += 3
		case bytes.HasPrefix(p.b[p.i:], []byte("\u00a0")):
			p.i += 2
		default:
			return
		}
	}
}

// date reads 2006-01-02, 2006/01/02, 1/2/2006, 02.01.2006 or 02-01-2006.
func (p *timeParser) date(dayFirst bool) (dayOrder, bool) {
	a, na := p.int(4)
	if na == 0 || p.i >= len(p.b) {
		return 0, false
	}
	sep := p.b[p.i]
	if sep != '-' && sep != '/' && sep != '.' {
		return 0, false
	}
	p.i++
	b, nb := p.int(2)
	if nb == 0 || !p.byte(sep) {
		return 0, false
	}
	c, nc := p.int(4)
	if na == 4 {
		p.year, p.month, p.day = a, b, c
		return orderFixed, nc == 1 || nc == 2
	}
	if na > 2 || nc != 4 {
		return 0, false
	}
	p.year = c
	order := orderEither
	switch {
	case sep != '/': // dotted and dashed dates are never American
		order, dayFirst = orderFixed, true
	case a > 12:
		order, dayFirst = orderDay, true
	case b > 12:
		order, dayFirst = orderMonth, false
	}
	if dayFirst {
		p.day, p.month = a, b
	} else {
		p.month, p.day = a, b
	}
	return order, true
}

// clock reads what follows the date: nothing, or a time with one- or two-digit
// hour, optional seconds, one to nine digits of fraction, AM or PM.
func (p *timeParser) clock() bool {
	if p.i == len(p.b) {
		return true
	}
	p.byte(',')
	if !p.byte('T') {
		p.spaces()
	}
	var n int
	if p.hour, n = p.int(2); n == 0 {
		return false
	}
	if !p.byte(':') {
		return false
	}
	if p.minute, n = p.int(2); n != 2 {
		return false
	}
	if p.byte(':') {
		if p.second, n = p.int(2); n != 2 {
			return false
		}
		if p.i < len(p.b) && (p.b[p.i] == '.' || p.b[p.i] == ',') && !p.fraction() {
			return false
		}
	}
	p.spaces()
	return p.halfDay()
}

func (p *timeParser) fraction() bool {
	p.i++
	n := digits(p.b, p.i)
	if n == 0 || n > 9 {
		return false
	}
	for k := 0; k < 7; k++ {
		p.frac *= 10
		if k < n {
			p.frac += int64(p.b[p.i+k] - '0')
		}
	}
	p.i += n
	return true
}

func (p *timeParser) halfDay() bool {
	if p.i+1 >= len(p.b) || p.b[p.i+1]|0x20 != 'm' {
		return true
	}
	c := p.b[p.i] | 0x20
	if c != 'a' && c != 'p' {
		return true
	}
	if p.hour < 1 || p.hour > 12 {
		return false
	}
	p.i += 2
	p.hour %= 12
	if c == 'p' {
		p.hour += 12
	}
	return true
}

// zone reads Z, UTC, GMT, +01:00, +0100 or nothing and returns seconds east.
func (p *timeParser) zone() (int, bool) {
	p.spaces()
	if p.i == len(p.b) {
		return 0, true
	}
	for _, word := range []string{"Z", "z", "UTC", "GMT"} {
		if bytes.HasPrefix(p.b[p.i:], []byte(word)) {
			p.i += len(word)
			p.spaces()
			return 0, true
		}
	}
	sign := 1
	switch p.b[p.i] {
	case '+':
	case '-':
		sign = -1
	default:
		return 0, false
	}
	p.i++
	h, n := p.int(2)
	if n != 2 || h > 14 {
		return 0, false
	}
	p.byte(':')
	m, n := p.int(2)
	if n == 1 || m > 59 {
		return 0, false
	}
	return sign * (h*3600 + m*60), true
}

func (p *timeParser) moment(order dayOrder, zone int) (moment, bool) {
	if p.year < 1 || p.month < 1 || p.month > 12 || p.day < 1 || p.hour > 23 || p.minute > 59 || p.second > 59 {
		return moment{}, false
	}
	t := time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.second, 0, time.UTC)
	if t.Day() != p.day {
		return moment{}, false
	}
	ticks := unixTicks + (t.Unix()-int64(zone))*10_000_000 + p.frac
	return moment{ticks: ticks, order: order}, ticks >= 0
}
