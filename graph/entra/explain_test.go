package entra_test

import (
	"context"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph/entra"
	"github.com/hunt365/hunt365/graph/graphtest"
)

var update = flag.Bool("update", false, "rewrite the sentences in testdata")

// signIn tries once and returns what was said.
func signIn(o entra.Options) (*entra.SignInError, error) {
	source, err := entra.New(o)
	if err == nil {
		_, err = source.Token(context.Background(), "")
	}
	var said *entra.SignInError
	errors.As(err, &said)
	return said, err
}

// Every answer in testdata/refusals.tsv, sent by the fake Entra, becomes its
// sentence and its advice.
func TestRefusals(t *testing.T) {
	const name = "testdata/refusals.tsv"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	for i, line := range lines {
		cells := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		t.Run(cells[0]+" "+cells[1], func(t *testing.T) {
			o, server := fake(t)
			o.Method, o.Secret, o.Prompt = entra.Method(cells[0]), "right", &strings.Builder{}
			if o.Method == entra.Certificate {
				o.CertFile = certificate(t, time.Now().AddDate(1, 0, 0))
			}
			o.TokenFile = filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(o.TokenFile, []byte("jwt"), 0o600); err != nil {
				t.Fatal(err)
			}
			r := graphtest.Refusal{Code: cells[3], Text: cells[4]}
			r.Number, _ = strconv.Atoi(cells[1])
			r.Status, _ = strconv.Atoi(cells[2])
			server.Refusal = r
			said, err := signIn(o)
			if said == nil {
				t.Fatalf("error is %v", err)
			}
			said.Hint = strings.ReplaceAll(said.Hint, o.Cloud.Login+o.Tenant, "LOGIN")
			if *update {
				lines[i] = strings.Join(append(cells[:5:5], said.Sentence, said.Hint), "\t")
			} else if said.Sentence != cells[5] || said.Hint != cells[6] {
				t.Errorf("it says %q, %q\nwant   %q, %q", said.Sentence, said.Hint, cells[5], cells[6])
			}
		})
	}
	if *update {
		if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// What goes wrong before Entra answers is one sentence too.
func TestLocalFailures(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	onlyCert := filepath.Join(t.TempDir(), "cert.pem")
	writeFile(t, garbage, "no certificate")
	writeFile(t, onlyCert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})))
	tests := []struct {
		name string
		with func(*testing.T, *entra.Options)
		want string
		hint string
	}{
		{"no secret", func(_ *testing.T, o *entra.Options) { o.Secret = "" }, "this sign-in method needs a secret", "HUNT365_CLIENT_SECRET"},
		{"no application", func(_ *testing.T, o *entra.Options) { o.Client = "" }, "this sign-in method needs an application", "--client-id"},
		{"no certificate", func(_ *testing.T, o *entra.Options) { o.Method, o.CertFile = entra.Certificate, "" }, "this sign-in method needs a certificate", "--certificate"},
		{"no such file", func(_ *testing.T, o *entra.Options) { o.Method, o.CertFile = entra.Certificate, "absent.pem" }, "the certificate's file cannot be read", "--certificate"},
		{"not a certificate", func(_ *testing.T, o *entra.Options) { o.Method, o.CertFile = entra.Certificate, garbage }, "the file holds no certificate", "PEM or PFX"},
		{"no key", func(_ *testing.T, o *entra.Options) { o.Method, o.CertFile = entra.Certificate, onlyCert }, "the file holds no certificate", "PEM or PFX"},
		{"expired certificate", func(t *testing.T, o *entra.Options) {
			o.Method, o.CertFile = entra.Certificate, certificate(t, time.Now().AddDate(0, 0, -1))
		}, "the certificate has expired on " + time.Now().AddDate(0, 0, -1).UTC().Format(time.DateOnly), "upload"},
		{"no network", func(_ *testing.T, o *entra.Options) { o.Cloud.Login = "https://127.0.0.1:1/" }, "the sign-in service cannot be reached", "HTTPS_PROXY"},
		{"no name", func(_ *testing.T, o *entra.Options) { o.Cloud.Login = "https://login.invalid/" }, "the sign-in service cannot be reached", "HTTPS_PROXY"},
		{"proxy is away", throughProxy("http://127.0.0.1:1"), "the proxy refuses the connection", "HTTPS_PROXY"},
		{"proxy wants a password", refusingProxy, "the proxy refuses the connection", "HTTPS_PROXY"},
		{"proxy opens TLS", func(_ *testing.T, o *entra.Options) { o.HTTP = &http.Client{Transport: &http.Transport{}} }, "the sign-in service's certificate is not trusted here", "system's store"},
		{"hotel network", captivePortal, "something other than Entra answers here", "network"},
		{"no workload", func(_ *testing.T, o *entra.Options) { o.Method, o.TokenFile = entra.Workload, "absent" }, "there is no workload identity here", "AZURE_FEDERATED_TOKEN_FILE"},
		{"no Azure CLI", func(t *testing.T, o *entra.Options) { o.Method = entra.AzureCLI; t.Setenv("PATH", t.TempDir()) }, "the Azure CLI is not installed", "another --auth"},
		{"unknown method", func(_ *testing.T, o *entra.Options) { o.Method = "magic" }, `sign-in failed: unknown sign-in method "magic"`, "--auth"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o, _ := fake(t)
			o.Method, o.Secret = entra.Secret, "right"
			test.with(t, &o)
			said, err := signIn(o)
			if said == nil || !strings.HasPrefix(said.Sentence, test.want) || !strings.Contains(said.Hint, test.hint) || strings.Contains(said.Sentence, "\n") {
				t.Errorf("it says %+v, error %v", said, err)
			}
		})
	}
}

// throughProxy sends everything through a proxy, which loopback addresses
// otherwise go past.
func throughProxy(address string) func(*testing.T, *entra.Options) {
	return func(_ *testing.T, o *entra.Options) {
		proxy, err := url.Parse(address)
		if err != nil {
			panic(err)
		}
		o.HTTP = &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	}
}

func refusingProxy(t *testing.T, o *entra.Options) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Proxy-Authenticate", "Basic")
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	t.Cleanup(proxy.Close)
	throughProxy(proxy.URL)(t, o)
}

func captivePortal(t *testing.T, o *entra.Options) {
	portal := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<html>Welcome to the hotel</html>")
	}))
	t.Cleanup(portal.Close)
	o.HTTP, o.Cloud.Login = portal.Client(), portal.URL+"/"
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
