package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// writeFile replaces the file at path, so that a crash leaves the old or the
// new one.
func writeFile(path string, data []byte) error {
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", tmp, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Ticks is a moment in 100 ns steps since 0001-01-01 UTC; in JSON it is a
// time, or absent when zero.
type Ticks int64

const ticksPerSecond = 10_000_000

var tickEpoch = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

// TicksOf returns t in ticks.
func TicksOf(t time.Time) Ticks {
	return Ticks((t.Unix()-tickEpoch)*ticksPerSecond + int64(t.Nanosecond())/100)
}

// Time returns the moment in UTC.
func (t Ticks) Time() time.Time {
	return time.Unix(int64(t)/ticksPerSecond+tickEpoch, int64(t)%ticksPerSecond*100).UTC()
}

// MarshalText writes the moment as ISO 8601.
func (t Ticks) MarshalText() ([]byte, error) {
	return t.Time().AppendFormat(nil, time.RFC3339Nano), nil
}

// UnmarshalText reads what MarshalText wrote.
func (t *Ticks) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339Nano, string(text))
	*t = TicksOf(at)
	return err
}

// nullTicks is t for a nullable column.
func nullTicks(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return int64(TicksOf(t))
}
