package graphtest

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Faults are the ways in which the service misbehaves. The numbers between 0 and
// 1 are shares of requests.
type Faults struct {
	Throttle     float64 // 429 with Retry-After
	ThrottleBare float64 // 429 without
	ServerError  float64 // 500, 502 (HTML), 503, 504
	Reset        float64 // connection breaks in the middle of the body
	Truncate     float64 // 200 whose JSON breaks off
	Duplicate    float64 // a page comes twice
	Reorder      float64 // a page's rows are shuffled
	Empty        float64 // an empty page with a nextLink
	ExpireToken  float64 // a skiptoken is refused
	ExpireAuth   float64 // a good access token is refused
	Licence      float64 // a licensed tenant is told that it has no licence
	Loop         float64 // a nextLink leads back
	FailSearch   float64 // an audit search fails
	CancelSearch float64 // an audit search is cancelled
	MissInner    float64 // an inner request of a batch has no answer
	InnerError   float64 // an inner request of a batch is throttled or fails

	RecordLimit int             // an audit search gives no more records, and says so
	CutAt       int             // a listing or an audit search gives no more records, without a word
	Shortchange bool            // audit searches leave out the last record of long listings on first reading
	ShortAlways bool            // the same on every reading
	Poison      map[string]bool // a page with one of these ids always breaks off
	Skew        time.Duration   // the service's clock against the caller's
	Deny        map[string]int  // path prefix to status: 403 as not consented, 404 as unknown
	Unlicensed  map[string]bool // path prefix: the tenant has no licence for it
	MaxFaults   int             // in a row for one URL; 0 is 3, so that retries can win
}

// chance decides faults. It is safe for concurrent use.
type chance struct {
	mu    sync.Mutex
	rand  *rand.Rand
	row   map[string]int // faults in a row by URL
	most  int
	Count map[string]int // faults by kind
}

func newChance(seed uint64, most int) *chance {
	orInt(&most, 3)
	return &chance{rand: rand.New(rand.NewPCG(seed, 77)), row: map[string]int{}, most: most, Count: map[string]int{}}
}

// hit decides whether fault kind happens to url now.
func (c *chance) hit(kind, url string, share float64) bool {
	if share == 0 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rand.Float64() >= share || c.row[url] >= c.most {
		return false
	}
	c.row[url]++
	c.Count[kind]++
	return true
}

// served ends a row of faults.
func (c *chance) served(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.row, url)
}

func (c *chance) intn(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rand.IntN(n)
}
