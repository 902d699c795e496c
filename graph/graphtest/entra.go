package graphtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// tokenLife is how long an access token is good.
const tokenLife = time.Hour

// authorized checks the bearer token.
func (s *Server) authorized(w http.ResponseWriter, req *http.Request, path string) bool {
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	end := s.access[token]
	s.mu.Unlock()
	switch {
	case !ok || token == "":
		s.fail(w, 401, "InvalidAuthenticationToken", "Access token is empty.")
	case token == "test":
		return true
	case end.IsZero():
		s.fail(w, 401, "InvalidAuthenticationToken", "Access token validation failure.")
	case s.now().After(end):
		w.Header().Set("WWW-Authenticate", `Bearer realm="", error="invalid_token"`)
		s.fail(w, 401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
	case !s.permitted(path):
		s.fail(w, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	default:
		return true
	}
	return false
}

// needs lists permissions by path, longest prefix first.
var needs = []struct {
	prefix string
	scopes []string
}{
	{"/auditLogs/", []string{"AuditLog.Read.All"}},
	{"/reports/", []string{"AuditLog.Read.All"}},
	{"/security/auditLog/", []string{"AuditLogsQuery.Read.All", "AuditLogsQuery-Exchange.Read.All", "AuditLogsQuery-Entra.Read.All"}},
	{"/security/alerts", []string{"SecurityAlert.Read.All"}},
	{"/security/", []string{"ThreatHunting.Read.All"}},
	{"/identityProtection/riskyUsers", []string{"IdentityRiskyUser.Read.All"}},
	{"/identityProtection/riskyServicePrincipals", []string{"IdentityRiskyServicePrincipal.Read.All"}},
	{"/identityProtection/", []string{"IdentityRiskEvent.Read.All"}},
	{"/identity/", []string{"Policy.Read.All"}},
	{"/groups/", []string{"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"}},
	{"/policies/", []string{"Policy.Read.All", "Policy.Read.AuthenticationMethod", "Policy.Read.PermissionGrant"}},
}

// permitted reports whether the tokens' scopes open path. Without scopes every
// path is open.
func (s *Server) permitted(path string) bool {
	if len(s.Scopes) == 0 {
		return true
	}
	for _, n := range needs {
		if strings.HasPrefix(path, n.prefix) {
			return slices.ContainsFunc(n.scopes, func(x string) bool { return slices.Contains(s.Scopes, x) })
		}
	}
	return true
}

// entra serves the authority: discovery, device codes and tokens.
func (s *Server) entra(w http.ResponseWriter, req *http.Request) {
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	base := root(req) + "/" + tenant
	switch {
	case tenant != s.Tenant.ID && tenant != s.Tenant.Domain && tenant != "organizations":
		s.refuse(w, 400, "invalid_tenant", 90002, "Tenant '"+tenant+"' not found.")
	case strings.HasSuffix(rest, "openid-configuration"):
		s.write(w, 200, map[string]any{
			"issuer": base + "/v2.0", "authorization_endpoint": base + "/oauth2/v2.0/authorize", "token_endpoint": base + "/oauth2/v2.0/token",
			"device_authorization_endpoint": base + "/oauth2/v2.0/devicecode", "jwks_uri": base + "/discovery/v2.0/keys",
		})
	case strings.HasSuffix(rest, "oauth2/v2.0/devicecode"):
		s.write(w, 200, map[string]any{
			"user_code": "KST4RL7XQ", "device_code": "device-" + s.id(), "verification_uri": root(req) + "/devicelogin", "expires_in": 900, "interval": 1,
			"message": "To sign in, use a web browser to open the page " + root(req) + "/devicelogin and enter the code KST4RL7XQ to authenticate.",
		})
	case strings.HasSuffix(rest, "oauth2/v2.0/authorize"):
		s.authorize(w, req)
	case strings.HasSuffix(rest, "oauth2/v2.0/token"):
		s.token(w, req)
	default:
		s.fail(w, 404, "BadRequest", "Invalid version: "+tenant)
	}
}

// Refusal is how Entra refuses every sign-in.
type Refusal struct {
	Number int    // AADSTS number; 0 refuses nothing
	Status int    // HTTP
	Code   string // OAuth error
	Text   string
}

// authorize signs somebody in at once: its page is a form that a browser would
// send back to the application by itself.
func (s *Server) authorize(w http.ResponseWriter, req *http.Request) {
	q := req.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Hostname() != "localhost" {
		s.refuse(w, 400, "invalid_request", 50011, "The redirect URI specified in the request does not match.")
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, `<form method="POST" action="%s"><input name="code" value="code-%s"><input name="state" value="%s"></form>`,
		html.EscapeString(back.String()), s.id(), html.EscapeString(q.Get("state")))
}

// token serves the token endpoint.
func (s *Server) token(w http.ResponseWriter, req *http.Request) {
	if err := req.ParseForm(); err != nil {
		s.refuse(w, 400, "invalid_request", 900144, "The request body is malformed.")
		return
	}
	grant := req.PostForm.Get("grant_type")
	switch {
	case s.Refusal.Number != 0:
		s.refuse(w, s.Refusal.Status, s.Refusal.Code, s.Refusal.Number, s.Refusal.Text)
		return
	case grant == "client_credentials" && s.Secret != "" && req.PostForm.Get("client_assertion") == "" && req.PostForm.Get("client_secret") != s.Secret:
		s.refuse(w, 401, "invalid_client", 7000215, "Invalid client secret provided.")
		return
	case grant == "client_credentials":
		s.write(w, 200, map[string]any{"token_type": "Bearer", "expires_in": int(tokenLife.Seconds()), "ext_expires_in": int(tokenLife.Seconds()), "access_token": s.issue("roles")})
		return
	}
	// a person's sign-in: device code, refresh token
	s.write(w, 200, map[string]any{
		"token_type": "Bearer", "scope": strings.TrimSpace(req.PostForm.Get("scope") + " " + strings.Join(s.Scopes, " ")), "expires_in": int(tokenLife.Seconds()), "ext_expires_in": int(tokenLife.Seconds()),
		"access_token": s.issue("scp"), "refresh_token": "refresh-" + s.id(), "id_token": s.idToken(req), "client_info": encode(map[string]any{"uid": s.Tenant.people[0].ID, "utid": s.Tenant.ID}),
	})
}

func (s *Server) refuse(w http.ResponseWriter, status int, code string, number int, text string) {
	s.write(w, status, map[string]any{
		"error": code, "error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s", number, text, s.id()), "error_codes": []int{number}, "timestamp": s.now().Format("2006-01-02 15:04:05Z"),
	})
}

// issue makes an access token that looks like one: unsigned, with claims.
func (s *Server) issue(kind string) string {
	claims := map[string]any{"aud": "https://graph.microsoft.com", "tid": s.Tenant.ID, "appid": "11111111-2222-3333-4444-555555555555", "exp": s.now().Add(tokenLife).Unix(), "jti": s.id()}
	if kind == "roles" {
		claims["roles"] = append([]string{}, s.Scopes...)
	} else {
		claims["scp"] = strings.Join(s.Scopes, " ")
		claims["upn"] = s.Tenant.people[0].UPN
	}
	token := encode(map[string]any{"alg": "none", "typ": "JWT"}) + "." + encode(claims) + ".c2ln"
	s.mu.Lock()
	s.access[token] = s.now().Add(tokenLife)
	s.mu.Unlock()
	return token
}

func (s *Server) idToken(req *http.Request) string {
	p := s.Tenant.people[0]
	return encode(map[string]any{"alg": "none", "typ": "JWT"}) + "." + encode(map[string]any{
		"aud": req.PostForm.Get("client_id"), "iss": root(req) + "/" + s.Tenant.ID + "/v2.0", "tid": s.Tenant.ID, "oid": p.ID, "sub": p.ID,
		"preferred_username": p.UPN, "name": p.Name, "exp": s.now().Add(tokenLife).Unix(), "iat": s.now().Unix(), "ver": "2.0",
	}) + ".c2ln"
}

func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}
