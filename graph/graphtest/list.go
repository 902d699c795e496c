package graphtest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// rule is what a listing allows.
type rule struct {
	path     string
	time     string // member that $filter may compare
	most     int    // largest $top, larger is refused
	standard int    // page size without $top
	kinds    bool   // signInEventTypes may be filtered, in beta only
}

var rules = []rule{
	{SignIns, "createdDateTime", 1000, 1000, true},
	{DirectoryAudits, "activityDateTime", 1000, 1000, false},
	{Provisioning, "activityDateTime", 1000, 1000, false},
	{RiskDetections, "detectedDateTime", 500, 20, false},
	{SPDetections, "detectedDateTime", 500, 20, false},
	{Alerts, "createdDateTime", 2000, 1000, false},
	{MessageTraces, "receivedDateTime", 5000, 1000, false},
	{"/identityProtection/riskyUsers", "", 500, 20, false},
}

func ruleFor(path string) rule {
	for _, r := range rules {
		if r.path == path {
			return r
		}
	}
	return rule{path: path, most: 999, standard: 100}
}

// query is a listing's query options, understood.
type query struct {
	from, to time.Time
	kind     string
	top      int
	count    bool
	sel      []string
}

var (
	timeTerm = regexp.MustCompile(`^(\w+) (ge|le|gt|lt) (\S+)$`)
	kindTerm = regexp.MustCompile(`^signInEventTypes/any\((\w+): ?(\w+) eq '(\w+)'\)$`)
)

// parseQuery understands what the rule allows and refuses the rest.
func (s *Server) parseQuery(values url.Values, version string, r rule) (query, error) {
	q := query{top: r.standard}
	for name, value := range values {
		switch name {
		case "$top":
			n, err := strconv.Atoi(value[0])
			if err != nil || n < 1 || n > r.most {
				return q, fmt.Errorf("Invalid page size specified: '%s'. Must be between 1 and %d inclusive.", value[0], r.most)
			}
			q.top = n
		case "$select":
			q.sel = strings.Split(value[0], ",")
		case "$count":
			q.count = value[0] == "true"
		case "$orderby", "includeHiddenFolders":
		case "$filter":
			if err := q.filter(value[0], version, r); err != nil {
				return q, err
			}
		default:
			return q, fmt.Errorf("The query specified in the URI is not valid. Query option '%s' is not allowed.", strings.TrimPrefix(name, "$"))
		}
	}
	return q, nil
}

func (q *query) filter(text, version string, r rule) error {
	for _, term := range strings.Split(text, " and ") {
		if m := kindTerm.FindStringSubmatch(term); m != nil && r.kinds && version == "beta" && m[1] == m[2] {
			q.kind = m[3]
			continue
		}
		m := timeTerm.FindStringSubmatch(term)
		if m == nil || m[1] != r.time {
			return fmt.Errorf("Invalid filter clause: %s", term)
		}
		at, err := time.Parse(time.RFC3339Nano, m[3])
		if err != nil {
			return fmt.Errorf("Invalid filter clause: %s", term)
		}
		switch m[2] {
		case "ge":
			q.from = at
		case "gt":
			q.from = at.Add(1)
		case "le":
			q.to = at
		case "lt":
			q.to = at.Add(-1)
		}
	}
	return nil
}

// list serves a page of the listing at path.
func (s *Server) list(w http.ResponseWriter, req *http.Request, version, path string) {
	items, ok := s.Tenant.Lists[path]
	if !ok {
		s.fail(w, 404, "Request_ResourceNotFound", "Resource '"+path+"' does not exist or one of its queried reference-property objects are not present.")
		return
	}
	values := req.URL.Query()
	if token := values.Get("$skiptoken"); values.Has("$skiptoken") {
		s.resume(w, req, token)
		return
	}
	r := ruleFor(path)
	q, err := s.parseQuery(values, version, r)
	if err != nil {
		s.fail(w, 400, "BadRequest", err.Error())
		return
	}
	if r.kinds && q.kind == "" {
		q.kind = "interactiveUser"
	}
	rows := s.cut(s.pick(items, q))
	c := &cursor{rows: rows, top: q.top}
	count := -1
	if q.count && req.Header.Get("ConsistencyLevel") == "eventual" {
		count = len(rows)
	}
	s.page(w, req, c, count)
}

// pick returns the visible items that q asks for. Logs are sorted newest first.
func (s *Server) pick(items []Item, q query) []Item {
	now := s.now()
	lo, hi := 0, len(items)
	if !q.to.IsZero() {
		lo = sort.Search(len(items), func(i int) bool { return !items[i].At.After(q.to) })
	}
	if !q.from.IsZero() {
		hi = max(lo, sort.Search(len(items), func(i int) bool { return items[i].At.Before(q.from) }))
	}
	var rows []Item
	for _, i := range items[lo:hi] {
		if (q.kind == "" || i.Kind == q.kind) && !i.Visible.After(now) {
			rows = append(rows, i)
		}
	}
	return rows
}

// cut leaves out what is beyond the limit that nobody tells.
func (s *Server) cut(rows []Item) []Item {
	if n := s.Faults.CutAt; n > 0 && len(rows) > n {
		return rows[:n]
	}
	return rows
}

// resume serves the page that a skiptoken stands for.
func (s *Server) resume(w http.ResponseWriter, req *http.Request, token string) {
	s.mu.Lock()
	c := s.tokens[token]
	s.mu.Unlock()
	if c == nil || s.chance.hit("skiptoken", "token"+token, s.Faults.ExpireToken) {
		s.mu.Lock()
		delete(s.tokens, token)
		s.mu.Unlock()
		s.fail(w, 400, "BadRequest", "Invalid Skip Token")
		return
	}
	next := *c
	s.page(w, req, &next, -1)
}

// page sends c's next page and a token for the one after it.
func (s *Server) page(w http.ResponseWriter, req *http.Request, c *cursor, count int) {
	url := req.URL.String()
	n := min(c.top, len(c.rows))
	rows, rest := c.rows[:n], c.rows[n:]
	next := &cursor{rows: rest, top: c.top, page: c.page + 1}
	switch {
	case n > 0 && s.chance.hit("empty", url, s.Faults.Empty):
		rows, next.rows = nil, c.rows
	case n > 0 && c.repeats < 2 && s.chance.hit("duplicate", url, s.Faults.Duplicate):
		next.rows, next.repeats = c.rows, c.repeats+1
	}
	if s.chance.hit("reorder", url, s.Faults.Reorder) {
		rows = slices.Clone(rows)
		for i := range rows {
			j := i + s.chance.intn(len(rows)-i)
			rows[i], rows[j] = rows[j], rows[i]
		}
	}
	s.sendBody(w, req, s.render(req, rows, next, count))
}

func (s *Server) render(req *http.Request, rows []Item, next *cursor, count int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"@odata.context":"%s/v1.0/$metadata#%s"`, root(req), strings.TrimPrefix(req.URL.Path, "/v1.0/"))
	if count >= 0 {
		fmt.Fprintf(&b, `,"@odata.count":%d`, count)
	}
	if link := s.nextLink(req, next); link != "" {
		fmt.Fprintf(&b, `,"@odata.nextLink":"%s"`, link)
	}
	b.WriteString(`,"value":[`)
	for i, row := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(row.Raw)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// nextLink makes an opaque link, or one that leads back to where it was asked.
func (s *Server) nextLink(req *http.Request, next *cursor) string {
	if len(next.rows) == 0 {
		return ""
	}
	if token := req.URL.Query().Get("$skiptoken"); token != "" && s.chance.hit("loop", "loop"+token, s.Faults.Loop) {
		return root(req) + req.URL.Path + "?$skiptoken=" + token
	}
	token := strings.ReplaceAll(s.id(), "-", "") + fmt.Sprintf("%04x", next.page)
	s.mu.Lock()
	s.tokens[token] = next
	s.mu.Unlock()
	return root(req) + req.URL.Path + "?$skiptoken=" + token
}
