package graphtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

type batchRequest struct {
	Requests []struct {
		ID      string            `json:"id"`
		Method  string            `json:"method"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
	} `json:"requests"`
}

type batchAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// batch answers up to twenty requests, in no particular order. Each can be
// throttled, fail or go missing by itself.
func (s *Server) batch(w http.ResponseWriter, req *http.Request, version string) {
	var in batchRequest
	if err := json.NewDecoder(req.Body).Decode(&in); err != nil || len(in.Requests) == 0 || len(in.Requests) > 20 {
		s.fail(w, 400, "BadRequest", "Number of requests should be between 1 and 20.")
		return
	}
	var out []batchAnswer
	for _, one := range in.Requests {
		if s.chance.hit("inner-missing", one.URL, s.Faults.MissInner) {
			continue
		}
		out = append(out, s.inner(req, version, one.ID, one.URL))
	}
	for i := range out {
		j := i + s.chance.intn(len(out)-i)
		out[i], out[j] = out[j], out[i]
	}
	raw, err := json.Marshal(map[string]any{"responses": out})
	if err != nil {
		panic(err)
	}
	s.sendBody(w, req, raw)
}

func (s *Server) inner(req *http.Request, version, id, link string) batchAnswer {
	if s.chance.hit("inner-error", link, s.Faults.InnerError) {
		return batchAnswer{ID: id, Status: 429, Headers: map[string]string{"Retry-After": "5"}, Body: json.RawMessage(`{"error":{"code":"TooManyRequests","message":"Application is over its MailboxConcurrency limit."}}`)}
	}
	target, err := url.Parse(root(req) + "/" + version + link)
	if err != nil || !strings.HasPrefix(link, "/") {
		return batchAnswer{ID: id, Status: 400, Body: json.RawMessage(`{"error":{"code":"BadRequest","message":"Invalid URL"}}`)}
	}
	sub := &http.Request{Method: http.MethodGet, URL: target, Host: req.Host, TLS: req.TLS, Header: req.Header}
	path := strings.TrimPrefix(target.Path, "/"+version)
	rec := httptest.NewRecorder()
	serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, version, path) }), rec, sub)
	s.count(path)
	s.chance.served(link)
	body := rec.Body.Bytes()
	if !json.Valid(body) {
		body = []byte(fmt.Sprintf(`{"error":{"code":"InternalServerError","message":"%d"}}`, len(body)))
		return batchAnswer{ID: id, Status: 500, Body: body}
	}
	return batchAnswer{ID: id, Status: rec.Code, Headers: map[string]string{"Content-Type": "application/json"}, Body: bytes.TrimSpace(body)}
}
