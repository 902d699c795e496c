package kql

import "github.com/hunt365/hunt365/hunt/schema"

// Scalar is a typed scalar expression over the columns of a node's input.
type Scalar interface {
	// Type is the result's type, never Unknown.
	Type() schema.Type
}

type (
	// Lit is a constant. Value is nil for null (never for a string), else bool,
	// int64 (int, long, and datetime and timespan in ticks), float64 (real),
	// string (string; guid in lower case; decimal as digits; dynamic as compact JSON text).
	Lit struct {
		T     schema.Type
		Value any
	}
	// ColRef is a column of the input.
	ColRef struct{ Col *Col }
	// Apply is an operator or a function. Fn is the canonical name in the signature
	// table (aliases are gone), or an operator as KQL spells it:
	//
	//	and or                         bool, bool, three-valued
	//	== != < <= > >=                see below
	//	+ - * / %                      see below
	//	=~ !~ has contains startswith endswith hasprefix hassuffix like, their !
	//	and _cs forms, matches regex   string, string; bool, never null
	//	neg                            unary minus of a number or timespan
	//
	// Numbers: both arguments of a comparison or of arithmetic have the same type
	// (a Cast widens: int < long < real < decimal); so have the numeric arguments of
	// min_of, max_of, coalesce, iff, case and their like. == and != of a string and a number
	// are rendered as text first (a Cast to string of the number). Exactly one
	// argument of == or != may be dynamic: it is compared by its unwrapped
	// value. Both dynamic is possible too. == and < with null give null in
	// Kusto's own way: x == null is false-like, x != null true where x is not
	// null; null == null is null.
	// For < a dynamic argument and the other one have been cast to real, for
	// arithmetic a dynamic argument to the other's type.
	// Times: datetime - datetime = timespan; datetime ± timespan = datetime;
	// timespan * number, number * timespan = timespan; timespan / timespan = real (the only
	// case where T differs from both); timespan / number = timespan; timespan % timespan,
	// datetime % timespan = timespan (of ticks). Numbers in these are long or real.
	// int / int truncates.
	//
	// Window functions (prev next row_number row_cumsum row_rank_dense
	// row_rank_min row_window_session) occur only in the items of a ComputeRel with
	// Window set, never inside one another.
	//
	// Functions with several results are one call that gives them all; Paths take
	// them apart. series_fit_line, series_fit_2lines and series_stats give a bag of
	// the results by name; series_decompose*, series_periods_* and array_sort_* of
	// several arrays an array of them.
	//
	// now() and ago() are gone: they are literals.
	// Arguments have the types that the signature table names for T and the
	// given types; defaults that the language fills in are left out.
	Apply struct {
		Fn   string
		Args []Scalar
		T    schema.Type
	}
	// Cast converts X as to<T>() does: never fails, null (or '') where it cannot.
	// To dynamic it is the value as JSON; a string is not parsed. A cast to X's own
	// type does not occur. Explicit calls (tostring(x), toint(x))
	// and implicit widening are all Casts, whatever their spelling.
	Cast struct {
		X Scalar
		T schema.Type
	}
	// Path is X.a["b"][n]: dynamic; X is dynamic too. Missing is null. A negative index counts
	// from the end.
	Path struct {
		X     Scalar
		Steps []Step
	}
	// InList is in, !in, in~, !in~, has_any, has_all. Elements have X's type (after
	// widening; string elements for has_any and the case-insensitive ones) or are
	// dynamic: then an array counts as its elements, any other value as itself.
	// X itself may be dynamic: it is then compared as == does.
	InList struct {
		Op   string
		X    Scalar
		List []Scalar
	}
	// InRel is the same over the first column of Rel; Rel reads no column of the
	// outer query. The column has X's type or is dynamic (flattened as above).
	InRel struct {
		Op  string
		X   Scalar
		Rel Rel
	}
	// ToScalar is the first column of the first row of Rel, null (or '') if there
	// is none. Rel reads no column of the outer query and is a RefRel where the text
	// names it once and uses it often.
	ToScalar struct{ Rel Rel }
	// PackCols is pack_all, bag_pack_columns: a bag of the columns by name, in
	// order. SkipNull leaves out nulls and empty strings (pack_all(true)).
	PackCols struct {
		Cols     []*Col
		Names    []string
		SkipNull bool
	}
	// StateRef is Step.Column in scan: the value Col (of the input or declared)
	// had in the last row that step matched.
	StateRef struct {
		Step int
		Col  *Col
	}
)

// Step is one step of a Path: a property (Index nil) or an index, which is a
// long, or a string (a property computed), or dynamic (either).
type Step struct {
	Name  string
	Index Scalar
}

// Type returns T.
func (x *Lit) Type() schema.Type { return x.T }

// Type returns the column's type.
func (x *ColRef) Type() schema.Type { return x.Col.Type }

// Type returns T.
func (x *Apply) Type() schema.Type { return x.T }

// Type returns T.
func (x *Cast) Type() schema.Type { return x.T }

// Type returns dynamic.
func (x *Path) Type() schema.Type { return schema.Dynamic }

// Type returns bool.
func (x *InList) Type() schema.Type { return schema.Bool }

// Type returns bool.
func (x *InRel) Type() schema.Type { return schema.Bool }

// Type returns the first column's type.
func (x *ToScalar) Type() schema.Type { return x.Rel.Output()[0].Type }

// Type returns dynamic.
func (x *PackCols) Type() schema.Type { return schema.Dynamic }

// Type returns the column's type.
func (x *StateRef) Type() schema.Type { return x.Col.Type }
