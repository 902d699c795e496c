package hunt

import (
	"encoding/json"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// JSON returns a row's value of KQL type t as JSON: datetimes as ISO 8601 with
// Z, timespans as d.hh:mm:ss.fffffff, dynamics as they are, reals in their
// shortest form and NaN and the infinities as text.
func JSON(v any, t schema.Type) json.RawMessage {
	switch v := v.(type) {
	case nil:
		return json.RawMessage("null")
	case bool:
		return strconv.AppendBool(nil, v)
	case float64:
		return jsonReal(v)
	case int64:
		switch t {
		case schema.DateTime:
			return quote(schema.FormatDateTime(v))
		case schema.TimeSpan:
			return quote(schema.FormatTimeSpan(v))
		}
		return strconv.AppendInt(nil, v, 10)
	case string:
		switch {
		case t == schema.Dynamic && json.Valid([]byte(v)):
			return json.RawMessage(v)
		case t == schema.Decimal:
			return json.RawMessage(trimDecimal(v))
		}
		return quote(v)
	}
	return json.RawMessage("null")
}

// Text returns a value as people read it: a string without quotes, everything
// else as JSON has it, and null as nothing.
func Text(v any, t schema.Type) string {
	if v == nil {
		return ""
	}
	raw := JSON(v, t)
	var s string
	if raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// trimDecimal drops the zeros that a fixed scale adds: 0.100 is 0.1.
func trimDecimal(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func jsonReal(v float64) json.RawMessage {
	switch {
	case math.IsNaN(v):
		return quote("NaN")
	case math.IsInf(v, 1):
		return quote("Infinity")
	case math.IsInf(v, -1):
		return quote("-Infinity")
	}
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return json.RawMessage(s)
}

// quote writes s as a JSON string without escaping <, > and &, which audit
// records are full of.
func quote(s string) json.RawMessage {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return json.RawMessage(`""`)
	}
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n"))
}

// texts returns the strings in a value: itself, or for a dynamic array its
// members at any depth. Empty ones are left out.
func texts(v any, t schema.Type) []string {
	if t != schema.Dynamic {
		if s := Text(v, t); s != "" {
			return []string{s}
		}
		return nil
	}
	s, ok := v.(string)
	if !ok {
		return nil
	}
	var parsed any
	if json.Unmarshal([]byte(s), &parsed) != nil {
		return []string{s}
	}
	return flatten(nil, parsed)
}

func flatten(out []string, v any) []string {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			out = flatten(out, item)
		}
	case string:
		if v != "" {
			out = append(out, v)
		}
	case float64:
		out = append(out, strconv.FormatFloat(v, 'f', -1, 64))
	}
	return out
}

// entityID brings an entity's name into the one form in which it is compared:
// audit sources disagree about case and add ports to addresses.
func entityID(kind EntityType, raw string) string {
	raw = strings.TrimSpace(raw)
	switch kind {
	case Account, Mailbox, App, ServicePrincipal, Domain, Host, Tenant:
		return strings.ToLower(raw)
	case IP:
		return address(raw)
	}
	return raw
}

func address(raw string) string {
	if ap, err := netip.ParseAddrPort(raw); err == nil {
		return ap.Addr().Unmap().String()
	}
	if a, err := netip.ParseAddr(strings.Trim(raw, "[]")); err == nil {
		return a.Unmap().String()
	}
	return raw
}

func sortedUnique(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	out = slices.Compact(out)
	if out == nil {
		return []string{}
	}
	return out
}
