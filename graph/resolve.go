package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// Messages is what looking single messages up needs. It is no source: messages
// are read only when someone asks whose they were.
var Messages = &Source{
	Name: "messages", Title: "single messages", Kind: Snapshot, Path: "/users/{id}/messages", Class: Outlook, AppOnly: true,
	Permits: []string{"Mail.ReadBasic.All", "Mail.Read"}, Serves: "subject, sender, date and sensitivity of messages that were read",
}

// The properties in which Exchange keeps a message's sensitivity and its labels.
const (
	sensitivityTag = "Integer 0x36"
	labelsTag      = "String {00020386-0000-0000-C000-000000000046} Name msip_labels"
)

// MessageResolver looks messages up through Graph. It sends GET requests only,
// and asks for no body and no attachment.
type MessageResolver struct {
	Fetch Fetcher
	basic bool // the permission does not open extended properties
}

// Message implements [hunt.Resolver].
func (r *MessageResolver) Message(ctx context.Context, mailbox, id string) (hunt.ResolvedMessage, bool, error) {
	res, err := r.Fetch.Fetch(ctx, r.request(mailbox, id))
	if fault := faultOf(err); err != nil && !r.basic && (fault == FaultPermission || fault == FaultMailbox) {
		r.basic = true // Mail.ReadBasic.All opens no extended properties
		if res, err = r.Fetch.Fetch(ctx, r.request(mailbox, id)); err != nil {
			r.basic = false // it was not that
		}
	}
	if err != nil {
		return hunt.ResolvedMessage{}, false, mailboxError(err)
	}
	var list struct{ Value []rawMessage }
	if err := json.Unmarshal(res.Body, &list); err != nil {
		return hunt.ResolvedMessage{}, false, fmt.Errorf("read message: %w", err)
	}
	if len(list.Value) == 0 {
		return hunt.ResolvedMessage{}, false, nil
	}
	return list.Value[0].resolved(), true, nil
}

func (r *MessageResolver) request(mailbox, id string) *Request {
	req := &Request{
		Method: http.MethodGet, Version: "v1.0", Path: strings.Replace(Messages.Path, "{id}", escapeSegment(mailbox), 1), Class: Messages.Class,
		Query: []Param{
			{"$filter", "internetMessageId eq '" + strings.ReplaceAll(id, "'", "''") + "'"},
			{"$select", "internetMessageId,subject,from,receivedDateTime"},
			{"$top", "1"},
		},
		Check: func(body []byte) error {
			if !json.Valid(body) {
				return errors.New("the answer breaks off")
			}
			return nil
		},
	}
	if !r.basic {
		req.Query = append(req.Query, Param{"$expand", "singleValueExtendedProperties($filter=id eq '" + sensitivityTag + "' or id eq '" + labelsTag + "')"})
	}
	return req
}

// mailboxError tells what is wrong with one mailbox from what is wrong with all.
func mailboxError(err error) error {
	var api *APIError
	if !errors.As(err, &api) {
		return err
	}
	switch api.Fault {
	case FaultNoMailbox, FaultNotFound:
		return &hunt.MailboxError{Reason: "the tenant has no such mailbox in the cloud"}
	case FaultMailbox:
		return &hunt.MailboxError{Reason: "Exchange refuses this mailbox: " + api.Code}
	case FaultPermission, FaultRole:
		return &hunt.MailboxError{Reason: "the sign-in may not read this mailbox; it needs " + strings.Join(Messages.Permits, " or ")}
	}
	return err
}

type rawMessage struct {
	Subject string
	From    struct {
		EmailAddress struct{ Address string }
	}
	ReceivedDateTime time.Time
	Properties       []struct{ ID, Value string } `json:"singleValueExtendedProperties"`
}

func (m rawMessage) resolved() hunt.ResolvedMessage {
	out := hunt.ResolvedMessage{Subject: m.Subject, From: m.From.EmailAddress.Address, Received: m.ReceivedDateTime.UTC()}
	for _, p := range m.Properties {
		switch {
		case strings.EqualFold(p.ID, sensitivityTag):
			out.Sensitivity = map[string]string{"0": "normal", "1": "personal", "2": "private", "3": "confidential"}[p.Value]
		case strings.EqualFold(p.ID, labelsTag):
			out.Labels = p.Value
		}
	}
	return out
}
