package kql

import "github.com/hunt365/hunt365/hunt/schema"

// Plan is a query in which every name is resolved and every type is known: what
// an engine runs. Lambdas, scalar lets and defaults are inlined.
type Plan struct {
	Root    Rel
	Shared  []*Shared // each refers to earlier ones only; unused ones are left out
	Ordered bool      // the result's row order is meaningful
	Render  *RenderHint
	Columns []Column // Root's columns; names are unique
	Notes   []string // what the user may want to know: lists taken as empty, likely slips

	places map[any]Span
}

// Place tells where the text has what became a relation or a scalar of the plan.
func (p *Plan) Place(node any) (Span, bool) {
	at, ok := p.places[node]
	return at, ok
}

// Column is a name and a type.
type Column struct {
	Name string
	Type schema.Type
}

// Shared is a table expression that several places may read: a tabular let, a
// tabular argument, or what `as` named. Its Rel stands for itself: it reads no
// column of another.
type Shared struct {
	ID          int
	Name        string // the let's name, for readable SQL; not unique
	Rel         Rel
	Materialize bool // wrapped in materialize(): compute once
	deps        []*Shared
}

// RenderHint is what `render` asked for.
type RenderHint struct {
	Chart string
	Props []RenderProp
}

// RenderProp is one `with` property of render; Values are names or texts.
type RenderProp struct {
	Name   string
	Values []string
}

// Col is one column at one place in a plan. ID is unique in the plan; the same
// *Col in two nodes means the same values, passed on. Columns of the two sides
// of a join, of two refs and of two branches of a union are never the same.
// Names are for the result only (they may differ by case alone, and hidden
// columns, with Name "", never reach the result): engines refer to columns by ID.
type Col struct {
	ID   int
	Name string
	Type schema.Type
}

// Rel is a relational node. A node is used in one place only, so a plan is a tree
// (apart from [RefRel], which names a [Shared]).
type Rel interface {
	// Output lists the node's columns in order. Only columns of the inputs that
	// are listed can be used further up.
	Output() []*Col
}

// Outputs is the column list that a node without a better source of it carries.
type Outputs []*Col

// Output returns the columns.
func (o Outputs) Output() []*Col { return o }

// Item computes one column. X may be a ColRef to Col itself: the column is kept.
type Item struct {
	Col *Col
	X   Scalar
}

type (
	// TableRel reads a table of the case: Columns[i] of the schema table is Outputs[i].
	// All columns of the schema are listed; engines prune.
	TableRel struct {
		Outputs
		Schema *schema.Table
	}
	// ValuesRel is a constant table: datatable, watchlists, external data, getschema.
	// Rows hold constants or, for datatable, expressions without columns; each is
	// already of its column's type. A Values with no columns and one empty row is
	// the input of print.
	ValuesRel struct {
		Outputs
		Rows [][]Scalar
	}
	// RefRel reads Shared; Outputs[i] is a fresh column for Shared.Rel.Output()[i].
	RefRel struct {
		Outputs
		Shared *Shared
	}
	// SubInputRel is the only leaf of the Sub of an ApplyRel or a PartitionRel: the rows
	// given to it (what they are is said there).
	SubInputRel struct{ Outputs }
	// SequenceRel is the range operator: From, From+Step, … up to To inclusive, all
	// of the column's type (long, real, datetime or timespan); for datetime, Step
	// is a timespan. A null bound or a zero step gives no rows.
	SequenceRel struct {
		Outputs        // one column
		From, To, Step Scalar
	}

	// FilterRel keeps rows where Pred (bool) is true; null drops the row.
	FilterRel struct {
		Input Rel
		Pred  Scalar
	}
	// ComputeRel is project, extend, print and their like: exactly the items, each
	// over Input's columns (not over each other). Window says that some item
	// holds window calls (see [Apply]); row order passes through.
	ComputeRel struct {
		Input     Rel
		Items     []Item
		Window    bool
		Serialize bool // the text says serialize: rows have an order from here on
	}
	// AggregateRel is summarize, distinct and count. Its columns are By's, then those
	// of Aggs. Without Aggs it is a distinct. With an empty By there is exactly
	// one row, even for no input (see [Agg]); else a row per group.
	// Groups compare as == does, except that nulls are one group and dynamics
	// compare by their canonical text. Shuffle hints are gone.
	AggregateRel struct {
		Input Rel
		By    []Item
		Aggs  []*Agg
	}
	// JoinRel joins on equal keys; null keys match null keys (dynamic keys have been
	// refused). Both keys of a pair have one type. Kinds:
	//
	//	inner leftouter rightouter fullouter
	//	innerunique          left rows first reduced to one (any) per key
	//	leftsemi leftanti    left rows with, without a match; each once
	//	rightsemi rightanti  the same for the right side
	//
	// Items are ColRefs to columns of the two sides. Where a side is missing, its
	// strings are '' and the rest null. Lookup is a leftouter or inner join.
	JoinRel struct {
		Kind        JoinKind
		Left, Right Rel
		On          []JoinKey
		Items       []Item
	}
	// UnionRel appends its branches; the order of rows is undefined.
	UnionRel struct {
		Outputs
		Branches []UnionBranch
	}
	// SortRel orders rows, stable or not.
	SortRel struct {
		Input Rel
		Keys  []Order
	}
	// LimitRel keeps the first N rows (any N where the input has no order); N is a
	// long without columns. Top is Limit over Sort.
	LimitRel struct {
		Input Rel
		N     Scalar
	}
	// SampleRel keeps N random rows.
	SampleRel struct {
		Input Rel
		N     Scalar
	}
	// TopNestedRel is top-nested: Outputs are Of and By of each level in turn.
	TopNestedRel struct {
		Outputs
		Input  Rel
		Levels []TopNestedLevel
	}
	// ExpandRel is mv-expand. For each input row it gives as many rows as the longest
	// of Items' arrays has elements; shorter ones are filled with null. An item
	// that is not an array (or bag) counts as an array of one; a null too, so that
	// a row whose items are all null gives one row; if all are empty arrays the row
	// vanishes. A bag expands into bags of one property, or with ArrayPairs into
	// [key, value] arrays. Element i goes to Items[].Col, converted to its type as
	// by tolong() and so on (dynamic: as is; string: as tostring). Index, if not
	// nil, is a long column with the element's place from 0. Limit, if not nil,
	// bounds the rows per input row. Outputs lists Input's columns (without those
	// replaced) and the new ones. Rows stay in order.
	ExpandRel struct {
		Outputs
		Input      Rel
		Items      []Item // X is dynamic, over Input; Col is a new column
		Index      *Col
		ArrayPairs bool
		Limit      Scalar
	}
	// ApplyRel is mv-apply: each row of Input is expanded as by ExpandRel, and Sub runs
	// over the rows of that one input row alone. Sub's SubInputRel has as columns
	// Input's (with the same *Col: constant within the sub-query) and the new ones
	// of Items and Index. The result has a row for each row of Sub, with Sub's
	// columns and, where Outputs lists columns of Input that Sub does not give,
	// those of the input row. An input row whose expansion is empty runs Sub over no
	// rows, whose result, if any (summarize without by), counts.
	ApplyRel struct {
		Outputs
		Input      Rel
		Items      []Item
		Index      *Col
		ArrayPairs bool
		Limit      Scalar
		Sub        Rel
	}
	// ParseRel is parse and parse-where. X is a string. The pattern must match the
	// whole of X from its start (simple and relaxed: see ParsePattern), else the
	// row's new columns are '' or null (Where: the row is dropped).
	ParseRel struct {
		Outputs // Input's columns, replaced in place where a name occurs again, then the new ones
		Input   Rel
		X       Scalar
		Where   bool
		Pattern ParsePattern
	}
	// KvRel is parse-kv: each column takes the value of its own key.
	KvRel struct {
		Outputs  // Input's columns, then Cols; in place where a name occurs again
		Input    Rel
		X        Scalar
		Cols     []*Col
		Pair, Kv string   // delimiters; "" means any run of non-word characters
		Quotes   []string // each one or two characters: both sides, or open and close
		Escape   string
		Greedy   bool
		Regex    string // with this, Pair, Kv and Quotes are unused: two groups, key and value
	}
	// SeriesRel is make-series. On and Step/From/To have one type, or datetime with a
	// timespan Step. From and To may be nil: the lowest and highest bin of On
	// over all rows. The axis is From, From+Step, … below To (To excluded if given,
	// included if nil). Outputs: By's, Aggs', then Axis, a dynamic array.
	SeriesRel struct {
		Outputs
		Input          Rel
		By             []Item
		Aggs           []SeriesAgg
		On             Scalar
		Axis           *Col
		From, To, Step Scalar
		NonEmpty       bool // kind=nonempty: an empty input gives one row of defaults
	}
	// PluginRel is an evaluate plugin or rare operator that has no simpler form:
	// ipv4_lookup (Right is the lookup table), ipv6_lookup, activity_counts_metrics,
	// rolling_percentile, reduce. Args are as in the call, but for
	// tables, which are Right, and defaults, which are filled in. bag_unpack and pivot are ComputeRel and AggregateRel.
	PluginRel struct {
		Outputs
		Name  string
		Input Rel // nil where the plugin is a source
		Right Rel // nil without
		Args  []Scalar
	}
	// PartitionRel runs Sub over each group of rows with the same By; Sub's SubInputRel
	// has Input's columns. Outputs are Sub's.
	PartitionRel struct {
		Outputs
		Input Rel
		By    Scalar
		Sub   Rel
	}
	// ScanRel is scan, as documented for KQL. Expressions of steps read Input's
	// columns as the current row, Declare's columns as the values under
	// assignment, and StateRef. Outputs: Input's columns, Declare's, MatchID.
	ScanRel struct {
		Outputs
		Input   Rel
		OrderBy []Order
		By      []Scalar // partition by
		MatchID *Col     // nil without
		Declare []Item   // X is the default, never nil
		Steps   []ScanStepRel
	}
)

// Output returns the input's columns.
func (n *FilterRel) Output() []*Col { return n.Input.Output() }

// Output returns the input's columns.
func (n *SortRel) Output() []*Col { return n.Input.Output() }

// Output returns the input's columns.
func (n *LimitRel) Output() []*Col { return n.Input.Output() }

// Output returns the input's columns.
func (n *SampleRel) Output() []*Col { return n.Input.Output() }

// Output returns the items' columns.
func (n *ComputeRel) Output() []*Col { return itemCols(nil, n.Items) }

// Output returns the items' columns.
func (n *JoinRel) Output() []*Col { return itemCols(nil, n.Items) }

// Output returns the columns of By and Aggs.
func (n *AggregateRel) Output() []*Col {
	out := itemCols(nil, n.By)
	for _, a := range n.Aggs {
		out = append(out, a.Cols...)
	}
	return out
}

func itemCols(out []*Col, items []Item) []*Col {
	for _, it := range items {
		out = append(out, it.Col)
	}
	return out
}

// Order is a sort key with all defaults made explicit.
type Order struct {
	X          Scalar
	Desc       bool
	NullsFirst bool
}

// JoinKind names a flavour of join; see [JoinRel].
type JoinKind string

// The kinds of join.
const (
	Inner       JoinKind = "inner"
	InnerUnique JoinKind = "innerunique"
	LeftOuter   JoinKind = "leftouter"
	RightOuter  JoinKind = "rightouter"
	FullOuter   JoinKind = "fullouter"
	LeftSemi    JoinKind = "leftsemi"
	LeftAnti    JoinKind = "leftanti"
	RightSemi   JoinKind = "rightsemi"
	RightAnti   JoinKind = "rightanti"
)

// JoinKey is one pair of equal expressions, each over its side's columns.
type JoinKey struct{ Left, Right Scalar }

// UnionBranch is one input of a union; Exprs[i] computes the union's column i
// over Input: a ColRef, or a Lit (null, ”, or the name for withsource).
type UnionBranch struct {
	Input Rel
	Exprs []Scalar
}

// TopNestedLevel is one level: the N values of Of with the highest (Asc: lowest)
// By within the level above. N nil: all. Others, if not nil, is the value of Of in one
// more row for the rest.
type TopNestedLevel struct {
	N      Scalar
	Of     Item
	By     *Agg
	ByCol  *Col
	Asc    bool
	Others Scalar
}

// ParsePattern is what a parse operator looks for. Simple: texts are literal, a
// column takes the shortest run up to the next text (a string column, or * ) or
// the text of a value of its type; if a typed one does not convert nothing matches.
// Relaxed: as simple, but such a column alone is null. Regex: texts are regular expressions
// (RE2), Flags as given (U ungreedy, m, s, i), and columns are groups.
type ParsePattern struct {
	Kind  string // simple, relaxed or regex
	Flags string
	Parts []ParseSegment
}

// ParseSegment is one part: a text, a column, or, with neither, a *.
type ParseSegment struct {
	Text string
	Col  *Col
}

// SeriesAgg is one series of make-series: a dynamic column with Agg's value per
// step, or Default (of Agg's type) where there are no rows.
type SeriesAgg struct {
	Col     *Col
	Agg     *Agg // Agg.Cols has the element's type and no other use
	Default Scalar
}

// ScanStepRel is one step of scan. Output is "all" or "last" or "none". Assign's
// Col is one of ScanRel.Declare's.
type ScanStepRel struct {
	Name     string
	Optional bool
	Output   string
	Cond     Scalar
	Assign   []Item
}

// Agg is one call of an aggregate; expressions around aggregates are a ComputeRel
// above. Fn is the canonical name (see the signature table) without "if": the
// -if forms have Filter instead, and countif is count with Filter. Cols are its
// result columns: one, except
//
//	arg_max arg_min   Args[0] is what is compared, Cols[i] is Args[i] in that row;
//	                  Cols[0] may be nil: not wanted
//	take_any          Cols[i] is Args[i], all from one row
//	percentiles       Args[0] is the value, Args[i+1] the percentage for Cols[i]
//
// With no input rows count, dcount, sum and their like are 0, avg NaN, min, max,
// take_any null (strings ”), make_list and make_set [], make_bag {}.
// Aggregates skip nulls. Optional arguments absent in the text are absent in Args.
type Agg struct {
	Fn     string
	Args   []Scalar
	Filter Scalar // bool, or nil
	Cols   []*Col
}
