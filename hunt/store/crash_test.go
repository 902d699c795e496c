//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hunt365/hunt365/hunt/schema"
	"github.com/hunt365/hunt365/hunt/store"
)

// The crash tests run imports in processes of their own, which are this test
// binary with helperEnv set to the case's folder, how much to import and, if
// the process is to kill itself, before which step.
const helperEnv = "HUNT365_STORE_HELPER"

func TestMain(m *testing.M) {
	if task := os.Getenv(helperEnv); task != "" {
		if err := crashHelper(task); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func crashHelper(task string) error {
	f := strings.Split(task, "\n")
	records, _ := strconv.Atoi(f[1])
	last, _ := strconv.Atoi(f[2])
	steps := 0
	opts := options().WithSegments(int64(records)/7 + 1).WithFault(func(step string) error {
		steps++
		if steps == last {
			fmt.Println(step)
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return nil
	})
	return crashImport(f[0], records, opts)
}

// crashImport imports in two parts, logs of two kinds that overlap in time.
func crashImport(dir string, records int, opts store.Options) (err error) {
	c, err := store.Open(dir, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	both := append(ual(0, records), native(records/2, records/4)...)
	if _, err := c.Append(context.Background(), "test", feed(both)); err != nil {
		return err
	}
	_, err = c.Append(context.Background(), "test", feed(ual(records/2, records)))
	return err
}

// state is what must not depend on crashes.
func state(t *testing.T, dir string) []string {
	t.Helper()
	intact(t, dir)
	c := open(t, dir, reading())
	defer c.Close()
	return append(counts(t, c),
		query(t, c, `SELECT md5(string_agg(Operation || AuditData || TimeGenerated, ',' ORDER BY _Id)) FROM "UnifiedAuditLog"`, schema.String)[0],
		query(t, c, `SELECT md5(string_agg(_Id || OperationName || SourceSystem, ',' ORDER BY _Id)) FROM "AuditLogs"`, schema.String)[0])
}

func undisturbed(t *testing.T, records int) (found []string, took time.Duration) {
	t.Helper()
	dir := t.TempDir()
	began := time.Now()
	if err := crashImport(dir, records, options().WithSegments(int64(records)/7+1)); err != nil {
		t.Fatal(err)
	}
	return state(t, dir), time.Since(began)
}

func helper(dir string, records, step int) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s\n%d\n%d", helperEnv, dir, records, step))
	return cmd
}

// A process that dies before any step leaves a case that the next import
// completes to what an undisturbed one makes.
func TestKilledBeforeEachStep(t *testing.T) {
	const records = 60
	want, _ := undisturbed(t, records)
	for step := 1; ; step++ {
		dir := t.TempDir()
		out, err := helper(dir, records, step).Output()
		if err == nil {
			if step < 20 {
				t.Errorf("only %d steps", step-1)
			}
			return // it had fewer steps
		}
		name := fmt.Sprintf("killed at step %d (%s)", step, strings.TrimSpace(string(out)))
		if len(out) == 0 {
			t.Fatalf("step %d: %v", step, err)
		}
		if step%3 == 0 { // and once more while it recovers
			_ = helper(dir, records, 2).Run()
		}
		if err := crashImport(dir, records, options()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		same(t, name, want, state(t, dir))
	}
}

// The same with kill -9 at random moments, several times in a row.
func TestKilledAtRandom(t *testing.T) {
	if testing.Short() {
		t.Skip("20 imports")
	}
	const records = 4000
	want, took := undisturbed(t, records)
	random := rand.New(rand.NewPCG(1, 2))
	for run := range 20 {
		dir := t.TempDir()
		for range 1 + run%3 {
			cmd := helper(dir, records, 0)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(time.Duration(random.Float64()*float64(took)*1.3), func() { _ = cmd.Process.Kill() })
			_ = cmd.Wait() // killed or not
			timer.Stop()
		}
		if err := crashImport(dir, records, options()); err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("run %d", run), want, state(t, dir))
	}
}
