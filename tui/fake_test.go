package tui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/schema"
)

// fixture is the demo case as the real engine answered: testdata/demo.json is
// written by `go test ./cmd/hunt365 -run TestScreenFixture -update` from the
// questions in testdata/asks.json, and those by `go test ./tui -update`.
type fixture struct {
	Answer    *Answer                 `json:"answer"`
	Results   map[string]*result      `json:"results"`
	Records   map[string]*Record      `json:"records"`
	Timelines map[string][]hunt.Event `json:"timelines"`
}

// result is kept rows; datetimes are ticks.
type result struct {
	Names []string `json:"names"`
	Types []string `json:"types"`
	Cells [][]any  `json:"cells"`
}

// asks are the questions that the tests of this package put to the demo case.
type asks struct {
	Texts    []string `json:"texts"`
	Records  []string `json:"records"`
	Entities []string `json:"entities"`
}

func (r *result) Columns() []schema.Column {
	out := make([]schema.Column, len(r.Names))
	for i, n := range r.Names {
		t, _ := schema.ParseType(r.Types[i])
		out[i] = schema.Column{Name: n, Type: t}
	}
	return out
}

func (r *result) Len() int64 { return int64(len(r.Cells)) }

func (r *result) Close() error { return nil }

func (r *result) Window(_ context.Context, offset int64, n int) ([][]any, error) {
	from := max(0, min(int(offset), len(r.Cells)))
	columns := r.Columns()
	var out [][]any
	for _, cells := range r.Cells[from:min(from+n, len(r.Cells))] {
		row := make([]any, len(cells))
		for i, c := range cells {
			row[i] = typed(c, columns[i].Type)
		}
		out = append(out, row)
	}
	return out, nil
}

// typed turns a value that was JSON into what an engine gives.
func typed(v any, t schema.Type) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if t == schema.Real {
		f, _ := n.Float64()
		return f
	}
	i, _ := n.Int64()
	return i
}

// fakeCase answers from the fixture and notes what it cannot answer.
type fakeCase struct {
	fixture
	missed   asks
	labels   []string
	exports  []string
	stamp    string
	hunts    int
	openKept int
	window   int // most rows that were asked for at once
}

func loadFixture(t testing.TB) *fakeCase {
	t.Helper()
	c := &fakeCase{stamp: "1"}
	data, err := os.ReadFile("testdata/demo.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&c.fixture); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *fakeCase) Name() string { return "demo" }

func (c *fakeCase) Dir() string { return "/cases/demo" }

func (c *fakeCase) Investigate(context.Context) (*Answer, error) {
	c.hunts++
	return c.Answer, nil
}

func (c *fakeCase) Keep(_ context.Context, text string) (hunt.Kept, error) {
	script, err := kql.Parse(text)
	if err != nil {
		return nil, err
	}
	if _, err := kql.Bind(script, c.Env()); err != nil {
		return nil, err
	}
	r := c.Results[text]
	if r == nil {
		c.missed.Texts = append(c.missed.Texts, text)
		return nil, fmt.Errorf("not in the fixture: %s", text)
	}
	c.openKept++
	return &fakeKept{r, c}, nil
}

type fakeKept struct {
	*result
	of *fakeCase
}

func (k *fakeKept) Window(ctx context.Context, offset int64, n int) ([][]any, error) {
	k.of.window = max(k.of.window, n)
	return k.result.Window(ctx, offset, n)
}

func (k *fakeKept) Close() error {
	k.of.openKept--
	return nil
}

func (c *fakeCase) Export(_ context.Context, text, file string) error {
	c.exports = append(c.exports, file+" "+text)
	return nil
}

func (c *fakeCase) Record(_ context.Context, id string) (*Record, error) {
	if r := c.Records[id]; r != nil {
		return r, nil
	}
	c.missed.Records = append(c.missed.Records, id)
	return nil, fmt.Errorf("no record %q", id)
}

func (c *fakeCase) Timeline(_ context.Context, entity string) ([]hunt.Event, error) {
	if e, ok := c.Timelines[entity]; ok {
		return e, nil
	}
	c.missed.Entities = append(c.missed.Entities, entity)
	return nil, errors.New("not in the fixture")
}

func (c *fakeCase) Label(_ context.Context, id, verdict, why string) error {
	c.labels = append(c.labels, id+" "+verdict+" "+why)
	return nil
}

func (c *fakeCase) Env() *kql.Env {
	return &kql.Env{Tables: schema.Lookup, TableNames: schema.TableNames(), Now: time.Unix(0, 0).UTC()}
}

func (c *fakeCase) Stamp() (string, error) { return c.stamp, nil }

func (c *fakeCase) Close() error { return nil }

// fakeStarter opens the one fake case.
type fakeStarter struct {
	kase     *fakeCase
	imported []string
	session  Session
}

func (s *fakeStarter) Cases() []string { return []string{"acme", "demo"} }

func (s *fakeStarter) Open(_ context.Context, dir string) (Case, error) {
	if dir == "nowhere" {
		return nil, errors.New("no case here")
	}
	return s.kase, nil
}

func (s *fakeStarter) Import(_ context.Context, dir string, paths []string) (string, error) {
	s.imported = append(s.imported, dir+" < "+strings.Join(paths, " "))
	return "3 new records", nil
}

func (s *fakeStarter) Demo(context.Context) (string, error) { return "demo", nil }

func (s *fakeStarter) Paths(prefix string) []string {
	return startsWith(prefix, []string{"exports/", "exports/audit.csv", "exports/sign-ins.json"})
}

func (s *fakeStarter) Load() (Session, error) { return s.session, nil }

func (s *fakeStarter) Save(session Session) error {
	s.session = session
	return nil
}

// player presses keys on a model and runs what its commands ask, one after
// another.
type player struct {
	*Model
	t       testing.TB
	kase    *fakeCase
	starter *fakeStarter
	quit    bool
}

// play opens the demo case on a terminal of w by h cells.
func play(t testing.TB, w, h int, opts Options) *player {
	t.Helper()
	c := loadFixture(t)
	s := &fakeStarter{kase: c}
	opts.Starter = s
	m, err := New(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{Model: m, t: t, kase: c, starter: s}
	p.send(tea.WindowSizeMsg{Width: w, Height: h})
	p.run(m.Init())
	t.Cleanup(func() { p.learn() })
	return p
}

func (p *player) send(msg tea.Msg) {
	_, cmd := p.Update(msg)
	p.run(cmd)
}

func (p *player) run(cmd tea.Cmd) {
	for _, msg := range drain(cmd) {
		if _, ok := msg.(tea.QuitMsg); ok {
			p.quit = true
			continue
		}
		p.send(msg)
	}
}

var named = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
	"pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "home": tea.KeyHome, "end": tea.KeyEnd, "backspace": tea.KeyBackspace,
}

// press presses keys by name; what is no name is typed.
func (p *player) press(keys ...string) *player {
	for _, k := range keys {
		if k == "ctrl+c" {
			p.send(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl})
			continue
		}
		if code, ok := named[k]; ok {
			p.send(tea.KeyPressMsg{Code: code})
			continue
		}
		for _, r := range k {
			msg := tea.KeyPressMsg{Code: r, Text: string(r)}
			if r == ' ' {
				msg.Code = tea.KeySpace
			}
			p.send(msg)
		}
	}
	return p
}

// learn adds what the fixture could not answer to asks.json, with -update.
func (p *player) learn() {
	missed := p.kase.missed
	if len(missed.Texts)+len(missed.Records)+len(missed.Entities) == 0 || !*update {
		return
	}
	const name = "testdata/asks.json"
	var known asks
	if data, err := os.ReadFile(name); err == nil {
		if err := json.Unmarshal(data, &known); err != nil {
			p.t.Fatal(err)
		}
	}
	known.Texts = union(known.Texts, missed.Texts)
	known.Records = union(known.Records, missed.Records)
	known.Entities = union(known.Entities, missed.Entities)
	data, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(name, append(data, '\n'), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func union(a, b []string) []string {
	set := map[string]bool{}
	for _, s := range append(slices.Clone(a), b...) {
		set[s] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// wellFormed checks that a frame fits its terminal.
func wellFormed(t *testing.T, frame string, w, h int) {
	t.Helper()
	lines := strings.Split(frame, "\n")
	if len(lines) > h {
		t.Errorf("%dx%d: %d lines", w, h, len(lines))
	}
	for _, l := range lines {
		if width(l) > w {
			t.Errorf("%dx%d: %d wide: %q", w, h, width(l), plainText(l))
		}
		if !utf8.ValidString(l) {
			t.Errorf("%dx%d: not UTF-8: %q", w, h, l)
		}
	}
}
