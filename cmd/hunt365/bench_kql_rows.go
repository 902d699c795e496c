package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/schema"
)

// sameRows reads both results to their ends and wants the same rows, in any
// order. It returns how many there are.
func sameRows(query, hand func() (hunt.Rows, error), bags bool) (int, error) {
	got, err := readRows(query, bags)
	if err != nil {
		return 0, fmt.Errorf("KQL: %w", err)
	}
	want, err := readRows(hand, bags)
	if err != nil {
		return 0, fmt.Errorf("SQL: %w", err)
	}
	if len(got) != len(want) {
		return 0, fmt.Errorf("KQL gives %d rows, SQL %d", len(got), len(want))
	}
	if len(got) == 0 {
		return 0, fmt.Errorf("no rows to compare")
	}
	for i := range got {
		if got[i] != want[i] {
			return 0, fmt.Errorf("KQL gives the row %s, SQL %s", got[i], want[i])
		}
	}
	return len(got), nil
}

// readRows returns each row as text, sorted.
func readRows(query func() (hunt.Rows, error), bags bool) ([]string, error) {
	rows, err := query()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var b strings.Builder
		for i, v := range rows.Row() {
			b.WriteString(cellText(v, rows.Columns()[i].Type, bags) + "\t")
		}
		out = append(out, b.String())
	}
	slices.Sort(out)
	return out, rows.Err()
}

// cellText prints a value for comparison: reals to twelve digits, as sums
// depend on their order, and the members of a bag sorted.
func cellText(v any, t schema.Type, bag bool) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'g', 12, 64)
	}
	raw := hunt.JSON(v, t)
	var members []json.RawMessage
	if !bag || t != schema.Dynamic || json.Unmarshal(raw, &members) != nil {
		return string(raw)
	}
	slices.SortFunc(members, func(a, b json.RawMessage) int { return strings.Compare(string(a), string(b)) })
	return fmt.Sprintf("%s", members)
}
