package graphtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Server answers for a tenant. It is an http.Handler and safe for concurrent
// use.
type Server struct {
	Tenant  *Tenant
	Faults  Faults
	Now     func() time.Time // the service's time is this plus Faults.Skew
	Scopes  []string         // application permissions that tokens carry
	Secret  string           // client secret; "" takes any
	Refusal Refusal          // of every sign-in
	NoBeta  bool             // only v1.0 exists
	Feed    []string         // content types of the activity feed that are subscribed to from the start
	Limits  bool             // throttle what exceeds the documented limits
	Gone    []string         // internet message ids that are in the logs and in no mailbox any more

	once     sync.Once
	chance   *chance
	mu       sync.Mutex
	tokens   map[string]*cursor // skiptokens
	searches map[string]*auditSearch
	access   map[string]time.Time // access tokens and their end
	recent   map[string][]time.Time
	started  []string // content types subscribed to
	serial   int
	requests map[string]int
	exceeded int
}

// cursor is what a skiptoken stands for.
type cursor struct {
	rows    []Item
	top     int
	page    int
	repeats int
}

func (s *Server) init() {
	s.once.Do(func() {
		s.chance = newChance(s.Tenant.cfg.Seed, s.Faults.MaxFaults)
		s.tokens, s.searches = map[string]*cursor{}, map[string]*auditSearch{}
		s.access, s.recent, s.requests = map[string]time.Time{}, map[string][]time.Time{}, map[string]int{}
	})
}

// now is the service's time.
func (s *Server) now() time.Time { return s.Now().Add(s.Faults.Skew).UTC() }

// FaultCounts tells how often each fault happened.
func (s *Server) FaultCounts() map[string]int {
	s.init()
	s.chance.mu.Lock()
	defer s.chance.mu.Unlock()
	counts := map[string]int{}
	for kind, n := range s.chance.Count {
		counts[kind] = n
	}
	return counts
}

// Exceeded tells how many requests came faster than the documented limits allow.
func (s *Server) Exceeded() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.exceeded
}

// Requests tells how many requests came, by path without version.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := map[string]int{}
	for path, n := range s.requests {
		counts[path] = n
	}
	return counts
}

// ServeHTTP answers one request to Graph or Entra.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	s.init()
	w.Header().Set("Date", s.now().Format(http.TimeFormat))
	w.Header().Set("request-id", s.id())
	if id := req.Header.Get("client-request-id"); id != "" {
		w.Header().Set("client-request-id", id)
	}
	if rest, ok := strings.CutPrefix(req.URL.Path, "/api/v1.0/"); ok {
		s.activity(w, req, rest)
		return
	}
	version, path, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	if version != "v1.0" && version != "beta" {
		s.entra(w, req)
		return
	}
	path = "/" + path
	s.count(path)
	if version == "beta" && s.NoBeta {
		s.fail(w, 404, "BadRequest", "Invalid version: beta")
		return
	}
	if s.misbehave(w, req, path) || !s.authorized(w, req, path) {
		return
	}
	if path == "/$batch" {
		s.batch(w, req, version)
		return
	}
	s.answer(w, req, version, path)
}

func (s *Server) count(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[path]++
}

// id makes an opaque identifier.
func (s *Server) id() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	n := uint64(s.serial)*0x9e3779b97f4a7c15 ^ s.Tenant.cfg.Seed
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", uint32(n), uint16(n>>32), n>>48&0xfff, s.serial&0xfff, n&0xffffffffffff)
}

// misbehave answers with a fault before anything else is looked at.
func (s *Server) misbehave(w http.ResponseWriter, req *http.Request, path string) bool {
	f, url := s.Faults, req.Method+req.URL.String()
	switch {
	case s.tooFast(path):
		w.Header().Set("Retry-After", "10")
		s.fail(w, 429, "TooManyRequests", "Too many requests")
	case s.chance.hit("throttle", url, f.Throttle):
		w.Header().Set("Retry-After", fmt.Sprint(1+s.chance.intn(30)))
		s.fail(w, 429, "TooManyRequests", "Too many requests")
	case s.chance.hit("throttle-bare", url, f.ThrottleBare):
		s.fail(w, 429, "TooManyRequests", "Too many requests")
	case s.chance.hit("server-error", url, f.ServerError):
		s.serverError(w)
	case s.chance.hit("auth", url, f.ExpireAuth):
		w.Header().Set("WWW-Authenticate", `Bearer realm="", error="invalid_token"`)
		s.fail(w, 401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
	case strings.Contains(path, "signIns") && s.chance.hit("licence", url, f.Licence):
		s.unlicensed(w)
	default:
		return false
	}
	return true
}

func (s *Server) serverError(w http.ResponseWriter) {
	switch s.chance.intn(4) {
	case 0:
		s.fail(w, 500, "InternalServerError", "An error has occurred.")
	case 1:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, "<html><body><h1>502 Bad Gateway</h1></body></html>")
	case 2:
		w.Header().Set("Retry-After", "3")
		s.fail(w, 503, "ServiceUnavailable", "The service is unavailable.")
	default:
		s.fail(w, 504, "GatewayTimeout", "The request timed out.")
	}
}

func (s *Server) unlicensed(w http.ResponseWriter) {
	s.fail(w, 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Neither tenant is B2C or tenant doesn't have premium license")
}

// window is a documented limit: so many requests in so long.
type window struct {
	prefixes []string
	most     int
	per      time.Duration
}

var windows = []window{
	{[]string{"/auditLogs/", "/reports/"}, 5, 10 * time.Second},
	{[]string{"/identityProtection/", "/identity/conditionalAccess/"}, 1, time.Second},
	{[]string{"/security/alerts"}, 150, time.Minute},
	{[]string{"/security/runHunting", "/security/microsoft.graph.security.runHunting"}, 45, time.Minute},
	{[]string{"/admin/exchange/tracing"}, 100, 5 * time.Minute},
}

// tooFast counts requests against the documented limits.
func (s *Server) tooFast(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	for i, w := range windows {
		if !slices.ContainsFunc(w.prefixes, func(p string) bool { return strings.HasPrefix(path, p) }) {
			continue
		}
		key := fmt.Sprint(i)
		kept := slices.DeleteFunc(s.recent[key], func(t time.Time) bool { return now.Sub(t) >= w.per })
		if len(kept) >= w.most {
			s.recent[key] = kept
			s.exceeded++
			return s.Limits
		}
		s.recent[key] = append(kept, now)
	}
	return false
}

// fail answers with Graph's error object.
func (s *Server) fail(w http.ResponseWriter, status int, code, message string) {
	s.write(w, status, errorBody(code, message, w.Header().Get("request-id"), s.now()))
}

func errorBody(code, message, id string, at time.Time) map[string]any {
	return map[string]any{"error": map[string]any{"code": code, "message": message, "innerError": map[string]any{
		"date": at.Format("2006-01-02T15:04:05"), "request-id": id, "client-request-id": id,
	}}}
}

func (s *Server) write(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	s.send(w, status, raw)
}

func (s *Server) send(w http.ResponseWriter, status int, raw []byte) {
	w.Header().Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}

// answer serves one path, from a request of its own or from a batch.
func (s *Server) answer(w http.ResponseWriter, req *http.Request, version, path string) {
	if status, body := s.refusal(path, w.Header().Get("request-id")); status != 0 {
		s.write(w, status, body)
		return
	}
	switch {
	case strings.HasPrefix(path, "/security/auditLog/queries"):
		s.auditQueries(w, req, version, path)
	case strings.HasSuffix(path, "unHuntingQuery"):
		s.hunting(w, req)
	case req.Method != http.MethodGet:
		s.fail(w, 405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
	case strings.HasPrefix(path, "/users/") && strings.HasSuffix(path, "/messages"):
		s.messages(w, req, path)
	case s.Tenant.Singles[path] != nil:
		s.sendBody(w, req, s.withContext(req, path, s.Tenant.Singles[path]))
	default:
		s.list(w, req, version, path)
	}
}

// refusal says whether the tenant or the consent keeps path closed.
func (s *Server) refusal(path, id string) (int, map[string]any) {
	for _, prefix := range sortedKeys(s.Faults.Deny) {
		if strings.HasPrefix(path, prefix) {
			code := map[int][2]string{
				403: {"Authorization_RequestDenied", "Insufficient privileges to complete the operation."},
				404: {"UnknownError", "Resource not found for the segment."},
				400: {"BadRequest", "Resource not found for the segment '" + prefix + "'."},
			}[s.Faults.Deny[prefix]]
			return s.Faults.Deny[prefix], errorBody(code[0], code[1], id, s.now())
		}
	}
	for _, prefix := range sortedKeys(s.Faults.Unlicensed) {
		if strings.HasPrefix(path, prefix) {
			return 403, errorBody("Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Neither tenant is B2C or tenant doesn't have premium license", id, s.now())
		}
	}
	if rest, ok := strings.CutPrefix(path, "/users/"); ok && (strings.Contains(rest, "/mailFolders") || strings.Contains(rest, "/mailboxSettings")) {
		user, _, _ := strings.Cut(rest, "/")
		if s.Tenant.Singles["/users/"+user+"/mailboxSettings"] == nil {
			return 404, errorBody("MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.", id, s.now())
		}
	}
	return 0, nil
}

func (s *Server) withContext(req *http.Request, path string, object []byte) []byte {
	return append([]byte(fmt.Sprintf(`{"@odata.context":"%s/v1.0/$metadata#%s/$entity",`, root(req), strings.TrimPrefix(path, "/"))), object[1:]...)
}

func root(req *http.Request) string {
	scheme := "https"
	if req.TLS == nil && req.URL.Scheme != "https" {
		scheme = "http"
	}
	return scheme + "://" + req.Host
}

// sendBody sends a good answer, or one that breaks off.
func (s *Server) sendBody(w http.ResponseWriter, req *http.Request, raw []byte) {
	url := req.Method + req.URL.String()
	switch {
	case s.poisoned(raw):
		// the service runs into an error in the middle of the array
		cut := len(raw) * 2 / 3
		s.send(w, 200, append(raw[:cut:cut], `{"error":{"code":"InternalServerError","message":"null"}}`...))
	case s.chance.hit("truncate", url, s.Faults.Truncate):
		s.send(w, 200, raw[:len(raw)-1-s.chance.intn(len(raw)/2)])
	case s.chance.hit("reset", url, s.Faults.Reset):
		w.Header().Set("Content-Length", fmt.Sprint(len(raw)))
		s.send(w, 200, raw[:len(raw)/2])
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	default:
		s.chance.served(url)
		s.send(w, 200, raw)
	}
}

func (s *Server) poisoned(raw []byte) bool {
	for id := range s.Faults.Poison {
		if strings.Contains(string(raw), `"id":"`+id+`"`) {
			return true
		}
	}
	return false
}
