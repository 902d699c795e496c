package kql_test

import (
	"strings"
	"testing"

	"github.com/hunt365/hunt365/hunt/kql"
)

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		query string // the word ends at ‸
		want  string // the first candidates
		not   string // a candidate that must not be there
	}{
		{"Sig‸", "table:Signins", ""},
		{"‸", "table:Devices table:Signins step:let", ""},
		{"Signins | wh‸", "step:where", ""},
		{"Signins | project-a‸", "step:project-away", ""},
		{"Signins | where ‸", "column:Time column:User column:Ip", "count"},
		{"Signins | where us‸", "column:User", ""},
		{"Signins | where tolower(Us‸", "column:User", ""},
		{"Signins | project Who = User | where W‸", "column:Who", "User"},
		{"Signins | summarize n = cou‸", "aggregate:count aggregate:count_distinct", ""},
		{"Signins | summarize dcount(U‸) by Ip", "column:User", ""},
		{"let limit = 5; let T = Devices | project Name; T | where ‸ > 1", "column:Name let:limit let:T", "Time"},
		{"let x = Signins | where R‸", "column:Result column:Real", ""},
		{"Signins | join kind=‸", "value:anti value:fullouter", ""},
		{"Signins | join kind=inner D‸", "table:Devices", ""},
		{"Signins | join kind=inner (Devices | where N‸", "column:Name", ""},
		{"Signins | join (Devices) on I‸", "column:Ip", ""},
		{"Signins | where Ip in (D‸", "table:Devices column:Device", ""},
		{"Signins | evaluate bag‸", "plugin:bag_unpack", ""},
		{"Signins | mv-apply g = Groups on (wh‸", "step:where", ""},
		{"Signins | mv-apply g = Groups on (where x == 1 | where U‸", "column:User", ""},
		{"Signins | where User == \"Us‸", "", "User"},
		{"Signins // Us‸", "", "User"},
		{"Signins | render t‸", "value:timechart value:table", ""},
	} {
		src, _, _ := strings.Cut(c.query, "‸")
		got := kql.Complete(strings.Replace(c.query, "‸", "", 1), len(src), testEnv())
		var parts []string
		for _, cand := range got {
			if cand.Text == c.not && c.not != "" {
				t.Errorf("%s: %s is offered", c.query, c.not)
			}
			parts = append(parts, cand.Kind+":"+cand.Text)
		}
		if n := len(strings.Fields(c.want)); strings.Join(parts[:min(n, len(parts))], " ") != c.want || n == 0 && len(parts) > 0 {
			t.Errorf("%s: got %v, want %s", c.query, parts[:min(8, len(parts))], c.want)
		}
	}
}
