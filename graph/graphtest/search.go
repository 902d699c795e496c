package graphtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// auditSearch is one query of the unified audit log.
type auditSearch struct {
	ID      string
	From    time.Time
	To      time.Time
	Types   []string
	Created time.Time
	Takes   time.Duration
	Ends    string // how it ends
	rows    []Item
	all     int
	read    int
	version string
}

type searchRequest struct {
	DisplayName         string    `json:"displayName"`
	FilterStartDateTime time.Time `json:"filterStartDateTime"`
	FilterEndDateTime   time.Time `json:"filterEndDateTime"`
	RecordTypeFilters   []string  `json:"recordTypeFilters"`
	KeywordFilter       string    `json:"keywordFilter"`
	ServiceFilter       string    `json:"serviceFilter"`
	ServiceFilters      []string  `json:"serviceFilters"`
	OperationFilters    []string  `json:"operationFilters"`
	UserFilters         []string  `json:"userPrincipalNameFilters"`
	IPFilters           []string  `json:"ipAddressFilters"`
	ObjectFilters       []string  `json:"objectIdFilters"`
	UnitFilters         []string  `json:"administrativeUnitIdFilters"`
}

// auditQueries serves /security/auditLog/queries and what is below it.
func (s *Server) auditQueries(w http.ResponseWriter, req *http.Request, version, path string) {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(path, "/security/auditLog/queries"), "/"), "/")
	switch {
	case parts[0] == "" && req.Method == http.MethodPost:
		s.createSearch(w, req, version)
	case parts[0] == "" && req.Method == http.MethodGet:
		s.listSearches(w, req)
	case len(parts) == 1 && req.Method == http.MethodGet:
		s.withSearch(w, parts[0], func(a *auditSearch) { s.write(w, 200, s.describe(a)) })
	case len(parts) == 2 && parts[1] == "records" && req.Method == http.MethodGet:
		s.withSearch(w, parts[0], func(a *auditSearch) { s.searchRecords(w, req, a) })
	default:
		s.fail(w, 404, "UnknownError", "No HTTP resource was found that matches the request URI.")
	}
}

func (s *Server) createSearch(w http.ResponseWriter, req *http.Request, version string) {
	var body searchRequest
	dec := json.NewDecoder(req.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&body); err != nil || body.FilterEndDateTime.Before(body.FilterStartDateTime) || body.FilterStartDateTime.IsZero() {
		s.fail(w, 400, "BadRequest", "Invalid request data")
		return
	}
	a := &auditSearch{
		ID: s.id(), From: body.FilterStartDateTime, To: body.FilterEndDateTime, Types: body.RecordTypeFilters,
		Created: s.now(), Takes: time.Duration(1+s.chance.intn(20)) * time.Minute, Ends: "succeeded", version: version,
	}
	key := "search" + a.From.String() + a.To.String()
	switch {
	case s.chance.hit("search-failed", key, s.Faults.FailSearch):
		a.Ends = "failed"
	case s.chance.hit("search-cancelled", key, s.Faults.CancelSearch):
		a.Ends = "cancelled"
	}
	s.mu.Lock()
	s.searches[a.ID] = a
	s.mu.Unlock()
	s.write(w, 201, s.describe(a))
}

func (s *Server) listSearches(w http.ResponseWriter, req *http.Request) {
	s.mu.Lock()
	all := make([]*auditSearch, 0, len(s.searches))
	for _, id := range sortedKeys(s.searches) {
		all = append(all, s.searches[id])
	}
	s.mu.Unlock()
	value := []any{}
	for _, a := range all {
		value = append(value, s.describe(a))
	}
	s.write(w, 200, map[string]any{"@odata.context": root(req) + "/v1.0/$metadata#security/auditLog/queries", "value": value})
}

func (s *Server) withSearch(w http.ResponseWriter, id string, use func(*auditSearch)) {
	s.mu.Lock()
	a := s.searches[id]
	s.mu.Unlock()
	if a == nil {
		s.fail(w, 404, "UnknownError", "Audit query not found.")
		return
	}
	use(a)
}

// describe shows a search as it stands now. Its records are fixed when it ends.
func (s *Server) describe(a *auditSearch) map[string]any {
	age := s.now().Sub(a.Created)
	status := a.Ends
	switch {
	case age < a.Takes/4:
		status = "notStarted"
	case age < a.Takes:
		status = "running"
	}
	d := map[string]any{
		"@odata.type": "#microsoft.graph.security.auditLogQuery", "id": a.ID, "displayName": "search", "filterStartDateTime": a.From, "filterEndDateTime": a.To,
		"recordTypeFilters": append([]string{}, a.Types...), "operationFilters": []string{}, "status": status,
	}
	if status == "succeeded" {
		s.finishSearch(a)
	}
	if status == "succeeded" && s.Faults.CutAt == 0 { // older models have none of these
		d["recordCountLimit"] = s.Faults.RecordLimit
		d["isRecordCountLimitExceeded"] = a.all > len(a.rows)
		d["approximateReturnedRecordCount"] = len(a.rows)
	}
	return d
}

func (s *Server) finishSearch(a *auditSearch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.rows != nil {
		return
	}
	a.rows = s.pick(s.Tenant.Lists[AuditRecords], query{from: a.From, to: a.To})
	if len(a.Types) > 0 {
		a.rows = slices.DeleteFunc(a.rows, func(i Item) bool {
			return !slices.ContainsFunc(a.Types, func(t string) bool { return strings.EqualFold(t, i.Kind) })
		})
	}
	a.rows = s.cut(a.rows)
	a.all = len(a.rows)
	if n := s.Faults.RecordLimit; n > 0 && a.all > n {
		a.rows = a.rows[:n]
	}
	if a.rows == nil {
		a.rows = []Item{}
	}
}

func (s *Server) searchRecords(w http.ResponseWriter, req *http.Request, a *auditSearch) {
	if status := s.describe(a)["status"]; status != "succeeded" {
		s.fail(w, 400, "BadRequest", fmt.Sprintf("The audit query is %v.", status))
		return
	}
	values := req.URL.Query()
	if values.Has("$skiptoken") {
		s.resume(w, req, values.Get("$skiptoken"))
		return
	}
	q, err := s.parseQuery(values, "v1.0", rule{most: 10000, standard: 150})
	if err != nil {
		s.fail(w, 400, "BadRequest", err.Error())
		return
	}
	rows := a.rows
	s.mu.Lock()
	a.read++
	if (s.Faults.Shortchange && a.read == 1 || s.Faults.ShortAlways) && len(rows) > 10 {
		rows = rows[:len(rows)-1]
	}
	s.mu.Unlock()
	s.page(w, req, &cursor{rows: rows, top: q.top}, -1)
}

// hunting serves the two questions that a collector asks: count and rows.
func (s *Server) hunting(w http.ResponseWriter, req *http.Request) {
	var body struct{ Query, Timespan string }
	if err := json.NewDecoder(req.Body).Decode(&body); err != nil || body.Query == "" {
		s.fail(w, 400, "BadRequest", "Invalid request data")
		return
	}
	table, _, _ := strings.Cut(body.Query, " ")
	items, ok := s.Tenant.Lists["hunting/"+table]
	if !ok {
		s.fail(w, 400, "BadRequest", "Failed to resolve table or column expression named '"+table+"'. Fix semantic errors in your query.")
		return
	}
	from, to, ok := strings.Cut(body.Timespan, "/")
	start, err1 := time.Parse(time.RFC3339Nano, from)
	end, err2 := time.Parse(time.RFC3339Nano, to)
	if !ok || err1 != nil || err2 != nil {
		s.fail(w, 400, "BadRequest", "Invalid timespan")
		return
	}
	rows := s.pick(items, query{from: start, to: end})
	var b bytes.Buffer
	b.WriteString(`{"@odata.context":"#microsoft.graph.security.huntingQueryResults","schema":[{"name":"Timestamp","type":"DateTime"}],"results":[`)
	if strings.HasSuffix(body.Query, "| count") {
		fmt.Fprintf(&b, `{"Count":%d}`, len(rows))
	} else {
		for i, row := range rows[:min(len(rows), 100_000)] {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(row.Raw)
		}
	}
	b.WriteString("]}")
	s.sendBody(w, req, b.Bytes())
}
