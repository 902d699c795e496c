package graphtest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
)

// Transport carries requests to a handler without a network, broken answers
// included.
type Transport struct{ Handler http.Handler }

// RoundTrip serves req.
func (t Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	served := req.Clone(req.Context())
	served.Host = req.URL.Host
	if served.Body == nil {
		served.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	aborted := serve(t.Handler, rec, served)
	res := rec.Result()
	res.Request = req
	if aborted {
		body, _ := io.ReadAll(res.Body)
		res.ContentLength = -1
		res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), broken{}))
	}
	return res, nil
}

// serve runs the handler and reports whether it broke the connection.
func serve(h http.Handler, w http.ResponseWriter, req *http.Request) (aborted bool) {
	defer func() {
		if v := recover(); v != nil {
			err, ok := v.(error)
			if !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			aborted = true
		}
	}()
	h.ServeHTTP(w, req)
	return false
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
