package main

import (
	"compress/gzip"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// updateScripts rewrites what the scripts compare with: go test -run TestScripts -update.
var updateScripts = flag.Bool("update", false, "rewrite the golden files in the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hunt365": main, "hunt365-loopback": loopbackMain})
}

// TestScripts runs the program as a user would: testdata/script/*.txtar.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *updateScripts,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"binary":   binary,
			"truncate": truncateGzip,
		},
		Condition: func(cond string) (bool, error) {
			return cond == "root" && os.Getuid() == 0, nil
		},
	})
}

// exits runs hunt365 and wants an exit code: exits CODE ARGS...
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("hunt365", args[1:]...)
	got := 0
	if err != nil {
		status, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("hunt365: %v", err)
		}
		got = status.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// binary writes bytes that a script cannot hold: binary FILE GO-QUOTED-TEXT
func binary(ts *testscript.TestScript, _ bool, args []string) {
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// truncateGzip compresses a file and drops the end: truncate OUT IN
func truncateGzip(ts *testscript.TestScript, _ bool, args []string) {
	text, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, err = w.Write(text)
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()[:b.Len()*3/4]), 0o600))
}
