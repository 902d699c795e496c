package report

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/hunt365/hunt365/hunt"
)

// ExposureFormat is one way to print exposure.
type ExposureFormat struct {
	Name  string
	Write func(w io.Writer, e *hunt.Exposure) error
}

// FindExposureFormat returns the exposure format called name.
func FindExposureFormat(name string) (ExposureFormat, error) {
	for _, f := range []ExposureFormat{{"table", ExposureTable}, {"json", ExposureJSON}, {"csv", ExposureCSV}} {
		if f.Name == name {
			return f, nil
		}
	}
	return ExposureFormat{}, fmt.Errorf("unknown format %q (one of table, json, csv)", name)
}

// ExposureTable writes exposure for people.
func ExposureTable(w io.Writer, e *hunt.Exposure) error {
	b := bufio.NewWriter(w)
	writeExposure(b, e)
	for _, m := range e.Messages {
		writeMessage(b, m, m.Folder)
	}
	for _, m := range e.Sent {
		writeMessage(b, m, "sent")
	}
	if r := e.Resolution; r != nil {
		fmt.Fprintf(b, "\nLOOKED UP\n\n  %d of %d messages found, %d are gone\n", r.Found, r.Asked, r.Gone)
		for _, u := range r.Refused {
			line(b, "refused", fmt.Sprintf("%s: %d messages: %s", u.Mailbox, u.Messages, u.Reason))
		}
	}
	return b.Flush()
}

func writeMessage(b *bufio.Writer, m hunt.Message365, where string) {
	fmt.Fprintf(b, "  %s  %s  %s  %s  %s\n", moment(m.First), cut(Safe(m.Mailbox)), cut(Safe(where)), cut(Safe(m.ID)), cut(Safe(m.Subject)))
	if m.From != "" || m.Sensitivity != "" {
		line(b, "", strings.TrimSpace("from "+m.From+" "+moment(m.Received)+" "+m.Sensitivity+" "+m.Labels))
	}
}

func writeExposure(b *bufio.Writer, e *hunt.Exposure) {
	if e == nil {
		return
	}
	fmt.Fprintf(b, "MAIL THAT WAS TOUCHED\n\n  %d messages read, %d whole folders synchronised, %d messages sent, %d searches, in %d mailboxes (%d records)\n",
		len(e.Messages), len(e.Folders), len(e.Sent), len(e.Searches), len(e.Mailboxes), e.Records)
	line(b, "when", period(e.Start, e.End))
	for _, f := range e.Folders {
		line(b, "folder", fmt.Sprintf("%s %s, from %s: every message in it counts as read", f.Mailbox, f.Folder, period(f.First, f.Last)))
	}
	for _, u := range grouped(e.Unknown) {
		line(b, "unknown", strings.TrimSpace(u.Mailbox+" "+period(u.Start, u.End))+": "+u.Reason+fix(u.Fix))
	}
	b.WriteByte('\n')
}

// namedMailboxes is how many mailboxes one line names; CSV and JSON name all.
const namedMailboxes = 5

// grouped joins unknowns that differ in their mailbox only.
func grouped(list []hunt.Unknown) []hunt.Unknown {
	boxes := map[hunt.Unknown][]string{}
	var order []hunt.Unknown
	for _, u := range list {
		k := u
		k.Mailbox = ""
		if boxes[k] == nil {
			order = append(order, k)
		}
		boxes[k] = append(boxes[k], u.Mailbox)
	}
	for n, k := range order {
		names := boxes[k]
		order[n].Mailbox = strings.Join(names[:min(len(names), namedMailboxes)], ", ")
		if more := len(names) - namedMailboxes; more > 0 {
			order[n].Mailbox += fmt.Sprintf(" and %d more", more)
		}
	}
	return order
}

func fix(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// ExposureJSON writes exposure as one document.
func ExposureJSON(w io.Writer, e *hunt.Exposure) error {
	enc := newEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(e)
}

// ExposureCSV writes one line for each message, folder, search and unknown.
func ExposureCSV(w io.Writer, e *hunt.Exposure) error {
	out := csv.NewWriter(w)
	write := func(kind, mailbox, id, folder, subject string, size int64, first, last time.Time, times int, records []string, resolved ...string) {
		cells := []string{kind, mailbox, id, folder, subject, strconv.FormatInt(size, 10), moment(first), moment(last), strconv.Itoa(times), strings.Join(records, " "), "", "", "", ""}
		copy(cells[len(cells)-4:], resolved)
		for i := range cells {
			cells[i] = Cell(cells[i])
		}
		_ = out.Write(cells) // kept by the writer until Error
	}
	if err := out.Write([]string{"kind", "mailbox", "internetMessageId", "folder", "subject", "size", "first", "last", "times", "records", "from", "received", "sensitivity", "labels"}); err != nil {
		return err
	}
	for _, m := range e.Messages {
		write("read", m.Mailbox, m.ID, m.Folder, m.Subject, m.Size, m.First, m.Last, m.Times, m.Records, m.From, moment(m.Received), m.Sensitivity, m.Labels)
	}
	for _, f := range e.Folders {
		write("whole folder", f.Mailbox, "", f.Folder, "", 0, f.First, f.Last, f.Times, f.Records)
	}
	for _, m := range e.Sent {
		write("sent", m.Mailbox, m.ID, m.Folder, m.Subject, m.Size, m.First, m.Last, m.Times, m.Records, m.From, moment(m.Received), m.Sensitivity, m.Labels)
	}
	for _, s := range e.Searches {
		write("search", s.Actor, "", "", s.Query, 0, s.At, s.At, 1, []string{s.Record})
	}
	for _, u := range e.Unknown {
		write("unknown", u.Mailbox, "", "", u.Reason, 0, u.Start, u.End, 0, nil)
	}
	out.Flush()
	return out.Error()
}

// Cell returns s so that a spreadsheet shows it and does not run it: what would
// start a formula gets an apostrophe before it.
func Cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// TimelineFormat is one way to print a timeline.
type TimelineFormat struct {
	Name  string
	Write func(w io.Writer, events []hunt.Event) error
}

// FindTimelineFormat returns the timeline format called name.
func FindTimelineFormat(name string) (TimelineFormat, error) {
	for _, f := range []TimelineFormat{{"table", TimelineTable}, {"jsonl", TimelineJSONL}, {"csv", TimelineCSV}} {
		if f.Name == name {
			return f, nil
		}
	}
	return TimelineFormat{}, fmt.Errorf("unknown format %q (one of table, jsonl, csv)", name)
}

// TimelineTable writes one event a line for people.
func TimelineTable(w io.Writer, events []hunt.Event) error {
	b := bufio.NewWriter(w)
	for _, e := range events {
		mark := " "
		if len(e.Findings) > 0 {
			mark = "*"
		}
		fmt.Fprintf(b, "%s %s  %s  %s\n", mark, orText(e.Datetime, "(no time)"), Safe(e.Table), cut(Safe(e.Message)))
	}
	return b.Flush()
}

// TimelineJSONL writes one event a line as Timesketch takes it.
func TimelineJSONL(w io.Writer, events []hunt.Event) error {
	b := bufio.NewWriter(w)
	enc := newEncoder(b)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return b.Flush()
}

// TimelineCSV writes events as Timesketch takes them.
func TimelineCSV(w io.Writer, events []hunt.Event) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"datetime", "timestamp_desc", "message", "timestamp", "table", "record", "operation", "actor", "ip", "app", "result", "target", "session", "findings", "tag"}); err != nil {
		return err
	}
	for _, e := range events {
		cells := []string{
			e.Datetime, e.Desc, e.Message, strconv.FormatInt(e.Timestamp, 10), e.Table, e.Record, e.Operation, e.Actor, e.IP, e.App, e.Result, e.Target, e.Session,
			strings.Join(e.Findings, " "), strings.Join(e.Tags, " "),
		}
		for i := range cells {
			cells[i] = Cell(cells[i])
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
