package entra

import (
	"context"
	"errors"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/hunt365/hunt365/graph"
)

// SignInError is a failed sign-in in one sentence, with what to do about it.
type SignInError struct {
	Sentence string
	Hint     string
	Err      error
}

// Error says what went wrong.
func (e *SignInError) Error() string { return e.Sentence }

// Unwrap returns what azidentity said.
func (e *SignInError) Unwrap() error { return e.Err }

// advice that several refusals share.
const (
	checkTenant  = "check --tenant: a domain of the tenant, or its id, and --cloud"
	askAdmin     = "let an administrator consent at {consent}"
	signInAgain  = "run the same line again and sign in anew"
	knownDevice  = "sign in with --auth browser on a device that your organisation manages, or as an application with --auth certificate"
	otherAccount = "sign in with an account of the tenant"
)

// saying is the sentence for one of Entra's error numbers.
type saying struct{ code, sentence, hint string }

// sayings are the numbers that a collector meets, by subject.
var sayings = []saying{
	// the tenant
	{"90002", "there is no such tenant", checkTenant},
	{"900023", "there is no such tenant", checkTenant},
	{"50059", "the tenant is not named", checkTenant},
	{"90072", "the account does not belong to the tenant", otherAccount},
	{"50020", "the account does not belong to the tenant", otherAccount},
	{"500200", "this is a personal account and not one of a tenant", otherAccount},
	{"500011", "this cloud does not have the service that is asked for", "check --cloud"},
	{"900382", "the tenant is in another cloud", "check --cloud"},

	// the application
	{"700016", "the tenant has no such application", "check --client-id, and that it is registered in this tenant; hunt365 permissions --script prints how"},
	{"7000112", "the application is disabled", "enable it in the Entra portal, or use another one"},
	{"500014", "the service that is asked for is disabled in the tenant", "enable its enterprise application in the Entra portal"},
	{"50105", "the application is closed to this user", "assign the user to the application"},
	{"7000218", "the application needs a secret or certificate, or is not a public client", "allow public client flows for it, or sign in with --auth certificate"},
	{"50011", "the application does not know the address that the browser returns to", "add http://localhost as a redirect address of a public client, or sign in with --auth device-code"},
	{"500113", "the application has no address that the browser returns to", "add http://localhost as a redirect address of a public client, or sign in with --auth device-code"},

	// its secret, certificate or workload
	{"7000215", "the client secret is wrong", "check HUNT365_CLIENT_SECRET: it is the secret's value, not its id"},
	{"7000222", "the client secret has expired", "make a new one, or better a certificate"},
	{"700027", "the certificate is not one of the application's, or has expired", "upload it to the application, or sign in with another one"},
	{"1000502", "the certificate is out of its time", "make a new one and upload it to the application"},
	{"700024", "the certificate or the clock is out of its time", "check the certificate's dates and this machine's clock"},
	{"70021", "the workload's token is not one that the application trusts", "check issuer, subject and audience of its federated credential"},
	{"700213", "the workload's token is not one that the application trusts", "check issuer, subject and audience of its federated credential"},
	{"700211", "the workload's token is not one that the application trusts", "check issuer, subject and audience of its federated credential"},

	// consent
	{"65001", "nobody has consented to this application", askAdmin},
	{"65004", "the consent was declined", "sign in again and accept, or use an application with consent"},
	{"90094", "an administrator has to consent to this application", askAdmin},
	{"650053", "the application asks for a permission that this cloud does not have", "name the sources that you need with --sources"},
	{"650057", "the application was not registered for this service", "add the permissions to it: hunt365 permissions --script prints how"},
	{"70011", "Entra does not know a permission that is asked for", "name the sources that you need with --sources"},

	// the person
	{"50126", "the user name or the password is wrong", signInAgain},
	{"50034", "the tenant has no such user", "check the user name"},
	{"50053", "the account is locked, or the address is blocked for too many failures", "wait, or have an administrator unlock it"},
	{"50055", "the password has expired", "change it, then sign in again"},
	{"50057", "the account is disabled", otherAccount},
	{"50074", "multi-factor authentication is needed", "sign in with --auth browser or device-code"},
	{"50076", "multi-factor authentication is needed", "sign in with --auth browser or device-code"},
	{"50078", "the multi-factor authentication is too old", signInAgain},
	{"50079", "the account has to register for multi-factor authentication first", "do so at https://aka.ms/mfasetup"},
	{"50072", "the account has to register for multi-factor authentication first", "do so at https://aka.ms/mfasetup"},
	{"500121", "the multi-factor authentication failed", signInAgain},
	{"50173", "the sign-in was revoked meanwhile", signInAgain},
	{"70043", "the sign-in is older than conditional access allows", signInAgain},
	{"700082", "the sign-in was not used for too long", signInAgain},

	// conditional access
	{"53003", "conditional access blocks this sign-in", knownDevice},
	{"53000", "conditional access wants a compliant device", knownDevice},
	{"53001", "conditional access wants a device joined to the domain", knownDevice},
	{"50097", "conditional access wants a known device", knownDevice},
	{"50005", "conditional access does not know this platform", knownDevice},
	{"530036", "conditional access blocks device code sign-ins", "sign in with --auth browser, or as an application with --auth certificate"},
	{"530035", "security defaults block this way to sign in", "sign in with --auth browser or device-code"},

	// the device code
	{"70016", "nobody has entered the device code yet", "run the same line again and enter the code sooner"},
	{"70019", "the device code has expired", "run the same line again and enter the new one"},
	{"70020", "the device code has expired", "run the same line again and enter the new one"},

	// the service
	{"90033", "Entra is not available just now", "run the same line again later"},
	{"50196", "Entra refuses because this sign-in was tried too often", "wait some minutes"},
	{"90055", "Entra refuses because this sign-in was tried too often", "wait some minutes"},
}

var number = regexp.MustCompile(`AADSTS(\d+)`)

// explain turns what azidentity says, pages of it, into a sentence. said is what
// Entra said last.
func explain(err error, o Options, said string) error {
	var known *SignInError
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	text := err.Error()
	found := number.FindStringSubmatch(text)
	if found == nil {
		found = number.FindStringSubmatch(said)
	}
	if found == nil {
		return explainLocal(err, text, o.Method)
	}
	for _, s := range sayings {
		if s.code == found[1] {
			hint := strings.ReplaceAll(s.hint, "{consent}", graph.ConsentURL(o.Cloud, o.Tenant, o.app()))
			return &SignInError{s.sentence + " (AADSTS" + s.code + ")", hint, err}
		}
	}
	return &SignInError{"Entra refuses the sign-in (AADSTS" + found[1] + ")", "look the number up at https://login.microsoftonline.com/error", err}
}

// local is the sentence for what goes wrong before Entra answers: what the error
// says, whole words of it, and for which methods (none is all).
type local struct {
	methods  []Method
	says     []string
	sentence string
	hint     string
}

// locals are tried in order.
var locals = []local{
	{nil, []string{"proxyconnect", "Proxy Authentication Required", "407 "}, "the proxy refuses the connection", "check HTTPS_PROXY and what the proxy lets through"},
	{[]Method{Managed}, nil, "this machine has no managed identity", "run on an Azure machine that has one, with --client-id if it has several, or use another --auth"},
	{[]Method{AzureCLI}, []string{"not found"}, "the Azure CLI is not installed", "install it, or use another --auth"},
	{[]Method{AzureCLI}, nil, "the Azure CLI is not signed in to this tenant", "run az login --tenant first"},
	{[]Method{Workload}, []string{"no token file", "no such file", "no client ID", "no tenant ID", "cannot find the file"}, "there is no workload identity here", "set AZURE_FEDERATED_TOKEN_FILE and --client-id, as Kubernetes and pipelines do, or use another --auth"},
	{nil, []string{"no such host", "connection refused", "network is unreachable", "i/o timeout", "connection reset"}, "the sign-in service cannot be reached", "check the network, or set HTTPS_PROXY"},
	{[]Method{Certificate}, []string{"read certificate: open"}, "the certificate's file cannot be read", "check --certificate"},
	{[]Method{Certificate}, []string{"password incorrect", "decryption"}, "the certificate's password is wrong", "check HUNT365_CERTIFICATE_PASSWORD"},
	{[]Method{Certificate}, []string{"RSA key"}, "the certificate's key is not an RSA key, which Entra wants", "make one with an RSA key"},
	{[]Method{Certificate}, []string{"read certificate"}, "the file holds no certificate with its private key", "put both into one PEM or PFX file"},
	{nil, []string{"x509:", "failed to verify certificate"}, "the sign-in service's certificate is not trusted here", "a proxy that opens TLS needs its certificate in the system's store"},
	{[]Method{Default}, nil, "none of the ways that Azure tools know signs in here", "choose one of them with --auth, which says why it fails"},
	{[]Method{Browser}, []string{"executable file not found", "exec:"}, "no browser can be opened here", "sign in with --auth device-code"},
	{nil, []string{"invalid character '<'", "unexpected content"}, "something other than Entra answers here", "sign in to this network first, or set HTTPS_PROXY"},
}

// explainLocal explains what went wrong before Entra answered.
func explainLocal(err error, text string, m Method) error {
	switch {
	case errors.Is(err, errExpired):
		return &SignInError{err.Error(), "make a new one and upload it to the application", err}
	case errors.Is(err, errNoApplication):
		return &SignInError{"this sign-in method needs an application", "name it with --client-id or HUNT365_CLIENT_ID", err}
	case errors.Is(err, errNoSecret):
		return &SignInError{"this sign-in method needs a secret", "set HUNT365_CLIENT_SECRET, or name a file with --client-secret-file", err}
	case errors.Is(err, errNoCertificate):
		return &SignInError{"this sign-in method needs a certificate", "name its file with --certificate", err}
	}
	for _, l := range locals {
		if l.fits(text, m) {
			return &SignInError{l.sentence, l.hint, err}
		}
	}
	var dns *net.DNSError
	var op *net.OpError
	var u *url.Error
	if errors.As(err, &dns) || errors.As(err, &op) || errors.As(err, &u) {
		return &SignInError{"the sign-in service cannot be reached", "check the network, or set HTTPS_PROXY", err}
	}
	var refused *azidentity.AuthenticationFailedError
	if errors.As(err, &refused) && refused.RawResponse != nil {
		return &SignInError{"the sign-in service answers " + refused.RawResponse.Status, "run the same line again later", err}
	}
	first, _, _ := strings.Cut(text, "\n")
	return &SignInError{"sign-in failed: " + first, "check --auth, --tenant and --client-id", err}
}

func (l local) fits(text string, m Method) bool {
	ours := len(l.methods) == 0
	for _, method := range l.methods {
		ours = ours || method == m
	}
	said := len(l.says) == 0
	for _, s := range l.says {
		said = said || strings.Contains(text, s)
	}
	return ours && said
}
