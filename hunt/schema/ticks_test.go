package schema_test

import (
	"math"
	"testing"
	"time"

	"github.com/hunt365/hunt365/hunt/schema"
)

func TestTicks(t *testing.T) {
	for _, want := range []string{
		"0001-01-01T00:00:00Z", "1969-12-31T23:59:59.9999999Z", "2026-10-03T08:11:02Z",
		"2299-12-31T00:00:00Z", "9999-12-31T23:59:59.9999999Z",
	} {
		parsed, err := time.Parse(time.RFC3339Nano, want)
		if err != nil {
			t.Fatal(err)
		}
		if got := schema.FormatDateTime(schema.Ticks(parsed)); got != want {
			t.Errorf("datetime %s came back as %s", want, got)
		}
	}
}

func TestFormatTimeSpan(t *testing.T) {
	for ticks, want := range map[int64]string{
		0:               "00:00:00",
		10_000_000:      "00:00:01",
		-5_000_000:      "-00:00:00.5000000",
		937_845_000_000: "1.02:03:04.5000000",
		math.MinInt64:   "-10675199.02:48:05.4775808",
	} {
		if got := schema.FormatTimeSpan(ticks); got != want {
			t.Errorf("timespan %d is %s, want %s", ticks, got, want)
		}
	}
}
