package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
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
	tokenCache  bool
}

// fakeTenant stands in for Microsoft's clouds in the demo and in tests.
type fakeTenant struct {
	cloud  graph.Cloud
	client *graph.HTTPClient
	clock  graph.Clock
	secret string // of the application, unless another is given
}

func (s *signIn) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.tenant, "tenant", "", "domain or id of the tenant")
	f.StringVar(&s.cloud, "cloud", "global", "Microsoft's cloud: global, gcch, dod or china")
	f.StringVar(&s.auth, "auth", "", "how to sign in: "+methodList()+" (default on a terminal: device-code)")
	f.StringVar(&s.client, "client-id", "", "application to sign in to (default for people: Microsoft Graph Command Line Tools)")
	f.StringVar(&s.certificate, "certificate", "", "file with the application's certificate and key, PEM or PFX (password: HUNT365_CERTIFICATE_PASSWORD)")
	f.StringVar(&s.secretFile, "client-secret-file", "", "file with the application's secret (or HUNT365_CLIENT_SECRET)")
	f.BoolVar(&s.tokenCache, "token-cache", false, "keep the sign-in in the system's key store for later runs (default: in memory only)")
	cmd.SetFlagErrorFunc(refuseSecrets)
	complete(cmd, "cloud", "global", "gcch", "dod", "china")
	complete(cmd, "auth", strings.Split(methodList(), ", ")...)
}

// refuseSecrets explains why there is no flag for what must not be on a command
// line, where every user of the machine and the shell's history see it.
func refuseSecrets(cmd *cobra.Command, err error) error {
	for _, flag := range []string{"--client-secret", "--secret", "--password", "--certificate-password"} {
		if strings.HasSuffix(err.Error(), "unknown flag: "+flag) {
			return hint(errors.New("secrets are not taken from the command line"),
				"set HUNT365_CLIENT_SECRET or HUNT365_CERTIFICATE_PASSWORD, or name a file with --client-secret-file; a secret that was typed here should be replaced")
		}
	}
	return hint(err, "see %s --help", cmd.CommandPath())
}

func methodList() string {
	var names []string
	for _, m := range entra.Methods() {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
}

// choose finds the cloud and the sources in it.
func (s *signIn) choose(p *program, names []string) ([]*graph.Source, graph.Cloud, error) {
	cloud, err := graph.CloudByName(s.cloud)
	if err != nil {
		return nil, cloud, err
	}
	sources, err := graph.Select(names, cloud.Name)
	if err != nil {
		err = hint(err, "hunt365 permissions --sources all lists them")
	}
	if p.fake != nil {
		cloud = p.fake.cloud
	}
	return sources, cloud, err
}

// options are entra's, from flags, environment and files.
func (s *signIn) options(p *program, cloud graph.Cloud, scopes []string) (entra.Options, error) {
	o := entra.Options{
		Tenant: s.tenant, Client: s.client, CertFile: s.certificate, CertPassword: os.Getenv("HUNT365_CERTIFICATE_PASSWORD"),
		Secret: os.Getenv("HUNT365_CLIENT_SECRET"), Cloud: cloud, Scopes: scopes, Prompt: p.err,
		Cache: s.tokenCache,
	}
	var err error
	if o.Method, err = s.method(p); err != nil {
		return o, err
	}
	if s.tenant == "" {
		return o, hint(errors.New("which tenant?"), "name it with --tenant, such as --tenant contoso.onmicrosoft.com")
	}
	if s.secretFile != "" {
		data, err := os.ReadFile(s.secretFile)
		if err != nil {
			return o, hint(fmt.Errorf("read client secret: %w", err), "check --client-secret-file")
		}
		o.Secret = strings.TrimSpace(string(data))
	}
	if p.fake != nil {
		o.HTTP, o.Offline, o.Secret = p.fake.client, true, cmp.Or(o.Secret, p.fake.secret)
	}
	return o, nil
}

// method is the chosen way to sign in. It is never guessed from what else was
// given: a forensic tool should say as whom it reads.
func (s *signIn) method(p *program) (entra.Method, error) {
	m := entra.Method(s.auth)
	switch {
	case m == "" && s.certificate != "":
		return m, hint(errors.New("a certificate is given, but not that it is to be used"), "add --auth certificate")
	case m == "" && s.secretFile != "":
		return m, hint(errors.New("a secret is given, but not that it is to be used"), "add --auth secret")
	case m == "" && !p.tty:
		return m, hint(errors.New("how to sign in? there is no terminal to show a device code on"), "name it with --auth: %s", methodList())
	case m == "":
		return entra.DeviceCode, nil
	case !slices.Contains(entra.Methods(), m):
		return m, hint(fmt.Errorf("unknown sign-in method %q", s.auth), "it is one of %s", methodList())
	}
	return m, nil
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
		return tokens, graph.Identity{}, nil //nolint:nilerr // opaque tokens work, they only cannot be told about
	}
	if slices.ContainsFunc(sources, func(s *graph.Source) bool { return s.Kind == graph.Feed }) {
		err = s.addActivity(ctx, p, cloud, &id)
	}
	return tokens, id, err
}

// addActivity adds what the other API's token carries.
func (s *signIn) addActivity(ctx context.Context, p *program, cloud graph.Cloud, id *graph.Identity) error {
	tokens, err := s.activityTokens(p, cloud)
	if err != nil {
		return err
	}
	token, err := tokens.Token(ctx, "")
	if err != nil {
		return signInError(err)
	}
	if more, err := graph.ParseToken(token); err == nil {
		id.Scopes = append(id.Scopes, more.Scopes...)
	}
	return nil
}

func (s *signIn) activityTokens(p *program, cloud graph.Cloud) (graph.TokenSource, error) {
	o, err := s.options(p, cloud, nil)
	if err != nil {
		return nil, err
	}
	tokens, err := entra.NewActivity(o)
	return tokens, signInError(err)
}

// signInError adds the advice that comes with a failed sign-in, and with what
// else the person at the terminal can mend.
func signInError(err error) error {
	var failed *entra.SignInError
	var group *graph.GroupError
	var reach *graph.ReachError
	switch {
	case errors.As(err, &failed):
		return hint(errors.New(failed.Sentence), "%s", failed.Hint)
	case errors.As(err, &group):
		return hint(errors.New(group.Sentence), "%s", group.Hint)
	case errors.As(err, &reach):
		return hint(reach, "check the network, --cloud and HTTPS_PROXY, then run the same line again")
	}
	return err
}
