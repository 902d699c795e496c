package kql

// Operator is one step of a pipeline.
type Operator interface {
	Node
	operator()
}

type (
	// Where is `where Pred`; filter is the same. The language lets Pred be a
	// *NamedExpr, and ignores the name.
	Where struct {
		Span
		Options Options
		Pred    Expr
	}
	// Extend is `extend Items`.
	Extend struct {
		Span
		Items []*NamedExpr
	}
	// Project is `project Items`.
	Project struct {
		Span
		Items []*NamedExpr
	}
	// ProjectAway is `project-away Columns`; each is an *Ident or a *Wildcard.
	ProjectAway struct {
		Span
		Columns []Expr
	}
	// ProjectKeep is `project-keep Columns`; each is an *Ident or a *Wildcard.
	ProjectKeep struct {
		Span
		Columns []Expr
	}
	// ProjectRename is `project-rename New = Old, ...`.
	ProjectRename struct {
		Span
		Items []*NamedExpr
	}
	// ProjectReorder is `project-reorder Items`. X is an *Ident, *Wildcard or
	// *Star; Dir may also be "granny-asc" or "granny-desc".
	ProjectReorder struct {
		Span
		Items []*SortKey
	}
	// Summarize is `summarize Aggs by By`.
	Summarize struct {
		Span
		Options Options
		Aggs    []*NamedExpr
		By      []*NamedExpr
	}
	// Join is `join kind=K (Right) on On`. An On item is an *Ident, or a
	// condition such as $left.a == $right.b, which may join several with `and`.
	Join struct {
		Span
		Options Options
		Right   Expr
		On      []Expr
	}
	// Lookup is `lookup kind=K (Right) on On`; On is as in Join.
	Lookup struct {
		Span
		Options Options
		Right   Expr
		On      []Expr
	}
	// Union is `union Tables`, as a step or as the source of a pipeline. A table
	// is any tabular expression or a *Wildcard.
	Union struct {
		Span
		Options Options
		Tables  []Expr
	}
	// Sort is `sort by Keys`; order is the same.
	Sort struct {
		Span
		Options Options
		Keys    []*SortKey
	}
	// SortKey is X asc|desc nulls first|last; Dir and Nulls are "" where absent.
	SortKey struct {
		Span
		X     Expr
		Dir   string
		Nulls string
	}
	// Top is `top N by By`.
	Top struct {
		Span
		Options Options
		N       Expr
		By      *SortKey
	}
	// TopNested is `top-nested N of X with others = Y by Agg, top-nested ...`.
	TopNested struct {
		Span
		Clauses []*TopNestedClause
	}
	// TopNestedClause is one level of TopNested; N and Others may be nil.
	TopNestedClause struct {
		Span
		N      Expr
		Of     *NamedExpr
		Others Expr
		By     *NamedExpr
		Dir    string
	}
	// TopHitters is `top-hitters N of Of by By`; By may be nil.
	TopHitters struct {
		Span
		N  Expr
		Of *NamedExpr
		By Expr
	}
	// Take is `take N`; limit is the same.
	Take struct {
		Span
		N Expr
	}
	// Sample is `sample N`.
	Sample struct {
		Span
		N Expr
	}
	// SampleDistinct is `sample-distinct N of Of`.
	SampleDistinct struct {
		Span
		N  Expr
		Of *NamedExpr
	}
	// Distinct is `distinct Columns`; a column may be a *Star or a *Wildcard.
	Distinct struct {
		Span
		Options Options
		Columns []*NamedExpr
	}
	// Count is `count`, or `count as As`; As may be nil.
	Count struct {
		Span
		As *Ident
	}
	// MvExpand is `mv-expand kind=bag with_itemindex=i Items limit Limit`.
	MvExpand struct {
		Span
		Options Options
		Items   []*MvItem
		Limit   Expr
	}
	// MvItem is one expanded array: Item to typeof(To); To may be nil.
	MvItem struct {
		Span
		Item *NamedExpr
		To   *TypeRef
	}
	// MvApply is `mv-apply Items limit Limit on (Sub)`. Sub has no Source.
	MvApply struct {
		Span
		Options Options
		Items   []*MvItem
		Limit   Expr
		Sub     *PipeExpr
	}
	// ParseOp is `parse kind=K flags=F X with Pattern`, or parse-where, which drops
	// rows that do not match.
	ParseOp struct {
		Span
		Where   bool
		Options Options
		X       Expr
		Pattern []*ParsePart
	}
	// ParsePart is *, a constant text, or a column with an optional type.
	ParsePart struct {
		Span
		Star bool
		Text *Literal
		Col  *Ident
		Type *TypeRef // of Col; nil means string
	}
	// ParseKv is `parse-kv X as (Columns) with (With)`.
	ParseKv struct {
		Span
		X       Expr
		Columns []*ColumnDecl
		With    Options
	}
	// MakeSeries is `make-series Items on On from From to To step Step by By`;
	// From and To may be nil. `in range(a, b, c)` fills the same fields and sets
	// InRange.
	MakeSeries struct {
		Span
		Options        Options
		Items          []*SeriesItem
		On             *NamedExpr
		From, To, Step Expr
		InRange        bool
		By             []*NamedExpr
	}
	// SeriesItem is one aggregate of MakeSeries; Default may be nil.
	SeriesItem struct {
		Span
		Item    *NamedExpr
		Default Expr
	}
	// Serialize is `serialize Items`.
	Serialize struct {
		Span
		Options Options
		Items   []*NamedExpr
	}
	// Render is `render Chart with (With)`.
	Render struct {
		Span
		Chart *Ident
		With  Options
	}
	// As is `as Name`.
	As struct {
		Span
		Options Options
		Name    *Ident
	}
	// Invoke is `invoke Call`.
	Invoke struct {
		Span
		Call *Call
	}
	// Evaluate is `evaluate Call : (Schema)`, as a step or as a source.
	Evaluate struct {
		Span
		Options Options
		Call    *Call
		Schema  []*ColumnDecl // nil without
	}
	// GetSchema is `getschema`.
	GetSchema struct{ Span }
	// Consume is `consume`.
	Consume struct {
		Span
		Options Options
	}
	// Search is `search kind=K in (Tables) Pred`, as a step or as a source. Pred
	// may use bare strings, * and col:"x" (Binary ":") as terms.
	Search struct {
		Span
		Options Options
		Tables  []Expr
		Pred    Expr
	}
	// Find is `find in (Tables) where Pred project ...`, a source.
	Find struct {
		Span
		Options Options
		Tables  []Expr
		Pred    Expr
		Columns []*ColumnDecl // project; Type may be nil
		Pack    bool          // project ..., pack(*)
		Smart   bool          // project-smart
		Away    []Expr        // project-away
	}
	// Partition is `partition by By (Sub)`. Sub has no Source in the usual form;
	// in the legacy form `{ Sub }` (Braces) it is a whole pipeline.
	Partition struct {
		Span
		Options Options
		By      Expr
		Braces  bool
		Sub     Expr
	}
	// Reduce is `reduce by By with With`.
	Reduce struct {
		Span
		Options Options
		By      Expr
		With    Options
	}
	// Scan is `scan with_match_id=m declare (Declare) with (Steps)`.
	Scan struct {
		Span
		Options     Options
		OrderBy     []*SortKey
		PartitionBy []Expr
		Declare     []*ScanDecl
		Steps       []*ScanStep
	}
	// ScanDecl is Name:Type = Default; Default may be nil.
	ScanDecl struct {
		Span
		Column  *ColumnDecl
		Default Expr
	}
	// ScanStep is `step Name optional output=Output: Cond => Assign;`.
	ScanStep struct {
		Span
		Name     *Ident
		Optional bool
		Output   string // all, last, none, or "" where absent
		Cond     Expr
		Assign   []*NamedExpr
	}
	// Fork is `fork (Sub) name=(Sub)`.
	Fork struct {
		Span
		Branches []*ForkBranch
	}
	// ForkBranch is one result of Fork; Name may be nil.
	ForkBranch struct {
		Span
		Name *Ident
		Sub  *PipeExpr
	}
	// Facet is `facet by By with (Sub)`; Sub may be nil.
	Facet struct {
		Span
		By  []Expr
		Sub *PipeExpr
	}
	// PrintOp is `print Items`, a source.
	PrintOp struct {
		Span
		Items []*NamedExpr
	}
	// Range is `range Column from From to To step Step`, a source.
	Range struct {
		Span
		Column         *Ident
		From, To, Step Expr
	}
)

func (*Where) operator()          {}
func (*Extend) operator()         {}
func (*Project) operator()        {}
func (*ProjectAway) operator()    {}
func (*ProjectKeep) operator()    {}
func (*ProjectRename) operator()  {}
func (*ProjectReorder) operator() {}
func (*Summarize) operator()      {}
func (*Join) operator()           {}
func (*Lookup) operator()         {}
func (*Union) operator()          {}
func (*Sort) operator()           {}
func (*Top) operator()            {}
func (*TopNested) operator()      {}
func (*TopHitters) operator()     {}
func (*Take) operator()           {}
func (*Sample) operator()         {}
func (*SampleDistinct) operator() {}
func (*Distinct) operator()       {}
func (*Count) operator()          {}
func (*MvExpand) operator()       {}
func (*MvApply) operator()        {}
func (*ParseOp) operator()        {}
func (*ParseKv) operator()        {}
func (*MakeSeries) operator()     {}
func (*Serialize) operator()      {}
func (*Render) operator()         {}
func (*As) operator()             {}
func (*Invoke) operator()         {}
func (*Evaluate) operator()       {}
func (*GetSchema) operator()      {}
func (*Consume) operator()        {}
func (*Search) operator()         {}
func (*Find) operator()           {}
func (*Partition) operator()      {}
func (*Reduce) operator()         {}
func (*Scan) operator()           {}
func (*Fork) operator()           {}
func (*Facet) operator()          {}
func (*PrintOp) operator()        {}
func (*Range) operator()          {}
