package graph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// HTTPClient is what requests go through, for those who hand one on and do not
// speak HTTP themselves.
type HTTPClient = http.Client

// maxBody bounds one answer. The largest documented page is far below it.
const maxBody = 256 << 20

// attemptTimeout ends one attempt. Report pages of large tenants are reported
// to take five minutes.
const attemptTimeout = 10 * time.Minute

// TokenSource gives access tokens. claims is empty, or a challenge that the
// service sent with a refusal and that the next token has to answer; a token
// must then be fresh.
type TokenSource interface {
	Token(ctx context.Context, claims string) (string, error)
}

// ClientOptions are what a client is made of.
type ClientOptions struct {
	Base     http.RoundTripper // nil is http.DefaultTransport
	Tokens   TokenSource       // nil sends no token
	Host     string            // the only host that gets the token
	Clock    Clock             // nil is the system's
	Pacer    *Pacer            // nil does not pace
	Log      *slog.Logger      // failures with their request ids; nil discards
	Deadline time.Time         // no wait goes beyond it; zero is none
	Seed     uint64            // of the jitter
	Attempts int               // per request for faults other than throttling; 0 is 8
}

// NewClient returns an HTTP client whose layers stand in this order, outermost
// first: retry, pacing, authorization, recording, reading the whole body. The
// order matters: every attempt is paced and freshly authorized, and an answer
// that breaks off counts as a failed attempt.
func NewClient(o ClientOptions) *http.Client {
	if o.Base == nil {
		o.Base = http.DefaultTransport
	}
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Attempts == 0 {
		o.Attempts = 8
	}
	var rt http.RoundTripper = &readLayer{next: o.Base}
	rt = &recordLayer{next: rt, clock: o.Clock, log: o.Log}
	rt = &authLayer{next: rt, tokens: o.Tokens, host: o.Host}
	rt = &paceLayer{next: rt, pacer: o.Pacer}
	rt = &retryLayer{
		next: rt, clock: o.Clock, pacer: o.Pacer, log: o.Log, deadline: o.Deadline,
		attempts: o.Attempts, rand: rand.New(rand.NewPCG(o.Seed, 365)),
	}
	return &http.Client{
		Transport: rt,
		// a redirect would carry the token to a place nobody chose
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// readLayer reads the whole body, so that a break in it is an error of the
// attempt, and checks it.
type readLayer struct{ next http.RoundTripper }

func (l *readLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	call := callOf(req.Context())
	call.answer = nil
	ctx, cancel := context.WithTimeout(req.Context(), attemptTimeout)
	defer cancel()
	res, err := l.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := readBody(res)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	if call.check != nil && res.StatusCode/100 == 2 {
		if err := call.check(body); err != nil {
			return nil, &BodyError{RequestID: res.Header.Get("request-id"), Err: err}
		}
	}
	call.answer = &Response{Status: res.StatusCode, Header: res.Header, Body: body}
	return res, nil
}

func readBody(res *http.Response) ([]byte, error) {
	var b bytes.Buffer
	if n := res.ContentLength; n > 0 && n <= maxBody {
		b.Grow(int(n) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(res.Body, maxBody+1)); err != nil {
		return nil, err
	}
	if b.Len() > maxBody {
		return nil, fmt.Errorf("answer is larger than %d MiB", maxBody>>20)
	}
	return b.Bytes(), nil
}

// BodyError means that an answer said success but its body is not whole.
type BodyError struct {
	RequestID string
	Err       error
}

// Error says what is wrong with the body.
func (e *BodyError) Error() string {
	return fmt.Sprintf("broken answer: %v (request-id %s)", e.Err, e.RequestID)
}

// Unwrap returns the cause.
func (e *BodyError) Unwrap() error { return e.Err }

// recordLayer logs every failed attempt with the ids that Microsoft's support
// asks for.
type recordLayer struct {
	next  http.RoundTripper
	clock Clock
	log   *slog.Logger
}

func (l *recordLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	start := l.clock.Now()
	res, err := l.next.RoundTrip(req)
	took := l.clock.Now().Sub(start)
	switch {
	case err != nil:
		l.log.Warn("request failed", "method", req.Method, "path", req.URL.Path, "error", oneLine(err.Error()), "took", took)
	case res.StatusCode >= 400:
		l.log.Warn("request refused", "method", req.Method, "path", req.URL.Path, "status", res.StatusCode,
			"request-id", res.Header.Get("request-id"), "client-request-id", res.Header.Get("client-request-id"),
			"diagnostic", oneLine(res.Header.Get("x-ms-ags-diagnostic")), "date", res.Header.Get("Date"), "took", took)
	}
	return res, err
}

// authLayer adds the token and, when the service refuses it, tries once with a
// fresh one.
type authLayer struct {
	next   http.RoundTripper
	tokens TokenSource
	host   string
}

func (l *authLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	if l.tokens == nil || (l.host != "" && req.URL.Host != l.host) {
		return l.next.RoundTrip(req)
	}
	res, err := l.send(req, "")
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		return res, err
	}
	_ = res.Body.Close()
	return l.send(req, challengeOf(res.Header))
}

func (l *authLayer) send(req *http.Request, claims string) (*http.Response, error) {
	token, err := l.tokens.Token(req.Context(), claims)
	if err != nil {
		return nil, &AuthError{Err: err}
	}
	again, err := cloneRequest(req)
	if err != nil {
		return nil, err
	}
	again.Header.Set("Authorization", "Bearer "+token)
	return l.next.RoundTrip(again)
}

// AuthError means that no access token was to be had.
type AuthError struct{ Err error }

// Error says why.
func (e *AuthError) Error() string { return "get access token: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *AuthError) Unwrap() error { return e.Err }

// paceLayer waits for the request's turn.
type paceLayer struct {
	next  http.RoundTripper
	pacer *Pacer
}

func (l *paceLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	if l.pacer == nil {
		return l.next.RoundTrip(req)
	}
	c := callOf(req.Context())
	if err := l.pacer.Wait(req.Context(), c.class, c.cost); err != nil {
		return nil, err
	}
	res, err := l.next.RoundTrip(req)
	if err == nil {
		l.pacer.slowDown(c.class, c.cost, res.Header)
	}
	return res, err
}

// retryLayer tries again what is worth it: throttled, server errors, network
// errors, broken bodies, and the licence refusal that licensed tenants get now
// and then.
type retryLayer struct {
	next     http.RoundTripper
	clock    Clock
	pacer    *Pacer
	log      *slog.Logger
	deadline time.Time
	attempts int
	mu       sync.Mutex // rand
	rand     *rand.Rand
}

// throttles is how often one request may be told to wait before the source
// counts as throttled out; retryLicence how often a licence refusal is doubted;
// retryBroken how often a body may break off before the window is at fault.
const (
	throttles    = 60
	retryLicence = 4
	retryBroken  = 4
)

func (l *retryLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := bufferBody(req); err != nil {
		return nil, err
	}
	c := callOf(req.Context())
	for waits := 0; ; {
		again, err := cloneRequest(req)
		if err != nil {
			return nil, err
		}
		c.attempts++
		res, err := l.next.RoundTrip(again)
		fault, worth := l.judge(req.Context(), res, err)
		if fault == FaultThrottled {
			waits++
		}
		if !worth || c.attempts-waits >= l.limit(fault, c) || waits >= throttles {
			return res, err
		}
		wait := l.wait(c, res)
		if !l.deadline.IsZero() && l.clock.Now().Add(wait).After(l.deadline) {
			c.refusedWait = wait.Round(time.Second).String()
			return res, err
		}
		if fault == FaultThrottled && l.pacer != nil {
			l.pacer.Pause(c.class, l.clock.Now().Add(wait))
		}
		if err := l.clock.Sleep(req.Context(), wait); err != nil {
			return nil, err
		}
	}
}

// judge says what an attempt's outcome is and whether another is worth it.
func (l *retryLayer) judge(ctx context.Context, res *http.Response, err error) (Fault, bool) {
	var auth *AuthError
	var broken *BodyError
	switch {
	case ctx.Err() != nil, errors.As(err, &auth):
		return "", false
	case errors.As(err, &broken):
		return faultBroken, true
	case err != nil:
		return FaultTransient, true
	case res.StatusCode < 400:
		return "", false
	}
	body, _ := io.ReadAll(res.Body)
	res.Body = io.NopCloser(bytes.NewReader(body))
	fault := newAPIError(res.StatusCode, res.Header, body).Fault
	return fault, slices.Contains([]Fault{FaultTransient, FaultThrottled, FaultLicence, FaultToken}, fault)
}

func (l *retryLayer) limit(f Fault, c *Call) int {
	switch f {
	case FaultLicence:
		return retryLicence
	case faultBroken, FaultToken:
		return retryBroken
	}
	if c.limit > 0 {
		return c.limit
	}
	return l.attempts
}

// wait is the service's Retry-After, whatever its length, else doubling from a
// second to two minutes, always with jitter on top.
func (l *retryLayer) wait(c *Call, res *http.Response) time.Duration {
	l.mu.Lock()
	jitter := l.rand.Float64()
	l.mu.Unlock()
	if res != nil {
		if d, ok := retryAfter(res.Header.Get("Retry-After"), l.clock.Now()); ok {
			return d + time.Duration(jitter*float64(time.Second))
		}
	}
	d := min(time.Second<<min(c.attempts-1, 7), 2*time.Minute)
	return d/2 + time.Duration(jitter*float64(d))
}

// retryAfter reads seconds, also fractional, or an HTTP date.
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds >= 0 && seconds < 1e8 {
		return time.Duration(seconds * float64(time.Second)), true
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}

// bufferBody makes req's body repeatable.
func bufferBody(req *http.Request) error {
	if req.Body == nil || req.Body == http.NoBody || req.GetBody != nil {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return fmt.Errorf("read request body: %w", err)
	}
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.ContentLength = int64(len(body))
	req.Body, err = req.GetBody()
	return err
}

func cloneRequest(req *http.Request) (*http.Request, error) {
	again := req.Clone(req.Context())
	if req.GetBody == nil {
		return again, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("repeat request body: %w", err)
	}
	again.Body = body
	return again, nil
}

// unwrapURLError drops net/http's "Get https://…?$skiptoken=…": links hold
// opaque state and say nothing to a reader.
func unwrapURLError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
