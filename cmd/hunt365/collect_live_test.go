package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/graphtest"
)

// hurried is a clock that runs many times faster than real time, the same in
// every process that shares its epoch.
type hurried struct{ epoch time.Time }

const haste = 20_000

func (c hurried) Now() time.Time { return demoNow.Add(time.Since(c.epoch) * haste).UTC() }

func (c hurried) Sleep(ctx context.Context, d time.Duration) error {
	return graph.SystemClock{}.Sleep(ctx, d/haste)
}

// loopbackMain is the program, in front of a fake tenant that another process
// serves.
func loopbackMain() {
	nanos, _ := strconv.ParseInt(os.Getenv("LOOPBACK_EPOCH"), 10, 64)
	root := os.Getenv("LOOPBACK_ROOT")
	p := &program{in: os.Stdin, out: os.Stdout, err: os.Stderr, fake: &fakeTenant{
		cloud:  graph.Cloud{Name: "global", Graph: root, Login: root + "/", Activity: root},
		client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}, //nolint:gosec // a test's own server
		clock:  hurried{time.Unix(0, nanos)},
	}}
	os.Exit(p.run(os.Args[1:]))
}

// loopback is a fake tenant and the line that collects it in a process of its own.
type loopback struct {
	server *graphtest.Server
	env    []string
	line   []string
	dir    string
}

func newLoopback(t *testing.T, seed uint64) *loopback {
	t.Helper()
	clock := hurried{time.Now()}
	l := &loopback{dir: filepath.Join(t.TempDir(), "case"), server: &graphtest.Server{
		Tenant: graphtest.NewTenant(graphtest.Config{Seed: seed, Now: demoNow.Add(-time.Minute), Days: 6, Users: 24, Daily: 120, Audits: 90}), Now: clock.Now, Secret: "right",
		Faults: graphtest.Faults{Truncate: 0.05, Reset: 0.05, Duplicate: 0.1, Empty: 0.1, ServerError: 0.05, ExpireToken: 0.03},
	}}
	for _, s := range graph.Sources() {
		l.server.Scopes = append(append(l.server.Scopes, s.Permits...), s.Also...)
	}
	live := graphtest.Serve(l.server)
	t.Cleanup(live.Close)
	l.env = append(os.Environ(), "LOOPBACK_ROOT="+live.URL, "LOOPBACK_EPOCH="+strconv.FormatInt(clock.epoch.UnixNano(), 10), "HUNT365_CLIENT_SECRET=right", "XDG_CONFIG_HOME="+t.TempDir())
	l.line = []string{
		"collect", "--tenant", l.server.Tenant.ID, "--auth", "secret", "--client-id", "app", "--since", demoNow.AddDate(0, 0, -8).Format(time.DateOnly), "--all-users",
		"--sources", "signin-interactive,signin-noninteractive,directory-audits,provisioning,ual,users,message-rules,domains,federation", "--case", l.dir,
	}
	return l
}

// start starts a line of the program.
func (l *loopback) start(t *testing.T, line ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command("hunt365-loopback", line...)
	cmd.Env, cmd.Stdout, cmd.Stderr = l.env, &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &said
}

// line runs a line of the program and returns its exit code and what it said.
func (l *loopback) run(t *testing.T, line ...string) (int, string) {
	t.Helper()
	cmd, said := l.start(t, line...)
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), said.String()
}

// TestStoppedAtAnyMoment stops the collecting program with ctrl-c or kill -9 at
// random moments. Each time the case is whole and can be hunted in, and in the
// end the same line has collected exactly the truth.
func TestStoppedAtAnyMoment(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			l := newLoopback(t, 70+uint64(len(signal.String())))
			rng := rand.New(rand.NewPCG(3, 9))
			stopped, midway := 0, 0
			for try := range 6 {
				if l.stopAfter(t, signal, time.Duration(20+rng.IntN(60+60*try))*time.Millisecond) {
					stopped++
				}
				if isCase(l.dir) {
					midway++
					if code, said := l.run(t, "case", "verify", "--case", l.dir); code != exitClean {
						t.Fatalf("the case is broken, exit code %d:\n%s", code, said)
					}
				}
			}
			if stopped == 0 || midway == 0 {
				t.Errorf("the program was stopped %d times, %d of them with a case", stopped, midway)
			}
			if code, said := l.run(t, "hunt", "--case", l.dir); code != exitIncomplete && code != exitFindings && code != exitClean {
				t.Errorf("hunting ends with %d:\n%s", code, said)
			}
			if code, said := l.run(t, l.line...); code != exitIncomplete && code != exitClean { // rules that cannot be expressed
				t.Fatalf("collecting ends with %d:\n%s", code, said)
			}
			l.check(t)
			t.Logf("stopped %d times, %d of them with a case", stopped, midway)
		})
	}
}

// stopAfter collects for a while and reports whether the program was stopped
// before it ended by itself.
func (l *loopback) stopAfter(t *testing.T, signal os.Signal, wait time.Duration) bool {
	t.Helper()
	cmd, said := l.start(t, l.line...)
	timer := time.AfterFunc(wait, func() { _ = cmd.Process.Signal(signal) })
	defer timer.Stop()
	_ = cmd.Wait()
	code := cmd.ProcessState.ExitCode()
	switch {
	case code == exitInterrupted:
		if text := strings.TrimSpace(said.String()); !strings.HasSuffix(text, "hunt365: interrupted") || isCase(l.dir) && strings.Contains(text, "source  ") && !strings.Contains(text, "the same line again goes on") {
			t.Errorf("interrupted, it says:\n%s", text)
		}
		return true
	case code == -1: // by the signal: killed, or interrupted before it listened
		return true
	case code != exitClean && code != exitIncomplete:
		t.Fatalf("collecting ends with %d:\n%s", code, said)
	}
	return false
}

// check compares the case with the tenant, record by record.
func (l *loopback) check(t *testing.T) {
	t.Helper()
	audited := map[string]bool{} // a logon in the audit log may stand in for a sign-in that its own log lacks
	for _, i := range l.server.Tenant.Lists[graphtest.AuditRecords] {
		audited[i.ID] = true
	}
	kinds := map[string]string{"SigninLogs": "interactiveUser", "AADNonInteractiveUserSignInLogs": "nonInteractiveUser"}
	for table, path := range map[string]string{
		"SigninLogs": graphtest.SignIns, "AADNonInteractiveUserSignInLogs": graphtest.SignIns, "AuditLogs": graphtest.DirectoryAudits,
		"AADProvisioningLogs": graphtest.Provisioning, "UnifiedAuditLog": graphtest.AuditRecords,
	} {
		code, text := l.run(t, "query", "--case", l.dir, "--format", "csv", table+" | summarize by _Id | order by _Id asc")
		if code != exitClean {
			t.Fatalf("query of %s ends with %d:\n%s", table, code, text)
		}
		have := map[string]bool{}
		for _, id := range strings.Fields(text)[1:] {
			have[id] = table == "UnifiedAuditLog" || !audited[id]
		}
		maps.DeleteFunc(have, func(_ string, own bool) bool { return !own })
		want := 0
		for _, i := range l.server.Tenant.Lists[path] {
			if kinds[table] != "" && kinds[table] != i.Kind {
				continue
			}
			if want++; !have[i.ID] {
				t.Errorf("%s lacks %s", table, i.ID)
			}
		}
		if len(have) != want {
			t.Errorf("%s holds %d records, want %d", table, len(have), want)
		}
	}
}

// What cannot be complete is said by collect and by hunt alike: both end with 3.
func TestIncompleteIsSaidToTheEnd(t *testing.T) {
	tests := []struct {
		name   string
		faults graphtest.Faults
		change func(*graphtest.Tenant)
		state  string
	}{
		{"no licence", graphtest.Faults{Unlicensed: map[string]bool{"/auditLogs/signIns": true}}, nil, "not-licensed"},
		{"no permission", graphtest.Faults{Deny: map[string]int{"/auditLogs/directoryAudits": 403}}, nil, "not-permitted"},
		{"auditing off", graphtest.Faults{}, func(t *graphtest.Tenant) { t.Lists[graphtest.AuditRecords] = nil }, "not-logged"},
		{"record limit", graphtest.Faults{RecordLimit: 3}, crowd, "truncated"},
		{"throttled out", graphtest.Faults{Throttle: 1, MaxFaults: 1 << 30}, nil, "throttled"},
		{"a poisoned record", graphtest.Faults{}, nil, "failed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCollecting(t, test.faults)
			if test.change != nil {
				test.change(c.server.Tenant)
			}
			switch test.name {
			case "a poisoned record":
				c.server.Faults.Poison = map[string]bool{c.server.Tenant.Lists[graphtest.AuditRecords][40].ID: true}
			case "throttled out":
				c.sources = []string{"directory-audits"}
			}
			if code := c.exit(c.run(context.Background())); code != exitIncomplete {
				t.Fatalf("collecting ends with %d:\n%s\n%s", code, c.out.String(), c.err.String())
			}
			if !strings.Contains(c.out.String(), " "+test.state+" ") {
				t.Errorf("the ledger does not say %q:\n%s", test.state, c.out.String())
			}
			var out, said bytes.Buffer
			if code := Run([]string{"hunt", "--case", c.dir, "--format", "jsonl"}, strings.NewReader(""), &out, &said); code != exitIncomplete {
				t.Errorf("hunting ends with %d:\n%s\n%s", code, out.String(), said.String())
			}
			if !strings.Contains(said.String(), test.state) {
				t.Errorf("hunting does not say %q:\n%s", test.state, said.String())
			}
		})
	}
}

// crowd lets one record's second hold ten of them.
func crowd(t *graphtest.Tenant) {
	list := t.Lists[graphtest.AuditRecords]
	var more []graphtest.Item
	for i := range 10 {
		item := list[len(list)/2]
		old := item.ID
		item.ID = fmt.Sprintf("%08d", i) + old[8:]
		item.Raw = bytes.ReplaceAll(item.Raw, []byte(old), []byte(item.ID))
		more = append(more, item)
	}
	at := len(list) / 2
	t.Lists[graphtest.AuditRecords] = append(append(list[:at:at], more...), list[at:]...)
}
