package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault is what an error answer means to a collector.
type Fault string

// The faults, from Microsoft's documented codes and from what users report.
const (
	FaultTransient   Fault = "transient"   // worth another try
	FaultThrottled   Fault = "throttled"   // worth another try, later
	FaultLicence     Fault = "licence"     // the tenant lacks a plan
	FaultPermission  Fault = "permission"  // the scope is not consented
	FaultRole        Fault = "role"        // the signed-in user lacks a directory role
	FaultMailbox     Fault = "mailbox"     // Exchange refuses this mailbox
	FaultNoMailbox   Fault = "no-mailbox"  // the user has none in the cloud
	FaultToken       Fault = "token"       // the access token is refused
	FaultSkipToken   Fault = "skip-token"  // the place in a listing is lost
	FaultNotFound    Fault = "not-found"   // no such object, or no such endpoint
	FaultUnsupported Fault = "unsupported" // this endpoint cannot do that
	FaultNoTable     Fault = "no-table"    // advanced hunting lacks the table
	FaultNotLogged   Fault = "not-logged"  // auditing is off
	FaultRequest     Fault = "request"     // anything else with a 4xx

	faultBroken  Fault = "broken"  // success, but the body is not whole
	faultNetwork Fault = "network" // no answer at all
)

// APIError is an answer other than 2xx, or a 2xx whose body is not whole.
type APIError struct {
	Status    int
	Code      string
	Message   string
	RequestID string
	Attempts  int
	Fault     Fault
	Wait      string // a Retry-After that was longer than the run may last
	Date      time.Time

	after time.Duration // Retry-After
}

// Error says status, code and message.
func (e *APIError) Error() string {
	text := fmt.Sprintf("%d %s", e.Status, e.Code)
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.RequestID != "" {
		text += " (request-id " + e.RequestID + ")"
	}
	return text
}

// faultOf returns what err means; an error without an answer (network, broken
// body) is transient.
func faultOf(err error) Fault {
	var api *APIError
	var broken *BodyError
	switch {
	case errors.Is(err, errLoop):
		return FaultSkipToken
	case errors.As(err, &api):
		return api.Fault
	case errors.As(err, &broken):
		return faultBroken
	}
	return faultNetwork
}

// fatal reports whether err ends the run and not only a source.
func fatal(err error) bool {
	var auth *AuthError
	var sink *SinkError
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !isTimeout(err) ||
		errors.As(err, &auth) || errors.As(err, &sink)
}

// isTimeout tells an attempt that took too long from a run that did.
func isTimeout(err error) bool {
	var net interface{ Timeout() bool }
	return errors.As(err, &net) && net.Timeout() && !errors.Is(err, context.DeadlineExceeded)
}

// faultRule matches an answer by status and, where given, by code or text.
type faultRule struct {
	status int
	code   string // exact, any case
	text   string // part of the message, lower case; only where Graph has no code of its own
	fault  Fault
}

// faultRules are tried in order.
var faultRules = []faultRule{
	{403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "", FaultLicence},
	{403, "Authentication_RequestFromUnsupportedUserRole", "", FaultRole},
	{403, "ErrorAccessDenied", "", FaultMailbox},
	{400, "AadPremiumLicenseRequired", "", FaultLicence},
	{403, "AadPremiumLicenseRequired", "", FaultLicence},
	{403, "AF429", "", FaultThrottled},
	{403, "", "license", FaultLicence},
	{403, "", "", FaultPermission},
	{401, "AF10001", "", FaultPermission},
	{401, "", "", FaultToken},
	{404, "MailboxNotEnabledForRESTAPI", "", FaultNoMailbox},
	{404, "MailboxNotSupportedForRESTAPI", "", FaultNoMailbox},
	{404, "", "", FaultNotFound},
	{400, "AF20022", "", FaultNotLogged},
	{400, "AF20023", "", FaultNotLogged},
	{400, "AF20050", "", FaultNotFound},
	{400, "AF20051", "", FaultNotFound},
	{400, "", "skip token", FaultSkipToken},
	{400, "", "skiptoken", FaultSkipToken},
	{400, "", "failed to resolve table", FaultNoTable},
	{400, "", "auditing is not enabled", FaultNotLogged},
	{400, "", "resource not found for the segment", FaultNotFound},
	{400, "", "invalid version", FaultNotFound},
	{410, "", "", FaultSkipToken},
	{501, "", "", FaultUnsupported},
	{405, "", "", FaultUnsupported},
	{429, "", "", FaultThrottled},
	{408, "", "", FaultTransient},
	{500, "", "", FaultTransient},
	{502, "", "", FaultTransient},
	{503, "", "", FaultTransient},
	{504, "", "", FaultTransient},
	{509, "", "", FaultThrottled},
}

func classify(status int, code, message string) Fault {
	lower := strings.ToLower(message)
	for _, r := range faultRules {
		if r.status == status && (r.code == "" || strings.EqualFold(r.code, code)) &&
			(r.text == "" || strings.Contains(lower, r.text)) {
			return r.fault
		}
	}
	return FaultRequest
}

// newAPIError reads an error answer. Bodies that are not Graph's JSON (a
// gateway's HTML) keep their status.
func newAPIError(status int, header http.Header, body []byte) *APIError {
	var answer struct {
		Error struct {
			Code       string `json:"code"`
			Message    string `json:"message"`
			InnerError struct {
				Code string `json:"code"`
			} `json:"innerError"`
		} `json:"error"`
	}
	code, message := "", ""
	if json.Unmarshal(body, &answer) == nil {
		code, message = answer.Error.Code, answer.Error.Message
		// the outer code is sometimes only "UnknownError"
		if inner := answer.Error.InnerError.Code; inner != "" && slices.Contains([]string{"", "UnknownError"}, code) {
			code = inner
		}
	}
	if code == "" {
		code = http.StatusText(status)
	}
	date, _ := http.ParseTime(header.Get("Date"))
	after, _ := retryAfter(header.Get("Retry-After"), date)
	return &APIError{
		Date: date, after: after, Status: status, Code: code, Message: oneLine(message),
		RequestID: header.Get("request-id"), Fault: classify(status, code, message),
	}
}

// oneLine makes text from a server fit for a sentence: no line breaks, no
// control characters, not endless.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return text
}
