package kql

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"github.com/hunt365/hunt365/hunt/schema"
)

//go:embed sig.tsv
var sigTable string

// FuncKind tells where a function may be called.
type FuncKind string

// The kinds of function.
const (
	ScalarFunc    FuncKind = "fn"
	AggregateFunc FuncKind = "agg"
	WindowFunc    FuncKind = "window"
	PluginFunc    FuncKind = "plugin"
	OperatorFunc  FuncKind = "op"   // between values; Text is how to write it
	StepFunc      FuncKind = "step" // between tables; Text is how to write it
	Unsupported   FuncKind = "none" // known to KQL, but not here
)

// Func is one row of the signature table: what the checker, completion and the
// language reference know of a function.
type Func struct {
	Kind      FuncKind
	Name      string
	Canonical string // the function that Name stands for; Name itself if no alias
	Const     bool   // with constant arguments the result is a constant
	Naming    string // how a result column without a name is called
	Prefix    string // of Naming
	Text      string // the signatures as in the table
	Doc       string
	Sigs      []Sig
}

// Sig is one overload.
type Sig struct {
	Params []SigParam
	Result string // a type, or a rule over the arguments such as Parameter0 or Common
}

// SigParam is a parameter. Kind is a rule such as Scalar, Number or DynamicArray,
// or "" where Types lists what is taken. Arg says what else the argument must
// be: Constant, Literal, Column, StarAllowed, ….
type SigParam struct {
	Name     string
	Kind     string
	Types    []schema.Type
	Arg      string
	Values   []string // what a literal may say; nil: anything
	Min, Max int
}

// signatures is the table by kind and name, read once.
var signatures = sync.OnceValue(func() map[FuncKind]map[string]*Func {
	out := map[FuncKind]map[string]*Func{}
	for line := range strings.Lines(sigTable) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(f) < 7 {
			continue
		}
		fn := &Func{Kind: FuncKind(f[0]), Name: f[1], Canonical: f[2], Const: f[3] == "const", Text: f[5], Doc: f[6]}
		fn.Naming, fn.Prefix, _ = strings.Cut(f[4], ":")
		if fn.Canonical == "" {
			fn.Canonical = fn.Name
		}
		if fn.Text != "" && fn.Kind != OperatorFunc && fn.Kind != StepFunc {
			for s := range strings.SplitSeq(f[5], " || ") {
				fn.Sigs = append(fn.Sigs, parseSig(s))
			}
		}
		if out[fn.Kind] == nil {
			out[fn.Kind] = map[string]*Func{}
		}
		out[fn.Kind][fn.Name] = fn
	}
	return out
})

// LookupFunc returns the function of that kind and name, or nil.
func LookupFunc(kind FuncKind, name string) *Func { return signatures()[kind][name] }

// Functions lists the functions of a kind by name, unsorted.
func Functions(kind FuncKind) map[string]*Func { return signatures()[kind] }

// parseSig reads `(a:string, b:Scalar!Constant?, c:long*1-64) Result`. After the
// name come the type kinds, then !Arg, then ? (optional), *min or *min-max
// (repeated), then {the values allowed}.
func parseSig(s string) Sig {
	params, result, _ := strings.Cut(strings.TrimPrefix(s, "("), ") ")
	sig := Sig{Result: result}
	for params != "" {
		var p string
		if p, params = cutParam(params); p != "" {
			sig.Params = append(sig.Params, parseParam(p))
		}
	}
	return sig
}

// cutParam cuts at the next comma outside of braces.
func cutParam(s string) (first, rest string) {
	depth := 0
	for i, r := range s {
		switch {
		case r == '{':
			depth++
		case r == '}':
			depth--
		case r == ',' && depth == 0:
			return s[:i], strings.TrimSpace(s[i+1:])
		}
	}
	return s, ""
}

func parseParam(s string) SigParam {
	p := SigParam{Min: 1, Max: 1}
	if before, vals, ok := strings.Cut(s, "{"); ok {
		s, p.Values = before, strings.Split(strings.TrimSuffix(vals, "}"), ",")
	}
	name, kind, _ := strings.Cut(s, ":")
	p.Name = name
	if rest, ok := strings.CutSuffix(kind, "?"); ok {
		kind, p.Min = rest, 0
	}
	if before, count, ok := strings.Cut(kind, "*"); ok {
		lo, hi, bounded := strings.Cut(count, "-")
		kind, p.Max = before, 1<<20
		p.Min, _ = strconv.Atoi(lo)
		if bounded {
			p.Max, _ = strconv.Atoi(hi)
		}
	}
	kind, p.Arg, _ = strings.Cut(kind, "!")
	p.Kind = kind
	if types, ok := parseTypes(kind); ok {
		p.Kind, p.Types = "", types
	}
	return p
}

// parseTypes reads string|dynamic; ok is false for the name of a rule.
func parseTypes(s string) ([]schema.Type, bool) {
	var out []schema.Type
	for n := range strings.SplitSeq(s, "|") {
		t, err := schema.ParseType(n)
		if err != nil {
			return nil, false
		}
		out = append(out, t)
	}
	return out, true
}
