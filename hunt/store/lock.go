package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// LockedError says that the case is in use.
type LockedError struct {
	Writer bool   // the holder writes; otherwise others read
	PID    int    // of the writer
	Host   string // of the writer
	What   string // what the writer does
	Since  time.Time
}

// Error names the holder.
func (e *LockedError) Error() string {
	if !e.Writer {
		return "the case is being read by another hunt365; it can be changed when that has ended"
	}
	what := e.What
	if what == "" {
		what = "hunt365"
	}
	return fmt.Sprintf("the case is locked by %s (process %d on %s, since %s)", what, e.PID, e.Host, e.Since.UTC().Format(time.RFC3339))
}

// lock is a lock on a case: shared for readers, exclusive for one writer. The
// system drops it when the process ends, however it ends.
type lock struct {
	file  *os.File
	write bool
}

// holder is what a writer leaves in the lock file for others to read.
type holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	What  string    `json:"what"`
	Since time.Time `json:"since"`
}

func acquire(path string, write bool, what string, now time.Time) (*lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock(f, write); err != nil {
		if errors.Is(err, errBusy) {
			err = busy(f)
		}
		return nil, errors.Join(err, f.Close())
	}
	l := &lock{file: f, write: write}
	if write {
		host, _ := os.Hostname() // only for the message
		data, _ := json.Marshal(holder{os.Getpid(), host, what, now.UTC()})
		err = errors.Join(f.Truncate(0), writeAt(f, data))
	}
	if err != nil {
		return nil, errors.Join(err, l.release())
	}
	return l, nil
}

func writeAt(f *os.File, data []byte) error {
	_, err := f.WriteAt(data, 0)
	return err
}

// busy describes who holds the lock. A writer's note that is left while
// readers hold the lock was emptied when the writer let go.
func busy(f *os.File) error {
	var h holder
	data, _ := io.ReadAll(io.NewSectionReader(f, 0, 4096))
	if json.Unmarshal(data, &h) != nil {
		return &LockedError{}
	}
	return &LockedError{Writer: true, PID: h.PID, Host: h.Host, What: h.What, Since: h.Since}
}

func (l *lock) release() error {
	if l == nil {
		return nil
	}
	var err error
	if l.write {
		err = l.file.Truncate(0)
	}
	return errors.Join(err, l.file.Close())
}
