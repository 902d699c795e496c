package hunt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FindingSchema names the version of the finding contract; fields are only ever
// added to it.
const FindingSchema = "hunt365/finding/1"

// Finding is one thing that a query says happened, with the records that prove
// it and the coverage that the statement rests on. The field order is the order
// of the JSON keys.
type Finding struct {
	Schema     string    `json:"schema"`
	ID         string    `json:"id"`
	Rule       string    `json:"rule"`
	Version    int       `json:"version"`
	Name       string    `json:"name"`
	Severity   Severity  `json:"severity"`
	Confidence string    `json:"confidence"`
	Tactics    []string  `json:"tactics"`
	Techniques []string  `json:"techniques"`
	Start      time.Time `json:"start,omitzero"`
	End        time.Time `json:"end,omitzero"`
	Entities   []Entity  `json:"entities"`
	Records    []string  `json:"records"`
	Why        string    `json:"why"`
	Refute     string    `json:"refute"`
	Data       Data      `json:"data"`
	Coverage   Answer    `json:"coverage"`
	Status     string    `json:"status"`
}

// Entity is something that a finding is about.
type Entity struct {
	Type EntityType `json:"type"`
	ID   string     `json:"id"`
	Role Role       `json:"role,omitempty"`
}

// Role says which part an entity plays in a finding. The zero value is the one
// who acted, or in whose name it was done.
type Role string

// The other parts: what it was done to, and whom it was tried on in vain.
const (
	Acted  Role = ""
	Target Role = "target"
	Tried  Role = "tried"
)

// EntityType says what kind of thing an entity is.
type EntityType string

// The entity types.
const (
	Account          EntityType = "account"
	Mailbox          EntityType = "mailbox"
	App              EntityType = "app"
	ServicePrincipal EntityType = "servicePrincipal"
	IP               EntityType = "ip"
	Session          EntityType = "session"
	Token            EntityType = "token"
	Device           EntityType = "device"
	Domain           EntityType = "domain"
	Host             EntityType = "host"
	Message          EntityType = "message"
	File             EntityType = "file"
	URL              EntityType = "url"
	Tenant           EntityType = "tenant"
)

// EntityTypes lists every entity type.
func EntityTypes() []EntityType {
	return []EntityType{Account, Mailbox, App, ServicePrincipal, IP, Session, Token, Device, Domain, Host, Message, File, URL, Tenant}
}

// Severity orders findings by how much they matter.
type Severity int

// The severities, least first.
const (
	Informational Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = []string{"informational", "low", "medium", "high", "critical"}

// String returns the severity's name.
func (s Severity) String() string { return severityNames[s] }

// ParseSeverity returns the severity called name in any case.
func ParseSeverity(name string) (Severity, error) {
	i := slices.Index(severityNames, strings.ToLower(name))
	if i < 0 {
		return 0, fmt.Errorf("unknown severity %q (one of %s)", name, strings.Join(severityNames, ", "))
	}
	return Severity(i), nil
}

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's name.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSeverity(string(text))
	return err
}

// Data holds a row's columns in order, as JSON values.
type Data []Field

// Field is one column of a row.
type Field struct {
	Name  string
	Value json.RawMessage
}

// MarshalJSON writes the fields as one object, keys in column order.
func (d Data) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, f := range d {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(f.Name)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(f.Value)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// UnmarshalJSON reads an object; the order of its keys is kept.
func (d *Data) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return err
	}
	*d = Data{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		f := Field{Name: fmt.Sprint(name)}
		if err := dec.Decode(&f.Value); err != nil {
			return err
		}
		*d = append(*d, f)
	}
	return nil
}

// findingID hashes what makes a finding the same one on every machine: its rule,
// its entities and its evidence. Not the version: tuning a query must not raise
// every old finding again.
func findingID(rule string, entities []Entity, records []string) string {
	ids := make([]string, len(entities))
	for i, e := range entities {
		ids[i] = string(e.Type) + ":" + e.ID
	}
	slices.Sort(ids)
	h := sha256.New()
	for _, part := range [][]string{{rule}, ids, records} {
		for _, s := range part {
			fmt.Fprintf(h, "%d:%s", len(s), s)
		}
		h.Write([]byte{'\n'})
	}
	return "f-" + hex.EncodeToString(h.Sum(nil)[:8])
}

// SortFindings orders findings by severity (worst first), start, rule and id.
func SortFindings(findings []Finding) {
	slices.SortFunc(findings, func(a, b Finding) int {
		if a.Severity != b.Severity {
			return int(b.Severity - a.Severity)
		}
		if c := a.Start.Compare(b.Start); c != 0 {
			return c
		}
		return strings.Compare(a.Rule+"\x00"+a.ID, b.Rule+"\x00"+b.ID)
	})
}
