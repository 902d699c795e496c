package kql

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// dynamicLit renders a dynamic literal as compact JSON.
func dynamicLit(e Expr) *Lit {
	var b strings.Builder
	writeJSON(&b, e)
	if s := b.String(); s != "null" {
		return &Lit{schema.Dynamic, s}
	}
	return &Lit{T: schema.Dynamic}
}

func writeJSON(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case *DynamicLit:
		writeJSON(b, e.Value)
	case *Paren:
		writeJSON(b, e.X)
	case *DynArray:
		b.WriteByte('[')
		for i, x := range e.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, x)
		}
		b.WriteByte(']')
	case *DynObject:
		b.WriteByte('{')
		for i, x := range e.Entries {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(jsonString(x.Key))
			b.WriteByte(':')
			writeJSON(b, x.Value)
		}
		b.WriteByte('}')
	case *Literal:
		b.WriteString(literalJSON(e))
	default:
		b.WriteString("null")
	}
}

func literalJSON(e *Literal) string {
	switch v := e.Value.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int64:
		switch e.Type {
		case schema.DateTime:
			return jsonString(FormatDateTime(v))
		case schema.TimeSpan:
			return jsonString(FormatTimeSpan(v))
		}
		return strconv.FormatInt(v, 10)
	case float64:
		return realJSON(v)
	case string:
		if e.Type == schema.Decimal {
			return jsonString(v)
		}
		return jsonString(v)
	}
	return "null"
}

// realJSON writes a real so that it reads as one again.
func realJSON(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return jsonString(strings.TrimPrefix(strconv.FormatFloat(v, 'g', -1, 64), "+"))
	}
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if math.Abs(v) < 1e15 && (math.Abs(v) >= 1e-4 || v == 0) {
		s = strconv.FormatFloat(v, 'f', -1, 64)
	}
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

func jsonString(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}
