package graph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Request is one call to Graph. Either Path (with Version and Query) or URL, an
// absolute link that the service gave, says where it goes.
type Request struct {
	Method   string
	Version  string // v1.0 or beta
	Path     string // "/auditLogs/signIns"
	Query    []Param
	URL      string
	Header   http.Header
	Body     []byte
	Class    Class
	Cost     float64 // units of the class; 0 is 1
	Attempts int     // 0 is the client's
	// Check says whether a 2xx body is whole. It runs inside the retries.
	Check func(body []byte) error
}

// Param is one query option. Options keep their order so that requests are the
// same every time.
type Param struct{ Name, Value string }

// Response is a whole answer.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Fetcher carries out requests. A status other than 2xx is an [*APIError].
type Fetcher interface {
	Fetch(ctx context.Context, req *Request) (*Response, error)
}

// HTTPFetcher is a Fetcher over net/http alone.
type HTTPFetcher struct {
	Client *http.Client // from [NewClient]
	Base   string       // root of Graph, without version
}

// NewHTTPFetcher returns a fetcher below base with a client of its own.
func NewHTTPFetcher(base string, o ClientOptions) *HTTPFetcher {
	return &HTTPFetcher{Client: NewClient(o), Base: base}
}

// Fetch sends req and returns the whole answer.
func (f *HTTPFetcher) Fetch(ctx context.Context, req *Request) (*Response, error) {
	target := req.URL
	if target == "" {
		target = f.Base + strings.TrimSuffix("/"+req.Version, "/") + req.Path + EncodeQuery(req.Query)
	}
	ctx, call := Carry(ctx, req)
	httpReq, err := http.NewRequestWithContext(ctx, req.Method, target, bytes.NewReader(req.Body))
	if err != nil {
		return nil, fmt.Errorf("make request for %s: %w", req.Path, err)
	}
	for name, values := range req.Header {
		httpReq.Header[name] = values
	}
	httpReq.Header.Set("Accept", "application/json")
	if req.Body != nil {
		httpReq.Header.Set("Content-Type", "application/json")
	}
	res, err := f.Client.Do(httpReq)
	if err == nil {
		_ = res.Body.Close()
	}
	return call.Result(err)
}

// EncodeQuery writes options the way Graph reads them: "$" bare, spaces as %20.
func EncodeQuery(params []Param) string {
	var b strings.Builder
	for i, p := range params {
		b.WriteByte("?&"[min(i, 1)])
		b.WriteString(p.Name)
		b.WriteByte('=')
		b.WriteString(strings.ReplaceAll(url.QueryEscape(p.Value), "+", "%20"))
	}
	return b.String()
}

// Call carries a request's class and check through net/http, and through the
// SDK, to the layers of the client, and the whole answer back.
type Call struct {
	class       Class
	cost        float64
	check       func([]byte) error
	limit       int
	attempts    int
	refusedWait string
	answer      *Response // of the last attempt, nil if it had none
}

type callKey struct{}

// Carry returns a context for sending req through a client of [NewClient], and
// the call from which its answer is taken afterwards.
func Carry(ctx context.Context, req *Request) (context.Context, *Call) {
	c := &Call{class: req.Class, cost: req.Cost, check: req.Check, limit: req.Attempts}
	if c.cost == 0 {
		c.cost = 1
	}
	return context.WithValue(ctx, callKey{}, c), c
}

// Result is what the request came to: the answer, an *APIError, or sent, the
// error of sending it.
func (c *Call) Result(sent error) (*Response, error) {
	switch {
	case c.answer == nil && sent != nil:
		return nil, unwrapURLError(sent)
	case c.answer == nil:
		return nil, errors.New("the client did not go through the layers of graph.NewClient")
	case c.answer.Status/100 == 2:
		return c.answer, nil
	}
	e := newAPIError(c.answer.Status, c.answer.Header, c.answer.Body)
	e.Attempts, e.Wait = c.attempts, c.refusedWait
	return nil, e
}

func callOf(ctx context.Context) *Call {
	if c, ok := ctx.Value(callKey{}).(*Call); ok {
		return c
	}
	return &Call{class: Directory, cost: 1}
}
