package entra

import (
	"context"
	"errors"
	"net"
	"net/url"
	"regexp"
	"strings"
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

// saying is the sentence for one of Entra's error numbers.
type saying struct{ code, sentence, hint string }

var sayings = []saying{
	{"90002", "there is no such tenant", "check --tenant: a domain of the tenant, or its id, and --cloud"},
	{"900023", "there is no such tenant", "check --tenant: a domain of the tenant, or its id, and --cloud"},
	{"700016", "the tenant has no such application", "check --client-id, and that it is registered in this tenant; hunt365 permissions --script prints how"},
	{"7000215", "the client secret is wrong", "check HUNT365_CLIENT_SECRET: it is the secret's value, not its id"},
	{"7000222", "the client secret has expired", "make a new one, or better a certificate"},
	{"700027", "the certificate is not one of the application's, or has expired", "upload it to the application, or sign in with another one"},
	{"700024", "the certificate or the clock is out of its time", "check the certificate's dates and this machine's clock"},
	{"65001", "nobody has consented to this application", "let an administrator consent: hunt365 permissions shows the address"},
	{"65004", "the consent was declined", "sign in again and accept, or use an application with consent"},
	{"90094", "an administrator has to consent to this application", "let an administrator consent: hunt365 permissions shows the address"},
	{"50126", "the user name or the password is wrong", "sign in again"},
	{"50034", "the tenant has no such user", "check the user name"},
	{"50057", "the account is disabled", "sign in with another one"},
	{"50076", "multi-factor authentication is needed", "sign in with --auth browser or device-code"},
	{"50079", "the account has to register for multi-factor authentication first", "do so at https://aka.ms/mfasetup"},
	{"50105", "the application is closed to this user", "assign the user to the application"},
	{"53003", "conditional access blocks this sign-in", "sign in with --auth browser or certificate from a device that is allowed"},
	{"50097", "conditional access wants a known device", "sign in with --auth browser on such a device"},
	{"530036", "conditional access blocks device code sign-ins", "sign in with --auth browser or certificate"},
	{"70016", "nobody has entered the device code yet", "enter it sooner"},
	{"70020", "the device code has expired", "run the same line again and enter the new one"},
	{"7000218", "the application needs a secret or certificate, or is not a public client", "allow public client flows for it, or sign in with --auth certificate"},
	{"70021", "the workload's token is not one that the application trusts", "check issuer, subject and audience of its federated credential"},
	{"500011", "this cloud does not have the service that is asked for", "check --cloud"},
}

var number = regexp.MustCompile(`AADSTS(\d+)`)

// explain turns what azidentity says, pages of it, into a sentence.
func explain(err error) error {
	var known *SignInError
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	text := err.Error()
	if m := number.FindStringSubmatch(text); m != nil {
		for _, s := range sayings {
			if s.code == m[1] {
				return &SignInError{s.sentence + " (AADSTS" + s.code + ")", s.hint, err}
			}
		}
		return &SignInError{"Entra refuses the sign-in (AADSTS" + m[1] + ")", "look the number up at https://login.microsoftonline.com/error", err}
	}
	return explainLocal(err, text)
}

// explainLocal explains what went wrong before Entra answered.
func explainLocal(err error, text string) error {
	var dns *net.DNSError
	var op *net.OpError
	var u *url.Error
	switch {
	case errors.Is(err, errExpired):
		return &SignInError{err.Error(), "make a new one and upload it to the application", err}
	case strings.Contains(text, "proxyconnect"), strings.Contains(text, "Proxy Authentication Required"):
		return &SignInError{"the proxy refuses the connection", "check HTTPS_PROXY and what the proxy lets through", err}
	case errors.As(err, &dns), errors.As(err, &op), strings.Contains(text, "no such host"), strings.Contains(text, "connection refused"):
		return &SignInError{"the sign-in service cannot be reached", "check the network, or set HTTPS_PROXY", err}
	case strings.Contains(text, "x509:"), strings.Contains(text, "certificate signed by unknown authority"):
		return &SignInError{"the sign-in service's certificate is not trusted here", "a proxy that opens TLS needs its certificate in the system's store", err}
	case strings.Contains(text, "no application is named"):
		return &SignInError{"this sign-in method needs an application", "name it with --client-id or HUNT365_CLIENT_ID", err}
	case strings.Contains(text, "Azure CLI not found"), strings.Contains(text, "az login"):
		return &SignInError{"the Azure CLI is not there or not signed in", "run az login first", err}
	case errors.As(err, &u):
		return &SignInError{"the sign-in service cannot be reached", "check the network, or set HTTPS_PROXY", err}
	}
	first, _, _ := strings.Cut(text, "\n")
	return &SignInError{"sign-in failed: " + first, "run again with --verbose", err}
}
