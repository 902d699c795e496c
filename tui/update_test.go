package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/schema"
)

func (p *player) at(trail ...string) {
	p.t.Helper()
	var got []string
	for _, v := range p.stack {
		got = append(got, v.title())
	}
	if strings.Join(got, ">") != strings.Join(trail, ">") {
		p.t.Errorf("at %q, want %q", got, trail)
	}
}

func (p *player) shows(texts ...string) {
	p.t.Helper()
	frame := plainText(p.frame())
	for _, text := range texts {
		if !strings.Contains(frame, text) {
			p.t.Errorf("the screen does not show %q:\n%s", text, trimmed(frame))
		}
	}
}

// TestVerdictToRecordAndBack goes the whole way down and up again; esc never
// quits.
func TestVerdictToRecordAndBack(t *testing.T) {
	p := play(t, 120, 40, Options{Dir: "demo"})
	p.press("j", "enter")
	p.at("home", "sam.admin@fabrikam.example")
	p.press("e", "enter")
	p.at("home", "sam.admin@fabrikam.example", "f-b094027fafae0f47")
	p.press("/", "e37882b5", "enter", "enter")
	p.at("home", "sam.admin@fabrikam.example", "f-b094027fafae0f47", "record")
	p.shows("Set domain authentication.", "2026/11/")
	p.press("esc")
	p.at("home", "sam.admin@fabrikam.example", "f-b094027fafae0f47")
	p.press("esc") // the filter
	p.at("home", "sam.admin@fabrikam.example", "f-b094027fafae0f47")
	p.press("esc", "esc", "esc", "esc")
	p.at("home")
	if p.quit {
		t.Error("esc quit")
	}
	if p.press("q"); !p.quit {
		t.Error("q did not quit")
	}
}

// TestStaleAnswersAreDropped asks twice: the first answer comes late and has to
// be closed, not shown.
func TestStaleAnswersAreDropped(t *testing.T) {
	p := play(t, 120, 40, Options{Dir: "demo"})
	g := newGrid("OfficeActivity")
	p.stack = append(p.stack, g)
	first := g.begin(p.Model)
	second := g.run(p.Model)
	late := first()
	p.run(second)
	rows, open := g.kept.Len(), p.kase.openKept
	p.send(late)
	if g.kept.Len() != rows {
		t.Error("a stale answer was shown")
	}
	if p.kase.openKept != open-1 {
		t.Errorf("%d results are open, want %d: the stale one was not closed", p.kase.openKept, open-1)
	}
}

// TestQuestionsAreCancelled checks that leaving a view ends what it asked.
func TestQuestionsAreCancelled(t *testing.T) {
	m := play(t, 80, 24, Options{Dir: "demo"}).Model
	var a asker
	var during context.Context
	cmd := m.ask(&a, func(ctx context.Context) (any, error) {
		during = ctx
		return nil, ctx.Err()
	})
	a.stop()
	if msg, _ := cmd().(answered); !errors.Is(msg.err, context.Canceled) || during.Err() == nil {
		t.Error("the question was not cancelled")
	}
}

func TestResultsAreClosed(t *testing.T) {
	p := play(t, 120, 40, Options{Dir: "demo"}).press(":explore OfficeActivity", "enter", "/", `Operation == "Send"`, "enter", "esc", "esc")
	p.press(";", "OfficeActivity | summarize count() by Operation | order by Operation asc", "enter", "esc", "esc")
	p.at("home")
	if n := p.kase.openKept; n != 0 {
		t.Errorf("%d results are still held", n)
	}
}

// TestWindow holds ten million rows: a few screens of them are ever asked for.
func TestWindow(t *testing.T) {
	p := play(t, 120, 40, Options{Dir: "demo"})
	p.stack = append(p.stack, bigGrid(p.Model, 10_000_000))
	p.press("G")
	p.shows("row 10000000 of 10000000", "user 9999999")
	p.press("g", "pgdown", "k")
	p.shows("user 0")
	g := p.view().(*grid)
	if len(g.rows) > 3*40 {
		t.Errorf("%d rows are held for a screen of 40", len(g.rows))
	}
}

// manyRows makes up rows by their number.
type manyRows int64

func (n manyRows) Columns() []schema.Column {
	return []schema.Column{{Name: "TimeGenerated", Type: schema.DateTime}, {Name: "UserId", Type: schema.String}, {Name: "Count", Type: schema.Long}}
}

func (n manyRows) Len() int64 { return int64(n) }

func (n manyRows) Close() error { return nil }

func (n manyRows) Window(_ context.Context, offset int64, most int) ([][]any, error) {
	var out [][]any
	for i := offset; i < min(offset+int64(most), int64(n)); i++ {
		out = append(out, []any{638_000_000_000_000_000 + i*10_000_000, fmt.Sprintf("user %d", i), i})
	}
	return out, nil
}

func bigGrid(m *Model, n int64) *grid {
	g := &grid{name: "big", base: "Big", kept: manyRows(n)}
	for _, msg := range drain(g.fetch(m, true)) {
		g.receive(m, msg.(answered))
	}
	return g
}

func TestFilterSortAndExport(t *testing.T) {
	p := play(t, 120, 40, Options{Dir: "demo"}).press(":explore OfficeActivity", "enter", "/", `Operation == "Send"`, "enter")
	p.shows("row 1 of 73", `/Operation == "Send"`)
	p.press("x", "sent.csv", "enter")
	p.shows("wrote sent.csv")
	if len(p.kase.exports) != 1 || !strings.Contains(p.kase.exports[0], `| where Operation == "Send"`) {
		t.Errorf("exported %q", p.kase.exports)
	}
	p.press("esc")
	p.shows("row 1 of 473")
}

func TestPivotAndCopy(t *testing.T) {
	p := play(t, 120, 40, Options{Dir: "demo"}).press("2", "enter", "/", "203.0.113.66", "enter", "p")
	p.at("home", "findings", "f-b094027fafae0f47", "203.0.113.66")
	p.press("y")
	p.shows("copied value")
	p.press("1")
	p.at("home")
}

func TestLabelNeedsAReason(t *testing.T) {
	p := play(t, 120, 40, Options{Dir: "demo"})
	hunts := p.kase.hunts
	p.press("2", "b", "enter")
	p.shows("a label needs a reason")
	p.press("c", "owner denies it", "enter")
	if len(p.kase.labels) != 1 || p.kase.labels[0] != "f-b094027fafae0f47 confirmed owner denies it" {
		t.Errorf("labels %q", p.kase.labels)
	}
	if p.kase.hunts != hunts+1 {
		t.Error("the verdicts were not drawn again")
	}
}

// TestStart goes from no case to an imported one.
func TestStart(t *testing.T) {
	p := play(t, 80, 24, Options{})
	p.at("start")
	p.shows("case acme", "$ hunt365 tui --case acme", "$ hunt365 collect --tenant")
	p.press("/", "import", "enter", "enter", "exp", "tab", "enter", "new", "enter")
	if len(p.starter.imported) != 1 || p.starter.imported[0] != "new < exports/" {
		t.Errorf("imported %q", p.starter.imported)
	}
	p.at("home")
}

func TestCollectShowsItsCommandLine(t *testing.T) {
	p := play(t, 100, 30, Options{}).press("/", "collect", "enter", "enter", "contoso.example", "enter", "it's", "enter")
	p.shows(`hunt365 collect --tenant contoso.example --since 90d --case 'it'\''s'`)
}

func TestOpenFails(t *testing.T) {
	p := play(t, 100, 30, Options{Dir: "nowhere"})
	p.shows("no case here")
	p.press("4")
	p.shows("OPEN A CASE")
}

// TestWatch moves the manifest: the case is hunted again and the reader keeps
// the place.
func TestWatch(t *testing.T) {
	p := play(t, 120, 40, Options{Dir: "demo"})
	p.press("j", "j")
	before, hunts := p.view().current().key, p.kase.hunts
	p.send(watchTick{})
	p.send(watchTick{})
	if p.kase.hunts != hunts {
		t.Error("hunted again without new evidence")
	}
	p.kase.stamp = "2"
	p.send(watchTick{})
	if p.kase.hunts != hunts+1 {
		t.Errorf("%d hunts, want %d", p.kase.hunts, hunts+1)
	}
	if got := p.view().current().key; got != before {
		t.Errorf("the cursor went from %q to %q", before, got)
	}
}

// TestVerdictsMove takes the first verdicts away while the cursor is on a later
// one: it stays there.
func TestVerdictsMove(t *testing.T) {
	p := play(t, 120, 40, Options{Dir: "demo"}).press("j", "j", "j")
	p.frame()
	before := p.view().current().key
	smaller := *p.kase.Answer
	smaller.Verdicts = smaller.Verdicts[1:]
	p.kase.Answer = &smaller
	p.press("r")
	p.frame()
	if got := p.view().current().key; got != before || got == "" {
		t.Errorf("the cursor went from %q to %q", before, got)
	}
}

func TestSession(t *testing.T) {
	p := play(t, 120, 40, Options{Dir: "demo"}).press(":explore OfficeActivity", "enter", "/", `Operation == "Send"`, "enter", "j", "j", "q")
	saved := p.starter.session
	next := play(t, 120, 40, Options{})
	next.starter.session = saved
	next.run(next.loadSession())
	next.run(next.openCase("demo"))
	next.at("home", "OfficeActivity")
	next.shows("row 3 of 73")
}

func TestPalette(t *testing.T) {
	p := play(t, 120, 40, Options{Dir: "demo"}).press(":", "explore Office", "tab", "enter")
	p.at("home", "OfficeActivity")
	p.press(":", "exlore", "enter")
	p.shows("did you mean explore?")
}

func TestHistory(t *testing.T) {
	const text = "OfficeActivity | summarize count() by Operation | order by Operation asc"
	p := play(t, 120, 40, Options{Dir: "demo"}).press(";", text, "enter", "esc", "esc", ";", "up")
	if got := p.view().(*promptView).field.Value(); got != text {
		t.Errorf("recalled %q", got)
	}
}

// TestHostileText puts a terminal's worth of trouble into every text that a
// record can carry.
func TestHostileText(t *testing.T) {
	const evil = "\x1b[2J\x1b]52;c;ZXZpbA==\x07\r\nroot\u202e\u200b\x9b31m\xff" + "e\u0301\u4f60"
	p := play(t, 120, 40, Options{Dir: "demo", Colour: true})
	f := &p.kase.Answer.Findings[0]
	f.Why, f.Name, f.Refute, f.Entities[0].ID = evil, evil, evil, evil
	p.kase.Answer.Incidents[0].Title = evil
	p.kase.Answer.Verdicts[0].Identity.ID = evil
	p.kase.Timelines[evil] = []hunt.Event{{Message: evil, Table: evil, Record: evil}}
	p.kase.Records[evil] = &Record{ID: evil, Table: evil, Raw: []byte(`{"a":"` + evil + `"}`)}
	p.version++
	for _, keys := range [][]string{{}, {"enter"}, {"j", "enter"}, {"2"}, {"2", "enter"}} {
		p.press("1").press(keys...)
		calm(t, p.frame())
	}
	p.run(p.pivot(evil))
	calm(t, p.frame())
	p.run(p.push(recordScreen(p.Model, evil)))
	calm(t, p.frame())
}

// calm fails for anything in a frame but text and colours.
func calm(t *testing.T, frame string) {
	t.Helper()
	wellFormed(t, frame, 120, 40)
	rest := frame
	for {
		i := strings.IndexByte(rest, '\x1b')
		if i < 0 {
			break
		}
		end := strings.IndexFunc(rest[i+1:], func(r rune) bool { return r != '[' && r != ';' && (r < '0' || r > '9') })
		if end < 0 || rest[i+1+end] != 'm' {
			t.Fatalf("an escape that is no colour: %q", rest[i:min(i+12, len(rest))])
		}
		rest = rest[i+1+end:]
	}
	for _, r := range frame {
		if r < ' ' && r != '\n' && r != '\x1b' || r == 0x9b || r == 0x202e || r == 0x200b {
			t.Fatalf("%U reached the screen", r)
		}
	}
}

// TestPlainMode reads home, an incident and a query out as lines.
func TestPlainMode(t *testing.T) {
	c := loadFixture(t)
	t.Cleanup((&player{t: t, kase: c}).learn)
	in := strings.NewReader("1\nb\n:tables\n1\nb\nb\n;OfficeActivity | summarize count() by Operation | order by Operation asc\nb\n?\nq\n")
	var out strings.Builder
	if err := RunPlain(t.Context(), Options{Starter: &fakeStarter{kase: c}, Dir: "demo"}, in, &out); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsFunc(out.String(), func(r rune) bool { return r >= 0x2500 && r <= 0x257f || r == '\x1b' }) {
		t.Error("plain mode draws boxes or colours")
	}
	compare(t, "testdata/golden/plain.txt", out.String())
}

// TestProgram runs the real program loop once, with keys as a terminal sends
// them.
func TestProgram(t *testing.T) {
	c := loadFixture(t)
	m, err := New(t.Context(), Options{Starter: &fakeStarter{kase: c}, Dir: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	final, err := tea.NewProgram(m, tea.WithInput(strings.NewReader("j\x03")), tea.WithOutput(&out), tea.WithWindowSize(100, 30), tea.WithContext(t.Context())).Run()
	if err != nil {
		t.Fatal(err)
	}
	if final.(*Model).view().section() != sectionHome {
		t.Error("not at home")
	}
}

func BenchmarkKeyToFrameDemo(b *testing.B) {
	keyToFrame(b, play(b, 120, 40, Options{Dir: "demo", Colour: true}))
}

func BenchmarkKeyToFrameGrid10M(b *testing.B) {
	p := play(b, 120, 40, Options{Dir: "demo", Colour: true})
	p.stack = append(p.stack, bigGrid(p.Model, 10_000_000))
	keyToFrame(b, p)
}

// keyToFrame measures Update and View for one key, fetches included.
func keyToFrame(b *testing.B, p *player) {
	b.Helper()
	keys := []string{"j", "j", "pgdown", "k", "G", "g"}
	for i := 0; b.Loop(); i++ {
		p.press(keys[i%len(keys)])
		_ = p.View()
	}
}

func BenchmarkFirstFrame(b *testing.B) {
	for b.Loop() {
		m, err := New(b.Context(), Options{Starter: &fakeStarter{}, Dir: "demo"})
		if err != nil {
			b.Fatal(err)
		}
		m.Init()
		_ = m.View()
	}
}
