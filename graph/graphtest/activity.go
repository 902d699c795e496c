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

// workloads says which content type a record's workload is in.
var workloads = map[string]string{"Exchange": "Audit.Exchange", "AzureActiveDirectory": "Audit.AzureActiveDirectory", "SharePoint": "Audit.SharePoint"}

// blobRecords is how many records one blob of the feed holds, blobsPerPage how
// many blobs one page names.
const (
	blobRecords  = 20
	blobsPerPage = 3
)

// activity serves the Management Activity API: the same records as the audit
// search, in blobs.
func (s *Server) activity(w http.ResponseWriter, req *http.Request, rest string) {
	tenant, path, _ := strings.Cut(rest, "/")
	s.count("/" + path)
	if s.misbehave(w, req, "/"+path) || !s.authorized(w, req, "/"+path) {
		return
	}
	kind := req.URL.Query().Get("contentType")
	switch {
	case tenant != s.Tenant.ID:
		s.fail(w, 400, "AF20010", "The tenant ID passed in the URL does not match the one in the access token.")
	case path == "activity/feed/subscriptions/list":
		s.listSubscriptions(w, req)
	case path == "activity/feed/subscriptions/start" && req.Method == http.MethodPost:
		s.mu.Lock()
		s.started = append(s.started, kind)
		s.mu.Unlock()
		s.write(w, 200, map[string]any{"contentType": kind, "status": "enabled", "webhook": nil})
	case path == "activity/feed/subscriptions/content":
		s.listBlobs(w, req, kind)
	case strings.HasPrefix(path, "activity/feed/audit/"):
		s.blob(w, req, strings.TrimPrefix(path, "activity/feed/audit/"))
	default:
		s.fail(w, 404, "AF20001", "Unknown path")
	}
}

func (s *Server) subscribed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.Feed, s.started)
}

func (s *Server) listSubscriptions(w http.ResponseWriter, req *http.Request) {
	list := []any{}
	for _, kind := range s.subscribed() {
		list = append(list, map[string]any{"contentType": kind, "status": "enabled", "webhook": nil})
	}
	raw, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	s.sendBody(w, req, raw)
}

// records of a content type that became available in a window.
func (s *Server) feedRecords(kind string, from, to time.Time) []Item {
	var rows []Item
	for _, i := range s.pick(s.Tenant.Lists[AuditRecords], query{from: from, to: to}) {
		var r struct{ Service string }
		_ = json.Unmarshal(i.Raw, &r)
		if workloads[r.Service] == kind {
			rows = append(rows, i)
		}
	}
	return rows
}

func (s *Server) listBlobs(w http.ResponseWriter, req *http.Request, kind string) {
	q := req.URL.Query()
	from, err1 := time.Parse("2006-01-02T15:04:05", q.Get("startTime"))
	to, err2 := time.Parse("2006-01-02T15:04:05", q.Get("endTime"))
	switch {
	case !slices.Contains(s.subscribed(), kind):
		s.fail(w, 400, "AF20022", "No subscription found for the specified content type")
		return
	case err1 != nil || err2 != nil || to.Sub(from) > 24*time.Hour || s.now().Sub(from) > 7*24*time.Hour+time.Minute:
		s.fail(w, 400, "AF20030", "Start time and end time must both be specified (or both omitted) and must be less than or equal to 24 hours apart, with the start time no more than 7 days in the past.")
		return
	}
	var page, at int
	_, _ = fmt.Sscan(q.Get("nextPage"), &page)
	blobs := []any{}
	n := len(s.feedRecords(kind, from, to))
	for at = page * blobsPerPage * blobRecords; at < n && len(blobs) < blobsPerPage; at += blobRecords {
		id := fmt.Sprintf("%s$%d$%d$%d", kind, from.Unix(), to.Unix(), at)
		blobs = append(blobs, map[string]any{"contentType": kind, "contentId": id, "contentUri": root(req) + "/api/v1.0/" + s.Tenant.ID + "/activity/feed/audit/" + id, "contentCreated": seconds(from), "contentExpiration": seconds(from.AddDate(0, 0, 7))})
	}
	if at < n {
		q.Set("nextPage", fmt.Sprint(page+1))
		w.Header().Set("NextPageUri", root(req)+req.URL.Path+"?"+q.Encode())
	}
	raw, err := json.Marshal(blobs)
	if err != nil {
		panic(err)
	}
	s.sendBody(w, req, raw)
}

func (s *Server) blob(w http.ResponseWriter, req *http.Request, id string) {
	parts := strings.Split(id, "$")
	if len(parts) != 4 {
		s.fail(w, 400, "AF20050", "The specified content does not exist.")
		return
	}
	var from, to int64
	var at int
	_, _ = fmt.Sscan(strings.Join(parts[1:], " "), &from, &to, &at)
	rows := s.feedRecords(parts[0], time.Unix(from, 0).UTC(), time.Unix(to, 0).UTC())
	if at > len(rows) {
		s.fail(w, 400, "AF20051", "Content requested has already expired.")
		return
	}
	var b bytes.Buffer
	for i, row := range rows[at:min(at+blobRecords, len(rows))] {
		var r struct{ AuditData json.RawMessage }
		_ = json.Unmarshal(row.Raw, &r)
		b.WriteByte("[,"[min(i, 1)])
		b.Write(r.AuditData)
	}
	b.WriteByte(']')
	s.sendBody(w, req, b.Bytes())
}
