package kql

import "github.com/hunt365/hunt365/hunt/schema"

// Node is anything in the tree that has a place in the query text.
type Node interface{ Pos() Span }

// Script is a whole query text: statements in order. Comments are kept beside
// the tree, in order, for the printer.
type Script struct {
	Span
	Statements []Statement
	Comments   []Comment
	src        string // what the comments' places refer to
}

// Comment is one // comment, without its line break.
type Comment struct {
	Span
	Text    string
	OwnLine bool // nothing but white space stands before it on its line
}

// Statement is a let, set, declare, alias, restrict or query statement.
type Statement interface {
	Node
	statement()
}

type (
	// LetStmt is `let Name = Value`; Value is a scalar or tabular expression or
	// a *FuncLit.
	LetStmt struct {
		Span
		Name  *Ident
		Value Expr
	}
	// SetStmt is `set Name` or `set Name = Value`; Value may be nil.
	SetStmt struct {
		Span
		Name  *Ident
		Value Expr
	}
	// DeclareStmt is `declare query_parameters(Params)`.
	DeclareStmt struct {
		Span
		Params []*Param
	}
	// AliasStmt is `alias database Name = Value`.
	AliasStmt struct {
		Span
		Name  *Ident
		Value Expr
	}
	// RestrictStmt is `restrict access to (Items)`.
	RestrictStmt struct {
		Span
		Items []Expr
	}
	// QueryStmt is an expression that stands alone: the query's result.
	QueryStmt struct {
		Span
		X Expr
	}
)

func (*LetStmt) statement()      {}
func (*SetStmt) statement()      {}
func (*DeclareStmt) statement()  {}
func (*AliasStmt) statement()    {}
func (*RestrictStmt) statement() {}
func (*QueryStmt) statement()    {}

// Expr is a scalar or tabular expression; KQL does not tell them apart by
// syntax, so neither does the tree.
type Expr interface {
	Node
	expr()
}

type (
	// Ident is a name: a column, table, let variable, $left, $right, or the name
	// being declared. Text is the bare name, without brackets and quotes.
	Ident struct {
		Span
		Text string
	}
	// Wildcard is a name pattern with at least one * and another character,
	// such as Security* or *1.
	Wildcard struct {
		Span
		Pattern string
	}
	// Star is a lone *.
	Star struct{ Span }
	// Literal is a scalar constant other than a dynamic one. Value is nil for a
	// typed null, else by Type: bool; int64 for int, long, datetime and timespan
	// (ticks, see schema.Type); float64 for real; string for string, decimal
	// (digits) and guid (lower case). A null of type dynamic is a Literal too:
	// `dynamic(null)` outside and `null` inside a dynamic literal.
	Literal struct {
		Span
		Type       schema.Type
		Value      any
		Obfuscated bool   // h"..."
		Raw        string // as written, for the printer; "" where built by code
	}
	// DynamicLit is `dynamic(Value)`; Value is a *Literal, *DynArray or *DynObject.
	DynamicLit struct {
		Span
		Value Expr
	}
	// DynArray is an array inside a dynamic literal.
	DynArray struct {
		Span
		Items []Expr
	}
	// DynObject is a property bag inside a dynamic literal.
	DynObject struct {
		Span
		Entries []*DynEntry
	}
	// DynEntry is one property of a DynObject.
	DynEntry struct {
		Span
		Key   string
		Value Expr
	}
	// Paren is a parenthesised expression. It never holds a *PipeExpr or another
	// *Paren: those stand alone and are printed with parentheses where needed.
	Paren struct {
		Span
		X Expr
	}
	// Unary is -X or +X.
	Unary struct {
		Span
		Op string
		X  Expr
	}
	// Binary is X Op Y. Op is the operator as KQL spells it: or and == != =~ !~
	// < <= > >= + - * / %, `matches regex`, and the string operators has
	// contains startswith endswith hasprefix hassuffix like with their !, _cs
	// forms. Op ":" occurs inside search and find only.
	Binary struct {
		Span
		Op    string
		OpPos Span
		X, Y  Expr
	}
	// In is X Op (List); Op is in, !in, in~, !in~, has_any or has_all. A list
	// may be one tabular expression.
	In struct {
		Span
		Op    string
		OpPos Span
		X     Expr
		List  []Expr
	}
	// Between is X between (Lo .. Hi), or !between.
	Between struct {
		Span
		Not    bool
		X      Expr
		Lo, Hi Expr
	}
	// Call is Func(Args), or Target.Func(Args) as in cluster("c").database("d").
	// An argument may be a *Star, a *NamedExpr or a *PipeExpr.
	Call struct {
		Span
		Target Expr // nil for a plain call
		Func   *Ident
		Args   []Expr
	}
	// Member is X.Name.
	Member struct {
		Span
		X    Expr
		Name *Ident
	}
	// Index is X[Index]. X["b"] and X[-1] are Index too.
	Index struct {
		Span
		X     Expr
		Index Expr
	}
	// NamedExpr is an item of a list: X, Names = X, or (a, b) = X. Names is empty
	// where the item is not named. As a call argument it always has one name.
	NamedExpr struct {
		Span
		Names []*Ident
		Tuple bool // (a, b) = X, even with one name
		X     Expr
	}
	// TypeOf is typeof(Type).
	TypeOf struct {
		Span
		Type *TypeRef
	}
	// FuncLit is (Params) { Body; Result }, the value of a let statement. View is
	// set for `view () { ... }`.
	FuncLit struct {
		Span
		View   bool
		Params []*Param
		Body   []Statement
		Result Expr // nil where the body has statements only
	}
	// DataTable is datatable(Columns)[Values].
	DataTable struct {
		Span
		Options Options
		Columns []*ColumnDecl
		Values  []Expr
	}
	// ExternalData is externaldata(Columns)[URIs] with(With).
	ExternalData struct {
		Span
		Options Options
		Columns []*ColumnDecl
		URIs    []Expr
		With    Options
	}
	// PipeExpr is Source | Ops. Source is nil where the first operator makes
	// rows itself: print, range, union, search, find, evaluate; or, in the body
	// of mv-apply, partition, fork and facet, where the rows come from outside.
	PipeExpr struct {
		Span
		Source Expr
		Ops    []Operator
	}
)

func (*Ident) expr()        {}
func (*Wildcard) expr()     {}
func (*Star) expr()         {}
func (*Literal) expr()      {}
func (*DynamicLit) expr()   {}
func (*DynArray) expr()     {}
func (*DynObject) expr()    {}
func (*Paren) expr()        {}
func (*Unary) expr()        {}
func (*Binary) expr()       {}
func (*In) expr()           {}
func (*Between) expr()      {}
func (*Call) expr()         {}
func (*Member) expr()       {}
func (*Index) expr()        {}
func (*NamedExpr) expr()    {}
func (*TypeOf) expr()       {}
func (*FuncLit) expr()      {}
func (*DataTable) expr()    {}
func (*ExternalData) expr() {}
func (*PipeExpr) expr()     {}

// Unparen returns e without parentheses around it.
func Unparen(e Expr) Expr {
	for {
		p, ok := e.(*Paren)
		if !ok {
			return e
		}
		e = p.X
	}
}

// TypeRef is a type named in the text.
type TypeRef struct {
	Span
	Type schema.Type
}

// ColumnDecl is Name:Type in a schema. In `evaluate p() : (*, a:string)` a nil
// Type with Name "*" keeps the input's columns.
type ColumnDecl struct {
	Span
	Name *Ident
	Type *TypeRef
}

// Param is a parameter of a FuncLit or of declare query_parameters.
type Param struct {
	Span
	Name    *Ident
	Type    *TypeRef      // nil for a tabular parameter
	Tabular bool          // Name:(...)
	AnyCols bool          // Name:(*)
	Columns []*ColumnDecl // of a tabular parameter
	Default Expr          // nil without
}

// Option is Name=Value after an operator's keyword or in `with (...)`: kind=inner,
// hint.strategy=shuffle, title="x". Name is spelled as written, with its dots.
// Value is any expression; several values, as in ycolumns=a, b, are one
// *DynArray.
type Option struct {
	Span
	Name  string
	Value Expr
}

// Options are an operator's options in source order.
type Options []*Option

// Get returns the value of the last option called name, or nil.
func (o Options) Get(name string) Expr {
	for i := len(o) - 1; i >= 0; i-- {
		if o[i].Name == name {
			return o[i].Value
		}
	}
	return nil
}

// Text returns the name or string that the option called name holds, or "".
func (o Options) Text(name string) string {
	switch v := o.Get(name).(type) {
	case *Ident:
		return v.Text
	case *Literal:
		s, _ := v.Value.(string)
		return s
	}
	return ""
}
