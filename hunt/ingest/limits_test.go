package ingest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// walkAll imports paths and returns what was said of each file.
func walkAll(t *testing.T, o Options, paths ...string) (map[string]File, int, []Reject) {
	t.Helper()
	files := map[string]File{}
	var rejects []Reject
	n := 0
	o.OnFile = func(f File) { files[filepath.Base(f.Name)] = f }
	o.OnReject = func(r Reject) { rejects = append(rejects, r) }
	if err := Walk(context.Background(), paths, o, func(*Record) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return files, n, rejects
}

// endless yields size bytes of c without holding them.
type endless struct {
	c    byte
	left int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), e.left))
	for i := range p[:n] {
		p[i] = e.c
	}
	e.left -= int64(n)
	return n, nil
}

func TestHugeLine(t *testing.T) {
	for _, tt := range []struct{ name, before, after string }{
		{"json", string(auditLine(1)) + `{"CreationTime":"`, "\"}\n" + string(auditLine(2))},
		{"csv", "CreationDate,UserIds,Operations,AuditData\n1/2/2026,a,b,\"", "\"\n1/2/2026,a,b,{}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := io.MultiReader(strings.NewReader(tt.before), &endless{'x', 300 << 20}, strings.NewReader(tt.after))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			files, n, rejects := walkAll(t, Options{Stdin: in, MaxLine: 16 << 20}, "-")
			runtime.ReadMemStats(&after)
			if len(rejects) != 1 || !strings.Contains(rejects[0].Reason, "larger than 16 MB") || len(rejects[0].Raw) > maxRejectRaw {
				t.Errorf("rejects: %d", len(rejects))
			}
			if n == 0 || files["-"].State != Taken {
				t.Errorf("%d records, %+v", n, files["-"])
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20 {
				t.Errorf("%d MB allocated", used>>20)
			}
		})
	}
}

func TestZstdBomb(t *testing.T) {
	var b bytes.Buffer
	z, _ := zstd.NewWriter(&b)
	if _, err := io.Copy(z, &endless{' ', 200 << 20}); err != nil {
		t.Fatal(err)
	}
	z.Close()
	files, _, _ := walkAll(t, Options{Stdin: &b}, "-")
	if !errors.Is(files["-"].Err, errBomb) {
		t.Errorf("%+v", files["-"])
	}
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "b", "deep")
	if err := errors.Join(os.MkdirAll(sub, 0o755), os.WriteFile(filepath.Join(sub, "x.json"), auditLine(1), 0o600),
		os.WriteFile(filepath.Join(dir, "a.json"), auditLine(2), 0o600), os.Symlink(dir, filepath.Join(sub, "loop")),
		os.Symlink(filepath.Join(dir, "nothing"), filepath.Join(dir, "dangling"))); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(locked, 0o700)
	files, n, _ := walkAll(t, Options{}, dir, filepath.Join(dir, "missing"))
	if n != 2 {
		t.Errorf("%d records", n)
	}
	want := map[string]State{"a.json": Taken, "x.json": Taken, "loop": Skipped, "dangling": Failed, "missing": Failed}
	if os.Geteuid() != 0 {
		want["locked"] = Failed
	}
	for name, state := range want {
		if files[name].State != state {
			t.Errorf("%s: %+v, want %s", name, files[name], state)
		}
	}
}

// TestStop: an error of the caller ends the walk and comes back as it is.
func TestStop(t *testing.T) {
	stop := errors.New("disk full")
	err := Walk(context.Background(), []string{"-"}, Options{Stdin: bytes.NewReader(auditLine(1))}, func(*Record) error { return stop })
	if err != stop {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err = Walk(ctx, []string{"-"}, Options{Stdin: bytes.NewReader(auditLine(1))}, func(*Record) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
