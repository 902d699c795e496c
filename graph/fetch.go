package graph

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

// Fetch sends req and returns the whole answer.
func (f *HTTPFetcher) Fetch(ctx context.Context, req *Request) (*Response, error) {
	target := req.URL
	if target == "" {
		target = f.Base + "/" + req.Version + req.Path + EncodeQuery(req.Query)
	}
	ctx, state := withCall(ctx, req)
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
	if err != nil {
		return nil, unwrapURLError(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	return state.response(res.StatusCode, res.Header, body)
}

// response turns an answer into a Response or an APIError.
func (c *call) response(status int, header http.Header, body []byte) (*Response, error) {
	if status/100 == 2 {
		return &Response{Status: status, Header: header, Body: body}, nil
	}
	e := newAPIError(status, header, body)
	e.Attempts = c.attempts
	e.Wait = c.refusedWait
	return nil, e
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

// callKey carries a request's class and check through net/http, and through the
// SDK, to the layers of the client.
type callKey struct{}

type call struct {
	class       Class
	cost        float64
	check       func([]byte) error
	limit       int
	attempts    int
	refusedWait string
}

func withCall(ctx context.Context, req *Request) (context.Context, *call) {
	c := &call{class: req.Class, cost: req.Cost, check: req.Check, limit: req.Attempts}
	if c.cost == 0 {
		c.cost = 1
	}
	return context.WithValue(ctx, callKey{}, c), c
}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{class: Directory, cost: 1}
}
