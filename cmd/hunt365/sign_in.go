package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hunt365/hunt365/graph"
	"github.com/hunt365/hunt365/graph/entra"
)

// signIn is how a command signs in to a tenant.
type signIn struct {
	tenant      string
	cloud       string
	auth        string
	client      string
	certificate string
	secretFile  string
	test        func(*entra.Options) // tests and the demo point it elsewhere
	testCloud   graph.Cloud
}

func (s *signIn) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.tenant, "tenant", "", "domain or id of the tenant")
	f.StringVar(&s.cloud, "cloud", "global", "Microsoft's cloud: global, gcch, dod or china")
	f.StringVar(&s.auth, "auth", string(entra.DeviceCode), "how to sign in: "+methodList())
	f.StringVar(&s.client, "client-id", "", "application to sign in to (default for people: Microsoft Graph Command Line Tools)")
	f.StringVar(&s.certificate, "certificate", "", "file with the application's certificate and key, PEM or PFX (password: HUNT365_CERTIFICATE_PASSWORD)")
	f.StringVar(&s.secretFile, "client-secret-file", "", "file with the application's secret (or HUNT365_CLIENT_SECRET)")
	complete(cmd, "cloud", "global", "gcch", "dod", "china")
	complete(cmd, "auth", strings.Split(methodList(), ", ")...)
}

func methodList() string {
	var names []string
	for _, m := range entra.Methods() {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
}

// choose finds the cloud and the sources in it.
func (s *signIn) choose(names []string) ([]*graph.Source, graph.Cloud, error) {
	cloud, err := graph.CloudByName(s.cloud)
	if err != nil {
		return nil, cloud, err
	}
	sources, err := graph.Select(names, cloud.Name)
	if s.testCloud.Graph != "" {
		cloud = s.testCloud
	}
	return sources, cloud, err
}

// options are entra's, from flags, environment and files.
func (s *signIn) options(p *program, cloud graph.Cloud, scopes []string) (entra.Options, error) {
	o := entra.Options{
		Method: entra.Method(s.auth), Tenant: s.tenant, Client: s.client, CertFile: s.certificate, CertPassword: os.Getenv("HUNT365_CERTIFICATE_PASSWORD"),
		Secret: os.Getenv("HUNT365_CLIENT_SECRET"), Cloud: cloud, Scopes: scopes, Prompt: p.err,
	}
	if s.tenant == "" {
		return o, hint(errors.New("which tenant?"), "name it with --tenant, such as --tenant contoso.onmicrosoft.com")
	}
	if s.secretFile != "" {
		data, err := os.ReadFile(s.secretFile)
		if err != nil {
			return o, fmt.Errorf("read client secret: %w", err)
		}
		o.Secret = strings.TrimSpace(string(data))
	}
	if s.test != nil {
		s.test(&o)
	}
	return o, nil
}

// open signs in and says as whom.
func (s *signIn) open(ctx context.Context, p *program, cloud graph.Cloud, sources []*graph.Source) (graph.TokenSource, graph.Identity, error) {
	o, err := s.options(p, cloud, graph.Permissions(sources))
	if err != nil {
		return nil, graph.Identity{}, err
	}
	tokens, err := entra.New(o)
	if err != nil {
		return nil, graph.Identity{}, signInError(err)
	}
	token, err := tokens.Token(ctx, "")
	if err != nil {
		return nil, graph.Identity{}, signInError(err)
	}
	id, err := graph.ParseToken(token)
	if err != nil {
		id = graph.Identity{} // opaque tokens work, they only cannot be told about
	}
	return tokens, id, nil
}

func (s *signIn) activityTokens(p *program, cloud graph.Cloud) (graph.TokenSource, error) {
	o, err := s.options(p, cloud, nil)
	if err != nil {
		return nil, err
	}
	tokens, err := entra.NewActivity(o)
	return tokens, signInError(err)
}

// signInError adds the advice that comes with a failed sign-in.
func signInError(err error) error {
	var failed *entra.SignInError
	if errors.As(err, &failed) {
		return hint(errors.New(failed.Sentence), "%s", failed.Hint)
	}
	return err
}
