package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/hunt/report"
)

// printLedger prints what is known of every source, the gaps with what closes
// them.
func printLedger(w io.Writer, entries []graph.Entry) {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "source\tstate\trecords\tfrom\tto\treason")
	for _, e := range entries {
		fmt.Fprintf(tab, "%s\t%s\t%d\t%s\t%s\t%s\n", e.Source, e.State, e.Records, day(e.Start), day(e.End), report.Safe(e.Reason))
	}
	_ = tab.Flush()
	said := map[string]bool{}
	for _, e := range entries {
		if e.Fix != "" && e.State.IsGap() && !said[e.Fix] {
			if len(said) == 0 {
				fmt.Fprintln(w, "\nto close the gaps:")
			}
			said[e.Fix] = true
			fmt.Fprintf(w, "  %s: %s\n", e.Source, report.Safe(e.Fix))
		}
	}
}

// printPreflight says what the sign-in may read, before anything is read.
func printPreflight(w io.Writer, p graph.Preflight, cloud graph.Cloud, tenant string) {
	who := p.Identity.User
	if p.Identity.AppOnly() {
		who = "application " + p.Identity.App
	}
	fmt.Fprintf(w, "signed in as %s\n", report.Safe(who))
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	missing := false
	for _, n := range p.Needs {
		state := "granted"
		switch {
		case n.Through != "":
			state = "granted by " + n.Through
		case !n.Granted:
			state, missing = "missing", true
		}
		costs := ""
		if !n.Granted {
			costs = "without it: " + strings.Join(n.Loses, ", ")
		}
		if n.Note != "" {
			costs = strings.TrimSpace(costs + " (" + n.Note + ")")
		}
		fmt.Fprintf(tab, "  %s\t%s\t%s\n", n.Permission, state, costs)
	}
	_ = tab.Flush()
	if missing && p.Identity.App != "" {
		fmt.Fprintf(w, "an administrator consents here: %s\n", graph.ConsentURL(cloud, tenantID(p.Identity, tenant), p.Identity.App))
	}
	for _, scope := range p.Writes {
		fmt.Fprintf(w, "warning: this sign-in may also change things (%s); hunt365 needs no such permission\n", report.Safe(scope))
	}
}

// collectProgress draws where each source stands: a line that changes on a
// terminal, a line per finished source elsewhere.
type collectProgress struct {
	mu    sync.Mutex
	w     io.Writer
	tty   bool
	all   int
	done  map[string]bool
	now   map[string]graph.Progress
	last  time.Time
	drawn bool
}

func (p *program) newCollectProgress(sources int) *collectProgress {
	return &collectProgress{w: p.err, tty: p.tty, all: sources, done: map[string]bool{}, now: map[string]graph.Progress{}}
}

func (c *collectProgress) show(p graph.Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now[p.Source] = p
	if p.State != "running" && !c.done[p.Source] {
		c.done[p.Source] = true
		if !c.tty {
			fmt.Fprintf(c.w, "%s: %d records, %s\n", p.Source, p.Records, p.State)
		}
	}
	if !c.tty || time.Since(c.last) < 100*time.Millisecond {
		return
	}
	c.last, c.drawn = time.Now(), true
	fmt.Fprintf(c.w, "\r\x1b[K%d of %d sources, %d records%s", len(c.done), c.all, c.total(), c.where(p))
}

func (c *collectProgress) total() (n int64) {
	for _, p := range c.now {
		n += p.Records
	}
	return n
}

// where says what is being read just now.
func (c *collectProgress) where(p graph.Progress) string {
	switch {
	case p.Objects > 0:
		return fmt.Sprintf("; %s %d of %d", p.Source, p.Done, p.Objects)
	case !p.Until.IsZero():
		return fmt.Sprintf("; %s until %s", p.Source, p.Until.Format("2006-01-02 15:04"))
	}
	return "; " + p.Source
}

func (c *collectProgress) clear() {
	if c.drawn {
		fmt.Fprint(c.w, "\r\x1b[K")
	}
}
