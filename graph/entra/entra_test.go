package entra_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/entra"
	"github.com/hunt365/hunt365/graph/graphtest"
)

// fake serves a tenant's Entra and returns options that sign in there.
func fake(t *testing.T) (entra.Options, *graphtest.Server) {
	t.Helper()
	server := &graphtest.Server{
		Tenant: graphtest.NewTenant(graphtest.Config{Seed: 1, Days: 1, Users: 5}), Now: time.Now,
		Secret: "right", Scopes: []string{"AuditLog.Read.All", "Directory.Read.All", "Mail.ReadWrite"},
	}
	srv := httptest.NewTLSServer(server)
	t.Cleanup(srv.Close)
	return entra.Options{
		Tenant: server.Tenant.ID, Client: "11111111-2222-3333-4444-555555555555", HTTP: srv.Client(), Offline: true,
		Cloud: graph.Cloud{Name: "fake", Graph: srv.URL, Login: srv.URL + "/"},
	}, server
}

func TestSignIn(t *testing.T) {
	for _, method := range []entra.Method{entra.Secret, entra.Certificate, entra.DeviceCode, entra.Workload} {
		t.Run(string(method), func(t *testing.T) {
			o, _ := fake(t)
			var prompt bytes.Buffer
			o.Method, o.Secret, o.Prompt = method, "right", &prompt
			o.CertFile = certificate(t, time.Now().AddDate(1, 0, 0))
			o.TokenFile = filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(o.TokenFile, []byte("jwt"), 0o600); err != nil {
				t.Fatal(err)
			}
			source, err := entra.New(o)
			if err != nil {
				t.Fatal(err)
			}
			token, err := source.Token(context.Background(), "")
			if err != nil {
				t.Fatal(err)
			}
			again, err := source.Token(context.Background(), "")
			if err != nil || again != token {
				t.Errorf("the token is not kept: %v", err)
			}
			id, err := graph.ParseToken(token)
			if err != nil || !slices.Contains(id.Scopes, "AuditLog.Read.All") || id.AppOnly() == (method == entra.DeviceCode) {
				t.Errorf("identity %+v, error %v", id, err)
			}
			if method == entra.DeviceCode && !strings.Contains(prompt.String(), "KST4RL7XQ") {
				t.Errorf("the code is not shown: %q", prompt.String())
			}
		})
	}
}

// A refused token is replaced by a fresh one.
func TestRefusedTokenIsReplaced(t *testing.T) {
	o, _ := fake(t)
	o.Method, o.Secret = entra.Secret, "right"
	source, err := entra.New(o)
	if err != nil {
		t.Fatal(err)
	}
	first, err := source.Token(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	second, err := source.Token(context.Background(), "{}")
	if err != nil || second == first {
		t.Errorf("got the same token, error %v", err)
	}
}

func TestFailuresAreOneSentence(t *testing.T) {
	tests := []struct {
		name string
		with func(*entra.Options)
		want string
	}{
		{"wrong secret", func(o *entra.Options) { o.Secret = "wrong" }, "the client secret is wrong (AADSTS7000215)"},
		{"wrong tenant", func(o *entra.Options) { o.Tenant = "nowhere.example" }, "there is no such tenant (AADSTS90002)"},
		{"no network", func(o *entra.Options) {
			o.Cloud.Login = "https://127.0.0.1:1/"
		}, "the sign-in service cannot be reached"},
		{"expired certificate", func(o *entra.Options) {
			o.Method = entra.Certificate
		}, "the certificate has expired on"},
		{"no application", func(o *entra.Options) { o.Client = "" }, "this sign-in method needs an application"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o, _ := fake(t)
			o.Method, o.Secret = entra.Secret, "right"
			o.CertFile = certificate(t, time.Now().AddDate(0, 0, -1))
			test.with(&o)
			source, err := entra.New(o)
			if err == nil {
				_, err = source.Token(context.Background(), "")
			}
			var sentence *entra.SignInError
			if !errors.As(err, &sentence) || !strings.HasPrefix(sentence.Sentence, test.want) || sentence.Hint == "" || strings.Contains(sentence.Sentence, "\n") {
				t.Errorf("error is %v", err)
			}
		})
	}
}

// certificate makes a certificate file that is good until the given day.
func certificate(t *testing.T, until time.Time) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hunt365"}, NotBefore: until.AddDate(-2, 0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "cert.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...)
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
