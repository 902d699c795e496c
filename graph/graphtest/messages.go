package graphtest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

var messageTerm = regexp.MustCompile(`^internetMessageId eq '((?:[^']|'')*)'$`)

// messages serves a mailbox's messages by their internet message id. A mailbox
// holds what the audit records say was read in it, but for what is gone.
func (s *Server) messages(w http.ResponseWriter, req *http.Request, path string) {
	name := strings.TrimSuffix(strings.TrimPrefix(path, "/users/"), "/messages")
	n := slices.IndexFunc(s.Tenant.people, func(p Person) bool { return p.ID == name || strings.EqualFold(p.UPN, name) })
	q := req.URL.Query()
	term := messageTerm.FindStringSubmatch(q.Get("$filter"))
	has := func(scope string) bool { return len(s.Scopes) == 0 || slices.Contains(s.Scopes, scope) }
	switch {
	case n < 0:
		s.fail(w, 404, "Request_ResourceNotFound", "Resource '"+name+"' does not exist or one of its queried reference-property objects are not present.")
	case !s.Tenant.people[n].Mailbox:
		s.fail(w, 404, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
	case !has("Mail.Read") && (!has("Mail.ReadBasic.All") || q.Has("$expand")):
		s.fail(w, 403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
	case term == nil:
		s.fail(w, 400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")
	default:
		list := []any{}
		if id := strings.ReplaceAll(term[1], "''", "'"); s.Tenant.holds(s.Tenant.people[n], id) && !slices.Contains(s.Gone, id) {
			list = append(list, s.Tenant.message(id, q.Has("$expand")))
		}
		raw, err := json.Marshal(map[string]any{"value": list})
		if err != nil {
			panic(err)
		}
		s.sendBody(w, req, raw)
	}
}

// holds reports whether the mailbox's audit records name the message.
func (t *Tenant) holds(p Person, id string) bool {
	quoted, err := json.Marshal(id)
	if err != nil {
		panic(err)
	}
	return slices.ContainsFunc(t.Lists[AuditRecords], func(i Item) bool {
		return strings.Contains(string(i.Raw), string(quoted)) && strings.Contains(string(i.Raw), p.UPN)
	})
}

// message makes a message up from its id, the same one every time.
func (t *Tenant) message(id string, expand bool) map[string]any {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	n := h.Sum32()
	m := map[string]any{
		"internetMessageId": id, "subject": fmt.Sprintf("Matter %d", n%10000),
		"from":             map[string]any{"emailAddress": map[string]any{"name": "Correspondent", "address": fmt.Sprintf("c%d@partner.example", n%50)}},
		"receivedDateTime": seconds(t.cfg.Now.Add(-time.Duration(n%1000) * time.Hour)),
	}
	if expand {
		m["singleValueExtendedProperties"] = []any{map[string]any{"id": "Integer 0x36", "value": fmt.Sprint(n % 4)}}
	}
	return m
}
