package kql

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Reference returns the language reference in Markdown, made of the signature
// table.
func Reference() string {
	var b strings.Builder
	b.WriteString("# KQL as hunt365 knows it\n\nGenerated from `sig.tsv` by `go test ./hunt/kql -update`.\n")
	for _, s := range []struct {
		kind  FuncKind
		title string
	}{
		{StepFunc, "Steps"},
		{OperatorFunc, "Operators"},
		{ScalarFunc, "Functions"},
		{AggregateFunc, "Aggregates"},
		{WindowFunc, "Window functions (rows must be sorted or serialized)"},
		{PluginFunc, "Plugins"},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n| name | how to write it | what it gives |\n|---|---|---|\n", s.title)
		list := Functions(s.kind)
		for _, name := range slices.Sorted(maps.Keys(list)) {
			fn := list[name]
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, strings.Join(fn.usage(), "<br>"), fn.Doc)
		}
	}
	return b.String()
}

// usage is each way to write fn, as Markdown code that fits a table's cell.
func (fn *Func) usage() []string {
	if fn.Sigs == nil {
		return []string{"`" + fn.Text + "`"}
	}
	var out []string
	for i := range fn.Sigs {
		out = append(out, "`"+fn.Sigs[i].String(fn.Name)+"`")
	}
	return out
}

// hint is the ways to write fn, for an error message.
func (fn *Func) hint() string { return strings.ReplaceAll(strings.Join(fn.usage(), " or "), "`", "") }

// String writes the overload for a reader: name(a: string, b?: long, c: string, ...) result.
func (s *Sig) String(name string) string {
	var params []string
	for _, p := range s.Params {
		opt, more := "", ""
		if p.Min == 0 {
			opt = "?"
		}
		if p.Max > 1 {
			more = ", ..."
		}
		params = append(params, p.Name+opt+": "+p.typeName()+more)
	}
	return fmt.Sprintf("%s(%s) %s", name, strings.Join(params, ", "), s.resultName())
}

func (p *SigParam) typeName() string {
	switch p.Kind {
	case "":
		names := make([]string, len(p.Types))
		for i, t := range p.Types {
			names[i] = t.String()
		}
		return strings.Join(names, " or ")
	case "Scalar", "Any", "CommonScalar", "CommonScalarOrDynamic", "NotDynamic", "NotBool", "NotRealOrBool":
		return "any"
	case "Parameter0", "Parameter1", "Parameter2":
		return "the same"
	case "Tabular":
		return "table"
	case "Integer":
		return "int or long"
	case "DynamicArray":
		return "array"
	case "DynamicBag":
		return "bag"
	case "StringOrDynamic", "StringOrArray":
		return "string or dynamic"
	case "IntegerOrArray":
		return "int, long or array"
	case "Number", "CommonNumber", "RealOrDecimal", "NumberOrBool":
		return "number"
	case "Summable", "CommonSummable":
		return "number or time"
	case "Orderable", "CommonOrderable":
		return "what has an order"
	}
	return p.Kind
}

func (s *Sig) resultName() string {
	switch s.Result {
	case "Parameter0", "Parameter1", "Parameter2", "ParameterN", "Parameter0Promoted", "Common", "CommonNonDynamic", "Widest":
		return "as given"
	case "ParameterNLiteral":
		return "that type"
	case "Parameter0Array", "Custom":
		return "dynamic"
	case "Parameter0Table", "Tabular":
		return "table"
	case "Scalar":
		return "value"
	}
	return s.Result
}
