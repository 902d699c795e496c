package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph"
)

// evenLog is a service with one log of n records spread evenly over 28 days,
// made as they are asked for.
type evenLog struct {
	n     int64
	start time.Time
	now   func() time.Time
	pages atomic.Int64
	row   string
}

const evenSpan = 28 * 24 * time.Hour

func (l *evenLog) at(i int64) time.Time {
	return l.start.Add(time.Duration(float64(evenSpan) / float64(l.n) * float64(i))).Truncate(time.Second)
}

// first is the first record that is not before at.
func (l *evenLog) first(at time.Time) int64 {
	i := int64(float64(at.Sub(l.start)) / float64(evenSpan) * float64(l.n))
	i = max(0, min(i-2*l.n/int64(evenSpan/time.Second)-2, l.n))
	for i < l.n && l.at(i).Before(at) {
		i++
	}
	return i
}

var evenFilter = regexp.MustCompile(`createdDateTime ge (\S+) and createdDateTime le (\S+)`)

func (l *evenLog) RoundTrip(req *http.Request) (*http.Response, error) {
	header := http.Header{"Date": {l.now().Format(http.TimeFormat)}}
	if req.URL.Path == "/v1.0/organization" {
		return answerWith(req, header, []byte(`{"value":[]}`)), nil
	}
	l.pages.Add(1)
	q := req.URL.Query()
	var from, to int64
	if token := q.Get("$skiptoken"); token != "" {
		fmt.Sscanf(token, "%d-%d", &from, &to)
	} else {
		m := evenFilter.FindStringSubmatch(q.Get("$filter"))
		a, _ := time.Parse(time.RFC3339, m[1])
		b, _ := time.Parse(time.RFC3339, m[2])
		from, to = l.first(a), l.first(b.Add(time.Second))
	}
	end := min(from+1000, to)
	var b bytes.Buffer
	b.Grow(1000 * (len(l.row) + 120))
	b.WriteString(`{"value":[`)
	for i := from; i < end; i++ {
		if i > from {
			b.WriteByte(',')
		}
		b.WriteString(`{"id":"`)
		b.WriteString(strconv.FormatInt(i, 10))
		b.WriteString(`","createdDateTime":"`)
		b.WriteString(l.at(i).Format(time.RFC3339))
		b.WriteString(l.row)
	}
	b.WriteByte(']')
	if end < to {
		fmt.Fprintf(&b, `,"@odata.nextLink":"%s/beta/auditLogs/signIns?$skiptoken=%d-%d"`, fakeRoot, end, to)
	}
	b.WriteByte('}')
	return answerWith(req, header, b.Bytes()), nil
}

func answerWith(req *http.Request, header http.Header, body []byte) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Header: header, Request: req, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// countSink counts records; exactly notes each one when there are few enough.
type countSink struct {
	mu   sync.Mutex
	n    int64
	bits []uint64
}

func (s *countSink) Append(_ context.Context, b graph.Batch) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := 0
	for _, r := range b.Records {
		i, err := strconv.Atoi(r.ID)
		if err != nil {
			return 0, err
		}
		if bit := uint64(1) << (i % 64); s.bits[i/64]&bit == 0 {
			s.bits[i/64] |= bit
			s.n++
			fresh++
		}
	}
	return fresh, nil
}

func (s *countSink) Coverage(context.Context, []graph.Entry) error { return nil }

// collectEven collects n records and returns the simulated time it took.
func collectEven(t testing.TB, n int64, row string) (took time.Duration, log *evenLog) {
	t.Helper()
	clock := graph.NewSimClock(end)
	log = &evenLog{n: n, start: end.Add(-evenSpan - time.Hour), now: clock.Now, row: row}
	sources, err := graph.Select([]string{"signin-interactive"}, "global")
	if err != nil {
		t.Fatal(err)
	}
	sink := &countSink{bits: make([]uint64, n/64+1)}
	client := graph.NewClient(graph.ClientOptions{Base: log, Clock: clock, Pacer: graph.NewPacer(clock)})
	c := &graph.Collector{
		Fetch: &graph.HTTPFetcher{Client: client, Base: fakeRoot}, Root: fakeRoot, Sink: sink, Clock: clock, Dir: t.TempDir(), Tenant: "t", Cloud: "global",
	}
	if _, err := c.Run(context.Background(), graph.Plan{Sources: sources, Since: end.Add(-evenSpan - 2*time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if sink.n != n {
		t.Fatalf("collected %d of %d", sink.n, n)
	}
	return clock.Now().Sub(end), log
}

// Half a million sign-ins take at most a tenth longer than the documented limit
// of five requests in ten seconds makes necessary.
func TestPaceOfHalfAMillionSignIns(t *testing.T) {
	const n = 500_000
	took, log := collectEven(t, n, `","a":1}`)
	ideal := time.Duration(n/1000) * 2 * time.Second
	ratio := float64(took) / float64(ideal)
	t.Logf("%d pages in %s of simulated time, ideal %s: %.3f times", log.pages.Load(), took, ideal, ratio)
	if ratio > 1.1 {
		t.Errorf("took %.3f times the ideal schedule", ratio)
	}
}

// TestMemoryAtTenMillion takes half a minute: set HUNT365_SCALE=1 to run it.
func TestMemoryAtTenMillion(t *testing.T) {
	if os.Getenv("HUNT365_SCALE") == "" {
		t.Skip("set HUNT365_SCALE=1")
	}
	row := `","userPrincipalName":"ana.lund@contoso.example","ipAddress":"203.0.113.7","status":{"errorCode":0},"appDisplayName":"Office 365 Exchange Online","deviceDetail":{"operatingSystem":"Windows10","browser":"Chrome 130"}}`
	var most atomic.Uint64
	stop := make(chan struct{})
	go func() {
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse+m.StackInuse))
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	took, log := collectEven(t, 10_000_000, row)
	close(stop)
	t.Logf("%d pages, %s simulated, at most %d MiB of heap in use", log.pages.Load(), took, most.Load()>>20)
	if most.Load() > 200<<20 {
		t.Errorf("memory reached %d MiB", most.Load()>>20)
	}
}
