// Package schema describes the case tables as data: names, columns, types and
// sources. The DDL, the KQL binder, completion and the table reference all come
// from it. It knows no rows and no engine.
package schema

import "fmt"

// Type is one of KQL's ten scalar types.
//
// In the case database each has one representation:
//
//	bool      BOOLEAN
//	int       INTEGER
//	long      BIGINT
//	real      DOUBLE
//	decimal   DECIMAL(38,18)
//	string    VARCHAR, never NULL ('' is empty)
//	datetime  BIGINT, 100 ns ticks since 0001-01-01T00:00:00Z
//	timespan  BIGINT, 100 ns ticks
//	guid      VARCHAR, lower case with dashes
//	dynamic   JSON, compact text; SQL NULL is dynamic(null)
type Type uint8

// The scalar types, in Microsoft's order of widening for numbers.
const (
	Unknown Type = iota
	Bool
	Int
	Long
	Real
	Decimal
	String
	DateTime
	TimeSpan
	GUID
	Dynamic
)

var typeNames = [...]string{"unknown", "bool", "int", "long", "real", "decimal", "string", "datetime", "timespan", "guid", "dynamic"}

// String returns the type's KQL name.
func (t Type) String() string { return typeNames[t] }

// IsNumeric reports whether t is int, long, real or decimal.
func (t Type) IsNumeric() bool { return t >= Int && t <= Decimal }

// ParseType returns the type that KQL calls name; aliases such as "date",
// "time", "double" and "boolean" are accepted.
func ParseType(name string) (Type, error) {
	switch name {
	case "boolean":
		return Bool, nil
	case "double":
		return Real, nil
	case "date":
		return DateTime, nil
	case "time":
		return TimeSpan, nil
	case "uuid", "uniqueid":
		return GUID, nil
	}
	for i, n := range typeNames {
		if i > 0 && n == name {
			return Type(i), nil
		}
	}
	return Unknown, fmt.Errorf("unknown type %q", name)
}
