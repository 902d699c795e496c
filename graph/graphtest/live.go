package graphtest

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
)

// Live is a server on the loopback interface, over HTTPS.
type Live struct {
	URL    string
	Client *http.Client // trusts the server's certificate
	srv    *httptest.Server
}

// Serve starts s. Connections that s breaks on purpose are not logged.
func Serve(s *Server) *Live {
	srv := httptest.NewUnstartedServer(s)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	return &Live{URL: srv.URL, Client: srv.Client(), srv: srv}
}

// Close stops the server.
func (l *Live) Close() { l.srv.Close() }
