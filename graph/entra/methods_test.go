package entra_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/entra"
)

// token signs in and reads what the token says.
func token(t *testing.T, o entra.Options) graph.Identity {
	t.Helper()
	source, err := entra.New(o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := source.Token(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	id, err := graph.ParseToken(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// command puts a program called name first in the path.
func command(t *testing.T, name, script string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil { //nolint:gosec // it has to run
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

var formField = regexp.MustCompile(`(action|name|value)="([^"]*)"`)

// browse opens an address and sends the form on it, as a browser with scripts does.
func browse(client *http.Client, address string) {
	res, err := client.Get(address)
	if err != nil {
		return
	}
	defer res.Body.Close()
	page, _ := io.ReadAll(res.Body)
	form, action, name := url.Values{}, "", ""
	for _, m := range formField.FindAllStringSubmatch(string(page), -1) {
		switch text := html.UnescapeString(m[2]); m[1] {
		case "action":
			action = text
		case "name":
			name = text
		case "value":
			form.Set(name, text)
		}
	}
	if done, err := http.PostForm(action, form); err == nil {
		done.Body.Close()
	}
}

// The browser is a program that writes down where it is sent; the test goes there.
func TestSignInByBrowser(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere the browser is not found by name")
	}
	o, server := fake(t)
	o.Method = entra.Browser
	sent := filepath.Join(t.TempDir(), "sent")
	command(t, "xdg-open", `echo "$1" >`+sent+`.new && mv `+sent+`.new `+sent)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if address, err := os.ReadFile(sent); err == nil {
				browse(o.HTTP, strings.TrimSpace(string(address)))
				return
			}
		}
	}()
	if id := token(t, o); id.AppOnly() || id.User != server.Tenant.People()[0].UPN {
		t.Errorf("signed in as %+v", id)
	}
}

func TestSignInByAzureCLI(t *testing.T) {
	o, _ := fake(t)
	o.Method, o.Secret = entra.Secret, "right"
	source, err := entra.New(o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := source.Token(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	command(t, "az", fmt.Sprintf(`echo '{"accessToken":"%s","expiresOn":"2126-01-01 00:00:00.000000","expires_on":4922899200,"tenant":"%s","tokenType":"Bearer"}'`, text, o.Tenant))
	o.Method = entra.AzureCLI
	if id := token(t, o); id.Tenant != o.Tenant {
		t.Errorf("signed in as %+v", id)
	}
	command(t, "az", `echo "Please run 'az login' to setup account." >&2; exit 1`)
	if said, err := signIn(o); said == nil || said.Sentence != "the Azure CLI is not signed in to this tenant" {
		t.Errorf("it says %+v, error %v", said, err)
	}
}

// A managed identity's token comes from the machine's own endpoint.
func TestSignInByManagedIdentity(t *testing.T) {
	o, _ := fake(t)
	o.Method, o.Secret = entra.Secret, "right"
	source, err := entra.New(o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := source.Token(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	machine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("X-IDENTITY-HEADER") != "machine" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"statusCode":400,"message":"No managed identity"}`)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"%s","expires_on":"4922899200","resource":"%s","token_type":"Bearer"}`, text, req.URL.Query().Get("resource"))
	}))
	defer machine.Close()
	t.Setenv("IDENTITY_ENDPOINT", machine.URL)
	t.Setenv("IDENTITY_HEADER", "machine")
	o.Method, o.HTTP, o.Client = entra.Managed, machine.Client(), ""
	if id := token(t, o); id.Tenant != o.Tenant || !id.AppOnly() {
		t.Errorf("signed in as %+v", id)
	}
	t.Setenv("IDENTITY_HEADER", "another")
	o.Client = "an identity whose token is not in memory"
	if said, err := signIn(o); said == nil || said.Sentence != "this machine has no managed identity" {
		t.Errorf("it says %+v, error %v", said, err)
	}
}

// The chain of Azure tools takes what the environment offers; only --auth default
// asks for it.
func TestSignInByDefaultChain(t *testing.T) {
	o, _ := fake(t)
	t.Setenv("AZURE_TENANT_ID", o.Tenant)
	t.Setenv("AZURE_CLIENT_ID", o.Client)
	t.Setenv("AZURE_CLIENT_SECRET", "right")
	o.Method = entra.Default
	if id := token(t, o); id.Tenant != o.Tenant {
		t.Errorf("signed in as %+v", id)
	}
}

// With a token cache, a second run asks nobody; without, it asks again.
func TestTokenCache(t *testing.T) {
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprint(keep), func(t *testing.T) {
			o, _ := fake(t)
			var prompt bytes.Buffer
			o.Method, o.Prompt, o.Cache, o.RecordDir = entra.DeviceCode, &prompt, keep, t.TempDir()
			if said, err := signIn(o); err != nil {
				if keep && said != nil && strings.Contains(said.Sentence, "no key store") {
					t.Skip("this machine has no key store")
				}
				t.Fatal(err)
			}
			first := prompt.Len()
			token(t, o)
			if asked := prompt.Len() > first; first == 0 || asked == keep {
				t.Errorf("asked again: %v", asked)
			}
			if files, _ := os.ReadDir(o.RecordDir); len(files) != map[bool]int{false: 0, true: 1}[keep] {
				t.Errorf("%d files were left behind", len(files))
			}
		})
	}
}
