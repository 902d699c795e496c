package tui

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
)

// scenes are the keys that lead to each view of the demo case.
var scenes = []struct {
	name string
	keys []string
}{
	{"start", []string{"4"}},
	{"home", nil},
	{"home-coverage", []string{"tab", "j"}},
	{"verdict", []string{"j", "enter"}},
	{"gap", []string{"tab", "/", "gap", "enter", "enter"}},
	{"incident", []string{"enter"}},
	{"incident-reach", []string{"enter", "tab"}},
	{"findings", []string{"2"}},
	{"findings-entity", []string{"2", "o"}},
	{"findings-day", []string{"2", "o", "o"}},
	{"finding", []string{"2", "enter"}},
	{"finding-query", []string{"2", "enter", "tab"}},
	{"record", []string{"2", "enter", "/", "-", "enter", "G", ":record e37882b5-1abf-477a-89c5-b835b4c1f689", "enter"}},
	{"tables", []string{"3"}},
	{"explore", []string{":explore OfficeActivity", "enter"}},
	{"explore-column", []string{":explore OfficeActivity", "enter", "l", "l", "j", "j"}},
	{"explore-filter", []string{":explore OfficeActivity", "enter", "/", "Operation == \"Send\"", "enter"}},
	{"explore-text", []string{":explore OfficeActivity", "enter", "/", "!ana@", "enter"}},
	{"frequency", []string{":explore OfficeActivity", "enter", "l", "F"}},
	{"frequency-drill", []string{":explore OfficeActivity", "enter", "l", "F", "j", "enter"}},
	{"timeline", []string{":ip 203.0.113.66", "enter"}},
	{"kql", []string{";"}},
	{"kql-complete", []string{";", "OfficeActivity | su", "tab"}},
	{"kql-rows", []string{";", "OfficeActivity | summarize count() by Operation | order by Operation asc", "enter"}},
	{"kql-error", []string{";", "OfficeActivity | where Operatoin", "enter"}},
	{"kql-syntax", []string{";", "OfficeActivity | where (", "enter"}},
	{"kql-bars", []string{";", "OfficeActivity | summarize n=count() by Operation | order by n desc, Operation asc | render barchart", "enter"}},
	{"kql-time", []string{";", "OfficeActivity | summarize count() by bin(TimeGenerated, 1d) | order by TimeGenerated asc | render timechart", "enter"}},
	{"kql-columns", []string{";", "OfficeActivity | summarize n=count() by bin(TimeGenerated, 7d), Operation | order by TimeGenerated asc, Operation asc | render columnchart", "enter"}},
	{"help", []string{"?"}},
	{"palette", []string{":", "ex"}},
	{"label", []string{"2", "b", "our own test"}},
}

// TestViews compares every view at three sizes with testdata/golden.
func TestViews(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}, {50, 15}} {
		for _, s := range scenes {
			t.Run(fmt.Sprintf("%s-%dx%d", s.name, size[0], size[1]), func(t *testing.T) {
				p := play(t, size[0], size[1], Options{Dir: "demo"}).press(s.keys...)
				frame := p.frame()
				wellFormed(t, frame, size[0], size[1])
				compare(t, fmt.Sprintf("testdata/golden/%s-%dx%d.txt", s.name, size[0], size[1]), trimmed(frame))
			})
		}
	}
}

// trimmed is a frame as text, without the spaces at the ends of lines.
func trimmed(frame string) string {
	lines := strings.Split(plainText(frame), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), -update rewrites:\n%s", name, diff)
	}
}

// TestColourChangesNothing draws every view with and without colours, on dark
// and light: the text has to be the same.
func TestColourChangesNothing(t *testing.T) {
	for _, s := range scenes {
		plain := play(t, 100, 30, Options{Dir: "demo"}).press(s.keys...)
		coloured := play(t, 100, 30, Options{Dir: "demo", Colour: true}).press(s.keys...)
		if diff := cmp.Diff(trimmed(plain.frame()), trimmed(coloured.frame())); diff != "" {
			t.Errorf("%s: colour changes the text:\n%s", s.name, diff)
		}
		if strings.Contains(plain.frame(), "\x1b[3") {
			t.Errorf("%s: a colour without colours", s.name)
		}
	}
}

// TestResize draws every view at sizes from 20x5 to 250x80 and back without
// leaving it.
func TestResize(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 6))
	for _, s := range scenes {
		p := play(t, 120, 40, Options{Dir: "demo"}).press(s.keys...)
		sizes := [][2]int{{20, 5}, {39, 9}, {40, 10}, {79, 23}, {80, 24}, {119, 29}, {120, 30}, {250, 80}}
		for range 20 {
			sizes = append(sizes, [2]int{20 + r.IntN(231), 5 + r.IntN(76)})
		}
		for _, size := range sizes {
			p.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			wellFormed(t, p.frame(), size[0], size[1])
			p.do([]action{up, down, pageDown, bottom, nextPane, right, top}[r.IntN(7)])
			wellFormed(t, p.frame(), size[0], size[1])
		}
	}
}
