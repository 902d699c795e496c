package duck_test

import (
	"errors"
	"testing"

	"github.com/hunt365/hunt365/hunt/kql"
	"github.com/hunt365/hunt365/hunt/kql/duck"
)

// What binds but cannot be compiled is an error with a place, like any other.
func TestFaultsHavePlaces(t *testing.T) {
	for query, want := range map[string]string{
		`range x from 1 to 3 step 1 | reduce by tostring(x)`:                                                               "reduce by tostring(x)",
		`range x from now() to now() step 1h | extend s = row_window_session(x, 1h, 5m)`:                                   "row_window_session(x, 1h, 5m)",
		`print a = "x" | extend b = indexof_regex(a, "a.c", 0, 9, 2)`:                                                      `indexof_regex(a, "a.c", 0, 9, 2)`,
		`range x from 1 to 3 step 1 | top-nested 1 of x with others = 0 by count(), top-nested of x % 2 by max(x) | count`: `top-nested 1 of x with others = 0 by count(), top-nested of x % 2 by max(x)`,
	} {
		script, err := kql.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := kql.Bind(script, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = duck.Lower(plan)
		var fault *kql.Error
		if !errors.As(err, &fault) {
			t.Errorf("%s: %v, want an error with a place", query, err)
		} else if got := query[fault.Start:fault.End]; got != want {
			t.Errorf("%s: the fault is at %q, want %q", query, got, want)
		}
	}
}
