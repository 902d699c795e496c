//go:build linux || darwin

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is a hunt365 that runs on a terminal of its own.
type terminal struct {
	t    *testing.T
	cmd  *exec.Cmd
	tty  *os.File
	read chan string
	text string // what it printed and nobody has waited for yet
	all  strings.Builder
}

func openTerminal(t *testing.T, state string, args ...string) *terminal {
	t.Helper()
	c := &terminal{t: t, cmd: exec.Command("hunt365", args...), read: make(chan string, 100)}
	c.cmd.Dir = t.TempDir()
	c.cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+state, "TERM=xterm")
	var err error
	if c.tty, err = pty.StartWithSize(c.cmd, &pty.Winsize{Rows: 40, Cols: 200}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.tty.Close()
		_ = c.cmd.Process.Kill() // it has ended, unless the test failed
	})
	go func() {
		defer close(c.read)
		buffer := make([]byte, 4096)
		for {
			n, err := c.tty.Read(buffer)
			if n > 0 {
				c.read <- string(buffer[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	return c
}

// wait reads until the terminal shows text, and returns what came before it.
func (c *terminal) wait(text string) string {
	c.t.Helper()
	limit := time.After(60 * time.Second)
	for {
		if before, after, ok := strings.Cut(c.text, text); ok {
			c.text = after
			return before
		}
		select {
		case s, ok := <-c.read:
			if !ok {
				c.t.Fatalf("it ended without %q:\n%s", text, c.all.String())
			}
			c.text += s
			c.all.WriteString(s)
		case <-limit:
			c.t.Fatalf("no %q:\n%s", text, c.all.String())
		}
	}
}

func (c *terminal) send(keys string) {
	c.t.Helper()
	if _, err := c.tty.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

// interrupt sends ctrl-c until something more shows: the first may come before
// the query has begun, and does nothing then.
func (c *terminal) interrupt() {
	c.t.Helper()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for range 300 {
		c.send("\x03")
		select {
		case s := <-c.read:
			c.text += s
			c.all.WriteString(s)
			if strings.Contains(c.text, "cancelled") {
				return
			}
		case <-again.C:
		}
	}
}

// end waits for the exit code.
func (c *terminal) end() int {
	c.t.Helper()
	for s := range c.read {
		c.all.WriteString(s)
	}
	_ = c.cmd.Wait() // the code says it
	return c.cmd.ProcessState.ExitCode()
}

// longQuery would run for days.
const longQuery = "let r = range x from 1 to 3000000 step 1 | extend k = 1; r | join kind=inner r on k | where sqrt(x * x1) < 0 | count;"

// interrupts stands for ctrl-c until something ends.
const interrupts = "^C"

// Each step waits for the screen and then types. ^C and ^D are \x03 and \x04.
func TestPrompt(t *testing.T) {
	c := openTerminal(t, t.TempDir(), "query")
	for _, step := range []struct{ screen, keys string }{
		{"kql> ", "print a=1+1;\r"},
		{"a\r\n2\r\n1 rows", ""},
		// Several lines, ended by an empty one; let does not end a query.
		{"kql> ", "let n = 20;\r"},
		{"...> ", "\r"},
		{"...> ", "range x from n to n + 1 step 1\r"},
		{"...> ", "| extend y = x * 10\r"},
		{"...> ", "\r"},
		{"x   y\r\n20  200\r\n21  210\r\n2 rows", ""},
		// A mistake shows its place, and the prompt goes on.
		{"kql> ", "SigninLogs | where Nothing == 1;\r"},
		{"query:1:20: unknown column \"Nothing\"", ""},
		{"~~~~~~^", ""},
		// Ctrl-c forgets what is typed.
		{"kql> ", "SigninLogs\r"},
		{"...> ", "| oops\x03"},
		{"kql> ", "print b=3;\r"},
		{"b\r\n3\r\n", ""},
		// Ctrl-c ends a query that would run for years, and only that.
		{"kql> ", longQuery + "\r"},
		{"count;\r\n", interrupts},
		{"cancelled after", ""},
		{"kql> ", ".format csv\r"},
		{"kql> ", "print c='a,b', d=4;\r"},
		{"c,d\r\n\"a,b\",4\r\n", ""},
		{"kql> ", ".format table\r"},
		{"kql> ", ".format parquet\r"},
		{"a terminal cannot show it", ""},
		// Texts of records cannot drive the terminal.
		{"kql> ", "print e=strcat(make_string(27), '[31mred', make_string(7), make_string(27), ']0;title', make_string(0x202e));\r"},
		{`\u{1b}[31mred\u{7}\u{1b}]0;title\u{202e}`, ""},
		{"kql> ", ".schema Coverage\r"},
		{"State", ""},
		{"kql> ", ".tables\r"},
		{"more hold nothing: .tables all", ""},
		{"kql> ", ".tabels\r"},
		{"hint: try .tables", ""},
		{"kql> ", ".help\r"},
		{"ctrl-d leaves", ""},
		{"kql> ", "\x04"},
	} {
		if got := c.wait(step.screen); step.screen == `\u{1b}[31mred\u{7}\u{1b}]0;title\u{202e}` && strings.Contains(got, "\x1b[31m") {
			t.Errorf("an escape sequence reached the terminal: %q", got)
		}
		if step.keys == interrupts {
			c.interrupt()
			continue
		}
		c.send(step.keys)
	}
	if code := c.end(); code != 0 {
		t.Errorf("exit code %d\n%s", code, c.all.String())
	}
}

func TestPromptCompletes(t *testing.T) {
	c := openTerminal(t, t.TempDir(), "query", "--no-history")
	for _, step := range []struct{ screen, keys string }{
		{"kql> ", "SigninL\t"},
		{"SigninLogs", " | summ\t"},
		{"summarize", " n=dcou\t\t"},
		{"dcountif", "(userprin\t"}, // the list of what begins so
		{"UserPrincipalName", ");\r"},
		{"n\r\n0\r\n1 rows", ""},
		{"kql> ", ".schema Cover\t"},
		{"Coverage", "\r"},
		{"Remedy", ""},
		{"kql> ", ".exit\r"},
	} {
		c.wait(step.screen)
		c.send(step.keys)
	}
	if code := c.end(); code != 0 {
		t.Errorf("exit code %d\n%s", code, c.all.String())
	}
}

func TestPromptHistory(t *testing.T) {
	state := t.TempDir()
	c := openTerminal(t, state, "query")
	c.wait("kql> ")
	c.send("range x from 1 to 2 step 1\r")
	c.wait("...> ")
	c.send("| extend y = x + 40;\r")
	c.wait("2 rows")
	c.wait("kql> ")
	c.send("\x04")
	c.end()

	name := filepath.Join(state, "hunt365", "history")
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the history's mode is %v", info.Mode())
	}
	text, err := os.ReadFile(name)
	if want := "range x from 1 to 2 step 1 | extend y = x + 40;\n"; err != nil || string(text) != want {
		t.Errorf("history %q, %v, want %q", text, err, want)
	}

	c = openTerminal(t, state, "query", "--no-history")
	c.wait("kql> ")
	c.send("print secret=1;\r")
	c.wait("1 rows")
	c.wait("kql> ")
	c.send("\x04")
	c.end()
	if after, err := os.ReadFile(name); err != nil || string(after) != string(text) {
		t.Errorf("--no-history changed the history to %q, %v", after, err)
	}

	c = openTerminal(t, state, "query")
	c.wait("kql> ")
	c.send("\x1b[A\r") // up
	c.wait("y\r\n1  41\r\n2  42\r\n2 rows")
	c.send("\x04")
	c.end()
}

// However it ends, the folder of the empty case goes.
func TestPromptEnds(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, c := range []struct {
		name   string
		signal os.Signal
		keys   string
		code   int
	}{
		{"quit", nil, ".quit\r", 0},
		{"an interrupt while nothing runs ends nothing", os.Interrupt, ".quit\r", 0},
		{"terminate", syscall.SIGTERM, "", 2},
	} {
		tty := openTerminal(t, t.TempDir(), "query")
		tty.wait("kql> ")
		tty.send("print 1;\r")
		tty.wait("1 rows")
		tty.wait("kql> ")
		if c.signal != nil {
			if err := tty.cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
		}
		tty.send(c.keys)
		if code := tty.end(); code != c.code {
			t.Errorf("%s: exit code %d, want %d", c.name, code, c.code)
		}
		if left, _ := filepath.Glob(filepath.Join(temp, "hunt365-*")); len(left) > 0 {
			t.Errorf("%s: left behind: %v", c.name, left)
		}
	}
}
