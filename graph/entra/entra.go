// Package entra signs in to Microsoft Entra for the collector, with every method
// that azidentity offers and no other. Which one is used is always said by the
// user: a forensic tool must not guess its identity.
package entra

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/hunt365/hunt365/graph"
)

// Method is a way to sign in.
type Method string

// The methods, as in --auth.
const (
	DeviceCode  Method = "device-code"
	Browser     Method = "browser"
	Secret      Method = "secret"
	Certificate Method = "certificate"
	Workload    Method = "workload"
	Managed     Method = "managed"
	AzureCLI    Method = "azure-cli"
	Default     Method = "default" // azidentity's chain; only when asked for
)

// Methods lists the methods in the order in which help shows them.
func Methods() []Method {
	return []Method{DeviceCode, Browser, Certificate, Secret, Workload, Managed, AzureCLI, Default}
}

// delegated methods sign a person in, who consents to scopes one by one.
func (m Method) delegated() bool { return m == DeviceCode || m == Browser }

// graphTools is Microsoft's own application for Graph from the command line. A
// person who signs in without an application of the tenant uses it.
const graphTools = "14d82eec-204b-4c2f-b7e8-296a70dab67e"

// Options say how to sign in. Secrets come from files or the environment, never
// from the command line.
type Options struct {
	Method       Method
	Tenant       string
	Client       string // application id; empty is Microsoft's own for people
	Secret       string
	CertFile     string // PEM or PFX with the private key
	CertPassword string
	TokenFile    string // workload identity
	Cloud        graph.Cloud
	Scopes       []string // permissions that a person is asked to consent to
	Prompt       io.Writer
	HTTP         *http.Client // tests; nil is the default
	Cache        bool         // keep the sign-in in the system's key store
	RecordDir    string       // where who signed in is noted for that; "" is the user's configuration folder
	Offline      bool         // do not ask Microsoft whether the authority is genuine
}

// New returns a source of access tokens for the cloud's Graph.
func New(o Options) (graph.TokenSource, error) { return newSource(o, o.Cloud.Graph) }

// NewActivity returns a source of access tokens for the Management Activity API.
func NewActivity(o Options) (graph.TokenSource, error) {
	o.Scopes = nil
	return newSource(o, o.Cloud.Activity)
}

func newSource(o Options, resource string) (graph.TokenSource, error) {
	said := &refusals{}
	cred, err := o.credential(said)
	if err != nil {
		return nil, explain(err, o, "")
	}
	s := &source{cred: cred, refusals: said, options: o, scopes: []string{resource + "/.default"}}
	if o.Method.delegated() && len(o.Scopes) > 0 {
		s.scopes = nil
		for _, scope := range o.Scopes {
			s.scopes = append(s.scopes, resource+"/"+scope)
		}
		slices.Sort(s.scopes)
	}
	return s, nil
}

// source is a graph.TokenSource over azidentity, which caches tokens in memory.
type source struct {
	cred     azcore.TokenCredential
	refusals *refusals
	options  Options
	scopes   []string
}

// Token returns an access token. A refused one is replaced even when it has not
// expired.
func (s *source) Token(ctx context.Context, claims string) (string, error) {
	if claims == "{}" {
		// azidentity has no other way to say that its cached token is no good
		claims = fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, time.Now().Unix())
	}
	token, err := s.cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: s.scopes, Claims: claims, EnableCAE: true, TenantID: s.options.Tenant})
	if err != nil {
		return "", explain(err, s.options, s.refusals.said())
	}
	return token.Token, nil
}

// credential makes the azidentity credential of the chosen method.
func (o Options) credential(said *refusals) (azcore.TokenCredential, error) {
	base := azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: o.Cloud.Login}, PerRetryPolicies: []policy.Policy{said}}
	base.Retry = policy.RetryOptions{MaxRetries: 2, RetryDelay: 500 * time.Millisecond, MaxRetryDelay: 2 * time.Second} // somebody waits
	if o.HTTP != nil {
		base.Transport = o.HTTP
		base.Retry = policy.RetryOptions{MaxRetries: -1}
	}
	if o.Client == "" && (o.Method == Secret || o.Method == Certificate) {
		return nil, errNoApplication
	}
	store, err := o.store()
	if err != nil {
		return nil, err
	}
	switch o.Method {
	case DeviceCode, Browser:
		return o.personal(base, store)
	case Secret:
		if o.Secret == "" {
			return nil, errNoSecret
		}
		return azidentity.NewClientSecretCredential(o.Tenant, o.Client, o.Secret, &azidentity.ClientSecretCredentialOptions{
			ClientOptions: base, Cache: store, DisableInstanceDiscovery: o.Offline,
		})
	case Certificate:
		return o.certificate(base, store)
	case Workload:
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: base, Cache: store, TenantID: o.Tenant, ClientID: o.Client, TokenFilePath: o.TokenFile, DisableInstanceDiscovery: o.Offline,
		})
	case Managed:
		return o.managed(base)
	case AzureCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: o.Tenant})
	case Default:
		return azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: base, TenantID: o.Tenant, DisableInstanceDiscovery: o.Offline})
	}
	return nil, fmt.Errorf("unknown sign-in method %q", o.Method)
}

// app is the application to sign in to.
func (o Options) app() string {
	if o.Client == "" && o.Method.delegated() {
		return graphTools
	}
	return o.Client
}

// personal makes the credential of a person at this machine.
func (o Options) personal(base azcore.ClientOptions, store azidentity.Cache) (azcore.TokenCredential, error) {
	o.Client = o.app()
	record, err := o.record()
	if err != nil {
		return nil, err
	}
	if o.Method == Browser {
		c, err := azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{
			ClientOptions: base, TenantID: o.Tenant, ClientID: o.Client, Cache: store, AuthenticationRecord: record, DisableInstanceDiscovery: o.Offline,
		})
		if err != nil {
			return nil, err
		}
		return o.remember(c, record), nil
	}
	c, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: base, TenantID: o.Tenant, ClientID: o.Client, Cache: store, AuthenticationRecord: record, DisableInstanceDiscovery: o.Offline,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			_, err := fmt.Fprintln(o.Prompt, m.Message)
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	return o.remember(c, record), nil
}

func (o Options) managed(base azcore.ClientOptions) (azcore.TokenCredential, error) {
	opts := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: base}
	if o.Client != "" {
		opts.ID = azidentity.ClientID(o.Client)
	}
	return azidentity.NewManagedIdentityCredential(opts)
}

func (o Options) certificate(base azcore.ClientOptions, store azidentity.Cache) (azcore.TokenCredential, error) {
	if o.CertFile == "" {
		return nil, errNoCertificate
	}
	data, err := os.ReadFile(o.CertFile)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	certs, key, err := azidentity.ParseCertificates(data, []byte(o.CertPassword))
	if err != nil {
		return nil, fmt.Errorf("read certificate %s: %w", o.CertFile, err)
	}
	if err := checkCertificate(certs, key); err != nil {
		return nil, err
	}
	return azidentity.NewClientCertificateCredential(o.Tenant, o.Client, certs, key, &azidentity.ClientCertificateCredentialOptions{
		ClientOptions: base, Cache: store, DisableInstanceDiscovery: o.Offline,
	})
}

// What is missing or wrong before Entra is asked.
var (
	errExpired       = errors.New("the certificate has expired")
	errNoApplication = errors.New("no application is named")
	errNoSecret      = errors.New("no secret is given")
	errNoCertificate = errors.New("no certificate is named")
)

func checkCertificate(certs []*x509.Certificate, _ crypto.PrivateKey) error {
	for _, c := range certs {
		if time.Now().After(c.NotAfter) && !c.IsCA {
			return fmt.Errorf("%w on %s", errExpired, c.NotAfter.Format(time.DateOnly))
		}
	}
	return nil
}
