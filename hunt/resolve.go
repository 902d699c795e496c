package hunt

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Resolver looks messages up in the mailboxes where they lie. It only reads.
type Resolver interface {
	// Message returns what the mailbox shows of the message with an internet
	// message id, and false where it holds none. A [*MailboxError] means that no
	// message of that mailbox can be had.
	Message(ctx context.Context, mailbox, id string) (ResolvedMessage, bool, error)
}

// ResolvedMessage is what a mailbox shows of a message.
type ResolvedMessage struct {
	Subject     string
	From        string    // address of the sender
	Received    time.Time // zero where it is not told
	Sensitivity string    // normal, personal, private or confidential; "" where it is not told
	Labels      string    // sensitivity labels, as the header carries them
}

// MailboxError says why a mailbox gives no messages.
type MailboxError struct{ Reason string }

// Error returns the reason.
func (e *MailboxError) Error() string { return e.Reason }

// Resolution says what looking messages up came to.
type Resolution struct {
	Asked   int          `json:"asked"`
	Found   int          `json:"found"`
	Gone    int          `json:"gone"` // in the log, and in the mailbox no more
	Refused []Unresolved `json:"refused"`
}

// Unresolved is a mailbox that gave nothing.
type Unresolved struct {
	Mailbox  string `json:"mailbox"`
	Messages int    `json:"messages"`
	Reason   string `json:"reason"`
}

// Resolvable counts the messages that have an id to look up, and their
// mailboxes.
func (e *Exposure) Resolvable() (messages, mailboxes int) {
	boxes := map[string]bool{}
	for _, list := range [][]Message365{e.Messages, e.Sent} {
		for _, m := range list {
			if m.ID != "" {
				messages++
				boxes[m.Mailbox] = true
			}
		}
	}
	return messages, len(boxes)
}

// Resolve fills in subject, sender, date and sensitivity of the messages that
// were read or sent. What the log told is kept.
func (e *Exposure) Resolve(ctx context.Context, r Resolver) error {
	e.Resolution = &Resolution{Refused: []Unresolved{}}
	refused := map[string]*Unresolved{}
	for _, list := range [][]Message365{e.Messages, e.Sent} {
		for n := range list {
			m := &list[n]
			if m.ID == "" {
				continue
			}
			e.Resolution.Asked++
			if u := refused[m.Mailbox]; u != nil {
				u.Messages++
				continue
			}
			if err := e.resolve(ctx, r, m, refused); err != nil {
				return err
			}
		}
	}
	for _, box := range sortedKeys(refused) {
		e.Resolution.Refused = append(e.Resolution.Refused, *refused[box])
	}
	return nil
}

func (e *Exposure) resolve(ctx context.Context, r Resolver, m *Message365, refused map[string]*Unresolved) error {
	found, ok, err := r.Message(ctx, m.Mailbox, m.ID)
	var closed *MailboxError
	if errors.As(err, &closed) {
		refused[m.Mailbox] = &Unresolved{m.Mailbox, 1, closed.Reason}
		return nil
	}
	switch {
	case err != nil:
		return fmt.Errorf("look up message %s in %s: %w", m.ID, m.Mailbox, err)
	case !ok:
		e.Resolution.Gone++
		return nil
	}
	e.Resolution.Found++
	if m.Subject == "" {
		m.Subject = found.Subject
	}
	m.From, m.Received, m.Sensitivity, m.Labels = found.From, found.Received, found.Sensitivity, found.Labels
	return nil
}
