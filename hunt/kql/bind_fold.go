package kql

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/hunt365/hunt365/hunt/schema"
)

// foldCast converts a constant where the result is beyond doubt.
func foldCast(l *Lit, t schema.Type) (*Lit, bool) {
	if l.Value == nil {
		return nullOf(t), true
	}
	switch v := l.Value.(type) {
	case int64:
		if !l.T.IsNumeric() {
			return nil, false
		}
		switch t {
		case schema.Long:
			return &Lit{t, v}, true
		case schema.Int:
			return &Lit{t, v}, v == int64(int32(v))
		case schema.Real:
			return &Lit{t, float64(v)}, true
		case schema.Decimal, schema.String:
			return &Lit{t, strconv.FormatInt(v, 10)}, true
		}
	case float64:
		if (t == schema.Long || t == schema.Int) && math.Abs(v) < 1<<31-1 {
			return &Lit{t, int64(v)}, true
		}
	case bool:
		n := int64(0)
		if v {
			n = 1
		}
		switch t {
		case schema.Int, schema.Long:
			return &Lit{t, n}, true
		}
	case string:
		return foldText(l.T, v, t)
	}
	return nil, false
}

func foldText(from schema.Type, s string, t schema.Type) (*Lit, bool) {
	if from != schema.String {
		return nil, false
	}
	switch t {
	case schema.DateTime:
		if n, ok := ParseDateTime(s); ok {
			return &Lit{t, n}, true
		}
	case schema.TimeSpan:
		if n, ok := ParseTimeSpan(s); ok {
			return &Lit{t, n}, true
		}
	case schema.Bool:
		switch strings.ToLower(s) {
		case "true":
			return &Lit{t, true}, true
		case "false":
			return &Lit{t, false}, true
		}
	}
	return nil, false
}

var errOverflow = errors.New("the constant is too large")

// foldApply computes a call of constants. Functions that are not listed are left
// to the engine.
func foldApply(fn string, args []*Lit, t schema.Type) (*Lit, bool, error) {
	for _, a := range args {
		if a.Value == nil {
			return nil, false, nil
		}
	}
	switch fn {
	case "neg":
		return foldNeg(args[0])
	case "+", "-", "*", "/", "%":
		return foldArithmetic(fn, args, t)
	case "and", "or":
		a, b := args[0].Value.(bool), args[1].Value.(bool)
		return &Lit{t, fn == "and" && a && b || fn == "or" && (a || b)}, true, nil
	case "not":
		return &Lit{t, !args[0].Value.(bool)}, true, nil
	case "strcat":
		return foldStrcat(args)
	case "==", "!=":
		if a, ok := args[0].Value.(string); ok && args[0].T == schema.String && args[1].T == schema.String {
			return &Lit{t, (a == args[1].Value.(string)) == (fn == "==")}, true, nil
		}
	}
	return nil, false, nil
}

func foldNeg(l *Lit) (*Lit, bool, error) {
	switch v := l.Value.(type) {
	case int64:
		if v == math.MinInt64 {
			return nil, false, errOverflow
		}
		return &Lit{l.T, -v}, true, nil
	case float64:
		return &Lit{l.T, -v}, true, nil
	}
	return nil, false, nil
}

func foldStrcat(args []*Lit) (*Lit, bool, error) {
	var b strings.Builder
	for _, a := range args {
		switch v := a.Value.(type) {
		case string:
			if a.T != schema.String {
				return nil, false, nil
			}
			b.WriteString(v)
		case int64:
			if !a.T.IsNumeric() {
				return nil, false, nil
			}
			b.WriteString(strconv.FormatInt(v, 10))
		default:
			return nil, false, nil
		}
	}
	return &Lit{schema.String, b.String()}, true, nil
}

func foldArithmetic(op string, args []*Lit, t schema.Type) (*Lit, bool, error) {
	a, aInt := args[0].Value.(int64)
	b, bInt := args[1].Value.(int64)
	if aInt && bInt && t != schema.Real {
		return foldInt(op, a, b, t)
	}
	x, xReal := args[0].Value.(float64)
	y, yReal := args[1].Value.(float64)
	if xReal && yReal && t == schema.Real {
		switch op {
		case "+":
			return &Lit{t, x + y}, true, nil
		case "-":
			return &Lit{t, x - y}, true, nil
		case "*":
			return &Lit{t, x * y}, true, nil
		case "/":
			return &Lit{t, x / y}, y != 0, nil
		}
	}
	return nil, false, nil
}

// foldInt computes with whole numbers and ticks; results that do not fit a long
// are faults.
func foldInt(op string, a, b int64, t schema.Type) (*Lit, bool, error) {
	var n int64
	over := false
	switch op {
	case "+":
		n = a + b
		over = (a > 0) == (b > 0) && (n > 0) != (a > 0) && a != 0 && b != 0
	case "-":
		n = a - b
		over = (a >= 0) != (b >= 0) && (n >= 0) != (a >= 0)
	case "*":
		hi, lo := bits.Mul64(abs64(a), abs64(b))
		n, over = a*b, hi != 0 || lo > math.MaxInt64
	case "/":
		if b == 0 || b == -1 {
			return nil, false, nil
		}
		n = a / b
	default:
		return nil, false, nil
	}
	if t == schema.DateTime && (n < 0 || n > maxTicks) || t == schema.Int && n != int64(int32(n)) {
		return nil, false, nil
	}
	if over {
		return nil, false, errOverflow
	}
	return &Lit{t, n}, true, nil
}

func abs64(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}
