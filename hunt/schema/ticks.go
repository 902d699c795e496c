package schema

import (
	"fmt"
	"strings"
	"time"
)

const (
	ticksPerSecond = int64(time.Second / 100)
	secondsToUnix  = int64(62_135_596_800) // 0001-01-01 to 1970-01-01
	maxTicks       = int64(3_155_378_975_999_999_999)
)

// Ticks returns t as a datetime value: 100 ns steps since 0001-01-01 UTC. Times
// outside KQL's range are clamped to it.
func Ticks(t time.Time) int64 {
	seconds := t.Unix() + secondsToUnix
	if seconds < 0 {
		return 0
	}
	if seconds > maxTicks/ticksPerSecond {
		return maxTicks
	}
	return seconds*ticksPerSecond + int64(t.Nanosecond())/100
}

// Time returns the UTC time of a datetime value.
func Time(ticks int64) time.Time {
	return time.Unix(ticks/ticksPerSecond-secondsToUnix, ticks%ticksPerSecond*100).UTC()
}

// FormatDateTime returns a datetime value as ISO 8601 with Z and as many of its
// seven fractional digits as are needed.
func FormatDateTime(ticks int64) string {
	return Time(ticks).Format("2006-01-02T15:04:05.9999999Z")
}

// FormatTimeSpan returns a timespan as [-][d.]hh:mm:ss[.fffffff], which is how
// KQL prints it.
func FormatTimeSpan(ticks int64) string {
	var b strings.Builder
	rest := uint64(ticks)
	if ticks < 0 {
		b.WriteByte('-')
		rest = -rest
	}
	per := uint64(ticksPerSecond)
	seconds := rest / per
	if days := seconds / 86_400; days > 0 {
		fmt.Fprintf(&b, "%d.", days)
	}
	fmt.Fprintf(&b, "%02d:%02d:%02d", seconds/3600%24, seconds/60%60, seconds%60)
	if frac := rest % per; frac > 0 {
		fmt.Fprintf(&b, ".%07d", frac)
	}
	return b.String()
}
